//! Sessions: token rotation, reuse, retries, sign-out, and the sweep.

use testing::eventually;
use tonic::Code;

use crate::harness::{PASSWORD, Users};

/// Moves every use of a refresh token into the past, instead of waiting.
async fn pass_seconds_since_use(users: &Users, seconds: i32) {
    users
        .execute(&format!(
            "update refresh_tokens set used_at = used_at - interval '{seconds} seconds'"
        ))
        .await;
}

#[tokio::test]
async fn each_refresh_issues_the_next_token_of_the_same_session() {
    let users = Users::start().await;
    let mut token = users.register("mina").await.tokens.unwrap().refresh_token;
    for _ in 0..3 {
        let answer = users.refresh(&token).await.unwrap();
        assert_eq!(answer.member.unwrap().email, "mina@example.com");
        let tokens = answer.tokens.unwrap();
        assert_ne!(tokens.refresh_token, token);
        assert_eq!(tokens.access_token.split('.').count(), 3);
        token = tokens.refresh_token;
    }
    assert_eq!(users.count("select count(*) from sessions").await, 1);
    assert_eq!(
        users
            .count("select count(*) from refresh_tokens where used_at is null")
            .await,
        1
    );
}

#[tokio::test]
async fn a_token_reused_after_the_retry_window_ends_the_whole_family() {
    let users = Users::start().await;
    let stolen = users.register("mina").await.tokens.unwrap().refresh_token;
    let newest = users.refresh(&stolen).await.unwrap().tokens.unwrap().refresh_token;
    pass_seconds_since_use(&users, 11).await;

    let refused = users.refresh(&stolen).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let refused = users.refresh(&newest).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "the newest token is dead, too");
    assert_eq!(
        users
            .count("select count(*) from sessions where end_reason = 'reuse'")
            .await,
        1
    );
    assert_eq!(users.list_ended_sessions().await, users.session_ids().await);

    users
        .sign_in("mina", PASSWORD)
        .await
        .expect("the member signs in again");
}

#[tokio::test]
async fn token_reuse_ends_no_other_session() {
    let users = Users::start().await;
    let stolen = users.register("mina").await.tokens.unwrap().refresh_token;
    let elsewhere = users
        .sign_in("mina", PASSWORD)
        .await
        .unwrap()
        .tokens
        .unwrap()
        .refresh_token;
    users.refresh(&stolen).await.unwrap();
    pass_seconds_since_use(&users, 11).await;
    users.refresh(&stolen).await.unwrap_err();
    users.refresh(&elsewhere).await.expect("another browser goes on");
}

#[tokio::test]
async fn a_retry_within_the_window_gets_new_tokens() {
    let users = Users::start().await;
    let token = users.register("mina").await.tokens.unwrap().refresh_token;
    let lost = users.refresh(&token).await.unwrap().tokens.unwrap().refresh_token;
    pass_seconds_since_use(&users, 8).await;
    let retried = users.refresh(&token).await.unwrap().tokens.unwrap().refresh_token;
    assert_ne!(lost, retried);
    users.refresh(&retried).await.expect("the session goes on");
}

#[tokio::test]
async fn retries_do_not_extend_the_retry_window() {
    let users = Users::start().await;
    let token = users.register("mina").await.tokens.unwrap().refresh_token;
    users.refresh(&token).await.unwrap();
    pass_seconds_since_use(&users, 8).await;
    users.refresh(&token).await.unwrap();
    pass_seconds_since_use(&users, 3).await;
    users.refresh(&token).await.unwrap_err();
}

#[tokio::test]
async fn concurrent_refreshes_with_one_token_all_get_tokens_and_end_nothing() {
    let users = Users::start().await;
    let token = users.register("mina").await.tokens.unwrap().refresh_token;
    let answers = futures::future::join_all((0..8).map(|_| users.refresh(&token))).await;
    for answer in answers {
        let next = answer.unwrap().tokens.unwrap().refresh_token;
        users.refresh(&next).await.expect("each pair works");
    }
    assert!(users.list_ended_sessions().await.is_empty());
}

#[tokio::test]
async fn refreshes_with_one_token_within_the_window_are_limited() {
    let users = Users::start().await;
    let token = users.register("mina").await.tokens.unwrap().refresh_token;
    let mut newest = String::new();
    for _ in 0..20 {
        newest = users.refresh(&token).await.unwrap().tokens.unwrap().refresh_token;
    }
    let refused = users.refresh(&token).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(
        users
            .count("select count(*) from refresh_tokens where used_at is null")
            .await,
        20
    );
    users.refresh(&newest).await.expect("the session goes on");

    // Tokens lost more than an hour ago do not count.
    users
        .execute(
            "update refresh_tokens set issued_at = issued_at - interval '61 minutes',
                                       used_at = case when used_at is not null then now() end",
        )
        .await;
    users.refresh(&token).await.expect("a retry gets a pair again");
}

#[tokio::test]
async fn an_expired_token_is_refused_and_ends_nothing() {
    let users = Users::start().await;
    let token = users.register("mina").await.tokens.unwrap().refresh_token;
    users.execute("update refresh_tokens set expires_at = now()").await;
    let refused = users.refresh(&token).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(users.list_ended_sessions().await.is_empty());
}

#[tokio::test]
async fn sign_out_ends_the_session_and_it_is_listed() {
    let users = Users::start().await;
    let first = users.register("mina").await.tokens.unwrap().refresh_token;
    let newest = users.refresh(&first).await.unwrap().tokens.unwrap().refresh_token;
    let ended = users.session_ids().await;
    users.sign_in("mina", PASSWORD).await.unwrap();

    users.sign_out(&newest).await;
    assert_eq!(users.list_ended_sessions().await, ended, "this one and not the other");
    let refused = users.refresh(&newest).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    users.sign_out(&newest).await;
    users.sign_out(&first).await;
    users.sign_out("nobody's token").await;
    assert_eq!(users.list_ended_sessions().await, ended, "again changes nothing");
}

#[tokio::test]
async fn a_concurrent_refresh_and_sign_out_leave_no_open_session() {
    let users = Users::start().await;
    for round in 0..5 {
        let token = users
            .register(&format!("mina_{round}"))
            .await
            .tokens
            .unwrap()
            .refresh_token;
        let (exchange, ()) = tokio::join!(users.refresh(&token), users.sign_out(&token));
        if let Ok(answer) = exchange {
            let next = answer.tokens.unwrap().refresh_token;
            users.refresh(&next).await.unwrap_err();
        }
    }
    assert_eq!(
        users
            .count("select count(*) from sessions where ended_at is null")
            .await,
        0
    );
}

#[tokio::test]
async fn sessions_whose_access_tokens_have_expired_are_not_listed() {
    let users = Users::start().await;
    let token = users.register("mina").await.tokens.unwrap().refresh_token;
    users.sign_out(&token).await;
    users
        .execute("update sessions set ended_at = ended_at - interval '10 minutes 30 seconds'")
        .await;
    assert_eq!(
        users.list_ended_sessions().await.len(),
        1,
        "its access token may still live"
    );
    users
        .execute("update sessions set ended_at = ended_at - interval '1 minute'")
        .await;
    assert!(users.list_ended_sessions().await.is_empty());
}

#[tokio::test]
async fn only_services_read_the_list_of_ended_sessions() {
    let users = Users::start().await;
    let member = users.register("mina").await.member.unwrap();
    let refused = users
        .try_list_ended_sessions(users.as_member(&member.id))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn the_sweep_deletes_expired_tokens_and_old_sessions_only() {
    let users = Users::start().await;
    users.register("mina").await;
    users
        .execute("update refresh_tokens set expires_at = now() - interval '2 hours'")
        .await;
    users.register("joon").await;
    let kept = users
        .sign_in("joon", PASSWORD)
        .await
        .unwrap()
        .tokens
        .unwrap()
        .refresh_token;
    users.register("old").await;
    users
        .execute(
            "update sessions set ended_at = now() - interval '32 days', end_reason = 'sign_out'
             from members m where m.id = member_id and m.handle = 'old'",
        )
        .await;

    // The sweep runs at start.
    let again = users.restart().await;
    eventually("old sessions are gone", async || {
        again.count("select count(*) from sessions").await == 3
    })
    .await;
    eventually("expired tokens are gone", async || {
        again.count("select count(*) from refresh_tokens").await == 2
    })
    .await;
    assert_eq!(
        again
            .count("select count(*) from sessions where end_reason = 'expired'")
            .await,
        1
    );
    again.refresh(&kept).await.expect("a live session is left alone");
}
