//! The ids that rating handles, a type for each: a member and a movie that change places do not compile.

use std::fmt;

use uuid::Uuid;

use crate::error::Error;

/// A member of matcha; always the one of the internal token, except in an operator's import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct MemberId(pub Uuid);

/// A movie of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct MovieId(pub Uuid);

/// A member's comment on a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct CommentId(pub Uuid);

/// A reply to a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct ReplyId(pub Uuid);

/// A member's import of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct ImportId(pub Uuid);

/// A member's list of movies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct ListId(pub Uuid);

impl ListId {
    /// Reads the field `list_id` of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(drawn("list_id", text)?))
    }

    /// Reads the field `list_ids` of a batch request.
    pub(crate) fn parse_all(texts: &[String], most: usize) -> Result<Vec<Self>, Error> {
        let field = "list_ids";
        if texts.len() > most {
            return Err(Error::TooMany { field, most });
        }
        texts.iter().map(|text| uuid(field, text).map(Self)).collect()
    }
}

/// A day on which a member saw a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct WatchId(pub Uuid);

impl WatchId {
    /// Reads the field `watch_id` of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(drawn("watch_id", text)?))
    }
}

impl ImportId {
    /// Reads the field `import_id` of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(uuid("import_id", text)?))
    }
}

impl MemberId {
    /// Reads the field `member_id` of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(uuid("member_id", text)?))
    }
}

impl MovieId {
    /// Reads the field `movie_id` of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(uuid("movie_id", text)?))
    }

    /// Reads the field `movie_ids` of a batch request.
    pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Self>, Error> {
        /// More per call would let one caller hold a connection for long.
        const MOST: usize = 500;
        if texts.len() > MOST {
            return Err(Error::TooMany {
                field: "movie_ids",
                most: MOST,
            });
        }
        let ids = texts.iter().map(|text| uuid("movie_ids", text).map(Self));
        ids.collect()
    }
}

impl CommentId {
    /// Reads the field `comment_id` of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(uuid("comment_id", text)?))
    }

    /// Reads the field `comment_ids` of a batch request.
    pub(crate) fn parse_all(texts: &[String], most: usize) -> Result<Vec<Self>, Error> {
        let field = "comment_ids";
        if texts.len() > most {
            return Err(Error::TooMany { field, most });
        }
        texts.iter().map(|text| uuid(field, text).map(Self)).collect()
    }
}

impl ReplyId {
    /// Reads the field `reply_id` of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(drawn("reply_id", text)?))
    }
}

/// Only the usual form of 36 characters: others would let one id have several spellings.
fn uuid(field: &'static str, text: &str) -> Result<Uuid, Error> {
    if text.len() != 36 {
        return Err(Error::NotAnId { field });
    }
    Uuid::try_parse(text).map_err(|_| Error::NotAnId { field })
}

/// An id that whoever sends it draws first: the nil and the greatest one are not drawn.
fn drawn(field: &'static str, text: &str) -> Result<Uuid, Error> {
    match uuid(field, text)? {
        id if id.is_nil() || id.is_max() => Err(Error::NotAnId { field }),
        id => Ok(id),
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for MovieId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for CommentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ReplyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
