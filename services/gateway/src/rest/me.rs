//! `/api/v1/me`: the signed-in member, and what this member has rated, shelved and may like.

use std::collections::HashMap;

use axum::extract::State;
use chassis::{client::request, identity::Caller};
use matcha_protos::{
    rating::v1::{self as rating, ListRatingsRequest, ListShelfRequest},
    recommendation::v1::{self as recommendation, RecommendRequest},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    members::Member,
    movies::{Movie, Predicted, Reason, by_ids},
    shelf::ShelfState,
};
use crate::{
    http::{
        auth::SignedIn,
        extract::{Json, Query, cursor, decade, limit, text},
        problem::{Kind, Problem},
    },
    stars,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// Seconds since 1970 as a moment; what is no moment is the beginning.
pub(super) fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The signed-in member.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    member: Member,
    /// How many movies the member has rated.
    rated_count: i64,
    /// Ratings needed before anything is predicted.
    unlock_at: i64,
    /// Services that could not answer.
    degraded: Vec<&'static str>,
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/me", tag = "me", security(("bearer" = [])), responses((status = 200, body = Me)))]
pub(super) async fn show(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Json<Me>, Problem> {
    let id = caller.member()?;
    let ids = [id];
    let (members, standing) = tokio::join!(
        batch_reads::members(&clients, &caller, &ids),
        batch_reads::standing(&clients, &caller),
    );
    let member = members?.remove(&id);
    // The token outlived the account.
    let member = member.ok_or_else(|| Problem::new(Kind::Unauthenticated, "sign in first"))?;
    let (standing, missing) = standing?;
    let mut degraded = Degraded::default();
    if let Some((service, status)) = missing {
        degraded.note(service, &status);
    }
    Ok(Json(Me {
        member: member.into(),
        rated_count: standing.rated_count,
        unlock_at: standing.unlock_at,
        degraded: degraded.into_names(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RatingsFilter {
    /// Usually the newest first.
    #[param(inline)]
    sort: Option<RatingSort>,
    /// Only these stars, 0.5-5.0.
    stars: Option<f64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RatingSort {
    Newest,
    StarsHigh,
    StarsLow,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Ratings {
    items: Vec<Rating>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
    degraded: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct Rating {
    movie: Movie,
    stars: f64,
    #[serde(with = "time::serde::rfc3339")]
    rated_at: OffsetDateTime,
}

/// The member's ratings.
#[utoipa::path(get, path = "/api/v1/me/ratings", tag = "me", params(RatingsFilter), security(("bearer" = [])),
    responses((status = 200, body = Ratings)))]
pub(super) async fn ratings(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<RatingsFilter>,
) -> Result<Json<Ratings>, Problem> {
    ratings_of(&clients, &caller, String::new(), filter).await.map(Json)
}

/// The ratings of the member of this id (empty: the caller's own).
pub(super) async fn ratings_of(
    clients: &Clients,
    caller: &Caller,
    member_id: String,
    filter: RatingsFilter,
) -> Result<Ratings, Problem> {
    let only = |given| stars::inside(given).ok_or_else(|| Problem::invalid("stars", stars::EXPECTED));
    let sort = match filter.sort {
        None | Some(RatingSort::Newest) => rating::RatingSort::Newest,
        Some(RatingSort::StarsHigh) => rating::RatingSort::StarsHigh,
        Some(RatingSort::StarsLow) => rating::RatingSort::StarsLow,
    };
    let message = ListRatingsRequest {
        sort: sort.into(),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
        stars: filter.stars.map(only).transpose()?,
        member_id,
    };
    let answer = clients.rating.clone().list_ratings(request(message, caller)).await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let ids = batch_reads::ids(answer.ratings.iter().map(|rating| &rating.movie_id));
    let mut movies = movies_by_id(clients, &ids, &mut degraded).await?;
    let items = answer.ratings.iter().filter_map(|rating| {
        Some(Rating {
            movie: movies.remove(&rating.movie_id)?,
            stars: stars::outside(rating.stars),
            rated_at: moment(rating.rated_at),
        })
    });
    Ok(Ratings {
        items: items.collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
        degraded: degraded.into_names(),
    })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShelfFilter {
    /// Usually all states.
    #[param(inline)]
    state: Option<ShelfState>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Shelf {
    items: Vec<ShelfEntry>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
    degraded: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct ShelfEntry {
    movie: Movie,
    state: ShelfState,
    #[serde(with = "time::serde::rfc3339")]
    changed_at: OffsetDateTime,
}

/// The member's shelf.
#[utoipa::path(get, path = "/api/v1/me/shelf", tag = "me", params(ShelfFilter), security(("bearer" = [])),
    responses((status = 200, body = Shelf)))]
pub(super) async fn shelf(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<ShelfFilter>,
) -> Result<Json<Shelf>, Problem> {
    let message = ListShelfRequest {
        state: filter.state.map_or(0, |state| state.inside().into()),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
        member_id: String::new(),
    };
    shelf_of(&clients, &caller, message).await.map(Json)
}

/// The shelf that is asked for.
pub(super) async fn shelf_of(clients: &Clients, caller: &Caller, message: ListShelfRequest) -> Result<Shelf, Problem> {
    let answer = clients.rating.clone().list_shelf(request(message, caller)).await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let ids = batch_reads::ids(answer.entries.iter().map(|entry| &entry.movie_id));
    let mut movies = movies_by_id(clients, &ids, &mut degraded).await?;
    let items = answer.entries.iter().filter_map(|entry| {
        Some(ShelfEntry {
            movie: movies.remove(&entry.movie_id)?,
            state: ShelfState::from_inside(entry.state())?,
            changed_at: moment(entry.changed_at),
        })
    });
    Ok(Shelf {
        items: items.collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
        degraded: degraded.into_names(),
    })
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecommendationsFilter {
    #[param(inline)]
    row: Option<RowKind>,
    /// 1-100, usually 20.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i32>,
    genre: Option<String>,
    country: Option<String>,
    /// Its first year.
    decade: Option<i32>,
    /// Any number: another one gives another variation of the same row.
    variation: Option<u64>,
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RowKind {
    ForYou,
    EspeciallyYou,
    BecauseYouLiked,
    Rising,
    BestRated,
    MostRated,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Recommendations {
    row: RowKind,
    /// True: chosen by what the member rated. False: the same for everybody, as `rising`, `best_rated` and `most_rated` always
    /// are and the others as long as there are too few ratings.
    personal: bool,
    /// With `because_you_liked`: the movie it starts from.
    because_of: Option<Movie>,
    items: Vec<Recommended>,
    degraded: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct Recommended {
    movie: Movie,
    /// In every row, once there are ratings enough.
    predicted: Option<Predicted>,
    /// What the member rated or wished for that speaks most for having it here.
    because: Vec<Reason>,
}

/// Movies the member may like: never one that is rated, shelved or not interesting to the member.
#[utoipa::path(get, path = "/api/v1/me/recommendations", tag = "me", params(RecommendationsFilter),
    security(("bearer" = [])), responses((status = 200, body = Recommendations)))]
pub(super) async fn recommendations(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<RecommendationsFilter>,
) -> Result<Json<Recommendations>, Problem> {
    let kind = filter.row.unwrap_or(RowKind::ForYou);
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
        limit: limit("limit", filter.limit, 20, 100)?,
        genre: text("genre", filter.genre)?,
        country: text("country", filter.country)?,
        decade: decade("decade", filter.decade)?,
        variation: filter.variation.unwrap_or_default(),
    };
    let mut recommender = clients.recommendation.clone();
    let answer = recommender.recommend(request(message, &caller)).await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let predictions = || answer.movies.iter().filter_map(|one| one.prediction.as_ref());
    // The movies, those they are recommended for, and the one the row starts from: one call.
    let reasons = predictions().flat_map(|prediction| &prediction.because_movie_ids);
    let reasons = reasons.chain(answer.movies.iter().flat_map(|one| &one.because_movie_ids));
    let ids = batch_reads::ids(
        answer
            .movies
            .iter()
            .map(|one| &one.movie_id)
            .chain([&answer.because_movie_id]),
    );
    let reasons = batch_reads::ids(reasons);
    let (movies, reasons) = tokio::join!(
        movies_by_id(&clients, &ids, &mut degraded),
        clients.movies.read(&reasons),
    );
    let (mut movies, reasons) = (movies?, reasons?);
    let items = answer.movies.iter().filter_map(|one| {
        let predicted = one.prediction.as_ref().map(|prediction| {
            let ids = batch_reads::ids(&prediction.because_movie_ids);
            let because = ids.iter().filter_map(|id| reasons.get(id).cloned());
            Predicted::new(prediction, because.collect())
        });
        let because = batch_reads::ids(&one.because_movie_ids);
        let because = because.iter().filter_map(|id| reasons.get(id).cloned());
        Some(Recommended {
            movie: movies.remove(&one.movie_id)?,
            predicted,
            because: because.map(Reason::from).collect(),
        })
    });
    let items = items.collect();
    Ok(Json(Recommendations {
        row: kind,
        personal: answer.personal,
        because_of: movies.remove(&answer.because_movie_id),
        items,
        degraded: degraded.into_names(),
    }))
}

pub(super) async fn movies_by_id(
    clients: &Clients,
    ids: &[Uuid],
    degraded: &mut Degraded,
) -> Result<HashMap<String, Movie>, Problem> {
    let movies = by_ids(clients, ids, degraded).await?;
    Ok(movies.into_iter().map(|movie| (movie.id().to_owned(), movie)).collect())
}
