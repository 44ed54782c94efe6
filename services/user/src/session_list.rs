//! A member's own list of sessions, and ending them from it. The gateway asks for ended sessions every two seconds, so that
//! their access tokens are refused within five.

use chassis::identity::Caller;
use matcha_protos::user::v1 as proto;
use messaging::postgres;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::Status;
use uuid::Uuid;

use crate::{
    Users,
    error::Error,
    members::MemberId,
    sessions::{SessionId, end},
};

/// The sessions in one answer; who has more ends the others by one request.
const MOST_LISTED: i64 = 100;

/// The member who asks, and from which session.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    member: MemberId,
    session: SessionId,
}

impl TryFrom<&Caller> for Own {
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

#[derive(sqlx::FromRow)]
struct Row {
    id: SessionId,
    user_agent: Option<String>,
    peer: Option<String>,
    created_at: OffsetDateTime,
    last_used_at: OffsetDateTime,
}

pub(crate) async fn list(users: &Users, own: Own) -> Result<proto::ListSessionsResponse, Error> {
    // A session is as old as its newest token; without one that holds, nobody can go on with it.
    let rows: Vec<Row> = sqlx::query_as(
        "select s.id, user_agent, peer, created_at, max(issued_at) as last_used_at
         from sessions s join refresh_tokens t on t.session_id = s.id
         where member_id = $1 and ended_at is null
         group by s.id having max(expires_at) > now()
         order by s.id = $2 desc, max(issued_at) desc, s.id limit $3",
    )
    .bind(own.member)
    .bind(own.session)
    .bind(MOST_LISTED)
    .fetch_all(&users.db)
    .await?;
    let sessions = rows.into_iter().map(|row| proto::Session {
        id: row.id.0.to_string(),
        current: row.id == own.session,
        user_agent: row.user_agent.unwrap_or_default(),
        peer_address: row.peer.unwrap_or_default(),
        created_at: row.created_at.unix_timestamp(),
        last_used_at: row.last_used_at.unix_timestamp(),
    });
    Ok(proto::ListSessionsResponse {
        sessions: sessions.collect(),
    })
}

pub(crate) async fn end_one(users: &Users, own: Own, session: &str) -> Result<(), Error> {
    let session = Uuid::try_parse(session).map_err(|_| Error::invalid("session_id", "an id is a UUID"))?;
    let session = SessionId(session);
    postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            let sessions = lock_open(tx, own).await?;
            if sessions.contains(&session) {
                return Ok(end(tx, session, "revoked").await?);
            }
            // Ended already is as good; somebody else's is none.
            let mine = sqlx::query_scalar("select exists (select from sessions where id = $1 and member_id = $2)")
                .bind(session)
                .bind(own.member);
            let mine: bool = mine.fetch_one(tx).await?;
            if mine { Ok(()) } else { Err(Error::UnknownSession) }
        })
    })
    .await
}

/// How many were open.
pub(crate) async fn end_others(users: &Users, own: Own) -> Result<i32, Error> {
    postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            let mut ended = 0;
            for session in lock_open(tx, own).await? {
                if session != own.session {
                    end(tx, session, "revoked").await?;
                    ended += 1;
                }
            }
            Ok(ended)
        })
    })
    .await
}

/// The member's open sessions, locked in one order, so that two of them that end each other neither wait for ever nor both
/// win. The asking one must be open: an access token outlives its session by seconds, in which a thief who was just shut out
/// could otherwise shut out the member.
async fn lock_open(connection: &mut PgConnection, own: Own) -> Result<Vec<SessionId>, Error> {
    let open: Vec<SessionId> =
        sqlx::query_scalar("select id from sessions where member_id = $1 and ended_at is null order by id for update")
            .bind(own.member)
            .fetch_all(connection)
            .await?;
    if open.contains(&own.session) {
        Ok(open)
    } else {
        Err(Error::SessionEnded)
    }
}
