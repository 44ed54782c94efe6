//! The diary over REST and GraphQL.

use serde_json::json;
use tonic::Status;
use uuid::Uuid;

use crate::harness::Gateway;

#[tokio::test]
async fn a_watch_is_logged_changed_listed_with_its_movie_and_deleted() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(2);
    let path = format!("/api/v1/me/watches/{}", Uuid::now_v7());
    let draft = json!({"movie_id": movies[0], "watched_on": "2026-03-04", "tags": ["극장"]});
    for _ in 0..2 {
        let logged = gateway.json("PUT", &path, draft.to_string()).await;
        assert_eq!(logged.status, 200, "{:?}", logged.body);
        let logged = logged.json();
        assert_eq!(
            (&logged["watched_on"], &logged["rewatch"]),
            (&json!("2026-03-04"), &json!(false))
        );
    }
    let again = json!({"movie_id": movies[0], "watched_on": null, "rewatch": true});
    let other = format!("/api/v1/me/watches/{}", Uuid::now_v7());
    gateway.json("PUT", &other, again.to_string()).await;
    let list = gateway.json("GET", "/api/v1/me/watches", "").await.json();
    assert_eq!(
        (&list["total"], &list["items"][1]["watched_on"]),
        (&json!(2), &json!(null))
    );
    assert_eq!(list["movies"].as_array().unwrap().len(), 1, "each movie once");
    assert_eq!(list["movies"][0]["title"]["ko"], "영화 0");
    let of_other = format!("/api/v1/me/watches?movie_id={}", movies[1]);
    assert_eq!(gateway.json("GET", &of_other, "").await.json()["total"], 0);

    assert_eq!(gateway.json("DELETE", &path, "").await.status, 204);
    assert_eq!(gateway.services.state(|state| state.watches.len()), 1);
    gateway.send("DELETE", &other, &[], "").await.problem(401);
    gateway.get("/api/v1/me/watches").await.problem(401);
}

#[tokio::test]
async fn a_wrong_watch_is_refused_with_its_field_and_no_service_is_asked() {
    let gateway = Gateway::start().await;
    let id = Uuid::now_v7();
    let good = json!({"movie_id": id, "watched_on": "2026-03-04", "rewatch": false, "tags": []});
    for (name, value) in [
        ("movie_id", json!("1")),
        ("movie_id", json!(null)),
        ("watched_on", json!(20260304)),
        ("rewatch", json!("yes")),
        ("tags", json!("극장")),
        ("stars", json!(5)),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        let path = format!("/api/v1/me/watches/{id}");
        let problem = gateway.json("PUT", &path, wrong.to_string()).await.problem(400);
        assert_eq!(problem["errors"][0]["field"], name, "{problem}");
    }
    // Null is an answer; to say nothing of the day is none.
    let dayless = json!({"movie_id": id}).to_string();
    let problem = gateway
        .json("PUT", &format!("/api/v1/me/watches/{id}"), dayless)
        .await
        .problem(400);
    assert_eq!(problem["errors"][0]["detail"], "watched_on is missing");
    gateway
        .json("PUT", "/api/v1/me/watches/1", good.to_string())
        .await
        .problem(400);
    gateway
        .json("GET", "/api/v1/me/watches?movie_id=1", "")
        .await
        .problem(400);
    gateway
        .json("GET", "/api/v1/me/watches?limit=51", "")
        .await
        .problem(400);
    assert_eq!(gateway.services.calls("rating.PutWatch"), 0);

    gateway.services.fail(
        "rating.PutWatch",
        Status::already_exists("the movie is in the diary of that day already"),
    );
    let path = format!("/api/v1/me/watches/{id}");
    gateway.json("PUT", &path, good.to_string()).await.problem(409);
}

#[tokio::test]
async fn somebody_elses_diary_is_asked_for_by_name_and_a_refusal_is_told_as_such() {
    let gateway = Gateway::start().await;
    let answer = gateway.get("/api/v1/members/mina/watches").await;
    assert_eq!(answer.status, 200);
    let mina = Uuid::from_u128(7).to_string();
    assert_eq!(gateway.services.state(|state| state.lists_of.clone()), mina);
    let query = "{ member(handle: \"mina\") { displayName watches { total } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["data"]["member"]["watches"], json!({"total": 0}));

    let refusal = Status::permission_denied("the member does not show this to you");
    gateway.services.fail("rating.ListWatches", refusal);
    gateway.get("/api/v1/members/mina/watches").await.problem(403);
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["data"]["member"]["displayName"], "Mina");
    assert!(answer["data"]["member"]["watches"].is_null(), "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    gateway.get("/api/v1/members/nobody/watches").await.problem(404);
}

#[tokio::test]
async fn a_diary_is_narrowed_to_a_tag() {
    let gateway = Gateway::start().await;
    let movie = gateway.services.add_movies(1).remove(0);
    for (day, tag) in [("2026-03-04", "극장"), ("2026-03-05", "IMAX")] {
        let path = format!("/api/v1/me/watches/{}", Uuid::now_v7());
        let draft = json!({"movie_id": movie, "watched_on": day, "tags": [tag]});
        gateway.json("PUT", &path, draft.to_string()).await;
    }
    for path in ["/api/v1/me/watches", "/api/v1/members/mina/watches"] {
        assert_eq!(gateway.json("GET", path, "").await.json()["total"], 2);
        let tagged = gateway.json("GET", &format!("{path}?tag=IMAX"), "").await.json();
        assert_eq!(
            (&tagged["total"], &tagged["items"][0]["watched_on"]),
            (&json!(1), &json!("2026-03-05"))
        );
        for wrong in ["%00".to_owned(), "a".repeat(201)] {
            let problem = gateway
                .json("GET", &format!("{path}?tag={wrong}"), "")
                .await
                .problem(400);
            assert_eq!(problem["errors"][0]["field"], "tag");
        }
    }
    let query = "query($tag: String) { me { watches(tag: $tag) { items { tags } } } \
        member(handle: \"mina\") { watches(tag: $tag) { total } } }";
    let answer = gateway.query(query, json!({"tag": "극장"})).await;
    let data = json!({"me": {"watches": {"items": [{"tags": ["극장"]}]}}, "member": {"watches": {"total": 1}}});
    assert_eq!((&answer["data"], &answer["errors"]), (&data, &json!(null)));
    let answer = gateway.query(query, json!({"tag": null})).await;
    assert_eq!(answer["data"]["member"]["watches"]["total"], 2);
}

#[tokio::test]
async fn a_movie_page_has_the_members_days_and_a_screen_of_movies_counts_them_in_one_call() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(3);
    let put = "mutation($watchId: ID!, $watch: WatchInput!) { putWatch(watchId: $watchId, watch: $watch) { id watchedOn \
        rewatch tags movie { id } } }";
    let id = Uuid::now_v7().to_string();
    let watch = json!({"movieId": movies[0], "watchedOn": "2026-03-04", "tags": ["IMAX"]});
    let answer = gateway.query(put, json!({"watchId": id, "watch": watch})).await;
    let kept =
        json!({"id": id, "watchedOn": "2026-03-04", "rewatch": false, "tags": ["IMAX"], "movie": {"id": movies[0]}});
    assert_eq!((&answer["data"]["putWatch"], &answer["errors"]), (&kept, &json!(null)));

    let page = "query($id: ID!) { movie(id: $id) { myWatchCount myWatches(first: 5) { watchedOn } } }";
    let answer = gateway.query(page, json!({"id": movies[0]})).await;
    let expected = json!({"myWatchCount": 1, "myWatches": [{"watchedOn": "2026-03-04"}]});
    assert_eq!(answer["data"]["movie"], expected);
    gateway.services.forget_calls();
    let answer = gateway.query("{ movies { items { myWatchCount } } }", json!({})).await;
    let counts = json!([{"myWatchCount": 1}, {"myWatchCount": 0}, {"myWatchCount": 0}]);
    assert_eq!(answer["data"]["movies"]["items"], counts);
    let calls = gateway.services.calls("rating.CountWatches");
    assert!((1..=2).contains(&calls), "{calls}");

    // The page is whole without them.
    gateway.services.fail("rating.ListWatches", Status::unavailable("away"));
    let answer = gateway.query(page, json!({"id": movies[0]})).await;
    assert_eq!(answer["data"]["movie"], json!({"myWatchCount": 1, "myWatches": null}));
    assert_eq!(answer["extensions"]["degraded"], json!(["rating"]));

    let delete = "mutation($id: ID!) { deleteWatch(watchId: $id) }";
    assert_eq!(
        gateway.query(delete, json!({"id": id})).await["data"]["deleteWatch"],
        true
    );
    assert!(gateway.services.state(|state| state.watches.is_empty()));
    let body = json!({"query": page, "variables": {"id": movies[0]}}).to_string();
    let visitor = gateway
        .send("POST", "/graphql", &[("content-type", "application/json")], body)
        .await;
    let nothing = json!({"myWatchCount": null, "myWatches": null});
    assert_eq!(visitor.json()["data"]["movie"], nothing);
}
