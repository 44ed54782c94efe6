//! What can go wrong in a call to rating, and what that means to the caller.

use std::{borrow::Cow, sync::Arc};

use chassis::{
    coalesce::Overloaded,
    cursor,
    error::{Classify, Kind},
};
use messaging::{events::Outcome, postgres::database_kind};
use tonic::Status;

use crate::{ids::ParseError, moderation::Reason};

/// `Clone`, because an error of a shared transaction is the answer to every call in it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The request cannot be served as it is; field and message tell the caller why.
    #[error("{message}")]
    Refused {
        kind: Kind,
        field: Option<&'static str>,
        message: Cow<'static, str>,
    },
    #[error("the {} filter rejected the text", .0.word())]
    HeldBack(Reason),
    #[error("the user service cannot say who may see this")]
    AccessUnknown(#[source] Box<Status>),
    #[error("too many requests at once; try again")]
    Overloaded,
    #[error("the deadline passed before the write began; nothing was written")]
    Late,
    #[error("the database did not confirm the write in time; it may still be made")]
    Unconfirmed,
    #[error("the database failed")]
    Database(#[source] Arc<sqlx::Error>),
}

impl Error {
    /// The field has a value that can never be accepted.
    pub(crate) fn invalid(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::Invalid, Some(field), message)
    }

    /// The field names something that does not exist, or that the caller may not know of.
    pub(crate) fn not_found(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::NotFound, Some(field), message)
    }

    /// The request contradicts what is stored; `None` if no single field does.
    pub(crate) fn conflict(field: impl Into<Option<&'static str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::Conflict, field.into(), message)
    }

    pub(crate) fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::Forbidden, None, message)
    }

    pub(crate) fn too_many(message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::TooMany, None, message)
    }

    fn refused(kind: Kind, field: Option<&'static str>, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self::Refused { kind, field, message }
    }

    /// Two transactions waited for each other, and the database ended this one.
    pub(crate) fn is_deadlock(&self) -> bool {
        matches!(self, Self::Database(error) if error.as_database_error().and_then(|error| error.code()).as_deref() == Some("40P01"))
    }

    /// What a consumer answers for each message of a batch that failed with this error. An outage makes the consumer hold the batch
    /// until the database is back, without counting a try.
    pub(crate) fn outcome(&self) -> Outcome {
        let error = anyhow::Error::new(self.clone());
        match self.kind() {
            Kind::Unavailable => Outcome::Outage(error),
            _ => Outcome::Retry(error),
        }
    }
}

/// Refuses a repeated field that holds too many values.
pub(crate) fn ensure_at_most(field: &'static str, count: usize, most: usize) -> Result<(), Error> {
    if count > most {
        return Err(Error::invalid(field, format!("{field} holds more than {most}")));
    }
    Ok(())
}

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused { kind, .. } => *kind,
            Self::HeldBack(_) => Kind::Invalid,
            Self::Overloaded | Self::Late | Self::Unconfirmed | Self::AccessUnknown(_) => Kind::Unavailable,
            Self::Database(error) => database_kind(error),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Refused { field, .. } => *field,
            Self::HeldBack(_) => Some("text"),
            Self::AccessUnknown(_) | Self::Overloaded | Self::Late | Self::Unconfirmed | Self::Database(_) => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        (self.kind() == Kind::Unavailable).then_some(1)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl From<Overloaded> for Error {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded
    }
}

impl From<cursor::Invalid> for Error {
    fn from(_: cursor::Invalid) -> Self {
        Self::invalid("cursor", "the cursor does not belong to this list")
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::invalid(error.field(), error.to_string())
    }
}

impl From<ParseError> for Status {
    fn from(error: ParseError) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
