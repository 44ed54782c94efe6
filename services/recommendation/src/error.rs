//! What can go wrong for a caller, in the service's own words.

use std::sync::Arc;

use chassis::{
    cursor,
    error::{Classify, Kind},
};
use tonic::Status;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error("`{0}` is not a UUID")]
    Id(String),
    #[error("{field}: at most {most}")]
    TooMany { field: &'static str, most: usize },
    #[error("limit goes from 1 to {most}, or 0 for the usual number, not {limit}")]
    Limit { limit: i32, most: i32 },
    #[error("shelf is `for_you` or `popular`, not `{0}`")]
    Shelf(String),
    #[error("there is no row {0}")]
    Row(i32),
    #[error("there is no such group")]
    Group,
    #[error("the key does not belong to this group")]
    Key,
    #[error("the cursor does not belong to this list")]
    Cursor,
    #[error("nobody is compared with themself")]
    Oneself,
    #[error("there is no such member")]
    UnknownMember,
    #[error("the member does not show this to you")]
    NotShown,
    #[error("who may see this cannot be asked")]
    AccessUnknown(#[source] Box<Status>),
    #[error("the copy of the ratings is being rebuilt")]
    Rebuilding,
    #[error("there is no model yet")]
    NoModel,
    #[error("too much at once; try again")]
    Overloaded,
    #[error("the store does not answer")]
    Store(#[source] Arc<redis::RedisError>),
}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<cursor::Invalid> for Error {
    fn from(_: cursor::Invalid) -> Self {
        Self::Cursor
    }
}

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Id(_)
            | Self::TooMany { .. }
            | Self::Limit { .. }
            | Self::Shelf(_)
            | Self::Row(_)
            | Self::Group
            | Self::Key
            | Self::Oneself
            | Self::Cursor => Kind::Invalid,
            Self::UnknownMember => Kind::NotFound,
            Self::NotShown => Kind::Forbidden,
            // Everything in Redis is a copy: whatever is wrong with it, a later call may go better.
            Self::Rebuilding | Self::NoModel | Self::Overloaded | Self::Store(_) | Self::AccessUnknown(_) => {
                Kind::Unavailable
            }
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Id(_) => Some("movie_id"),
            Self::TooMany { field, .. } => Some(field),
            Self::Limit { .. } => Some("limit"),
            Self::Shelf(_) => Some("shelf"),
            Self::Row(_) => Some("row"),
            Self::Group => Some("group"),
            Self::Key => Some("key"),
            Self::Cursor => Some("cursor"),
            Self::Oneself => Some("member_id"),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        (self.kind() == Kind::Unavailable).then_some(1)
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
