//! The rows of the home page, read at the same time. While recommendation is down, the catalogue fills the rows that need no
//! taste.

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

/// Reads the rows. A row that cannot be read is left out, and the services that did not answer are named in the home page and
/// noted in `degraded`.
pub(crate) async fn read(clients: &Clients, caller: &Caller, first: i32, variation: u64, degraded: &Degraded) -> Home {
    let kinds = if caller.member_if_any().is_some() {
        &ROWS[..]
    } else {
        &PUBLIC_ROWS[..]
    };
    let missing = Degraded::default();
    let rows = kinds.iter().map(async |kind| {
        let row = recommended(clients, caller, *kind, first, variation).await;
        if let Some(row) = missing.part("recommendation", row) {
            return Some(row);
        }
        missing.part("movie", from_catalogue(clients, caller, *kind, first).await)?
    });
    let rows = join_all(rows).await.into_iter().flatten();
    let rows = rows.filter(Row::is_worth_showing).collect();
    degraded.join(&missing);
    Home {
        rows,
        degraded: missing.names(),
    }
}

impl Row {
    /// A row about the caller's taste is shown only if it was chosen by that taste, and no row is shown empty.
    fn is_worth_showing(&self) -> bool {
        let needs_taste = matches!(self.kind, RowKind::EspeciallyYou | RowKind::BecauseYouLiked);
        !self.movie_ids.is_empty() && (self.personal || !needs_taste)
    }
}

async fn recommended(
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
