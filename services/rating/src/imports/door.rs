//! One method per RPC of `imports.proto`, nothing more.

use chassis::identity::caller;
use matcha_protos::rating::v1::{
    AddImportRowsRequest, AddImportRowsResponse, ApplyImportRequest, ApplyImportResponse, BeginImportRequest,
    BeginImportResponse, CompleteImportRequest, CompleteImportResponse, FixImportRowRequest, FixImportRowResponse,
    GetImportRequest, GetImportResponse, ListImportRowsRequest, ListImportRowsResponse, ListImportsRequest,
    ListImportsResponse, UndoImportRequest, UndoImportResponse, import_service_server::ImportService,
};
use tonic::{Request, Response, Status};

use super::{add, apply, begin, complete, fix, get, list, rows, undo};
use crate::{Service, ids::MemberId};

fn member<T>(request: &Request<T>) -> Result<MemberId, Status> {
    Ok(MemberId(caller(request)?.member()?))
}

#[tonic::async_trait]
impl ImportService for Service {
    async fn begin_import(
        &self,
        request: Request<BeginImportRequest>,
    ) -> Result<Response<BeginImportResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(begin(self, member, request.into_inner()).await?))
    }

    async fn add_import_rows(
        &self,
        request: Request<AddImportRowsRequest>,
    ) -> Result<Response<AddImportRowsResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(add(self, member, request.into_inner()).await?))
    }

    async fn complete_import(
        &self,
        request: Request<CompleteImportRequest>,
    ) -> Result<Response<CompleteImportResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(complete(self, member, request.into_inner()).await?))
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Result<Response<GetImportResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(get(self, member, request.into_inner()).await?))
    }

    async fn list_imports(
        &self,
        request: Request<ListImportsRequest>,
    ) -> Result<Response<ListImportsResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(list(self, member, request.into_inner()).await?))
    }

    async fn list_import_rows(
        &self,
        request: Request<ListImportRowsRequest>,
    ) -> Result<Response<ListImportRowsResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(rows::list(self, member, request.into_inner()).await?))
    }

    async fn fix_import_row(
        &self,
        request: Request<FixImportRowRequest>,
    ) -> Result<Response<FixImportRowResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(fix(self, member, request.into_inner()).await?))
    }

    async fn apply_import(
        &self,
        request: Request<ApplyImportRequest>,
    ) -> Result<Response<ApplyImportResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(apply(self, member, request.into_inner()).await?))
    }

    async fn undo_import(&self, request: Request<UndoImportRequest>) -> Result<Response<UndoImportResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(undo(self, member, request.into_inner()).await?))
    }
}
