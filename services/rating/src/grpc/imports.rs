//! `ImportService` of imports.proto.

use matcha_protos::rating::v1::{
    AddImportRowsRequest, AddImportRowsResponse, ApplyImportRequest, ApplyImportResponse, BeginImportRequest,
    BeginImportResponse, CompleteImportRequest, CompleteImportResponse, FixImportRowRequest, FixImportRowResponse,
    GetImportRequest, GetImportResponse, ListImportRowsRequest, ListImportRowsResponse, ListImportsRequest,
    ListImportsResponse, UndoImportRequest, UndoImportResponse, import_service_server::ImportService,
};
use tonic::{Request, Response, Status};

use super::require_member;
use crate::{
    Service,
    imports::{self, rows},
};

#[tonic::async_trait]
impl ImportService for Service {
    async fn begin_import(
        &self,
        request: Request<BeginImportRequest>,
    ) -> Result<Response<BeginImportResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(imports::begin(self, member, request.into_inner()).await?))
    }

    async fn add_import_rows(
        &self,
        request: Request<AddImportRowsRequest>,
    ) -> Result<Response<AddImportRowsResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(imports::add(self, member, request.into_inner()).await?))
    }

    async fn complete_import(
        &self,
        request: Request<CompleteImportRequest>,
    ) -> Result<Response<CompleteImportResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(
            imports::complete(self, member, request.into_inner()).await?,
        ))
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Result<Response<GetImportResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(imports::get(self, member, request.into_inner()).await?))
    }

    async fn list_imports(
        &self,
        request: Request<ListImportsRequest>,
    ) -> Result<Response<ListImportsResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(imports::list(self, member, request.into_inner()).await?))
    }

    async fn list_import_rows(
        &self,
        request: Request<ListImportRowsRequest>,
    ) -> Result<Response<ListImportRowsResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(rows::list(self, member, request.into_inner()).await?))
    }

    async fn fix_import_row(
        &self,
        request: Request<FixImportRowRequest>,
    ) -> Result<Response<FixImportRowResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(imports::fix(self, member, request.into_inner()).await?))
    }

    async fn apply_import(
        &self,
        request: Request<ApplyImportRequest>,
    ) -> Result<Response<ApplyImportResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(imports::apply(self, member, request.into_inner()).await?))
    }

    async fn undo_import(&self, request: Request<UndoImportRequest>) -> Result<Response<UndoImportResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(imports::undo(self, member, request.into_inner()).await?))
    }
}
