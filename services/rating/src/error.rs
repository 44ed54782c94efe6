//! Everything that can go wrong in a call to rating, and what it means to the caller.

use std::sync::Arc;

use chassis::{
    coalesce::Overloaded,
    cursor,
    error::{Classify, Kind, chain},
};
use messaging::{events::Outcome, postgres::database_kind};
use tonic::Status;

use crate::{
    ids::{CommentId, ListId, MemberId, MovieId, ReplyId, WatchId},
    moderation::Reason,
};

/// Cloneable, because a batch that fails fails for everyone in it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("stars go from 1 to 10, not {0}")]
    Stars(i32),
    #[error("{field} is not a UUID")]
    NotAnId { field: &'static str },
    #[error("{field} holds more than {most}")]
    TooMany { field: &'static str, most: usize },
    #[error("a page has 1 to 50 entries, not {0}")]
    Limit(i32),
    #[error("the cursor does not belong to this list")]
    Cursor,
    #[error("there is no such sort")]
    Sort,
    #[error("there is no such shelf state")]
    ShelfState,
    #[error("a rating is made neither before 1970 nor in the future")]
    RatedAt,
    #[error("a text has 1 to {most} characters, not {count}")]
    TextLength { most: usize, count: usize },
    #[error("a text has no control characters but line breaks and tabs")]
    ControlCharacters,
    #[error("the text was held back by the {} filter", .0.word())]
    HeldBack(Reason),
    #[error("nobody likes their own comment")]
    OwnComment,
    #[error("this reply is somebody else's")]
    NotYours,
    #[error("there is another reply {0}")]
    ReplyTaken(ReplyId),
    #[error("the reply {0} has been deleted")]
    ReplyDeleted(ReplyId),
    #[error("there is no comment {0}")]
    UnknownComment(CommentId),
    #[error("there is no member {0}")]
    UnknownMember(MemberId),
    #[error("the member does not show this to you")]
    NotShown,
    #[error("another member's shelf shows what is wished for or being watched; say which")]
    OthersShelf,
    #[error("who may see this cannot be asked")]
    AccessUnknown(#[source] Box<Status>),
    #[error("there is no movie {0}")]
    UnknownMovie(MovieId),
    #[error("there is no such import")]
    UnknownImport,
    #[error("the import has no such row")]
    UnknownRow,
    #[error("this cannot be done with the import as it is now")]
    ImportState,
    #[error("there are {0} imports already; each is forgotten after seven days")]
    TooManyImports(i64),
    #[error("{field} is not what it should be")]
    ImportField { field: &'static str },
    #[error("there is no list {0}")]
    UnknownList(ListId),
    #[error("this list is somebody else's")]
    NotYourList,
    #[error("there is another list {0}")]
    ListTaken(ListId),
    #[error("nobody likes their own list")]
    OwnList,
    #[error("a member has at most {0} lists")]
    TooManyLists(i64),
    #[error("a title is one line of 1 to {most} characters and none that do not show")]
    ListTitle { most: usize },
    #[error("a list holds a movie once")]
    ListTwice,
    #[error("a list holds at most {most} movies")]
    ListFull { most: usize },
    #[error("an order names every movie of the list")]
    ListOrder,
    #[error("the list was changed meanwhile; read it again")]
    ListChanged,
    #[error("a page of a list has 1 to {most} movies")]
    ListLimit { most: usize },
    #[error("a query has at most {most} characters")]
    ListQuery { most: usize },
    #[error("a day on which a movie was seen is written YYYY-MM-DD and not before 1888-01-01")]
    WatchedOn,
    #[error("that day has begun nowhere yet")]
    WatchedInFuture,
    #[error("a tag has 1 to {longest} characters, and none among them that is a comma or does not show")]
    Tag { field: &'static str, longest: usize },
    #[error("there is another watch {0}")]
    WatchIdTaken(WatchId),
    #[error("the movie is in the diary of that day already")]
    WatchedThatDay,
    #[error("a diary holds {most} watches", most = crate::watches::MOST_WATCHES)]
    TooManyWatches,
    #[error("too much at once; try again")]
    Overloaded,
    #[error("the deadline was over before it began; nothing was written")]
    Late,
    #[error("the database failed")]
    Database(#[source] Arc<sqlx::Error>),
}

impl Error {
    /// Two transactions waited for each other, and the database ended this one.
    pub(crate) fn is_deadlock(&self) -> bool {
        matches!(self, Self::Database(error) if error.as_database_error().and_then(|error| error.code()).as_deref() == Some("40P01"))
    }

    /// What a consumer answers for each message of a batch that failed with this. An outage travels as a status, which is
    /// what makes the consumer loop hold the batch until the database is back.
    pub(crate) fn retry(&self) -> Outcome {
        Outcome::Retry(match self.kind() {
            Kind::Unavailable => Status::unavailable(chain(self)).into(),
            _ => anyhow::Error::new(self.clone()),
        })
    }
}

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Stars(_)
            | Self::NotAnId { .. }
            | Self::TooMany { .. }
            | Self::Limit(_)
            | Self::Cursor
            | Self::Sort
            | Self::ShelfState
            | Self::OthersShelf
            | Self::RatedAt
            | Self::TextLength { .. }
            | Self::ControlCharacters
            | Self::HeldBack(_)
            | Self::WatchedOn
            | Self::WatchedInFuture
            | Self::Tag { .. }
            | Self::ImportField { .. }
            | Self::ListTitle { .. }
            | Self::ListTwice
            | Self::ListOrder
            | Self::ListLimit { .. }
            | Self::ListQuery { .. } => Kind::Invalid,
            Self::OwnComment | Self::NotYours | Self::NotShown | Self::OwnList | Self::NotYourList => Kind::Forbidden,
            // Waiting makes no room in a diary.
            Self::ReplyTaken(_)
            | Self::ReplyDeleted(_)
            | Self::WatchIdTaken(_)
            | Self::WatchedThatDay
            | Self::TooManyWatches
            | Self::ImportState
            | Self::ListTaken(_)
            | Self::ListChanged
            | Self::ListFull { .. }
            | Self::TooManyLists(_) => Kind::Conflict,
            Self::UnknownMovie(_)
            | Self::UnknownComment(_)
            | Self::UnknownMember(_)
            | Self::UnknownImport
            | Self::UnknownRow
            | Self::UnknownList(_) => Kind::NotFound,
            Self::TooManyImports(_) => Kind::TooMany,
            Self::Overloaded | Self::Late | Self::AccessUnknown(_) => Kind::Unavailable,
            Self::Database(error) => database_kind(error),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Stars(_) => Some("stars"),
            Self::NotAnId { field } | Self::TooMany { field, .. } | Self::Tag { field, .. } => Some(field),
            Self::Limit(_) | Self::ListLimit { .. } => Some("limit"),
            Self::ListTitle { .. } => Some("title"),
            Self::ListQuery { .. } => Some("query"),
            Self::ListTwice | Self::ListOrder | Self::ListFull { .. } => Some("movie_ids"),
            Self::ListChanged => Some("version"),
            Self::UnknownList(_) | Self::ListTaken(_) => Some("list_id"),
            Self::Cursor => Some("cursor"),
            Self::Sort => Some("sort"),
            Self::ShelfState | Self::OthersShelf => Some("state"),
            Self::RatedAt => Some("rated_at"),
            Self::TextLength { .. } | Self::ControlCharacters | Self::HeldBack(_) => Some("text"),
            Self::ReplyTaken(_) | Self::ReplyDeleted(_) => Some("reply_id"),
            Self::WatchedOn | Self::WatchedInFuture | Self::WatchedThatDay => Some("watched_on"),
            Self::WatchIdTaken(_) => Some("watch_id"),
            Self::UnknownComment(_) => Some("comment_id"),
            Self::UnknownMovie(_) => Some("movie_id"),
            Self::UnknownMember(_) => Some("member_id"),
            Self::UnknownImport => Some("import_id"),
            Self::UnknownRow => Some("position"),
            Self::ImportField { field } => Some(field),
            Self::OwnComment
            | Self::NotYours
            | Self::NotShown
            | Self::AccessUnknown(_)
            | Self::ImportState
            | Self::TooManyImports(_)
            | Self::OwnList
            | Self::NotYourList
            | Self::TooManyLists(_)
            | Self::TooManyWatches
            | Self::Overloaded
            | Self::Late
            | Self::Database(_) => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        matches!(self, Self::Overloaded | Self::AccessUnknown(_)).then_some(1)
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
        Self::Cursor
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        chassis::error::to_status(error)
    }
}
