//! The site's static files, and index.html as the template of its pages. Files with a hash in their name never change, so browsers
//! cache them for a year.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use arc_swap::ArcSwapOption;
use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

use super::markup::Template;
use crate::http::problem::{Kind, Problem};

/// Files below this path have a hash of their content in their name.
const IMMUTABLE: &str = "/_app/immutable/";

/// Content-Security-Policy of files: a service worker runs under the policy of its own file.
const FILE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; \
                           object-src 'none'; frame-ancestors 'none'";

#[derive(Clone)]
pub(super) struct Files {
    folder: PathBuf,
    files: ServeDir,
    index: Arc<ArcSwapOption<Index>>,
}

/// index.html as it was last read.
pub(super) struct Index {
    pub(super) template: Template,
    policy: HeaderValue,
    /// The file's modification time, and its length, because some file systems' times are coarse.
    version: (Option<SystemTime>, u64),
}

/// What there is at a path.
pub(super) enum Found {
    File(Response),
    Nothing,
}

impl Files {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            files: ServeDir::new(folder).append_index_html_on_directories(false),
            index: Arc::default(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) async fn find(&self, parts: &http::request::Parts) -> Found {
        let immutable = parts.uri.path().starts_with(IMMUTABLE);
        let head = Request::from_parts(parts.clone(), Body::empty());
        // `ServeDir` turns its errors into responses.
        let Ok(found) = self.files.clone().oneshot(head).await;
        let status = found.status();
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Found::File(outside_of_the_file(&found));
        }
        // A name that no file system accepts, such as one with NUL, is not found.
        if status.is_client_error() || status.is_server_error() {
            return if immutable {
                Found::File(Problem::not_found("page").into_response())
            } else {
                Found::Nothing
            };
        }
        let mut response = found.map(Body::new);
        let keep = if immutable && response.status() != StatusCode::TEMPORARY_REDIRECT {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        set(&mut response, header::CACHE_CONTROL, keep);
        set(&mut response, header::CONTENT_SECURITY_POLICY, FILE_POLICY);
        Found::File(response)
    }

    /// Returns index.html, and reads it again if it was changed, so that a new build needs no restart.
    pub(super) async fn index(&self) -> std::io::Result<Arc<Index>> {
        let path = self.folder.join("index.html");
        let file = tokio::fs::metadata(&path).await?;
        let version = (file.modified().ok(), file.len());
        if let Some(index) = self.index.load_full()
            && index.version == version
        {
            return Ok(index);
        }
        let html = tokio::fs::read_to_string(&path).await?;
        let index = Arc::new(Index {
            policy: HeaderValue::from_str(&policy(&html)).map_err(std::io::Error::other)?,
            template: Template::new(html),
            version,
        });
        self.index.store(Some(index.clone()));
        Ok(index)
    }
}

impl Index {
    /// Answers with a page made from the template, or with index.html as it is.
    pub(super) fn answer(&self, status: StatusCode, filled: Option<String>, headers: &HeaderMap) -> Response {
        let html = filled.unwrap_or_else(|| self.template.plain().to_owned());
        // Weak, because the same page is also sent compressed.
        let etag = format!("W/\"{}\"", BASE64.encode(Sha256::digest(&html)));
        let known = headers.get_all(header::IF_NONE_MATCH);
        let fresh = status == StatusCode::OK && known.iter().any(|known| *known == etag);
        let mut response = if fresh {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            (status, html).into_response()
        };
        let headers = response.headers_mut();
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        set(&mut response, header::CACHE_CONTROL, "no-cache");
        set(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
        set(&mut response, header::VARY, "accept, accept-language");
        response
    }
}

/// Names the length of the file, in Content-Range, as RFC 9110 says for a range outside of it.
fn outside_of_the_file<B>(found: &http::Response<B>) -> Response {
    let mut response = Problem::new(Kind::Range, "the file has no such range").into_response();
    if let Some(length) = found.headers().get(header::CONTENT_RANGE) {
        response.headers_mut().insert(header::CONTENT_RANGE, length.clone());
    }
    response
}

fn set(response: &mut Response, name: header::HeaderName, value: &'static str) {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
}

/// Content-Security-Policy of pages: own files, posters from any https address, and exactly the inline scripts in index.html.
fn policy(html: &str) -> String {
    let hashes = inline_scripts(html).map(|script| {
        let hash = BASE64.encode(Sha256::digest(script));
        format!(" 'sha256-{hash}'")
    });
    let scripts: String = hashes.collect();
    format!(
        "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; \
         connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// The texts of inline scripts.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (text, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_each_inline_script_and_no_other() {
        let html = "<script>alert(1)</script><script src=\"/a.js\"></script><script type=module>\nx()\n</script>";
        let scripts: Vec<_> = inline_scripts(html).collect();
        assert_eq!(scripts, ["alert(1)", "\nx()\n"]);
        // As `printf 'alert(1)' | openssl dgst -sha256 -binary | base64` has it.
        assert!(policy(html).contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"));
        let scripts = policy(html);
        let scripts = scripts.split(';').find(|part| part.trim().starts_with("script-src"));
        assert!(scripts.is_some_and(|scripts| !scripts.contains("unsafe")));
    }
}
