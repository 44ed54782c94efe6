//! Searching and browsing movies. The catalogue and the search belong to movie, a member's ratings to rating, and predictions
//! to recommendation; a search that needs two of them is put together here:
//!
//! - The filter `rated` narrows movie's search by the set of the caller's rated movies, which rating returns. So it goes with
//!   every other filter, sort and query, and takes effect right after a rating.
//! - The sort `predicted` is recommendation's order over its own copy of the catalogue, with its own cursor. Rated movies have
//!   no prediction, so the list holds the others only.
//!
//! A text query cannot be combined with the sort `predicted`: recommendation knows no titles, and sorting the search results
//! would sort within a page only. Such a search is refused. If one of the two services fails, the search fails: a list of
//! unrated movies that includes rated ones would be wrong rather than incomplete.

use async_graphql::Enum;
use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::{self as proto, MovieSet, SearchMoviesRequest, search_movies_request::Among},
    rating::v1::ListRatedMoviesRequest,
    recommendation::v1::ListPredictedRequest,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    features::{
        movies::{self, AboutMovie, Movie},
        page::PageRequest,
    },
    http::{
        extract::{decade, text},
        problem::{Kind, Problem},
    },
    id::Id,
    stars,
    upstream::{batch_reads, clients::Clients},
};

/// The order of a list of movies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MovieSort {
    /// The best match of the query first; without a query, the most popular.
    Relevance,
    Popularity,
    Average,
    Newest,
    Title,
    /// The highest predicted stars first, of movies that the caller has not rated. Not with a query.
    Predicted,
}

impl MovieSort {
    /// The movie service's order for a list that has no order by prediction.
    pub(crate) fn to_proto(sort: Option<Self>) -> Result<proto::MovieSort, Problem> {
        Ok(match sort {
            None => proto::MovieSort::Unspecified,
            Some(Self::Relevance) => proto::MovieSort::Relevance,
            Some(Self::Popularity) => proto::MovieSort::Popularity,
            Some(Self::Average) => proto::MovieSort::Average,
            Some(Self::Newest) => proto::MovieSort::Newest,
            Some(Self::Title) => proto::MovieSort::Title,
            Some(Self::Predicted) => {
                return Err(Problem::invalid("sort", "this list is not sorted by predicted stars"));
            }
        })
    }
}

/// What to search for, as the caller gave it.
pub(crate) struct SearchQuery {
    /// Words to search for; without them, all movies.
    pub(crate) q: Option<String>,
    pub(crate) genre: Option<String>,
    pub(crate) country: Option<String>,
    /// Its first year.
    pub(crate) decade: Option<i32>,
    /// Only movies that the caller has rated, or only others; `None`: both.
    pub(crate) rated: Option<bool>,
    pub(crate) sort: Option<MovieSort>,
    /// `ko` or `en`, for the sort by title.
    pub(crate) language: String,
    pub(crate) page: PageRequest,
}

/// Movies that were found, without their averages.
pub(crate) struct SearchPage {
    pub(crate) movies: Vec<FoundMovie>,
    /// Empty: this was the last page.
    pub(crate) next_cursor: String,
}

/// A movie that was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundMovie {
    #[serde(flatten)]
    pub(crate) movie: Movie,
    /// With `sort=predicted`: the caller's predicted stars, in steps of 0.1. Null in other orders.
    predicted: Option<f64>,
}

impl AboutMovie for FoundMovie {
    fn movie_mut(&mut self) -> &mut Movie {
        &mut self.movie
    }
}

/// Searches the catalogue.
pub(crate) async fn search(clients: &Clients, caller: &Caller, query: SearchQuery) -> Result<SearchPage, Problem> {
    let message = SearchMoviesRequest {
        query: text("q", query.q)?,
        genre: text("genre", query.genre)?,
        country: text("country", query.country)?,
        decade: decade("decade", query.decade)?,
        cursor: query.page.cursor,
        limit: query.page.limit,
        language: query.language,
        ..SearchMoviesRequest::default()
    };
    if query.sort == Some(MovieSort::Predicted) {
        by_prediction(clients, caller, message, query.rated).await
    } else {
        let message = SearchMoviesRequest {
            sort: MovieSort::to_proto(query.sort)?.into(),
            among: among(clients, caller, query.rated).await?,
            ..message
        };
        in_catalogue(clients, caller, message).await
    }
}

fn require_member(caller: &Caller) -> Result<(), Problem> {
    let member = caller.member_if_any();
    member
        .map(drop)
        .ok_or_else(|| Problem::new(Kind::Unauthenticated, "sign in first"))
}

async fn in_catalogue(clients: &Clients, caller: &Caller, message: SearchMoviesRequest) -> Result<SearchPage, Problem> {
    let answer = clients.movie.clone().search_movies(request(message, caller)).await?;
    let answer = answer.into_inner();
    let movies = answer.movies.into_iter().map(|movie| FoundMovie {
        movie: movie.into(),
        predicted: None,
    });
    Ok(SearchPage {
        movies: movies.collect(),
        next_cursor: answer.next_cursor,
    })
}

/// The set of movies that the filter `rated` keeps or leaves out.
async fn among(clients: &Clients, caller: &Caller, rated: Option<bool>) -> Result<Option<Among>, Problem> {
    let Some(rated) = rated else { return Ok(None) };
    require_member(caller)?;
    let mut rating = clients.rating.clone();
    let answer = rating
        .list_rated_movies(request(ListRatedMoviesRequest {}, caller))
        .await?;
    let movies = MovieSet {
        movie_ids: answer.into_inner().movie_ids,
    };
    Ok(Some(if rated {
        Among::Only(movies)
    } else {
        Among::Except(movies)
    }))
}

async fn by_prediction(
    clients: &Clients,
    caller: &Caller,
    search: SearchMoviesRequest,
    rated: Option<bool>,
) -> Result<SearchPage, Problem> {
    require_member(caller)?;
    if !search.query.trim().is_empty() {
        let detail = "what is searched for by words is not sorted by predicted stars; leave out the words or the sort";
        return Err(Problem::invalid("sort", detail));
    }
    if rated == Some(true) {
        let detail = "nothing is predicted for what is rated; leave out the filter or the sort";
        return Err(Problem::invalid("sort", detail));
    }
    let message = ListPredictedRequest {
        genre: search.genre,
        // Movie reads country codes in either case, recommendation in capitals only.
        country: search.country.to_ascii_uppercase(),
        decade: search.decade,
        cursor: search.cursor,
        limit: search.limit,
    };
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation.list_predicted(request(message, caller)).await?;
    let answer = answer.into_inner();
    if answer.rated_count < answer.unlock_at {
        let missing = answer.unlock_at - answer.rated_count;
        let detail = format!(
            "predicted stars unlock with {} ratings; {missing} to go",
            answer.unlock_at
        );
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let ids = batch_reads::ids(answer.predictions.iter().map(|one| &one.movie_id));
    let mut movies = movies::read(clients, &ids).await?;
    let movies = answer.predictions.iter().filter_map(|prediction| {
        Some(FoundMovie {
            movie: movies.remove(&Id::from_proto(&prediction.movie_id))?,
            predicted: Some(stars::predicted(prediction.stars)),
        })
    });
    Ok(SearchPage {
        movies: movies.collect(),
        next_cursor: answer.next_cursor,
    })
}
