//! What bad input gets from the whole system: a clear problem, never a 500, never a lost row.

use std::{io::ErrorKind, time::Duration};

use matcha_tests::{
    cluster::gateway,
    member::{Member, popular_movies},
};
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

struct Attempt {
    name: &'static str,
    body: Vec<u8>,
    content_type: &'static str,
    status: u16,
}

fn attempt(name: &'static str, body: impl Into<Vec<u8>>, status: u16) -> Attempt {
    Attempt {
        name,
        body: body.into(),
        content_type: "application/json",
        status,
    }
}

#[tokio::test]
async fn a_rating_with_anything_wrong_is_refused_with_a_clear_problem_and_the_row_stays() {
    let member = Member::sign_up().await;
    let movie = popular_movies(1).await.remove(0);
    member.rate(&movie, 4.0).await;
    let attempts = [
        attempt("a string", r#"{"stars":"4"}"#, 400),
        attempt("NaN", r#"{"stars":NaN}"#, 400),
        attempt("3.3 stars", r#"{"stars":3.3}"#, 400),
        attempt("0 stars", r#"{"stars":0}"#, 400),
        attempt("5.5 stars", r#"{"stars":5.5}"#, 400),
        attempt("a huge number", r#"{"stars":1e308}"#, 400),
        attempt("null", r#"{"stars":null}"#, 400),
        attempt("nothing", "", 400),
        attempt("an unknown field", r#"{"stars":4,"starz":4}"#, 400),
        attempt("a list", "[4]", 400),
        attempt("a NUL", "{\"stars\":4\u{0}}", 400),
        attempt("a lone surrogate", r#"{"stars":"\ud800"}"#, 400),
        attempt("5,000-deep JSON", "[".repeat(5_000) + &"]".repeat(5_000), 400),
        attempt(
            "a string of 1 MB",
            format!(r#"{{"stars":"{}"}}"#, "x".repeat(1 << 20)),
            413,
        ),
        attempt("a body of 10 MB", vec![b' '; 10 << 20], 413),
        Attempt {
            content_type: "text/plain",
            ..attempt("another type", r#"{"stars":4}"#, 415)
        },
    ];
    for attempt in attempts {
        let answer = Client::new()
            .put(format!("{}/api/v1/movies/{movie}/rating", gateway()))
            .bearer_auth(member.token())
            .header("content-type", attempt.content_type)
            .body(attempt.body)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{}: no answer but {error:?}", attempt.name));
        let status = answer.status().as_u16();
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let problem: Value = answer.json().await.unwrap_or_default();
        assert_eq!(status, attempt.status, "{}: {problem}", attempt.name);
        assert_eq!(content_type, "application/problem+json", "{}", attempt.name);
        assert_eq!(problem["status"], status, "{}", attempt.name);
        assert!(problem["title"].is_string(), "{}", attempt.name);
    }
    assert_eq!(
        member.get(&format!("/api/v1/movies/{movie}")).await["mine"]["stars"],
        4.0
    );
}

/// The gateway reads a body that is too large to its end, so that the sender gets to read the 413, but no more than 64 MB of it.
/// Beyond that the sender gets the 413 or finds the connection closed while it is still sending, and nothing else.
#[tokio::test]
async fn a_body_that_goes_on_and_on_is_refused_or_cut_off_and_the_gateway_goes_on_answering() {
    let member = Member::sign_up().await;
    let movie = popular_movies(1).await.remove(0);
    let (host, path) = (
        gateway().trim_start_matches("http://"),
        format!("/api/v1/movies/{movie}/rating"),
    );
    let mut connection = TcpStream::connect(host).await.unwrap();
    let headers = format!(
        "PUT {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        member.token(),
        256 << 20
    );
    connection.write_all(headers.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = connection.split();
    let piece = vec![b' '; 1 << 20];
    let mut sent = 0;
    let sending = async {
        loop {
            if let Err(error) = writer.write_all(&piece).await {
                break error;
            }
            sent += piece.len();
            assert!(sent < 200 << 20, "the gateway reads on after {sent} bytes");
        }
    };
    let mut answer = Vec::new();
    let (cut_off, read) = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(sending, reader.read_to_end(&mut answer))
    })
    .await
    .expect("the gateway neither answers nor closes the connection");
    let answer = String::from_utf8_lossy(&answer);
    match read {
        _ if answer.starts_with("HTTP/1.1 413 ") => {}
        Err(error) if answer.is_empty() => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        other => panic!("after {sent} bytes: {answer:?} and {other:?}"),
    }
    assert!(
        matches!(cut_off.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
        "{cut_off}"
    );
    member.rate(&movie, 3.0).await;
}

#[tokio::test]
async fn addresses_and_parameters_that_cannot_be_are_problems_too() {
    let member = Member::sign_up().await;
    let get = async |path: &str| member.send(Method::GET, path, None).await;
    for (path, status) in [
        ("/api/v1/movies/not-an-id", 400),
        ("/api/v1/movies/00000000-0000-4000-8000-000000000000", 404),
        ("/api/v1/movies?cursor=forged", 400),
        ("/api/v1/movies?limit=51", 400),
        ("/api/v1/movies?limit=0", 400),
        ("/api/v1/movies?limit=-1", 400),
        ("/api/v1/movies?decade=soon", 400),
        ("/api/v1/movies?sort=sideways", 400),
        ("/api/v1/movies?surprise=1", 400),
        ("/api/v1/movies?q=%00", 400),
        ("/api/v1/movies?q=%ff", 400),
        ("/api/v1/me/ratings?cursor=eyJhIjoxfQ", 400),
        ("/api/v1/nowhere", 404),
    ] {
        let answer = get(path).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
    assert_eq!(member.send(Method::PATCH, "/api/v1/movies", None).await.status(), 405);
    assert_eq!(
        Member::stranger().send(Method::GET, "/api/v1/me", None).await.status(),
        401
    );
    assert_eq!(
        Member::stranger()
            .with_token("x.y.z")
            .send(Method::GET, "/api/v1/me", None)
            .await
            .status(),
        401
    );
}
