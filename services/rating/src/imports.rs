//! A member's own file: kept row by row between the preview and the decision (this file), compared with what the member has
//! (`rows`), applied and undone in the background (`work`). `door` is the gRPC side.
//!
//! What a row would do is worked out whenever somebody looks, never stored: between preview and decision the member goes on
//! rating. Only the applying freezes it.

pub(crate) mod rows;
pub(crate) mod worker;

use matcha_protos::rating::v1::{
    self as proto, AddImportRowsRequest, AddImportRowsResponse, ApplyImportRequest, ApplyImportResponse,
    BeginImportRequest, BeginImportResponse, CompleteImportRequest, CompleteImportResponse, FixImportRowRequest,
    FixImportRowResponse, GetImportRequest, GetImportResponse, Import, ImportCount, ImportPolicy, ImportSource,
    ListImportsRequest, ListImportsResponse, UndoImportRequest, UndoImportResponse,
};
use messaging::postgres;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{ImportId, MemberId, MovieId},
};

/// Rows of one call.
const MOST_ROWS: usize = 1000;
/// Rows of one import: each of a hundred thousand lines may say two things, or three.
const LAST_POSITION: i32 = 300_000;
const LONGEST_NAME: usize = 200;
const LONGEST_TITLE: usize = 500;
/// Applied imports that are kept for their undoing.
const MOST_IMPORTS: i64 = 20;

/// How far an import has come; the numbers are those of the contract.
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

#[derive(sqlx::FromRow)]
struct Row {
    id: ImportId,
    source: i16,
    file_name: String,
    state: State,
    policy: Option<i16>,
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
            policy: row.policy.unwrap_or(0).into(),
            row_count: row.row_count,
            to_do: row.to_do,
            done: row.done,
            counts: Vec::new(),
            created_at: row.created_at.unix_timestamp(),
            expires_at: row.expires_at.unix_timestamp(),
        }
    }
}

/// The member's import, locked until the end of the transaction; somebody else's is as unknown as one that never was.
async fn lock(tx: &mut PgConnection, member: MemberId, id: ImportId) -> Result<Row, Error> {
    let row = sqlx::query_as(
        "select id, source, file_name, state, policy, row_count, to_do, done, created_at, expires_at
         from imports where id = $1 and member_id = $2 for update",
    )
    .bind(id)
    .bind(member)
    .fetch_optional(tx)
    .await?;
    row.ok_or_else(|| Error::not_found("import_id", "there is no such import"))
}

async fn find(service: &Service, member: MemberId, id: ImportId) -> Result<Row, Error> {
    let row = sqlx::query_as(
        "select id, source, file_name, state, policy, row_count, to_do, done, created_at, expires_at
         from imports where id = $1 and member_id = $2",
    )
    .bind(id)
    .bind(member)
    .fetch_optional(&service.db)
    .await?;
    row.ok_or_else(|| Error::not_found("import_id", "there is no such import"))
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
    let name = plain("file_name", request.file_name, LONGEST_NAME)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            // Two uploads of one member at once: the later one sees the earlier.
            sqlx::query("select pg_advisory_xact_lock(hashtextextended('import ' || $1::text, 0))")
                .bind(member)
                .execute(&mut *tx)
                .await?;
            sqlx::query("delete from imports where member_id = $1 and state in (1, 2) and id <> $2")
                .bind(member)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            let others: i64 = sqlx::query_scalar("select count(*) from imports where member_id = $1 and id <> $2")
                .bind(member)
                .bind(id)
                .fetch_one(&mut *tx)
                .await?;
            if others >= MOST_IMPORTS {
                return Err(Error::too_many(format!(
                    "there are {others} imports already; each is deleted after seven days"
                )));
            }
            sqlx::query(
                "insert into imports (id, member_id, source, file_name, state) values ($1, $2, $3, $4, 1)
                 on conflict (id) do nothing",
            )
            .bind(id)
            .bind(member)
            .bind(source as i16)
            .bind(name)
            .execute(&mut *tx)
            .await?;
            // Should the id be somebody else's, it is not found.
            match lock(tx, member, id).await?.state {
                State::Loading => Ok(BeginImportResponse {}),
                _ => Err(wrong_state()),
            }
        })
    })
    .await
}

pub(crate) async fn add(
    service: &Service,
    member: MemberId,
    request: AddImportRowsRequest,
) -> Result<AddImportRowsResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    ensure_at_most("rows", request.rows.len(), MOST_ROWS)?;
    let parsed = request.rows.into_iter().map(|row| rows::Given::parse(member, row));
    let parsed: Result<Vec<_>, _> = parsed.collect();
    let given = parsed?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            if lock(tx, member, id).await?.state != State::Loading {
                return Err(wrong_state());
            }
            rows::insert(tx, id, given).await
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
                // Once more is no more.
                State::Ready => return Ok(()),
                _ => return Err(wrong_state()),
            }
            rows::skip_with_their_list(tx, id).await?;
            rows::supersede(tx, id, None).await?;
            sqlx::query(
                "update imports set state = 2, row_count = (select count(*) from import_rows where import_id = $1)
                 where id = $1",
            )
            .bind(id)
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
    let (id, is_moving) = (
        row.id,
        matches!(row.state, State::Loading | State::Applying | State::Undoing),
    );
    let mut import = Import::from(row);
    // Counting is a look at every row; who watches the progress asks often.
    if !is_moving {
        import.counts = rows::count(&service.db, member, id).await?;
    }
    Ok(GetImportResponse { import: Some(import) })
}

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    _: ListImportsRequest,
) -> Result<ListImportsResponse, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, source, file_name, state, policy, row_count, to_do, done, created_at, expires_at
         from imports where member_id = $1 and state <> 1 order by created_at desc, id limit 20",
    )
    .bind(member)
    .fetch_all(&service.db)
    .await?;
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
            let movies: Vec<MovieId> = before.into_iter().chain(movie).collect();
            rows::supersede(tx, id, Some(&movies)).await
        })
    })
    .await?;
    let row = rows::one(&service.db, member, id, position).await?;
    Ok(FixImportRowResponse { row: Some(row) })
}

pub(crate) async fn apply(
    service: &Service,
    member: MemberId,
    request: ApplyImportRequest,
) -> Result<ApplyImportResponse, Error> {
    let id = ImportId::parse(&request.import_id)?;
    let policy = ImportPolicy::try_from(request.policy).unwrap_or_default();
    if policy == ImportPolicy::Unspecified {
        return Err(Error::invalid("policy", "there is no such policy"));
    }
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let row = lock(tx, member, id).await?;
            match row.state {
                State::Ready => {}
                // The same request again, whose answer was lost.
                State::Applying | State::Applied if row.policy == Some(policy as i16) => return Ok(()),
                _ => return Err(wrong_state()),
            }
            sqlx::query(
                "update imports set state = 3, policy = $2, to_do = row_count, done = 0, moved_at = now() where id = $1",
            )
            .bind(id)
            .bind(policy as i16)
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
                State::Undoing | State::Undone => return Ok(()),
                _ => return Err(wrong_state()),
            }
            sqlx::query(
                "update imports set state = 5, done = 0, moved_at = now(),
                        to_do = (select count(*) from import_rows where import_id = $1 and outcome = 1)
                 where id = $1",
            )
            .bind(id)
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

/// Text of one line that is only shown.
fn plain(field: &'static str, text: String, most: usize) -> Result<String, Error> {
    if text.chars().any(char::is_control) || text.chars().count() > most {
        return Err(Error::invalid(
            field,
            format!("{field} is one line of at most {most} characters"),
        ));
    }
    Ok(text)
}

/// One group of rows, as the contract has it.
#[derive(sqlx::FromRow)]
struct Count {
    kind: i16,
    class: i16,
    reason: i16,
    outcome: i16,
    rows: i64,
}

impl From<Count> for ImportCount {
    fn from(count: Count) -> Self {
        proto::ImportCount {
            kind: count.kind.into(),
            class: count.class.into(),
            reason: count.reason.into(),
            outcome: count.outcome.into(),
            rows: count.rows,
        }
    }
}
