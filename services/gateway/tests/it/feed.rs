//! The feed, whom to follow, members by name, and how alike two tastes are: over REST and GraphQL.

use std::time::Duration;

use serde_json::{Value, json};
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Gateway, claims};

const FEED: &str = "query($after: String) { me { feed(first: 20, after: $after) { nextCursor followingCount items { \
    id kind stars actedAt member { handle } movie { id } comment { text veiled } } } } }";

#[tokio::test]
async fn the_feed_tells_each_act_with_its_member_and_movie() {
    let gateway = Gateway::start().await;
    let movie = gateway.services.add_movies(1).remove(0);
    gateway.services.forget_calls();
    let answer = gateway.query(FEED, json!({})).await;
    assert_eq!(answer["errors"], json!(null));
    let feed = &answer["data"]["me"]["feed"];
    assert_eq!(
        (&feed["followingCount"], &feed["nextCursor"]),
        (&json!(1), &json!(null))
    );
    let kinds: Vec<&Value> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| &act["kind"])
        .collect();
    assert_eq!(kinds, ["RATED", "COMMENTED", "WISHED"]);
    for act in feed["items"].as_array().unwrap() {
        assert_eq!(
            (&act["member"]["handle"], &act["movie"]["id"]),
            (&json!("mina"), &json!(movie))
        );
    }
    assert_eq!(
        (&feed["items"][0]["stars"], &feed["items"][1]["stars"]),
        (&json!(4.5), &json!(null))
    );
    let comment = json!({"text": "They die at the end.", "veiled": true});
    assert_eq!(feed["items"][1]["comment"], comment);
    for call in ["movie.GetMovies", "rating.ListFeed"] {
        assert_eq!(gateway.services.calls(call), 1, "{call}");
    }

    let path = "/api/v1/me/feed";
    let feed = gateway.json("GET", path, "").await.json();
    let kinds: Vec<&Value> = feed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| &act["kind"])
        .collect();
    assert_eq!(kinds, ["rated", "commented", "wished"]);
    assert_eq!(feed["items"][0]["movie"]["id"], json!(movie));
    assert_eq!(feed["items"][1]["comment"]["veiled"], json!(true));
    let short = gateway.json("GET", "/api/v1/me/feed?limit=1", "").await.json();
    assert_eq!(short["items"].as_array().unwrap().len(), 1);
    gateway.get(path).await.problem(401);
    for query in ["limit=51", "cursor=x", "member=mina"] {
        gateway.json("GET", &format!("{path}?{query}"), "").await.problem(400);
    }
    let answer = gateway.query(FEED, json!({"after": "x"})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID");
}

#[tokio::test]
async fn the_feed_without_names_is_degraded_and_without_rating_there_is_none() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(1);
    gateway.services.fail("user.GetMembers", Status::unavailable("away"));
    let feed = gateway.json("GET", "/api/v1/me/feed", "").await.json();
    assert_eq!(
        (&feed["items"][0]["member"], &feed["degraded"]),
        (&json!(null), &json!(["user"]))
    );
    gateway.services.fail(
        "rating.ListFeed",
        Status::unavailable("who may see this cannot be asked"),
    );
    gateway.json("GET", "/api/v1/me/feed", "").await.problem(503);
}

#[tokio::test]
async fn members_to_follow_are_offered_with_the_state_of_their_buttons() {
    let gateway = Gateway::start().await;
    let query = "{ me { suggestedMembers(first: 3) { handle followedByMe } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"], json!(null));
    let members = &answer["data"]["me"]["suggestedMembers"];
    assert_eq!(members[2], json!({"handle": "star_2", "followedByMe": false}));
    let offered = gateway
        .json("GET", "/api/v1/me/suggested-members?limit=2", "")
        .await
        .json();
    assert_eq!(offered["items"].as_array().unwrap().len(), 2);
    assert!(offered["items"][0]["email"].is_null());
    gateway.get("/api/v1/me/suggested-members").await.problem(401);
    gateway
        .json("GET", "/api/v1/me/suggested-members?limit=21", "")
        .await
        .problem(400);
}

#[tokio::test]
async fn members_are_found_by_name_and_offered_after_movies_and_people() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(3);
    let found = gateway.get("/api/v1/members?q=min").await.json();
    assert_eq!(
        (&found["items"][0]["handle"], &found["next_cursor"]),
        (&json!("mina"), &json!(null))
    );
    for query in ["", "q=a&limit=0", "q=a&cursor=x"] {
        gateway.get(&format!("/api/v1/members?{query}")).await.problem(400);
    }
    let query =
        "query($after: String) { members(q: \"min\", after: $after) { nextCursor items { handle displayName } } }";
    let answer = gateway.query(query, json!({})).await;
    let mina = json!({"nextCursor": null, "items": [{"handle": "mina", "displayName": "Mina"}]});
    assert_eq!(answer["data"]["members"], mina);
    let wrong = gateway.query(query, json!({"after": "x"})).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "INVALID");

    let offered = gateway.get("/api/v1/suggest?q=min&limit=3").await.json();
    let kinds = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        kinds(&offered),
        ["movie", "person", "member"],
        "no more than were asked for"
    );
    let suggest = "{ suggest(q: \"min\") { __typename ... on PublicMember { handle } } }";
    let answer = gateway.query(suggest, json!({})).await;
    assert_eq!(
        answer["data"]["suggest"][3],
        json!({"__typename": "PublicMember", "handle": "mina"})
    );

    // Movies do not wait for members.
    gateway.services.delay("user.SearchMembers", Duration::from_secs(5));
    let offered = gateway.get("/api/v1/suggest?q=min").await.json();
    assert_eq!(kinds(&offered), ["movie", "movie", "person"]);
    gateway.services.fail("user.SearchMembers", Status::unavailable("away"));
    gateway.services.delay("user.SearchMembers", Duration::ZERO);
    assert_eq!(kinds(&gateway.get("/api/v1/suggest?q=min").await.json()).len(), 3);
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(
        (&answer["data"]["members"], &answer["extensions"]["degraded"]),
        (&json!(null), &json!(["user"]))
    );
}

#[tokio::test]
async fn a_match_is_shown_to_other_members_and_a_refusal_is_nobodys_illness() {
    let gateway = Gateway::start().await;
    let query = "{ member(handle: \"mina\") { isMe tasteMatch { percent commonCount needed } } }";
    let path = "/api/v1/members/mina/profile";
    let matching = json!({"percent": 72, "commonCount": 31, "needed": 5});
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["data"]["member"], json!({"isMe": false, "tasteMatch": matching}));
    let profile = gateway.json("GET", path, "").await.json();
    let matching = json!({"percent": 72, "common_count": 31, "needed": 5});
    assert_eq!(profile["taste_match"], matching);
    assert_eq!(
        gateway.get(path).await.json()["taste_match"],
        json!(null),
        "a visitor has no taste"
    );

    gateway.services.forget_calls();
    let mut as_mina = claims();
    as_mina["sub"] = json!(Uuid::from_u128(7).to_string());
    let token = gateway.signer.sign(gateway.signer.header(), &as_mina);
    let own = gateway.get_as(&token, path).await.json();
    assert_eq!((&own["taste_match"], &own["degraded"]), (&json!(null), &json!([])));
    assert_eq!(
        gateway.services.calls("recommendation.GetMatch"),
        0,
        "nobody is compared with themself"
    );

    let call = "recommendation.GetMatch";
    gateway
        .services
        .fail(call, Status::permission_denied("the member does not show this to you"));
    let profile = gateway.json("GET", path, "").await.json();
    assert_eq!(
        (&profile["taste_match"], &profile["degraded"]),
        (&json!(null), &json!([]))
    );
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(
        (&answer["errors"], &answer["extensions"]["degraded"]),
        (&json!(null), &json!(null))
    );
    gateway.services.fail(call, Status::unavailable("away"));
    let profile = gateway.json("GET", path, "").await.json();
    assert_eq!(
        (&profile["taste_match"], &profile["degraded"]),
        (&json!(null), &json!(["recommendation"]))
    );
}
