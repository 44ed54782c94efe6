//! What can go wrong in a call to user, and what that means to the caller.

use std::{borrow::Cow, sync::Arc, time::Duration};

use chassis::{
    coalesce::Overloaded,
    cursor,
    error::{Classify, Kind},
};
use messaging::postgres::database_kind;
use tonic::Status;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The request cannot be served as it is; field and message tell the caller why.
    #[error("{message}")]
    Refused {
        kind: Kind,
        field: Option<&'static str>,
        message: Cow<'static, str>,
    },
    /// A rate limit refused the attempt; the duration is the wait until the next one.
    #[error("too many attempts")]
    TooManyAttempts(Duration),
    /// The queue of passwords that wait for their hash is full.
    #[error("too many people are signing in at once")]
    Busy,
    #[error("the service has too much to do")]
    Overloaded(#[from] Overloaded),
    #[error("the database failed")]
    // Shared, because one failed batch of reads fails each read in it.
    Database(#[source] Arc<sqlx::Error>),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// The field has a value that can never be accepted.
    pub(crate) fn invalid(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::Invalid, Some(field), message)
    }

    /// The handle or email of this field belongs to another member.
    pub(crate) fn conflict(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::Conflict, Some(field), message)
    }

    pub(crate) fn unknown_member() -> Self {
        Self::refused(Kind::NotFound, Some("member_id"), "there is no such member")
    }

    pub(crate) fn unknown_session() -> Self {
        Self::refused(Kind::NotFound, Some("session_id"), "there is no such session")
    }

    /// One text for an unknown name and for a wrong password: the answer must not reveal who is a member.
    pub(crate) fn wrong_credentials() -> Self {
        Self::refused(Kind::Unauthenticated, None, "the name or the password is wrong")
    }

    /// A token that is unknown, expired or reused, or whose session or account ended: the browser signs in again each time.
    pub(crate) fn session_ended() -> Self {
        Self::refused(Kind::Unauthenticated, None, "the session has ended")
    }

    fn refused(kind: Kind, field: Option<&'static str>, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self::Refused { kind, field, message }
    }
}

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused { kind, .. } => *kind,
            Self::TooManyAttempts(_) => Kind::TooMany,
            Self::Busy | Self::Overloaded(_) => Kind::Unavailable,
            Self::Database(error) => database_kind(error),
            Self::Internal(_) => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Refused { field, .. } => *field,
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            // Rounded up, so that a retry after that many seconds passes.
            Self::TooManyAttempts(wait) => Some(wait.as_secs() + 1),
            _ => (self.kind() == Kind::Unavailable).then_some(1),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<cursor::Invalid> for Error {
    fn from(_: cursor::Invalid) -> Self {
        Self::invalid("cursor", "the cursor does not belong to this list")
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
