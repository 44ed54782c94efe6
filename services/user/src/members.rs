//! Members: registration and reads.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use chassis::{coalesce::Coalescer, identity::Caller};
use matcha_protos::{events::v1::MemberRegistered, user::v1 as proto};
use messaging::{
    events::Event,
    outbox,
    postgres::{self, broken_constraint},
};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Service,
    error::Error,
    names::{Email, Handle, parse_display_name, parse_language},
    passwords::Password,
    sessions::{self, Browser},
};

/// Ids in one request for members.
pub(crate) const MAX_IDS: usize = 500;
/// Handles in one request for members.
const MAX_HANDLES: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct MemberId(pub(crate) Uuid);

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Uuid> for MemberId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    pub(crate) handle: String,
    pub(crate) email: Option<String>,
    pub(crate) display_name: String,
    pub(crate) language: String,
    pub(crate) synthetic: bool,
    pub(crate) registered_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Takes the `Member` out of a row that has other columns too. A macro, because each `query!` has a row type of its own.
macro_rules! member_of_row {
    ($row:expr) => {
        $crate::members::Member {
            id: $row.id.into(),
            handle: $row.handle,
            email: $row.email,
            display_name: $row.display_name,
            language: $row.language,
            synthetic: $row.synthetic,
            registered_at: $row.registered_at,
            version: $row.version,
        }
    };
}
pub(crate) use member_of_row;

impl Member {
    /// The member as other members may read it: without the email.
    pub(crate) fn for_others(self) -> proto::Member {
        proto::Member {
            email: String::new(),
            ..self.for_own_member()
        }
    }

    pub(crate) fn for_own_member(self) -> proto::Member {
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

    pub(crate) fn registered_event(&self) -> Event {
        let body = MemberRegistered {
            member_id: self.id.to_string(),
            handle: self.handle.clone(),
            display_name: self.display_name.clone(),
            language: self.language.clone(),
        };
        Event::new("member.registered", self.id.to_string(), self.version, &body)
    }
}

/// A valid registration.
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
        let handle = Handle::parse_new(&request.handle)?;
        let email = Email::parse(&request.email)?;
        let password = Password::parse_new(&request.password, &handle.0, Some(&email.0))?;
        Ok(Self {
            handle,
            email,
            display_name: parse_display_name(&request.display_name)?,
            language: parse_language(&request.language)?,
            password,
            browser: Browser::new(&request.peer_address, &request.user_agent),
        })
    }
}

pub(crate) async fn register(
    service: &Service,
    request: proto::RegisterRequest,
) -> Result<proto::RegisterResponse, Error> {
    let registration = Registration::try_from(request)?;
    service.rate_limits.count_address(registration.browser.peer)?;
    let hash = service.hasher.hash(registration.password.clone()).await?;
    let (member, opened) = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let member = insert(tx, &registration, &hash).await?;
            outbox::push(tx, &member.registered_event()).await?;
            let opened = sessions::open(tx, member.id, &registration.browser).await?;
            Ok::<_, Error>((member, opened))
        })
    })
    .await?;
    service.nudge.nudge();
    tracing::info!(member.id = %member.id, "registered");
    Ok(proto::RegisterResponse {
        tokens: Some(opened.tokens(&service.access_tokens, member.id)?),
        member: Some(member.for_own_member()),
    })
}

async fn insert(
    connection: &mut PgConnection,
    registration: &Registration,
    password_hash: &str,
) -> Result<Member, Error> {
    sqlx::query_as!(
        Member,
        "insert into members (id, handle, email, display_name, language, password_hash)
         values ($1, $2, $3, $4, $5, $6)
         returning id, handle, email, display_name, language, synthetic, registered_at, version",
        Uuid::now_v7(),
        registration.handle.0,
        registration.email.0,
        registration.display_name,
        registration.language,
        password_hash
    )
    .fetch_one(connection)
    .await
    .map_err(|error| match broken_constraint(&error) {
        Some("members_handle_key") => Error::conflict("handle", "this handle belongs to another member"),
        Some("members_email_key") => Error::conflict("email", "this email belongs to another member"),
        _ => error.into(),
    })
}

/// Concurrent reads of members, coalesced into one statement.
pub(crate) type MemberReads = Coalescer<Vec<MemberId>, Vec<Arc<Member>>, Error>;

pub(crate) fn coalesced_reads(db: PgPool) -> MemberReads {
    Coalescer::new("members", 64, 2, move |requests: Vec<Vec<MemberId>>| {
        let db = db.clone();
        async move {
            let distinct: HashSet<MemberId> = requests.iter().flatten().copied().collect();
            match find(&db, &distinct.into_iter().collect::<Vec<_>>()).await {
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

/// The members with these ids; unknown ids are left out.
pub(crate) async fn find(db: &PgPool, ids: &[MemberId]) -> sqlx::Result<HashMap<MemberId, Arc<Member>>> {
    let members = sqlx::query_as!(
        Member,
        "select id, handle, email, display_name, language, synthetic, registered_at, version
         from members where id = any($1)",
        ids as &[MemberId]
    )
    .fetch_all(db)
    .await?;
    let by_id = members.into_iter().map(|member| (member.id, Arc::new(member)));
    Ok(by_id.collect())
}

pub(crate) async fn get_members(
    service: &Service,
    caller: &Caller,
    request: proto::GetMembersRequest,
) -> Result<proto::GetMembersResponse, Error> {
    let ids = parse_member_ids("ids", &request.ids, MAX_IDS)?;
    let members = service.member_reads.call(ids).await?;
    let caller = caller.member_if_any().map(MemberId);
    let members = members.into_iter().map(|member| {
        let member = Arc::unwrap_or_clone(member);
        if Some(member.id) == caller {
            member.for_own_member()
        } else {
            member.for_others()
        }
    });
    Ok(proto::GetMembersResponse {
        members: members.collect(),
    })
}

/// Members without their email. These reads are not coalesced: a page looks up the one handle in its address.
pub(crate) async fn get_members_by_handle(
    service: &Service,
    request: proto::GetMembersByHandleRequest,
) -> Result<proto::GetMembersByHandleResponse, Error> {
    if request.handles.len() > MAX_HANDLES {
        return Err(Error::invalid("handles", format!("at most {MAX_HANDLES} handles")));
    }
    // No member has a handle that does not parse, so those are left out like unknown ones.
    let handles = request.handles.iter().filter_map(|handle| Handle::parse(handle).ok());
    let handles: Vec<String> = handles.map(|handle| handle.0).collect();
    let members = sqlx::query_as!(
        Member,
        "select id, handle, email, display_name, language, synthetic, registered_at, version
         from members where lower(handle) = any($1)",
        &handles
    )
    .fetch_all(&service.db)
    .await?;
    Ok(proto::GetMembersByHandleResponse {
        members: members.into_iter().map(Member::for_others).collect(),
    })
}

/// Parses an id; the error names `field`.
pub(crate) fn parse_member_id(field: &'static str, text: &str) -> Result<MemberId, Error> {
    let id = Uuid::try_parse(text).map_err(|_| Error::invalid(field, "an id is a UUID"))?;
    Ok(MemberId(id))
}

pub(crate) fn parse_member_ids(field: &'static str, texts: &[String], max: usize) -> Result<Vec<MemberId>, Error> {
    if texts.len() > max {
        return Err(Error::invalid(field, format!("at most {max} ids")));
    }
    texts.iter().map(|id| parse_member_id(field, id)).collect()
}
