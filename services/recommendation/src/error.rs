//! What can go wrong in a call to recommendation, and what that means to the caller.

use std::{borrow::Cow, sync::Arc};

use chassis::{
    coalesce::Overloaded,
    cursor,
    error::{Classify, Kind},
};
use tonic::Status;

/// `Clone`, because an error of a coalesced read is the answer to every call in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The request cannot be served as it is; field and message tell the caller why.
    #[error("{message}")]
    Refused {
        kind: Kind,
        field: Option<&'static str>,
        message: Cow<'static, str>,
    },
    #[error("the user service cannot say who may see this")]
    AccessUnknown(#[source] Box<Status>),
    #[error("too many requests at once; try again")]
    Overloaded,
    #[error("Redis does not answer")]
    Store(#[source] Arc<redis::RedisError>),
}

impl Error {
    /// The field has a value that can never be accepted.
    pub(crate) fn invalid(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::refused(Kind::Invalid, Some(field), message)
    }

    pub(crate) fn unknown_member() -> Self {
        Self::refused(Kind::NotFound, None, "there is no such member")
    }

    pub(crate) fn hidden() -> Self {
        Self::refused(Kind::Forbidden, None, "the member does not show this to you")
    }

    /// The copy in Redis is incomplete, so an answer from it would be wrong.
    pub(crate) fn rebuilding() -> Self {
        Self::refused(Kind::Unavailable, None, "the copy of the ratings is being rebuilt")
    }

    pub(crate) fn no_model() -> Self {
        Self::refused(Kind::Unavailable, None, "there is no model yet")
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
            // Redis holds only copies, so every failure of it is temporary.
            Self::AccessUnknown(_) | Self::Overloaded | Self::Store(_) => Kind::Unavailable,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Refused { field, .. } => *field,
            Self::AccessUnknown(_) | Self::Overloaded | Self::Store(_) => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        (self.kind() == Kind::Unavailable).then_some(1)
    }
}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        Self::Store(Arc::new(error))
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

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
