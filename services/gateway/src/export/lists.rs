//! The member's lists in the export: a line for each movie of each list, and in JSON the lists with their movies inside.

use std::{collections::HashMap, io};

use chassis::client::request;
use matcha_protos::{
    movie::v1::Movie,
    rating::v1::{GetListMoviesRequest, List, ListMemberListsRequest},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    formats::csv_field,
    reader::{PAGE, Reader},
    zip_stream::ZipStream,
};
use crate::{http::problem::Problem, timestamp::Timestamp, upstream::batch_reads};

const HEADER: &str =
    "list_id,list_title,list_text,public,created_at,changed_at,place,matcha_id,imdb_id,title,title_en,year\r\n";
/// The most movies that a list holds; all of them are read with one call.
const MAX_MOVIES: i32 = 500;

/// A list with its movies in their order.
struct ListContent {
    list: List,
    movies: Vec<Movie>,
}

impl Reader {
    async fn lists(&self, cursor: String) -> Result<(Vec<List>, String), Problem> {
        let message = ListMemberListsRequest {
            cursor,
            limit: PAGE,
            ..ListMemberListsRequest::default()
        };
        let mut lists = self.clients.lists.clone();
        let answer = lists.list_member_lists(request(message, &self.caller)).await?;
        let answer = answer.into_inner();
        Ok((answer.lists, answer.next_cursor))
    }

    async fn list_content(&self, list: List) -> Result<ListContent, Problem> {
        let message = GetListMoviesRequest {
            list_id: list.id.clone(),
            cursor: String::new(),
            limit: MAX_MOVIES,
        };
        let mut lists = self.clients.lists.clone();
        let answer = lists.get_list_movies(request(message, &self.caller)).await?;
        let ids = answer.into_inner().movie_ids;
        let mut known: HashMap<Uuid, Movie> = self.clients.movies.read(&batch_reads::ids(&ids)).await?;
        // A movie that the catalogue no longer has keeps its place, with its id only.
        let movies = ids.into_iter().map(|id| {
            let found = id.parse().ok().and_then(|id: Uuid| known.remove(&id));
            found.unwrap_or_else(|| Movie { id, ..Movie::default() })
        });
        Ok(ListContent {
            movies: movies.collect(),
            list,
        })
    }
}

pub(super) async fn write_csv(reader: &Reader, zip: &mut ZipStream) -> Result<(), io::Error> {
    zip.put(HEADER).await?;
    each(reader, zip, |content, _| csv_lines(content)).await
}

/// The items of a JSON array.
pub(super) async fn write_json(reader: &Reader, zip: &mut ZipStream) -> Result<(), io::Error> {
    each(reader, zip, |content, is_first| {
        let comma = if is_first { "\n" } else { ",\n" };
        format!("{comma}{}", json_item(content))
    })
    .await
}

async fn each(
    reader: &Reader,
    zip: &mut ZipStream,
    text: impl Fn(&ListContent, bool) -> String,
) -> Result<(), io::Error> {
    let (mut cursor, mut is_first) = (String::new(), true);
    loop {
        let (lists, next_cursor) = reader.lists(cursor).await.map_err(io::Error::other)?;
        for list in lists {
            let content = reader.list_content(list).await.map_err(io::Error::other)?;
            zip.put(&text(&content, is_first)).await?;
            is_first = false;
        }
        if next_cursor.is_empty() {
            return Ok(());
        }
        cursor = next_cursor;
    }
}

/// When the list was created, and when it was last changed.
fn times(list: &List) -> [String; 2] {
    let created_at = Timestamp::from_micros(list.created_at, list.created_at_micros);
    let changed_at = Timestamp::from_micros(list.changed_at, list.changed_at_micros);
    [created_at.to_rfc3339(), changed_at.to_rfc3339()]
}

/// One line for each movie; an empty list has one line without a movie. The text, which may be long, is in the first line
/// only.
fn csv_lines(ListContent { list, movies }: &ListContent) -> String {
    let (title, text) = (csv_field(&list.title), csv_field(&list.text));
    let (id, public) = (&list.id, list.is_public);
    let [created, changed] = times(list);
    let start = |text: &str| format!("{id},{title},{text},{public},{created},{changed}");
    if movies.is_empty() {
        return format!("{},,,,,,\r\n", start(&text));
    }
    let lines = (1..).zip(movies).map(|(place, movie)| {
        let (movie_id, imdb_id, year) = (&movie.id, &movie.imdb_id, movie.year);
        let (title, title_en) = (csv_field(&movie.title_ko), csv_field(&movie.title_en));
        let start = start(if place == 1 { &text } else { "" });
        format!("{start},{place},{movie_id},{imdb_id},{title},{title_en},{year}\r\n")
    });
    lines.collect()
}

fn json_item(ListContent { list, movies }: &ListContent) -> Value {
    let movies = movies.iter().map(|movie| {
        json!({
            "matcha_id": movie.id, "imdb_id": movie.imdb_id, "title": movie.title_ko, "title_en": movie.title_en,
            "year": movie.year,
        })
    });
    let [created, changed] = times(list);
    json!({
        "id": list.id, "title": list.title, "text": list.text, "public": list.is_public,
        "created_at": created, "changed_at": changed, "movies": movies.collect::<Vec<_>>(),
    })
}
