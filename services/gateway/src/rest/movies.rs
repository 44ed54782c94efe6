//! `/api/v1/movies`: search and browse, the movie page, similar movies.

use std::collections::HashMap;

use axum::extract::State;
use chassis::client::request;
use matcha_protos::{
    movie::v1::{self as proto, CreditRole},
    rating::v1::MovieStatistics,
    recommendation::v1::{self as recommended, SimilarRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::shelf::ShelfState;
use crate::{
    features::movie_search::{Sort, Wanted, find},
    http::{
        auth::Anyone,
        extract::{Json, MovieId, Query, cursor, decade, limit, text},
        problem::Problem,
    },
    stars,
    upstream::{
        batch_reads,
        clients::Clients,
        degraded,
        degraded::{Degraded, in_order},
    },
};

/// A movie's facts with its average.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Movie {
    #[schema(value_type = Uuid)]
    id: String,
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
    /// Null: it cannot be had at the moment.
    average: Option<Average>,
}

#[derive(Clone, Serialize, ToSchema)]
struct Title {
    ko: String,
    en: String,
    original: String,
}

#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Person {
    #[schema(value_type = Uuid)]
    id: String,
    name_ko: String,
    name_en: String,
}

#[derive(Clone, Serialize, ToSchema)]
struct Average {
    /// 0.5-5.0; null: nobody has rated it.
    stars: Option<f64>,
    count: i64,
}

impl From<proto::Person> for Person {
    fn from(person: proto::Person) -> Self {
        Self {
            id: person.id,
            name_ko: person.name_ko,
            name_en: person.name_en,
        }
    }
}

impl Movie {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn new(movie: proto::Movie, statistics: Option<&MovieStatistics>) -> Self {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
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
            id: movie.id,
            title: Title {
                ko: movie.title_ko,
                en: movie.title_en,
                original: movie.title_original,
            },
            year: movie.year,
            genres: movie.genres,
            countries: movie.countries,
            runtime: Some(movie.runtime).filter(|minutes| *minutes > 0),
            imdb_id: given(movie.imdb_id),
            poster_url: given(movie.poster_url),
            directors,
            cast,
            average: statistics.map(|of| Average {
                stars: stars::average(of.sum, of.count),
                count: of.count,
            }),
        }
    }
}

/// Movies with their averages, which come in one call for all of them.
pub(super) async fn with_averages(clients: &Clients, movies: Vec<proto::Movie>, degraded: &mut Degraded) -> Vec<Movie> {
    let ids = batch_reads::ids(movies.iter().map(|movie| &movie.id));
    let statistics = clients.statistics.read(&ids).await;
    let statistics = degraded.part("rating", statistics);
    let movies = movies.into_iter().map(|movie| {
        let id: Option<Uuid> = movie.id.parse().ok();
        // Whoever is not in an answer that did come has no ratings yet.
        let none = MovieStatistics::default();
        let of = statistics
            .as_ref()
            .map(|all| id.and_then(|id| all.get(&id)).unwrap_or(&none));
        Movie::new(movie, of)
    });
    movies.collect()
}

/// The movies of these ids in their order, with averages; unknown ones are left out.
pub(super) async fn by_ids(clients: &Clients, ids: &[Uuid], degraded: &mut Degraded) -> Result<Vec<Movie>, Problem> {
    let movies = clients.movies.read(ids).await?;
    Ok(with_averages(clients, in_order(ids, movies), degraded).await)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// What to search for: Korean, English or original title, initial consonants. Without it, everything.
    q: Option<String>,
    genre: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    /// Its first year.
    #[param(example = 1990)]
    decade: Option<i32>,
    /// What the member has rated, or not yet; without it, either.
    rated: Option<bool>,
    #[param(inline)]
    sort: Option<MovieSort>,
    /// `next_cursor` of the page before; it belongs to its query.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
    /// Language of the title sort: `ko` or `en`.
    #[param(inline)]
    language: Option<Language>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MovieSort {
    Relevance,
    Popularity,
    Average,
    Newest,
    Title,
    /// By the member's predicted stars: of what is not rated, and without words to search for.
    Predicted,
}

impl MovieSort {
    pub(super) fn inside(sort: Option<Self>) -> Sort {
        Sort::Catalogue(match sort {
            None => proto::MovieSort::Unspecified,
            Some(Self::Relevance) => proto::MovieSort::Relevance,
            Some(Self::Popularity) => proto::MovieSort::Popularity,
            Some(Self::Average) => proto::MovieSort::Average,
            Some(Self::Newest) => proto::MovieSort::Newest,
            Some(Self::Title) => proto::MovieSort::Title,
            Some(Self::Predicted) => return Sort::Predicted,
        })
    }
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Language {
    Ko,
    En,
}

impl Language {
    pub(super) fn inside(language: Option<Self>) -> String {
        match language {
            Some(Self::En) => "en".to_owned(),
            Some(Self::Ko) | None => "ko".to_owned(),
        }
    }
}

/// A page of movies.
#[derive(Serialize, ToSchema)]
pub(super) struct Movies {
    items: Vec<Movie>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// Services that could not answer; their part is null.
    degraded: Vec<&'static str>,
}

impl Movies {
    /// One page as movie answers it, with averages.
    pub(super) async fn page(clients: &Clients, movies: Vec<proto::Movie>, next_cursor: String) -> Self {
        let mut degraded = Degraded::default();
        Self {
            items: with_averages(clients, movies, &mut degraded).await,
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            degraded: degraded.into_names(),
        }
    }
}

/// A movie that was found.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundMovie {
    #[serde(flatten)]
    movie: Movie,
    /// With `sort=predicted`: the member's predicted stars, in steps of 0.1. Null in other orders.
    predicted: Option<f64>,
}

/// A page of what was found.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundMovies {
    items: Vec<FoundMovie>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// Services that could not answer; their part is null.
    degraded: Vec<&'static str>,
}

/// Search and browse. What is rated and what is predicted is the member's own: who is signed out cannot ask for it.
#[utoipa::path(get, path = "/api/v1/movies", tag = "movies", params(Filter), security((), ("bearer" = [])),
    responses((status = 200, body = FoundMovies)))]
pub(super) async fn list(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(filter): Query<Filter>,
) -> Result<Json<FoundMovies>, Problem> {
    let wanted = Wanted {
        query: text("q", filter.q)?,
        genre: text("genre", filter.genre)?,
        country: text("country", filter.country)?,
        decade: decade("decade", filter.decade)?,
        rated: filter.rated,
        sort: MovieSort::inside(filter.sort),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
        language: Language::inside(filter.language),
    };
    let found = find(&clients, &caller, wanted).await?;
    let predictions = found.predictions.iter();
    let predicted: HashMap<&String, f64> = predictions
        .map(|one| (&one.movie_id, stars::predicted(one.stars)))
        .collect();
    let mut degraded = Degraded::default();
    let movies = with_averages(&clients, found.movies, &mut degraded).await.into_iter();
    Ok(Json(FoundMovies {
        items: movies
            .map(|movie| FoundMovie {
                predicted: predicted.get(&movie.id).copied(),
                movie,
            })
            .collect(),
        next_cursor: Some(found.next_cursor).filter(|cursor| !cursor.is_empty()),
        degraded: degraded.into_names(),
    }))
}

/// Everything about one movie.
#[derive(Serialize, ToSchema)]
pub(super) struct MoviePage {
    movie: Movie,
    /// Null: they cannot be had at the moment.
    statistics: Option<Statistics>,
    /// What the member said of it; null when signed out.
    mine: Option<Mine>,
    /// Services that could not answer; their part is null.
    degraded: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct Statistics {
    /// 0.5-5.0; null: nobody has rated it.
    average: Option<f64>,
    count: i64,
    /// Ten numbers, half a star to five.
    #[schema(min_items = 10, max_items = 10)]
    histogram: Vec<i64>,
    /// Comments that are public.
    comment_count: i64,
}

#[derive(Serialize, ToSchema)]
struct Mine {
    /// 0.5-5.0; null: not rated.
    stars: Option<f64>,
    shelf: Option<ShelfState>,
    /// Never for a movie the member has rated, nor before ten ratings.
    predicted: Option<Predicted>,
}

/// Predicted stars of the member.
#[derive(Serialize, ToSchema)]
pub(super) struct Predicted {
    /// In steps of 0.1.
    stars: f64,
    confidence: Confidence,
    /// Movies the member rated that raise this prediction most.
    because: Vec<Reason>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Reason {
    #[schema(value_type = Uuid)]
    id: String,
    title: Title,
    year: i32,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Confidence {
    Low,
    Medium,
    High,
}

impl From<proto::Movie> for Reason {
    fn from(movie: proto::Movie) -> Self {
        Self {
            id: movie.id,
            title: Title {
                ko: movie.title_ko,
                en: movie.title_en,
                original: movie.title_original,
            },
            year: movie.year,
        }
    }
}

impl Predicted {
    pub(super) fn new(prediction: &recommended::Prediction, because: Vec<proto::Movie>) -> Self {
        let because = because.into_iter().map(Reason::from);
        Self {
            stars: stars::predicted(prediction.stars),
            confidence: match prediction.confidence() {
                recommended::Confidence::High => Confidence::High,
                recommended::Confidence::Medium => Confidence::Medium,
                recommended::Confidence::Low | recommended::Confidence::Unspecified => Confidence::Low,
            },
            because: because.collect(),
        }
    }
}

/// The movie page.
#[utoipa::path(get, path = "/api/v1/movies/{id}", tag = "movies", security((), ("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = MoviePage)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    MovieId(id): MovieId,
) -> Result<Json<MoviePage>, Problem> {
    let page = degraded::movie_page(&clients, &caller, id).await?;
    let predicted = page
        .prediction
        .as_ref()
        .map(|prediction| Predicted::new(prediction, page.because));
    Ok(Json(MoviePage {
        movie: Movie::new(page.movie, page.statistics.as_ref()),
        mine: page.mine.map(|mine| Mine {
            stars: mine.stars.map(stars::outside),
            shelf: ShelfState::from_inside(mine.shelf()),
            predicted,
        }),
        statistics: page.statistics.map(|of| Statistics {
            average: stars::average(of.sum, of.count),
            count: of.count,
            comment_count: of.comment_count,
            histogram: histogram(of.histogram),
        }),
        degraded: page.degraded,
    }))
}

/// Ten numbers, also of a movie nobody has rated.
pub(crate) fn histogram(mut counts: Vec<i64>) -> Vec<i64> {
    counts.resize(10, 0);
    counts
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Most {
    /// 1-50, usually 12.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Movies like this one.
#[utoipa::path(get, path = "/api/v1/movies/{id}/similar", tag = "movies", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), Most), responses((status = 200, body = Movies)))]
pub(super) async fn similar(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    MovieId(id): MovieId,
    Query(most): Query<Most>,
) -> Result<Json<Movies>, Problem> {
    let message = SimilarRequest {
        movie_id: id.to_string(),
        limit: limit("limit", most.limit, 12, 50)?,
    };
    let mut recommendation = clients.recommendation.clone();
    let ids = [id];
    let (known, answer) = tokio::join!(
        clients.movies.read(&ids),
        recommendation.similar(request(message, &caller)),
    );
    if known?.is_empty() {
        return Err(Problem::not_found("movie"));
    }
    let ids = batch_reads::ids(&answer?.into_inner().movie_ids);
    let mut degraded = Degraded::default();
    let items = by_ids(&clients, &ids, &mut degraded).await?;
    Ok(Json(Movies {
        items,
        next_cursor: None,
        degraded: degraded.into_names(),
    }))
}
