//! Stands in for the user service: accounts that all look like Mina's, their sessions and settings, and who follows whom.

use matcha_protos::user::v1::{user_service_server::*, *};
use tonic::{Request, Status};
use uuid::Uuid;

use super::{Answer, Services, answer, asking, first_page_only, invalid, member};

fn tokens() -> Option<Tokens> {
    Some(Tokens {
        access_token: "access".to_owned(),
        expires_in: 600,
        refresh_token: "refresh".to_owned(),
        refresh_expires_in: 2_592_000,
    })
}

#[tonic::async_trait]
impl UserService for Services {
    async fn register(&self, request: Request<RegisterRequest>) -> Answer<RegisterResponse> {
        self.enter("user.Register").await?;
        self.state(|state| state.peer = request.into_inner().peer_address);
        let (member, tokens) = (member(), tokens());
        answer(RegisterResponse { member, tokens })
    }

    async fn sign_in(&self, request: Request<SignInRequest>) -> Answer<SignInResponse> {
        self.enter("user.SignIn").await?;
        self.state(|state| state.peer = request.into_inner().peer_address);
        let (member, tokens) = (member(), tokens());
        answer(SignInResponse { member, tokens })
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Answer<RefreshResponse> {
        self.enter("user.Refresh").await?;
        if request.into_inner().refresh_token != "refresh" {
            return Err(Status::unauthenticated("the session has ended"));
        }
        let (member, tokens) = (member(), tokens());
        answer(RefreshResponse { member, tokens })
    }

    async fn sign_out(&self, _: Request<SignOutRequest>) -> Answer<SignOutResponse> {
        self.enter("user.SignOut").await?;
        answer(SignOutResponse {})
    }

    async fn get_members(&self, request: Request<GetMembersRequest>) -> Answer<GetMembersResponse> {
        self.enter("user.GetMembers").await?;
        let caller = asking(&request);
        let ids = request.into_inner().ids.into_iter();
        // An email is shown to its owner only.
        let members = ids.map(|id| Member {
            email: if id == caller {
                member().unwrap().email
            } else {
                String::new()
            },
            id,
            ..member().unwrap()
        });
        answer(GetMembersResponse {
            members: members.collect(),
        })
    }

    /// Mina is the only one.
    async fn get_members_by_handle(
        &self,
        request: Request<GetMembersByHandleRequest>,
    ) -> Answer<GetMembersByHandleResponse> {
        self.enter("user.GetMembersByHandle").await?;
        let mina = member().map(|mina| Member {
            email: String::new(),
            ..mina
        });
        let handles = request.into_inner().handles;
        answer(GetMembersByHandleResponse {
            members: mina.into_iter().filter(|mina| handles.contains(&mina.handle)).collect(),
        })
    }

    async fn get_signing_keys(&self, _: Request<GetSigningKeysRequest>) -> Answer<GetSigningKeysResponse> {
        self.enter("user.GetSigningKeys").await?;
        let jwks_json = self.state(|state| state.jwks.clone());
        answer(GetSigningKeysResponse { jwks_json })
    }

    async fn list_ended_sessions(&self, _: Request<ListEndedSessionsRequest>) -> Answer<ListEndedSessionsResponse> {
        self.enter("user.ListEndedSessions").await?;
        let session_ids = self.state(|state| state.ended.clone());
        answer(ListEndedSessionsResponse { session_ids })
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answer<FollowResponse> {
        self.enter("user.Follow").await?;
        if request.get_ref().member_id == asking(&request) {
            return Err(invalid("member_id"));
        }
        self.state(|state| state.followed = true);
        answer(FollowResponse { follower_count: 1 })
    }

    async fn unfollow(&self, _: Request<UnfollowRequest>) -> Answer<UnfollowResponse> {
        self.enter("user.Unfollow").await?;
        self.state(|state| state.followed = false);
        answer(UnfollowResponse { follower_count: 0 })
    }

    /// Thirty of them.
    async fn list_followers(&self, request: Request<ListFollowersRequest>) -> Answer<ListFollowersResponse> {
        self.enter("user.ListFollowers").await?;
        let most = request.into_inner().limit.min(30);
        let member = |number: i32| Member {
            id: Uuid::from_u128(100 + number as u128).to_string(),
            handle: format!("fan_{number}"),
            email: String::new(),
            ..member().unwrap()
        };
        answer(ListFollowersResponse {
            members: (0..most).map(member).collect(),
            next_cursor: String::new(),
            total: 30,
        })
    }

    async fn list_following(&self, _: Request<ListFollowingRequest>) -> Answer<ListFollowingResponse> {
        self.enter("user.ListFollowing").await?;
        answer(ListFollowingResponse::default())
    }

    /// Mina, where the query begins like her handle.
    async fn search_members(&self, request: Request<SearchMembersRequest>) -> Answer<SearchMembersResponse> {
        self.enter("user.SearchMembers").await?;
        let request = request.into_inner();
        first_page_only(&request.cursor)?;
        let mina = member().map(|mina| Member {
            email: String::new(),
            ..mina
        });
        let like = |mina: &Member| !request.query.is_empty() && mina.handle.starts_with(&request.query);
        answer(SearchMembersResponse {
            members: mina.into_iter().filter(like).collect(),
            next_cursor: String::new(),
        })
    }

    async fn suggest_members(&self, request: Request<SuggestMembersRequest>) -> Answer<SuggestMembersResponse> {
        self.enter("user.SuggestMembers").await?;
        let star = |number: i32| Member {
            id: Uuid::from_u128(200 + number as u128).to_string(),
            handle: format!("star_{number}"),
            email: String::new(),
            ..member().unwrap()
        };
        answer(SuggestMembersResponse {
            members: (0..request.into_inner().limit).map(star).collect(),
        })
    }

    async fn list_followed(&self, _: Request<ListFollowedRequest>) -> Answer<ListFollowedResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn get_profiles(&self, request: Request<GetProfilesRequest>) -> Answer<GetProfilesResponse> {
        self.enter("user.GetProfiles").await?;
        let (visible, followed) = self.state(|state| (state.visible.clone(), state.followed));
        let profile = |member_id: &String| matcha_protos::user::v1::Profile {
            member_id: member_id.clone(),
            follower_count: i64::from(followed),
            following_count: 2,
            followed,
            visible: visible.clone(),
        };
        answer(GetProfilesResponse {
            profiles: request.get_ref().member_ids.iter().map(profile).collect(),
        })
    }

    async fn check_access(&self, _: Request<CheckAccessRequest>) -> Answer<CheckAccessResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn get_settings(&self, _: Request<GetSettingsRequest>) -> Answer<GetSettingsResponse> {
        self.enter("user.GetSettings").await?;
        answer(GetSettingsResponse {
            settings: Some(self.state(|state| state.settings.clone())),
        })
    }

    async fn put_settings(&self, request: Request<PutSettingsRequest>) -> Answer<PutSettingsResponse> {
        self.enter("user.PutSettings").await?;
        let settings = request.into_inner().settings;
        self.state(|state| state.settings = settings.clone().unwrap_or_default());
        answer(PutSettingsResponse { settings })
    }

    async fn list_sessions(&self, _: Request<ListSessionsRequest>) -> Answer<ListSessionsResponse> {
        self.enter("user.ListSessions").await?;
        answer(ListSessionsResponse {
            sessions: self.state(|state| state.sessions.clone()),
        })
    }

    async fn end_session(&self, request: Request<EndSessionRequest>) -> Answer<EndSessionResponse> {
        self.enter("user.EndSession").await?;
        let id = request.into_inner().session_id;
        self.state(|state| state.sessions.retain(|session| session.id != id));
        answer(EndSessionResponse {})
    }

    async fn end_other_sessions(&self, _: Request<EndOtherSessionsRequest>) -> Answer<EndOtherSessionsResponse> {
        self.enter("user.EndOtherSessions").await?;
        let ended = self.state(|state| {
            let before = state.sessions.len();
            state.sessions.retain(|session| session.current);
            before - state.sessions.len()
        });
        answer(EndOtherSessionsResponse { ended: ended as i32 })
    }

    async fn import_members(&self, _: Request<ImportMembersRequest>) -> Answer<ImportMembersResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn import_follows(&self, _: Request<ImportFollowsRequest>) -> Answer<ImportFollowsResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }
}
