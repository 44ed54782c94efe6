//! Filmographies: the movies that a person directed or acted in.

use chassis::{client::request, identity::Caller};
use matcha_protos::movie::v1::{self as proto, ListFilmographyRequest};
use tonic::Status;

use crate::{
    features::{
        movies::{Movie, Movies},
        page::PageRequest,
        people::CreditRole,
    },
    id::Id,
    upstream::clients::Clients,
};

/// Which movies of a person to read, and in which order.
pub(crate) struct Filmography {
    pub(crate) person: Id,
    /// `None`: movies of any role.
    pub(crate) role: Option<CreditRole>,
    pub(crate) sort: proto::MovieSort,
    /// `ko` or `en`, for the sort by title.
    pub(crate) language: String,
    pub(crate) page: PageRequest,
}

/// Reads the movies that a person directed or acted in, without their averages.
pub(crate) async fn read(clients: &Clients, caller: &Caller, filmography: Filmography) -> Result<Movies, Status> {
    let message = ListFilmographyRequest {
        person_id: filmography.person.to_string(),
        role: filmography.role.map_or(0, |role| role.to_proto().into()),
        sort: filmography.sort.into(),
        cursor: filmography.page.cursor,
        limit: filmography.page.limit,
        language: filmography.language,
    };
    let answer = clients.movie.clone().list_filmography(request(message, caller)).await?;
    let answer = answer.into_inner();
    let movies = answer.movies.into_iter().map(Movie::from);
    Ok(Movies::new(movies.collect(), answer.next_cursor, Default::default()))
}
