//! What can go wrong in a call to movie, and what that means to the caller.

use std::{borrow::Cow, sync::Arc};

use chassis::coalesce::Overloaded;
use chassis::error::{Classify, Kind};
use messaging::postgres::database_kind;
use tonic::Status;

/// `Clone`, because an error of a coalesced read is the answer to every call in it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be served as it is; field and message tell the caller why.
    #[error("{message}")]
    Refused {
        kind: Kind,
        field: Option<&'static str>,
        message: Cow<'static, str>,
    },
    #[error("the database failed")]
    Database(#[source] Arc<sqlx::Error>),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("the search did not finish")]
    Unfinished(#[source] Arc<tokio::task::JoinError>),
}

impl Error {
    /// The field has a value that can never be accepted.
    pub(crate) fn invalid(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused {
            kind: Kind::Invalid,
            field: Some(field),
            message: message.into(),
        }
    }

    pub(crate) fn unknown_person() -> Self {
        Self::Refused {
            kind: Kind::NotFound,
            field: None,
            message: "there is no such person".into(),
        }
    }
}

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused { kind, .. } => *kind,
            Self::Database(error) => database_kind(error),
            Self::Overloaded(_) => Kind::Unavailable,
            Self::Unfinished(_) => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Refused { field, .. } => *field,
            _ => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Unfinished(Arc::new(error))
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
