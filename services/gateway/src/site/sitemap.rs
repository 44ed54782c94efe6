//! `/robots.txt` and the sitemaps (<https://www.sitemaps.org/protocol.html>): the movies and people of the catalogue, at most 50,000 of each.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chassis::client::request;
use http::{HeaderValue, header};
use matcha_protos::movie::v1::ListMovieFactsRequest;
use moka::future::Cache;
use tonic::Status;

use crate::{
    http::problem::{Kind, Problem},
    upstream::clients::{Clients, own},
};

pub(super) const ROBOTS: &str = "/robots.txt";
pub(super) const INDEX: &str = "/sitemap.xml";
pub(super) const FILE: &str = "/sitemaps/{file}";

/// The most addresses that the protocol allows in one file.
const MAX_ADDRESSES: usize = 50_000;
const NAMESPACE: &str = "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The catalogue is read again after this time.
const KEPT: Duration = Duration::from_secs(3600);

#[derive(Clone)]
pub(super) struct Sitemaps {
    /// The site's own address, without a slash at the end.
    address: String,
    clients: Clients,
    kept: Cache<(), Files>,
}

/// Both files of addresses, made from one reading of the catalogue.
#[derive(Clone)]
struct Files {
    movies: Bytes,
    people: Bytes,
}

impl Sitemaps {
    pub(super) fn new(address: String, clients: Clients) -> Self {
        Self {
            address,
            clients,
            kept: Cache::builder().max_capacity(1).time_to_live(KEPT).build(),
        }
    }
}

pub(super) async fn robots(State(sitemaps): State<Sitemaps>) -> Response {
    let text = format!(
        "User-agent: *\nAllow: /\nDisallow: /api/\n\nSitemap: {}{INDEX}\n",
        sitemaps.address
    );
    typed(text.into(), "text/plain; charset=utf-8")
}

pub(super) async fn index(State(sitemaps): State<Sitemaps>) -> Response {
    let address = &sitemaps.address;
    let files =
        ["movies.xml", "people.xml"].map(|file| format!("<sitemap><loc>{address}/sitemaps/{file}</loc></sitemap>\n"));
    let text = format!(
        "{DECLARATION}<sitemapindex {NAMESPACE}>\n{}</sitemapindex>\n",
        files.concat()
    );
    typed(text.into(), "application/xml")
}

pub(super) async fn file(State(sitemaps): State<Sitemaps>, Path(file): Path<String>) -> Result<Response, Problem> {
    let chosen: fn(Files) -> Bytes = match &file[..] {
        "movies.xml" => |of| of.movies,
        "people.xml" => |of| of.people,
        _ => return Err(Problem::not_found("sitemap")),
    };
    // In a task of its own, so that a request that is given up does not end the reading.
    let reading = tokio::spawn(async move { sitemaps.kept.try_get_with((), read(&sitemaps)).await });
    let files = reading
        .await
        .map_err(|_| Problem::new(Kind::Internal, "internal error"))?;
    let files = files.map_err(|status| Problem::from((*status).clone()))?;
    Ok(typed(chosen(files), "application/xml"))
}

async fn read(sitemaps: &Sitemaps) -> Result<Files, Status> {
    let (mut movies, mut people) = (Vec::new(), BTreeSet::new());
    let mut message = ListMovieFactsRequest::default();
    while movies.len() < MAX_ADDRESSES {
        let mut movie = sitemaps.clients.movie.clone();
        let answer = movie.list_movie_facts(request(message.clone(), &own())).await?;
        let page = answer.into_inner().movies;
        let Some(last) = page.last() else { break };
        message.after_id.clone_from(&last.id);
        for movie in page {
            people.extend(movie.credits.into_iter().filter_map(|credit| Some(credit.person?.id)));
            movies.push(movie.id);
        }
    }
    Ok(Files {
        movies: addresses(&sitemaps.address, "movies", movies),
        people: addresses(&sitemaps.address, "people", people),
    })
}

fn addresses(site: &str, kind: &str, ids: impl IntoIterator<Item = String>) -> Bytes {
    let ids = ids.into_iter().take(MAX_ADDRESSES);
    let lines: String = ids
        .map(|id| format!("<url><loc>{site}/{kind}/{id}</loc></url>\n"))
        .collect();
    format!("{DECLARATION}<urlset {NAMESPACE}>\n{lines}</urlset>\n").into()
}

fn typed(body: Bytes, kind: &'static str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
