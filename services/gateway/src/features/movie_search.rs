//! Finding movies. The catalogue and the search are movie's, what a member has rated is rating's, and what is predicted is
//! recommendation's; none of them knows the others' part, so a search that needs two of them is put together here:
//!
//! - *rated* and *not rated yet* narrow movie's search by the set of the member's rated movies, which rating gives. So they go
//!   with every filter, sort and query, and a movie that was rated a moment ago has moved.
//! - *predicted* is an order of recommendation's own, over its copy of the catalogue, with its own cursor. What is rated has no
//!   prediction, so the list is of the other movies only.
//!
//! Words cannot be searched for in that order: recommendation knows no titles, and sorting what movie found would sort a page at
//! a time. So that is refused, and the site does not offer it. Nor has an answer without one of the parts any worth: a search
//! for what is not rated that shows what is rated is wrong, not poorer.

use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::{self as movie, MovieSet, SearchMoviesRequest, search_movies_request::Among},
    rating::v1::ListRatedMoviesRequest,
    recommendation::v1::{ListPredictedRequest, Prediction},
};

use crate::{
    http::problem::{Kind, Problem},
    upstream::{batch_reads, clients::Clients, degraded::in_order},
};

/// In which order movies are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Catalogue(movie::MovieSort),
    Predicted,
}

impl Sort {
    /// For a list that nothing is predicted for.
    pub(crate) fn catalogue(self) -> Result<movie::MovieSort, Problem> {
        match self {
            Self::Catalogue(sort) => Ok(sort),
            Self::Predicted => Err(Problem::invalid("sort", "this list is not sorted by predicted stars")),
        }
    }
}

/// What is looked for, checked.
pub(crate) struct Wanted {
    pub(crate) query: String,
    pub(crate) genre: String,
    pub(crate) country: String,
    pub(crate) decade: Option<i32>,
    /// Rated by the member, or not yet; `None`: either.
    pub(crate) rated: Option<bool>,
    pub(crate) sort: Sort,
    pub(crate) cursor: String,
    pub(crate) limit: i32,
    pub(crate) language: String,
}

#[derive(Default)]
pub(crate) struct Found {
    pub(crate) movies: Vec<movie::Movie>,
    /// Empty: this was the last page.
    pub(crate) next_cursor: String,
    /// Of these movies, where they came by their predictions.
    pub(crate) predictions: Vec<Prediction>,
}

pub(crate) async fn find(clients: &Clients, caller: &Caller, wanted: Wanted) -> Result<Found, Problem> {
    match wanted.sort {
        Sort::Predicted => by_prediction(clients, caller, wanted).await,
        Sort::Catalogue(sort) => in_catalogue(clients, caller, wanted, sort).await,
    }
}

fn must_be_member(caller: &Caller) -> Result<(), Problem> {
    let member = caller.member_if_any();
    member
        .map(drop)
        .ok_or_else(|| Problem::new(Kind::Unauthenticated, "sign in first"))
}

async fn in_catalogue(
    clients: &Clients,
    caller: &Caller,
    wanted: Wanted,
    sort: movie::MovieSort,
) -> Result<Found, Problem> {
    let among = match wanted.rated {
        None => None,
        Some(rated) => {
            let movies = rated_movies(clients, caller).await?;
            Some(if rated {
                Among::Only(movies)
            } else {
                Among::Except(movies)
            })
        }
    };
    let message = SearchMoviesRequest {
        query: wanted.query,
        genre: wanted.genre,
        country: wanted.country,
        decade: wanted.decade,
        sort: sort.into(),
        cursor: wanted.cursor,
        limit: wanted.limit,
        language: wanted.language,
        among,
    };
    let answer = clients.movie.clone().search_movies(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(Found {
        movies: answer.movies,
        next_cursor: answer.next_cursor,
        predictions: Vec::new(),
    })
}

async fn rated_movies(clients: &Clients, caller: &Caller) -> Result<MovieSet, Problem> {
    must_be_member(caller)?;
    let mut rating = clients.rating.clone();
    let answer = rating
        .list_rated_movies(request(ListRatedMoviesRequest {}, caller))
        .await?;
    Ok(MovieSet {
        movie_ids: answer.into_inner().movie_ids,
    })
}

async fn by_prediction(clients: &Clients, caller: &Caller, wanted: Wanted) -> Result<Found, Problem> {
    must_be_member(caller)?;
    if !wanted.query.trim().is_empty() {
        let detail = "what is searched for by words is not sorted by predicted stars; leave out the words or the sort";
        return Err(Problem::invalid("sort", detail));
    }
    if wanted.rated == Some(true) {
        let detail = "nothing is predicted for what is rated; leave out the filter or the sort";
        return Err(Problem::invalid("sort", detail));
    }
    let message = ListPredictedRequest {
        genre: wanted.genre,
        // As movie reads it.
        country: wanted.country.to_ascii_uppercase(),
        decade: wanted.decade,
        cursor: wanted.cursor,
        limit: wanted.limit,
    };
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation
        .list_predicted(request(message, caller))
        .await?
        .into_inner();
    if answer.rated_count < answer.unlock_at {
        let left = answer.unlock_at - answer.rated_count;
        let detail = format!("predicted stars unlock with {} ratings; {left} to go", answer.unlock_at);
        return Err(Problem::new(Kind::Conflict, detail));
    }
    let ids = batch_reads::ids(answer.predictions.iter().map(|one| &one.movie_id));
    let movies = clients.movies.read(&ids).await?;
    Ok(Found {
        movies: in_order(&ids, movies),
        next_cursor: answer.next_cursor,
        predictions: answer.predictions,
    })
}
