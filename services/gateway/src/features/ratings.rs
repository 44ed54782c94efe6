//! Ratings: the stars that members give movies, from 0.5 to 5.0.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{self as proto, ClearRatingRequest, ListRatingsRequest, RateRequest};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        movies::{self, AboutMovie, Movie},
        page::{Counted, Page, PageRequest, page_names},
    },
    http::problem::Problem,
    id::Id,
    stars,
    timestamp::Timestamp,
    upstream::{batch_reads, clients::Clients},
    wire_enum::wire_enum,
};

wire_enum! {
    /// The order of a list of ratings.
    pub(crate) enum RatingSort = proto::RatingSort {
        Newest,
        StarsHigh,
        StarsLow,
    }
}

/// A movie and the stars that a member gave it.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct Rating {
    movie: Movie,
    /// 0.5-5.0.
    stars: f64,
    #[schema(value_type = OffsetDateTime)]
    rated_at: Timestamp,
}

impl AboutMovie for Rating {
    fn movie_mut(&mut self) -> &mut Movie {
        &mut self.movie
    }
}

/// A page of ratings.
pub(crate) type Ratings = Page<Rating, Counted>;

page_names!(Ratings, "RatingConnection", "A page of ratings.");

impl Ratings {
    /// Reads the movies' averages with one call.
    pub(crate) async fn with_averages(mut self, clients: &Clients) -> Self {
        self.extra.degraded = movies::add_averages_to(clients, &mut self.items).await;
        self
    }
}

/// Which ratings to list.
pub(crate) struct RatingsQuery {
    /// Whose ratings; `None`: the caller's.
    pub(crate) member: Option<Id>,
    /// The newest first unless chosen otherwise.
    pub(crate) sort: Option<RatingSort>,
    /// Only ratings with these stars, as [`half_steps`] returns them.
    pub(crate) half_steps: Option<i32>,
    pub(crate) page: PageRequest,
}

/// Lists a member's ratings.
pub(crate) async fn list(clients: &Clients, caller: &Caller, query: RatingsQuery) -> Result<Ratings, Status> {
    let message = ListRatingsRequest {
        sort: query.sort.unwrap_or(RatingSort::Newest).to_proto().into(),
        cursor: query.page.cursor,
        limit: query.page.limit,
        stars: query.half_steps,
        member_id: query.member.map(|id| id.to_string()).unwrap_or_default(),
    };
    let answer = clients.rating.clone().list_ratings(request(message, caller)).await?;
    let answer = answer.into_inner();
    let ids = batch_reads::ids(answer.ratings.iter().map(|rating| &rating.movie_id));
    let mut movies = movies::read(clients, &ids).await?;
    let items = answer.ratings.iter().filter_map(|rating| {
        Some(Rating {
            movie: movies.remove(&Id::from_proto(&rating.movie_id))?,
            stars: stars::from_half_steps(rating.stars),
            rated_at: Timestamp::from_seconds(rating.rated_at),
        })
    });
    Ok(Page::new(
        items.collect(),
        answer.next_cursor,
        Counted::new(answer.total),
    ))
}

/// What is stored after a movie was rated.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rated {
    /// 0.5-5.0.
    stars: f64,
    /// How many movies the member has rated now.
    pub(crate) rated_count: i64,
}

/// Rates a movie or changes the caller's rating of it.
pub(crate) async fn rate(clients: &Clients, caller: &Caller, movie_id: Uuid, half_steps: i32) -> Result<Rated, Status> {
    let message = RateRequest {
        movie_id: movie_id.to_string(),
        stars: half_steps,
    };
    let answer = clients.rating.clone().rate(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(Rated {
        stars: stars::from_half_steps(answer.stars),
        rated_count: answer.rated_count,
    })
}

/// Clears the caller's rating of a movie, if there is one, and returns how many movies the caller has rated now.
pub(crate) async fn clear(clients: &Clients, caller: &Caller, movie_id: Uuid) -> Result<i64, Status> {
    let message = ClearRatingRequest {
        movie_id: movie_id.to_string(),
    };
    let answer = clients.rating.clone().clear_rating(request(message, caller)).await?;
    Ok(answer.into_inner().rated_count)
}

/// Stars of an argument named `stars` as the half steps that the rating service takes.
pub(crate) fn half_steps(given: f64) -> Result<i32, Problem> {
    stars::to_half_steps(given).ok_or_else(|| Problem::invalid("stars", stars::EXPECTED))
}
