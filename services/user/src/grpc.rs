//! The gRPC service: one method per RPC. Each checks the caller and calls its feature.

use chassis::identity::{self, Caller};
use matcha_protos::user::v1::{
    CheckAccessRequest, CheckAccessResponse, EndOtherSessionsRequest, EndOtherSessionsResponse, EndSessionRequest,
    EndSessionResponse, FollowRequest, FollowResponse, GetMembersByHandleRequest, GetMembersByHandleResponse,
    GetMembersRequest, GetMembersResponse, GetProfilesRequest, GetProfilesResponse, GetSettingsRequest,
    GetSettingsResponse, GetSigningKeysRequest, GetSigningKeysResponse, ImportFollowsRequest, ImportFollowsResponse,
    ImportMembersRequest, ImportMembersResponse, ListEndedSessionsRequest, ListEndedSessionsResponse,
    ListFollowedRequest, ListFollowedResponse, ListFollowersRequest, ListFollowersResponse, ListFollowingRequest,
    ListFollowingResponse, ListSessionsRequest, ListSessionsResponse, PutSettingsRequest, PutSettingsResponse,
    RefreshRequest, RefreshResponse, RegisterRequest, RegisterResponse, SearchMembersRequest, SearchMembersResponse,
    SignInRequest, SignInResponse, SignOutRequest, SignOutResponse, SuggestMembersRequest, SuggestMembersResponse,
    UnfollowRequest, UnfollowResponse, user_service_server::UserService,
};
use tonic::{Request, Response, Status};

use crate::{
    Service, bulk_import, follows, member_search, members, members::MemberId, privacy, session_list,
    session_list::CallerSession, sessions, settings, suggestions,
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl UserService for Service {
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
        // Handles are public: any verified token passes, also that of a visitor who is signed out.
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
        Ok(Response::new(sessions::list_ended_sessions(self).await?))
    }

    async fn import_members(&self, request: Request<ImportMembersRequest>) -> Answer<ImportMembersResponse> {
        identity::caller(&request)?.require_operator()?;
        let answer = bulk_import::import_members(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn import_follows(&self, request: Request<ImportFollowsRequest>) -> Answer<ImportFollowsResponse> {
        identity::caller(&request)?.require_operator()?;
        let answer = follows::import_follows(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answer<FollowResponse> {
        let member = caller_member(&request)?;
        let answer = follows::follow(self, member, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn unfollow(&self, request: Request<UnfollowRequest>) -> Answer<UnfollowResponse> {
        let member = caller_member(&request)?;
        let answer = follows::unfollow(self, member, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_followers(&self, request: Request<ListFollowersRequest>) -> Answer<ListFollowersResponse> {
        identity::caller(&request)?;
        let answer = follows::list_followers(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_following(&self, request: Request<ListFollowingRequest>) -> Answer<ListFollowingResponse> {
        identity::caller(&request)?;
        let answer = follows::list_following(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn search_members(&self, request: Request<SearchMembersRequest>) -> Answer<SearchMembersResponse> {
        identity::caller(&request)?;
        let answer = member_search::search_members(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn suggest_members(&self, request: Request<SuggestMembersRequest>) -> Answer<SuggestMembersResponse> {
        let member = caller_member(&request)?;
        let answer = suggestions::suggest_members(self, member, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_profiles(&self, request: Request<GetProfilesRequest>) -> Answer<GetProfilesResponse> {
        let caller = identity::caller(&request)?;
        let answer = privacy::get_profiles(self, &caller, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn check_access(&self, request: Request<CheckAccessRequest>) -> Answer<CheckAccessResponse> {
        identity::caller(&request)?.require_service_or_operator()?;
        let answer = privacy::check_access(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_followed(&self, request: Request<ListFollowedRequest>) -> Answer<ListFollowedResponse> {
        identity::caller(&request)?.require_service_or_operator()?;
        let answer = privacy::list_followed(self, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_settings(&self, request: Request<GetSettingsRequest>) -> Answer<GetSettingsResponse> {
        let answer = settings::get_settings(self, caller_member(&request)?).await?;
        Ok(Response::new(answer))
    }

    async fn put_settings(&self, request: Request<PutSettingsRequest>) -> Answer<PutSettingsResponse> {
        let member = caller_member(&request)?;
        let answer = settings::put_settings(self, member, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_sessions(&self, request: Request<ListSessionsRequest>) -> Answer<ListSessionsResponse> {
        let caller = caller_session(&request)?;
        Ok(Response::new(session_list::list_sessions(self, caller).await?))
    }

    async fn end_session(&self, request: Request<EndSessionRequest>) -> Answer<EndSessionResponse> {
        let caller = caller_session(&request)?;
        session_list::end_session(self, caller, &request.into_inner().session_id).await?;
        Ok(Response::new(EndSessionResponse {}))
    }

    async fn end_other_sessions(&self, request: Request<EndOtherSessionsRequest>) -> Answer<EndOtherSessionsResponse> {
        let caller = caller_session(&request)?;
        let ended = session_list::end_other_sessions(self, caller).await?;
        Ok(Response::new(EndOtherSessionsResponse { ended }))
    }
}

/// Rate limits count by the browser's address, which only the gateway sees. An operator may act for the gateway.
fn require_gateway<T>(request: &Request<T>) -> Result<(), Status> {
    match identity::caller(request)? {
        Caller::Operator => Ok(()),
        Caller::Service(name) if name == "gateway" => Ok(()),
        _ => Err(Status::permission_denied("only the gateway may do this")),
    }
}

/// The member of the verified token; a request cannot name another member to act for.
fn caller_member<T>(request: &Request<T>) -> Result<MemberId, Status> {
    Ok(MemberId(identity::caller(request)?.member()?))
}

fn caller_session<T>(request: &Request<T>) -> Result<CallerSession, Status> {
    CallerSession::try_from(&identity::caller(request)?)
}
