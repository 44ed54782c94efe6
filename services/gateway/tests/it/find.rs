//! Searches that need what a member has rated, or what is predicted.

use serde_json::{Value, json};
use tonic::Status;

use crate::harness::Gateway;

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap()).collect()
}

/// A gateway before so many movies, of which the member has rated the first.
async fn rated(movies: usize, rated: usize) -> (Gateway, Vec<String>) {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(movies);
    gateway.services.state(|state| {
        state.rated = movies[..rated].iter().map(|id| (id.clone(), 8)).collect();
    });
    (gateway, movies)
}

#[tokio::test]
async fn a_search_is_narrowed_by_what_the_member_has_rated_or_not() {
    let (gateway, movies) = rated(5, 2).await;
    let all = gateway.json("GET", "/api/v1/movies", "").await.json();
    assert_eq!(ids(&all), movies);
    assert_eq!(gateway.services.calls("rating.ListRatedMovies"), 0, "nobody asked");
    for (given, expected) in [("true", &movies[..2]), ("false", &movies[2..])] {
        let path = format!("/api/v1/movies?rated={given}&q=movie&sort=newest");
        assert_eq!(ids(&gateway.json("GET", &path, "").await.json()), expected, "{given}");
        let query = "query($rated: Boolean) { movies(rated: $rated) { items { id } } }";
        let variables = json!({"rated": given == "true"});
        let answer = gateway.query(query, variables).await;
        assert_eq!(ids(&answer["data"]["movies"]), expected, "{given}");
    }
}

#[tokio::test]
async fn movies_come_by_predicted_stars_with_those_stars() {
    let (gateway, movies) = rated(13, 10).await;
    let page = gateway
        .json("GET", "/api/v1/movies?sort=predicted&limit=2", "")
        .await
        .json();
    assert_eq!(ids(&page), [&movies[12], &movies[11]]);
    assert_eq!(page["items"][0]["predicted"], 4.2);
    assert_eq!(page["items"][0]["average"]["count"], 3);
    assert_eq!(page["next_cursor"], "on");
    let answer = gateway
        .query(
            "{ movies(sort: PREDICTED, first: 2) { items { id } nextCursor } }",
            json!({}),
        )
        .await;
    assert_eq!(ids(&answer["data"]["movies"]), [&movies[12], &movies[11]]);
    let usual = gateway.json("GET", "/api/v1/movies", "").await.json();
    assert_eq!(usual["items"][0]["predicted"], Value::Null);
}

#[tokio::test]
async fn what_does_not_go_with_predicted_stars_is_refused_and_says_why() {
    let (gateway, _) = rated(5, 5).await;
    let person = gateway.services.add_person();
    for path in [
        "/api/v1/movies?sort=predicted&q=alien".to_owned(),
        "/api/v1/movies?sort=predicted&rated=true".to_owned(),
        format!("/api/v1/people/{person}/movies?sort=predicted"),
    ] {
        let problem = gateway.json("GET", &path, "").await.problem(400);
        assert_eq!(problem["errors"][0]["field"], "sort", "{path}");
    }
    assert_eq!(gateway.services.calls("recommendation.ListPredicted"), 0);
    let locked = gateway
        .json("GET", "/api/v1/movies?sort=predicted", "")
        .await
        .problem(409);
    assert!(locked["detail"].as_str().unwrap().contains("5 to go"), "{locked}");
}

#[tokio::test]
async fn what_is_a_members_own_is_not_searched_for_without_one() {
    let (gateway, _) = rated(5, 5).await;
    for given in ["rated=true", "rated=false", "sort=predicted"] {
        gateway.get(&format!("/api/v1/movies?{given}")).await.problem(401);
    }
    gateway.json("GET", "/api/v1/movies?rated=1", "").await.problem(400);
}

#[tokio::test]
async fn a_search_for_what_is_not_rated_fails_rather_than_show_what_is() {
    let (gateway, _) = rated(5, 5).await;
    gateway.services.fail("rating", Status::unavailable("down"));
    gateway.json("GET", "/api/v1/movies?rated=false", "").await.problem(503);
    assert_eq!(gateway.json("GET", "/api/v1/movies", "").await.status, 200);
}
