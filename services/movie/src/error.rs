//! What can go wrong in the catalogue, and what it means to a caller.

use std::sync::Arc;

use chassis::coalesce::Overloaded;
use chassis::error::{Classify, Kind};
use messaging::postgres::database_kind;
use tonic::Status;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A field of the request that can never be accepted as it is.
    #[error("{message}")]
    Field { field: &'static str, message: String },
    #[error("there is no such person")]
    UnknownPerson,
    /// Shared, because one statement answers many coalesced requests.
    #[error("the database failed")]
    Database(#[source] Arc<sqlx::Error>),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("the search did not finish")]
    Unfinished(#[source] Arc<tokio::task::JoinError>),
}

impl Error {
    pub fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::Field {
            field,
            message: message.into(),
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

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Field { .. } => Kind::Invalid,
            Self::UnknownPerson => Kind::NotFound,
            Self::Database(error) => database_kind(error),
            Self::Overloaded(_) => Kind::Unavailable,
            Self::Unfinished(_) => Kind::Internal,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Field { field, .. } => Some(field),
            _ => None,
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
