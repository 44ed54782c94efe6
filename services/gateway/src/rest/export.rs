//! `/api/v1/me/export`: everything of the member's own in one ZIP, made while it is sent. It imports back to the same state,
//! and `letterboxd.csv` in it is what Letterboxd imports.

mod lists;

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{body::Body, extract::State, response::Response};
use bytes::Bytes;
use chassis::{client::request, identity::Caller};
use futures::{SinkExt as _, channel::mpsc};
use matcha_protos::{
    movie::v1::Movie,
    rating::v1::{ListMyCommentsRequest, ListRatingsRequest, ListShelfRequest, ListWatchesRequest, Watch},
};
use serde_json::json;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions, write::StreamWriter};

use super::{imports::download, me::moment, shelf::ShelfState};
use crate::{
    http::{auth::SignedIn, problem::Problem},
    stars,
    upstream::{batch_reads, clients::Clients},
};

/// Entries of one page of the services' lists.
const PAGE: i32 = 50;

/// The member's ratings, shelf, comments, watches and lists as CSV and as JSON, with a CSV for Letterboxd.
#[utoipa::path(get, path = "/api/v1/me/export", tag = "imports", security(("bearer" = [])),
    responses((status = 200, body = Vec<u8>, content_type = "application/zip")))]
pub(super) async fn export(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Response, Problem> {
    let (sender, receiver) = mpsc::channel(4);
    let reader = Reader { clients, caller };
    // A page that can be had at all: after this line a failure can only break the download off, which its reader sees.
    reader.ratings(String::new()).await?;
    tokio::spawn(async move {
        let mut failed = sender.clone();
        if let Err(error) = write(&reader, Packer::new(sender)).await {
            tracing::warn!(%error, "an export broke off");
            let _ = failed.send(Err(error)).await;
        }
    });
    Ok(download(Body::from_stream(receiver), "application/zip", "matcha.zip"))
}

/// An entry of one of the lists, whichever it is.
struct Item {
    movie_id: String,
    said: Said,
    /// When it was said last; a watch has its day instead.
    at: OffsetDateTime,
}

enum Said {
    Stars(i32),
    Shelf(ShelfState),
    Comment {
        text: String,
        spoiler: bool,
        created_at: OffsetDateTime,
    },
    Watch(Watch),
}

/// A page, with the movies it is about.
struct Page {
    items: Vec<Item>,
    next_cursor: String,
    movies: HashMap<Uuid, Movie>,
}

impl Page {
    /// A movie that is gone from the catalogue still has its line, by its id.
    fn movie(&self, item: &Item) -> Movie {
        let id: Option<Uuid> = item.movie_id.parse().ok();
        let known = id.and_then(|id| self.movies.get(&id)).cloned();
        known.unwrap_or_else(|| Movie {
            id: item.movie_id.clone(),
            ..Movie::default()
        })
    }
}

#[derive(Clone, Copy)]
enum List {
    Ratings,
    Shelf,
    Comments,
    Watches,
}

impl List {
    const ALL: [Self; 4] = [Self::Ratings, Self::Shelf, Self::Comments, Self::Watches];

    fn name(self) -> &'static str {
        match self {
            Self::Ratings => "ratings",
            Self::Shelf => "shelf",
            Self::Comments => "comments",
            Self::Watches => "watches",
        }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Ratings => "matcha_id,imdb_id,title,title_en,year,stars,rated_at\r\n",
            Self::Shelf => "matcha_id,imdb_id,title,title_en,year,state,changed_at\r\n",
            Self::Comments => "matcha_id,imdb_id,title,title_en,year,text,spoiler,written_at,created_at\r\n",
            Self::Watches => "matcha_id,imdb_id,title,title_en,year,watched_on,rewatch,tags\r\n",
        }
    }
}

struct Reader {
    clients: Clients,
    caller: Caller,
}

impl Reader {
    async fn page(&self, list: List, cursor: String) -> Result<Page, Problem> {
        match list {
            List::Ratings => self.ratings(cursor).await,
            List::Shelf => self.shelf(cursor).await,
            List::Comments => self.comments(cursor).await,
            List::Watches => self.watches(cursor).await,
        }
    }

    async fn ratings(&self, cursor: String) -> Result<Page, Problem> {
        let message = ListRatingsRequest {
            cursor,
            limit: PAGE,
            ..ListRatingsRequest::default()
        };
        let answer = self
            .clients
            .rating
            .clone()
            .list_ratings(request(message, &self.caller))
            .await?;
        let answer = answer.into_inner();
        let items = answer.ratings.into_iter().map(|rating| Item {
            movie_id: rating.movie_id,
            said: Said::Stars(rating.stars),
            at: exact(rating.rated_at, rating.rated_at_micros),
        });
        self.with_movies(items.collect(), answer.next_cursor).await
    }

    async fn shelf(&self, cursor: String) -> Result<Page, Problem> {
        let message = ListShelfRequest {
            cursor,
            limit: PAGE,
            ..ListShelfRequest::default()
        };
        let answer = self
            .clients
            .rating
            .clone()
            .list_shelf(request(message, &self.caller))
            .await?;
        let answer = answer.into_inner();
        let items = answer.entries.into_iter().filter_map(|entry| {
            Some(Item {
                said: Said::Shelf(ShelfState::from_inside(entry.state())?),
                movie_id: entry.movie_id,
                at: exact(entry.changed_at, entry.changed_at_micros),
            })
        });
        self.with_movies(items.collect(), answer.next_cursor).await
    }

    async fn comments(&self, cursor: String) -> Result<Page, Problem> {
        let message = ListMyCommentsRequest { cursor, limit: PAGE };
        let answer = self
            .clients
            .rating
            .clone()
            .list_my_comments(request(message, &self.caller))
            .await?;
        let answer = answer.into_inner();
        let items = answer.comments.into_iter().map(|comment| {
            let created_at = exact(comment.created_at, comment.created_at_micros);
            let edited_at = comment.edited_at.map(|at| exact(at, comment.edited_at_micros));
            Item {
                movie_id: comment.movie_id,
                said: Said::Comment {
                    text: comment.text,
                    spoiler: comment.spoiler,
                    created_at,
                },
                at: edited_at.unwrap_or(created_at),
            }
        });
        self.with_movies(items.collect(), answer.next_cursor).await
    }

    async fn watches(&self, cursor: String) -> Result<Page, Problem> {
        let message = ListWatchesRequest {
            cursor,
            limit: PAGE,
            ..ListWatchesRequest::default()
        };
        let answer = self
            .clients
            .watches
            .clone()
            .list_watches(request(message, &self.caller))
            .await?;
        let answer = answer.into_inner();
        let items = answer.watches.into_iter().map(|watch| Item {
            movie_id: watch.movie_id.clone(),
            said: Said::Watch(watch),
            at: OffsetDateTime::UNIX_EPOCH,
        });
        self.with_movies(items.collect(), answer.next_cursor).await
    }

    async fn with_movies(&self, items: Vec<Item>, next_cursor: String) -> Result<Page, Problem> {
        let ids = batch_reads::ids(items.iter().map(|item| &item.movie_id));
        let movies = self.clients.movies.read(&ids).await?;
        Ok(Page {
            items,
            next_cursor,
            movies,
        })
    }
}

/// Each list is read anew for each file it is in: memory holds a page, however much the member has.
async fn write(reader: &Reader, mut packer: Packer) -> Result<(), io::Error> {
    for list in List::ALL {
        packer.begin(&format!("{}.csv", list.name()))?;
        packer.put(list.header()).await?;
        each_page(reader, list, &mut packer, |page, item, _| {
            csv_line(&page.movie(item), item)
        })
        .await?;
    }
    packer.begin("lists.csv")?;
    lists::write_csv(reader, &mut packer).await?;
    packer.begin("letterboxd.csv")?;
    packer
        .put("LetterboxdURI,tmdbID,imdbID,Title,Year,Directors,Rating,Rating10,WatchedDate,Rewatch,Tags,Review\r\n")
        .await?;
    for list in [List::Ratings, List::Comments, List::Watches] {
        each_page(reader, list, &mut packer, |page, item, _| {
            letterboxd_line(&page.movie(item), item)
        })
        .await?;
    }
    packer.begin("matcha.json")?;
    packer.put("{\"format\":\"matcha\",\"version\":1").await?;
    for list in List::ALL {
        packer.put(&format!(",\n\"{}\":[", list.name())).await?;
        each_page(reader, list, &mut packer, |page, item, is_first| {
            let comma = if is_first { "\n" } else { ",\n" };
            format!("{comma}{}", json_item(&page.movie(item), item))
        })
        .await?;
        packer.put("]").await?;
    }
    packer.put(",\n\"lists\":[").await?;
    lists::write_json(reader, &mut packer).await?;
    packer.put("]}\n").await?;
    packer.finish().await
}

async fn each_page(
    reader: &Reader,
    list: List,
    packer: &mut Packer,
    line: impl Fn(&Page, &Item, bool) -> String,
) -> Result<(), io::Error> {
    let (mut cursor, mut is_first) = (String::new(), true);
    loop {
        let page = reader.page(list, cursor).await.map_err(io::Error::other)?;
        let mut lines = String::new();
        for item in &page.items {
            lines.push_str(&line(&page, item, is_first));
            is_first = false;
        }
        packer.put(&lines).await?;
        if page.next_cursor.is_empty() {
            return Ok(());
        }
        cursor = page.next_cursor;
    }
}

/// With its fraction: an export brings back what was, not about when.
fn exact(seconds: i64, micros: i32) -> OffsetDateTime {
    moment(seconds).saturating_add(Duration::microseconds(micros.into()))
}

fn time(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}

fn half_stars(inside: i32) -> String {
    format!("{:.1}", stars::outside(inside))
}

/// Quoted where it must be. Not guarded against spreadsheets as a report is: this file must come back as it went.
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn shelf_word(state: ShelfState) -> &'static str {
    match state {
        ShelfState::Wish => "wish",
        ShelfState::Watching => "watching",
        ShelfState::NotInterested => "not_interested",
    }
}

fn csv_line(movie: &Movie, item: &Item) -> String {
    let at = time(item.at);
    let said = match &item.said {
        Said::Stars(stars) => format!("{},{at}", half_stars(*stars)),
        Said::Shelf(state) => format!("{},{at}", shelf_word(*state)),
        Said::Comment {
            text,
            spoiler,
            created_at,
        } => format!("{},{spoiler},{at},{}", field(text), time(*created_at)),
        Said::Watch(watch) => format!(
            "{},{},{}",
            watch.watched_on,
            watch.rewatch,
            field(&watch.tags.join(","))
        ),
    };
    let (id, imdb_id, year) = (&movie.id, &movie.imdb_id, movie.year);
    let (title, title_en) = (field(&movie.title_ko), field(&movie.title_en));
    format!("{id},{imdb_id},{title},{title_en},{year},{said}\r\n")
}

/// The columns WatchedDate, Rewatch and Tags of a line about something else.
const NO_WATCH: &str = ",,";

fn letterboxd_line(movie: &Movie, item: &Item) -> String {
    let (rating, watch, review) = match &item.said {
        Said::Stars(stars) => (half_stars(*stars), NO_WATCH.to_owned(), String::new()),
        // It takes reviews for HTML.
        Said::Comment { text, .. } => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            (String::new(), NO_WATCH.to_owned(), field(&text))
        }
        Said::Watch(watch) => {
            let rewatch = if watch.rewatch { "true" } else { "" };
            let tags = field(&watch.tags.join(", "));
            (
                String::new(),
                format!("{},{rewatch},{tags}", watch.watched_on),
                String::new(),
            )
        }
        Said::Shelf(_) => return String::new(),
    };
    let directors = movie
        .credits
        .iter()
        .filter(|credit| credit.role() == matcha_protos::movie::v1::CreditRole::Director);
    let directors = directors.filter_map(|credit| Some(credit.person.as_ref()?.name_en.clone()));
    let directors = field(&directors.collect::<Vec<_>>().join(", "));
    let (imdb_id, title, year) = (&movie.imdb_id, field(&movie.title_en), movie.year);
    format!(",,{imdb_id},{title},{year},{directors},{rating},,{watch},{review}\r\n")
}

fn json_item(movie: &Movie, item: &Item) -> serde_json::Value {
    let mut value = json!({
        "matcha_id": movie.id, "imdb_id": movie.imdb_id, "title": movie.title_ko, "title_en": movie.title_en,
        "year": movie.year,
    });
    let at = time(item.at);
    let mut set = |name: &str, given: serde_json::Value| value[name] = given;
    match &item.said {
        Said::Stars(stars) => {
            set("stars", stars::outside(*stars).into());
            set("rated_at", at.into());
        }
        Said::Shelf(state) => {
            set("state", shelf_word(*state).into());
            set("changed_at", at.into());
        }
        Said::Comment {
            text,
            spoiler,
            created_at,
        } => {
            set("text", text.as_str().into());
            set("spoiler", (*spoiler).into());
            set("written_at", at.into());
            set("created_at", time(*created_at).into());
        }
        Said::Watch(watch) => {
            let day = Some(watch.watched_on.as_str()).filter(|day| !day.is_empty());
            set("watched_on", day.into());
            set("rewatch", watch.rewatch.into());
            set("tags", watch.tags.clone().into());
        }
    }
    value
}

/// What has been packed and not yet been sent.
#[derive(Clone, Default)]
struct Packed(Arc<Mutex<Vec<u8>>>);

impl Packed {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A ZIP on its way: a page of a list is packed at once, and sent before the next is read.
struct Packer {
    zip: ZipWriter<StreamWriter<Packed>>,
    packed: Packed,
    sender: mpsc::Sender<Result<Bytes, io::Error>>,
}

impl Packer {
    fn new(sender: mpsc::Sender<Result<Bytes, io::Error>>) -> Self {
        let packed = Packed::default();
        Self {
            zip: ZipWriter::new_stream(packed.clone()),
            packed,
            sender,
        }
    }

    fn begin(&mut self, name: &str) -> io::Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options).map_err(io::Error::other)
    }

    async fn put(&mut self, text: &str) -> io::Result<()> {
        self.zip.write_all(text.as_bytes())?;
        self.send().await
    }

    async fn send(&mut self) -> io::Result<()> {
        let packed = self.packed.take();
        if packed.is_empty() {
            return Ok(());
        }
        // Whoever downloads has gone: nothing more needs to be read.
        self.sender.send(Ok(packed.into())).await.map_err(io::Error::other)
    }

    async fn finish(mut self) -> io::Result<()> {
        let (packed, mut sender) = (self.packed.clone(), self.sender.clone());
        self.zip.flush()?;
        self.zip.finish().map_err(io::Error::other)?;
        sender.send(Ok(packed.take().into())).await.map_err(io::Error::other)
    }
}
