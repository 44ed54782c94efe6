//! Movies: their facts, their averages, and reading several at once.

use std::collections::HashMap;

use async_graphql::SimpleObject;
use matcha_protos::{
    movie::v1::{self as proto, CreditRole},
    rating::v1::MovieStatistics,
};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        page::{Degradable, Page, page_names},
        people::Person,
    },
    id::Id,
    stars,
    upstream::{
        clients::Clients,
        degraded::{Degraded, in_order},
    },
};

/// A movie's facts with its average.
#[derive(Clone, SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct Movie {
    #[schema(value_type = Uuid)]
    pub(crate) id: Id,
    title: Title,
    year: i32,
    genres: Vec<String>,
    /// ISO 3166-1 alpha-2.
    countries: Vec<String>,
    /// Minutes; null: not known.
    runtime: Option<i32>,
    imdb_id: Option<String>,
    /// Null: the site draws the poster.
    poster_url: Option<String>,
    directors: Vec<Person>,
    cast: Vec<Person>,
    /// Null: the rating service did not answer. GraphQL reads it when a query selects it.
    #[graphql(skip)]
    average: Option<Average>,
}

/// A movie's titles.
#[derive(Clone, SimpleObject, Serialize, ToSchema)]
pub(crate) struct Title {
    ko: String,
    en: String,
    original: String,
}

/// The mean of all members' stars.
#[derive(Clone, SimpleObject, Serialize, ToSchema)]
pub(crate) struct Average {
    /// The mean stars, 0.5-5.0, rounded to hundredths. Null if no member has rated the movie.
    stars: Option<f64>,
    /// The number of ratings.
    count: i64,
}

/// A movie by its titles, where the rest does not matter.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct NamedMovie {
    #[schema(value_type = Uuid)]
    id: Id,
    title: Title,
    year: i32,
}

impl From<proto::Movie> for Movie {
    fn from(movie: proto::Movie) -> Self {
        let none_if_empty = |text: String| Some(text).filter(|text| !text.is_empty());
        let (mut directors, mut cast) = (Vec::new(), Vec::new());
        for credit in movie.credits {
            let role = credit.role();
            let person = credit.person.map(Person::from);
            match role {
                CreditRole::Director => directors.extend(person),
                CreditRole::Actor => cast.extend(person),
                CreditRole::Unspecified => {}
            }
        }
        Self {
            id: Id::from_proto(&movie.id),
            title: Title {
                ko: movie.title_ko,
                en: movie.title_en,
                original: movie.title_original,
            },
            year: movie.year,
            genres: movie.genres,
            countries: movie.countries,
            runtime: Some(movie.runtime).filter(|minutes| *minutes > 0),
            imdb_id: none_if_empty(movie.imdb_id),
            poster_url: none_if_empty(movie.poster_url),
            directors,
            cast,
            average: None,
        }
    }
}

impl Movie {
    /// The movie with its average; `None`: the rating service did not answer.
    pub(crate) fn with_average(self, statistics: Option<&MovieStatistics>) -> Self {
        Self {
            average: statistics.map(Average::from),
            ..self
        }
    }

    /// The person of this id, if the movie credits them.
    pub(crate) fn person(&self, id: Id) -> Option<&Person> {
        let mut people = self.directors.iter().chain(&self.cast);
        people.find(|person| person.id == id)
    }
}

impl From<&MovieStatistics> for Average {
    fn from(of: &MovieStatistics) -> Self {
        Self {
            stars: stars::average(of.sum, of.count),
            count: of.count,
        }
    }
}

impl From<proto::Movie> for NamedMovie {
    fn from(movie: proto::Movie) -> Self {
        Self {
            id: Id::from_proto(&movie.id),
            title: Title {
                ko: movie.title_ko,
                en: movie.title_en,
                original: movie.title_original,
            },
            year: movie.year,
        }
    }
}

/// A page of movies.
pub(crate) type Movies = Page<Movie, Degradable>;

page_names!(Movies, "MovieConnection", "A page of movies.");

impl Movies {
    /// Reads the movies' averages with one call.
    pub(crate) async fn with_averages(mut self, clients: &Clients) -> Self {
        self.extra.degraded = add_averages_to(clients, &mut self.items).await;
        self
    }
}

/// Ten numbers, from half a star to five; all zero for a movie without ratings.
pub(crate) fn histogram(mut counts: Vec<i64>) -> Vec<i64> {
    counts.resize(10, 0);
    counts
}

/// Reads movies without their averages. Unknown ids are left out.
pub(crate) async fn read(clients: &Clients, ids: &[Uuid]) -> Result<HashMap<Id, Movie>, Status> {
    let movies = clients.movies.read(ids).await?.into_values().map(Movie::from);
    Ok(movies.map(|movie| (movie.id, movie)).collect())
}

/// Reads movies without their averages, in the order of the ids. Unknown ids are left out.
pub(crate) async fn read_in_order(clients: &Clients, ids: &[Uuid]) -> Result<Vec<Movie>, Status> {
    let movies = in_order(ids, clients.movies.read(ids).await?);
    Ok(movies.into_iter().map(Movie::from).collect())
}

/// Fills in the averages of movies, which one call reads for all of them.
pub(crate) async fn add_averages<'a>(
    clients: &Clients,
    movies: impl IntoIterator<Item = &'a mut Movie>,
    degraded: &Degraded,
) {
    let movies: Vec<&mut Movie> = movies.into_iter().collect();
    let ids: Vec<Uuid> = movies.iter().map(|movie| movie.id.0).collect();
    let Some(statistics) = degraded.part("rating", clients.statistics.read(&ids).await) else {
        return;
    };
    // A movie without ratings has no statistics.
    let unrated = MovieStatistics::default();
    for movie in movies {
        let of = statistics.get(&movie.id.0).unwrap_or(&unrated);
        movie.average = Some(of.into());
    }
}

/// An item of a list that is about a movie.
pub(crate) trait AboutMovie {
    fn movie_mut(&mut self) -> &mut Movie;
}

impl AboutMovie for Movie {
    fn movie_mut(&mut self) -> &mut Movie {
        self
    }
}

/// Fills in the averages of the movies of a page, and returns the names of the services that did not answer.
pub(crate) async fn add_averages_to<T: AboutMovie>(clients: &Clients, items: &mut [T]) -> Vec<&'static str> {
    let degraded = Degraded::default();
    add_averages(clients, items.iter_mut().map(AboutMovie::movie_mut), &degraded).await;
    degraded.names()
}
