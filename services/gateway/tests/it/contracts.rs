//! The committed contracts are what the code does.

use std::path::Path;

use serde_json::Value;

use crate::harness::Gateway;

/// Compares a committed file with what the code makes; `UPDATE=1` writes it.
fn is_fresh(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    #[expect(clippy::disallowed_methods, reason = "a test has no config")]
    let update = std::env::var_os("UPDATE").is_some();
    if update {
        std::fs::write(&path, made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "{file} is stale: run these tests with UPDATE=1");
}

#[test]
fn the_committed_graphql_schema_is_that_of_the_code() {
    is_fresh("schema.graphql", &gateway::graphql_schema());
}

#[test]
fn the_committed_openapi_document_is_that_of_the_code() {
    is_fresh("openapi.json", &gateway::openapi());
}

/// Two types of one name would silently become one schema.
#[test]
fn a_body_is_described_as_what_is_read() {
    let described: Value = serde_json::from_str(&gateway::openapi()).unwrap();
    for (path, fields) in [
        ("/api/v1/movies/{id}/rating", vec!["stars"]),
        ("/api/v1/movies/{id}/shelf", vec!["state"]),
        ("/api/v1/movies/{id}/comment", vec!["spoiler", "text"]),
        (
            "/api/v1/me/watches/{id}",
            vec!["movie_id", "rewatch", "tags", "watched_on"],
        ),
    ] {
        let body = &described["paths"][path]["put"]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let name = body.as_str().unwrap().trim_start_matches("#/components/schemas/");
        let found = described["components"]["schemas"][name]["properties"]
            .as_object()
            .unwrap();
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), fields, "{path}");
    }
}

/// `watched_on` is required in the body of a watch; null says that the day is not known.
#[test]
fn a_watch_is_described_with_its_day() {
    let described: Value = serde_json::from_str(&gateway::openapi()).unwrap();
    let draft = &described["components"]["schemas"]["WatchDraft"];
    let required = draft["required"].as_array().unwrap();
    assert!(required.contains(&"watched_on".into()), "{draft}");
    assert_eq!(
        draft["properties"]["watched_on"]["type"],
        serde_json::json!(["string", "null"])
    );
}

#[tokio::test]
async fn every_described_operation_answers_and_no_other_method_does() {
    let gateway = Gateway::start().await;
    let answer = gateway.get("/api/v1/openapi.json").await;
    let described = answer.json();
    assert_eq!(described, serde_json::from_str::<Value>(&gateway::openapi()).unwrap());
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));

    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 59);
    let movie = gateway.services.add_movies(1).remove(0);
    let person = gateway.services.add_person();
    let list = gateway.services.add_public_list();
    for (path, operations) in paths {
        let id = match path.as_str() {
            path if path.starts_with("/api/v1/people/") => &person,
            path if path.starts_with("/api/v1/lists/") => &list,
            _ => &movie,
        };
        let url = path.replace("{id}", id).replace("{movie_id}", &movie);
        let url = url.replace("{handle}", "mina").replace("{position}", "0");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let answer = gateway.send(method, &url, &[], "").await;
            let described = operations.get(method.to_lowercase()).is_some();
            if described {
                assert!(!matches!(answer.status.as_u16(), 404 | 405), "{method} {path}");
                let responses = &operations[method.to_lowercase()]["responses"];
                let status = answer.status.as_str();
                assert!(responses.get(status).is_some(), "{method} {path} does not say {status}");
            } else {
                answer.problem(405);
                assert!(!answer.header("allow").is_empty(), "{method} {path}");
            }
        }
    }
}

/// The statuses that an operation of the document tells.
fn told(described: &Value, method: &str, path: &str) -> Vec<String> {
    let responses = described["paths"][path][method]["responses"].as_object().unwrap();
    responses.keys().cloned().collect()
}

#[test]
fn operations_say_how_they_fail_as_problems() {
    let described: Value = serde_json::from_str(&gateway::openapi()).unwrap();
    for (method, path, statuses) in [
        (
            "put",
            "/api/v1/movies/{id}/rating",
            "200 400 401 404 413 415 503 504 default",
        ),
        ("delete", "/api/v1/movies/{id}/rating", "204 400 401 503 504 default"),
        (
            "post",
            "/api/v1/sessions",
            "201 400 401 403 413 415 429 503 504 default",
        ),
        (
            "post",
            "/api/v1/comments/{id}/replies",
            "201 400 401 404 409 413 415 503 504 default",
        ),
        (
            "get",
            "/api/v1/members/{handle}/ratings",
            "200 400 401 403 404 503 504 default",
        ),
        (
            "get",
            "/api/v1/members/{handle}/watches",
            "200 400 401 403 404 503 504 default",
        ),
        ("get", "/api/v1/status/model", "200 401 503 504 default"),
        (
            "put",
            "/api/v1/lists/{id}",
            "200 400 401 403 404 409 413 415 503 504 default",
        ),
        ("delete", "/api/v1/lists/{id}", "204 400 401 403 503 504 default"),
        ("put", "/api/v1/lists/{id}/like", "200 400 401 403 404 503 504 default"),
        ("delete", "/api/v1/lists/{id}/like", "200 400 401 404 503 504 default"),
        (
            "put",
            "/api/v1/lists/{id}/movies",
            "200 400 401 403 404 409 413 415 503 504 default",
        ),
        (
            "put",
            "/api/v1/lists/{id}/movies/{movie_id}",
            "200 400 401 403 404 409 503 504 default",
        ),
        (
            "delete",
            "/api/v1/lists/{id}/movies/{movie_id}",
            "200 400 401 403 404 503 504 default",
        ),
        (
            "put",
            "/api/v1/me/watches/{id}",
            "200 400 401 404 409 413 415 503 504 default",
        ),
        ("delete", "/api/v1/me/watches/{id}", "204 400 401 503 504 default"),
        (
            "get",
            "/api/v1/members/{handle}/watches",
            "200 400 401 403 404 503 504 default",
        ),
    ] {
        assert_eq!(told(&described, method, path).join(" "), statuses, "{method} {path}");
    }
    for (name, response) in described["components"]["responses"].as_object().unwrap() {
        let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/Problem", "{name}");
    }
}

#[tokio::test]
async fn the_readable_page_loads_nothing_from_elsewhere() {
    let gateway = Gateway::start().await;
    let page = gateway.get("/api/docs/").await;
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(!html.contains("//cdn") && !html.contains("https://"), "{html}");
    assert!(
        !html.contains("<script>"),
        "an inline script would be refused by the policy"
    );
    let sources = html.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for source in sources.map(|source| source.trim_start_matches("./")) {
        let script = gateway.get(&format!("/api/docs/{source}")).await;
        assert_eq!(script.status, 200, "{source}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'self'"), "{policy}");
}
