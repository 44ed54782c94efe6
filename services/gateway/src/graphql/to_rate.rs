//! Movies to rate. Rating feeds everything else, so it goes on while recommendation is away: then the catalogue's popular
//! movies are offered, without those the member has rated or shelved.

use std::collections::HashSet;

use async_graphql::{Enum, ID};
use chassis::client::request;
use matcha_protos::{
    movie::v1::{MovieSort, SearchMoviesRequest},
    recommendation::v1::ListToRateRequest,
};
use uuid::Uuid;

use super::{loaders::Asker, movie::Movie};
use crate::{
    http::{
        extract::{decade, limit, text, uuid},
        problem::{Kind, Problem},
    },
    upstream::batch_reads,
};

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum RateShelf {
    ForYou,
    Popular,
}

/// Pages of the catalogue that are looked through at most.
const PAGES: usize = 6;
const MOST_EXCLUDED: usize = 500;

pub(super) struct Wanted {
    first: i32,
    shelf: RateShelf,
    genre: String,
    country: String,
    decade: Option<i32>,
    exclude: HashSet<Uuid>,
}

impl Wanted {
    pub(super) fn new(
        first: Option<i32>,
        shelf: Option<RateShelf>,
        genre: Option<String>,
        country: Option<String>,
        start: Option<i32>,
        exclude: Option<Vec<ID>>,
    ) -> Result<Self, Problem> {
        let exclude = exclude.unwrap_or_default();
        if exclude.len() > MOST_EXCLUDED {
            return Err(Problem::invalid("exclude", format!("at most {MOST_EXCLUDED} movies")));
        }
        let exclude = exclude.iter().map(|id| uuid("exclude", id));
        Ok(Self {
            first: limit("first", first, 20, 50)?,
            shelf: shelf.unwrap_or(RateShelf::ForYou),
            genre: text("genre", genre)?,
            country: text("country", country)?,
            decade: decade("decade", start)?,
            exclude: exclude.collect::<Result<_, _>>()?,
        })
    }
}

pub(super) async fn movies(asker: &Asker, wanted: Wanted) -> Result<Vec<Movie>, Problem> {
    let shelf = match wanted.shelf {
        RateShelf::ForYou => "for_you",
        RateShelf::Popular => "popular",
    };
    let message = ListToRateRequest {
        limit: wanted.first,
        genre: wanted.genre.clone(),
        country: wanted.country.clone(),
        decade: wanted.decade,
        shelf: shelf.to_owned(),
        exclude_movie_ids: wanted.exclude.iter().map(Uuid::to_string).collect(),
    };
    let mut recommendation = asker.clients.recommendation.clone();
    match recommendation.list_to_rate(request(message, &asker.caller)).await {
        Ok(answer) => asker.movies(&batch_reads::ids(&answer.into_inner().movie_ids)).await,
        Err(status) => {
            let problem = Problem::from(status.clone());
            match problem.kind {
                Kind::Unavailable | Kind::Timeout | Kind::Internal | Kind::TooMany => {
                    asker.part::<()>("recommendation", Err(status));
                    from_catalogue(asker, wanted).await
                }
                _ => Err(problem),
            }
        }
    }
}

async fn from_catalogue(asker: &Asker, wanted: Wanted) -> Result<Vec<Movie>, Problem> {
    let most = usize::try_from(wanted.first).unwrap_or_default();
    let mut message = SearchMoviesRequest {
        genre: wanted.genre,
        country: wanted.country,
        decade: wanted.decade,
        sort: MovieSort::Popularity.into(),
        limit: 50,
        ..SearchMoviesRequest::default()
    };
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let mut movie = asker.clients.movie.clone();
        let answer = movie.search_movies(request(message.clone(), &asker.caller)).await?;
        let answer = answer.into_inner();
        let ids = batch_reads::ids(answer.movies.iter().map(|movie| &movie.id));
        let mine = asker.mine.load_many(ids).await?;
        for facts in answer.movies {
            let known = facts
                .id
                .parse()
                .is_ok_and(|id| mine.contains_key(&id) || wanted.exclude.contains(&id));
            if !known && found.len() < most {
                found.push(Movie::new(facts.into()));
            }
        }
        message.cursor = answer.next_cursor;
        if found.len() == most || message.cursor.is_empty() {
            break;
        }
    }
    Ok(found)
}
