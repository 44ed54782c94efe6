//! Profiles, following, settings and sessions over REST and GraphQL.

use matcha_protos::{
    rating::v1::Comment,
    user::v1::{Audience, Section, Session, Settings},
};
use serde_json::{Value, json};
use tonic::Status;
use uuid::Uuid;

use crate::harness::Gateway;

/// Mina, whose handle the stand-in knows.
fn mina() -> String {
    Uuid::from_u128(7).to_string()
}

/// As the site asks.
const PROFILE: &str = "query($handle: String!) { member(handle: $handle) { handle displayName synthetic isMe \
    followerCount followingCount followedByMe visible ratedCount commentCount likesReceived } }";

#[tokio::test]
async fn a_profile_has_counts_visible_sections_and_whether_the_caller_follows() {
    let gateway = Gateway::start().await;
    let movie = gateway.services.add_movies(1).remove(0);
    gateway.services.state(|state| {
        state.rated.insert(movie.clone(), 8);
        state.visible = vec![Section::Ratings.into(), Section::Taste.into()];
        state.comments.push(Comment {
            member_id: mina(),
            ..Comment::default()
        });
    });
    gateway.services.forget_calls();
    let answer = gateway.query(PROFILE, json!({"handle": "Mina"})).await;
    let member = json!({"handle": "mina", "displayName": "Mina", "synthetic": false, "isMe": false, "followerCount": 0,
        "followingCount": 2, "followedByMe": false, "visible": ["RATINGS", "TASTE"], "ratedCount": 1, "commentCount": 1,
        "likesReceived": 2});
    assert_eq!((&answer["data"]["member"], &answer["errors"]), (&member, &json!(null)));
    let calls = gateway.services.calls("user.GetProfiles");
    assert!((1..=2).contains(&calls), "{calls} for all of its fields");
    assert_eq!(gateway.services.calls("rating.GetActivity"), 1);

    let profile = gateway.get("/api/v1/members/mina/profile").await.json();
    assert_eq!(profile["member"]["display_name"], "Mina");
    assert_eq!(profile["visible"], json!(["ratings", "taste"]));
    assert_eq!(
        (&profile["rated_count"], &profile["following_count"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(profile["likes_received"], 2);
    gateway.get("/api/v1/members/nobody/profile").await.problem(404);

    // Without the counts of rating there still is a profile.
    gateway.services.fail("rating.GetActivity", Status::unavailable("away"));
    let answer = gateway.query(PROFILE, json!({"handle": "mina"})).await;
    let member = &answer["data"]["member"];
    assert_eq!(
        (&member["ratedCount"], &member["likesReceived"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(answer["extensions"]["degraded"], json!(["rating"]));
    let profile = gateway.get("/api/v1/members/mina/profile").await.json();
    assert_eq!(
        (&profile["rated_count"], &profile["degraded"]),
        (&json!(null), &json!(["rating"]))
    );
    assert_eq!(profile["likes_received"], json!(null));
}

#[tokio::test]
async fn following_goes_by_handle_and_may_be_repeated() {
    let gateway = Gateway::start().await;
    let path = "/api/v1/members/mina/follow";
    for _ in 0..2 {
        assert_eq!(gateway.json("PUT", path, "").await.status, 204);
    }
    assert!(gateway.services.state(|state| state.followed));
    assert_eq!(gateway.json("DELETE", path, "").await.status, 204);
    assert!(!gateway.services.state(|state| state.followed));
    gateway.send("PUT", path, &[], "").await.problem(401);
    gateway
        .json("PUT", "/api/v1/members/nobody/follow", "")
        .await
        .problem(404);
    gateway
        .json("PUT", "/api/v1/members/a%20b/follow", "")
        .await
        .problem(404);

    let follow = "mutation($handle: String!) { follow(handle: $handle) { handle followedByMe followerCount } }";
    let answer = gateway.query(follow, json!({"handle": "MINA"})).await;
    let followed = json!({"handle": "mina", "followedByMe": true, "followerCount": 1});
    assert_eq!(answer["data"]["follow"], followed);
    let answer = gateway.query(follow, json!({"handle": "nobody"})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let unfollow = "mutation { unfollow(handle: \"mina\") { followedByMe followerCount } }";
    let answer = gateway.query(unfollow, json!({})).await;
    assert_eq!(
        answer["data"]["unfollow"],
        json!({"followedByMe": false, "followerCount": 0})
    );
}

#[tokio::test]
async fn a_list_of_followers_takes_one_call_for_all_of_their_buttons() {
    let gateway = Gateway::start().await;
    gateway.services.forget_calls();
    let query =
        "{ member(handle: \"mina\") { followers(first: 30) { total nextCursor items { handle followedByMe } } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"], json!(null));
    let followers = &answer["data"]["member"]["followers"];
    assert_eq!(followers["items"].as_array().unwrap().len(), 30);
    assert_eq!(
        followers["items"][29],
        json!({"handle": "fan_29", "followedByMe": false})
    );
    assert!((1..=2).contains(&gateway.services.calls("user.GetProfiles")));
    let page = gateway.get("/api/v1/members/mina/followers?limit=2").await.json();
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["total"]),
        (2, &json!(30))
    );
    gateway
        .get("/api/v1/members/mina/following?limit=51")
        .await
        .problem(400);
}

#[tokio::test]
async fn lists_are_asked_for_of_the_member_whose_profile_it_is_and_a_refusal_is_told_as_such() {
    let gateway = Gateway::start().await;
    let movie = gateway.services.add_movies(1).remove(0);
    gateway.services.state(|state| state.rated.insert(movie.clone(), 9));
    let query = "{ member(handle: \"mina\") { ratings { total items { stars movie { id } } } } }";
    let answer = gateway.query(query, json!({})).await;
    let ratings = json!({"total": 1, "items": [{"stars": 4.5, "movie": {"id": movie}}]});
    assert_eq!(answer["data"]["member"]["ratings"], ratings);
    assert_eq!(gateway.services.state(|state| state.lists_of.clone()), mina());
    for list in ["ratings?sort=stars_high", "shelf?state=watching", "comments"] {
        gateway.services.state(|state| state.lists_of.clear());
        let answer = gateway.get(&format!("/api/v1/members/mina/{list}")).await;
        assert_eq!(answer.status, 200, "{list}");
        assert_eq!(gateway.services.state(|state| state.lists_of.clone()), mina(), "{list}");
    }
    gateway
        .get("/api/v1/members/mina/shelf?state=not_interested")
        .await
        .problem(400);
    assert_eq!(gateway.json("GET", "/api/v1/me/ratings", "").await.status, 200);
    assert_eq!(gateway.services.state(|state| state.lists_of.clone()), "", "one's own");

    let refusal = || Status::permission_denied("the member does not show this to you");
    for call in ["rating.ListRatings", "recommendation.GetTaste"] {
        gateway.services.fail(call, refusal());
    }
    gateway.get("/api/v1/members/mina/ratings").await.problem(403);
    gateway.get("/api/v1/members/mina/taste").await.problem(403);
    let query = "{ member(handle: \"mina\") { displayName ratings { total } taste { mean } } }";
    let answer = gateway.query(query, json!({})).await;
    let member = &answer["data"]["member"];
    assert_eq!(member["displayName"], "Mina");
    assert_eq!((&member["ratings"], &member["taste"]), (&json!(null), &json!(null)));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(
        answer["extensions"]["degraded"],
        json!(null),
        "a hidden section is not degraded"
    );
}

#[tokio::test]
async fn settings_are_replaced_as_a_whole() {
    let gateway = Gateway::start().await;
    gateway.services.state(|state| {
        state.settings = Settings {
            display_name: "Mina".to_owned(),
            language: "ko".to_owned(),
            title_language: "original".to_owned(),
            ratings: Audience::Public.into(),
            shelf: Audience::Followers.into(),
            comments: Audience::Private.into(),
            taste: Audience::Public.into(),
        };
    });
    let path = "/api/v1/me/settings";
    let mut settings = gateway.json("GET", path, "").await.json();
    let expected = json!({"display_name": "Mina", "language": "ko", "title_language": "original", "ratings": "public",
        "shelf": "followers", "comments": "private", "taste": "public"});
    assert_eq!(settings, expected);
    settings["taste"] = "private".into();
    assert_eq!(gateway.json("PUT", path, settings.to_string()).await.json(), settings);
    assert_eq!(
        gateway.services.state(|state| state.settings.taste()),
        Audience::Private
    );
    for (field, value) in [("taste", json!("friends")), ("taste", json!(null)), ("more", json!(1))] {
        let mut wrong = settings.clone();
        wrong[field] = value;
        let problem = gateway.json("PUT", path, wrong.to_string()).await.problem(400);
        // A word that is not one of the choices is refused by its text, which names the choices.
        let told = &problem["errors"][0]["field"];
        assert!(field == "taste" || told == field, "{problem}");
    }
    // Who says nothing of titles wants them in the language of the page.
    settings.as_object_mut().unwrap().remove("title_language");
    let kept = gateway.json("PUT", path, settings.to_string()).await.json();
    assert_eq!(kept["title_language"], "page");
    gateway.get(path).await.problem(401);

    let put =
        "mutation($settings: SettingsInput!) { putSettings(settings: $settings) { displayName titleLanguage taste } }";
    let given = json!({"displayName": "Joon", "language": "EN", "titleLanguage": "KO", "ratings": "PUBLIC", "shelf": "PUBLIC",
        "comments": "PUBLIC", "taste": "FOLLOWERS"});
    let answer = gateway.query(put, json!({"settings": given})).await;
    let kept = json!({"displayName": "Joon", "titleLanguage": "KO", "taste": "FOLLOWERS"});
    assert_eq!(answer["data"]["putSettings"], kept);
    let answer = gateway
        .query("{ me { settings { displayName taste } } }", json!({}))
        .await;
    assert_eq!(
        answer["data"]["me"]["settings"],
        json!({"displayName": "Joon", "taste": "FOLLOWERS"})
    );
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_others_at_once() {
    let gateway = Gateway::start().await;
    let ids: Vec<String> = (0..3).map(|_| Uuid::now_v7().to_string()).collect();
    gateway.services.state(|state| {
        state.sessions = (0..3)
            .map(|number| Session {
                id: ids[number].clone(),
                current: number == 0,
                user_agent: "Firefox".to_owned(),
                ..Session::default()
            })
            .collect();
    });
    let listed = async || {
        let list = gateway.json("GET", "/api/v1/me/sessions", "").await.json();
        let items: Vec<Value> = list["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed().await, ids);
    let path = format!("/api/v1/me/sessions/{}", ids[1]);
    gateway.send("DELETE", &path, &[], "").await.problem(401);
    assert_eq!(gateway.json("DELETE", &path, "").await.status, 204);
    assert_eq!(listed().await, [ids[0].clone(), ids[2].clone()]);
    gateway.json("DELETE", "/api/v1/me/sessions/1", "").await.problem(400);

    let answer = gateway.query("mutation { endOtherSessions }", json!({})).await;
    assert_eq!(answer["data"]["endOtherSessions"], 1);
    let answer = gateway
        .query("{ me { sessions { id current userAgent } } }", json!({}))
        .await;
    let left = json!([{"id": ids[0], "current": true, "userAgent": "Firefox"}]);
    assert_eq!(answer["data"]["me"]["sessions"], left);
    let end = "mutation($id: ID!) { endSession(sessionId: $id) }";
    let answer = gateway.query(end, json!({"id": ids[0]})).await;
    assert_eq!(answer["data"]["endSession"], true);
    assert_eq!(gateway.json("DELETE", "/api/v1/me/sessions", "").await.status, 204);
}

/// What a caller gets who may see the taste but not the ratings, as the recommendation service then answers.
#[tokio::test]
async fn a_match_that_is_refused_is_null_and_a_refused_taste_is_403() {
    let gateway = Gateway::start().await;
    let query =
        "{ member(handle: \"mina\") { handle tasteMatch { percent commonCount } taste { ratedCount distribution } } }";
    let shown = gateway.get("/api/v1/members/mina/profile").await.json();
    assert_eq!(shown["taste_match"], json!(null), "signed out");
    let shown = gateway.json("GET", "/api/v1/members/mina/profile", "").await.json();
    assert_eq!(shown["taste_match"]["common_count"], 31);

    for call in ["recommendation.GetMatch", "recommendation.GetTaste"] {
        let refusal = Status::permission_denied("the member does not show this to you");
        gateway.services.fail(call, refusal);
    }
    let profile = gateway.json("GET", "/api/v1/members/mina/profile", "").await.json();
    assert_eq!(
        (&profile["taste_match"], &profile["degraded"]),
        (&json!(null), &json!([]))
    );
    gateway.get("/api/v1/members/mina/taste").await.problem(403);
    let answer = gateway.query(query, json!({})).await;
    let member = json!({"handle": "mina", "tasteMatch": null, "taste": null});
    assert_eq!((&answer["data"]["member"], &answer["errors"]), (&member, &json!(null)));
}
