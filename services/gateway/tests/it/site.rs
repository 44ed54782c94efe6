//! The static site: files, pages, caches and policy.

use std::path::{Path, PathBuf};

use crate::harness::Gateway;

pub(crate) struct Folder(pub(crate) PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn folder() -> Folder {
    let folder = std::env::temp_dir().join(format!("matcha-site-{}", uuid::Uuid::now_v7()));
    write(&folder, "index.html", "<!doctype html><script>start()</script>");
    write(&folder, "_app/immutable/app.3f2.js", "export {}");
    write(&folder, "favicon.svg", "<svg/>");
    write(&folder, "service-worker.js", "addEventListener('fetch', () => {})");
    write(&folder, "manifest.webmanifest", "{}");
    Folder(folder)
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const PAGE: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml")];

#[tokio::test]
async fn any_address_of_a_page_gets_the_site_and_nothing_else_does() {
    let folder = folder();
    let gateway = Gateway::with(|config| config.site_dir = folder.0.clone()).await;
    for (path, status) in [
        ("/", 200),
        ("/index.html", 200),
        ("/me?sort=newest", 200),
        ("/movies/1", 404),
        ("/apiary", 404),
        ("/missing.html", 404),
    ] {
        let answer = gateway.send("GET", path, &PAGE, "").await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-cache");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self' 'sha256-"), "{policy}");
    }
    gateway.get("/missing.js").await.problem(404);
    gateway
        .send("GET", "/_app/immutable/missing.js", &PAGE, "")
        .await
        .problem(404);
    gateway.send("GET", "/api/v1/missing", &PAGE, "").await.problem(404);
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%00",
        "/_app",
    ] {
        let answer = gateway.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn files_with_a_hash_in_their_name_are_kept_for_a_year_and_the_index_is_asked_for_again() {
    let folder = folder();
    let gateway = Gateway::with(|config| config.site_dir = folder.0.clone()).await;
    let file = gateway.get("/_app/immutable/app.3f2.js").await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(gateway.get("/favicon.svg").await.header("cache-control"), "no-cache");

    let index = gateway.get("/").await;
    let etag = index.header("etag").to_owned();
    let again = gateway.send("GET", "/", &[("if-none-match", etag.as_str())], "").await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));

    // A new build shows without a restart, with the hash of its own script.
    write(&folder.0, "index.html", "<!doctype html><script>begin()</script><p>new");
    let newer = gateway.send("GET", "/", &[("if-none-match", etag.as_str())], "").await;
    assert_eq!(newer.status, 200);
    assert_ne!(
        newer.header("content-security-policy"),
        index.header("content-security-policy")
    );
}

#[tokio::test]
async fn the_service_worker_is_asked_for_again_each_time_and_may_reach_the_site_alone() {
    let folder = folder();
    let gateway = Gateway::with(|config| config.site_dir = folder.0.clone()).await;
    let worker = gateway.get("/service-worker.js").await;
    assert_eq!(worker.status, 200);
    // A browser runs a worker only from a script.
    assert_eq!(worker.header("content-type"), "text/javascript");
    assert_eq!(worker.header("cache-control"), "no-cache");
    let policy = worker.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self';"), "{policy}");

    let page = gateway.get("/").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("worker-src 'self';") && policy.contains("manifest-src 'self';"),
        "{policy}"
    );
    let manifest = gateway.get("/manifest.webmanifest").await;
    assert_eq!(manifest.header("content-type"), "application/manifest+json");
}

#[tokio::test]
async fn a_range_outside_of_a_file_is_416_with_the_length_of_the_file() {
    let folder = folder();
    let gateway = Gateway::with(|config| config.site_dir = folder.0.clone()).await;
    let part = gateway.send("GET", "/favicon.svg", &[("range", "bytes=1-3")], "").await;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"svg"[..]));
    for range in ["bytes=100-200", "bytes=6-"] {
        for headers in [&[("range", range)][..], &[PAGE[0], ("range", range)]] {
            let outside = gateway.send("GET", "/favicon.svg", headers, "").await;
            outside.problem(416);
            assert_eq!(outside.header("content-range"), "bytes */6");
        }
    }
}

#[tokio::test]
async fn without_a_site_the_api_works_and_pages_say_so() {
    let gateway = Gateway::start().await;
    gateway.send("GET", "/", &PAGE, "").await.problem(503);
    assert_eq!(gateway.get("/api/v1/movies").await.status, 200);
}
