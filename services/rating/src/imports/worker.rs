//! Applying and undoing, a few hundred rows at a time. One transaction makes the changes, their events and the notes about
//! them: a crash loses the bit that was under way and nothing else, and any replica goes on from there.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chassis::shutdown::Stop;
use matcha_protos::rating::v1::{ImportClass, ImportKind, ImportOutcome, ImportPolicy, ImportReason};
use messaging::{outbox::Nudge, postgres};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{State, rows::compared};
use crate::{
    comments::{self, Written},
    error::Error,
    ids::{ImportId, ListId, MemberId, MovieId, WatchId},
    lists::{self, MOST_MOVIES},
    ratings::{self, Change, Stars},
    shelf::{self, Place},
    watches,
};

/// Rows of one transaction: a member who rates meanwhile waits for it.
const AT_ONCE: i64 = 200;
/// Other replicas' imports, and those of one that died, are found by looking.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const AFTER_A_FAILURE: Duration = Duration::from_secs(2);

pub(crate) async fn run(db: PgPool, nudge: Nudge, woken: Arc<Notify>, stop: Stop) -> anyhow::Result<()> {
    while !stop.is_stopped() {
        let pause = match step(&db).await {
            Ok(true) => {
                nudge.nudge();
                continue;
            }
            Ok(false) => LOOK_EVERY,
            Err(error) => {
                tracing::warn!(error = %chassis::error::chain(&error), "an import does not get on");
                // Should it be this import's own fault, the others must not wait behind it.
                let _ = put_last(&db).await;
                AFTER_A_FAILURE
            }
        };
        if let Err(error) = forget(&db).await {
            tracing::warn!(error = %chassis::error::chain(&error), "cannot forget old imports");
        }
        let rest = async {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = woken.notified() => {}
            }
        };
        if stop.until(rest).await.is_none() {
            break;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, sqlx::FromRow)]
struct Import {
    id: ImportId,
    member_id: MemberId,
    state: State,
    policy: i16,
}

/// Does a bit of the import that waited longest; false: there is none.
async fn step(db: &PgPool) -> Result<bool, Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            let import: Option<Import> = sqlx::query_as(
                "select id, member_id, state, policy from imports where state in (3, 5)
                 order by moved_at limit 1 for update skip locked",
            )
            .fetch_optional(&mut *tx)
            .await?;
            let Some(import) = import else {
                return Ok(false);
            };
            let (done, next) = match import.state {
                State::Applying => (apply(tx, import).await?, State::Applied),
                _ => (undo(tx, import).await?, State::Undone),
            };
            let state = if done < AT_ONCE { next } else { import.state };
            // It can be undone for as long after it was applied as it could be applied.
            sqlx::query(
                "update imports set state = $2, done = done + $3, moved_at = now(), expires_at = now() + interval '7 days'
                 where id = $1",
            )
            .bind(import.id)
            .bind(state)
            .bind(done)
            .execute(tx)
            .await?;
            Ok(true)
        })
    })
    .await
}

async fn put_last(db: &PgPool) -> Result<(), Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            sqlx::query(
                "update imports set moved_at = now()
                 where id = (select id from imports where state in (3, 5) order by moved_at limit 1 for update skip locked)",
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// One at a time: an import may have hundreds of thousands of rows.
async fn forget(db: &PgPool) -> Result<(), Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            sqlx::query(
                "delete from imports
                 where id = (select id from imports where expires_at < now() and state not in (3, 5)
                             limit 1 for update skip locked)",
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// A row to be applied, beside what the member has.
#[derive(sqlx::FromRow)]
struct Compared {
    position: i32,
    kind: i16,
    class: i16,
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

impl Compared {
    fn is(&self, kind: ImportKind) -> bool {
        self.kind == kind as i16
    }

    /// One that can be in the list, if the list comes.
    fn is_movie_of(&self, list: &Self) -> bool {
        let can_be = [ImportClass::New as i16, ImportClass::Same as i16].contains(&self.class);
        self.is(ImportKind::ListMovie) && self.list_id == list.list_id && can_be
    }

    /// Whether the file's word counts.
    fn is_taken(&self, policy: i16) -> bool {
        let is_newer = || self.dated_at.is_some_and(|at| self.my_at.is_none_or(|mine| at > mine));
        if self.class == ImportClass::New as i16 {
            return true;
        }
        let take_file = policy == ImportPolicy::TakeFile as i16;
        let take_newer = policy == ImportPolicy::Newest as i16 && is_newer();
        self.class == ImportClass::Changed as i16 && (take_file || take_newer)
    }
}

/// What is noted beside a row.
#[derive(Default)]
struct Note {
    position: i32,
    class: i16,
    outcome: i16,
    stars: Option<Stars>,
    shelf: Option<shelf::State>,
    text: Option<String>,
    spoiler: Option<bool>,
    at: Option<OffsetDateTime>,
    version: Option<i64>,
    id: Option<Uuid>,
    /// Why it could not be taken after all.
    reason: Option<i16>,
}

/// Answers how many rows are through.
async fn apply(tx: &mut PgConnection, import: Import) -> Result<i64, Error> {
    let next: Vec<Next> = sqlx::query_as(
        "select position, movie_id, list_id from import_rows where import_id = $1 and outcome is null
         order by position limit $2",
    )
    .bind(import.id)
    .bind(AT_ONCE)
    .fetch_all(&mut *tx)
    .await?;
    let Bit { positions, movies } = with_whole_lists(tx, import.id, next, None).await?;
    lock(tx, import.member_id, &movies).await?;
    let rows: Vec<Compared> = sqlx::query_as(compared!("where position = any($3) order by position"))
        .bind(import.id)
        .bind(import.member_id)
        .bind(&positions)
        .fetch_all(&mut *tx)
        .await?;
    let mut notes: HashMap<i32, Note> = rows.iter().map(|row| (row.position, kept(row))).collect();
    let taken: Vec<&Compared> = rows.iter().filter(|row| row.is_taken(import.policy)).collect();
    take_ratings(tx, import.member_id, &taken, &mut notes).await?;
    take_shelf(tx, import.member_id, &taken, &mut notes).await?;
    take_comments(tx, import, &taken, &mut notes).await?;
    take_watches(tx, import, &taken, &mut notes).await?;
    take_lists(tx, import, &rows, &mut notes).await?;
    note(tx, import.id, notes.into_values().collect()).await?;
    Ok(count(&rows))
}

fn count<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).expect("a bit has some hundred rows")
}

/// A row that is next.
#[derive(sqlx::FromRow)]
struct Next {
    position: i32,
    movie_id: Option<MovieId>,
    list_id: Option<ListId>,
}

/// The rows of one transaction, and the movies that they are about.
struct Bit {
    positions: Vec<i32>,
    movies: Vec<MovieId>,
}

/// A list is taken and put back whole, so all of its rows that have this outcome come with the first of them.
async fn with_whole_lists(
    tx: &mut PgConnection,
    import: ImportId,
    next: Vec<Next>,
    outcome: Option<ImportOutcome>,
) -> Result<Bit, Error> {
    let lists: BTreeSet<ListId> = next.iter().filter_map(|row| row.list_id).collect();
    let of_lists: Vec<i32> = if lists.is_empty() {
        Vec::new()
    } else {
        sqlx::query_scalar(
            "select position from import_rows
             where import_id = $1 and list_id = any($2) and outcome is not distinct from $3",
        )
        .bind(import)
        .bind(lists.into_iter().collect::<Vec<_>>())
        .bind(outcome.map(|outcome| outcome as i16))
        .fetch_all(tx)
        .await?
    };
    let positions: BTreeSet<i32> = next.iter().map(|row| row.position).chain(of_lists).collect();
    // What the member says of a movie is not touched by a list that it is in.
    let others = next.iter().filter(|row| row.list_id.is_none());
    Ok(Bit {
        positions: positions.into_iter().collect(),
        movies: others.filter_map(|row| row.movie_id).collect(),
    })
}

fn kept(row: &Compared) -> Note {
    Note {
        position: row.position,
        class: row.class,
        outcome: ImportOutcome::Kept as i16,
        ..Note::default()
    }
}

/// What the member has of these movies stays as it is until the end of the transaction.
async fn lock(tx: &mut PgConnection, member: MemberId, movies: &[MovieId]) -> Result<(), Error> {
    for statement in [
        "select from ratings where member_id = $1 and movie_id = any($2) order by movie_id for no key update",
        "select from shelf where member_id = $1 and movie_id = any($2) order by movie_id for no key update",
        "select from comments where member_id = $1 and movie_id = any($2) order by movie_id for no key update",
    ] {
        sqlx::query(statement)
            .bind(member)
            .bind(movies)
            .execute(&mut *tx)
            .await?;
    }
    watches::lock(tx, member).await?;
    lists::lock_all(tx, member).await
}

async fn take_ratings(
    tx: &mut PgConnection,
    member: MemberId,
    taken: &[&Compared],
    notes: &mut HashMap<i32, Note>,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let rows = taken.iter().filter(|row| row.is(ImportKind::Rating));
    let rows = rows.filter_map(|row| Some((*row, row.movie_id?, row.stars?)));
    let rows: Vec<(&Compared, MovieId, Stars)> = rows.collect();
    let changes = rows.iter();
    let changes =
        changes.map(|(row, movie, stars)| Change::of(member, *movie, Some(*stars), row.dated_at.unwrap_or(now)));
    let changes: Vec<Change> = changes.collect();
    let applied = ratings::apply(tx, &changes.iter().collect::<Vec<_>>()).await?;
    for ((row, ..), applied) in rows.iter().zip(applied).filter(|(_, applied)| applied.changed) {
        let note = notes.entry(row.position).or_default();
        note.outcome = ImportOutcome::Applied as i16;
        note.stars = applied.previous_stars;
        note.at = row.my_at;
        note.version = Some(applied.version);
    }
    Ok(())
}

async fn take_shelf(
    tx: &mut PgConnection,
    member: MemberId,
    taken: &[&Compared],
    notes: &mut HashMap<i32, Note>,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let rows: Vec<&&Compared> = taken.iter().filter(|row| row.is(ImportKind::Shelf)).collect();
    let places = rows.iter().filter_map(|row| {
        Some(Place {
            movie: row.movie_id?,
            state: Some(row.shelf?),
            changed_at: row.dated_at.unwrap_or(now),
        })
    });
    let moved = shelf::put_all(tx, member, &places.collect::<Vec<_>>()).await?;
    for row in rows {
        let Some(version) = row.movie_id.and_then(|movie| moved.get(&movie)) else {
            continue;
        };
        let note = notes.entry(row.position).or_default();
        note.outcome = ImportOutcome::Applied as i16;
        note.shelf = row.my_shelf;
        note.at = row.my_at;
        note.version = Some(*version);
    }
    Ok(())
}

/// One by one: they are rare, and each begins the pipeline by itself.
async fn take_comments(
    tx: &mut PgConnection,
    import: Import,
    taken: &[&Compared],
    notes: &mut HashMap<i32, Note>,
) -> Result<(), Error> {
    for row in taken.iter().filter(|row| row.is(ImportKind::Comment)) {
        let Some(movie) = row.movie_id else {
            continue;
        };
        // Lists cut long texts; this is the whole one.
        let (text, spoiler, created_at): (String, bool, Option<OffsetDateTime>) =
            sqlx::query_as("select text, spoiler, created_at from import_rows where import_id = $1 and position = $2")
                .bind(import.id)
                .bind(row.position)
                .fetch_one(&mut *tx)
                .await?;
        let written = row.dated_at.map(|last| Written::of(last, created_at));
        let (id, revision) = comments::take(tx, import.member_id, movie, &text, spoiler, written).await?;
        let note = notes.entry(row.position).or_default();
        note.outcome = ImportOutcome::Applied as i16;
        note.text.clone_from(&row.my_text);
        note.spoiler = row.my_spoiler;
        note.at = row.my_at;
        note.version = Some(revision);
        note.id = Some(id.0);
    }
    Ok(())
}

/// As many as there is room for.
async fn take_watches(
    tx: &mut PgConnection,
    import: Import,
    taken: &[&Compared],
    notes: &mut HashMap<i32, Note>,
) -> Result<(), Error> {
    let rows: Vec<&&Compared> = taken.iter().filter(|row| row.is(ImportKind::Watch)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let room = watches::room(tx, import.member_id).await?;
    let (fit, rest) = rows.split_at(rows.len().min(usize::try_from(room).unwrap_or(0)));
    for row in rest {
        refuse(notes, row, ImportReason::TooMany);
    }
    let positions: Vec<i32> = fit.iter().map(|row| row.position).collect();
    for (position, id) in watches::take(tx, import.member_id, import.id, &positions).await? {
        let note = notes.entry(position).or_default();
        note.outcome = ImportOutcome::Applied as i16;
        note.version = Some(1);
        note.id = Some(id.0);
    }
    Ok(())
}

/// One by one, each with its movies. Rows about movies follow their list: they come with it or stay out with it.
async fn take_lists(
    tx: &mut PgConnection,
    import: Import,
    rows: &[Compared],
    notes: &mut HashMap<i32, Note>,
) -> Result<(), Error> {
    for list in rows.iter().filter(|row| row.is(ImportKind::List)) {
        let mut movies: Vec<&Compared> = rows.iter().filter(|row| row.is_movie_of(list)).collect();
        movies.sort_by_key(|row| (row.place, row.position));
        let rest = movies.split_off(movies.len().min(MOST_MOVIES));
        for row in rest {
            refuse(notes, row, ImportReason::TooMany);
        }
        if list.is_taken(import.policy) {
            take_list(tx, import, list, &movies, notes).await?;
        }
    }
    Ok(())
}

async fn take_list(
    tx: &mut PgConnection,
    import: Import,
    list: &Compared,
    movies: &[&Compared],
    notes: &mut HashMap<i32, Note>,
) -> Result<(), Error> {
    let Some(ids) = list.list_id.zip(list.own_list_id) else {
        return Ok(());
    };
    let now = OffsetDateTime::now_utc();
    let said: (String, String, bool, Option<OffsetDateTime>) = sqlx::query_as(
        "select title, text, is_public, created_at from import_rows where import_id = $1 and position = $2",
    )
    .bind(import.id)
    .bind(list.position)
    .fetch_one(&mut *tx)
    .await?;
    let (title, text, is_public, created_at) = said;
    let whole = lists::ListContent {
        title,
        text,
        is_public,
        changed_at: list.dated_at.unwrap_or(now),
        movies: movies.iter().filter_map(|row| row.movie_id).collect(),
    };
    let (id, version) = match list.my_list_id {
        Some(mine) => {
            let before = lists::read(tx, import.member_id, mine).await?;
            keep(tx, import.id, list.position, &before).await?;
            let note = notes.entry(list.position).or_default();
            note.text = Some(before.text);
            note.at = Some(before.changed_at);
            (mine, lists::replace(tx, import.member_id, mine, &whole).await?)
        }
        None => {
            if lists::remaining_quota(tx, import.member_id).await? == 0 {
                refuse(notes, list, ImportReason::TooMany);
                return Ok(());
            }
            let created_at = created_at.unwrap_or(now);
            let made = lists::insert_content(tx, import.member_id, ids.into(), created_at, &whole).await?;
            let Some(made) = made else {
                refuse(notes, list, ImportReason::List);
                return Ok(());
            };
            made
        }
    };
    let note = notes.entry(list.position).or_default();
    note.outcome = ImportOutcome::Applied as i16;
    note.version = Some(version);
    note.id = Some(id.0);
    for row in movies.iter().filter(|row| row.class == ImportClass::New as i16) {
        notes.entry(row.position).or_default().outcome = ImportOutcome::Applied as i16;
    }
    Ok(())
}

/// It could not be taken after all.
fn refuse(notes: &mut HashMap<i32, Note>, row: &Compared, reason: ImportReason) {
    let note = notes.entry(row.position).or_default();
    note.class = ImportClass::Skipped as i16;
    note.reason = Some(reason as i16);
}

/// What a list was, for the undoing; the rest of it is noted like anything else's.
async fn keep(
    tx: &mut PgConnection,
    import: ImportId,
    position: i32,
    before: &lists::ListContent,
) -> Result<(), Error> {
    sqlx::query(
        "update import_rows set previous_title = $3, previous_public = $4, previous_movies = $5
         where import_id = $1 and position = $2",
    )
    .bind(import)
    .bind(position)
    .bind(&before.title)
    .bind(before.is_public)
    .bind(&before.movies)
    .execute(tx)
    .await?;
    Ok(())
}

async fn note(tx: &mut PgConnection, import: ImportId, notes: Vec<Note>) -> Result<(), Error> {
    macro_rules! column {
        ($field:ident) => {
            notes.iter().map(|note| note.$field.clone()).collect::<Vec<_>>()
        };
    }
    let shelf: Vec<Option<i16>> = notes.iter().map(|note| note.shelf.map(|state| state as i16)).collect();
    let stars: Vec<Option<i16>> = notes
        .iter()
        .map(|note| note.stars.map(|stars| i32::from(stars) as i16))
        .collect();
    sqlx::query(
        "update import_rows as row
         set class = note.class, outcome = note.outcome, previous_stars = note.stars, previous_shelf = note.shelf,
             previous_text = note.text, previous_spoiler = note.spoiler, previous_at = note.at,
             made_version = note.version, made_id = note.id, reason = coalesce(note.reason, row.reason)
         from unnest($2::int[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::text[],
                     $8::boolean[], $9::timestamptz[], $10::bigint[], $11::uuid[], $12::smallint[])
              as note (position, class, outcome, stars, shelf, text, spoiler, at, version, id, reason)
         where row.import_id = $1 and row.position = note.position",
    )
    .bind(import)
    .bind(column!(position))
    .bind(column!(class))
    .bind(column!(outcome))
    .bind(stars)
    .bind(shelf)
    .bind(column!(text))
    .bind(column!(spoiler))
    .bind(column!(at))
    .bind(column!(version))
    .bind(column!(id))
    .bind(column!(reason))
    .execute(tx)
    .await?;
    Ok(())
}

/// A row that was applied, beside what has become of it.
#[derive(sqlx::FromRow)]
struct Made {
    position: i32,
    kind: i16,
    /// None: it is about a list.
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
    /// Nobody has changed it since.
    as_made: bool,
}

impl Made {
    fn is(&self, kind: ImportKind) -> bool {
        self.kind == kind as i16
    }
}

/// Answers how many rows are through. The last first: what came later may stand on what came before.
async fn undo(tx: &mut PgConnection, import: Import) -> Result<i64, Error> {
    let next: Vec<Next> = sqlx::query_as(
        "select position, movie_id, list_id from import_rows where import_id = $1 and outcome = 1
         order by position desc limit $2",
    )
    .bind(import.id)
    .bind(AT_ONCE)
    .fetch_all(&mut *tx)
    .await?;
    let Bit { positions, movies } = with_whole_lists(tx, import.id, next, Some(ImportOutcome::Applied)).await?;
    lock(tx, import.member_id, &movies).await?;
    let rows: Vec<Made> = sqlx::query_as(
        "select row.position, row.kind, row.movie_id, row.list_id, row.previous_stars, row.previous_shelf,
                row.previous_text, row.previous_spoiler, row.previous_at, row.previous_title, row.previous_public,
                row.previous_movies, row.made_id,
                case row.kind
                    when 1 then coalesce(rating.version = row.made_version, false)
                    when 2 then coalesce(on_shelf.version = row.made_version, false)
                    when 4 then coalesce(watch.version = row.made_version, false)
                    when 5 then coalesce(list.version = row.made_version
                                         and (list.title, list.text, list.is_public)
                                             = (row.title, row.text, row.is_public), false)
                    when 6 then false
                    else coalesce(comment.id = row.made_id and comment.revision = row.made_version
                                  and comment.spoiler = row.spoiler, false) end as as_made
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
         where row.import_id = $1 and row.position = any($3) order by row.position",
    )
    .bind(import.id)
    .bind(import.member_id)
    .bind(&positions)
    .fetch_all(&mut *tx)
    .await?;
    let now = OffsetDateTime::now_utc();
    let (mut changes, mut places, mut logged) = (Vec::new(), Vec::new(), Vec::new());
    let (mut undone, mut outcomes) = (Vec::new(), Vec::new());
    let back: Vec<&Made> = rows
        .iter()
        .filter(|row| row.is(ImportKind::List) && row.as_made)
        .collect();
    for row in &rows {
        // A movie goes and stays with its list.
        let goes = row.as_made || row.is(ImportKind::ListMovie) && back.iter().any(|list| list.list_id == row.list_id);
        undone.push(row.position);
        outcomes.push(if goes {
            ImportOutcome::Undone as i16
        } else {
            ImportOutcome::Left as i16
        });
        let Some(movie) = row.movie_id.filter(|_| row.as_made) else {
            continue;
        };
        let at = row.previous_at.unwrap_or(now);
        if row.is(ImportKind::Rating) {
            changes.push(Change::of(import.member_id, movie, row.previous_stars, at));
        } else if row.is(ImportKind::Shelf) {
            places.push(Place {
                movie,
                state: row.previous_shelf,
                changed_at: at,
            });
        } else if row.is(ImportKind::Watch) {
            logged.extend(row.made_id.map(WatchId));
        } else {
            put_back(tx, import.member_id, movie, row).await?;
        }
    }
    for list in back {
        put_list_back(tx, import.member_id, list).await?;
    }
    ratings::apply(tx, &changes.iter().collect::<Vec<_>>()).await?;
    shelf::put_all(tx, import.member_id, &places).await?;
    watches::remove(tx, import.member_id, &logged).await?;
    sqlx::query(
        "update import_rows as row set outcome = note.outcome
         from unnest($2::int[], $3::smallint[]) as note (position, outcome)
         where row.import_id = $1 and row.position = note.position",
    )
    .bind(import.id)
    .bind(undone)
    .bind(outcomes)
    .execute(tx)
    .await?;
    Ok(count(&rows))
}

async fn put_list_back(tx: &mut PgConnection, member: MemberId, row: &Made) -> Result<(), Error> {
    let Some(id) = row.made_id.map(ListId) else {
        return Ok(());
    };
    let Some(movies) = &row.previous_movies else {
        return lists::remove(tx, member, id).await;
    };
    let whole = lists::ListContent {
        title: row.previous_title.clone().unwrap_or_default(),
        text: row.previous_text.clone().unwrap_or_default(),
        is_public: row.previous_public.unwrap_or(false),
        changed_at: row.previous_at.unwrap_or_else(OffsetDateTime::now_utc),
        movies: movies.clone(),
    };
    lists::replace(tx, member, id, &whole).await?;
    Ok(())
}

async fn put_back(tx: &mut PgConnection, member: MemberId, movie: MovieId, row: &Made) -> Result<(), Error> {
    match &row.previous_text {
        Some(text) => {
            let spoiler = row.previous_spoiler.unwrap_or(false);
            comments::put_back(tx, member, movie, text, spoiler, row.previous_at).await
        }
        None => comments::remove(tx, member, movie).await,
    }
}
