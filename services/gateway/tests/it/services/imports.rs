//! Stands in for the rating service's imports: what is added to one comes back as it was.

use matcha_protos::rating::v1::{import_service_server::*, *};
use tonic::{Request, Status};

use super::{Answer, Services, answer};

/// One import at a time, and no opinion about its rows.
#[tonic::async_trait]
impl ImportService for Services {
    async fn begin_import(&self, _: Request<BeginImportRequest>) -> Answer<BeginImportResponse> {
        self.enter("rating.BeginImport").await?;
        self.state(|state| state.import_rows.clear());
        answer(BeginImportResponse {})
    }

    async fn add_import_rows(&self, request: Request<AddImportRowsRequest>) -> Answer<AddImportRowsResponse> {
        self.enter("rating.AddImportRows").await?;
        self.state(|state| state.import_rows.extend(request.into_inner().rows));
        answer(AddImportRowsResponse {})
    }

    async fn complete_import(&self, _: Request<CompleteImportRequest>) -> Answer<CompleteImportResponse> {
        self.enter("rating.CompleteImport").await?;
        answer(CompleteImportResponse {})
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Answer<GetImportResponse> {
        self.enter("rating.GetImport").await?;
        let import = self.import(request.into_inner().import_id, ImportState::Ready);
        answer(GetImportResponse { import: Some(import) })
    }

    async fn list_imports(&self, _: Request<ListImportsRequest>) -> Answer<ListImportsResponse> {
        self.enter("rating.ListImports").await?;
        answer(ListImportsResponse::default())
    }

    async fn list_import_rows(&self, _: Request<ListImportRowsRequest>) -> Answer<ListImportRowsResponse> {
        self.enter("rating.ListImportRows").await?;
        let rows = self.state(|state| state.import_rows.clone());
        let next_cursor = String::new();
        answer(ListImportRowsResponse { rows, next_cursor })
    }

    async fn fix_import_row(&self, request: Request<FixImportRowRequest>) -> Answer<FixImportRowResponse> {
        self.enter("rating.FixImportRow").await?;
        let fix = request.into_inner();
        let row = self.state(|state| {
            let row = state.import_rows.iter_mut().find(|row| row.position == fix.position)?;
            row.movie_id = fix.movie_id;
            Some(row.clone())
        });
        let row = row.ok_or_else(|| Status::not_found("the import has no such row"))?;
        answer(FixImportRowResponse { row: Some(row) })
    }

    async fn apply_import(&self, request: Request<ApplyImportRequest>) -> Answer<ApplyImportResponse> {
        self.enter("rating.ApplyImport").await?;
        let request = request.into_inner();
        let policy = request.policy;
        let import = self.import(request.import_id, ImportState::Applying);
        let import = Some(Import { policy, ..import });
        answer(ApplyImportResponse { import })
    }

    async fn undo_import(&self, request: Request<UndoImportRequest>) -> Answer<UndoImportResponse> {
        self.enter("rating.UndoImport").await?;
        let import = self.import(request.into_inner().import_id, ImportState::Undoing);
        answer(UndoImportResponse { import: Some(import) })
    }
}

impl Services {
    fn import(&self, id: String, state: ImportState) -> Import {
        Import {
            id,
            source: ImportSource::WatchaPedia.into(),
            file_name: "ratings.csv".to_owned(),
            state: state.into(),
            row_count: self.state(|state| state.import_rows.len() as i64),
            ..Import::default()
        }
    }
}
