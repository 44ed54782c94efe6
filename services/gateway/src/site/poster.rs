//! The drawn poster of a movie as a PNG, for link previews. The site's own drawing (`web/src/lib/poster`, built to `poster.js`) runs
//! in QuickJS and gives an SVG document, which resvg renders. Pictures are kept in memory, and drawn one at a time.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use matcha_protos::movie::v1::{CreditRole, Movie};
use moka::future::Cache;
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{self, fontdb},
};
use rquickjs::{Function, Object, Runtime};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{address, texts};
use crate::{
    features::settings::Language,
    http::problem::{Kind, Problem},
    upstream::clients::Clients,
};

pub(super) const ROUTE: &str = "/posters/{file}";
/// Pixels.
pub(super) const WIDTH: u32 = 600;
pub(super) const HEIGHT: u32 = 900;

/// Bytes of pictures that are kept.
const KEPT: u64 = 32 << 20;
/// The limits of one run of the drawing.
const MAX_MEMORY: usize = 16 << 20;
const MAX_TIME: Duration = Duration::from_secs(1);
/// A picture changes when the facts of the movie or the drawing do, which is rare.
const BROWSERS_KEEP: &str = "public, max-age=86400";

/// Scanning the fonts of the machine takes tens of milliseconds.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    for family in ["Noto Sans CJK KR", "Noto Sans KR", "DejaVu Sans"] {
        if fonts
            .faces()
            .any(|face| face.families.iter().any(|(name, _)| name == family))
        {
            fonts.set_sans_serif_family(family);
            break;
        }
    }
    Arc::new(fonts)
});

#[derive(Clone)]
pub(super) struct Posters {
    clients: Clients,
    script: PathBuf,
    kept: Cache<(Uuid, i64, &'static str), Picture>,
    drawing: Arc<Mutex<()>>,
}

#[derive(Clone)]
struct Picture {
    png: Bytes,
    etag: HeaderValue,
}

/// The path of a movie's poster, with the title in this language.
pub(super) fn path(movie: Uuid, language: Language) -> String {
    format!("/posters/{movie}.png?lang={}", language.tag())
}

/// Answers `/posters/{id}.png`.
pub(super) async fn show(
    State(posters): State<Posters>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = file.strip_suffix(".png").and_then(|id| Uuid::try_parse(id).ok());
    let id = id.ok_or_else(|| Problem::not_found("poster"))?;
    let movie = posters.clients.movies.read(&[id]).await?.remove(&id);
    let movie = movie.ok_or_else(|| Problem::not_found("movie"))?;
    let picture = posters
        .of(movie, address::named_language(&uri).unwrap_or(Language::Ko))
        .await?;
    let known = headers.get_all(header::IF_NONE_MATCH);
    let mut response = if known.iter().any(|known| *known == picture.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        picture.png.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, picture.etag);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(BROWSERS_KEEP));
    // Other sites show the preview of a link in a page of their own.
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    Ok(response)
}

impl Posters {
    pub(super) fn new(clients: Clients, folder: &std::path::Path) -> Self {
        let weight = |_: &(Uuid, i64, &str), picture: &Picture| u32::try_from(picture.png.len()).unwrap_or(u32::MAX);
        Self {
            clients,
            script: folder.join("poster.js"),
            kept: Cache::builder().max_capacity(KEPT).weigher(weight).build(),
            drawing: Arc::default(),
        }
    }

    /// The poster of a movie. Requests for the same picture wait for one drawing.
    async fn of(&self, movie: Movie, language: Language) -> Result<Picture, Problem> {
        let key = (movie.id.parse().unwrap_or_default(), movie.version, language.tag());
        let drawn = self.kept.try_get_with(key, async {
            // Held by the drawing itself, which goes on when the client hangs up.
            let turn = self.drawing.clone().lock_owned().await;
            let script = self.script.clone();
            // A drawing keeps a processor busy for some 50 ms.
            let drawing = move || {
                let _turn = turn;
                draw(&script, &movie, language)
            };
            tokio::task::spawn_blocking(drawing)
                .await
                .unwrap_or_else(|error| Err(error.into()))
        });
        drawn.await.map_err(|error| {
            tracing::error!(%error, "a poster cannot be drawn");
            Problem::new(Kind::Unavailable, "the poster cannot be drawn; try again")
        })
    }
}

fn draw(script: &std::path::Path, movie: &Movie, language: Language) -> anyhow::Result<Picture> {
    let script = std::fs::read(script).context("poster.js cannot be read")?;
    let svg = svg(&script, movie, language)?;
    let options = usvg::Options {
        fontdb: FONTS.clone(),
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(&svg, &options).context("the drawing is no SVG document")?;
    let mut pixels = Pixmap::new(WIDTH, HEIGHT).context("no picture has this size")?;
    let scale = Transform::from_scale(WIDTH as f32 / tree.size().width(), HEIGHT as f32 / tree.size().height());
    resvg::render(&tree, scale, &mut pixels.as_mut());
    let png = Bytes::from(pixels.encode_png()?);
    let etag = HeaderValue::from_str(&format!("\"{}\"", BASE64.encode(Sha256::digest(&png))))?;
    Ok(Picture { png, etag })
}

/// Runs the site's drawing.
fn svg(script: &[u8], movie: &Movie, language: Language) -> anyhow::Result<String> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(MAX_MEMORY);
    let ends = Instant::now() + MAX_TIME;
    runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() > ends)));
    let context = rquickjs::Context::full(&runtime)?;
    let mut directors = movie
        .credits
        .iter()
        .filter(|credit| credit.role() == CreditRole::Director);
    let director = directors.find_map(|credit| credit.person.as_ref());
    let facts = json!({
        "id": movie.id,
        "title": texts::title(movie, language),
        "year": movie.year,
        "director": director.map(|person| texts::name(person, language)),
        "genres": movie.genres,
    });
    let svg = context.with(|scope| {
        scope.eval::<(), _>(script)?;
        let poster: Object<'_> = scope.globals().get("poster")?;
        let draw: Function<'_> = poster.get("posterSvg")?;
        draw.call::<_, String>((scope.json_parse(facts.to_string())?,))
    })?;
    Ok(svg)
}
