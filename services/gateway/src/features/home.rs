//! The rows of the home page, read at the same time. While recommendation is down, the catalogue fills the rows that need no
//! taste.

use std::collections::HashSet;

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use futures::future::join_all;
use matcha_protos::{
    movie::v1::{MovieSort, SearchMoviesRequest},
    recommendation::v1::RecommendRequest,
};
use tonic::Status;
use uuid::Uuid;

use crate::{
    features::recommendations::{RowKind, recommend},
    id::Id,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

#[derive(SimpleObject)]
pub(crate) struct Home {
    rows: Vec<Row>,
    /// Services that did not answer.
    degraded: Vec<&'static str>,
}

/// A row of the home page.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Row {
    kind: RowKind,
    /// True: chosen by the caller's ratings.
    personal: bool,
    /// For the movies chosen for the caller: why. Movies that no single movie explains are left out.
    reasons: Vec<Reason>,
    #[graphql(skip)]
    pub(crate) because_of_id: Option<Uuid>,
    #[graphql(skip)]
    pub(crate) movie_ids: Vec<Uuid>,
}

/// Why a movie is in a row.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Reason {
    movie_id: Id,
    #[graphql(skip)]
    pub(crate) because_id: Uuid,
}

/// For members, in the order of the page.
const ROWS: [RowKind; 6] = [
    RowKind::ForYou,
    RowKind::EspeciallyYou,
    RowKind::BecauseYouLiked,
    RowKind::Rising,
    RowKind::BestRated,
    RowKind::MostRated,
];
/// For callers who are signed out.
const PUBLIC_ROWS: [RowKind; 3] = [RowKind::Rising, RowKind::BestRated, RowKind::MostRated];

/// The most movies that recommendation puts in one row.
const MAX_ROW: i32 = 100;
/// The most movies of one page of the catalogue.
const MAX_PAGE: i32 = 50;

/// Reads the rows. No movie is in two of them: it stays in the first. A row that cannot be read is left out, and the services that
/// did not answer are named in the home page and noted in `degraded`.
pub(crate) async fn read(clients: &Clients, caller: &Caller, first: i32, variation: u64, degraded: &Degraded) -> Home {
    let kinds = if caller.member_if_any().is_some() {
        &ROWS[..]
    } else {
        &PUBLIC_ROWS[..]
    };
    let missing = Degraded::default();
    let rows = (1..).zip(kinds).map(async |(place, kind)| {
        // As many more as the rows above can take away, as far as a row can be that long.
        let wanted = first.saturating_mul(place);
        let row = read_row(clients, caller, *kind, wanted.min(MAX_ROW), variation).await;
        if let Some(row) = missing.part("recommendation", row) {
            return Some(row);
        }
        missing.part(
            "movie",
            from_catalogue(clients, caller, *kind, wanted.min(MAX_PAGE)).await,
        )?
    });
    let mut shown = HashSet::new();
    let mut rows: Vec<Row> = join_all(rows).await.into_iter().flatten().collect();
    for row in &mut rows {
        row.keep_new(&mut shown, first as usize);
    }
    rows.retain(Row::is_worth_showing);
    degraded.join(&missing);
    Home {
        rows,
        degraded: missing.names(),
    }
}

impl Row {
    /// Keeps the first movies that no row above shows, and notes them.
    fn keep_new(&mut self, shown: &mut HashSet<Uuid>, first: usize) {
        self.movie_ids.retain(|movie| !shown.contains(movie));
        self.movie_ids.truncate(first);
        shown.extend(&self.movie_ids);
        self.reasons
            .retain(|reason| self.movie_ids.contains(&reason.movie_id.0));
    }

    /// A row about the caller's taste is shown only if it was chosen by that taste, and no row is shown empty.
    fn is_worth_showing(&self) -> bool {
        let needs_taste = matches!(self.kind, RowKind::EspeciallyYou | RowKind::BecauseYouLiked);
        !self.movie_ids.is_empty() && (self.personal || !needs_taste)
    }
}

/// Reads one row by itself. With the same variation it begins like that of the home page, which leaves out the movies of the rows
/// above.
pub(crate) async fn read_row(
    clients: &Clients,
    caller: &Caller,
    kind: RowKind,
    first: i32,
    variation: u64,
) -> Result<Row, Status> {
    let message = RecommendRequest {
        row: kind.to_proto().into(),
        limit: first,
        variation,
        ..RecommendRequest::default()
    };
    let answer = recommend(clients, caller, message).await?;
    // The heading of every other row says why.
    let has_reasons = answer.personal && matches!(kind, RowKind::ForYou | RowKind::EspeciallyYou);
    let reasons = answer.movies.iter().filter(|_| has_reasons).filter_map(|one| {
        Some(Reason {
            because_id: one.because_movie_ids.first()?.parse().ok()?,
            movie_id: Id::from_proto(&one.movie_id),
        })
    });
    Ok(Row {
        reasons: reasons.collect(),
        kind,
        personal: answer.personal,
        because_of_id: answer.because_movie_id.parse().ok(),
        movie_ids: batch_reads::ids(answer.movies.iter().map(|one| &one.movie_id)),
    })
}

/// The catalogue keeps a copy of popularity, which gives two of the rows.
async fn from_catalogue(clients: &Clients, caller: &Caller, kind: RowKind, first: i32) -> Result<Option<Row>, Status> {
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
    let answer = clients.movie.clone().search_movies(request(message, caller)).await?;
    Ok(Some(Row {
        kind,
        personal: false,
        because_of_id: None,
        reasons: Vec::new(),
        movie_ids: batch_reads::ids(answer.into_inner().movies.iter().map(|movie| &movie.id)),
    }))
}
