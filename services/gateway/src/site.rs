//! The web site: its static files, and its pages. A page is index.html, whose program draws it in the browser; the gateway writes
//! into it what programs without JavaScript need: the status, title, description, picture and facts of the page.

mod address;
mod facts;
mod files;
mod markup;
mod poster;
mod sitemap;
mod texts;

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, Method, StatusCode, header};
use tonic::Code;
use tower::service_fn;

use self::{
    address::Page,
    facts::Facts,
    files::{Files, Found},
    markup::Place,
    poster::Posters,
    sitemap::Sitemaps,
};
use crate::{
    app::App,
    http::problem::{Kind, Problem},
    upstream::clients::Clients,
};

/// Paths of the API, which are never pages.
const NOT_PAGES: [&str; 2] = ["/api", "/graphql"];
/// A browser waits this long for the facts of a page. Without them the site draws the page all the same.
const FACTS_WITHIN: Duration = Duration::from_millis(400);

/// Cheap to clone.
#[derive(Clone)]
struct Site {
    /// The site's own address, without a slash at the end.
    address: String,
    clients: Clients,
    files: Files,
}

/// The site, for every path that is none of the API's.
pub(crate) fn routes(app: &App) -> Router<App> {
    let site = Site {
        address: app.config.issuer.trim_end_matches('/').to_owned(),
        clients: app.clients.clone(),
        files: Files::new(&app.config.site_dir),
    };
    let posters = Posters::new(site.clients.clone(), &app.config.site_dir);
    let sitemaps = Sitemaps::new(site.address.clone(), site.clients.clone());
    Router::new()
        .route(sitemap::ROBOTS, get(sitemap::robots))
        .route(sitemap::INDEX, get(sitemap::index))
        .route(sitemap::FILE, get(sitemap::file))
        .with_state(sitemaps)
        .merge(
            Router::new()
                .route(poster::ROUTE, get(poster::show))
                .with_state(posters),
        )
        .fallback_service(service_fn(move |request: Request| {
            let site = site.clone();
            async move { Ok::<_, Infallible>(site.serve(request).await) }
        }))
}

impl Site {
    /// Answers requests that no route matches.
    async fn serve(self, request: Request) -> Response {
        let path = request.uri().path();
        let of_the_api = NOT_PAGES.iter().any(|prefix| {
            let rest = path.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        if of_the_api {
            return Problem::not_found("resource").into_response();
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let detail = "the site is only read";
            return Problem::new(Kind::MethodNotAllowed, detail).into_response();
        }
        let (parts, _) = request.into_parts();
        let page = Page::at(parts.uri.path());
        // A path of a page is no file; only index.html is both.
        if page.is_none() {
            match self.files.find(&parts).await {
                Found::File(file) => return file,
                Found::Nothing => {}
            }
            if !wants_page(&parts.headers, parts.uri.path()) {
                return Problem::not_found("page").into_response();
            }
        } else if wants_json(&parts.headers) {
            return Problem::not_found("resource").into_response();
        }
        self.page(page.as_ref(), &parts).await
    }

    /// index.html with the facts of the page, and the status 404 if there is no such page.
    async fn page(&self, page: Option<&Page>, parts: &http::request::Parts) -> Response {
        let index = match self.files.index().await {
            Ok(index) => index,
            Err(error) => {
                tracing::error!(%error, folder = %self.files.folder().display(), "the site cannot be read");
                return Problem::new(Kind::Unavailable, "the site is not there; try again").into_response();
            }
        };
        let language = address::language(&parts.uri, &parts.headers);
        let facts = match page {
            Some(page) => match tokio::time::timeout(FACTS_WITHIN, facts::read(&self.clients, page, language)).await {
                Ok(Ok(facts)) => facts,
                Ok(Err(status)) if matches!(status.code(), Code::NotFound | Code::PermissionDenied) => None,
                // The page can be drawn later or in part; its status must not say that it is gone.
                failed => {
                    let reason = failed.err().map_or("a service failed", |_| "the services are too slow");
                    tracing::warn!(reason, "a page is sent without its facts");
                    return index.answer(StatusCode::OK, None, &parts.headers);
                }
            },
            None => None,
        };
        let status = if facts.is_some() {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        let asked = parts.uri.path();
        let path = page.map_or_else(|| asked.to_owned(), |page| page.path(asked));
        // A search that is shared shows what its sharer saw. The other pages are the same page with any query.
        let query = match page {
            Some(Page::Public | Page::TasteMovies(_)) => address::rest_of_query(&parts.uri),
            _ => String::new(),
        };
        let place = Place {
            site: &self.address,
            path: &path,
            query: &query,
            language,
            named: address::named_language(&parts.uri).is_some(),
            listed: facts.is_some() && query.is_empty() && !matches!(page, Some(Page::Own | Page::TasteMovies(_))),
        };
        let facts: Facts = facts.unwrap_or_else(|| facts::site(language));
        index.answer(status, Some(index.template.fill(&facts, &place)), &parts.headers)
    }
}

/// Whether a request for something that is neither file nor page gets the site, which says so, or a problem: files have a dot in
/// their name, and are asked for by programs.
fn wants_page(headers: &HeaderMap, path: &str) -> bool {
    let named_html = accepts(headers).contains("text/html");
    let file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    named_html || !(file || wants_json(headers))
}

/// Whether the client asks for JSON and not for HTML.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepts = accepts(headers);
    accepts.contains("json") && !accepts.contains("text/html")
}

fn accepts(headers: &HeaderMap) -> &str {
    let accepts = headers.get(header::ACCEPT);
    accepts.and_then(|accepts| accepts.to_str().ok()).unwrap_or_default()
}
