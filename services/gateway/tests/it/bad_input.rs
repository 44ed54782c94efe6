//! Whatever comes in, the answer is a problem that says what is wrong; never a 500.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

use crate::harness::Gateway;

/// Every route that takes a body, with a good one.
fn bodies(id: &str) -> Vec<(&'static str, String, &'static str)> {
    let registration = r#"{"handle":"mina","email":"m@example.org","password":"a long enough one","display_name":"M","language":"ko"}"#;
    vec![
        ("POST", "/api/v1/members".to_owned(), registration),
        (
            "POST",
            "/api/v1/sessions".to_owned(),
            r#"{"login":"mina","password":"a long enough one"}"#,
        ),
        ("PUT", format!("/api/v1/movies/{id}/rating"), r#"{"stars":4.5}"#),
        ("PUT", format!("/api/v1/movies/{id}/shelf"), r#"{"state":"wish"}"#),
        (
            "PUT",
            format!("/api/v1/movies/{id}/comment"),
            r#"{"text":"good","spoiler":true}"#,
        ),
        (
            "POST",
            format!("/api/v1/comments/{id}/replies"),
            r#"{"id":"0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f","text":"good"}"#,
        ),
    ]
}

#[tokio::test]
async fn a_bad_body_is_a_problem_on_every_route_that_takes_one() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    gateway.services.add_comment(&id);
    for (method, path, good) in bodies(&id) {
        let answer = gateway.json(method, &path, good).await;
        assert!(answer.status.is_success(), "{path}: {:?}", answer.body);

        let more = good.replacen('{', r#"{"surprise":1,"#, 1);
        let problem = gateway.json(method, &path, more).await.problem(400);
        assert_eq!(problem["errors"][0]["field"], "surprise", "{path}");

        let deep = format!("{}1{}", r#"{"a":"#.repeat(5000), "}".repeat(5000));
        for bad in [
            "",
            "{",
            "[]",
            "null",
            "1",
            "\"a\"",
            "{}",
            "{\"a\":\"\\ud800\"}",
            "\u{0}",
            "not json",
            &deep,
        ] {
            let answer = gateway.json(method, &path, bad.to_owned()).await;
            answer.problem(400);
        }
        gateway.json(method, &path, vec![0xff, 0xfe]).await.problem(400);

        let large = format!(r#"{{"a":"{}"}}"#, "a".repeat(1 << 20));
        gateway.json(method, &path, large).await.problem(413);
        gateway.json(method, &path, vec![b' '; 10 << 20]).await.problem(413);

        let bearer = format!("Bearer {}", gateway.signer.token());
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "",
        ] {
            let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
            gateway.send(method, &path, &headers, good).await.problem(415);
        }
    }
}

#[tokio::test]
async fn every_text_field_refuses_nul_and_half_characters() {
    let gateway = Gateway::start().await;
    for (method, path, good) in bodies(&Uuid::now_v7().to_string()).into_iter().take(2) {
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(good).unwrap();
        for field in fields.keys() {
            for (bad, named) in [(r"\u0000", true), (r"\ud800", false)] {
                let mut fields = fields.clone();
                fields.insert(field.clone(), "BAD".into());
                let body = serde_json::to_string(&fields).unwrap().replace("BAD", bad);
                let problem = gateway.json(method, &path, body).await.problem(400);
                if named {
                    assert_eq!(problem["errors"][0]["field"], **field);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_choice_that_is_none_is_named() {
    let gateway = Gateway::start().await;
    let good = json!({"display_name": "M", "language": "ko", "ratings": "public", "shelf": "public", "comments": "public",
        "taste": "private"});
    for field in ["ratings", "shelf", "comments", "taste"] {
        for none in [json!(null), json!(1), json!(true), json!([]), json!("everybody")] {
            let mut wrong = good.clone();
            wrong[field] = none.clone();
            let answer = gateway.json("PUT", "/api/v1/me/settings", wrong.to_string()).await;
            let problem = answer.problem(400);
            assert_eq!(problem["errors"][0]["field"], field, "{none}: {problem}");
        }
    }
}

#[tokio::test]
async fn only_half_steps_are_stars() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let path = format!("/api/v1/movies/{id}/rating");
    for stars in [
        "3.3", "0", "5.5", "-1", "1e300", "1e999", "\"4\"", "null", "true", "[4]", "NaN", "0.25",
    ] {
        let body = format!(r#"{{"stars":{stars}}}"#);
        let problem = gateway.json("PUT", &path, body).await.problem(400);
        if !matches!(stars, "NaN" | "1e999") {
            assert_eq!(problem["errors"][0]["field"], "stars", "{stars}");
        }
    }
    for (stars, inside) in [("0.5", 1), ("5", 10), ("4.5", 9)] {
        let answer = gateway.json("PUT", &path, format!(r#"{{"stars":{stars}}}"#)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(gateway.services.state(|state| state.rated[&id]), inside);
    }
}

#[tokio::test]
async fn a_bad_id_is_400_and_an_unknown_movie_or_person_404_on_every_route_with_one() {
    let gateway = Gateway::start().await;
    let routes = [
        ("GET", "", ""),
        ("GET", "/similar", ""),
        ("PUT", "/rating", r#"{"stars":4}"#),
        ("DELETE", "/rating", ""),
        ("PUT", "/shelf", r#"{"state":"wish"}"#),
        ("DELETE", "/shelf", ""),
        ("GET", "/comment", ""),
        ("PUT", "/comment", r#"{"text":"good"}"#),
        ("DELETE", "/comment", ""),
        ("GET", "/comments", ""),
    ];
    for (method, rest, body) in routes {
        for bad in [
            "1",
            "%00",
            "%ff",
            "0192a1c87b5e7cc19c3a1f1f1f1f1f1f",
            "..%2f..",
            &"a".repeat(5000),
        ] {
            let problem = gateway
                .json(method, &format!("/api/v1/movies/{bad}{rest}"), body)
                .await
                .problem(400);
            assert_eq!(problem["errors"][0]["field"], "id");
        }
    }
    for rest in ["", "/movies"] {
        for bad in ["1", "%00", "0192a1c87b5e7cc19c3a1f1f1f1f1f1f"] {
            let path = format!("/api/v1/people/{bad}{rest}");
            assert_eq!(gateway.get(&path).await.problem(400)["errors"][0]["field"], "id");
        }
        let path = format!("/api/v1/people/{}{rest}", Uuid::now_v7());
        gateway.get(&path).await.problem(404);
    }
    let unknown = Uuid::now_v7();
    for (method, rest, body) in [routes[0], routes[1], routes[2], routes[9]] {
        let path = format!("/api/v1/movies/{unknown}{rest}");
        gateway.json(method, &path, body).await.problem(404);
    }
}

#[tokio::test]
async fn unknown_and_bad_parameters_are_refused_by_name() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let filmography = format!("/api/v1/people/{}/movies", gateway.services.add_person());
    let long = format!("q={}", "%EA%B0%80".repeat(201));
    let cases = [
        ("/api/v1/movies", "surprise=1", "surprise"),
        ("/api/v1/movies", "limit=51", "limit"),
        ("/api/v1/movies", "limit=0", "limit"),
        ("/api/v1/movies", "limit=x", "limit"),
        ("/api/v1/movies", "decade=1995", "decade"),
        ("/api/v1/movies", "sort=worst", "sort"),
        ("/api/v1/movies", "language=fr", "language"),
        ("/api/v1/movies", "q=%00", "q"),
        ("/api/v1/movies", "q=%ff", "q"),
        ("/api/v1/movies", "q=a&q=b", "q"),
        ("/api/v1/movies", &long, "q"),
        ("/api/v1/suggest", "", "q"),
        ("/api/v1/suggest", "q=a&limit=21", "limit"),
        ("/api/v1/people", "", "q"),
        ("/api/v1/people", "q=%00", "q"),
        ("/api/v1/people", "q=a&limit=51", "limit"),
        ("/api/v1/people", "q=a&sort=newest", "sort"),
        (&filmography, "role=extra", "role"),
        (&filmography, "sort=worst", "sort"),
        (&filmography, "limit=0", "limit"),
        (&filmography, "surprise=1", "surprise"),
        ("/api/v1/me/comments", "limit=0", "limit"),
        ("/api/v1/me/ratings", "stars=3.3", "stars"),
        ("/api/v1/me/ratings", "surprise=1", "surprise"),
        ("/api/v1/me/shelf", "state=lost", "state"),
        ("/api/v1/members/mina/taste/movies", "key=drama", "group"),
        ("/api/v1/members/mina/taste/movies", "group=genre", "key"),
        ("/api/v1/members/mina/taste/movies", "group=mood&key=drama", "group"),
        ("/api/v1/members/mina/taste/movies", "group=stars&key=4.7", "key"),
        (
            "/api/v1/members/mina/taste/movies",
            "group=genre&key=drama&limit=51",
            "limit",
        ),
        ("/api/v1/me/recommendations", "row=none", "row"),
        ("/api/v1/me/recommendations", "variation=-1", "variation"),
    ];
    for (path, query, field) in cases {
        let answer = gateway.json("GET", &format!("{path}?{query}"), "").await;
        assert_eq!(answer.problem(400)["errors"][0]["field"], field, "{path}?{query}");
    }
    let similar = format!("/api/v1/movies/{id}/similar?limit=99");
    gateway.json("GET", &similar, "").await.problem(400);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let gateway = Gateway::start().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head =
        "POST /api/v1/sessions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("application/problem+json"));
}

/// No parameter has numbers below 0, and 64 bits with a sign are the largest numbers of the document.
const OUT_OF_RANGE: [&str; 5] = [
    "-1",
    "-9223372036854775809",
    "9223372036854775808",
    "18446744073709551616",
    "1e3",
];

#[tokio::test]
async fn a_whole_number_out_of_its_range_is_400_on_every_parameter_that_is_one() {
    let gateway = Gateway::start().await;
    let movie = gateway.services.add_movies(1).remove(0);
    let document: serde_json::Value = serde_json::from_str(&gateway::openapi()).unwrap();
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let parameters: Vec<&serde_json::Value> = operations["get"]["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let has = |name: &str| {
            parameters
                .iter()
                .any(|one| one["name"] == name && one["required"] == true)
        };
        let needed = [("q", "&q=a"), ("group", "&group=all")];
        let needed: String = needed
            .iter()
            .filter(|(name, _)| has(name))
            .map(|(_, pair)| *pair)
            .collect();
        let url = path.replace("{id}", &movie).replace("{handle}", "mina");
        for parameter in &parameters {
            let kind = &parameter["schema"]["type"];
            if parameter["in"] != "query" || (kind != "integer" && kind[0] != "integer") {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            for number in OUT_OF_RANGE {
                let answer = gateway.json("GET", &format!("{url}?{name}={number}{needed}"), "").await;
                let problem = answer.problem(400);
                assert_eq!(problem["errors"][0]["field"], name, "{url} {name}={number}");
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "only {tried} numbers were tried");
    for (number, status) in [("9223372036854775807", 200), ("9223372036854775808", 400)] {
        let url = format!("/api/v1/me/recommendations?variation={number}");
        assert_eq!(gateway.json("GET", &url, "").await.status, status, "{number}");
    }
}

#[tokio::test]
async fn a_list_id_that_no_list_has_and_the_lists_of_an_unknown_movie_are_404() {
    let gateway = Gateway::start().await;
    for id in [Uuid::nil(), Uuid::max()] {
        let movie = Uuid::now_v7();
        for (method, rest, body) in [
            ("GET", String::new(), ""),
            ("PUT", String::new(), r#"{"title":"T","public":true}"#),
            ("GET", "/movies".to_owned(), ""),
            ("PUT", "/movies".to_owned(), r#"{"movie_ids":[],"version":1}"#),
            ("PUT", format!("/movies/{movie}"), ""),
            ("DELETE", format!("/movies/{movie}"), ""),
            ("PUT", "/like".to_owned(), ""),
            ("DELETE", "/like".to_owned(), ""),
        ] {
            let path = format!("/api/v1/lists/{id}{rest}");
            gateway.json(method, &path, body).await.problem(404);
        }
        let deleted = gateway.json("DELETE", &format!("/api/v1/lists/{id}"), "").await;
        assert_eq!(deleted.status, 204, "there is no such list");
    }
    let unknown = format!("/api/v1/movies/{}/lists", Uuid::now_v7());
    gateway.get(&unknown).await.problem(404);
    let known = gateway.services.add_movies(1).remove(0);
    assert_eq!(gateway.get(&format!("/api/v1/movies/{known}/lists")).await.status, 200);
    // While movie is away, it is unknown whether there is such a movie.
    gateway
        .services
        .fail("movie.GetMovies", tonic::Status::unavailable("away"));
    assert_eq!(gateway.get(&unknown).await.status, 200);
}
