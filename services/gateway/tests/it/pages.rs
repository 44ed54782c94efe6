//! Pages put together from several services, also when some of them cannot answer.

use std::time::{Duration, Instant};

use serde_json::json;
use tonic::Status;
use uuid::Uuid;

use crate::harness::Gateway;

#[tokio::test]
async fn the_movie_page_has_facts_statistics_and_what_is_mine() {
    let gateway = Gateway::start().await;
    let ids = gateway.services.add_movies(2);
    gateway
        .json("PUT", &format!("/api/v1/movies/{}/rating", ids[1]), r#"{"stars":5}"#)
        .await;

    let page = gateway
        .json("GET", &format!("/api/v1/movies/{}", ids[0]), "")
        .await
        .json();
    assert_eq!(page["movie"]["title"]["ko"], "영화 0");
    assert_eq!(page["movie"]["average"], json!({"stars": 3.83, "count": 3}));
    assert_eq!(page["statistics"]["histogram"].as_array().unwrap().len(), 10);
    assert_eq!(page["mine"]["stars"], json!(null));
    let predicted = &page["mine"]["predicted"];
    assert_eq!(
        (&predicted["stars"], &predicted["confidence"]),
        (&json!(3.6), &json!("medium"))
    );
    assert_eq!(predicted["because"][0]["id"], *ids[1]);
    assert_eq!(page["degraded"], json!([]));

    let signed_out = gateway.get(&format!("/api/v1/movies/{}", ids[0])).await.json();
    assert_eq!(signed_out["mine"], json!(null));
}

#[tokio::test]
async fn nothing_is_predicted_for_a_rated_movie() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    gateway
        .json("PUT", &format!("/api/v1/movies/{id}/rating"), r#"{"stars":4.5}"#)
        .await;
    let page = gateway.json("GET", &format!("/api/v1/movies/{id}"), "").await.json();
    assert_eq!(page["mine"], json!({"stars": 4.5, "shelf": null, "predicted": null}));
    let query = "query($id: ID!) { movie(id: $id) { mine { stars predicted { stars } } } }";
    let answer = gateway.query(query, json!({"id": id})).await;
    assert_eq!(
        answer["data"]["movie"]["mine"],
        json!({"stars": 4.5, "predicted": null})
    );
}

#[tokio::test]
async fn a_failing_service_leaves_its_part_out_and_is_named() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let path = format!("/api/v1/movies/{id}");
    gateway.services.fail("recommendation", Status::unavailable("down"));
    let page = gateway.json("GET", &path, "").await.json();
    assert_eq!(page["degraded"], json!(["recommendation"]));
    assert_eq!(page["mine"]["predicted"], json!(null));
    assert_eq!(page["statistics"]["count"], 3);

    gateway.services.fail("rating", Status::internal("broken"));
    let page = gateway.json("GET", &path, "").await.json();
    assert_eq!(page["degraded"], json!(["rating", "recommendation"]));
    assert_eq!((&page["statistics"], &page["mine"]), (&json!(null), &json!(null)));

    let list = gateway.get("/api/v1/movies").await.json();
    assert_eq!(list["degraded"], json!(["rating"]));
    assert_eq!(list["items"][0]["average"], json!(null));

    gateway.services.fail("movie", Status::unavailable("down"));
    gateway.json("GET", &path, "").await.problem(503);
}

#[tokio::test]
async fn a_slow_service_degrades_the_page_in_time() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    gateway
        .services
        .delay("recommendation.Predict", Duration::from_secs(30));
    let began = Instant::now();
    let page = gateway.json("GET", &format!("/api/v1/movies/{id}"), "").await.json();
    assert_eq!(page["degraded"], json!(["recommendation"]));
    gateway.services.delay("movie.GetMovies", Duration::from_secs(30));
    gateway
        .json("GET", &format!("/api/v1/movies/{id}"), "")
        .await
        .problem(504);
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_request_ends_at_the_deadline_of_the_edge() {
    let gateway = Gateway::with(|config| config.deadline_ms = 300).await;
    gateway.services.delay("movie.SearchMovies", Duration::from_secs(30));
    let began = Instant::now();
    gateway.get("/api/v1/movies").await.problem(504);
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_members_own_pages_carry_the_movies() {
    let gateway = Gateway::start().await;
    let ids = gateway.services.add_movies(3);
    gateway
        .json("PUT", &format!("/api/v1/movies/{}/rating", ids[1]), r#"{"stars":3.5}"#)
        .await;
    let me = gateway.json("GET", "/api/v1/me", "").await.json();
    assert_eq!((&me["rated_count"], &me["unlock_at"]), (&json!(1), &json!(10)));
    assert_eq!(me["member"]["handle"], "mina");
    let ratings = gateway.json("GET", "/api/v1/me/ratings", "").await.json();
    assert_eq!(ratings["items"][0]["movie"]["id"], *ids[1]);
    assert_eq!(ratings["items"][0]["stars"], 3.5);
    assert_eq!(ratings["items"][0]["rated_at"], "2023-11-14T22:13:20Z");
    let recommended = gateway
        .json("GET", "/api/v1/me/recommendations?limit=2", "")
        .await
        .json();
    assert_eq!(recommended["items"].as_array().unwrap().len(), 2);
    let similar = gateway.get(&format!("/api/v1/movies/{}/similar", ids[0])).await.json();
    assert_eq!(similar["items"].as_array().unwrap().len(), 2);
    for path in [
        "/api/v1/me",
        "/api/v1/me/ratings",
        "/api/v1/me/shelf",
        "/api/v1/me/recommendations",
    ] {
        gateway.get(path).await.problem(401);
    }
}

#[tokio::test]
async fn a_member_and_their_taste_are_there_for_everybody() {
    let gateway = Gateway::start().await;
    let ids = gateway.services.add_movies(2);
    gateway.services.state(|state| state.rated.insert(ids[1].clone(), 9));
    let mina = gateway.get("/api/v1/members/Mina").await.json();
    assert_eq!(
        (&mina["handle"], &mina["display_name"]),
        (&json!("mina"), &json!("Mina"))
    );
    assert!(!mina.to_string().contains("mina@example.org"));

    let taste = gateway.get("/api/v1/members/mina/taste").await.json();
    assert_eq!(
        (&taste["rated_count"], &taste["minutes_watched"]),
        (&json!(10), &json!(1234))
    );
    assert_eq!(
        taste["genres"],
        json!([{"key": "drama", "score": 84, "certainty": 0.4, "count": 10}])
    );
    assert_eq!(gateway.json("GET", "/api/v1/me/taste", "").await.json(), taste);
    assert_eq!(
        gateway.services.state(|state| state.taste_of.clone()),
        "",
        "one's own needs no name"
    );
    gateway.get("/api/v1/me/taste").await.problem(401);

    let movies = gateway
        .get("/api/v1/members/mina/taste/movies?group=stars&key=4.5")
        .await
        .json();
    assert_eq!(
        (&movies["total"], &movies["next_cursor"]),
        (&json!(1), &json!("TASTE_GROUP_STARS 9"))
    );
    assert_eq!(
        (&movies["items"][0]["movie"]["id"], &movies["items"][0]["stars"]),
        (&json!(ids[1]), &json!(4.5))
    );

    for nobody in ["joon", "a", "%00", "%ff", "mina%20", &"a".repeat(5000)] {
        for rest in ["", "/taste", "/taste/movies?group=genre&key=drama"] {
            gateway
                .get(&format!("/api/v1/members/{nobody}{rest}"))
                .await
                .problem(404);
        }
    }
    gateway.services.fail("recommendation", Status::unavailable("down"));
    gateway.get("/api/v1/members/mina/taste").await.problem(503);
}

#[tokio::test]
async fn a_taste_has_the_tags_of_the_diary_and_stands_without_them() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(1);
    let path = "/api/v1/members/mina/taste";
    let query = "{ member(handle: \"mina\") { taste { ratedCount tags { name score certainty count } } } }";
    let tags = json!([{"name": "극장", "score": 71, "certainty": 0.1, "count": 3},
        {"name": "IMAX", "score": null, "certainty": 0.0, "count": 3}]);
    assert_eq!(gateway.get(path).await.json()["tags"], tags);
    assert_eq!(gateway.json("GET", "/api/v1/me/taste", "").await.json()["tags"], tags);
    assert_eq!(gateway.services.state(|state| state.tags_of.clone()), "", "one's own");
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(
        answer["data"]["member"]["taste"],
        json!({"ratedCount": 10, "tags": tags})
    );
    let mina = Uuid::from_u128(7).to_string();
    assert_eq!(gateway.services.state(|state| state.tags_of.clone()), mina);

    // A taste may be shown where the diary is not; only a service that is away is named.
    for (failure, degraded, named) in [
        (Status::permission_denied("not shown"), json!([]), json!(null)),
        (Status::unavailable("down"), json!(["rating"]), json!(["rating"])),
    ] {
        gateway.services.fail("rating.ListTags", failure);
        let taste = gateway.get(path).await.json();
        assert_eq!((&taste["rated_count"], &taste["tags"]), (&json!(10), &json!(null)));
        assert_eq!(taste["degraded"], degraded);
        let answer = gateway.query(query, json!({})).await;
        let without = json!({"ratedCount": 10, "tags": null});
        assert_eq!(
            (&answer["data"]["member"]["taste"], &answer["errors"]),
            (&without, &json!(null))
        );
        assert_eq!(answer["extensions"]["degraded"], named);
    }
}

#[tokio::test]
async fn the_member_is_known_while_either_service_knows_the_count() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    gateway
        .json("PUT", &format!("/api/v1/movies/{id}/rating"), r#"{"stars":3.5}"#)
        .await;
    gateway.services.fail("rating", Status::unavailable("down"));
    let me = gateway.json("GET", "/api/v1/me", "").await.json();
    assert_eq!((&me["rated_count"], &me["degraded"]), (&json!(1), &json!(["rating"])));
}
