//! Sessions: signing in, exchanging refresh tokens, signing out.
//!
//! A session is a family of refresh tokens. Each use of a token gives the next one; a token that is used again later than
//! a lost answer explains has been stolen, from the member or by the member's thief, and ends the whole family.

use std::{net::IpAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chassis::shutdown::Stop;
use matcha_protos::user::v1 as proto;
use messaging::postgres;
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    Users,
    access_tokens::{self, AccessTokens},
    error::Error,
    members::{Member, MemberId},
    names::{Email, Handle},
    passwords::Password,
};

/// How long a refresh token waits for its use; each use starts anew.
const REFRESH_LIFETIME: time::Duration = time::Duration::days(30);
/// A second use this soon is a browser that did not get the answer, or two tabs at once.
const RETRY_WINDOW: time::Duration = time::Duration::seconds(10);
/// Unused tokens that a session may have of the last `UNUSED_WITHIN`. A browser keeps one and now and then loses another.
const MOST_UNUSED: i64 = 20;
/// Not their whole lifetime: what a browser loses in a month must not add up.
const UNUSED_WITHIN: Duration = Duration::from_secs(60 * 60);
/// Ended sessions are listed a little longer than the access tokens of theirs can live.
const LISTED_FOR: time::Duration = access_tokens::LIFETIME.saturating_add(time::Duration::minutes(1));
/// So that the list stays under the 4 MiB of a message.
const MOST_LISTED: i64 = 100_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct SessionId(pub(crate) Uuid);

/// What the gateway tells of the browser.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) peer: Option<IpAddr>,
    user_agent: Option<String>,
}

impl Browser {
    pub(crate) fn new(peer: &str, user_agent: &str) -> Self {
        let shown = user_agent.chars().filter(|c| !c.is_control());
        let user_agent: String = shown.take(300).collect();
        Self {
            peer: peer.trim().parse().ok(),
            user_agent: Some(user_agent).filter(|text| !text.is_empty()),
        }
    }
}

/// 256 random bits. Only the browser has them; the database has their hash.
struct RefreshToken([u8; 32]);

impl RefreshToken {
    fn new() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut bytes)?;
        Ok(Self(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        // 32 bytes are 43 characters; what is longer is not even decoded.
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
    sqlx::query("insert into sessions (id, member_id, user_agent, peer) values ($1, $2, $3, $4)")
        .bind(session)
        .bind(member)
        .bind(&browser.user_agent)
        .bind(browser.peer.map(|peer| peer.to_canonical().to_string()))
        .execute(&mut *connection)
        .await?;
    let refresh_token = add_token(connection, session).await?;
    Ok(Opened { session, refresh_token })
}

async fn add_token(connection: &mut PgConnection, session: SessionId) -> Result<RefreshToken, Error> {
    let token = RefreshToken::new()?;
    sqlx::query(
        "insert into refresh_tokens (hash, session_id, expires_at)
         values ($1, $2, now() + $3 * interval '1 second')",
    )
    .bind(token.hash())
    .bind(session)
    .bind(REFRESH_LIFETIME.as_seconds_f64())
    .execute(connection)
    .await?;
    Ok(token)
}

pub(crate) async fn sign_in(users: &Users, request: proto::SignInRequest) -> Result<proto::SignInResponse, Error> {
    for (field, text) in [("login", &request.login), ("password", &request.password)] {
        if text.is_empty() {
            return Err(Error::invalid(field, format!("the {field} is empty")));
        }
    }
    let browser = Browser::new(&request.peer_address, &request.user_agent);
    users.limits.sign_in(&request.login, browser.peer)?;
    // Nobody can have chosen such a password, so refusing it without work says nothing about the name.
    let password = Password::typed(&request.password).ok_or(Error::WrongCredentials)?;
    let known = find(&users.db, &request.login).await?;
    let (member, hash) = match known {
        Some(Known { member, password_hash }) => (Some(member), password_hash),
        None => (None, None),
    };
    let right = users.hasher.verify(password, hash).await?;
    let member = member.filter(|_| right).ok_or(Error::WrongCredentials)?;
    let id = member.id;
    let opened = postgres::write(&users.db, move |tx| {
        Box::pin(async move { open(tx, id, &browser).await })
    })
    .await?;
    tracing::info!(member.id = %id, "signed in");
    Ok(proto::SignInResponse {
        tokens: Some(opened.tokens(&users.access_tokens, id)?),
        member: Some(member.for_themself()),
    })
}

#[derive(sqlx::FromRow)]
struct Known {
    #[sqlx(flatten)]
    member: Member,
    password_hash: Option<String>,
}

async fn find(db: &PgPool, login: &str) -> Result<Option<Known>, Error> {
    // A handle has no @ and an email has one, so a login is only ever one of them.
    let email = Email::parse(login).ok().map(|email| email.0);
    let handle = Handle::parse(login.trim()).ok().map(|handle| handle.0);
    let known = sqlx::query_as(
        "select id, handle, email, display_name, language, synthetic, registered_at, version, password_hash
         from members where lower(handle) = $1 or lower(email) = lower($2)",
    )
    .bind(handle)
    .bind(email)
    .fetch_optional(db)
    .await?;
    Ok(known)
}

/// How a token was met. All of these are commits: the end of a family must not be rolled back with the refusal.
enum Exchange {
    Done(Box<Member>, Opened),
    Refused,
    Reused(SessionId, MemberId),
}

pub(crate) async fn refresh(users: &Users, request: proto::RefreshRequest) -> Result<proto::RefreshResponse, Error> {
    let browser = Browser::new(&request.peer_address, &request.user_agent);
    users.limits.refresh(browser.peer)?;
    let token = RefreshToken::parse(&request.refresh_token).ok_or(Error::SessionEnded)?;
    let hash = token.hash();
    let exchange = postgres::write(&users.db, move |tx| Box::pin(async move { exchange(tx, &hash).await }));
    match exchange.await? {
        Exchange::Done(member, opened) => Ok(proto::RefreshResponse {
            tokens: Some(opened.tokens(&users.access_tokens, member.id)?),
            member: Some(member.for_themself()),
        }),
        Exchange::Refused => Err(Error::SessionEnded),
        Exchange::Reused(session, member) => {
            metrics::counter!("user_refresh_tokens_reused_total").increment(1);
            tracing::warn!(session.id = %session.0, member.id = %member, "a refresh token was used twice: session ended");
            Err(Error::SessionEnded)
        }
    }
}

async fn exchange(connection: &mut PgConnection, hash: &[u8]) -> Result<Exchange, Error> {
    // The lock on the session puts everything that happens to a family in a row.
    let family: Option<(SessionId, MemberId, bool)> = sqlx::query_as(
        "select s.id, s.member_id, s.ended_at is not null
         from sessions s join refresh_tokens t on t.session_id = s.id
         where t.hash = $1 for update of s",
    )
    .bind(hash)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((session, member, false)) = family else {
        return Ok(Exchange::Refused);
    };
    // A statement of its own: after a wait for the lock, the one above still shows the token as it was before the wait.
    let token: Option<(bool, bool, bool)> = sqlx::query_as(
        "select expires_at <= clock_timestamp(),
                coalesce(used_at < clock_timestamp() - $2 * interval '1 second', false),
                used_at is not null
         from refresh_tokens where hash = $1",
    )
    .bind(hash)
    .bind(RETRY_WINDOW.as_seconds_f64())
    .fetch_optional(&mut *connection)
    .await?;
    match token {
        None | Some((true, _, _)) => return Ok(Exchange::Refused),
        Some((false, true, _)) => {
            end(connection, session, "reuse").await?;
            return Ok(Exchange::Reused(session, member));
        }
        Some((false, false, true)) => require_few_unused(connection, session).await?,
        // The first use of a token takes one and gives one.
        Some((false, false, false)) => {}
    }
    let next = add_token(connection, session).await?;
    // The first use counts: a retry does not reopen the window.
    sqlx::query(
        "update refresh_tokens set used_at = clock_timestamp(), replaced_by = $2
         where hash = $1 and used_at is null",
    )
    .bind(hash)
    .bind(next.hash())
    .execute(&mut *connection)
    .await?;
    let member = sqlx::query_as(
        "select id, handle, email, display_name, language, synthetic, registered_at, version
         from members where id = $1",
    )
    .bind(member)
    .fetch_one(connection)
    .await?;
    let opened = Opened {
        session,
        refresh_token: next,
    };
    Ok(Exchange::Done(Box::new(member), opened))
}

/// Only retries make unused tokens more, so only they are counted.
async fn require_few_unused(connection: &mut PgConnection, session: SessionId) -> Result<(), Error> {
    let (unused,): (i64,) = sqlx::query_as(
        "select count(*) from refresh_tokens
         where session_id = $1 and used_at is null and expires_at > clock_timestamp()
           and issued_at > clock_timestamp() - $2 * interval '1 second'",
    )
    .bind(session)
    .bind(UNUSED_WITHIN.as_secs_f64())
    .fetch_one(connection)
    .await?;
    if unused < MOST_UNUSED {
        return Ok(());
    }
    metrics::counter!("user_attempts_refused_total", "limit" => "session").increment(1);
    Err(Error::TooManyAttempts(UNUSED_WITHIN))
}

pub(crate) async fn end(connection: &mut PgConnection, session: SessionId, reason: &'static str) -> sqlx::Result<()> {
    sqlx::query(
        "update sessions set ended_at = clock_timestamp(), end_reason = $2
         where id = $1 and ended_at is null",
    )
    .bind(session)
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn sign_out(users: &Users, request: proto::SignOutRequest) -> Result<(), Error> {
    let Some(token) = RefreshToken::parse(&request.refresh_token) else {
        return Ok(());
    };
    let hash = token.hash();
    postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            // An expired or used token names its session just as well.
            let session: Option<(SessionId,)> = sqlx::query_as("select session_id from refresh_tokens where hash = $1")
                .bind(hash)
                .fetch_optional(&mut *tx)
                .await?;
            if let Some((session,)) = session {
                end(tx, session, "sign_out").await?;
            }
            Ok::<_, Error>(())
        })
    })
    .await
}

pub(crate) async fn list_ended(users: &Users) -> Result<proto::ListEndedSessionsResponse, Error> {
    let ended: Vec<(SessionId,)> = sqlx::query_as(
        "select id from sessions where ended_at > now() - $1 * interval '1 second'
         order by ended_at desc limit $2",
    )
    .bind(LISTED_FOR.as_seconds_f64())
    .bind(MOST_LISTED)
    .fetch_all(&users.db)
    .await?;
    let session_ids = ended.into_iter().map(|(id,)| id.0.to_string()).collect();
    Ok(proto::ListEndedSessionsResponse { session_ids })
}

/// Rows in one transaction of the sweeper: small, so that nobody waits for it.
const SWEPT_AT_ONCE: i64 = 1_000;

/// Deletes, until the stop, the tokens that expired and the sessions that ended long ago.
pub(crate) async fn sweep(db: PgPool, stop: Stop) -> anyhow::Result<()> {
    loop {
        let pause = match sweep_once(&db).await {
            Ok(swept) if swept >= SWEPT_AT_ONCE => Duration::from_millis(200),
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

/// One small batch of each kind; how many rows the larger one had.
async fn sweep_once(db: &PgPool) -> Result<i64, Error> {
    postgres::write(db, move |tx| {
        Box::pin(async move {
            // An hour later than need be: nobody can be exchanging one of these at this moment. A session whose last
            // token goes has ended by itself.
            let (tokens,): (i64,) = sqlx::query_as(
                "with gone as (
                     delete from refresh_tokens where hash = any(array(
                         select hash from refresh_tokens where expires_at < now() - interval '1 hour'
                         order by expires_at limit $1 for update skip locked))
                     returning session_id),
                 ended as (
                     update sessions s set ended_at = now(), end_reason = 'expired'
                     where s.id in (select session_id from gone) and s.ended_at is null
                       and not exists (select from refresh_tokens t
                                       where t.session_id = s.id and t.expires_at >= now() - interval '1 hour'))
                 select count(*) from gone",
            )
            .bind(SWEPT_AT_ONCE)
            .fetch_one(&mut *tx)
            .await?;
            // Until then, a member may look up when and why a session ended. By then its last token has expired, so that
            // no long family of tokens is deleted along with it.
            let sessions = sqlx::query(
                "delete from sessions where id = any(array(
                     select id from sessions where ended_at < now() - interval '31 days'
                     order by ended_at limit $1 for update skip locked))",
            )
            .bind(SWEPT_AT_ONCE)
            .execute(tx)
            .await?;
            Ok::<_, Error>(tokens.max(sessions.rows_affected().try_into().unwrap_or(0)))
        })
    })
    .await
}
