//! What a service answers, as the client reads it; and the framework's own errors.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::{Code, Status};

use crate::harness::Gateway;

#[tokio::test]
async fn each_answer_of_a_service_becomes_its_problem() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let path = format!("/api/v1/movies/{id}/rating");
    for (code, status) in [
        (Code::InvalidArgument, 400),
        (Code::NotFound, 404),
        (Code::AlreadyExists, 409),
        (Code::Unauthenticated, 401),
        (Code::PermissionDenied, 403),
        (Code::ResourceExhausted, 429),
        (Code::Unavailable, 503),
        (Code::DeadlineExceeded, 504),
        (Code::Internal, 500),
        (Code::Unknown, 500),
        (Code::DataLoss, 500),
    ] {
        let mut failure = Status::new(code, "words of the service");
        failure.metadata_mut().insert("matcha-field", "stars".parse().unwrap());
        gateway.services.fail("rating.Rate", failure);
        let answer = gateway.json("PUT", &path, r#"{"stars":4}"#).await;
        let problem = answer.problem(status);
        assert_eq!(problem["errors"][0]["field"], "stars");
        // What went wrong inside is nobody's business outside.
        let told = problem.to_string().contains("words of the service");
        assert_eq!(told, status < 500, "{problem}");
        assert_eq!(answer.header("www-authenticate") == "Bearer", status == 401);
        let waits = matches!(status, 429 | 503);
        assert_eq!(!answer.header("retry-after").is_empty(), waits, "{status}");
    }
}

#[tokio::test]
async fn the_wait_a_service_asks_for_is_passed_on() {
    let gateway = Gateway::start().await;
    let mut failure = Status::resource_exhausted("too many attempts");
    failure.metadata_mut().insert("retry-after", "17".parse().unwrap());
    gateway.services.fail("user.SignIn", failure);
    let answer = gateway
        .json("POST", "/api/v1/sessions", r#"{"login":"a","password":"b"}"#)
        .await;
    answer.problem(429);
    assert_eq!(answer.header("retry-after"), "17");
}

#[tokio::test]
async fn the_frameworks_own_errors_are_problems_too() {
    let gateway = Gateway::start().await;
    for path in [
        "/api",
        "/api/v1/nothing",
        "/api/v2/movies",
        "/api/v1/movies/",
        "/graphql/more",
        "/api/docs/none",
    ] {
        gateway.get(path).await.problem(404);
    }
    let html = [("accept", "text/html")];
    gateway.send("GET", "/api/v1/nothing", &html, "").await.problem(404);
    for (method, path) in [
        ("POST", "/api/v1/me"),
        ("GET", "/graphql"),
        ("BREW", "/api/v1/movies"),
        ("POST", "/"),
    ] {
        gateway.send(method, path, &[], "").await.problem(405);
    }
}

#[tokio::test]
async fn what_is_refused_before_it_is_a_request_is_a_problem_too() {
    let gateway = Gateway::start().await;
    // What is read at once may be more than the limit, so this is far more.
    let long = "a".repeat(400_000);
    let many = "x-more: 1\r\n".repeat(120);
    for (request, status) in [
        (
            format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(65_600)),
            [414, 431],
        ),
        (
            format!("GET / HTTP/1.1\r\nhost: a\r\nx-long: {long}\r\n\r\n"),
            [431, 431],
        ),
        (format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n"), [431, 431]),
        ("NO HTTP AT ALL\r\n\r\n".to_owned(), [400, 400]),
    ] {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        // The gateway may hang up before it has read all of it.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        let problem: Value = serde_json::from_str(body).unwrap();
        let told = problem["status"].as_u64().unwrap();
        assert!(status.contains(&told), "{problem}");
        assert!(head.starts_with(&format!("HTTP/1.1 {told} ")), "{head}");
    }
    gateway.get("/api/v1/movies").await;
}
