//! Settings, and the access to profile sections that follows from them.

use chassis::identity::Caller;
use matcha_protos::user::v1::{
    Audience, CheckAccessRequest, FollowRequest, GetProfilesRequest, GetSettingsRequest, Profile, PutSettingsRequest,
    Section, Settings, UnfollowRequest,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Users, field, request_as};

fn settings() -> Settings {
    Settings {
        display_name: "Mina".to_owned(),
        language: "en".to_owned(),
        ratings: Audience::Public.into(),
        shelf: Audience::Followers.into(),
        comments: Audience::Private.into(),
        taste: Audience::Followers.into(),
        title_language: "original".to_owned(),
    }
}

async fn put(users: &Users, caller: &Caller, settings: Settings) -> Result<Settings, Status> {
    let message = PutSettingsRequest {
        settings: Some(settings),
    };
    let answer = users.client().put_settings(request_as(message, caller)).await?;
    Ok(answer.into_inner().settings.unwrap())
}

async fn access(users: &Users, viewer_id: &str, member_id: &str) -> Vec<Section> {
    let message = CheckAccessRequest {
        viewer_id: viewer_id.to_owned(),
        member_ids: vec![member_id.to_owned(), Uuid::now_v7().to_string()],
    };
    let rating = Caller::Service("rating".to_owned());
    let answer = users.client().check_access(request_as(message, &rating)).await.unwrap();
    let access = answer.into_inner().access;
    assert_eq!(access.len(), 1, "unknown members are left out");
    access[0].visible().collect()
}

async fn profile(users: &Users, caller: &Caller, member_id: &str) -> Profile {
    let message = GetProfilesRequest {
        member_ids: vec![member_id.to_owned(), Uuid::now_v7().to_string()],
    };
    let answer = users.client().get_profiles(request_as(message, caller)).await.unwrap();
    let profiles = answer.into_inner().profiles;
    assert_eq!(profiles.len(), 1, "unknown members are left out");
    profiles[0].clone()
}

const ALL: [Section; 4] = [Section::Ratings, Section::Shelf, Section::Comments, Section::Taste];

#[tokio::test]
async fn every_section_is_public_by_default() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    assert_eq!(access(&users, "", &mina.id).await, ALL);
    let answer = users
        .client()
        .get_settings(request_as(GetSettingsRequest {}, &as_mina))
        .await;
    let settings = answer.unwrap().into_inner().settings.unwrap();
    assert_eq!(
        (
            settings.display_name.as_str(),
            settings.language.as_str(),
            settings.title_language.as_str()
        ),
        ("mina", "ko", "page")
    );
    assert_eq!(settings.comments(), Audience::Public);
}

#[tokio::test]
async fn the_audience_of_a_section_applies_from_the_next_call_on() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    let (joon, as_joon) = users.register_as_caller("joon").await;
    assert_eq!(put(&users, &as_mina, settings()).await.unwrap(), settings());
    let as_follower = [Section::Ratings, Section::Shelf, Section::Taste];
    assert_eq!(access(&users, "", &mina.id).await, [Section::Ratings]);
    assert_eq!(access(&users, &joon.id, &mina.id).await, [Section::Ratings]);
    assert_eq!(access(&users, &mina.id, &mina.id).await, ALL);

    let member_id = mina.id.clone();
    let follow = FollowRequest {
        member_id: member_id.clone(),
    };
    users.client().follow(request_as(follow, &as_joon)).await.unwrap();
    assert_eq!(access(&users, &joon.id, &mina.id).await, as_follower);
    let seen = profile(&users, &as_joon, &mina.id).await;
    assert_eq!((seen.follower_count, seen.following_count, seen.followed), (1, 0, true));
    assert_eq!(seen.visible().collect::<Vec<_>>(), as_follower);
    let unseen = profile(&users, &Caller::Anonymous, &mina.id).await;
    assert_eq!((unseen.follower_count, unseen.followed), (1, false));
    assert_eq!(unseen.visible().collect::<Vec<_>>(), [Section::Ratings]);
    let own = profile(&users, &as_mina, &mina.id).await;
    assert_eq!((own.followed, own.visible().count()), (false, 4));

    users
        .client()
        .unfollow(request_as(UnfollowRequest { member_id }, &as_joon))
        .await
        .unwrap();
    assert_eq!(access(&users, &joon.id, &mina.id).await, [Section::Ratings]);
}

#[tokio::test]
async fn invalid_settings_are_refused_by_field_and_change_nothing() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    for (settings, blamed) in [
        (
            Settings {
                display_name: " ".to_owned(),
                ..settings()
            },
            "display_name",
        ),
        (
            Settings {
                language: "fr".to_owned(),
                ..settings()
            },
            "language",
        ),
        (
            Settings {
                title_language: "fr".to_owned(),
                ..settings()
            },
            "title_language",
        ),
        (
            Settings {
                ratings: 0,
                ..settings()
            },
            "ratings",
        ),
        (Settings { shelf: 4, ..settings() }, "shelf"),
        (
            Settings {
                comments: -1,
                ..settings()
            },
            "comments",
        ),
        (
            Settings {
                taste: 99,
                ..settings()
            },
            "taste",
        ),
        (Settings::default(), "display_name"),
    ] {
        let refused = put(&users, &as_mina, settings).await.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, Some(blamed)));
    }
    assert_eq!(access(&users, "", &mina.id).await, ALL);
    let read = users.get_members(as_mina, &[&mina.id]).await.unwrap();
    assert_eq!(read[0].display_name, "mina");
}

#[tokio::test]
async fn members_cannot_write_the_settings_of_others_nor_check_their_access() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    for caller in [users.as_anonymous(), users.as_service(), users.as_operator()] {
        assert_eq!(
            put(&users, &caller, settings()).await.unwrap_err().code(),
            Code::Unauthenticated
        );
    }
    for caller in [as_mina, users.as_anonymous()] {
        let message = CheckAccessRequest {
            viewer_id: mina.id.clone(),
            member_ids: vec![mina.id.clone()],
        };
        let refused = users
            .client()
            .check_access(request_as(message, &caller))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}
