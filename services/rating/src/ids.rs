//! A type for each kind of id: a member and a movie that are swapped do not compile.

use std::fmt;

use uuid::Uuid;

/// Why a text or a list of texts are no ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    #[error("{field} is not a UUID")]
    NotAnId { field: &'static str },
    #[error("{field} holds more than {most}")]
    TooMany { field: &'static str, most: usize },
}

impl ParseError {
    /// The field of the request that is wrong.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::NotAnId { field } | Self::TooMany { field, .. } => field,
        }
    }
}

/// Defines the type of an id, with the field of a request that it is read from and the function that reads it.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal, $parse:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub(crate) struct $name(pub(crate) Uuid);

        impl $name {
            pub(crate) fn parse(text: &str) -> Result<Self, ParseError> {
                $parse($field, text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A member of matcha; always the one of the internal token, except in an operator's bulk import.
    MemberId,
    "member_id",
    uuid
);
id!(
    /// A movie of the catalogue.
    MovieId,
    "movie_id",
    uuid
);
id!(
    /// A member's comment on a movie.
    CommentId,
    "comment_id",
    uuid
);
id!(
    /// A reply to a comment.
    ReplyId,
    "reply_id",
    client_generated_id
);
id!(
    /// A member's import of a file.
    ImportId,
    "import_id",
    uuid
);
id!(
    /// A member's list of movies.
    ListId,
    "list_id",
    client_generated_id
);
id!(
    /// A watch: one viewing of a movie in a member's diary.
    WatchId,
    "watch_id",
    client_generated_id
);

impl MovieId {
    /// Reads the field `movie_ids` of a batch request.
    pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Self>, ParseError> {
        /// More per call would let one caller hold a connection for long.
        const MAX_IDS: usize = 500;
        parse_all("movie_ids", texts, MAX_IDS)
    }
}

/// Reads a repeated field of ids.
pub(crate) fn parse_all<T: From<Uuid>>(
    field: &'static str,
    texts: &[String],
    most: usize,
) -> Result<Vec<T>, ParseError> {
    if texts.len() > most {
        return Err(ParseError::TooMany { field, most });
    }
    texts.iter().map(|text| uuid(field, text).map(T::from)).collect()
}

/// Accepts the usual form of 36 characters only, so that an id has one spelling.
fn uuid(field: &'static str, text: &str) -> Result<Uuid, ParseError> {
    if text.len() != 36 {
        return Err(ParseError::NotAnId { field });
    }
    Uuid::try_parse(text).map_err(|_| ParseError::NotAnId { field })
}

/// Parses a client-generated UUID; rejects nil and max.
fn client_generated_id(field: &'static str, text: &str) -> Result<Uuid, ParseError> {
    match uuid(field, text)? {
        id if id.is_nil() || id.is_max() => Err(ParseError::NotAnId { field }),
        id => Ok(id),
    }
}
