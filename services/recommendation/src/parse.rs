//! Parsing of values that several requests carry: ids, and the number of movies to return.

use uuid::Uuid;

use crate::error::Error;

/// Characters of a rejected id that the error message repeats.
const SHOWN_ID_LENGTH: usize = 64;

/// Parses an id. An error always names the field `movie_id`, whichever field the id stands in.
pub(crate) fn id(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(|_| {
        let shown: String = text.chars().take(SHOWN_ID_LENGTH).collect();
        Error::invalid("movie_id", format!("`{shown}` is not a UUID"))
    })
}

/// Parses a repeated field of at most `max` ids.
pub(crate) fn ids(texts: &[String], field: &'static str, max: usize) -> Result<Vec<Uuid>, Error> {
    if texts.len() > max {
        return Err(Error::invalid(field, format!("{field}: at most {max}")));
    }
    texts.iter().map(|text| id(text)).collect()
}

/// The requested number of movies, from 1 to `max`; 0 stands for the default.
pub(crate) fn limit(requested: i32, default: usize, max: i32) -> Result<usize, Error> {
    match requested {
        0 => Ok(default),
        limit if (1..=max).contains(&limit) => Ok(limit as usize),
        limit => {
            let message = format!("limit goes from 1 to {max}, or 0 for the usual number, not {limit}");
            Err(Error::invalid("limit", message))
        }
    }
}
