//! `/api/v1/movies`: search and browse, the movie page, similar movies.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::pages::page;
use crate::{
    features::{
        movie_page::{self, MoviePage},
        movie_search::{self, FoundMovie, MovieSort, SearchQuery},
        movies::{self, Movies},
        page::Degradable,
        recommendations,
        settings::Language,
    },
    http::{
        auth::Anyone,
        extract::{Json, MovieId, Query, limit},
        problem::Problem,
    },
    upstream::clients::Clients,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchFilter {
    /// Words of a Korean, English or original title, or initial consonants. All movies if left out.
    q: Option<String>,
    genre: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    /// Its first year.
    #[param(example = 1990)]
    decade: Option<i32>,
    /// True: movies that the caller has rated. False: movies that the caller has not rated. Both if left out.
    rated: Option<bool>,
    #[param(inline)]
    sort: Option<MovieSort>,
    /// `next_cursor` of the page before, from the same query.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
    /// Language of the title sort: `ko` or `en`.
    #[param(inline)]
    language: Option<Language>,
}

/// A page of the movies that were found.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundMovies {
    items: Vec<FoundMovie>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// Services that could not answer; their part is null.
    degraded: Vec<&'static str>,
}

/// Search and browse. The parameter `rated` and the sort `predicted` need a signed-in caller.
#[utoipa::path(get, path = "/api/v1/movies", tag = "movies", params(SearchFilter), security((), ("bearer" = [])),
    responses((status = 200, body = FoundMovies)))]
pub(super) async fn list(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(filter): Query<SearchFilter>,
) -> Result<Json<FoundMovies>, Problem> {
    let query = SearchQuery {
        q: filter.q,
        genre: filter.genre,
        country: filter.country,
        decade: filter.decade,
        rated: filter.rated,
        sort: filter.sort,
        language: title_sort_language(filter.language),
        page: page(filter.cursor, filter.limit)?,
    };
    let mut found = movie_search::search(&clients, &caller, query).await?;
    let degraded = movies::add_averages_to(&clients, &mut found.movies).await;
    Ok(Json(FoundMovies {
        items: found.movies,
        next_cursor: Some(found.next_cursor).filter(|cursor| !cursor.is_empty()),
        degraded,
    }))
}

/// The language tag for the title sort; Korean unless the caller chose another.
pub(super) fn title_sort_language(language: Option<Language>) -> String {
    language.unwrap_or(Language::Ko).tag().to_owned()
}

/// The movie page.
#[utoipa::path(get, path = "/api/v1/movies/{id}", tag = "movies", security((), ("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = MoviePage)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    MovieId(id): MovieId,
) -> Result<Json<MoviePage>, Problem> {
    Ok(Json(movie_page::read(&clients, &caller, id).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SimilarFilter {
    /// 1-50; 12 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Movies similar to this one.
#[utoipa::path(get, path = "/api/v1/movies/{id}/similar", tag = "movies", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), SimilarFilter), responses((status = 200, body = Movies)))]
pub(super) async fn similar(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    MovieId(id): MovieId,
    Query(filter): Query<SimilarFilter>,
) -> Result<Json<Movies>, Problem> {
    let limit = limit("limit", filter.limit, 12, 50)?;
    let ids = [id];
    let (known, similar) = tokio::join!(
        clients.movies.read(&ids),
        recommendations::similar(&clients, &caller, id, limit),
    );
    if known?.is_empty() {
        return Err(Problem::not_found("movie"));
    }
    let movies = movies::read_in_order(&clients, &similar?).await?;
    let movies = Movies::new(movies, String::new(), Degradable::default());
    Ok(Json(movies.with_averages(&clients).await))
}
