//! Comments at the gateway: how they read outside, whose state is told to whom, and how many calls a page of them takes.

use serde_json::{Value, json};
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Answer, Gateway};

const COMMENT: &str = "fragment Comment on Comment { id mine member { handle displayName } stars text spoiler veiled likes \
    likedByMe replyCount state hiddenFor createdAt edited }";

/// Somebody who stays the same from call to call.
struct Somebody<'a> {
    gateway: &'a Gateway,
    bearer: String,
}

impl<'a> Somebody<'a> {
    fn new(gateway: &'a Gateway) -> Self {
        let bearer = format!("Bearer {}", gateway.signer.token());
        Self { gateway, bearer }
    }

    async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", "application/json"),
        ];
        self.gateway.send(method, path, &headers, body).await
    }

    async fn query(&self, query: &str, variables: Value) -> Value {
        let fragment = if query.contains("...Comment") { COMMENT } else { "" };
        let body = json!({"query": format!("{query} {fragment}"), "variables": variables});
        let answer = self.send("POST", "/graphql", body.to_string()).await.json();
        assert_eq!(answer["errors"], json!(null), "{answer}");
        answer["data"].clone()
    }
}

#[tokio::test]
async fn the_state_of_a_comment_is_told_to_its_author_only() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let (author, reader) = (Somebody::new(&gateway), Somebody::new(&gateway));
    let query =
        "mutation($id: ID!, $text: String!) { putComment(movieId: $id, text: $text, spoiler: true) { ...Comment } }";
    let written = author.query(query, json!({"id": id, "text": "<b>Ü</b>"})).await;
    let written = &written["putComment"];
    assert_eq!(
        (&written["state"], &written["mine"]),
        (&json!("CHECKING"), &json!(true))
    );
    assert_eq!(
        (&written["text"], &written["veiled"]),
        (&json!("<b>Ü</b>"), &json!(true))
    );
    assert_eq!(written["member"]["handle"], "mina");

    let query = "query($id: ID!) { movie(id: $id) { commentCount myComment { ...Comment } \
        comments(sort: NEWEST, first: 10) { total nextCursor items { ...Comment } } } }";
    let own = author.query(query, json!({"id": id})).await;
    assert_eq!(own["movie"]["myComment"]["id"], written["id"]);
    assert_eq!(own["movie"]["commentCount"], 2);
    let others = reader.query(query, json!({"id": id})).await;
    assert_eq!(others["movie"]["myComment"], json!(null));
    let seen = &others["movie"]["comments"]["items"][0];
    assert_eq!((&seen["state"], &seen["mine"]), (&json!(null), &json!(false)));
    let query = "query($id: ID!) { comment(id: $id) { ...Comment replies { total items { text mine } } } }";
    let one = reader.query(query, json!({"id": written["id"]})).await;
    assert_eq!(one["comment"]["replies"], json!({"total": 0, "items": []}));

    // The same over REST.
    let path = format!("/api/v1/movies/{id}/comment");
    let mine = author.send("GET", &path, String::new()).await.json();
    assert_eq!((&mine["state"], &mine["veiled"]), (&json!("checking"), &json!(true)));
    reader.send("GET", &path, String::new()).await.problem(404);
    let all = gateway.get(&format!("/api/v1/movies/{id}/comments")).await.json();
    assert_eq!(all["items"][0]["state"], json!(null));
    assert_eq!(all["items"][0]["member"]["display_name"], "Mina");
    assert!(all["items"][0]["member"]["email"].is_null(), "nobody's email is told");
    gateway.get(&path).await.problem(401);
    assert_eq!(author.send("DELETE", &path, String::new()).await.status, 204);
    author.send("GET", &path, String::new()).await.problem(404);
}

#[tokio::test]
async fn rest_and_graphql_accept_the_longest_comment_but_a_long_query_is_refused() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let author = Somebody::new(&gateway);
    let text = "\u{1f600}".repeat(10_000);
    let query = "mutation($id: ID!, $text: String!) { putComment(movieId: $id, text: $text) { ...Comment } }";
    let written = author.query(query, json!({"id": id, "text": text})).await;
    assert_eq!(
        written["putComment"]["text"].as_str().map(|text| text.chars().count()),
        Some(10_000)
    );
    let body = format!(r#"{{"text":"{}"}}"#, r"\ud83d\ude00".repeat(10_000));
    let answer = author.send("PUT", &format!("/api/v1/movies/{id}/comment"), body).await;
    assert_eq!(answer.json()["text"], *text);

    let padded = json!({"query": format!("{{ me {{ id }} }} # {}", "a".repeat(17 * 1024))});
    author.send("POST", "/graphql", padded.to_string()).await.problem(413);
}

#[tokio::test]
async fn a_page_of_comments_asks_for_its_members_once() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    for turn in 0..30 {
        let body = json!({"text": format!("{turn}")}).to_string();
        let author = Somebody::new(&gateway);
        let answer = author.send("PUT", &format!("/api/v1/movies/{id}/comment"), body).await;
        assert_eq!(answer.status, 200);
    }
    gateway.services.forget_calls();
    let query = "query($id: ID!) { movie(id: $id) { comments(first: 30) { items { ...Comment } } } }";
    let page = Somebody::new(&gateway).query(query, json!({"id": id})).await;
    assert_eq!(page["movie"]["comments"]["items"].as_array().map(Vec::len), Some(30));
    let calls = gateway.services.calls("user.GetMembers");
    assert!((1..=3).contains(&calls), "{calls}");
    gateway.services.forget_calls();
    gateway.get(&format!("/api/v1/movies/{id}/comments?limit=30")).await;
    assert_eq!(gateway.services.calls("user.GetMembers"), 1);
}

#[tokio::test]
async fn without_members_comments_are_read_without_names_and_without_rating_the_page_has_none() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let author = Somebody::new(&gateway);
    let path = format!("/api/v1/movies/{id}/comment");
    author.send("PUT", &path, json!({"text": "good"}).to_string()).await;
    gateway.services.fail("user.GetMembers", Status::unavailable("down"));
    let query = json!({"query": format!("{{ movie(id: \"{id}\") {{ title {{ ko }} comments {{ items {{ text member {{ handle }} }} }} }} }}")});
    let answer = author.send("POST", "/graphql", query.to_string()).await.json();
    let comments = &answer["data"]["movie"]["comments"];
    assert_eq!(comments["items"], json!([{"text": "good", "member": null}]));
    assert_eq!(answer["extensions"]["degraded"], json!(["user"]));
    let rest = gateway.get(&format!("{path}s")).await.json();
    assert_eq!(
        (&rest["items"][0]["member"], &rest["degraded"]),
        (&json!(null), &json!(["user"]))
    );

    gateway.services.fail("rating", Status::unavailable("down"));
    let answer = author.send("POST", "/graphql", query.to_string()).await.json();
    assert_eq!(answer["data"]["movie"]["comments"], json!(null));
    assert_eq!(answer["data"]["movie"]["title"]["ko"], "영화 0");
    assert_eq!(answer["extensions"]["degraded"], json!(["rating"]));
    gateway.get(&format!("{path}s")).await.problem(503);
}

#[tokio::test]
async fn likes_and_replies_need_a_member_and_good_ids() {
    let gateway = Gateway::start().await;
    let (reader, comment) = (Somebody::new(&gateway), Uuid::now_v7());
    gateway.services.add_comment(&comment.to_string());
    let like = format!("/api/v1/comments/{comment}/like");
    let liked = reader.send("PUT", &like, String::new()).await.json();
    assert_eq!(liked, json!({"likes": 3, "liked_by_me": true}));
    let unliked = reader.send("DELETE", &like, String::new()).await.json();
    assert_eq!(unliked, json!({"likes": 2, "liked_by_me": false}));
    let replies = format!("/api/v1/comments/{comment}/replies");
    let body = json!({"id": Uuid::now_v7(), "text": "so do I"}).to_string();
    let reply = reader.send("POST", &replies, body.clone()).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["text"]), (201, &json!("so do I")));
    assert_eq!(gateway.get(&replies).await.json()["total"], 1);
    for (method, path, body) in [("PUT", &like, ""), ("DELETE", &like, ""), ("POST", &replies, &body)] {
        let headers = [("content-type", "application/json")];
        gateway.send(method, path, &headers, body.to_owned()).await.problem(401);
    }
    for path in ["/api/v1/comments/1/like", "/api/v1/comments/1/replies"] {
        let method = if path.ends_with("like") { "PUT" } else { "GET" };
        let problem = reader.send(method, path, String::new()).await.problem(400);
        assert_eq!(problem["errors"][0]["field"], "id");
    }
    let problem = reader.send("POST", &replies, json!({"id": "1", "text": "a"}).to_string());
    assert_eq!(problem.await.problem(400)["errors"][0]["field"], "id");

    let query = "mutation($id: ID!) { likeComment(commentId: $id) { likes likedByMe } \
        reply(commentId: $id, replyId: $id, text: \"yes\") { text mine member { handle } } deleteReply(replyId: $id) }";
    let data = reader.query(query, json!({"id": comment})).await;
    assert_eq!(data["likeComment"], json!({"likes": 3, "likedByMe": true}));
    assert_eq!(data["reply"]["mine"], true);
}

#[tokio::test]
async fn lists_within_lists_of_comments_have_an_end() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(10);
    let bearer = format!("Bearer {}", gateway.signer.token());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = json!({"query": "{ movies(first: 10) { items { comments(first: 1) { items { text } } } } }"});
    let answer = gateway
        .send("POST", "/graphql", &headers, body.to_string())
        .await
        .json();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID", "{answer}");
    assert!(gateway.services.calls("rating.ListComments") <= 2);
    let body =
        json!({"query": format!("{{ movie(id: \"{}\") {{ comments(after: \"x\") {{ total }} }} }}", Uuid::now_v7())});
    let unknown = gateway
        .send("POST", "/graphql", &headers, body.to_string())
        .await
        .json();
    assert_eq!(unknown["data"]["movie"], json!(null));
}
