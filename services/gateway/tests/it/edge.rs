//! What every answer carries.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::Gateway;

#[tokio::test]
async fn every_answer_names_its_trace_and_continues_the_callers() {
    let gateway = Gateway::start().await;
    let id = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{id}-b7ad6b7169203331-01");
    for path in ["/api/v1/movies", "/api/v1/nothing", "/"] {
        let answer = gateway.send("GET", path, &[("traceparent", &parent)], "").await;
        assert_eq!(answer.header("x-trace-id"), id, "{path}");
        assert!(answer.header("traceparent").contains(id));
    }
    let problem = gateway
        .send("GET", "/api/v1/me", &[("traceparent", &parent)], "")
        .await
        .problem(401);
    assert_eq!(problem["trace_id"], id);
    assert_eq!(gateway.get("/api/v1/movies").await.header("x-trace-id").len(), 32);
}

#[tokio::test]
async fn every_answer_is_safe_to_show_and_stays_in_no_shared_cache() {
    let gateway = Gateway::start().await;
    for path in ["/api/v1/movies", "/api/v1/nothing", "/api/v1/me", "/"] {
        let answer = gateway.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
    assert_eq!(
        gateway.get("/api/v1/movies").await.header("cache-control"),
        "private, no-cache"
    );
}

#[tokio::test]
async fn large_answers_are_compressed_and_small_ones_and_tokens_are_not() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(50);
    for encoding in ["gzip", "br"] {
        let answer = gateway
            .send("GET", "/api/v1/movies?limit=50", &[("accept-encoding", encoding)], "")
            .await;
        assert_eq!(answer.header("content-encoding"), encoding);
    }
    let accept = ("accept-encoding", "gzip");
    let answer = gateway.send("GET", "/api/v1/status/model", &[accept], "").await;
    assert_eq!(answer.header("content-encoding"), "");
    let headers = [accept, ("content-type", "application/json")];
    let body = r#"{"login":"mina","password":"a long enough one"}"#;
    let answer = gateway.send("POST", "/api/v1/sessions", &headers, body).await;
    assert_eq!(answer.header("content-encoding"), "");
}

#[tokio::test]
async fn what_is_no_http_gets_no_answer_from_the_services() {
    let gateway = Gateway::start().await;
    for nonsense in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(nonsense.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{nonsense:?}");
    }
}
