//! People: who directed and acted in movies, and the search by name.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::movie::v1::{self as proto, SearchPeopleRequest};
use serde::Serialize;
use tokio::sync::OnceCell;
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::page::{Page, PageRequest, Uncounted, page_names},
    id::Id,
    upstream::clients::Clients,
    wire_enum::wire_enum,
};

/// A person who directed or acted in a movie.
#[derive(Clone, SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct Person {
    #[schema(value_type = Uuid)]
    pub(crate) id: Id,
    /// Empty: not known.
    name_ko: String,
    name_en: String,
    /// The credits of a movie come without counts; GraphQL reads them when a query selects them.
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) counts: OnceCell<Option<PersonCounts>>,
}

/// How many movies a person has. A movie that the person both directed and acted in counts once in `movies`.
#[derive(Clone, Copy, Default, SimpleObject)]
pub(crate) struct PersonCounts {
    pub(crate) movies: i32,
    pub(crate) directed: i32,
    pub(crate) acted: i32,
}

wire_enum! {
    /// What a person did for a movie.
    pub(crate) enum CreditRole = proto::CreditRole {
        Director,
        Actor,
    }
}

impl From<proto::Person> for Person {
    fn from(person: proto::Person) -> Self {
        let counts = person.counts.map(|counts| Some(PersonCounts::from(counts)));
        Self {
            id: Id::from_proto(&person.id),
            name_ko: person.name_ko,
            name_en: person.name_en,
            counts: OnceCell::new_with(counts),
        }
    }
}

impl From<proto::PersonCounts> for PersonCounts {
    fn from(counts: proto::PersonCounts) -> Self {
        Self {
            movies: counts.movies,
            directed: counts.directed,
            acted: counts.acted,
        }
    }
}

/// A page of people.
pub(crate) type FoundPeople = Page<Person, Uncounted>;

page_names!(FoundPeople, "PersonConnection", "A page of people.");

/// Searches people by name, the best match first.
pub(crate) async fn search(
    clients: &Clients,
    caller: &Caller,
    query: String,
    page: PageRequest,
) -> Result<FoundPeople, Status> {
    let message = SearchPeopleRequest {
        query,
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.movie.clone().search_people(request(message, caller)).await?;
    let answer = answer.into_inner();
    let people = answer.people.into_iter().map(Person::from);
    Ok(FoundPeople::new(people.collect(), answer.next_cursor, Uncounted {}))
}

/// Reads a person; `None` if there is none.
pub(crate) async fn get(clients: &Clients, id: Uuid) -> Result<Option<Person>, Status> {
    let person = clients.people.read(&[id]).await?.remove(&id);
    Ok(person.map(Person::from))
}
