//! Batch reads of members; only the member reads the own email.

use tonic::Code;
use uuid::Uuid;

use crate::harness::{Users, field};

#[tokio::test]
async fn only_the_member_reads_the_own_email() {
    let users = Users::start().await;
    let mina = users.register("mina").await.member.unwrap();
    let joon = users.register("joon").await.member.unwrap();
    let ids = [mina.id.as_str(), joon.id.as_str()];

    let read = users.get_members(users.as_member(&mina.id), &ids).await.unwrap();
    assert_eq!(read, [mina.clone(), hidden(&joon)]);
    for caller in [users.as_service(), users.as_anonymous(), users.as_operator()] {
        let read = users.get_members(caller, &ids).await.unwrap();
        assert_eq!(read, [hidden(&mina), hidden(&joon)]);
    }
}

fn hidden(member: &matcha_protos::user::v1::Member) -> matcha_protos::user::v1::Member {
    matcha_protos::user::v1::Member {
        email: String::new(),
        ..member.clone()
    }
}

#[tokio::test]
async fn unknown_ids_are_left_out() {
    let users = Users::start().await;
    let mina = users.register("mina").await.member.unwrap();
    let unknown = Uuid::now_v7().to_string();
    let read = users
        .get_members(users.as_service(), &[&unknown, &mina.id, &unknown])
        .await
        .unwrap();
    assert_eq!(read, [hidden(&mina)]);
    assert!(users.get_members(users.as_service(), &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_handle_in_any_case_finds_its_member_without_the_email() {
    let users = Users::start().await;
    let mina = users.register("mina").await.member.unwrap();
    let joon = users.register("joon").await.member.unwrap();
    for caller in [users.as_member(&mina.id), users.as_anonymous(), users.as_service()] {
        let mut read = users
            .get_members_by_handle(caller, &["MINA", "joon", "mina"])
            .await
            .unwrap();
        read.sort_by(|a, b| b.handle.cmp(&a.handle));
        assert_eq!(read, [hidden(&mina), hidden(&joon)], "each once");
    }
}

#[tokio::test]
async fn unknown_handles_are_left_out_and_too_many_are_refused() {
    let users = Users::start().await;
    let mina = users.register("mina").await.member.unwrap();
    let odd = [
        "",
        "a",
        "nobody_here",
        "mina ",
        "mi%",
        "' or 1=1",
        "미나",
        "mina\0",
        "mina",
    ];
    let read = users.get_members_by_handle(users.as_anonymous(), &odd).await.unwrap();
    assert_eq!(read, [hidden(&mina)]);
    let many = vec!["mina"; 101];
    assert!(
        users
            .get_members_by_handle(users.as_anonymous(), &many[..100])
            .await
            .is_ok()
    );
    let refused = users
        .get_members_by_handle(users.as_anonymous(), &many)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), field(&refused)),
        (Code::InvalidArgument, Some("handles"))
    );
}

#[tokio::test]
async fn concurrent_reads_each_get_their_own_members() {
    let users = Users::start().await;
    let mut members = Vec::new();
    for number in 0..5 {
        members.push(users.register(&format!("member_{number}")).await.member.unwrap());
    }
    let reads = (0..100).map(|n| {
        let (users, member) = (&users, &members[n % 5]);
        async move {
            let read = users
                .get_members(users.as_member(&member.id), &[&member.id])
                .await
                .unwrap();
            assert_eq!(read, std::slice::from_ref(member));
        }
    });
    futures::future::join_all(reads).await;
}

#[tokio::test]
async fn five_hundred_ids_are_read_and_more_are_refused() {
    let users = Users::start().await;
    let ids: Vec<String> = (0..501).map(|_| Uuid::now_v7().to_string()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert!(users.get_members(users.as_service(), &ids[..500]).await.is_ok());
    let refused = users.get_members(users.as_service(), &ids).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
