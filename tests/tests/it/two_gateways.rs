//! Two gateways over the same services: sessions belong to neither of them.

use std::time::{Duration, Instant};

use matcha_tests::{
    cluster::Instance,
    member::{Member, PASSWORD, popular_movies},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// What the gateway promises: an ended session is refused everywhere within this time.
const MAX_DELAY: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_member_who_signed_in_at_one_gateway_is_known_at_the_other() {
    let second = Instance::start("gateway-2").await;
    let at_first = Member::sign_up().await;
    let at_second = at_first.at(&second.address());
    assert_eq!(
        at_second.get_patiently("/api/v1/me").await["member"]["handle"],
        at_first.handle
    );

    let movie = popular_movies(1).await.remove(0);
    at_second.rate(&movie, 3.5).await;
    assert_eq!(
        at_first.get(&format!("/api/v1/movies/{movie}")).await["mine"]["stars"],
        3.5
    );

    // The refresh token of one is exchanged at the other, and works in both directions.
    for (member, other) in [(&at_second, &at_first), (&at_first, &at_second)] {
        let refreshed = member.send(Method::POST, "/api/v1/sessions/refresh", None).await;
        assert_eq!(refreshed.status(), StatusCode::OK);
        let session: Value = refreshed.json().await.unwrap();
        let renewed = other.clone().with_token(session["access_token"].as_str().unwrap());
        assert_eq!(
            renewed.get_patiently("/api/v1/me").await["member"]["handle"],
            at_first.handle
        );
    }
}

#[tokio::test]
async fn a_session_that_ends_at_one_gateway_ends_at_the_other_within_five_seconds() {
    let second = Instance::start("gateway-2").await;
    for signs_out_at_second in [false, true] {
        let member = Member::sign_up().await;
        let other = member.at(&second.address());
        let (here, there) = if signs_out_at_second {
            (other, member)
        } else {
            (member, other)
        };
        // The other gateway has verified the token before, and must not go by what it remembers.
        assert_eq!(status(&there).await, StatusCode::OK);
        let out = here.send(Method::DELETE, "/api/v1/sessions/current", None).await;
        assert_eq!(out.status(), StatusCode::NO_CONTENT);
        let signed_out = Instant::now();
        while status(&there).await != StatusCode::UNAUTHORIZED {
            assert!(
                signed_out.elapsed() < MAX_DELAY,
                "the session still works at the other gateway"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(signed_out.elapsed() < MAX_DELAY, "it took {:?}", signed_out.elapsed());

        // Only that session: another one of the same member, made at the other gateway, works at both.
        let credentials = json!({ "login": there.handle, "password": PASSWORD });
        let stranger = Member::stranger().at(&second.address());
        let answer = stranger.send(Method::POST, "/api/v1/sessions", Some(credentials)).await;
        let session: Value = answer.json().await.unwrap();
        let token = session["access_token"].as_str().unwrap();
        for gateway in [&here, &there] {
            assert_eq!(status(&gateway.clone().with_token(token)).await, StatusCode::OK);
        }
    }
}

async fn status(member: &Member) -> StatusCode {
    member.send(Method::GET, "/api/v1/me", None).await.status()
}
