//! Which movies another site's rows mean (`MatchMovies`), answered from the index in memory: a file has up to a hundred
//! thousand rows.

use matcha_protos::movie::v1::{MatchMoviesRequest, MatchMoviesResponse, MovieClue};
use uuid::Uuid;

use crate::error::Error;
use crate::search::index::Index;

const MOST: usize = 500;
const LONGEST_TITLE: usize = 500;

pub(crate) fn find(index: &Index, request: &MatchMoviesRequest) -> Result<MatchMoviesResponse, Error> {
    if request.clues.len() > MOST {
        return Err(Error::field("clues", format!("holds more than {MOST}")));
    }
    let found = request.clues.iter().map(|clue| {
        let movie = one(index, clue);
        movie.map(|id| id.to_string()).unwrap_or_default()
    });
    Ok(MatchMoviesResponse {
        movie_ids: found.collect(),
    })
}

/// An id that is not in the catalogue leaves the title to be tried.
fn one(index: &Index, clue: &MovieClue) -> Option<Uuid> {
    let ours = || Uuid::try_parse(&clue.movie_id).ok().filter(|id| index.has(*id));
    let by_title = || {
        let title = clue.title.trim();
        let is_title = !title.is_empty() && title.chars().count() <= LONGEST_TITLE;
        let year = Some(clue.year).filter(|year| *year != 0);
        is_title.then(|| index.find_title(title, year)).flatten()
    };
    ours().or_else(|| index.find_imdb(&clue.imdb_id)).or_else(by_title)
}
