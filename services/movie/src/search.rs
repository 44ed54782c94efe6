//! Search, browse and suggestions (`SearchMovies`, `Suggest`).
//!
//! They run on an index in memory instead of `pg_trgm` in Postgres. A query is a prefix of keystrokes, initial consonants, or
//! a name with small typing errors, among a few ten thousand short names, so it scans about a megabyte. Measured with 10,506
//! movies and 20,000 people on two busy cores: a suggestion over gRPC takes 1 to 7 ms (median 2), and the index 16 MB. With a
//! GIN trigram index over keystrokes, Postgres needs 0.4 ms for three letters but 7 ms for two, and 3 to 12 ms for candidates
//! with errors, before classes, ranking and initials. The test `speed.rs` prints the figures of the index.

pub mod fuzzy_match;
pub mod index;
pub mod rank;
pub(crate) mod refresh;
pub mod search_key;
pub mod text_match;

use std::sync::Arc;

use arc_swap::ArcSwap;
use chassis::cursor;
use matcha_protos::movie::v1::search_movies_request::Among as AmongField;
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
use index::{Among, Filter, Index, SuggestedItem, country_code};
use rank::{Language, Rank, Sort};
use text_match::Query;

const MAX_QUERY_CHARS: usize = 200;
/// Movies in the set that a search is restricted to.
const MAX_SET: usize = 20_000;
/// Concurrent scans; each keeps a core busy.
const MAX_SCANS: usize = 2;

/// Runs scans of the index on blocking threads, a few at a time, so that they do not hold up other calls.
#[derive(Clone)]
pub(crate) struct Scans {
    index: Arc<ArcSwap<Index>>,
    permits: Arc<Semaphore>,
}

impl Scans {
    pub(crate) fn new(index: Arc<ArcSwap<Index>>) -> Self {
        Self {
            index,
            permits: Arc::new(Semaphore::new(MAX_SCANS)),
        }
    }

    /// Waits for a permit no longer than the call's deadline: then the server drops the call, and its scan never begins.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        scan: impl FnOnce(&Arc<Index>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.permits.clone().acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let index = self.index.load_full();
        let scan = move || {
            let found = scan(&index);
            // The scan holds the permit, because it goes on when the caller's future is dropped.
            drop(permit);
            found
        };
        Ok(tokio::task::spawn_blocking(scan).await?)
    }
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    last: Rank,
    /// The mean of all ratings at the first page: with another mean, the ranks of all movies would change between pages.
    mean: f64,
}

/// Sort order, limit and cursor of a page.
pub(crate) struct Paging {
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    /// Name of the list with its order; a cursor is valid only for the list it was made for.
    list: String,
    cursor: Option<Cursor>,
}

impl Paging {
    /// `list` identifies the list; it must be the same in every replica and version of this service.
    pub(crate) fn new(list: &str, sort: Sort, limit: i32, cursor: &str) -> Result<Self, Error> {
        let limit = match limit {
            0 => 20,
            limit @ 1..=50 => limit as usize,
            _ => return Err(Error::invalid("limit", "between 1 and 50")),
        };
        let list = format!("{list} {sort:?}");
        let cursor = match cursor {
            "" => None,
            text => {
                let cursor = cursor::decode_for::<Cursor>(&list, text);
                Some(cursor.map_err(|error| Error::invalid("cursor", error.to_string()))?)
            }
        };
        Ok(Self {
            sort,
            limit,
            list,
            cursor,
        })
    }

    /// Reads the page with the mean of all ratings and the rank to start after; returns it with the cursor of the next page.
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
            // Positions in the order of titles shift when movies are added, so the last movie's position is looked up again.
            (Some(cursor), Sort::Title(language)) => {
                let rank = index.title_rank(cursor.last.id, language);
                Some(rank.ok_or_else(|| Error::invalid("cursor", "the last page's last movie is gone"))?)
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

struct Search {
    query: Option<Query>,
    filter: Filter,
    paging: Paging,
}

pub(crate) async fn search_movies(
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
        let query = parse_query(&request.query)?;
        let language = parse_language(&request.language)?;
        let sort = match (MovieSort::try_from(request.sort), &query) {
            (Err(_), _) => return Err(Error::invalid("sort", "there is no such order")),
            (Ok(MovieSort::Unspecified | MovieSort::Relevance), Some(_)) => Sort::Relevance,
            (Ok(MovieSort::Unspecified | MovieSort::Relevance | MovieSort::Popularity), _) => Sort::Popularity,
            (Ok(MovieSort::Average), _) => Sort::Average,
            (Ok(MovieSort::Newest), _) => Sort::Newest,
            (Ok(MovieSort::Title), _) => Sort::Title(language),
        };
        let among = parse_among(request.among.take())?;
        let filter = parse_filter(&request, among)?;
        let list = list_name(request.query.trim(), &filter);
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

pub(crate) fn parse_language(language: &str) -> Result<Language, Error> {
    match language {
        "" | "ko" => Ok(Language::Korean),
        "en" => Ok(Language::English),
        _ => Err(Error::invalid("language", "ko or en")),
    }
}

/// `None` for an empty query, with which all movies match.
pub(crate) fn parse_query(text: &str) -> Result<Option<Query>, Error> {
    if text.contains('\0') {
        return Err(Error::invalid("query", "no NUL characters"));
    }
    if text.chars().count() > MAX_QUERY_CHARS {
        return Err(Error::invalid("query", format!("at most {MAX_QUERY_CHARS} characters")));
    }
    Ok((!text.trim().is_empty()).then(|| Query::of(text)))
}

/// The name of the list, for its cursors. The movies of a set are left out, because the set may grow between two pages.
fn list_name(query: &str, filter: &Filter) -> String {
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

fn parse_among(among: Option<AmongField>) -> Result<Among, Error> {
    let set = |field, set: MovieSet| {
        if set.movie_ids.len() > MAX_SET {
            return Err(Error::invalid(field, format!("at most {MAX_SET} movies")));
        }
        let ids = set.movie_ids.iter().map(|id| Uuid::try_parse(id));
        let ids = ids.collect::<Result<_, _>>();
        ids.map_err(|_| Error::invalid(field, "movies are UUIDs"))
    };
    Ok(match among {
        None => Among::All,
        Some(AmongField::Only(movies)) => Among::Only(set("only", movies)?),
        Some(AmongField::Except(movies)) => Among::Except(set("except", movies)?),
    })
}

fn parse_filter(request: &SearchMoviesRequest, among: Among) -> Result<Filter, Error> {
    let genre = match request.genre.as_str() {
        "" => None,
        genre => Some(genres::bit(genre).ok_or_else(|| Error::invalid("genre", "there is no such genre"))?),
    };
    let country = match request.country.as_str() {
        "" => None,
        country => Some(country_code(country).ok_or_else(|| Error::invalid("country", "two letters (ISO 3166-1)"))?),
    };
    if request
        .decade
        .is_some_and(|decade| !(1870..=2100).contains(&decade) || decade % 10 != 0)
    {
        return Err(Error::invalid("decade", "the first year of a decade, such as 1990"));
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
        _ => return Err(Error::invalid("limit", "between 1 and 20")),
    };
    let Some(query) = parse_query(&request.query)? else {
        return Ok(SuggestResponse::default());
    };
    // Slots of people belong to this version of the index, so the scan returns it too.
    let scan = move |index: &Arc<Index>| (index.clone(), index.suggest(&query, limit));
    let (index, suggested) = scans.run(scan).await?;
    let ids: Vec<Uuid> = suggested
        .iter()
        .filter_map(|one| {
            if let SuggestedItem::Movie(id) = one {
                Some(*id)
            } else {
                None
            }
        })
        .collect();
    // Both have the order of `suggested`, so the movies are taken one by one.
    let mut found = movies.find(&ids).await?.into_iter().peekable();
    let suggestions = suggested.into_iter().filter_map(|one| match one {
        SuggestedItem::Movie(id) => found.next_if(|movie| movie.id == id.to_string()).map(Kind::Movie),
        SuggestedItem::Person(slot) => Some(Kind::Person(index.person(slot))),
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
    async fn a_scan_waits_for_a_permit_while_others_run() {
        let scans = Scans::new(Arc::new(ArcSwap::from_pointee(Index::default())));
        #[expect(clippy::disallowed_methods, reason = "it holds one message per scan of this test")]
        let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
        let mut running = Vec::new();
        for _ in 0..MAX_SCANS {
            let (end, ended) = mpsc::channel::<()>();
            let (scans, began) = (scans.clone(), began.clone());
            let scan = move |_: &Arc<Index>| {
                let _ = began.send(());
                let _ = ended.recv();
            };
            running.push((end, tokio::spawn(async move { scans.run(scan).await })));
            begun.recv().await.expect("the scan began");
        }
        let waiting = tokio::time::timeout(Duration::from_millis(50), scans.run(|_| ()));
        assert!(waiting.await.is_err(), "there are {MAX_SCANS} permits");

        for (end, scan) in running {
            drop(end);
            scan.await.expect("no panic").expect("the scan ended");
        }
        scans.run(|_| ()).await.expect("there is a permit again");
    }
}
