//! Lists of movies over REST and GraphQL.

use std::{
    collections::HashMap,
    io::{Cursor, Read as _},
};

use matcha_protos::rating::v1::{ImportKind, ImportRow, List};
use serde_json::{Value, json};
use tonic::Status;
use uuid::Uuid;
use zip::ZipArchive;

use crate::harness::{Gateway, claims};

fn some_id() -> String {
    Uuid::now_v7().to_string()
}

/// Somebody else's list, public or not, of these movies.
fn of_mina(gateway: &Gateway, title: &str, is_public: bool, movies: &[String]) -> String {
    gateway.services.add_list(List {
        id: some_id(),
        member_id: Uuid::from_u128(7).to_string(),
        title: title.to_owned(),
        is_public,
        first_movie_ids: movies.to_vec(),
        ..List::default()
    })
}

/// What follows is asked by one and the same member.
struct Owner<'a> {
    gateway: &'a Gateway,
    token: String,
}

impl<'a> Owner<'a> {
    fn new(gateway: &'a Gateway) -> Self {
        let token = gateway.signer.sign(gateway.signer.header(), &claims());
        Self { gateway, token }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> crate::harness::Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.gateway.send(method, path, &headers, body.to_string()).await
    }

    async fn query(&self, query: &str, variables: Value) -> Value {
        let answer = self.send("POST", "/graphql", json!({"query": query, "variables": variables}));
        answer.await.json()
    }
}

#[tokio::test]
async fn a_list_is_made_filled_ordered_and_deleted_by_resource() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(3);
    let owner = Owner::new(&gateway);
    let path = format!("/api/v1/lists/{}", some_id());
    let draft = json!({"title": "비 오는 날", "text": "천천히", "public": false});
    // The second time it is a change that changes nothing.
    for _ in 0..2 {
        let list = owner.send("PUT", &path, draft.clone()).await.json();
        assert_eq!(
            (&list["title"], &list["public"], &list["movie_count"]),
            (&json!("비 오는 날"), &json!(false), &json!(0))
        );
    }
    for movie in &movies {
        owner.send("PUT", &format!("{path}/movies/{movie}"), json!({})).await;
    }
    let page = owner.send("GET", &format!("{path}/movies"), json!({})).await.json();
    assert_eq!(
        (&page["total"], &page["items"][0]["title"]["ko"]),
        (&json!(3), &json!("영화 0"))
    );
    let order = json!({"movie_ids": [movies[2], movies[0], movies[1]], "version": page["version"]});
    let answer = owner.send("PUT", &format!("{path}/movies"), order.clone()).await;
    assert_eq!(answer.json()["version"], page["version"].as_i64().unwrap() + 1);
    let stale = json!({"movie_ids": movies, "version": page["version"]});
    let problem = owner.send("PUT", &format!("{path}/movies"), stale).await.problem(409);
    assert_eq!(problem["errors"][0]["field"], "version");

    let page = owner.send("GET", &format!("{path}/movies"), json!({})).await.json();
    assert_eq!(page["items"][0]["title"]["ko"], "영화 2");
    owner
        .send("DELETE", &format!("{path}/movies/{}", movies[2]), json!({}))
        .await;
    assert_eq!(owner.send("GET", &path, json!({})).await.json()["movie_count"], 2);
    let mine = format!("/api/v1/me/lists?contains={}", movies[0]);
    let mine = owner.send("GET", &mine, json!({})).await.json();
    assert_eq!(
        (&mine["total"], &mine["items"][0]["contains_movie"]),
        (&json!(1), &json!(true))
    );

    assert_eq!(owner.send("DELETE", &path, json!({})).await.status, 204);
    owner.send("GET", &path, json!({})).await.problem(404);
}

#[tokio::test]
async fn a_private_list_of_another_is_not_found() {
    let gateway = Gateway::start().await;
    let movie = gateway.services.add_movies(1).remove(0);
    let private = of_mina(&gateway, "Secret", false, std::slice::from_ref(&movie));
    let public = of_mina(&gateway, "For all", true, std::slice::from_ref(&movie));
    let owner = Owner::new(&gateway);
    for part in ["", "/movies"] {
        gateway
            .get(&format!("/api/v1/lists/{private}{part}"))
            .await
            .problem(404);
        owner
            .send("GET", &format!("/api/v1/lists/{private}{part}"), json!({}))
            .await
            .problem(404);
        assert_eq!(gateway.get(&format!("/api/v1/lists/{public}{part}")).await.status, 200);
    }
    let path = format!("/api/v1/lists/{private}");
    owner.send("PUT", &format!("{path}/like"), json!({})).await.problem(404);
    owner
        .send("PUT", &format!("{path}/movies/{movie}"), json!({}))
        .await
        .problem(404);
    let draft = json!({"title": "Mine", "public": true});
    owner.send("PUT", &path, draft).await.problem(404);
    let create = "mutation($id: ID!) { createList(listId: $id, title: \"Mine\", public: true) { id } }";
    let answer = owner.query(create, json!({"id": private})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
    let query = "query($id: ID!) { list(id: $id) { title } }";
    let answer = owner.query(query, json!({"id": private})).await;
    assert_eq!(
        (&answer["data"]["list"], &answer["errors"]),
        (&json!(null), &json!(null))
    );
    for path in [
        "/api/v1/lists?q=e".to_owned(),
        "/api/v1/members/mina/lists".to_owned(),
        format!("/api/v1/movies/{movie}/lists"),
    ] {
        let found = gateway.get(&path).await.json();
        let titles: Vec<_> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|list| &list["title"])
            .collect();
        assert!(!titles.contains(&&json!("Secret")), "{path}: {found}");
    }
}

#[tokio::test]
async fn a_page_of_lists_asks_once_for_owners_and_once_for_movies() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(4);
    for number in 0..6 {
        of_mina(&gateway, &format!("List {number}"), true, &movies);
    }
    gateway.services.forget_calls();
    let query = "query($q: String!) { lists(q: $q) { nextCursor items { title likes member { handle displayName } \
        firstMovies { id title { ko } posterUrl } } } }";
    let answer = gateway.query(query, json!({"q": "list"})).await;
    let items = answer["data"]["lists"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 6);
    assert_eq!(items[0]["firstMovies"].as_array().unwrap().len(), 4);
    assert_eq!(gateway.services.calls("rating.SearchLists"), 1);
    for call in ["user.GetMembers", "movie.GetMovies"] {
        let calls = gateway.services.calls(call);
        assert!((1..=2).contains(&calls), "{calls} of {call} for all the lists");
    }

    // If rating does not answer, the lists are null and `degraded` names rating; an invalid cursor is an error.
    let query = "query($id: ID!, $after: String) { movie(id: $id) { title { ko } lists(after: $after) { total } } }";
    gateway
        .services
        .fail("rating.ListMovieLists", Status::unavailable("away"));
    let answer = gateway.query(query, json!({"id": movies[0]})).await;
    assert_eq!(answer["data"]["movie"]["lists"], json!(null));
    assert_eq!(answer["extensions"]["degraded"], json!(["rating"]));
    gateway
        .services
        .fail("rating.ListMovieLists", Status::invalid_argument("the cursor"));
    let answer = gateway.query(query, json!({"id": movies[0], "after": "x"})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID");
}

#[tokio::test]
async fn the_writes_of_graphql_say_what_is_so_now() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(2);
    let owner = Owner::new(&gateway);
    let id = some_id();
    let create = "mutation($listId: ID!, $movieIds: [ID!]!) { createList(listId: $listId, title: \"Two\", public: true, \
        movieIds: $movieIds) { id mine movieCount order { version movieIds } } }";
    let answer = owner.query(create, json!({"listId": id, "movieIds": movies})).await;
    let list = &answer["data"]["createList"];
    assert_eq!(
        (&list["mine"], &list["movieCount"]),
        (&json!(true), &json!(2)),
        "{answer}"
    );
    assert_eq!(list["order"]["movieIds"], json!(movies));

    let order = "mutation($listId: ID!, $movieIds: [ID!]!, $version: Int!) { orderListMovies(listId: $listId, \
        movieIds: $movieIds, version: $version) { version } }";
    let turned = json!([movies[1], movies[0]]);
    let seen = list["order"]["version"].clone();
    let answer = owner
        .query(order, json!({"listId": id, "movieIds": turned, "version": seen}))
        .await;
    assert_eq!(answer["errors"], json!(null));
    let answer = owner
        .query(order, json!({"listId": id, "movieIds": movies, "version": seen}))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT");

    let like = "mutation($listId: ID!) { likeList(listId: $listId) { likes likedByMe } }";
    let answer = owner.query(like, json!({"listId": id})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "one's own");
    let answer = Owner::new(&gateway).query(like, json!({"listId": id})).await;
    assert_eq!(answer["data"]["likeList"], json!({"likes": 1, "likedByMe": true}));
    // The order is for its owner, who can change it.
    let query = "query($id: ID!) { list(id: $id) { mine order { version } movies { total items { title { ko } } } } }";
    let answer = gateway.query(query, json!({"id": id})).await;
    let shown = json!({"mine": false, "order": null, "movies": {"total": 2, "items": [{"title": {"ko": "영화 1"}},
        {"title": {"ko": "영화 0"}}]}});
    assert_eq!(answer["data"]["list"], shown);
    let signed_out = json!({"query": like, "variables": {"listId": id}}).to_string();
    let headers = [("content-type", "application/json")];
    let answer = gateway.send("POST", "/graphql", &headers, signed_out).await.json();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn an_invalid_list_is_refused_before_rating_is_called() {
    let gateway = Gateway::start().await;
    let id = some_id();
    for (method, path, body) in [
        (
            "PUT",
            "/api/v1/lists/x".to_owned(),
            json!({"title": "A", "public": true}),
        ),
        ("PUT", format!("/api/v1/lists/{id}"), json!({"title": "A"})),
        (
            "PUT",
            format!("/api/v1/lists/{id}"),
            json!({"title": "A", "public": true, "likes": 9}),
        ),
        (
            "PUT",
            format!("/api/v1/lists/{id}"),
            json!({"title": "A\u{0}", "public": true}),
        ),
        (
            "PUT",
            format!("/api/v1/lists/{id}/movies"),
            json!({"movie_ids": "all", "version": 1}),
        ),
        ("PUT", format!("/api/v1/lists/{id}/movies/x"), json!({})),
        ("GET", format!("/api/v1/lists/{id}/movies?limit=51"), json!({})),
        ("GET", "/api/v1/lists".to_owned(), json!({})),
        ("GET", "/api/v1/me/lists?contains=x".to_owned(), json!({})),
    ] {
        gateway.json(method, &path, body.to_string()).await.problem(400);
    }
    let asked = [
        "rating.CreateList",
        "rating.UpdateList",
        "rating.OrderListMovies",
        "rating.ListMemberLists",
    ];
    assert!(asked.into_iter().all(|call| gateway.services.calls(call) == 0));
}

#[tokio::test]
async fn ones_lists_are_in_the_export() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(2);
    let owner = Owner::new(&gateway);
    for (title, with) in [("Two, in order", &movies[..]), ("Empty", &[])] {
        let path = format!("/api/v1/lists/{}", some_id());
        owner.send("PUT", &path, json!({"title": title, "public": false})).await;
        for movie in with {
            owner.send("PUT", &format!("{path}/movies/{movie}"), json!({})).await;
        }
    }
    of_mina(&gateway, "Somebody else's", true, &movies);
    let archive = owner.send("GET", "/api/v1/me/export", json!({})).await;
    let mut zip = ZipArchive::new(Cursor::new(archive.body.clone())).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let csv = text("lists.csv");
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(
        csv.contains(&format!(",2,{},,영화 1,Movie 1,1990\r\n", movies[1])),
        "{csv}"
    );
    assert!(csv.contains(",\"Two, in order\",,false,"), "{csv}");
    let whole: Value = serde_json::from_str(&text("matcha.json")).unwrap();
    let lists = whole["lists"].as_array().unwrap();
    let counts = lists.iter().map(|list| list["movies"].as_array().unwrap().len());
    let mut counts: Vec<_> = counts.collect();
    counts.sort_unstable();
    assert_eq!(counts, [0, 2]);

    // Alone or in the archive, what went out comes back in.
    let json = text("matcha.json");
    for (name, file) in [
        ("lists.csv", bytes::Bytes::from(csv)),
        ("matcha.json", bytes::Bytes::from(json)),
        ("matcha.zip", archive.body),
    ] {
        let bearer = format!("Bearer {}", owner.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        let path = format!("/api/v1/me/imports?name={name}");
        let answer = gateway.send("POST", &path, &headers, file).await;
        assert_eq!(answer.status, 201, "{name}: {:?}", answer.body);
        let rows = gateway.services.state(|state| state.import_rows.clone());
        let brought = rows.iter().filter(|row| row.kind() == ImportKind::List);
        let brought: HashMap<&str, &ImportRow> = brought.map(|row| (row.list_id.as_str(), row)).collect();
        assert_eq!(brought.len(), 2, "{name}");
        let kept = gateway.services.state(|state| state.lists.clone());
        for list in kept.iter().filter(|list| list.title != "Somebody else's") {
            let row = brought[list.id.as_str()];
            assert_eq!((&row.title, row.is_public), (&list.title, list.is_public), "{name}");
            assert_eq!(row.movie_id, "", "a list is no movie");
            let mut held: Vec<&ImportRow> = rows
                .iter()
                .filter(|row| row.kind() == ImportKind::ListMovie && row.list_id == list.id)
                .collect();
            held.sort_by_key(|row| row.place);
            let held: Vec<&String> = held.iter().map(|row| &row.movie_id).collect();
            assert_eq!(held, list.first_movie_ids.iter().collect::<Vec<_>>(), "{name}");
        }
    }
}
