//! The list of a member's open sessions, and ending sessions from it. The gateway polls ended sessions every two seconds, so
//! it refuses their access tokens within five.

use chassis::identity::Caller;
use matcha_protos::user::v1 as proto;
use messaging::postgres;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Status;
use uuid::Uuid;

use crate::{
    Service,
    error::Error,
    members::MemberId,
    sessions::{SessionId, end},
};

/// A member with more sessions can still end them all, with `EndOtherSessions`.
const MAX_LISTED: i64 = 100;

/// The caller and the session that the call comes from.
#[derive(Clone, Copy)]
pub(crate) struct CallerSession {
    member: MemberId,
    session: SessionId,
}

impl TryFrom<&Caller> for CallerSession {
    type Error = Status;

    fn try_from(caller: &Caller) -> Result<Self, Status> {
        let member = MemberId(caller.member()?);
        match caller {
            Caller::Member { session, .. } => Ok(Self {
                member,
                session: SessionId(*session),
            }),
            _ => Err(Status::unauthenticated("sign in first")),
        }
    }
}

struct Row {
    id: SessionId,
    user_agent: Option<String>,
    peer: Option<String>,
    created_at: OffsetDateTime,
    last_used_at: OffsetDateTime,
}

pub(crate) async fn list_sessions(
    service: &Service,
    caller: CallerSession,
) -> Result<proto::ListSessionsResponse, Error> {
    // A session whose tokens have all expired cannot be continued, so it is not listed although the sweep has not ended it.
    let rows = sqlx::query_as!(
        Row,
        r#"select s.id, user_agent, peer, created_at, max(issued_at) as "last_used_at!"
           from sessions s join refresh_tokens t on t.session_id = s.id
           where member_id = $1 and ended_at is null
           group by s.id having max(expires_at) > now()
           order by s.id = $2 desc, max(issued_at) desc, s.id limit $3"#,
        caller.member as MemberId,
        caller.session as SessionId,
        MAX_LISTED
    )
    .fetch_all(&service.db)
    .await?;
    let sessions = rows.into_iter().map(|row| proto::Session {
        id: row.id.0.to_string(),
        current: row.id == caller.session,
        user_agent: row.user_agent.unwrap_or_default(),
        peer_address: row.peer.unwrap_or_default(),
        created_at: row.created_at.unix_timestamp(),
        last_used_at: row.last_used_at.unix_timestamp(),
    });
    Ok(proto::ListSessionsResponse {
        sessions: sessions.collect(),
    })
}

pub(crate) async fn end_session(service: &Service, caller: CallerSession, session: &str) -> Result<(), Error> {
    let session = Uuid::try_parse(session).map_err(|_| Error::invalid("session_id", "an id is a UUID"))?;
    let session = SessionId(session);
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let sessions = lock_open(tx, caller).await?;
            if sessions.contains(&session) {
                return Ok(end(tx, session, "revoked").await?);
            }
            // Ending an ended session is idempotent; another member's session is not found.
            let owned = sqlx::query_scalar!(
                r#"select exists (select from sessions where id = $1 and member_id = $2) as "exists!""#,
                session as SessionId,
                caller.member as MemberId
            )
            .fetch_one(tx)
            .await?;
            if owned { Ok(()) } else { Err(Error::unknown_session()) }
        })
    })
    .await
}

/// Ends all sessions but the caller's; returns how many were open.
pub(crate) async fn end_other_sessions(service: &Service, caller: CallerSession) -> Result<i32, Error> {
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let mut ended = 0;
            for session in lock_open(tx, caller).await? {
                if session != caller.session {
                    end(tx, session, "revoked").await?;
                    ended += 1;
                }
            }
            Ok(ended)
        })
    })
    .await
}

/// Locks and returns the member's open sessions, in the order of ids, so that two sessions that end each other cannot deadlock
/// and only one of them succeeds. The caller's session must be open. The access token of an ended session still works for some
/// seconds. Without this check, a thief could use it to end the member's other sessions.
async fn lock_open(connection: &mut PgConnection, caller: CallerSession) -> Result<Vec<SessionId>, Error> {
    let open = sqlx::query_scalar!(
        r#"select id as "id: SessionId" from sessions where member_id = $1 and ended_at is null order by id for update"#,
        caller.member as MemberId
    )
    .fetch_all(connection)
    .await?;
    if open.contains(&caller.session) {
        Ok(open)
    } else {
        Err(Error::session_ended())
    }
}
