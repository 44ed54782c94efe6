//! The door: each RPC finds out who calls, hands over to its feature, and turns the error into a status.

use chassis::identity::{self, Caller};
use matcha_protos::user::v1::{
    GetMembersByHandleRequest, GetMembersByHandleResponse, GetMembersRequest, GetMembersResponse,
    GetSigningKeysRequest, GetSigningKeysResponse, ImportMembersRequest, ImportMembersResponse,
    ListEndedSessionsRequest, ListEndedSessionsResponse, RefreshRequest, RefreshResponse, RegisterRequest,
    RegisterResponse, SignInRequest, SignInResponse, SignOutRequest, SignOutResponse, user_service_server::UserService,
};
use tonic::{Request, Response, Status};

use crate::{Users, imports, members, sessions};

type Answer<T> = Result<Response<T>, Status>;

/// Limits count by the browser's address, and only the gateway has seen the browser. An operator is believed, too.
fn require_gateway<T>(request: &Request<T>) -> Result<(), Status> {
    match identity::caller(request)? {
        Caller::Operator => Ok(()),
        Caller::Service(name) if name == "gateway" => Ok(()),
        _ => Err(Status::permission_denied("only the gateway may do this")),
    }
}

#[tonic::async_trait]
impl UserService for Users {
    async fn register(&self, request: Request<RegisterRequest>) -> Answer<RegisterResponse> {
        require_gateway(&request)?;
        let answer = members::register(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn sign_in(&self, request: Request<SignInRequest>) -> Answer<SignInResponse> {
        require_gateway(&request)?;
        let answer = sessions::sign_in(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Answer<RefreshResponse> {
        require_gateway(&request)?;
        let answer = sessions::refresh(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn sign_out(&self, request: Request<SignOutRequest>) -> Answer<SignOutResponse> {
        require_gateway(&request)?;
        sessions::sign_out(self, request.into_inner()).await?;
        Ok(Response::new(SignOutResponse {}))
    }

    async fn get_members(&self, request: Request<GetMembersRequest>) -> Answer<GetMembersResponse> {
        let caller = identity::caller(&request)?;
        let answer = members::get_members(self, &caller, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_members_by_handle(
        &self,
        request: Request<GetMembersByHandleRequest>,
    ) -> Answer<GetMembersByHandleResponse> {
        // Public: any caller whose token is good, a visitor's too.
        identity::caller(&request)?;
        let answer = members::get_members_by_handle(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_signing_keys(&self, _: Request<GetSigningKeysRequest>) -> Answer<GetSigningKeysResponse> {
        Ok(Response::new(GetSigningKeysResponse {
            jwks_json: self.access_tokens.jwks().to_owned(),
        }))
    }

    async fn list_ended_sessions(
        &self,
        request: Request<ListEndedSessionsRequest>,
    ) -> Answer<ListEndedSessionsResponse> {
        identity::caller(&request)?.require_service_or_operator()?;
        Ok(Response::new(sessions::list_ended(self).await?))
    }

    async fn import_members(&self, request: Request<ImportMembersRequest>) -> Answer<ImportMembersResponse> {
        identity::caller(&request)?.require_operator()?;
        let answer = imports::import(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
