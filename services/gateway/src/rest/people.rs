//! `/api/v1/people`: people by name, one person, and the person's movies.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{movies::title_sort_language, pages::page};
use crate::{
    features::{
        filmography::{self, Filmography},
        movie_search::MovieSort,
        movies::Movies,
        people::{self, CreditRole, Person},
        settings::Language,
    },
    http::{
        auth::Anyone,
        extract::{Json, PersonId, Query, text},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// A person, and the number of movies. A movie that the person both directed and acted in counts once in `movies`.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonPage {
    person: Person,
    movies: i32,
    directed: i32,
    acted: i32,
}

impl From<Person> for PersonPage {
    fn from(person: Person) -> Self {
        let counts = person.counts.get().copied().flatten().unwrap_or_default();
        Self {
            person,
            movies: counts.movies,
            directed: counts.directed,
            acted: counts.acted,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PersonSearch {
    /// A Korean or English name, or a part of it; initial consonants.
    q: String,
    /// `next_cursor` of the page before, from the same query.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// A page of people.
#[derive(Serialize, ToSchema)]
pub(super) struct People {
    items: Vec<PersonPage>,
    /// The cursor of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// Searches people by name, the best match first.
#[utoipa::path(get, path = "/api/v1/people", operation_id = "list_people", tag = "people", params(PersonSearch),
    security((), ("bearer" = [])), responses((status = 200, body = People)))]
pub(super) async fn list(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(search): Query<PersonSearch>,
) -> Result<Json<People>, Problem> {
    let query = text("q", Some(search.q))?;
    let page = page(search.cursor, search.limit)?;
    let people = people::search(&clients, &caller, query, page).await?;
    Ok(Json(People {
        items: people.items.into_iter().map(PersonPage::from).collect(),
        next_cursor: people.next_cursor,
    }))
}

/// Returns a person.
#[utoipa::path(get, path = "/api/v1/people/{id}", operation_id = "show_person", tag = "people",
    security((), ("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 200, body = PersonPage)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(_caller): Anyone,
    PersonId(id): PersonId,
) -> Result<Json<PersonPage>, Problem> {
    let person = people::get(&clients, id).await?;
    let person = person.ok_or_else(|| Problem::not_found("person"))?;
    Ok(Json(person.into()))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FilmographyFilter {
    /// Movies of any role if left out.
    #[param(inline)]
    role: Option<CreditRole>,
    /// The newest first if left out; relevance and predicted stars are no orders of this list.
    #[param(inline)]
    sort: Option<MovieSort>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
    /// Language of the title sort: `ko` or `en`.
    #[param(inline)]
    language: Option<Language>,
}

/// Returns the movies that a person directed or acted in.
#[utoipa::path(get, path = "/api/v1/people/{id}/movies", operation_id = "list_filmography", tag = "people",
    security((), ("bearer" = [])), params(("id" = Uuid, Path), FilmographyFilter),
    responses((status = 200, body = Movies)))]
pub(super) async fn movies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PersonId(id): PersonId,
    Query(filter): Query<FilmographyFilter>,
) -> Result<Json<Movies>, Problem> {
    let filmography = Filmography {
        person: id.into(),
        role: filter.role,
        sort: MovieSort::to_proto(filter.sort)?,
        language: title_sort_language(filter.language),
        page: page(filter.cursor, filter.limit)?,
    };
    let movies = filmography::read(&clients, &caller, filmography).await?;
    Ok(Json(movies.with_averages(&clients).await))
}
