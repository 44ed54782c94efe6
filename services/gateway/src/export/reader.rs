//! Reading the member's own data for the export, page by page.

use std::collections::HashMap;

use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::Movie,
    rating::v1::{ListMyCommentsRequest, ListRatingsRequest, ListShelfRequest, ListWatchesRequest, Watch},
};
use uuid::Uuid;

use crate::{
    features::shelf::ShelfState,
    http::problem::Problem,
    timestamp::Timestamp,
    upstream::{batch_reads, clients::Clients},
};

/// Items of one page of the services' lists.
pub(super) const PAGE: i32 = 50;

/// The parts of an export that have one item per movie.
#[derive(Clone, Copy)]
pub(super) enum Section {
    Ratings,
    Shelf,
    Comments,
    Watches,
}

impl Section {
    pub(super) const ALL: [Self; 4] = [Self::Ratings, Self::Shelf, Self::Comments, Self::Watches];
}

/// An item of a section.
pub(super) struct Item {
    movie_id: String,
    pub(super) entry: Entry,
    /// When the entry was last changed. A watch has its day instead.
    pub(super) at: Timestamp,
}

pub(super) enum Entry {
    /// Half steps.
    Stars(i32),
    Shelf(ShelfState),
    Comment {
        text: String,
        spoiler: bool,
        created_at: Timestamp,
    },
    Watch(Watch),
}

/// A page of a section, with the movies of its items.
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    /// Empty: this was the last page.
    pub(super) next_cursor: String,
    movies: HashMap<Uuid, Movie>,
}

impl Page {
    /// The movie of an item. A movie that the catalogue no longer has keeps its line, with its id only.
    pub(super) fn movie(&self, item: &Item) -> Movie {
        let id: Option<Uuid> = item.movie_id.parse().ok();
        let known = id.and_then(|id| self.movies.get(&id)).cloned();
        known.unwrap_or_else(|| Movie {
            id: item.movie_id.clone(),
            ..Movie::default()
        })
    }
}

/// Reads the member's own data, page by page.
pub(super) struct Reader {
    pub(super) clients: Clients,
    pub(super) caller: Caller,
}

impl Reader {
    /// Reads a page of a section; an empty cursor is the first one.
    pub(super) async fn page(&self, section: Section, cursor: String) -> Result<Page, Problem> {
        match section {
            Section::Ratings => self.ratings(cursor).await,
            Section::Shelf => self.shelf(cursor).await,
            Section::Comments => self.comments(cursor).await,
            Section::Watches => self.watches(cursor).await,
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
            entry: Entry::Stars(rating.stars),
            at: Timestamp::from_micros(rating.rated_at, rating.rated_at_micros),
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
                entry: Entry::Shelf(ShelfState::from_proto(entry.state())?),
                movie_id: entry.movie_id,
                at: Timestamp::from_micros(entry.changed_at, entry.changed_at_micros),
            })
        });
        self.with_movies(items.collect(), answer.next_cursor).await
    }

    async fn comments(&self, cursor: String) -> Result<Page, Problem> {
        let message = ListMyCommentsRequest { cursor, limit: PAGE };
        let answer = self
            .clients
            .comments
            .clone()
            .list_my_comments(request(message, &self.caller))
            .await?;
        let answer = answer.into_inner();
        let items = answer.comments.into_iter().map(|comment| {
            let created_at = Timestamp::from_micros(comment.created_at, comment.created_at_micros);
            let edited_at = comment
                .edited_at
                .map(|at| Timestamp::from_micros(at, comment.edited_at_micros));
            Item {
                movie_id: comment.movie_id,
                entry: Entry::Comment {
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
            entry: Entry::Watch(watch),
            at: Timestamp::from_seconds(0),
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
