//! `/api/v1/suggest`: what the search box offers while somebody types.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    members::PublicMember,
    movies::{Movie, Person},
};
use crate::{
    features::{autocomplete, autocomplete::Offer},
    http::{
        auth::Anyone,
        extract::{Json, Query, limit, text},
        problem::Problem,
    },
    upstream::clients::Clients,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Typed {
    /// What is typed so far.
    q: String,
    /// 1-20, usually 8.
    #[param(minimum = 1, maximum = 20)]
    limit: Option<i32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Suggestions {
    items: Vec<Suggestion>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Suggestion {
    Movie { movie: Box<Movie> },
    Person { person: Person },
    Member { member: PublicMember },
}

/// Movies and people, exact titles first, and after them members. Averages are left out: this must be quick.
#[utoipa::path(get, path = "/api/v1/suggest", tag = "movies", params(Typed), security((), ("bearer" = [])),
    responses((status = 200, body = Suggestions)))]
pub(super) async fn suggest(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(typed): Query<Typed>,
) -> Result<Json<Suggestions>, Problem> {
    let (query, most) = (text("q", Some(typed.q))?, limit("limit", typed.limit, 8, 20)?);
    let offers = autocomplete::read(&clients, &caller, query, most).await?;
    let items = offers.into_iter().map(|offer| match offer {
        Offer::Movie(movie) => {
            let movie = Box::new(Movie::new(movie, None));
            Suggestion::Movie { movie }
        }
        Offer::Person(person) => Suggestion::Person { person: person.into() },
        Offer::Member(member) => Suggestion::Member { member: member.into() },
    });
    Ok(Json(Suggestions { items: items.collect() }))
}
