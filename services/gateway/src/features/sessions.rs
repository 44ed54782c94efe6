//! Sessions: the browsers in which a member is signed in.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::user::v1::{self as proto, EndOtherSessionsRequest, EndSessionRequest, ListSessionsRequest};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{id::Id, timestamp::Timestamp, upstream::clients::Clients};

/// A browser in which the member is signed in.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(name = "Session")]
pub(crate) struct OpenSession {
    #[schema(value_type = Uuid)]
    id: Id,
    /// Whether it is the session of this request.
    current: bool,
    /// The browser's User-Agent header; may be empty.
    user_agent: String,
    /// The address from which the member signed in; may be empty.
    peer_address: String,
    #[schema(value_type = OffsetDateTime)]
    created_at: Timestamp,
    /// An open page uses its session every ten minutes.
    #[schema(value_type = OffsetDateTime)]
    last_used_at: Timestamp,
}

impl From<proto::Session> for OpenSession {
    fn from(session: proto::Session) -> Self {
        Self {
            id: Id::from_proto(&session.id),
            current: session.current,
            user_agent: session.user_agent,
            peer_address: session.peer_address,
            created_at: Timestamp::from_seconds(session.created_at),
            last_used_at: Timestamp::from_seconds(session.last_used_at),
        }
    }
}

/// Lists the caller's open sessions: the session of this request first, then the one used last.
pub(crate) async fn list(clients: &Clients, caller: &Caller) -> Result<Vec<OpenSession>, Status> {
    let mut user = clients.user.clone();
    let answer = user.list_sessions(request(ListSessionsRequest {}, caller)).await?;
    let sessions = answer.into_inner().sessions.into_iter();
    Ok(sessions.map(OpenSession::from).collect())
}

/// Ends one of the caller's sessions. Its access token is refused within seconds.
pub(crate) async fn end(clients: &Clients, caller: &Caller, id: Uuid) -> Result<(), Status> {
    let message = EndSessionRequest {
        session_id: id.to_string(),
    };
    clients.user.clone().end_session(request(message, caller)).await?;
    Ok(())
}

/// Ends all of the caller's sessions but the session of this request, and returns how many it ended.
pub(crate) async fn end_others(clients: &Clients, caller: &Caller) -> Result<i32, Status> {
    let mut user = clients.user.clone();
    let answer = user
        .end_other_sessions(request(EndOtherSessionsRequest {}, caller))
        .await?;
    Ok(answer.into_inner().ended)
}
