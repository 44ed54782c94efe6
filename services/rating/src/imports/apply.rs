//! Applies a batch of rows: compares them with what the member has now, writes what the policy accepts, and stores the result and
//! the replaced values on each row.

use std::collections::HashMap;

use matcha_protos::rating::v1::ImportReason;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Policy,
    rows::{Class, Kind, Outcome, query_compared},
    worker::{BATCH, Batch, Import, NextRow, progress},
};
use crate::{
    comments::{self, Written},
    error::Error,
    ids::{ImportId, ListId, MemberId, MovieId},
    lists::{self, ListContent, MAX_MOVIES},
    ratings::{self, Change, Stars},
    shelf::{self, Place},
    watches,
};

/// Applies the next rows; returns how many.
pub(super) async fn apply(tx: &mut PgConnection, import: Import) -> Result<i64, Error> {
    let next = sqlx::query_as!(
        NextRow,
        r#"select position, movie_id as "movie_id: MovieId", list_id as "list_id: ListId" from import_rows
           where import_id = $1 and outcome is null order by position limit $2"#,
        import.id as ImportId,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let batch = Batch::with_whole_lists(tx, import.id, next, None).await?;
    // Before the comparison, so that what is replaced is what was compared.
    batch.lock(tx, import.member_id).await?;
    let rows = read(tx, import, &batch.positions).await?;
    let mut results = Results::all_kept(&rows);
    let accepted: Vec<&RowWithCurrent> = rows.iter().filter(|row| row.is_accepted(import.policy)).collect();
    apply_ratings(tx, import.member_id, &accepted, &mut results).await?;
    apply_shelf(tx, import.member_id, &accepted, &mut results).await?;
    apply_comments(tx, import, &accepted, &mut results).await?;
    apply_watches(tx, import, &accepted, &mut results).await?;
    apply_lists(tx, import, &rows, &mut results).await?;
    results.store(tx, import.id).await?;
    Ok(progress(&rows))
}

/// A row of the file beside what the member has.
struct RowWithCurrent {
    position: i32,
    class: Class,
    dated_at: Option<OffsetDateTime>,
    current: Current,
    /// `None` if the row cannot be applied.
    content: Option<Content>,
}

/// What the row says.
enum Content {
    Rating { movie: MovieId, stars: Stars },
    Shelf { movie: MovieId, state: shelf::State },
    Comment { movie: MovieId },
    Watch,
    List(ListIds),
    ListMovie { list: ListId, movie: MovieId, place: i32 },
}

/// The ids that a list has in the file, as a replacement for it, and here, if the member has it.
#[derive(Clone, Copy)]
struct ListIds {
    in_file: ListId,
    replacement: ListId,
    current: Option<ListId>,
}

/// What the member has now in place of the row.
struct Current {
    at: Option<OffsetDateTime>,
    shelf: Option<shelf::State>,
    text: Option<String>,
    spoiler: Option<bool>,
}

impl RowWithCurrent {
    /// Whether the row replaces what the member has.
    fn is_accepted(&self, policy: Policy) -> bool {
        match (self.class, policy) {
            (Class::New, _) | (Class::Changed, Policy::TakeFile) => true,
            // A row without a date is never the newest.
            (Class::Changed, Policy::Newest) => self
                .dated_at
                .is_some_and(|at| self.current.at.is_none_or(|current| at > current)),
            (Class::Changed, Policy::KeepMine) | (Class::Same | Class::Unmatched | Class::Skipped, _) => false,
        }
    }

    /// The movie and its place, if this row is about a movie that the list can have.
    fn movie_of(&self, list: ListId) -> Option<ListedMovie> {
        match self.content {
            Some(Content::ListMovie { list: of, movie, place })
                if of == list && matches!(self.class, Class::New | Class::Same) =>
            {
                Some(ListedMovie {
                    place,
                    position: self.position,
                    movie,
                    is_new: self.class == Class::New,
                })
            }
            _ => None,
        }
    }
}

/// The columns of a compared row.
struct Columns {
    position: i32,
    kind: Kind,
    class: Class,
    movie_id: Option<MovieId>,
    stars: Option<Stars>,
    shelf: Option<shelf::State>,
    dated_at: Option<OffsetDateTime>,
    my_shelf: Option<shelf::State>,
    my_at: Option<OffsetDateTime>,
    my_text: Option<String>,
    my_spoiler: Option<bool>,
    list_id: Option<ListId>,
    own_list_id: Option<ListId>,
    my_list_id: Option<ListId>,
    place: i32,
}

impl Columns {
    fn content(&self) -> Option<Content> {
        Some(match self.kind {
            Kind::Rating => Content::Rating {
                movie: self.movie_id?,
                stars: self.stars?,
            },
            Kind::Shelf => Content::Shelf {
                movie: self.movie_id?,
                state: self.shelf?,
            },
            Kind::Comment => Content::Comment { movie: self.movie_id? },
            Kind::Watch => Content::Watch,
            Kind::List => Content::List(ListIds {
                in_file: self.list_id?,
                replacement: self.own_list_id?,
                current: self.my_list_id,
            }),
            Kind::ListMovie => Content::ListMovie {
                list: self.list_id?,
                movie: self.movie_id?,
                place: self.place,
            },
            Kind::Unreadable => return None,
        })
    }
}

impl From<Columns> for RowWithCurrent {
    fn from(columns: Columns) -> Self {
        Self {
            position: columns.position,
            class: columns.class,
            dated_at: columns.dated_at,
            content: columns.content(),
            current: Current {
                at: columns.my_at,
                shelf: columns.my_shelf,
                text: columns.my_text,
                spoiler: columns.my_spoiler,
            },
        }
    }
}

async fn read(tx: &mut PgConnection, import: Import, positions: &[i32]) -> Result<Vec<RowWithCurrent>, Error> {
    let rows = query_compared!(
        Columns,
        r#"position as "position!", kind as "kind!: Kind", class as "class!: Class", movie_id as "movie_id?: MovieId",
           stars as "stars?: Stars", shelf as "shelf?: shelf::State", dated_at as "dated_at?",
           my_shelf as "my_shelf?: shelf::State", my_at as "my_at?", my_text as "my_text?", my_spoiler as "my_spoiler?",
           list_id as "list_id?: ListId", own_list_id as "own_list_id?: ListId", my_list_id as "my_list_id?: ListId",
           place as "place!""#,
        "where position = any($3) order by position",
        import.id as ImportId,
        import.member_id as MemberId,
        positions,
    );
    let rows = rows.fetch_all(tx).await?;
    Ok(rows.into_iter().map(RowWithCurrent::from).collect())
}

/// The result of a row, with what it replaced and the version that it made; undoing needs both.
struct RowResult {
    class: Class,
    outcome: Outcome,
    stars: Option<Stars>,
    shelf: Option<shelf::State>,
    text: Option<String>,
    spoiler: Option<bool>,
    at: Option<OffsetDateTime>,
    version: Option<i64>,
    id: Option<Uuid>,
    /// Why the row could not be applied after all.
    reason: Option<i16>,
}

impl RowResult {
    fn kept(class: Class) -> Self {
        Self {
            class,
            outcome: Outcome::Kept,
            stars: None,
            shelf: None,
            text: None,
            spoiler: None,
            at: None,
            version: None,
            id: None,
            reason: None,
        }
    }
}

/// The results by position.
struct Results(HashMap<i32, RowResult>);

impl Results {
    fn all_kept(rows: &[RowWithCurrent]) -> Self {
        Self(
            rows.iter()
                .map(|row| (row.position, RowResult::kept(row.class)))
                .collect(),
        )
    }

    fn set_applied(&mut self, position: i32, replaced: impl FnOnce(&mut RowResult)) {
        if let Some(result) = self.0.get_mut(&position) {
            result.outcome = Outcome::Applied;
            replaced(result);
        }
    }

    fn set_skipped(&mut self, position: i32, reason: ImportReason) {
        if let Some(result) = self.0.get_mut(&position) {
            result.class = Class::Skipped;
            result.reason = Some(reason as i16);
        }
    }

    async fn store(self, tx: &mut PgConnection, import: ImportId) -> Result<(), Error> {
        let (positions, results): (Vec<i32>, Vec<RowResult>) = self.0.into_iter().unzip();
        macro_rules! column {
            ($field:ident) => {
                &results
                    .iter()
                    .map(|result| result.$field.clone())
                    .collect::<Vec<_>>()
            };
        }
        sqlx::query!(
            "update import_rows as row
             set class = result.class, outcome = result.outcome, previous_stars = result.stars,
                 previous_shelf = result.shelf, previous_text = result.text, previous_spoiler = result.spoiler,
                 previous_at = result.at, made_version = result.version, made_id = result.id,
                 reason = coalesce(result.reason, row.reason)
             from unnest($2::int[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::text[],
                         $8::boolean[], $9::timestamptz[], $10::bigint[], $11::uuid[], $12::smallint[])
                  as result (position, class, outcome, stars, shelf, text, spoiler, at, version, id, reason)
             where row.import_id = $1 and row.position = result.position",
            import as ImportId,
            &positions,
            column!(class) as &[Class],
            column!(outcome) as &[Outcome],
            column!(stars) as &[Option<Stars>],
            column!(shelf) as &[Option<shelf::State>],
            column!(text) as &[Option<String>],
            column!(spoiler) as &[Option<bool>],
            column!(at) as &[Option<OffsetDateTime>],
            column!(version) as &[Option<i64>],
            column!(id) as &[Option<Uuid>],
            column!(reason) as &[Option<i16>],
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

async fn apply_ratings(
    tx: &mut PgConnection,
    member: MemberId,
    accepted: &[&RowWithCurrent],
    results: &mut Results,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let (rows, changes): (Vec<&RowWithCurrent>, Vec<Change>) = accepted
        .iter()
        .filter_map(|row| match row.content {
            Some(Content::Rating { movie, stars }) => {
                let rated_at = row.dated_at.unwrap_or(now);
                Some((*row, Change::of(member, movie, Some(stars), rated_at)))
            }
            _ => None,
        })
        .unzip();
    let applied = ratings::apply(tx, &changes.iter().collect::<Vec<_>>()).await?;
    for (row, applied) in rows.iter().zip(applied).filter(|(_, applied)| applied.changed) {
        results.set_applied(row.position, |result| {
            result.stars = applied.previous_stars;
            result.at = row.current.at;
            result.version = Some(applied.version);
        });
    }
    Ok(())
}

async fn apply_shelf(
    tx: &mut PgConnection,
    member: MemberId,
    accepted: &[&RowWithCurrent],
    results: &mut Results,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let (rows, places): (Vec<&RowWithCurrent>, Vec<Place>) = accepted
        .iter()
        .filter_map(|row| match row.content {
            Some(Content::Shelf { movie, state }) => {
                let place = Place {
                    movie,
                    state: Some(state),
                    changed_at: row.dated_at.unwrap_or(now),
                };
                Some((*row, place))
            }
            _ => None,
        })
        .unzip();
    let versions = shelf::put_all(tx, member, &places).await?;
    for (row, place) in rows.iter().zip(places) {
        let Some(version) = versions.get(&place.movie) else {
            continue;
        };
        results.set_applied(row.position, |result| {
            result.shelf = row.current.shelf;
            result.at = row.current.at;
            result.version = Some(*version);
        });
    }
    Ok(())
}

/// Comments are few, and each starts the pipeline by itself, so they are written one by one.
async fn apply_comments(
    tx: &mut PgConnection,
    import: Import,
    accepted: &[&RowWithCurrent],
    results: &mut Results,
) -> Result<(), Error> {
    for row in accepted {
        let Some(Content::Comment { movie }) = row.content else {
            continue;
        };
        // Compared rows have truncated texts.
        let given = sqlx::query!(
            r#"select text as "text!", spoiler, created_at from import_rows where import_id = $1 and position = $2"#,
            import.id as ImportId,
            row.position,
        )
        .fetch_one(&mut *tx)
        .await?;
        let written = row.dated_at.map(|last| Written::of(last, given.created_at));
        let (id, revision) =
            comments::write_imported(tx, import.member_id, movie, &given.text, given.spoiler, written).await?;
        results.set_applied(row.position, |result| {
            result.text.clone_from(&row.current.text);
            result.spoiler = row.current.spoiler;
            result.at = row.current.at;
            result.version = Some(revision);
            result.id = Some(id.0);
        });
    }
    Ok(())
}

async fn apply_watches(
    tx: &mut PgConnection,
    import: Import,
    accepted: &[&RowWithCurrent],
    results: &mut Results,
) -> Result<(), Error> {
    let watches = accepted
        .iter()
        .filter(|row| matches!(row.content, Some(Content::Watch)));
    let positions: Vec<i32> = watches.map(|row| row.position).collect();
    if positions.is_empty() {
        return Ok(());
    }
    let quota = watches::remaining_quota(tx, import.member_id).await?;
    let (within, beyond) = positions.split_at(positions.len().min(usize::try_from(quota).unwrap_or(0)));
    for position in beyond {
        results.set_skipped(*position, ImportReason::TooMany);
    }
    for (position, id) in watches::insert_imported(tx, import.member_id, import.id, within).await? {
        results.set_applied(position, |result| {
            result.version = Some(1);
            result.id = Some(id.0);
        });
    }
    Ok(())
}

/// A movie of a list, in the order of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ListedMovie {
    place: i32,
    position: i32,
    movie: MovieId,
    is_new: bool,
}

/// Lists are written one by one, each with its movies. The rows of its movies are applied or kept with their list, so this gets all
/// rows and not only the accepted ones: a list keeps the movies that it has already.
async fn apply_lists(
    tx: &mut PgConnection,
    import: Import,
    rows: &[RowWithCurrent],
    results: &mut Results,
) -> Result<(), Error> {
    for row in rows {
        let Some(Content::List(ids)) = row.content else {
            continue;
        };
        let mut movies: Vec<ListedMovie> = rows.iter().filter_map(|movie| movie.movie_of(ids.in_file)).collect();
        movies.sort_unstable();
        for beyond in movies.split_off(movies.len().min(MAX_MOVIES)) {
            results.set_skipped(beyond.position, ImportReason::TooMany);
        }
        if row.is_accepted(import.policy) {
            apply_list(tx, import, (row, ids), &movies, results).await?;
        }
    }
    Ok(())
}

async fn apply_list(
    tx: &mut PgConnection,
    import: Import,
    (row, ids): (&RowWithCurrent, ListIds),
    movies: &[ListedMovie],
    results: &mut Results,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let given = sqlx::query!(
        r#"select title, text as "text!", is_public, created_at from import_rows where import_id = $1 and position = $2"#,
        import.id as ImportId,
        row.position,
    )
    .fetch_one(&mut *tx)
    .await?;
    let content = ListContent {
        title: given.title,
        text: given.text,
        is_public: given.is_public,
        changed_at: row.dated_at.unwrap_or(now),
        movies: movies.iter().map(|listed| listed.movie).collect(),
    };
    let mut replaced = None;
    let (id, version) = if let Some(current) = ids.current {
        let before = lists::read(tx, import.member_id, current).await?;
        store_replaced_list(tx, import.id, row.position, &before).await?;
        replaced = Some(before);
        (current, lists::replace(tx, import.member_id, current, &content).await?)
    } else {
        if lists::remaining_quota(tx, import.member_id).await? == 0 {
            results.set_skipped(row.position, ImportReason::TooMany);
            return Ok(());
        }
        let created_at = given.created_at.unwrap_or(now);
        let candidates = [ids.in_file, ids.replacement];
        let inserted = lists::insert_content(tx, import.member_id, candidates, created_at, &content).await?;
        let Some(inserted) = inserted else {
            results.set_skipped(row.position, ImportReason::List);
            return Ok(());
        };
        inserted
    };
    results.set_applied(row.position, |result| {
        result.at = replaced.as_ref().map(|before| before.changed_at);
        result.text = replaced.map(|before| before.text);
        result.version = Some(version);
        result.id = Some(id.0);
    });
    for listed in movies.iter().filter(|listed| listed.is_new) {
        results.set_applied(listed.position, |_| {});
    }
    Ok(())
}

/// Stores what only lists have; text and date have columns that all kinds share, which `RowResult` fills.
async fn store_replaced_list(
    tx: &mut PgConnection,
    import: ImportId,
    position: i32,
    before: &ListContent,
) -> Result<(), Error> {
    // Without `..`, so that the compiler demands a new field here: undoing restores it.
    let ListContent {
        title,
        is_public,
        movies,
        text: _,
        changed_at: _,
    } = before;
    sqlx::query!(
        "update import_rows set previous_title = $3, previous_public = $4, previous_movies = $5
         where import_id = $1 and position = $2",
        import as ImportId,
        position,
        title,
        *is_public,
        movies as &[MovieId],
    )
    .execute(tx)
    .await?;
    Ok(())
}
