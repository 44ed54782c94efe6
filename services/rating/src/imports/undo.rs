//! Undoes a batch of applied rows: restores what each replaced, unless the member has changed it since.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    rows::{Kind, Outcome},
    worker::{BATCH, Batch, Import, NextRow, progress},
};
use crate::{
    comments,
    error::Error,
    ids::{ImportId, ListId, MemberId, MovieId, WatchId},
    lists::{self, ListContent},
    ratings::{self, Change, Stars},
    shelf::{self, Place},
    watches,
};

/// Undoes the last applied rows, in the reverse order of applying; returns how many.
pub(super) async fn undo(tx: &mut PgConnection, import: Import) -> Result<i64, Error> {
    let next = sqlx::query_as!(
        NextRow,
        r#"select position, movie_id as "movie_id: MovieId", list_id as "list_id: ListId" from import_rows
           where import_id = $1 and outcome = 1 order by position desc limit $2"#,
        import.id as ImportId,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    let batch = Batch::with_whole_lists(tx, import.id, next, Some(Outcome::Applied)).await?;
    batch.lock(tx, import.member_id).await?;
    let rows = read(tx, import, &batch.positions).await?;
    restore(tx, import.member_id, &rows).await?;
    store_outcomes(tx, import.id, &rows).await?;
    Ok(progress(&rows))
}

/// An applied row, with what it replaced.
struct AppliedRow {
    position: i32,
    /// What the row wrote has not been changed since.
    is_unchanged: bool,
    /// The date of what it replaced.
    at: Option<OffsetDateTime>,
    previous: Option<Previous>,
}

/// What the row replaced. `None` within a variant: there was nothing, so undoing deletes.
enum Previous {
    Rating {
        movie: MovieId,
        stars: Option<Stars>,
    },
    Shelf {
        movie: MovieId,
        state: Option<shelf::State>,
    },
    Comment {
        movie: MovieId,
        text: Option<(String, bool)>,
    },
    Watch(WatchId),
    List {
        in_file: Option<ListId>,
        id: ListId,
        content: Option<ListContent>,
    },
    ListMovie {
        list: ListId,
    },
}

/// The columns of an applied row.
struct Columns {
    position: i32,
    kind: Kind,
    movie_id: Option<MovieId>,
    list_id: Option<ListId>,
    previous_stars: Option<Stars>,
    previous_shelf: Option<shelf::State>,
    previous_text: Option<String>,
    previous_spoiler: Option<bool>,
    previous_at: Option<OffsetDateTime>,
    previous_title: Option<String>,
    previous_public: Option<bool>,
    previous_movies: Option<Vec<MovieId>>,
    made_id: Option<Uuid>,
    is_unchanged: bool,
}

impl From<Columns> for AppliedRow {
    fn from(columns: Columns) -> Self {
        Self {
            position: columns.position,
            is_unchanged: columns.is_unchanged,
            at: columns.previous_at,
            previous: columns.previous(),
        }
    }
}

impl Columns {
    fn previous(self) -> Option<Previous> {
        Some(match self.kind {
            Kind::Rating => Previous::Rating {
                movie: self.movie_id?,
                stars: self.previous_stars,
            },
            Kind::Shelf => Previous::Shelf {
                movie: self.movie_id?,
                state: self.previous_shelf,
            },
            Kind::Comment => Previous::Comment {
                movie: self.movie_id?,
                text: self
                    .previous_text
                    .map(|text| (text, self.previous_spoiler.unwrap_or(false))),
            },
            Kind::Watch => Previous::Watch(WatchId(self.made_id?)),
            Kind::List => Previous::List {
                in_file: self.list_id,
                id: ListId(self.made_id?),
                content: self.previous_movies.map(|movies| ListContent {
                    title: self.previous_title.unwrap_or_default(),
                    text: self.previous_text.unwrap_or_default(),
                    is_public: self.previous_public.unwrap_or(false),
                    changed_at: self.previous_at.unwrap_or_else(OffsetDateTime::now_utc),
                    movies,
                }),
            },
            Kind::ListMovie => Previous::ListMovie { list: self.list_id? },
            Kind::Unreadable => return None,
        })
    }
}

/// Reads applied rows and compares what they wrote with what the member has now.
///
/// The version of a list counts changes of its movies and the revision of a comment changes of its text, so their other fields are
/// compared one by one. The compiler cannot see a field that is missing there: one that is added to lists or comments must be
/// added to `is_unchanged`, or undoing overwrites what the member has changed since.
async fn read(tx: &mut PgConnection, import: Import, positions: &[i32]) -> Result<Vec<AppliedRow>, Error> {
    let rows = sqlx::query_as!(
        Columns,
        r#"select row.position, row.kind as "kind: Kind", row.movie_id as "movie_id: MovieId",
                  row.list_id as "list_id: ListId", row.previous_stars as "previous_stars: Stars",
                  row.previous_shelf as "previous_shelf: shelf::State", row.previous_text, row.previous_spoiler,
                  row.previous_at, row.previous_title, row.previous_public,
                  row.previous_movies as "previous_movies: Vec<MovieId>", row.made_id,
                  case row.kind
                      when 1 then coalesce(rating.version = row.made_version, false)
                      when 2 then coalesce(on_shelf.version = row.made_version, false)
                      when 4 then coalesce(watch.version = row.made_version, false)
                      when 5 then coalesce(list.version = row.made_version
                                           and (list.title, list.text, list.is_public)
                                               = (row.title, row.text, row.is_public), false)
                      when 6 then false
                      else coalesce(comment.id = row.made_id and comment.revision = row.made_version
                                    and comment.spoiler = row.spoiler, false) end as "is_unchanged!"
           from import_rows as row
           left join ratings as rating
                on row.kind = 1 and rating.member_id = $2 and rating.movie_id = row.movie_id
           left join shelf as on_shelf
                on row.kind = 2 and on_shelf.member_id = $2 and on_shelf.movie_id = row.movie_id
           left join comments as comment
                on row.kind = 3 and comment.member_id = $2 and comment.movie_id = row.movie_id
           left join watches as watch
                on row.kind = 4 and watch.id = row.made_id and watch.member_id = $2
           left join lists as list
                on row.kind = 5 and list.id = row.made_id and list.member_id = $2
           where row.import_id = $1 and row.position = any($3) order by row.position"#,
        import.id as ImportId,
        import.member_id as MemberId,
        positions,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(AppliedRow::from).collect())
}

async fn restore(tx: &mut PgConnection, member: MemberId, rows: &[AppliedRow]) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let (mut changes, mut places, mut watches) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.iter().filter(|row| row.is_unchanged) {
        match &row.previous {
            Some(Previous::Rating { movie, stars }) => {
                changes.push(Change::of(member, *movie, *stars, row.at.unwrap_or(now)));
            }
            Some(Previous::Shelf { movie, state }) => places.push(Place {
                movie: *movie,
                state: *state,
                changed_at: row.at.unwrap_or(now),
            }),
            Some(Previous::Comment { movie, text: None }) => comments::remove(tx, member, *movie).await?,
            Some(Previous::Comment {
                movie,
                text: Some((text, spoiler)),
            }) => {
                comments::restore(tx, member, *movie, text, *spoiler, row.at).await?;
            }
            Some(Previous::Watch(id)) => watches.push(*id),
            Some(Previous::List { id, content: None, .. }) => lists::remove(tx, member, *id).await?,
            Some(Previous::List {
                id,
                content: Some(content),
                ..
            }) => {
                lists::replace(tx, member, *id, content).await?;
            }
            Some(Previous::ListMovie { .. }) | None => {}
        }
    }
    ratings::apply(tx, &changes.iter().collect::<Vec<_>>()).await?;
    shelf::put_all(tx, member, &places).await?;
    watches::remove(tx, member, &watches).await
}

/// Stores which rows were undone and which were left; the movies of a list share the outcome of the list.
async fn store_outcomes(tx: &mut PgConnection, import: ImportId, rows: &[AppliedRow]) -> Result<(), Error> {
    let restored_lists = rows.iter().filter(|row| row.is_unchanged);
    let restored_lists: Vec<ListId> = restored_lists
        .filter_map(|row| match row.previous {
            Some(Previous::List { in_file, .. }) => in_file,
            _ => None,
        })
        .collect();
    let is_undone = |row: &AppliedRow| match row.previous {
        Some(Previous::ListMovie { list }) => restored_lists.contains(&list),
        _ => row.is_unchanged,
    };
    let positions: Vec<i32> = rows.iter().map(|row| row.position).collect();
    let outcomes: Vec<Outcome> = rows
        .iter()
        .map(|row| if is_undone(row) { Outcome::Undone } else { Outcome::Left })
        .collect();
    sqlx::query!(
        "update import_rows as row set outcome = result.outcome
         from unnest($2::int[], $3::smallint[]) as result (position, outcome)
         where row.import_id = $1 and row.position = result.position",
        import as ImportId,
        &positions,
        &outcomes as &[Outcome],
    )
    .execute(tx)
    .await?;
    Ok(())
}
