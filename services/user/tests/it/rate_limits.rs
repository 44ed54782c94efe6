//! Rate limits of sign-in and refresh.

use std::num::NonZeroU32;

use chassis::identity::Caller;
use tonic::Code;
use user::config::LimitsConfig;

use crate::harness::{PASSWORD, Users};

#[tokio::test]
async fn guesses_at_one_name_are_limited_and_the_refusal_says_how_long_to_wait() {
    let users = Users::start_with(|config| config.limits = LimitsConfig::default()).await;
    users.register("mina").await;
    for guess in 0..10 {
        let refused = users
            .sign_in("mina", &format!("a wrong password, number {guess}"))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }
    let limited = users.sign_in("MINA", PASSWORD).await.unwrap_err();
    assert_eq!(limited.code(), Code::ResourceExhausted, "even with the right password");
    let wait: u64 = limited
        .metadata()
        .get("retry-after")
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    let other = users.sign_in("joon", PASSWORD).await.unwrap_err();
    assert_eq!(other.code(), Code::Unauthenticated, "another name is not limited");
}

#[tokio::test]
async fn guesses_at_an_unknown_name_are_limited_alike() {
    let users = Users::start_with(|config| config.limits = LimitsConfig::default()).await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        codes.push(users.sign_in("nobody", PASSWORD).await.unwrap_err().code());
    }
    assert!(codes[..10].iter().all(|code| *code == Code::Unauthenticated));
    assert!(codes[10..].iter().all(|code| *code == Code::ResourceExhausted));
}

#[tokio::test]
async fn guesses_from_one_address_are_limited_whatever_the_name() {
    let users = Users::start_with(|config| {
        config.limits = LimitsConfig {
            login_rate_address_burst: NonZeroU32::new(30).unwrap(),
            // So slow that none is given back while the test runs.
            login_rate_address_seconds: 600.0,
            ..LimitsConfig::default()
        };
    })
    .await;
    let mut limited = 0;
    for guess in 0..35 {
        let refused = users
            .sign_in_from("203.0.113.9", &format!("name_{guess}"), PASSWORD)
            .await
            .unwrap_err();
        limited += usize::from(refused.code() == Code::ResourceExhausted);
    }
    assert_eq!(limited, 5, "of 35");
    let elsewhere = users
        .sign_in_from("203.0.113.10", "name_0", PASSWORD)
        .await
        .unwrap_err();
    assert_eq!(
        elsewhere.code(),
        Code::Unauthenticated,
        "another address is not limited"
    );
}

#[tokio::test]
async fn a_guesser_does_not_lock_out_others_at_the_same_address() {
    let users = Users::start_with(|config| config.limits = LimitsConfig::default()).await;
    users.register("mina").await;
    users.register("joon").await;
    let mut limited = 0;
    for guess in 0..200 {
        let wrong = format!("a wrong password, number {guess}");
        let refused = users.sign_in_from("203.0.113.9", "mina", &wrong).await.unwrap_err();
        limited += usize::from(refused.code() == Code::ResourceExhausted);
    }
    assert!(limited >= 185, "{limited}");
    users
        .sign_in_from("203.0.113.9", "joon", PASSWORD)
        .await
        .expect("another name behind the same address");
    users
        .sign_in_from("203.0.113.10", "mina", PASSWORD)
        .await
        .expect("the member from another address");
}

#[tokio::test]
async fn refreshes_and_sign_ins_of_one_address_are_limited_separately() {
    let users = Users::start_with(|config| {
        config.limits.refresh_rate_burst = NonZeroU32::new(3).unwrap();
        // So slow that none is given back while the test runs.
        config.limits.refresh_rate_seconds = 600.0;
    })
    .await;
    let mut token = users.register("mina").await.tokens.unwrap().refresh_token;
    for _ in 0..3 {
        let answer = users.refresh_from("203.0.113.9", &token).await.unwrap();
        token = answer.tokens.unwrap().refresh_token;
    }
    let limited = users.refresh_from("203.0.113.9", &token).await.unwrap_err();
    assert_eq!(limited.code(), Code::ResourceExhausted);
    assert!(limited.metadata().contains_key("retry-after"));
    users
        .sign_in_from("203.0.113.9", "mina", PASSWORD)
        .await
        .expect("signing in has a limit of its own");
    users
        .refresh_from("203.0.113.10", &token)
        .await
        .expect("the token was not used up");
}

#[tokio::test]
async fn only_the_gateway_and_operators_may_state_the_peer_address() {
    let users = Users::start().await;
    let mina = users.register("mina").await.member.unwrap();
    for caller in [
        Caller::Service("rating".to_owned()),
        users.as_member(&mina.id),
        users.as_anonymous(),
    ] {
        assert_eq!(
            users.codes_for(&caller).await,
            [Code::PermissionDenied; 4],
            "{caller:?}"
        );
    }
    for caller in [users.as_service(), users.as_operator()] {
        let answers = users.codes_for(&caller).await;
        assert!(!answers.contains(&Code::PermissionDenied), "{caller:?}: {answers:?}");
    }
}

#[tokio::test]
async fn a_burst_of_sign_ins_is_refused_rather_than_queued() {
    let users = Users::start_with(|config| {
        config.hashing.hashes_at_once = 1;
        config.hashing.hashes_waiting = 3;
    })
    .await;
    users.register("mina").await;
    let answers = futures::future::join_all((0..20).map(|_| users.sign_in("mina", PASSWORD))).await;
    let served = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(served >= 1);
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert!(!refused.is_empty());
    for refused in refused {
        assert_eq!(refused.code(), Code::Unavailable);
        assert!(refused.metadata().contains_key("retry-after"));
    }
    users.sign_in("mina", PASSWORD).await.expect("and then it goes on");
}
