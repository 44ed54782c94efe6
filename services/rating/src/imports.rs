//! Imports of a member's own file. The rows are stored between preview and decision (this file and `rows`), then applied or undone
//! in the background (`worker`, `apply`, `undo`).
//!
//! What a row would change is computed whenever it is read and stored only when the row is applied, as the member may go on rating
//! between preview and decision.

mod apply;
pub(crate) mod rows;
mod undo;
pub(crate) mod worker;

use matcha_protos::rating::v1::{
    AddImportRowsRequest, AddImportRowsResponse, ApplyImportRequest, ApplyImportResponse, BeginImportRequest,
    BeginImportResponse, CompleteImportRequest, CompleteImportResponse, FixImportRowRequest, FixImportRowResponse,
    GetImportRequest, GetImportResponse, Import, ImportPolicy, ImportSource, ListImportsRequest, ListImportsResponse,
    UndoImportRequest, UndoImportResponse,
};
use messaging::postgres;
use sqlx::PgConnection;
use time::OffsetDateTime;

use self::rows::ParsedRow;
use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{ImportId, MemberId, MovieId},
};

const MAX_REQUEST_ROWS: usize = 1000;
/// Rows of one import: a file of 100,000 lines has up to three rows a line.
const MAX_IMPORT_ROWS: i32 = 300_000;
const MAX_NAME_CHARS: usize = 200;
const MAX_TITLE_CHARS: usize = 500;
/// Imports of one member that are kept so that they can be undone.
const MAX_IMPORTS: i64 = 20;

/// The state of an import; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
enum State {
    Loading = 1,
    Ready = 2,
    Applying = 3,
    Applied = 4,
    Undoing = 5,
    Undone = 6,
}

/// What happens where the member has something else than the file; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
enum Policy {
    KeepMine = 1,
    TakeFile = 2,
    Newest = 3,
}

impl Policy {
    fn parse(policy: i32) -> Result<Self, Error> {
        match ImportPolicy::try_from(policy) {
            Ok(ImportPolicy::KeepMine) => Ok(Self::KeepMine),
            Ok(ImportPolicy::TakeFile) => Ok(Self::TakeFile),
            Ok(ImportPolicy::Newest) => Ok(Self::Newest),
            Ok(ImportPolicy::Unspecified) | Err(_) => Err(Error::invalid("policy", "there is no such policy")),
        }
    }
}

/// An import as it is stored.
struct Row {
    id: ImportId,
    source: i16,
    file_name: String,
    state: State,
    policy: Option<Policy>,
    row_count: i64,
    to_do: i64,
    done: i64,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
}

impl From<Row> for Import {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0.to_string(),
            source: row.source.into(),
            file_name: row.file_name,
            state: i32::from(row.state as i16),
            policy: row.policy.map_or(0, |policy| policy as i32),
            row_count: row.row_count,
            to_do: row.to_do,
            done: row.done,
            counts: Vec::new(),
            created_at: row.created_at.unix_timestamp(),
            expires_at: row.expires_at.unix_timestamp(),
        }
    }
}

/// A query for `Row`s; `$which` selects them.
macro_rules! query_imports {
    ($which:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select id as "id: ImportId", source, file_name, state as "state: State", policy as "policy: Policy",
                      row_count, to_do, done, created_at, expires_at
               from imports "#
                + $which,
            $($argument),+
        )
    };
}

/// Locks the member's import until the end of the transaction; NOT_FOUND also for another member's.
async fn lock(tx: &mut PgConnection, member: MemberId, id: ImportId) -> Result<Row, Error> {
    let row = query_imports!(
        "where id = $1 and member_id = $2 for update",
        id as ImportId,
        member as MemberId,
    );
    row.fetch_optional(tx).await?.ok_or_else(unknown_import)
}

async fn find(service: &Service, member: MemberId, id: ImportId) -> Result<Row, Error> {
    let row = query_imports!("where id = $1 and member_id = $2", id as ImportId, member as MemberId);
    row.fetch_optional(&service.db).await?.ok_or_else(unknown_import)
}

fn unknown_import() -> Error {
    Error::not_found("import_id", "there is no such import")
}

pub(crate) async fn begin(
    service: &Service,
    member: MemberId,
    request: BeginImportRequest,
) -> Result<BeginImportResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    let source = ImportSource::try_from(request.source).unwrap_or_default();
    if source == ImportSource::Unspecified {
        return Err(Error::invalid("source", "there is no such source"));
    }
    let name = parse_line("file_name", request.file_name, MAX_NAME_CHARS)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            insert(tx, member, id, source, name).await?;
            // A repeated request finds its import loading; an id that was used before is in a later state.
            match lock(tx, member, id).await?.state {
                State::Loading => Ok(BeginImportResponse {}),
                _ => Err(wrong_state()),
            }
        })
    })
    .await
}

/// Inserts an import in place of the member's previews; nothing if the same request has inserted it before.
async fn insert(
    tx: &mut PgConnection,
    member: MemberId,
    id: ImportId,
    source: ImportSource,
    file_name: String,
) -> Result<(), Error> {
    // Serialises the uploads of one member, so that the quota is counted right.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('import ' || $1::uuid::text, 0))",
        member as MemberId
    )
    .execute(&mut *tx)
    .await?;
    // Loading or ready: an import that was not decided on gives way to the next file.
    sqlx::query!(
        "delete from imports where member_id = $1 and state in (1, 2) and id <> $2",
        member as MemberId,
        id as ImportId,
    )
    .execute(&mut *tx)
    .await?;
    let others = sqlx::query_scalar!(
        r#"select count(*) as "count!" from imports where member_id = $1 and id <> $2"#,
        member as MemberId,
        id as ImportId,
    )
    .fetch_one(&mut *tx)
    .await?;
    if others >= MAX_IMPORTS {
        return Err(Error::too_many(format!(
            "there are {others} imports already; each is deleted after seven days"
        )));
    }
    sqlx::query!(
        "insert into imports (id, member_id, source, file_name, state) values ($1, $2, $3, $4, 1)
         on conflict (id) do nothing",
        id as ImportId,
        member as MemberId,
        source as i16,
        file_name,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn add(
    service: &Service,
    member: MemberId,
    request: AddImportRowsRequest,
) -> Result<AddImportRowsResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    ensure_at_most("rows", request.rows.len(), MAX_REQUEST_ROWS)?;
    let parsed = request.rows.into_iter().map(|row| ParsedRow::parse(member, row));
    let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            if lock(tx, member, id).await?.state != State::Loading {
                return Err(wrong_state());
            }
            rows::insert(tx, id, &parsed).await
        })
    })
    .await?;
    Ok(AddImportRowsResponse {})
}

pub(crate) async fn complete(
    service: &Service,
    member: MemberId,
    request: CompleteImportRequest,
) -> Result<CompleteImportResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            match lock(tx, member, id).await?.state {
                State::Loading => {}
                // A repeated request.
                State::Ready => return Ok(()),
                _ => return Err(wrong_state()),
            }
            // In this order, so that a skipped row supersedes no other.
            rows::skip_without_list(tx, id).await?;
            rows::supersede(tx, id, None).await?;
            sqlx::query!(
                "update imports set state = 2, row_count = (select count(*) from import_rows where import_id = $1)
                 where id = $1",
                id as ImportId
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await?;
    Ok(CompleteImportResponse {})
}

pub(crate) async fn get(
    service: &Service,
    member: MemberId,
    request: GetImportRequest,
) -> Result<GetImportResponse, Error> {
    let row = find(service, member, ImportId::parse(&request.import_id)?).await?;
    let id = row.id;
    // Counting compares every row of the import, and clients poll this method while an import is applied.
    let is_counted = !matches!(row.state, State::Loading | State::Applying | State::Undoing);
    let mut import = Import::from(row);
    if is_counted {
        import.counts = rows::count(&service.db, member, id).await?;
    }
    Ok(GetImportResponse { import: Some(import) })
}

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    _: ListImportsRequest,
) -> Result<ListImportsResponse, Error> {
    // Not those that are loading: their rows are not complete.
    let rows = query_imports!(
        "where member_id = $1 and state <> 1 order by created_at desc, id limit 20",
        member as MemberId
    );
    let rows = rows.fetch_all(&service.db).await?;
    Ok(ListImportsResponse {
        imports: rows.into_iter().map(Import::from).collect(),
    })
}

pub(crate) async fn fix(
    service: &Service,
    member: MemberId,
    request: FixImportRowRequest,
) -> Result<FixImportRowResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    let movie = match request.movie_id.as_str() {
        "" => None,
        movie => Some(MovieId::parse(movie)?),
    };
    if let Some(movie) = movie {
        service.movies.ensure_movies_exist(&[movie]).await?;
    }
    let position = request.position;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            if lock(tx, member, id).await?.state != State::Ready {
                return Err(wrong_state());
            }
            let before = rows::fix(tx, id, position, movie).await?;
            // The row no longer competes with the rows of the movie before, and now with those of the new one.
            let movies: Vec<MovieId> = before.into_iter().chain(movie).collect();
            rows::supersede(tx, id, Some(&movies)).await
        })
    })
    .await?;
    let row = rows::find(&service.db, member, id, position).await?;
    Ok(FixImportRowResponse { row: Some(row) })
}

pub(crate) async fn apply(
    service: &Service,
    member: MemberId,
    request: ApplyImportRequest,
) -> Result<ApplyImportResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    let policy = Policy::parse(request.policy)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let row = lock(tx, member, id).await?;
            match row.state {
                State::Ready => {}
                // A repeated request.
                State::Applying | State::Applied if row.policy == Some(policy) => return Ok(()),
                _ => return Err(wrong_state()),
            }
            sqlx::query!(
                "update imports set state = 3, policy = $2, to_do = row_count, done = 0, moved_at = now() where id = $1",
                id as ImportId,
                policy as Policy,
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await?;
    service.importing.notify_one();
    let import = find(service, member, id).await?.into();
    Ok(ApplyImportResponse { import: Some(import) })
}

pub(crate) async fn undo(
    service: &Service,
    member: MemberId,
    request: UndoImportRequest,
) -> Result<UndoImportResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            match lock(tx, member, id).await?.state {
                State::Applied => {}
                // A repeated request.
                State::Undoing | State::Undone => return Ok(()),
                _ => return Err(wrong_state()),
            }
            sqlx::query!(
                "update imports set state = 5, done = 0, moved_at = now(),
                        to_do = (select count(*) from import_rows where import_id = $1 and outcome = 1)
                 where id = $1",
                id as ImportId
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await?;
    service.importing.notify_one();
    let import = find(service, member, id).await?.into();
    Ok(UndoImportResponse { import: Some(import) })
}

fn wrong_state() -> Error {
    Error::conflict(None, "the import is not in the state that this needs")
}

/// Reads a line of text that is only shown.
fn parse_line(field: &'static str, text: String, most: usize) -> Result<String, Error> {
    if text.chars().any(char::is_control) || text.chars().count() > most {
        return Err(Error::invalid(
            field,
            format!("{field} is one line of at most {most} characters"),
        ));
    }
    Ok(text)
}
