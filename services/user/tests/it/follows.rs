//! Follows: both lists, permissions, idempotence, bulk import.

use chassis::identity::Caller;
use matcha_protos::user::v1::{
    FollowRequest, ImportFollow, ImportFollowsRequest, ListFollowersRequest, ListFollowersResponse,
    ListFollowingRequest, Member, UnfollowRequest,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Users, field, request_as};

async fn follow(users: &Users, caller: &Caller, member_id: &str) -> Result<i64, Status> {
    let message = FollowRequest {
        member_id: member_id.to_owned(),
    };
    let answer = users.client().follow(request_as(message, caller)).await?;
    Ok(answer.into_inner().follower_count)
}

async fn unfollow(users: &Users, caller: &Caller, member_id: &str) -> Result<i64, Status> {
    let message = UnfollowRequest {
        member_id: member_id.to_owned(),
    };
    let answer = users.client().unfollow(request_as(message, caller)).await?;
    Ok(answer.into_inner().follower_count)
}

async fn followers(users: &Users, of: &Member, cursor: &str, limit: i32) -> Result<ListFollowersResponse, Status> {
    let message = ListFollowersRequest {
        member_id: of.id.clone(),
        cursor: cursor.to_owned(),
        limit,
    };
    let answer = users
        .client()
        .list_followers(request_as(message, &Caller::Anonymous))
        .await?;
    Ok(answer.into_inner())
}

async fn following(users: &Users, of: &Member) -> Vec<String> {
    let message = ListFollowingRequest {
        member_id: of.id.clone(),
        ..ListFollowingRequest::default()
    };
    let answer = users
        .client()
        .list_following(request_as(message, &Caller::Anonymous))
        .await;
    handles(&answer.unwrap().into_inner().members)
}

fn handles(members: &[Member]) -> Vec<String> {
    members.iter().map(|member| member.handle.clone()).collect()
}

#[tokio::test]
async fn follow_and_unfollow_are_idempotent() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    let (joon, as_joon) = users.register_as_caller("joon").await;
    for _ in 0..2 {
        assert_eq!(follow(&users, &as_mina, &joon.id).await.unwrap(), 1);
    }
    assert_eq!(following(&users, &mina).await, ["joon"]);
    assert_eq!(
        handles(&followers(&users, &joon, "", 0).await.unwrap().members),
        ["mina"]
    );
    assert!(following(&users, &joon).await.is_empty(), "it goes one way");

    assert_eq!(follow(&users, &as_joon, &mina.id).await.unwrap(), 1);
    for _ in 0..2 {
        assert_eq!(unfollow(&users, &as_mina, &joon.id).await.unwrap(), 0);
    }
    assert!(following(&users, &mina).await.is_empty());
    assert_eq!(following(&users, &joon).await, ["mina"], "the other way stays");
}

#[tokio::test]
async fn following_oneself_an_unknown_member_or_signed_out_is_refused() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    let itself = follow(&users, &as_mina, &mina.id).await.unwrap_err();
    assert_eq!(
        (itself.code(), field(&itself)),
        (Code::InvalidArgument, Some("member_id"))
    );
    let nobody = follow(&users, &as_mina, &Uuid::now_v7().to_string()).await.unwrap_err();
    assert_eq!(nobody.code(), Code::NotFound);
    let no_id = follow(&users, &as_mina, "joon").await.unwrap_err();
    assert_eq!(
        (no_id.code(), field(&no_id)),
        (Code::InvalidArgument, Some("member_id"))
    );
    for caller in [users.as_anonymous(), users.as_service(), users.as_operator()] {
        let refused = follow(&users, &caller, &mina.id).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        let refused = unfollow(&users, &caller, &mina.id).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }
    // A token of an account that no longer exists.
    let gone = users.as_member(&Uuid::now_v7().to_string());
    assert_eq!(
        follow(&users, &gone, &mina.id).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    assert_eq!(users.count("select count(*) from follows").await, 0);
}

#[tokio::test]
async fn followers_are_paged_newest_first_and_without_emails() {
    let users = Users::start().await;
    let (star, as_star) = users.register_as_caller("star").await;
    for number in 0..5 {
        let (_, caller) = users.register_as_caller(&format!("fan_{number}")).await;
        follow(&users, &caller, &star.id).await.unwrap();
    }
    let first = followers(&users, &star, "", 2).await.unwrap();
    assert_eq!(
        (handles(&first.members), first.total),
        (vec!["fan_4".into(), "fan_3".into()], 5)
    );
    assert!(first.members.iter().all(|member| member.email.is_empty()));
    // A new follower between two pages does not shift them.
    let (late, as_late) = users.register_as_caller("late").await;
    follow(&users, &as_late, &star.id).await.unwrap();
    let second = followers(&users, &star, &first.next_cursor, 2).await.unwrap();
    assert_eq!(handles(&second.members), ["fan_2", "fan_1"]);
    let last = followers(&users, &star, &second.next_cursor, 2).await.unwrap();
    assert_eq!(
        (handles(&last.members), last.next_cursor.as_str()),
        (vec!["fan_0".into()], "")
    );

    follow(&users, &as_star, &late.id).await.unwrap();
    for (cursor, limit, blamed) in [("x", 2, "cursor"), ("", 51, "limit"), ("", -1, "limit")] {
        let refused = followers(&users, &star, cursor, limit).await.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, Some(blamed)));
    }
    let other_list = followers(&users, &late, &first.next_cursor, 2).await.unwrap_err();
    assert_eq!(field(&other_list), Some("cursor"), "a cursor belongs to its list");
    let message = ListFollowingRequest {
        member_id: star.id.clone(),
        cursor: first.next_cursor.clone(),
        limit: 2,
    };
    let other_side = users
        .client()
        .list_following(request_as(message, &as_star))
        .await
        .unwrap_err();
    assert_eq!(field(&other_side), Some("cursor"));
}

async fn import(users: &Users, caller: &Caller, follows: Vec<ImportFollow>) -> Result<i32, Status> {
    let answer = users
        .client()
        .import_follows(request_as(ImportFollowsRequest { follows }, caller))
        .await?;
    Ok(answer.into_inner().created)
}

fn row(follower: &Member, followed: &Member) -> ImportFollow {
    ImportFollow {
        follower_id: follower.id.clone(),
        followed_id: followed.id.clone(),
        followed_at: 1_600_000_000,
    }
}

#[tokio::test]
async fn a_bulk_import_of_follows_is_idempotent_and_all_or_nothing() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    let (joon, _) = users.register_as_caller("joon").await;
    let (sora, _) = users.register_as_caller("sora").await;
    follow(&users, &as_mina, &joon.id).await.unwrap();
    let file = vec![row(&mina, &joon), row(&mina, &sora), row(&joon, &mina)];
    let operator = users.as_operator();
    assert_eq!(import(&users, &operator, file.clone()).await.unwrap(), 2);
    assert_eq!(import(&users, &operator, file).await.unwrap(), 0);
    // An imported follow keeps its own time, so it sorts after the follow of today.
    assert_eq!(following(&users, &mina).await, ["joon", "sora"]);
    assert_eq!(following(&users, &joon).await, ["mina"]);

    let nobody = ImportFollow {
        followed_id: Uuid::now_v7().to_string(),
        ..row(&sora, &mina)
    };
    let status = import(&users, &operator, vec![row(&sora, &mina), nobody])
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let future = ImportFollow {
        followed_at: 99_999_999_999,
        ..row(&sora, &mina)
    };
    for (bad, wrong) in [(row(&sora, &sora), "followed_id"), (future, "followed_at")] {
        let status = import(&users, &operator, vec![row(&sora, &mina), bad])
            .await
            .unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, Some(wrong)));
    }
    let many = vec![row(&sora, &mina); 10_001];
    let status = import(&users, &operator, many).await.unwrap_err();
    assert_eq!(
        (status.code(), field(&status)),
        (Code::InvalidArgument, Some("follows"))
    );
    assert!(following(&users, &sora).await.is_empty());
    for caller in [as_mina, users.as_service(), users.as_anonymous()] {
        let status = import(&users, &caller, Vec::new()).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
}
