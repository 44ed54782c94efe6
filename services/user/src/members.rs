//! Members: registering and reading them.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use chassis::{coalesce::Coalescer, identity::Caller};
use matcha_protos::{events::v1::MemberRegistered, user::v1 as proto};
use messaging::{events::Event, outbox, postgres};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Users,
    error::Error,
    names::{Email, Handle, display_name, language},
    passwords::Password,
    sessions::{self, Browser},
};

/// Ids in one request for members.
pub(crate) const MOST_READ: usize = 500;
/// Handles in one request for members.
const MOST_HANDLES: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct MemberId(pub(crate) Uuid);

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    handle: String,
    email: Option<String>,
    display_name: String,
    language: String,
    synthetic: bool,
    registered_at: OffsetDateTime,
    version: i64,
}

impl Member {
    /// What others may read: no email.
    pub(crate) fn for_others(self) -> proto::Member {
        proto::Member {
            email: String::new(),
            ..self.for_themself()
        }
    }

    pub(crate) fn for_themself(self) -> proto::Member {
        proto::Member {
            id: self.id.to_string(),
            handle: self.handle,
            display_name: self.display_name,
            language: self.language,
            email: self.email.unwrap_or_default(),
            registered_at: self.registered_at.unix_timestamp(),
            synthetic: self.synthetic,
        }
    }

    /// The event that tells the other services.
    pub(crate) fn registered(&self) -> Event {
        let body = MemberRegistered {
            member_id: self.id.to_string(),
            handle: self.handle.clone(),
            display_name: self.display_name.clone(),
            language: self.language.clone(),
        };
        Event::new("member.registered", self.id.to_string(), self.version, &body)
    }
}

/// A registration whose every field is right.
struct Registration {
    handle: Handle,
    email: Email,
    display_name: String,
    language: &'static str,
    password: Password,
    browser: Browser,
}

impl TryFrom<proto::RegisterRequest> for Registration {
    type Error = Error;

    fn try_from(request: proto::RegisterRequest) -> Result<Self, Error> {
        let handle = Handle::parse(&request.handle)?;
        let email = Email::parse(&request.email)?;
        let password = Password::choose(&request.password, &handle.0, Some(&email.0))?;
        Ok(Self {
            handle,
            email,
            display_name: display_name(&request.display_name)?,
            language: language(&request.language)?,
            password,
            browser: Browser::new(&request.peer_address, &request.user_agent),
        })
    }
}

pub(crate) async fn register(users: &Users, request: proto::RegisterRequest) -> Result<proto::RegisterResponse, Error> {
    let registration = Registration::try_from(request)?;
    users.limits.peer(registration.browser.peer)?;
    let hash = users.hasher.hash(registration.password.clone()).await?;
    let (member, opened) = postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            let member = insert(tx, &registration, &hash).await?;
            outbox::push(tx, &member.registered()).await?;
            let opened = sessions::open(tx, member.id, &registration.browser).await?;
            Ok::<_, Error>((member, opened))
        })
    })
    .await?;
    users.nudge.nudge();
    tracing::info!(member.id = %member.id, "registered");
    Ok(proto::RegisterResponse {
        tokens: Some(opened.tokens(&users.access_tokens, member.id)?),
        member: Some(member.for_themself()),
    })
}

async fn insert(
    connection: &mut PgConnection,
    registration: &Registration,
    password_hash: &str,
) -> Result<Member, Error> {
    sqlx::query_as(
        "insert into members (id, handle, email, display_name, language, password_hash)
         values ($1, $2, $3, $4, $5, $6)
         returning id, handle, email, display_name, language, synthetic, registered_at, version",
    )
    .bind(Uuid::now_v7())
    .bind(&registration.handle.0)
    .bind(&registration.email.0)
    .bind(&registration.display_name)
    .bind(registration.language)
    .bind(password_hash)
    .fetch_one(connection)
    .await
    .map_err(taken)
}

/// A broken unique index is an answer: that handle or email is somebody's.
fn taken(error: sqlx::Error) -> Error {
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    match constraint {
        Some("members_handle_key") => Error::Taken("handle"),
        Some("members_email_key") => Error::Taken("email"),
        _ => error.into(),
    }
}

/// Reads that arrive together become one statement.
pub(crate) type Reads = Coalescer<Vec<MemberId>, Vec<Arc<Member>>, Error>;

pub(crate) fn reads(db: PgPool) -> Reads {
    Coalescer::new("members", 64, 2, move |requests: Vec<Vec<MemberId>>| {
        let db = db.clone();
        async move {
            let wanted: HashSet<MemberId> = requests.iter().flatten().copied().collect();
            match find(&db, wanted.into_iter().collect()).await {
                Ok(found) => requests
                    .into_iter()
                    .map(|ids| Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect()))
                    .collect(),
                Err(error) => {
                    let error = Arc::new(error);
                    requests.iter().map(|_| Err(Error::Database(error.clone()))).collect()
                }
            }
        }
    })
}

/// The members of these ids; unknown ones are left out.
pub(crate) async fn find(db: &PgPool, ids: Vec<MemberId>) -> sqlx::Result<HashMap<MemberId, Arc<Member>>> {
    let members: Vec<Member> = sqlx::query_as(
        "select id, handle, email, display_name, language, synthetic, registered_at, version
         from members where id = any($1)",
    )
    .bind(ids.into_iter().map(|id| id.0).collect::<Vec<_>>())
    .fetch_all(db)
    .await?;
    let by_id = members.into_iter().map(|member| (member.id, Arc::new(member)));
    Ok(by_id.collect())
}

pub(crate) async fn get_members(
    users: &Users,
    caller: &Caller,
    request: proto::GetMembersRequest,
) -> Result<proto::GetMembersResponse, Error> {
    let ids = member_ids("ids", &request.ids, MOST_READ)?;
    let members = users.reads.call(ids).await?;
    let asking = match caller {
        Caller::Member { id, .. } => Some(MemberId(*id)),
        _ => None,
    };
    let members = members.into_iter().map(|member| {
        let member = Arc::unwrap_or_clone(member);
        if Some(member.id) == asking {
            member.for_themself()
        } else {
            member.for_others()
        }
    });
    Ok(proto::GetMembersResponse {
        members: members.collect(),
    })
}

/// Members as everybody sees them. A handle is looked up for the page it is in the address of, one at a time, so these reads
/// are not gathered.
pub(crate) async fn get_members_by_handle(
    users: &Users,
    request: proto::GetMembersByHandleRequest,
) -> Result<proto::GetMembersByHandleResponse, Error> {
    if request.handles.len() > MOST_HANDLES {
        return Err(Error::invalid("handles", format!("at most {MOST_HANDLES} handles")));
    }
    // What is no handle is nobody's.
    let handles = request.handles.iter().filter_map(|handle| Handle::parse(handle).ok());
    let members: Vec<Member> = sqlx::query_as(
        "select id, handle, email, display_name, language, synthetic, registered_at, version
         from members where lower(handle) = any($1)",
    )
    .bind(handles.map(|handle| handle.0).collect::<Vec<_>>())
    .fetch_all(&users.db)
    .await?;
    Ok(proto::GetMembersByHandleResponse {
        members: members.into_iter().map(Member::for_others).collect(),
    })
}

/// Reads an id; `field` is blamed where it is none.
pub(crate) fn member_id(field: &'static str, text: &str) -> Result<MemberId, Error> {
    let id = Uuid::try_parse(text).map_err(|_| Error::invalid(field, "an id is a UUID"))?;
    Ok(MemberId(id))
}

/// Reads the ids of a batch.
pub(crate) fn member_ids(field: &'static str, texts: &[String], most: usize) -> Result<Vec<MemberId>, Error> {
    if texts.len() > most {
        return Err(Error::invalid(field, format!("at most {most} ids")));
    }
    texts.iter().map(|id| member_id(field, id)).collect()
}
