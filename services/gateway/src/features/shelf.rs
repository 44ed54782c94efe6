//! The shelf: the one state, beside a rating, that a movie has for a member.

use async_graphql::{Enum, SimpleObject};
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{self as proto, ClearShelfRequest, ListShelfRequest, PutShelfRequest};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        movies::{self, AboutMovie, Movie},
        page::{Counted, Page, PageRequest, page_names},
    },
    id::Id,
    timestamp::Timestamp,
    upstream::{batch_reads, clients::Clients},
    wire_enum::wire_enum,
};

wire_enum! {
    /// The state of a movie on a member's shelf.
    pub(crate) enum ShelfState = proto::ShelfState {
        /// The member wants to watch it.
        Wish,
        /// The member is watching it.
        Watching,
        /// The member is not interested; others do not see this.
        NotInterested,
    }
}

/// The states that other members may see.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Deserialize, ToSchema)]
#[graphql(name = "ShownShelf")]
#[serde(rename_all = "snake_case")]
pub(crate) enum VisibleShelfState {
    Wish,
    Watching,
}

impl From<VisibleShelfState> for ShelfState {
    fn from(state: VisibleShelfState) -> Self {
        match state {
            VisibleShelfState::Wish => Self::Wish,
            VisibleShelfState::Watching => Self::Watching,
        }
    }
}

/// A movie on a shelf.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct ShelfEntry {
    movie: Movie,
    state: ShelfState,
    #[schema(value_type = OffsetDateTime)]
    changed_at: Timestamp,
}

impl AboutMovie for ShelfEntry {
    fn movie_mut(&mut self) -> &mut Movie {
        &mut self.movie
    }
}

/// A page of a shelf.
pub(crate) type Shelf = Page<ShelfEntry, Counted>;

page_names!(Shelf, "ShelfConnection", "A page of a shelf.");

impl Shelf {
    /// Reads the movies' averages with one call.
    pub(crate) async fn with_averages(mut self, clients: &Clients) -> Self {
        self.extra.degraded = movies::add_averages_to(clients, &mut self.items).await;
        self
    }
}

/// Lists the shelf of a member (`None`: the caller), of one state or of all.
pub(crate) async fn list(
    clients: &Clients,
    caller: &Caller,
    member: Option<Id>,
    state: Option<ShelfState>,
    page: PageRequest,
) -> Result<Shelf, Status> {
    let message = ListShelfRequest {
        state: state
            .map_or(proto::ShelfState::Unspecified, ShelfState::to_proto)
            .into(),
        cursor: page.cursor,
        limit: page.limit,
        member_id: member.map(|id| id.to_string()).unwrap_or_default(),
    };
    let answer = clients.rating.clone().list_shelf(request(message, caller)).await?;
    let answer = answer.into_inner();
    let ids = batch_reads::ids(answer.entries.iter().map(|entry| &entry.movie_id));
    let mut movies = movies::read(clients, &ids).await?;
    let items = answer.entries.iter().filter_map(|entry| {
        Some(ShelfEntry {
            movie: movies.remove(&Id::from_proto(&entry.movie_id))?,
            state: ShelfState::from_proto(entry.state())?,
            changed_at: Timestamp::from_seconds(entry.changed_at),
        })
    });
    Ok(Page::new(
        items.collect(),
        answer.next_cursor,
        Counted::new(answer.total),
    ))
}

/// Puts a movie on the caller's shelf, in place of the state before.
pub(crate) async fn put(clients: &Clients, caller: &Caller, movie_id: Uuid, state: ShelfState) -> Result<(), Status> {
    let message = PutShelfRequest {
        movie_id: movie_id.to_string(),
        state: state.to_proto().into(),
    };
    clients.rating.clone().put_shelf(request(message, caller)).await?;
    Ok(())
}

/// Takes a movie off the caller's shelf; it need not be there.
pub(crate) async fn clear(clients: &Clients, caller: &Caller, movie_id: Uuid) -> Result<(), Status> {
    let message = ClearShelfRequest {
        movie_id: movie_id.to_string(),
    };
    clients.rating.clone().clear_shelf(request(message, caller)).await?;
    Ok(())
}
