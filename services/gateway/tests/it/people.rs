//! People: their pages over REST and GraphQL, and people among what is found.

use serde_json::{Value, json};
use tonic::Status;
use uuid::Uuid;

use crate::harness::Gateway;

/// As the site asks, with a card for every movie.
const PERSON: &str = "query($id: ID!) { person(id: $id) { id nameKo nameEn roles counts { movies directed acted } \
    directed: filmography(role: DIRECTOR, first: 24) { items { ...Card } nextCursor } \
    acted: filmography(role: ACTOR, first: 24) { items { ...Card } nextCursor } } } \
    fragment Card on Movie { id title { ko en } year directors { id nameEn } average { stars count } \
    mine { stars predicted { stars } } }";

fn ids(movies: &Value) -> Vec<&str> {
    let items = movies["items"].as_array().unwrap().iter();
    items.map(|movie| movie["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_person_has_a_page_with_the_number_of_movies_and_pages_of_them() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(3);
    let id = gateway.services.add_person();
    let page = gateway.get(&format!("/api/v1/people/{id}")).await.json();
    let person = json!({"id": id, "name_ko": "봉준호", "name_en": "Bong Joon-ho"});
    assert_eq!(page, json!({"person": person, "movies": 3, "directed": 3, "acted": 1}));

    let path = format!("/api/v1/people/{id}/movies");
    let first = gateway.get(&format!("{path}?limit=2")).await.json();
    assert_eq!(ids(&first), movies[..2]);
    assert_eq!(first["items"][0]["average"], json!({"stars": 3.83, "count": 3}));
    assert_eq!(first["items"][0]["directors"][0], person);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = gateway.get(&format!("{path}?limit=2&cursor={cursor}")).await.json();
    assert_eq!(
        (ids(&rest), &rest["next_cursor"]),
        (vec![movies[2].as_str()], &json!(null))
    );
    let acted = gateway.get(&format!("{path}?role=actor&sort=popularity")).await.json();
    assert_eq!(ids(&acted), movies[..1]);
    gateway.get(&format!("{path}?cursor=other")).await.problem(400);

    let found = gateway.get("/api/v1/people?q=bong").await.json();
    assert_eq!(found, json!({"items": [page], "next_cursor": null}));
}

#[tokio::test]
async fn one_query_has_the_whole_page_and_takes_no_call_per_movie() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(30);
    let id = gateway.services.add_person();
    gateway.services.forget_calls();
    let answer = gateway.query(PERSON, json!({"id": id})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let person = &answer["data"]["person"];
    assert_eq!(person["counts"], json!({"movies": 30, "directed": 30, "acted": 1}));
    assert_eq!(person["roles"], json!(["DIRECTOR", "ACTOR"]));
    assert_eq!(ids(&person["directed"]).len(), 24);
    assert_eq!(ids(&person["acted"]).len(), 1);
    let card = &person["directed"]["items"][0];
    assert_eq!(card["mine"]["predicted"]["stars"], 3.6);
    assert_eq!(card["directors"][0]["id"], *id);
    assert_eq!(gateway.services.calls("movie.ListFilmography"), 2);
    for call in [
        "movie.GetPeople",
        "rating.GetStatistics",
        "rating.GetMine",
        "recommendation.Predict",
    ] {
        let calls = gateway.services.calls(call);
        assert!((1..=3).contains(&calls), "{call}: {calls}");
    }

    // The next page, by the cursor of this one.
    let more = "query($id: ID!, $after: String) { person(id: $id) { filmography(role: DIRECTOR, first: 24, after: $after) \
        { items { id } nextCursor } } }";
    let after = &person["directed"]["nextCursor"];
    let answer = gateway.query(more, json!({"id": id, "after": after})).await;
    let page = &answer["data"]["person"]["filmography"];
    assert_eq!((ids(page).len(), &page["nextCursor"]), (6, &json!(null)));
}

#[tokio::test]
async fn nobody_is_null_and_what_is_no_id_is_refused() {
    let gateway = Gateway::start().await;
    let query = "query($id: ID!) { person(id: $id) { id } }";
    let answer = gateway.query(query, json!({"id": Uuid::now_v7()})).await;
    assert_eq!(
        (&answer["data"]["person"], &answer["errors"]),
        (&json!(null), &json!(null))
    );
    let answer = gateway.query(query, json!({"id": "1"})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID");
    assert_eq!(answer["errors"][0]["extensions"]["field"], "id");
}

#[tokio::test]
async fn everybody_in_the_credits_of_many_movies_is_counted_by_one_call() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(40);
    let ids = [gateway.services.add_person(), gateway.services.add_person()];
    gateway.services.forget_calls();
    let query = "{ movies(first: 40) { items { directors { id counts { movies } roles } } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let directors = &answer["data"]["movies"]["items"][39]["directors"];
    for (place, id) in ids.iter().enumerate() {
        let expected = json!({"id": id, "counts": {"movies": 40}, "roles": ["DIRECTOR", "ACTOR"]});
        assert_eq!(directors[place], expected);
    }
    let calls = gateway.services.calls("movie.GetPeople");
    assert!((1..=3).contains(&calls), "{calls}");
}

#[tokio::test]
async fn people_who_are_found_come_with_their_counts_and_without_another_call() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(2);
    let id = gateway.services.add_person();
    gateway.services.forget_calls();
    let query = "{ people(q: \"bong\") { items { id counts { movies } roles } nextCursor } \
        suggest(q: \"bong\") { __typename ... on Person { id counts { directed } } } }";
    let answer = gateway.query(query, json!({})).await;
    let found = json!({"id": id, "counts": {"movies": 2}, "roles": ["DIRECTOR", "ACTOR"]});
    assert_eq!(answer["data"]["people"], json!({"items": [found], "nextCursor": null}));
    let suggested = json!({"__typename": "Person", "id": id, "counts": {"directed": 2}});
    assert_eq!(answer["data"]["suggest"][2], suggested);
    assert_eq!(gateway.services.calls("movie.GetPeople"), 0);
}

#[tokio::test]
async fn a_page_without_its_movies_says_so_and_is_still_a_page() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(2);
    let id = gateway.services.add_person();
    gateway
        .services
        .fail("movie.ListFilmography", Status::unavailable("down"));
    let answer = gateway.query(PERSON, json!({"id": id})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let person = &answer["data"]["person"];
    assert_eq!(
        (&person["nameEn"], &person["acted"]),
        (&json!("Bong Joon-ho"), &json!(null))
    );
    assert_eq!(answer["extensions"]["degraded"], json!(["movie"]));
    gateway.get(&format!("/api/v1/people/{id}/movies")).await.problem(503);
    gateway.services.fail("movie.SearchPeople", Status::unavailable("down"));
    let query = "{ people(q: \"bong\") { nextCursor } movies(q: \"bong\") { items { id } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["data"]["people"], json!(null));
    assert_eq!(ids(&answer["data"]["movies"]).len(), 2);
    gateway.services.fail(
        "movie.SearchPeople",
        Status::invalid_argument("the cursor is not one of ours"),
    );
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID");

    // Everything of the service away: an error, so that nobody takes it for "there is no such person".
    gateway.services.fail("movie", Status::unavailable("down"));
    let answer = gateway.query(PERSON, json!({"id": id})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(answer["data"], json!({"person": null}));
    gateway.get(&format!("/api/v1/people/{id}")).await.problem(503);
}

#[tokio::test]
async fn a_query_gets_only_so_many_filmographies() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(20);
    gateway.services.add_person();
    gateway.services.forget_calls();
    let query = "{ movies(first: 20) { items { directors { filmography(first: 1) { items { id } } } } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID");
    assert!(gateway.services.calls("movie.ListFilmography") <= 8);
}
