//! Which access tokens are good.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testing::eventually;
use tonic::Status;

use crate::harness::{Gateway, Signer, claims};

const PATH: &str = "/api/v1/me/shelf";

fn spoiled(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn only_a_token_of_ours_for_us_now_is_good() {
    let gateway = Gateway::start().await;
    let signer = &gateway.signer;
    assert_eq!(gateway.get_as(&signer.token(), PATH).await.status, 200);

    let now = jsonwebtoken::get_current_timestamp();
    let mut missing = claims();
    missing.as_object_mut().unwrap().remove("exp");
    for claims in [
        spoiled("exp", json!(now - 6)),
        spoiled("nbf", json!(now + 60)),
        spoiled("iss", json!("https://evil.example")),
        spoiled("aud", json!("rating")),
        spoiled("sub", json!("mina")),
        spoiled("sid", Value::Null),
        missing,
    ] {
        let token = signer.sign(signer.header(), &claims);
        let answer = gateway.get_as(&token, PATH).await;
        answer.problem(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    // A clock may be off by a little.
    let token = signer.sign(signer.header(), &spoiled("exp", json!(now - 3)));
    assert_eq!(gateway.get_as(&token, PATH).await.status, 200);

    let other_type = Header {
        typ: Some("JWT".to_owned()),
        ..signer.header()
    };
    let without_kid = Header {
        kid: None,
        ..signer.header()
    };
    for header in [other_type, without_kid] {
        gateway.get_as(&signer.sign(header, &claims()), PATH).await.problem(401);
    }
    // Signed by somebody else under our key's name.
    let forged = Signer::new(&signer.kid, 9).token();
    gateway.get_as(&forged, PATH).await.problem(401);
    // Signed with the public key as if it were a shared secret.
    let shared = signer.jwk()["x"].as_str().unwrap().to_owned();
    let header = Header {
        alg: Algorithm::HS256,
        ..signer.header()
    };
    let confused = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(shared.as_bytes())).unwrap();
    gateway.get_as(&confused, PATH).await.problem(401);

    for header in [
        "Bearer",
        "Bearer ",
        "Basic abc",
        "Bearer a.b.c",
        &format!("Bearer {}", "a".repeat(9000)),
    ] {
        gateway
            .send("GET", PATH, &[("authorization", header)], "")
            .await
            .problem(401);
    }
    // A bad token is refused also where none is needed.
    gateway.get_as(&forged, "/api/v1/movies").await.problem(401);
}

#[tokio::test]
async fn an_ended_session_is_refused_within_seconds() {
    let gateway = Gateway::start().await;
    let claims = claims();
    let token = gateway.signer.sign(gateway.signer.header(), &claims);
    assert_eq!(gateway.get_as(&token, PATH).await.status, 200);
    let session = claims["sid"].as_str().unwrap().to_owned();
    gateway.services.state(|state| state.ended.push(session));
    eventually("the session is refused", async || {
        gateway.get_as(&token, PATH).await.status == 401
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it() {
    let gateway = Gateway::start().await;
    let next = Signer::new("second", 2);
    let jwks = json!({"keys": [gateway.signer.jwk(), next.jwk()]}).to_string();
    gateway.services.state(|state| state.jwks = jwks);
    assert_eq!(gateway.get_as(&next.token(), PATH).await.status, 200);

    // But made-up keys do not make us ask again and again.
    let before = gateway.services.calls("user.GetSigningKeys");
    for seed in 3..30 {
        let token = Signer::new(&format!("made up {seed}"), seed).token();
        gateway.get_as(&token, PATH).await.problem(401);
    }
    assert!(gateway.services.calls("user.GetSigningKeys") <= before + 1);
}

#[tokio::test]
async fn members_stay_signed_in_while_the_user_service_is_away() {
    let gateway = Gateway::start().await;
    gateway.services.fail("user", Status::unavailable("down"));
    let polled = gateway.services.calls("user.ListEndedSessions");
    eventually("a poll failed", async || {
        gateway.services.calls("user.ListEndedSessions") > polled
    })
    .await;
    assert_eq!(gateway.get_as(&gateway.signer.token(), PATH).await.status, 200);
}
