//! Search, browse and suggestions (`SearchMovies`, `Suggest`).
//!
//! They are answered from an index in memory rather than by `pg_trgm` in Postgres: what is looked for are prefixes of
//! keystrokes, initial consonants and small errors among a few ten thousand short names, which is a scan of about a
//! megabyte. Measured with 10,506 movies and 20,000 people on two busy cores: a whole suggestion over gRPC takes 1 to 7 ms
//! (median 2) and the index 16 MB. With a GIN trigram index over taken-apart names, Postgres needs 0.4 ms for three letters
//! but 7 ms for two, and 3 to 12 ms for candidates with errors; classes, ranking and initials come on top. The test
//! `speed.rs` prints the first of these.

pub mod index;
pub mod matching;
pub mod rank;
pub(crate) mod refresh;
pub mod text;
pub mod typo;

use std::sync::Arc;

use arc_swap::ArcSwap;
use chassis::cursor;
use matcha_protos::movie::v1::search_movies_request::Among as Asked;
use matcha_protos::movie::v1::suggestion::Kind;
use matcha_protos::movie::v1::{
    MovieSet, MovieSort, SearchMoviesRequest, SearchMoviesResponse, SuggestRequest, SuggestResponse, Suggestion,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::error::Error;
use crate::genres;
use crate::movies::Movies;
use index::{Among, Filter, Index, Suggested, country_code};
use matching::Query;
use rank::{Language, Rank, Sort};

const LONGEST_QUERY: usize = 200;
/// Movies in a set by which a search is narrowed.
const LARGEST_SET: usize = 20_000;
/// Scans that run at the same time: each keeps a core busy.
const MOST_SCANS: usize = 2;

/// The index as requests use it: a few scans at a time, off the async threads, so that other calls go on meanwhile.
#[derive(Clone)]
pub(crate) struct Scans {
    index: Arc<ArcSwap<Index>>,
    places: Arc<Semaphore>,
}

impl Scans {
    pub(crate) fn new(index: Arc<ArcSwap<Index>>) -> Self {
        Self {
            index,
            places: Arc::new(Semaphore::new(MOST_SCANS)),
        }
    }

    /// Waits for a place no longer than the call's deadline: the server drops the call then, and its scan never begins.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        scan: impl FnOnce(&Arc<Index>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let place = self.places.clone().acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        let index = self.index.load_full();
        let scan = move || {
            let found = scan(&index);
            // Held by the scan, not by the caller: one who hangs up does not make room while it still runs.
            drop(place);
            found
        };
        Ok(tokio::task::spawn_blocking(scan).await?)
    }
}

/// Where the next page begins.
#[derive(Serialize, Deserialize)]
struct Cursor {
    last: Rank,
    /// The mean that the first page shrank towards: were it to move between pages, so would every movie's place.
    mean: f64,
}

/// Which page of a list in which order.
pub(crate) struct Paging {
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    /// The list with its order; a cursor is good for no other.
    list: String,
    cursor: Option<Cursor>,
}

impl Paging {
    /// `list` says what is listed, the same for the same list in every replica and version of this program.
    pub(crate) fn new(list: &str, sort: Sort, limit: i32, cursor: &str) -> Result<Self, Error> {
        let limit = match limit {
            0 => 20,
            limit @ 1..=50 => limit as usize,
            _ => return Err(Error::field("limit", "between 1 and 50")),
        };
        let list = format!("{list} {sort:?}");
        let cursor = match cursor {
            "" => None,
            text => {
                let cursor = cursor::decode_for::<Cursor>(&list, text);
                Some(cursor.map_err(|error| Error::field("cursor", error.to_string()))?)
            }
        };
        Ok(Self {
            sort,
            limit,
            list,
            cursor,
        })
    }

    /// Takes the page with what it needs to know: the mean to shrink towards, and the rank it goes on after. Answers the
    /// page and the cursor of the next.
    pub(crate) fn run(
        &self,
        index: &Index,
        page: impl FnOnce(f64, Option<Rank>) -> (Vec<Rank>, bool),
    ) -> Result<(Vec<Rank>, String), Error> {
        let mean = match &self.cursor {
            Some(cursor) => cursor.mean,
            None if self.sort == Sort::Average => index.mean(),
            None => 0.0,
        };
        let after = match (&self.cursor, self.sort) {
            // Places in the order of titles shift when movies are added, so the last movie's is looked up anew.
            (Some(cursor), Sort::Title(language)) => {
                let rank = index.title_rank(cursor.last.id, language);
                Some(rank.ok_or_else(|| Error::field("cursor", "the last page's last movie is gone"))?)
            }
            (cursor, _) => cursor.as_ref().map(|cursor| cursor.last),
        };
        let (page, more) = page(mean, after);
        let next = match page.last() {
            Some(&last) if more => cursor::encode_for(&self.list, &Cursor { last, mean }),
            _ => String::new(),
        };
        Ok((page, next))
    }
}

/// A valid search.
struct Search {
    query: Option<Query>,
    filter: Filter,
    paging: Paging,
}

pub(crate) async fn search(
    scans: &Scans,
    movies: &Movies,
    request: SearchMoviesRequest,
) -> Result<SearchMoviesResponse, Error> {
    let search = Search::parse(request)?;
    let (page, next_cursor) = scans.run(move |index| search.run(index)).await??;
    let ids: Vec<Uuid> = page.iter().map(|rank| rank.id).collect();
    Ok(SearchMoviesResponse {
        movies: movies.find(&ids).await?,
        next_cursor,
    })
}

impl Search {
    fn parse(mut request: SearchMoviesRequest) -> Result<Self, Error> {
        let query = query(&request.query)?;
        let language = language(&request.language)?;
        let sort = match (MovieSort::try_from(request.sort), &query) {
            (Err(_), _) => return Err(Error::field("sort", "there is no such order")),
            (Ok(MovieSort::Unspecified | MovieSort::Relevance), Some(_)) => Sort::Relevance,
            (Ok(MovieSort::Unspecified | MovieSort::Relevance | MovieSort::Popularity), _) => Sort::Popularity,
            (Ok(MovieSort::Average), _) => Sort::Average,
            (Ok(MovieSort::Newest), _) => Sort::Newest,
            (Ok(MovieSort::Title), _) => Sort::Title(language),
        };
        let among = among(request.among.take())?;
        let filter = filter(&request, among)?;
        let list = describe(request.query.trim(), &filter);
        let paging = Paging::new(&list, sort, request.limit, &request.cursor)?;
        Ok(Self { query, filter, paging })
    }

    fn run(&self, index: &Index) -> Result<(Vec<Rank>, String), Error> {
        let Paging { sort, limit, .. } = self.paging;
        self.paging.run(index, |mean, after| {
            index.page(self.query.as_ref(), &self.filter, sort, mean, after, limit)
        })
    }
}

/// Of the title sort.
pub(crate) fn language(language: &str) -> Result<Language, Error> {
    match language {
        "" | "ko" => Ok(Language::Korean),
        "en" => Ok(Language::English),
        _ => Err(Error::field("language", "ko or en")),
    }
}

/// What was typed; `None`: nothing, which browses.
pub(crate) fn query(text: &str) -> Result<Option<Query>, Error> {
    if text.contains('\0') {
        return Err(Error::field("query", "no NUL characters"));
    }
    if text.chars().count() > LONGEST_QUERY {
        return Err(Error::field("query", format!("at most {LONGEST_QUERY} characters")));
    }
    Ok((!text.trim().is_empty()).then(|| Query::of(text)))
}

/// What is listed, as cursors know it. The movies of a set are left out: it may grow while somebody reads on.
fn describe(query: &str, filter: &Filter) -> String {
    let among = match filter.among {
        Among::All => "all",
        Among::Only(_) => "only",
        Among::Except(_) => "except",
    };
    format!(
        "{query:?} {:?} {:?} {:?} {among}",
        filter.genre, filter.country, filter.decade
    )
}

fn among(asked: Option<Asked>) -> Result<Among, Error> {
    let set = |field, set: MovieSet| {
        if set.movie_ids.len() > LARGEST_SET {
            return Err(Error::field(field, format!("at most {LARGEST_SET} movies")));
        }
        let ids = set.movie_ids.iter().map(|id| Uuid::try_parse(id));
        let ids = ids.collect::<Result<_, _>>();
        ids.map_err(|_| Error::field(field, "movies are UUIDs"))
    };
    Ok(match asked {
        None => Among::All,
        Some(Asked::Only(movies)) => Among::Only(set("only", movies)?),
        Some(Asked::Except(movies)) => Among::Except(set("except", movies)?),
    })
}

fn filter(request: &SearchMoviesRequest, among: Among) -> Result<Filter, Error> {
    let genre = match request.genre.as_str() {
        "" => None,
        genre => Some(genres::bit(genre).ok_or_else(|| Error::field("genre", "there is no such genre"))?),
    };
    let country = match request.country.as_str() {
        "" => None,
        country => Some(country_code(country).ok_or_else(|| Error::field("country", "two letters (ISO 3166-1)"))?),
    };
    if request
        .decade
        .is_some_and(|decade| !(1870..=2100).contains(&decade) || decade % 10 != 0)
    {
        return Err(Error::field("decade", "the first year of a decade, such as 1990"));
    }
    Ok(Filter {
        genre,
        country,
        decade: request.decade,
        among,
    })
}

pub(crate) async fn suggest(scans: &Scans, movies: &Movies, request: SuggestRequest) -> Result<SuggestResponse, Error> {
    let limit = match request.limit {
        0 => 8,
        limit @ 1..=20 => limit as usize,
        _ => return Err(Error::field("limit", "between 1 and 20")),
    };
    let Some(query) = query(&request.query)? else {
        return Ok(SuggestResponse::default());
    };
    // Places of people are those of this index, so it comes along.
    let scan = move |index: &Arc<Index>| (index.clone(), index.suggest(&query, limit));
    let (index, suggested) = scans.run(scan).await?;
    let ids: Vec<Uuid> = suggested
        .iter()
        .filter_map(|one| {
            if let Suggested::Movie(id) = one {
                Some(*id)
            } else {
                None
            }
        })
        .collect();
    // Both in the order of `suggested`, so they can be dealt out again one by one.
    let mut found = movies.find(&ids).await?.into_iter().peekable();
    let suggestions = suggested.into_iter().filter_map(|one| match one {
        Suggested::Movie(id) => found.next_if(|movie| movie.id == id.to_string()).map(Kind::Movie),
        Suggested::Person(slot) => Some(Kind::Person(index.person(slot))),
    });
    Ok(SuggestResponse {
        suggestions: suggestions.map(|kind| Suggestion { kind: Some(kind) }).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn long_scans_hold_up_nothing_but_scans_and_those_no_longer_than_they_run() {
        let scans = Scans::new(Arc::new(ArcSwap::from_pointee(Index::default())));
        #[expect(clippy::disallowed_methods, reason = "it holds one message per scan of this test")]
        let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
        let mut running = Vec::new();
        for _ in 0..MOST_SCANS {
            let (end, ended) = mpsc::channel::<()>();
            let (scans, began) = (scans.clone(), began.clone());
            let scan = move |_: &Arc<Index>| {
                let _ = began.send(());
                // Until the other end is dropped.
                let _ = ended.recv();
            };
            running.push((end, tokio::spawn(async move { scans.run(scan).await })));
            begun.recv().await.expect("the scan began");
        }
        let waiting = tokio::time::timeout(Duration::from_millis(50), scans.run(|_| ()));
        assert!(waiting.await.is_err(), "there are places for {MOST_SCANS}");

        for (end, scan) in running {
            drop(end);
            scan.await.expect("no panic").expect("the scan ended");
        }
        scans.run(|_| ()).await.expect("there is a place again");
    }
}
