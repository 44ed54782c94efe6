//! user as the services that ask it see it: it says who may see what.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use matcha_protos::user::v1::{
    user_service_server::{UserService, UserServiceServer},
    *,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// Shows everything of everybody, but for what it is told.
#[derive(Clone, Default)]
pub struct User(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What members show to whom; a caller who is not named here sees what a visitor (none) sees.
    shown: HashMap<Uuid, HashMap<Option<Uuid>, Vec<Section>>>,
    unknown: Vec<Uuid>,
    /// Who follows whom, the last follow last.
    follows: Vec<(Uuid, Uuid)>,
    away: bool,
}

impl User {
    /// Listens and answers its entry for `PEERS`.
    pub async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tonic::transport::Server::builder().add_service(UserServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        format!("user={address}")
    }

    /// From now on this caller (none: everybody who is not named) sees these sections of the member, and no others.
    pub fn shows(&self, member: Uuid, caller: Option<Uuid>, sections: &[Section]) {
        let mut state = self.0.lock().unwrap();
        state.shown.entry(member).or_default().insert(caller, sections.to_vec());
    }

    pub fn has_no(&self, member: Uuid) {
        self.0.lock().unwrap().unknown.push(member);
    }

    pub fn follows(&self, follower: Uuid, followed: Uuid) {
        self.0.lock().unwrap().follows.push((follower, followed));
    }

    pub fn unfollows(&self, follower: Uuid, followed: Uuid) {
        self.0
            .lock()
            .unwrap()
            .follows
            .retain(|one| *one != (follower, followed));
    }

    /// From now on it does not answer.
    pub fn goes_away(&self) {
        self.0.lock().unwrap().away = true;
    }

    /// From now on it answers again.
    pub fn comes_back(&self) {
        self.0.lock().unwrap().away = false;
    }

    fn followed(&self, request: &ListFollowedRequest) -> Result<Vec<Access>, Status> {
        let follower: Uuid = request.follower_id.parse().unwrap();
        let followed = self.0.lock().unwrap().follows.clone();
        let followed = followed.into_iter().rev().filter(|(by, _)| *by == follower);
        self.access(&CheckAccessRequest {
            viewer_id: request.follower_id.clone(),
            member_ids: followed.map(|(_, member)| member.to_string()).collect(),
        })
    }

    fn access(&self, request: &CheckAccessRequest) -> Result<Vec<Access>, Status> {
        let state = self.0.lock().unwrap();
        if state.away {
            return Err(Status::unavailable("away"));
        }
        let caller: Option<Uuid> = request.viewer_id.parse().ok();
        let access = request.member_ids.iter().filter_map(|id| {
            let member: Uuid = id.parse().unwrap();
            let all = vec![Section::Ratings, Section::Shelf, Section::Comments, Section::Taste];
            let visible = match state.shown.get(&member) {
                None => all,
                Some(shown) => shown.get(&caller).or(shown.get(&None)).cloned().unwrap_or_default(),
            };
            (!state.unknown.contains(&member)).then(|| Access {
                member_id: id.clone(),
                visible: visible.into_iter().map(Into::into).collect(),
            })
        });
        Ok(access.collect())
    }
}

/// Nothing here calls the rest.
macro_rules! unused {
    ($($rpc:ident($request:ident) -> $response:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl UserService for User {
            async fn check_access(
                &self,
                request: Request<CheckAccessRequest>,
            ) -> Result<Response<CheckAccessResponse>, Status> {
                let access = self.access(request.get_ref())?;
                Ok(Response::new(CheckAccessResponse { access }))
            }
            async fn list_followed(
                &self,
                request: Request<ListFollowedRequest>,
            ) -> Result<Response<ListFollowedResponse>, Status> {
                let followed = self.followed(request.get_ref())?;
                Ok(Response::new(ListFollowedResponse { followed }))
            }
            $(async fn $rpc(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented("not part of this test"))
            })*
        }
    };
}
unused! {
    register(RegisterRequest) -> RegisterResponse,
    sign_in(SignInRequest) -> SignInResponse,
    refresh(RefreshRequest) -> RefreshResponse,
    sign_out(SignOutRequest) -> SignOutResponse,
    get_members(GetMembersRequest) -> GetMembersResponse,
    get_members_by_handle(GetMembersByHandleRequest) -> GetMembersByHandleResponse,
    get_signing_keys(GetSigningKeysRequest) -> GetSigningKeysResponse,
    list_ended_sessions(ListEndedSessionsRequest) -> ListEndedSessionsResponse,
    follow(FollowRequest) -> FollowResponse,
    unfollow(UnfollowRequest) -> UnfollowResponse,
    list_followers(ListFollowersRequest) -> ListFollowersResponse,
    list_following(ListFollowingRequest) -> ListFollowingResponse,
    get_profiles(GetProfilesRequest) -> GetProfilesResponse,
    search_members(SearchMembersRequest) -> SearchMembersResponse,
    suggest_members(SuggestMembersRequest) -> SuggestMembersResponse,
    get_settings(GetSettingsRequest) -> GetSettingsResponse,
    put_settings(PutSettingsRequest) -> PutSettingsResponse,
    list_sessions(ListSessionsRequest) -> ListSessionsResponse,
    end_session(EndSessionRequest) -> EndSessionResponse,
    end_other_sessions(EndOtherSessionsRequest) -> EndOtherSessionsResponse,
    import_members(ImportMembersRequest) -> ImportMembersResponse,
    import_follows(ImportFollowsRequest) -> ImportFollowsResponse,
}
