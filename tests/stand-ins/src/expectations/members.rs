//! Members, settings and follows: UserService.

use chassis::{client::request, identity::Caller};
use matcha_protos::user::v1::{
    FollowRequest, GetMembersByHandleRequest, GetMembersRequest, GetProfilesRequest, GetSettingsRequest,
    GetSigningKeysRequest, PutSettingsRequest, RefreshRequest, SearchMembersRequest, UnfollowRequest,
};
use tonic::Code;

use super::{World, refused};

/// Members as others see them, settings, follows.
pub async fn members(world: &World) {
    let (mut user, member, other) = (world.user(), &world.member, &world.other);
    let message = GetMembersRequest {
        ids: vec![world.member_id()],
    };
    let found = user
        .get_members(request(message, other))
        .await
        .unwrap()
        .into_inner()
        .members;
    assert_eq!(
        (found[0].id.clone(), found[0].handle.clone()),
        (world.member_id(), world.handle.clone())
    );
    assert_eq!(found[0].email, "", "an email is shown to its owner only");
    let message = GetMembersByHandleRequest {
        handles: vec![world.handle.clone(), "nobody_of_that_name".to_owned()],
    };
    let found = user
        .get_members_by_handle(request(message, other))
        .await
        .unwrap()
        .into_inner()
        .members;
    assert_eq!(
        found.iter().map(|member| &member.handle).collect::<Vec<_>>(),
        [&world.handle]
    );

    let keys = user
        .get_signing_keys(request(GetSigningKeysRequest {}, &Caller::Anonymous))
        .await
        .unwrap();
    let keys: serde_json::Value = serde_json::from_str(&keys.into_inner().jwks_json).unwrap();
    assert!(!keys["keys"].as_array().unwrap().is_empty());
    // The gateway refreshes a session in its own name.
    let refresh = RefreshRequest {
        refresh_token: "no such token".to_owned(),
        ..Default::default()
    };
    refused(
        user.refresh(tonic::Request::new(refresh)).await,
        Code::Unauthenticated,
        "",
    );
    let search = SearchMembersRequest {
        query: world.handle.clone(),
        cursor: "no cursor".to_owned(),
        limit: 5,
    };
    refused(
        user.search_members(request(search, other)).await,
        Code::InvalidArgument,
        "cursor",
    );

    let before = user
        .get_settings(request(GetSettingsRequest {}, member))
        .await
        .unwrap()
        .into_inner()
        .settings;
    let mut changed = before.unwrap();
    "Minsu".clone_into(&mut changed.display_name);
    let put = PutSettingsRequest {
        settings: Some(changed.clone()),
    };
    user.put_settings(request(put, member)).await.unwrap();
    let after = user
        .get_settings(request(GetSettingsRequest {}, member))
        .await
        .unwrap()
        .into_inner()
        .settings;
    assert_eq!(after, Some(changed));

    let follow = |member_id: String| FollowRequest { member_id };
    refused(
        user.follow(request(follow(world.member_id()), member)).await,
        Code::InvalidArgument,
        "member_id",
    );
    for _ in 0..2 {
        let followed = user
            .follow(request(follow(world.other_id()), member))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(followed.follower_count, 1, "a second follow is none");
    }
    let profiles = || GetProfilesRequest {
        member_ids: vec![world.other_id()],
    };
    let profile = user
        .get_profiles(request(profiles(), member))
        .await
        .unwrap()
        .into_inner()
        .profiles
        .remove(0);
    assert_eq!((profile.follower_count, profile.followed), (1, true));
    for _ in 0..2 {
        let unfollow = UnfollowRequest {
            member_id: world.other_id(),
        };
        assert_eq!(
            user.unfollow(request(unfollow, member))
                .await
                .unwrap()
                .into_inner()
                .follower_count,
            0
        );
    }
}
