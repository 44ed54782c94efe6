//! `MatchMovies`: identifies the movies that the rows of another site's file refer to. It reads the index in memory, because a
//! file has up to a hundred thousand rows.

use matcha_protos::movie::v1::{MatchMoviesRequest, MatchMoviesResponse, MovieClue as MovieReference};
use uuid::Uuid;

use crate::error::Error;
use crate::search::index::Index;

const MAX_REFERENCES: usize = 500;
const MAX_TITLE_CHARS: usize = 500;

pub(crate) fn match_movies(index: &Index, request: &MatchMoviesRequest) -> Result<MatchMoviesResponse, Error> {
    if request.clues.len() > MAX_REFERENCES {
        return Err(Error::invalid("clues", format!("holds more than {MAX_REFERENCES}")));
    }
    let found = request.clues.iter().map(|reference| {
        let movie = identify(index, reference);
        movie.map(|id| id.to_string()).unwrap_or_default()
    });
    Ok(MatchMoviesResponse {
        movie_ids: found.collect(),
    })
}

/// Tries matcha's id, then the IMDb id, then title and year; an id that is not in the catalogue is no error.
fn identify(index: &Index, reference: &MovieReference) -> Option<Uuid> {
    let by_id = || Uuid::try_parse(&reference.movie_id).ok().filter(|id| index.has(*id));
    let by_title = || {
        let title = reference.title.trim();
        let is_title = !title.is_empty() && title.chars().count() <= MAX_TITLE_CHARS;
        let year = Some(reference.year).filter(|year| *year != 0);
        is_title.then(|| index.find_title(title, year)).flatten()
    };
    by_id()
        .or_else(|| index.find_imdb(&reference.imdb_id))
        .or_else(by_title)
}
