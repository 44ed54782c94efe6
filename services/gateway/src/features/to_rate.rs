//! Movies to rate. Every other feature needs ratings, so this one has a fallback: while recommendation is down, it offers the
//! catalogue's most popular movies, without those that the caller has rated or put on the shelf.

use std::collections::HashSet;

use async_graphql::Enum;
use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::{MovieSort, SearchMoviesRequest},
    recommendation::v1::ListToRateRequest,
};
use uuid::Uuid;

use crate::{
    features::movies::{self, Movie},
    http::{
        extract::{decade, text},
        problem::{Kind, Problem},
    },
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// Which movies to offer.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum RateShelf {
    /// Popular movies about which opinions differ: a rating of those says most about the caller.
    ForYou,
    Popular,
}

/// The most pages of the catalogue that the fallback looks through.
const MAX_PAGES: usize = 6;

/// Which movies to offer, as the caller gave it.
pub(crate) struct ToRateQuery {
    pub(crate) limit: i32,
    pub(crate) shelf: RateShelf,
    pub(crate) genre: Option<String>,
    pub(crate) country: Option<String>,
    /// Its first year.
    pub(crate) decade: Option<i32>,
    /// Movies that are not offered.
    pub(crate) exclude: HashSet<Uuid>,
}

/// Reads the movies to rate.
pub(crate) async fn read(
    clients: &Clients,
    caller: &Caller,
    query: ToRateQuery,
    degraded: &Degraded,
) -> Result<Vec<Movie>, Problem> {
    let shelf = match query.shelf {
        RateShelf::ForYou => "for_you",
        RateShelf::Popular => "popular",
    };
    let message = ListToRateRequest {
        limit: query.limit,
        genre: text("genre", query.genre)?,
        country: text("country", query.country)?,
        decade: decade("decade", query.decade)?,
        shelf: shelf.to_owned(),
        exclude_movie_ids: query.exclude.iter().map(Uuid::to_string).collect(),
    };
    let fallback = SearchMoviesRequest {
        genre: message.genre.clone(),
        country: message.country.clone(),
        decade: message.decade,
        sort: MovieSort::Popularity.into(),
        limit: 50,
        ..SearchMoviesRequest::default()
    };
    let mut recommendation = clients.recommendation.clone();
    match recommendation.list_to_rate(request(message, caller)).await {
        Ok(answer) => {
            let ids = batch_reads::ids(&answer.into_inner().movie_ids);
            Ok(movies::read_in_order(clients, &ids).await?)
        }
        Err(status) => {
            let problem = Problem::from(status.clone());
            match problem.kind {
                Kind::Unavailable | Kind::Timeout | Kind::Internal | Kind::TooMany => {
                    degraded.note("recommendation", &status);
                    let most = usize::try_from(query.limit).unwrap_or_default();
                    from_catalogue(clients, caller, fallback, &query.exclude, most).await
                }
                _ => Err(problem),
            }
        }
    }
}

async fn from_catalogue(
    clients: &Clients,
    caller: &Caller,
    mut message: SearchMoviesRequest,
    exclude: &HashSet<Uuid>,
    most: usize,
) -> Result<Vec<Movie>, Problem> {
    let mut found = Vec::new();
    for _ in 0..MAX_PAGES {
        let mut movie = clients.movie.clone();
        let answer = movie.search_movies(request(message.clone(), caller)).await?;
        let answer = answer.into_inner();
        let ids = batch_reads::ids(answer.movies.iter().map(|movie| &movie.id));
        let states = batch_reads::viewer_states(clients, caller, &ids).await?;
        let movies = answer.movies.into_iter().map(Movie::from);
        let new = movies.filter(|movie| !states.contains_key(&movie.id.0) && !exclude.contains(&movie.id.0));
        found.extend(new.take(most - found.len()));
        message.cursor = answer.next_cursor;
        if found.len() == most || message.cursor.is_empty() {
            break;
        }
    }
    Ok(found)
}
