//! `/api/v1/people`: people by name, one person, and the person's movies.

use axum::extract::State;
use chassis::client::request;
use matcha_protos::movie::v1::{self as proto, ListFilmographyRequest, SearchPeopleRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::movies::{Language, MovieSort, Movies, Person};
use crate::{
    http::{
        auth::Anyone,
        extract::{Json, PersonId, Query, cursor, limit, text},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Who somebody is, and the number of movies. One both directed and acted in counts once among all.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonPage {
    person: Person,
    movies: i32,
    directed: i32,
    acted: i32,
}

impl From<proto::Person> for PersonPage {
    fn from(person: proto::Person) -> Self {
        let counts = person.counts.unwrap_or_default();
        Self {
            person: person.into(),
            movies: counts.movies,
            directed: counts.directed,
            acted: counts.acted,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Named {
    /// A Korean or English name, or a part of it; initial consonants.
    q: String,
    /// `next_cursor` of the page before; it belongs to its query.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// A page of people.
#[derive(Serialize, ToSchema)]
pub(super) struct People {
    items: Vec<PersonPage>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
}

/// People by name, the best match first.
#[utoipa::path(get, path = "/api/v1/people", operation_id = "list_people", tag = "people", params(Named),
    security((), ("bearer" = [])), responses((status = 200, body = People)))]
pub(super) async fn list(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(named): Query<Named>,
) -> Result<Json<People>, Problem> {
    let message = SearchPeopleRequest {
        query: text("q", Some(named.q))?,
        cursor: cursor("cursor", named.cursor)?,
        limit: limit("limit", named.limit, 20, 50)?,
    };
    let answer = clients.movie.clone().search_people(request(message, &caller)).await?;
    let answer = answer.into_inner();
    Ok(Json(People {
        items: answer.people.into_iter().map(PersonPage::from).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
    }))
}

/// One person.
#[utoipa::path(get, path = "/api/v1/people/{id}", operation_id = "show_person", tag = "people",
    security((), ("bearer" = [])), params(("id" = Uuid, Path)), responses((status = 200, body = PersonPage)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(_caller): Anyone,
    PersonId(id): PersonId,
) -> Result<Json<PersonPage>, Problem> {
    let person = clients.people.read(&[id]).await?.remove(&id);
    let person = person.ok_or_else(|| Problem::not_found("person"))?;
    Ok(Json(person.into()))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filmography {
    /// Without it, movies of either role.
    #[param(inline)]
    role: Option<CreditRole>,
    /// Usually the newest first; there is no relevance here.
    #[param(inline)]
    sort: Option<MovieSort>,
    /// `next_cursor` of the page before; it belongs to its list.
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
enum CreditRole {
    Director,
    Actor,
}

/// What a person directed and acted in.
#[utoipa::path(get, path = "/api/v1/people/{id}/movies", operation_id = "list_filmography", tag = "people",
    security((), ("bearer" = [])), params(("id" = Uuid, Path), Filmography), responses((status = 200, body = Movies)))]
pub(super) async fn movies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PersonId(id): PersonId,
    Query(list): Query<Filmography>,
) -> Result<Json<Movies>, Problem> {
    let role = match list.role {
        None => proto::CreditRole::Unspecified,
        Some(CreditRole::Director) => proto::CreditRole::Director,
        Some(CreditRole::Actor) => proto::CreditRole::Actor,
    };
    let message = ListFilmographyRequest {
        person_id: id.to_string(),
        role: role.into(),
        sort: MovieSort::inside(list.sort).catalogue()?.into(),
        cursor: cursor("cursor", list.cursor)?,
        limit: limit("limit", list.limit, 20, 50)?,
        language: Language::inside(list.language),
    };
    let answer = clients
        .movie
        .clone()
        .list_filmography(request(message, &caller))
        .await?;
    let answer = answer.into_inner();
    Ok(Json(Movies::page(&clients, answer.movies, answer.next_cursor).await))
}
