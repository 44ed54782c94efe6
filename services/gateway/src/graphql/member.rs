//! The signed-in member: standing, ratings, shelf.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::{
    rating::v1::{self as rating, ListRatingsRequest, ListShelfRequest},
    user::v1 as proto,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::sync::OnceCell;

use super::{
    comments::{self, CommentConnection},
    feed::{self, ActConnection},
    limits::list_cost,
    lists::{self, ListConnection},
    loaders::{Asker, asker},
    movie::{Movie, ShelfState},
    profile::PublicMember,
    settings::{self, Session, Settings},
    taste::{self, Taste},
    watches::{self, WatchConnection},
};
use crate::{
    http::{
        extract::{cursor, limit},
        problem::Problem,
    },
    stars,
    upstream::{batch_reads, batch_reads::Standing},
};

pub(super) struct Member {
    found: Arc<proto::Member>,
    standing: OnceCell<Standing>,
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum Language {
    Ko,
    En,
}

impl Language {
    pub(super) fn parse(language: &str) -> Self {
        match language {
            "en" => Self::En,
            _ => Self::Ko,
        }
    }

    pub(super) fn inside(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }
}

/// What movies are called.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum TitleLanguage {
    /// In the language of the page.
    Page,
    Ko,
    En,
    /// As they were called where they were made.
    Original,
}

impl TitleLanguage {
    pub(super) fn parse(language: &str) -> Self {
        match language {
            "ko" => Self::Ko,
            "en" => Self::En,
            "original" => Self::Original,
            _ => Self::Page,
        }
    }

    pub(super) fn inside(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ko => "ko",
            Self::En => "en",
            Self::Original => "original",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum RatingSort {
    Newest,
    StarsHigh,
    StarsLow,
}

#[derive(SimpleObject)]
pub(super) struct RatingConnection {
    items: Vec<Rating>,
    next_cursor: Option<String>,
    total: i64,
}

#[derive(SimpleObject)]
pub(super) struct Rating {
    movie: Movie,
    stars: f64,
    rated_at: String,
}

#[derive(SimpleObject)]
pub(super) struct ShelfConnection {
    items: Vec<ShelfEntry>,
    next_cursor: Option<String>,
    total: i64,
}

#[derive(SimpleObject)]
pub(super) struct ShelfEntry {
    movie: Movie,
    state: ShelfState,
    changed_at: String,
}

impl Member {
    pub(super) fn new(found: Arc<proto::Member>) -> Self {
        Self {
            found,
            standing: OnceCell::new(),
        }
    }

    /// Asked for once, whichever of its fields a query wants.
    async fn standing(&self, asker: &Asker) -> Result<Standing, Problem> {
        let standing = self.standing.get_or_try_init(async || {
            let (standing, missing) = batch_reads::standing(&asker.clients, &asker.caller).await?;
            if let Some((service, status)) = missing {
                asker.part::<()>(service, Err(status));
            }
            Ok::<_, Problem>(standing)
        });
        standing.await.copied()
    }
}

/// Seconds since 1970 as RFC 3339.
pub(super) fn moment(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&Rfc3339).unwrap_or_default()
}

#[Object]
impl Member {
    async fn id(&self) -> ID {
        ID(self.found.id.clone())
    }

    async fn handle(&self) -> &str {
        &self.found.handle
    }

    async fn display_name(&self) -> &str {
        &self.found.display_name
    }

    async fn language(&self) -> Language {
        Language::parse(&self.found.language)
    }

    async fn rated_count(&self, ctx: &Context<'_>) -> Result<i64, Problem> {
        Ok(self.standing(asker(ctx)).await?.rated_count)
    }

    /// Ratings needed before anything is predicted (10).
    async fn unlock_at(&self, ctx: &Context<'_>) -> Result<i64, Problem> {
        Ok(self.standing(asker(ctx)).await?.unlock_at)
    }

    /// What the member likes, as far as the ratings say; null when it cannot be had.
    async fn taste(&self, ctx: &Context<'_>) -> Option<Taste> {
        taste::of(asker(ctx), &self.found.id).await
    }

    /// With stars: only the movies that were given these, 0.5-5.0.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn ratings(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        #[graphql(default_with = "Some(RatingSort::Newest)")] sort: Option<RatingSort>,
        #[graphql(name = "stars")] only: Option<f64>,
    ) -> Result<RatingConnection, Problem> {
        let asker = asker(ctx);
        ratings_of(asker, String::new(), first, after, sort, only).await
    }

    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn shelf(
        &self,
        ctx: &Context<'_>,
        state: Option<ShelfState>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<ShelfConnection, Problem> {
        let state = state.map_or(0, |state| state.inside().into());
        shelf_of(asker(ctx), String::new(), state, first, after).await
    }

    /// The member's comments on all movies, newest first, in whatever state.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<CommentConnection, Problem> {
        comments::of_asker(asker(ctx), first, after).await
    }

    /// The member's lists, newest first, private ones too; each says whether it holds the movie `contains`.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        contains: Option<ID>,
    ) -> Result<ListConnection, Problem> {
        lists::of_member(asker(ctx), String::new(), contains, first, after).await
    }

    /// The member's diary, the latest day first and watches without a day last; with tag only what has it.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn watches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        tag: Option<String>,
    ) -> Result<WatchConnection, Problem> {
        watches::of_member(asker(ctx), String::new(), tag, first, after).await
    }

    /// What followed members rated, wrote and wish for, newest first, as far as they show it.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<ActConnection, Problem> {
        feed::of_asker(asker(ctx), first, after).await
    }

    /// Whom the member could follow: those with most followers, then those who have been here longest.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn suggested_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(6)")] first: Option<i32>,
    ) -> Result<Vec<PublicMember>, Problem> {
        feed::suggested(asker(ctx), first).await
    }

    /// Name, languages, and who sees which section of the profile.
    async fn settings(&self, ctx: &Context<'_>) -> Result<Settings, Problem> {
        settings::of_asker(asker(ctx)).await
    }

    /// The member's open sessions, the asking one first, then the one used last.
    #[graphql(complexity = "list_cost(Some(20), child_complexity)")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>, Problem> {
        settings::sessions_of_asker(asker(ctx)).await
    }
}

/// The ratings of the member of this id (empty: the asker's own).
pub(super) async fn ratings_of(
    asker: &Asker,
    member_id: String,
    first: Option<i32>,
    after: Option<String>,
    sort: Option<RatingSort>,
    only: Option<f64>,
) -> Result<RatingConnection, Problem> {
    let inside = |given| stars::inside(given).ok_or_else(|| Problem::invalid("stars", stars::EXPECTED));
    let sort = match sort {
        None | Some(RatingSort::Newest) => rating::RatingSort::Newest,
        Some(RatingSort::StarsHigh) => rating::RatingSort::StarsHigh,
        Some(RatingSort::StarsLow) => rating::RatingSort::StarsLow,
    };
    let message = ListRatingsRequest {
        sort: sort.into(),
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
        stars: only.map(inside).transpose()?,
        member_id,
    };
    let mut rating = asker.clients.rating.clone();
    let answer = rating.list_ratings(request(message, &asker.caller)).await?;
    let answer = answer.into_inner();
    let ids = batch_reads::ids(answer.ratings.iter().map(|rating| &rating.movie_id));
    let mut movies = asker.movies_by_id(&ids).await?;
    let items = answer.ratings.iter().filter_map(|rating| {
        Some(Rating {
            movie: movies.remove(&rating.movie_id)?,
            stars: stars::outside(rating.stars),
            rated_at: moment(rating.rated_at),
        })
    });
    Ok(RatingConnection {
        items: items.collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
    })
}

/// The shelf of the member of this id (empty: the asker's own).
pub(super) async fn shelf_of(
    asker: &Asker,
    member_id: String,
    state: i32,
    first: Option<i32>,
    after: Option<String>,
) -> Result<ShelfConnection, Problem> {
    let message = ListShelfRequest {
        state,
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
        member_id,
    };
    let mut rating = asker.clients.rating.clone();
    let answer = rating.list_shelf(request(message, &asker.caller)).await?;
    let answer = answer.into_inner();
    let ids = batch_reads::ids(answer.entries.iter().map(|entry| &entry.movie_id));
    let mut movies = asker.movies_by_id(&ids).await?;
    let items = answer.entries.iter().filter_map(|entry| {
        Some(ShelfEntry {
            movie: movies.remove(&entry.movie_id)?,
            state: ShelfState::from_inside(entry.state())?,
            changed_at: moment(entry.changed_at),
        })
    });
    Ok(ShelfConnection {
        items: items.collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
    })
}
