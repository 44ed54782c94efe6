//! Imports: listing, applying and undoing them. The rating service keeps and applies them.

use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{
    self as proto, ApplyImportRequest, GetImportRequest, ListImportsRequest, UndoImportRequest,
};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{id::Id, timestamp::Timestamp, upstream::clients::Clients};

/// A file that was uploaded, and the state of its import.
#[derive(Serialize, ToSchema)]
pub(crate) struct Import {
    #[schema(value_type = Uuid)]
    id: Id,
    /// letterboxd, imdb, trakt, watcha_pedia or matcha.
    source: String,
    file_name: String,
    /// loading, ready, applying, applied, undoing or undone.
    state: String,
    /// keep_mine, take_file or newest; null until the import is applied.
    policy: Option<String>,
    rows: i64,
    /// Rows that are applied or undone.
    done: i64,
    /// Rows to apply or undo.
    to_do: i64,
    /// Empty in lists of imports, and while the import is applied or undone.
    counts: Vec<Count>,
    /// Files and folders (`lists/`) of an archive that are not read, at most 50. Only in the answer to an upload; empty elsewhere.
    pub(super) skipped: Vec<String>,
    #[schema(value_type = OffsetDateTime)]
    created_at: Timestamp,
    #[schema(value_type = OffsetDateTime)]
    expires_at: Timestamp,
}

/// The number of rows with these values.
#[derive(Serialize, ToSchema)]
struct Count {
    /// rating, shelf, comment, watch, list or list_movie.
    kind: Option<String>,
    /// new, changed, same, unmatched or skipped.
    class: Option<String>,
    reason: Option<String>,
    /// applied, kept, undone or left.
    outcome: Option<String>,
    rows: i64,
}

/// The name of a proto's enum value without its prefix, in lower case; `None` for UNSPECIFIED.
pub(super) fn enum_word(prefix: &str, name: &'static str) -> Option<String> {
    let word = name.strip_prefix(prefix)?.to_lowercase();
    (word != "unspecified").then_some(word)
}

impl From<proto::Import> for Import {
    fn from(import: proto::Import) -> Self {
        let counts = import.counts.iter().map(|count| Count {
            kind: enum_word("IMPORT_KIND_", count.kind().as_str_name()),
            class: enum_word("IMPORT_CLASS_", count.class().as_str_name()),
            reason: enum_word("IMPORT_REASON_", count.reason().as_str_name()),
            outcome: enum_word("IMPORT_OUTCOME_", count.outcome().as_str_name()),
            rows: count.rows,
        });
        Self {
            counts: counts.collect(),
            skipped: Vec::new(),
            source: enum_word("IMPORT_SOURCE_", import.source().as_str_name()).unwrap_or_default(),
            state: enum_word("IMPORT_STATE_", import.state().as_str_name()).unwrap_or_default(),
            policy: enum_word("IMPORT_POLICY_", import.policy().as_str_name()),
            rows: import.row_count,
            done: import.done,
            to_do: import.to_do,
            created_at: Timestamp::from_seconds(import.created_at),
            expires_at: Timestamp::from_seconds(import.expires_at),
            id: Id::from_proto(&import.id),
            file_name: import.file_name,
        }
    }
}

/// What happens to a row if the member has another value than the file.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Policy {
    KeepMine,
    TakeFile,
    Newest,
}

impl Policy {
    fn to_proto(self) -> proto::ImportPolicy {
        match self {
            Self::KeepMine => proto::ImportPolicy::KeepMine,
            Self::TakeFile => proto::ImportPolicy::TakeFile,
            Self::Newest => proto::ImportPolicy::Newest,
        }
    }
}

/// Lists the caller's imports of the last seven days, newest first.
pub(crate) async fn list(clients: &Clients, caller: &Caller) -> Result<Vec<Import>, Status> {
    let mut imports = clients.imports.clone();
    let answer = imports.list_imports(request(ListImportsRequest {}, caller)).await?;
    Ok(answer.into_inner().imports.into_iter().map(Import::from).collect())
}

/// Reads an import with its counts.
pub(crate) async fn get(clients: &Clients, caller: &Caller, id: Uuid) -> Result<Import, Status> {
    let message = GetImportRequest {
        import_id: id.to_string(),
    };
    let answer = clients.imports.clone().get_import(request(message, caller)).await?;
    Ok(answer.into_inner().import.unwrap_or_default().into())
}

/// Starts applying an import.
pub(crate) async fn apply(clients: &Clients, caller: &Caller, id: Uuid, policy: Policy) -> Result<Import, Status> {
    let message = ApplyImportRequest {
        import_id: id.to_string(),
        policy: policy.to_proto().into(),
    };
    let answer = clients.imports.clone().apply_import(request(message, caller)).await?;
    Ok(answer.into_inner().import.unwrap_or_default().into())
}

/// Starts undoing an import.
pub(crate) async fn undo(clients: &Clients, caller: &Caller, id: Uuid) -> Result<Import, Status> {
    let message = UndoImportRequest {
        import_id: id.to_string(),
    };
    let answer = clients.imports.clone().undo_import(request(message, caller)).await?;
    Ok(answer.into_inner().import.unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enum_words_are_names_without_their_prefix() {
        assert_eq!(
            enum_word("IMPORT_POLICY_", "IMPORT_POLICY_KEEP_MINE").as_deref(),
            Some("keep_mine")
        );
        assert_eq!(enum_word("IMPORT_POLICY_", "IMPORT_POLICY_UNSPECIFIED"), None);
    }
}
