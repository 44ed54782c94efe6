//! Registration: tokens, conflicts, password policy, events.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use matcha_protos::events::v1::MemberRegistered;
use messaging::events::{Broker, Consumer, Delivery, Outcome};
use testing::eventually;
use tonic::Code;

use crate::harness::{PASSWORD, Users, field, registration};

#[tokio::test]
async fn registration_signs_the_member_in() {
    let users = Users::start().await;
    let answer = users.register("Mina_Kim").await;
    let member = answer.member.unwrap();
    assert_eq!(member.handle, "mina_kim");
    assert_eq!(member.email, "mina_kim@example.com");
    assert_eq!(member.display_name, "Mina_Kim");
    assert_eq!(member.language, "ko");
    assert!(!member.synthetic);
    assert!(member.registered_at > 1_700_000_000);

    let tokens = answer.tokens.unwrap();
    assert_eq!(tokens.expires_in, 600);
    assert_eq!(tokens.refresh_expires_in, 30 * 24 * 3600);
    let refreshed = users.refresh(&tokens.refresh_token).await.unwrap();
    assert_eq!(refreshed.member.unwrap().id, member.id);
}

#[tokio::test]
async fn a_handle_taken_in_another_case_is_refused_by_field() {
    let users = Users::start().await;
    users.register("mina").await;
    let mut again = registration("MINA");
    again.email = "other@example.com".to_owned();
    let refused = users.try_register(again).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(field(&refused), Some("handle"));
}

#[tokio::test]
async fn a_reserved_handle_is_refused_by_field_and_a_member_who_has_one_keeps_it() {
    let users = Users::start().await;
    for reserved in [
        "admin",
        "root",
        "support",
        "system",
        "matcha",
        "moderator",
        "official",
        "help",
        "api",
        "www",
        "Admin",
        "ad_min",
    ] {
        let refused = users.try_register(registration(reserved)).await.unwrap_err();
        assert_eq!(
            (refused.code(), field(&refused)),
            (Code::InvalidArgument, Some("handle")),
            "{reserved}"
        );
    }
    assert_eq!(users.count("select count(*) from members").await, 0);
    // A member from before the rule.
    users.register("mina").await;
    users
        .execute("update members set handle = 'support' where handle = 'mina'")
        .await;
    let signed_in = users.sign_in("support", PASSWORD).await.unwrap();
    assert_eq!(signed_in.member.unwrap().handle, "support");
}

#[tokio::test]
async fn an_email_taken_in_another_case_is_refused_by_field() {
    let users = Users::start().await;
    users.register("mina").await;
    let mut again = registration("joon");
    again.email = "MINA@Example.COM".to_owned();
    let refused = users.try_register(again).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(field(&refused), Some("email"));
}

#[tokio::test]
async fn one_of_two_concurrent_registrations_gets_the_handle() {
    let users = Users::start().await;
    let mut other = registration("mina");
    other.email = "other@example.com".to_owned();
    let (one, two) = tokio::join!(users.try_register(registration("mina")), users.try_register(other));
    assert_eq!([&one, &two].iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused = one.and(two).unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(users.count("select count(*) from members").await, 1);
    assert_eq!(users.count("select count(*) from sessions").await, 1);
}

#[tokio::test]
async fn a_short_or_common_password_is_refused() {
    let users = Users::start().await;
    for bad in [
        "short",
        "fourteen chars",
        "passwordpassword",
        "123456789012345",
        "i am minakim and you",
    ] {
        let mut request = registration("minakim");
        request.password = bad.to_owned();
        let refused = users.try_register(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{bad}");
        assert_eq!(field(&refused), Some("password"), "{bad}");
        assert!(!refused.message().contains(bad), "the answer does not repeat it");
    }
    assert_eq!(users.count("select count(*) from members").await, 0);
}

#[tokio::test]
async fn neither_password_nor_refresh_token_is_stored() {
    let users = Users::start().await;
    let tokens = users.register("mina").await.tokens.unwrap();
    let dump: Vec<(String,)> = sqlx::query_as(
        "select m::text from members m union all select s::text from sessions s
         union all select t::text from refresh_tokens t union all select o::text from outbox o
         union all select o::text from outbox_unrouted o",
    )
    .fetch_all(&users.db)
    .await
    .unwrap();
    assert!(dump.iter().any(|(row,)| row.contains("$argon2id$")));
    assert!(
        !dump
            .iter()
            .any(|(row,)| row.contains(PASSWORD) || row.contains(&tokens.refresh_token))
    );
}

#[tokio::test]
async fn member_registered_is_published_without_the_email() {
    let users = Users::start().await;
    let heard: Arc<Mutex<Vec<Delivery>>> = Arc::default();
    let broker = Broker::new(&users.config.broker, "test");
    let consumer = Consumer {
        queue: "test.members",
        types: &["member.registered"],
        batch: 10,
        linger: Duration::ZERO,
    };
    let (stop, ears) = (users.stop.clone(), heard.clone());
    tokio::spawn(async move {
        let hear = move |batch: Vec<Delivery>| {
            let outcomes = batch.iter().map(|_| Outcome::Done).collect();
            ears.lock().unwrap().extend(batch);
            async move { outcomes }
        };
        consumer.run(broker, stop, hear).await
    });

    let member = users.register("mina").await.member.unwrap();
    eventually("the event is heard", async || !heard.lock().unwrap().is_empty()).await;
    let event = heard.lock().unwrap()[0].clone();
    assert_eq!(event.r#type, "member.registered");
    assert_eq!(event.aggregate_id, member.id);
    assert_eq!(event.version, 1);
    let body: MemberRegistered = event.decode().unwrap();
    assert_eq!(
        body,
        MemberRegistered {
            member_id: member.id,
            handle: "mina".to_owned(),
            display_name: "mina".to_owned(),
            language: "ko".to_owned(),
        }
    );
    eventually("the outbox is empty", async || users.count_unpublished().await == 0).await;
}

#[tokio::test]
async fn a_refused_registration_publishes_no_event() {
    let users = Users::start().await;
    users.register("mina").await;
    let told = users.count_unpublished().await;
    users.try_register(registration("mina")).await.unwrap_err();
    assert_eq!(users.count_unpublished().await, told);
}
