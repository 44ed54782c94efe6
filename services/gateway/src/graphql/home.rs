//! The home page's rows, asked for at once. While recommendation is away, the rows that need no taste come from the catalogue.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chassis::client::request;
use futures::future::join_all;
use matcha_protos::{
    movie::v1::{MovieSort, SearchMoviesRequest},
    recommendation::v1::{self as recommendation, RecommendRequest},
};
use tonic::Status;
use uuid::Uuid;

use super::{
    loaders::{Asker, asker},
    movie::Movie,
};
use crate::{http::problem::Problem, upstream::batch_reads};

#[derive(SimpleObject)]
pub(super) struct Home {
    rows: Vec<Row>,
    /// Services that could not answer.
    degraded: Vec<&'static str>,
}

pub(super) struct Row {
    kind: RowKind,
    personal: bool,
    because_of: Option<Uuid>,
    movies: Vec<Uuid>,
    reasons: Vec<(Uuid, Uuid)>,
}

/// Why a movie is on the list.
pub(super) struct Reason {
    movie: Uuid,
    because: Uuid,
}

#[Object]
impl Reason {
    async fn movie_id(&self) -> ID {
        self.movie.into()
    }

    /// What the member rated or put on their shelf that speaks most for it.
    async fn because(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        asker(ctx).movie(self.because).await
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum RowKind {
    ForYou,
    EspeciallyYou,
    BecauseYouLiked,
    Rising,
    BestRated,
    MostRated,
}

/// In the order of the page.
const MEMBERS_ROWS: [RowKind; 6] = [
    RowKind::ForYou,
    RowKind::EspeciallyYou,
    RowKind::BecauseYouLiked,
    RowKind::Rising,
    RowKind::BestRated,
    RowKind::MostRated,
];
const EVERYBODYS_ROWS: [RowKind; 3] = [RowKind::Rising, RowKind::BestRated, RowKind::MostRated];

#[Object]
impl Row {
    async fn kind(&self) -> RowKind {
        self.kind
    }

    /// True: by this member's own ratings.
    async fn personal(&self) -> bool {
        self.personal
    }

    /// With BECAUSE_YOU_LIKED: the movie it starts from.
    async fn because_of(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        match self.because_of {
            Some(id) => asker(ctx).movie(id).await,
            None => Ok(None),
        }
    }

    async fn movies(&self, ctx: &Context<'_>) -> Result<Vec<Movie>, Problem> {
        asker(ctx).movies(&self.movies).await
    }

    /// Of the movies chosen for this member: why. One that nothing speaks for by itself is left out.
    async fn reasons(&self) -> Vec<Reason> {
        let reasons = self.reasons.iter();
        reasons.map(|&(movie, because)| Reason { movie, because }).collect()
    }
}

pub(super) async fn rows(asker: &Asker, first: i32, variation: i32) -> Home {
    let kinds = if asker.caller.member_if_any().is_some() {
        &MEMBERS_ROWS[..]
    } else {
        &EVERYBODYS_ROWS[..]
    };
    let asked = kinds
        .iter()
        .map(async |kind| match recommended(asker, *kind, first, variation).await {
            Ok(row) => (Some(row), Vec::new()),
            Err(status) => {
                asker.part::<()>("recommendation", Err(status));
                match from_catalogue(asker, *kind, first).await {
                    Ok(row) => (row, vec!["recommendation"]),
                    Err(status) => {
                        asker.part::<()>("movie", Err(status));
                        (None, vec!["recommendation", "movie"])
                    }
                }
            }
        });
    let mut home = Home {
        rows: Vec::new(),
        degraded: Vec::new(),
    };
    for (row, missing) in join_all(asked).await {
        for service in missing {
            if !home.degraded.contains(&service) {
                home.degraded.push(service);
            }
        }
        home.rows.extend(row.filter(Row::is_worth_showing));
    }
    home
}

impl Row {
    /// A row about the member's taste must be by that taste, and no row is empty.
    fn is_worth_showing(&self) -> bool {
        let needs_taste = matches!(self.kind, RowKind::EspeciallyYou | RowKind::BecauseYouLiked);
        !self.movies.is_empty() && (self.personal || !needs_taste)
    }
}

async fn recommended(asker: &Asker, kind: RowKind, first: i32, variation: i32) -> Result<Row, Status> {
    let row = match kind {
        RowKind::ForYou => recommendation::Row::ForYou,
        RowKind::EspeciallyYou => recommendation::Row::EspeciallyYou,
        RowKind::BecauseYouLiked => recommendation::Row::BecauseYouLiked,
        RowKind::Rising => recommendation::Row::Rising,
        RowKind::BestRated => recommendation::Row::BestRated,
        RowKind::MostRated => recommendation::Row::MostRated,
    };
    let message = RecommendRequest {
        row: row.into(),
        limit: first,
        // Any number does; a negative one is as good as another.
        variation: u64::from(variation.cast_unsigned()),
        ..RecommendRequest::default()
    };
    let mut recommender = asker.clients.recommendation.clone();
    let answer = recommender.recommend(request(message, &asker.caller)).await?;
    let answer = answer.into_inner();
    // The other rows say why in their heading.
    let is_chosen = answer.personal && matches!(kind, RowKind::ForYou | RowKind::EspeciallyYou);
    let reasons = answer.movies.iter().filter(|_| is_chosen).filter_map(|one| {
        let because = one.because_movie_ids.first()?;
        Some((one.movie_id.parse().ok()?, because.parse().ok()?))
    });
    Ok(Row {
        reasons: reasons.collect(),
        kind,
        personal: answer.personal,
        because_of: answer.because_movie_id.parse().ok(),
        movies: batch_reads::ids(answer.movies.iter().map(|one| &one.movie_id)),
    })
}

/// The catalogue keeps a copy of popularity, and knows these two rows by it.
async fn from_catalogue(asker: &Asker, kind: RowKind, first: i32) -> Result<Option<Row>, Status> {
    let sort = match kind {
        RowKind::BestRated => MovieSort::Average,
        RowKind::MostRated => MovieSort::Popularity,
        _ => return Ok(None),
    };
    let message = SearchMoviesRequest {
        sort: sort.into(),
        limit: first,
        ..SearchMoviesRequest::default()
    };
    let mut movie = asker.clients.movie.clone();
    let answer = movie.search_movies(request(message, &asker.caller)).await?;
    Ok(Some(Row {
        kind,
        personal: false,
        because_of: None,
        reasons: Vec::new(),
        movies: batch_reads::ids(answer.into_inner().movies.iter().map(|movie| &movie.id)),
    }))
}
