//! What can go wrong with members and sessions, and what each of it means to a caller.

use std::{sync::Arc, time::Duration};

use chassis::error::{Classify, Kind};
use tonic::Status;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{message}")]
    Invalid { field: &'static str, message: String },
    #[error("this {0} belongs to another member")]
    Taken(&'static str),
    #[error("{handle} cannot be imported: this {field} belongs to another member")]
    NotImported { handle: String, field: &'static str },
    /// One text for an unknown name and for a wrong password: the answer must not tell who is a member.
    #[error("the name or the password is wrong")]
    WrongCredentials,
    #[error("there is no such member")]
    UnknownMember,
    #[error("there is no such session")]
    UnknownSession,
    #[error("the cursor does not belong to this list")]
    Cursor(#[from] chassis::cursor::Invalid),
    /// Unknown, expired, reused, or of a session that ended: the browser signs in again in each case.
    #[error("the session has ended")]
    SessionEnded,
    #[error("too many attempts")]
    TooManyAttempts(Duration),
    /// More people sign in than passwords can be checked.
    #[error("too many people are signing in at once")]
    Busy,
    #[error("the service has too much to do")]
    Overloaded(#[from] chassis::coalesce::Overloaded),
    #[error("the database failed")]
    // Shared, because one failed batch of reads fails each read in it.
    Database(#[source] Arc<sqlx::Error>),
    #[error("a password could not be hashed")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("a password hash in the database cannot be read")]
    StoredHash(#[from] argon2::password_hash::phc::Error),
    #[error("an access token could not be signed")]
    Sign(#[from] jsonwebtoken::errors::Error),
    #[error("the system gave no random bytes")]
    Random(#[from] rand::rand_core::OsError),
    #[error("a task did not finish")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            message: message.into(),
        }
    }
}

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Invalid { .. } | Self::Cursor(_) => Kind::Invalid,
            Self::UnknownMember | Self::UnknownSession => Kind::NotFound,
            Self::Taken(_) | Self::NotImported { .. } => Kind::Conflict,
            Self::WrongCredentials | Self::SessionEnded => Kind::Unauthenticated,
            Self::TooManyAttempts(_) => Kind::TooMany,
            Self::Busy | Self::Overloaded(_) => Kind::Unavailable,
            Self::Database(error) => messaging::postgres::database_kind(error),
            Self::Hash(_) | Self::StoredHash(_) | Self::Sign(_) | Self::Random(_) | Self::Task(_) => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } | Self::NotImported { field, .. } => Some(field),
            Self::Taken(field) => Some(field),
            Self::Cursor(_) => Some("cursor"),
            Self::UnknownMember => Some("member_id"),
            Self::UnknownSession => Some("session_id"),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            // Rounded up: who comes back after that many seconds must get through.
            Self::TooManyAttempts(wait) => Some(wait.as_secs() + 1),
            Self::Busy | Self::Overloaded(_) => Some(1),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
