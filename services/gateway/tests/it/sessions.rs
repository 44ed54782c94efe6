//! Signing in, renewing, signing out: the cookie, where it may come from, and how often somebody may try.

use std::num::NonZeroU32;

use crate::harness::{Gateway, ISSUER};

const CREDENTIALS: &str = r#"{"login":"mina","password":"a long enough one"}"#;
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn signing_in_gives_the_token_to_the_page_and_the_other_to_a_cookie() {
    let gateway = Gateway::start().await;
    let answer = gateway.send("POST", "/api/v1/sessions", &[JSON], CREDENTIALS).await;
    assert_eq!(answer.status, 201);
    let session = answer.json();
    assert_eq!(
        (&session["access_token"], &session["expires_in"]),
        (&"access".into(), &600.into())
    );
    assert_eq!(session["member"]["handle"], "mina");
    assert!(!session.to_string().contains("refresh"));
    let cookie = answer.header("set-cookie");
    for part in [
        "matcha_refresh=refresh",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/api/v1/sessions",
        "Max-Age=2592000",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_cookie_is_for_https_only_where_the_site_has_it() {
    let gateway = Gateway::with(|config| config.cookie_secure = Some(true)).await;
    let answer = gateway.send("POST", "/api/v1/sessions", &[JSON], CREDENTIALS).await;
    assert!(answer.header("set-cookie").contains("Secure"));
    assert!(!answer.header("strict-transport-security").is_empty());
}

#[tokio::test]
async fn a_cookie_renews_the_session_and_signing_out_takes_it_away() {
    let gateway = Gateway::start().await;
    let refresh = "/api/v1/sessions/refresh";
    let answer = gateway
        .send("POST", refresh, &[("cookie", "matcha_refresh=refresh")], "")
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["access_token"]),
        (200, &"access".into())
    );
    gateway.send("POST", refresh, &[], "").await.problem(401);
    gateway
        .send("POST", refresh, &[("cookie", "matcha_refresh=stale")], "")
        .await
        .problem(401);

    let answer = gateway
        .send(
            "DELETE",
            "/api/v1/sessions/current",
            &[("cookie", "matcha_refresh=refresh")],
            "",
        )
        .await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(gateway.services.calls("user.SignOut"), 1);
    let answer = gateway.send("DELETE", "/api/v1/sessions/current", &[], "").await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn another_sites_page_can_use_no_cookie() {
    let gateway = Gateway::start().await;
    let cookie = ("cookie", "matcha_refresh=refresh");
    let host = gateway.address.to_string();
    let own = format!("http://{host}");
    for (foreign, expected) in [
        (("sec-fetch-site", "cross-site"), 403),
        (("sec-fetch-site", "same-site"), 403),
        (("origin", "https://evil.example"), 403),
        (("origin", "null"), 403),
        (("sec-fetch-site", "same-origin"), 200),
        (("origin", own.as_str()), 200),
        (("origin", ISSUER), 200),
    ] {
        let answer = gateway
            .send("POST", "/api/v1/sessions/refresh", &[cookie, foreign], "")
            .await;
        assert_eq!(answer.status.as_u16(), expected, "{foreign:?}");
        let answer = gateway
            .send("POST", "/api/v1/sessions", &[JSON, foreign], CREDENTIALS)
            .await;
        assert_eq!(answer.status == 403, expected == 403, "{foreign:?}");
    }
}

#[tokio::test]
async fn one_address_may_try_only_so_often_and_cannot_lie_about_it() {
    let gateway = Gateway::with(|config| {
        config.attempts.login_rate_gateway_burst = NonZeroU32::new(3).unwrap();
        config.attempts.login_rate_gateway_seconds = 60.0;
    })
    .await;
    for attempt in 0..5 {
        let lie = format!("1.2.3.{attempt}");
        let headers = [JSON, ("x-forwarded-for", lie.as_str())];
        let answer = gateway.send("POST", "/api/v1/sessions", &headers, CREDENTIALS).await;
        if attempt < 3 {
            assert_eq!(answer.status, 201);
        } else {
            answer.problem(429);
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait));
        }
    }
    assert_eq!(gateway.services.state(|state| state.peer.clone()), "127.0.0.1");
}

#[tokio::test]
async fn a_trusted_proxy_says_for_whom_it_asks() {
    let gateway = Gateway::with(|config| config.trusted_proxies = "127.0.0.0/8".parse().unwrap()).await;
    let headers = [JSON, ("x-forwarded-for", "6.6.6.6, 1.2.3.4")];
    gateway.send("POST", "/api/v1/sessions", &headers, CREDENTIALS).await;
    assert_eq!(gateway.services.state(|state| state.peer.clone()), "1.2.3.4");
}
