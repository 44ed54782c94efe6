//! Operator bulk import of members.

use std::time::{Duration, Instant};

use matcha_protos::user::v1::ImportMember;
use tonic::Code;
use uuid::Uuid;

use crate::harness::{PASSWORD, Users, field, password_hashes};

fn numbered_member(number: u32) -> ImportMember {
    ImportMember {
        id: Uuid::from_u128(0x5eed_0000 + u128::from(number)).to_string(),
        handle: format!("member_{number}"),
        display_name: format!("회원 {number}"),
        language: "ko".to_owned(),
        synthetic: true,
        ..ImportMember::default()
    }
}

#[tokio::test]
async fn two_thousand_members_are_imported_with_their_events() {
    let users = Users::start().await;
    let members: Vec<ImportMember> = (0..2_000).map(numbered_member).collect();
    let begun = Instant::now();
    assert_eq!(users.import(users.as_operator(), members.clone()).await.unwrap(), 2_000);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(users.count_unpublished().await, 2_000);

    let read = users.get_members(users.as_service(), &[&members[7].id]).await.unwrap();
    assert_eq!(read[0].handle, "member_7");
    assert_eq!(read[0].display_name, "회원 7");
    assert!(read[0].synthetic);
}

#[tokio::test]
async fn a_repeated_import_changes_nothing() {
    let users = Users::start().await;
    let mut members: Vec<ImportMember> = (0..10).map(numbered_member).collect();
    members[0].password = PASSWORD.to_owned();
    members[0].email = "demo@example.com".to_owned();
    assert_eq!(users.import(users.as_operator(), members.clone()).await.unwrap(), 10);
    let state = users.rows("select m::text from members m order by id").await;
    let told = users.count_unpublished().await;

    let before = password_hashes();
    members.push(numbered_member(10));
    members[1].display_name = "another name".to_owned();
    assert_eq!(
        users.import(users.as_operator(), members).await.unwrap(),
        1,
        "only the new one"
    );
    assert_eq!(
        password_hashes(),
        before,
        "a password that is there already is not hashed again"
    );
    let now = users.rows("select m::text from members m order by id").await;
    assert_eq!(now[..10], state[..]);
    assert_eq!(users.count_unpublished().await, told + 1);
}

#[tokio::test]
async fn concurrent_imports_of_the_same_members_create_each_once() {
    let users = Users::start().await;
    for round in 0..5 {
        let members: Vec<ImportMember> = (0..500).map(|n| numbered_member(round * 500 + n)).collect();
        let backwards: Vec<ImportMember> = members.iter().rev().cloned().collect();
        let (one, two) = tokio::join!(
            users.import(users.as_operator(), members),
            users.import(users.as_operator(), backwards)
        );
        assert_eq!(one.unwrap() + two.unwrap(), 500);
    }
    assert_eq!(users.count_unpublished().await, 2_500);
}

#[tokio::test]
async fn the_demo_member_signs_in_and_members_without_a_password_do_not() {
    let users = Users::start().await;
    let demo = ImportMember {
        handle: "demo".to_owned(),
        email: "demo@matcha.example".to_owned(),
        password: "matcha-demo-popcorn".to_owned(),
        ..numbered_member(0)
    };
    users
        .import(users.as_operator(), vec![demo, numbered_member(1)])
        .await
        .unwrap();
    users.sign_in("demo", "matcha-demo-popcorn").await.expect("signed in");
    for password in ["matcha-demo-popcorn", "member_1"] {
        let refused = users.sign_in("member_1", password).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn only_the_operator_imports() {
    let users = Users::start().await;
    let mina = users.register("mina").await.member.unwrap();
    for caller in [users.as_member(&mina.id), users.as_service(), users.as_anonymous()] {
        let refused = users.import(caller, vec![numbered_member(1)]).await.unwrap_err();
        assert!(
            matches!(refused.code(), Code::PermissionDenied | Code::Unauthenticated),
            "{refused:?}"
        );
    }
    assert_eq!(users.count("select count(*) from members").await, 1);
}

#[tokio::test]
async fn an_import_with_the_handle_of_another_member_is_refused_whole() {
    let users = Users::start().await;
    users.register("member_3").await;
    let members = (0..5).map(numbered_member).collect();
    let refused = users.import(users.as_operator(), members).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(field(&refused), Some("handle"));
    assert!(refused.message().starts_with("member_3 "), "{}", refused.message());
    assert_eq!(users.count("select count(*) from members").await, 1);
}

#[tokio::test]
async fn an_import_with_the_email_of_another_member_is_refused_whole() {
    let users = Users::start().await;
    users.register("mina").await;
    let taken = ImportMember {
        email: "Mina@example.com".to_owned(),
        ..numbered_member(1)
    };
    let refused = users
        .import(users.as_operator(), vec![numbered_member(0), taken])
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(field(&refused), Some("email"));
    assert_eq!(users.count("select count(*) from members").await, 1);
}

#[tokio::test]
async fn more_than_two_thousand_at_a_time_are_refused() {
    let users = Users::start().await;
    let members = (0..2_001).map(numbered_member).collect();
    let refused = users.import(users.as_operator(), members).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
