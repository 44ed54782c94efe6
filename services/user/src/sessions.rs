//! Sessions: sign-in, refresh token rotation, sign-out.
//!
//! A session is a family of refresh tokens. Each use of a token issues the next one. A token that is used again after
//! `RETRY_WINDOW` has been stolen, and two parties hold the session: the whole family ends.

use std::{net::IpAddr, time::Duration};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chassis::shutdown::Stop;
use matcha_protos::user::v1 as proto;
use messaging::postgres;
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    Service,
    access_tokens::{self, AccessTokens},
    error::Error,
    members::{Member, MemberId, member_of_row},
    names::{Email, Handle},
    passwords::Password,
};

/// Validity of a refresh token; each rotation issues one with the whole lifetime.
const REFRESH_LIFETIME: time::Duration = time::Duration::days(30);
/// A second use within this time is a browser that lost the response, or two tabs at once.
const RETRY_WINDOW: time::Duration = time::Duration::seconds(10);
/// Unused tokens that a session may have been issued within `UNUSED_WITHIN`. A browser keeps one and sometimes loses one.
const MAX_UNUSED: i64 = 20;
/// Shorter than the lifetime of a token, so that the few that a browser loses in a month do not add up to the limit.
const UNUSED_WITHIN: Duration = Duration::from_secs(60 * 60);
/// Ended sessions are listed a little longer than their access tokens are valid.
const LISTED_FOR: time::Duration = access_tokens::LIFETIME.saturating_add(time::Duration::minutes(1));
/// Keeps the response under the 4 MiB limit of a gRPC message.
const MAX_LISTED: i64 = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct SessionId(pub(crate) Uuid);

impl From<Uuid> for SessionId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// The browser's address and user agent, as the gateway reports them.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) peer: Option<IpAddr>,
    user_agent: Option<String>,
}

impl Browser {
    pub(crate) fn new(peer: &str, user_agent: &str) -> Self {
        let printable = user_agent.chars().filter(|c| !c.is_control());
        let user_agent: String = printable.take(300).collect();
        Self {
            peer: peer.trim().parse().ok(),
            user_agent: Some(user_agent).filter(|text| !text.is_empty()),
        }
    }
}

/// 256 random bits. Only the browser keeps them; the database stores their hash.
struct RefreshToken([u8; 32]);

impl RefreshToken {
    fn new() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut bytes)
            .context("the system gave no random bytes")?;
        Ok(Self(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        // 32 bytes are 43 characters of base64.
        let bytes = (text.len() == 43).then(|| URL_SAFE_NO_PAD.decode(text).ok());
        bytes.flatten()?.try_into().ok().map(Self)
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

/// A session with the newest token of its family.
pub(crate) struct Opened {
    session: SessionId,
    refresh_token: RefreshToken,
}

impl Opened {
    pub(crate) fn tokens(&self, access_tokens: &AccessTokens, member: MemberId) -> Result<proto::Tokens, Error> {
        Ok(proto::Tokens {
            access_token: access_tokens.issue(member.0, self.session.0)?,
            expires_in: access_tokens::LIFETIME.whole_seconds(),
            refresh_token: self.refresh_token.text(),
            refresh_expires_in: REFRESH_LIFETIME.whole_seconds(),
        })
    }
}

/// Opens a session in the caller's transaction.
pub(crate) async fn open(connection: &mut PgConnection, member: MemberId, browser: &Browser) -> Result<Opened, Error> {
    let session = SessionId(Uuid::now_v7());
    sqlx::query!(
        "insert into sessions (id, member_id, user_agent, peer) values ($1, $2, $3, $4)",
        session as SessionId,
        member as MemberId,
        browser.user_agent,
        browser.peer.map(|peer| peer.to_canonical().to_string())
    )
    .execute(&mut *connection)
    .await?;
    let refresh_token = add_token(connection, session).await?;
    Ok(Opened { session, refresh_token })
}

async fn add_token(connection: &mut PgConnection, session: SessionId) -> Result<RefreshToken, Error> {
    let token = RefreshToken::new()?;
    sqlx::query!(
        "insert into refresh_tokens (hash, session_id, expires_at)
         values ($1, $2, now() + $3 * interval '1 second')",
        token.hash(),
        session as SessionId,
        REFRESH_LIFETIME.as_seconds_f64()
    )
    .execute(connection)
    .await?;
    Ok(token)
}

/// Why a sign-in failed. Its caller gets one answer for all reasons, so only the operator can tell them apart.
#[derive(Clone, Copy, Debug)]
enum SignInFailure {
    RateLimited,
    /// No member can have this password, so no name was looked up.
    ImpossiblePassword,
    UnknownName,
    /// The member was imported without a password.
    NoPassword,
    WrongPassword,
}

impl SignInFailure {
    /// Counts and logs the failure. What was entered is not logged: a login may be an email, or a password in the wrong field.
    fn record(self, member: Option<MemberId>) {
        let reason = match self {
            Self::RateLimited => "rate_limited",
            Self::ImpossiblePassword => "impossible_password",
            Self::UnknownName => "unknown_name",
            Self::NoPassword => "no_password",
            Self::WrongPassword => "wrong_password",
        };
        metrics::counter!("user_sign_ins_failed_total", "reason" => reason).increment(1);
        tracing::info!(
            reason,
            member.id = member.map(tracing::field::display),
            "a sign-in failed"
        );
    }

    fn refuse(self, member: Option<MemberId>) -> Error {
        self.record(member);
        Error::wrong_credentials()
    }
}

pub(crate) async fn sign_in(service: &Service, request: proto::SignInRequest) -> Result<proto::SignInResponse, Error> {
    for (field, text) in [("login", &request.login), ("password", &request.password)] {
        if text.is_empty() {
            return Err(Error::invalid(field, format!("the {field} is empty")));
        }
    }
    let browser = Browser::new(&request.peer_address, &request.user_agent);
    let counted = service.rate_limits.count_sign_in(&request.login, browser.peer);
    counted.inspect_err(|_| SignInFailure::RateLimited.record(None))?;
    // No member can have chosen such a password, so refusing it without a hash does not reveal whether the name exists.
    let password = Password::parse(&request.password);
    let password = password.ok_or_else(|| SignInFailure::ImpossiblePassword.refuse(None))?;
    let found = postgres::read_in_time(find_by_login(&service.db, &request.login)).await?;
    let (member, hash) = found.unzip();
    let hash = hash.flatten();
    let has_password = hash.is_some();
    let matches = service.hasher.verify(password, hash).await?;
    let member = member.ok_or_else(|| SignInFailure::UnknownName.refuse(None))?;
    let id = member.id;
    match (has_password, matches) {
        (_, true) => {}
        (true, false) => return Err(SignInFailure::WrongPassword.refuse(Some(id))),
        (false, false) => return Err(SignInFailure::NoPassword.refuse(Some(id))),
    }
    let opened = postgres::write(&service.db, move |tx| {
        Box::pin(async move { open(tx, id, &browser).await })
    })
    .await?;
    tracing::info!(member.id = %id, "signed in");
    Ok(proto::SignInResponse {
        tokens: Some(opened.tokens(&service.access_tokens, id)?),
        member: Some(member.for_own_member()),
    })
}

/// The member with this handle or email, and the password hash.
async fn find_by_login(db: &PgPool, login: &str) -> Result<Option<(Member, Option<String>)>, Error> {
    // A handle has no @ and an email has one, so a login is only ever one of them.
    let email = Email::parse(login).ok().map(|email| email.0);
    let handle = Handle::parse(login.trim()).ok().map(|handle| handle.0);
    let row = sqlx::query!(
        "select id, handle, email, display_name, language, synthetic, registered_at, version, password_hash
         from members where lower(handle) = $1 or lower(email) = lower($2)",
        handle,
        email
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (member_of_row!(row), row.password_hash)))
}

/// The outcome of a rotation. Each commits: ending a family must not be rolled back together with the refusal.
enum Rotation {
    Done(Box<Member>, Opened),
    Refused,
    Reused(SessionId, MemberId),
}

pub(crate) async fn refresh(
    service: &Service,
    request: proto::RefreshRequest,
) -> Result<proto::RefreshResponse, Error> {
    let browser = Browser::new(&request.peer_address, &request.user_agent);
    service.rate_limits.count_refresh(browser.peer)?;
    let token = RefreshToken::parse(&request.refresh_token).ok_or_else(Error::session_ended)?;
    let hash = token.hash();
    let rotation = postgres::write(&service.db, move |tx| Box::pin(async move { rotate(tx, &hash).await }));
    match rotation.await? {
        Rotation::Done(member, opened) => Ok(proto::RefreshResponse {
            tokens: Some(opened.tokens(&service.access_tokens, member.id)?),
            member: Some(member.for_own_member()),
        }),
        Rotation::Refused => Err(Error::session_ended()),
        Rotation::Reused(session, member) => {
            metrics::counter!("user_refresh_tokens_reused_total").increment(1);
            tracing::warn!(session.id = %session.0, member.id = %member, "a refresh token was used twice: session ended");
            Err(Error::session_ended())
        }
    }
}

async fn rotate(connection: &mut PgConnection, hash: &[u8]) -> Result<Rotation, Error> {
    // The lock on the session serialises all changes of a family.
    let family = sqlx::query!(
        r#"select s.id as "session: SessionId", s.member_id as "member: MemberId", s.ended_at is not null as "ended!"
           from sessions s join refresh_tokens t on t.session_id = s.id
           where t.hash = $1 for update of s"#,
        hash
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(family) = family.filter(|family| !family.ended) else {
        return Ok(Rotation::Refused);
    };
    // A statement of its own: after a wait for the lock, the statement above still sees the token as before the wait.
    let token = sqlx::query!(
        r#"select expires_at <= clock_timestamp() as "expired!", used_at is not null as "used!",
                  coalesce(used_at < clock_timestamp() - $2 * interval '1 second', false) as "reused!"
           from refresh_tokens where hash = $1"#,
        hash,
        RETRY_WINDOW.as_seconds_f64()
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(token) = token.filter(|token| !token.expired) else {
        return Ok(Rotation::Refused);
    };
    if token.reused {
        end(connection, family.session, "reuse").await?;
        return Ok(Rotation::Reused(family.session, family.member));
    }
    // The first use replaces one unused token by another; only retries add to their number.
    if token.used {
        ensure_few_unused(connection, family.session).await?;
    }
    let next = add_token(connection, family.session).await?;
    // Only the first use is recorded, so that a retry does not reopen the window.
    sqlx::query!(
        "update refresh_tokens set used_at = clock_timestamp(), replaced_by = $2
         where hash = $1 and used_at is null",
        hash,
        next.hash()
    )
    .execute(&mut *connection)
    .await?;
    let member = sqlx::query_as!(
        Member,
        "select id, handle, email, display_name, language, synthetic, registered_at, version
         from members where id = $1",
        family.member as MemberId
    )
    .fetch_one(connection)
    .await?;
    let opened = Opened {
        session: family.session,
        refresh_token: next,
    };
    Ok(Rotation::Done(Box::new(member), opened))
}

async fn ensure_few_unused(connection: &mut PgConnection, session: SessionId) -> Result<(), Error> {
    let unused = sqlx::query_scalar!(
        r#"select count(*) as "count!" from refresh_tokens
           where session_id = $1 and used_at is null and expires_at > clock_timestamp()
             and issued_at > clock_timestamp() - $2 * interval '1 second'"#,
        session as SessionId,
        UNUSED_WITHIN.as_secs_f64()
    )
    .fetch_one(connection)
    .await?;
    if unused < MAX_UNUSED {
        return Ok(());
    }
    metrics::counter!("user_attempts_refused_total", "limit" => "session").increment(1);
    Err(Error::TooManyAttempts(UNUSED_WITHIN))
}

pub(crate) async fn end(connection: &mut PgConnection, session: SessionId, reason: &'static str) -> sqlx::Result<()> {
    sqlx::query!(
        "update sessions set ended_at = clock_timestamp(), end_reason = $2
         where id = $1 and ended_at is null",
        session as SessionId,
        reason
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn sign_out(service: &Service, request: proto::SignOutRequest) -> Result<(), Error> {
    let Some(token) = RefreshToken::parse(&request.refresh_token) else {
        return Ok(());
    };
    let hash = token.hash();
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            // Expired and used tokens are accepted: they identify the session as well.
            let session = sqlx::query_scalar!("select session_id from refresh_tokens where hash = $1", hash)
                .fetch_optional(&mut *tx)
                .await?;
            if let Some(session) = session {
                end(tx, SessionId(session), "sign_out").await?;
            }
            Ok::<_, Error>(())
        })
    })
    .await
}

pub(crate) async fn list_ended_sessions(service: &Service) -> Result<proto::ListEndedSessionsResponse, Error> {
    let ended = sqlx::query_scalar!(
        "select id from sessions where ended_at > now() - $1 * interval '1 second'
         order by ended_at desc limit $2",
        LISTED_FOR.as_seconds_f64(),
        MAX_LISTED
    )
    .fetch_all(&service.db)
    .await?;
    Ok(proto::ListEndedSessionsResponse {
        session_ids: ended.iter().map(Uuid::to_string).collect(),
    })
}

/// Rows in one transaction of the sweep: few, so that no sign-in waits long for its locks.
const SWEEP_BATCH: i64 = 1_000;

/// Deletes expired tokens and long-ended sessions until the stop.
pub(crate) async fn sweep(db: PgPool, stop: Stop) -> anyhow::Result<()> {
    loop {
        let pause = match sweep_once(&db).await {
            Ok(swept) if swept >= SWEEP_BATCH => Duration::from_millis(200),
            Ok(_) => Duration::from_secs(60),
            Err(error) => {
                tracing::warn!(error = %chassis::error::chain(&error), "cannot sweep the sessions");
                Duration::from_secs(30)
            }
        };
        if stop.until(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
    }
}

/// Deletes one batch of each kind; returns the size of the larger one.
async fn sweep_once(db: &PgPool) -> Result<i64, Error> {
    postgres::write(db, move |tx| {
        Box::pin(async move {
            // An hour after expiry, so that no request is still rotating such a token. A session ends as expired when its
            // last token is deleted.
            let tokens = sqlx::query_scalar!(
                r#"with gone as (
                       delete from refresh_tokens where hash = any(array(
                           select hash from refresh_tokens where expires_at < now() - interval '1 hour'
                           order by expires_at limit $1 for update skip locked))
                       returning session_id),
                   ended as (
                       update sessions s set ended_at = now(), end_reason = 'expired'
                       where s.id in (select session_id from gone) and s.ended_at is null
                         and not exists (select from refresh_tokens t
                                         where t.session_id = s.id and t.expires_at >= now() - interval '1 hour'))
                   select count(*) as "count!" from gone"#,
                SWEEP_BATCH
            )
            .fetch_one(&mut *tx)
            .await?;
            // After 31 days the last token of an ended session has expired, so the cascade deletes few tokens.
            let sessions = sqlx::query!(
                "delete from sessions where id = any(array(
                     select id from sessions where ended_at < now() - interval '31 days'
                     order by ended_at limit $1 for update skip locked))",
                SWEEP_BATCH
            )
            .execute(tx)
            .await?;
            Ok::<_, Error>(tokens.max(sessions.rows_affected().try_into().unwrap_or(0)))
        })
    })
    .await
}
