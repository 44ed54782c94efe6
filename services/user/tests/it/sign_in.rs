//! Sign-in: by handle, by email, with wrong credentials; access tokens and keys.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use tonic::Code;

use crate::harness::{Logged, PASSWORD, Users, password_hashes};

#[tokio::test]
async fn a_member_signs_in_by_handle_and_by_email_in_any_case() {
    let users = Users::start().await;
    let id = users.register("mina").await.member.unwrap().id;
    for login in ["mina", "MINA", " mina ", "mina@example.com", "Mina@EXAMPLE.com"] {
        let answer = users.sign_in(login, PASSWORD).await.unwrap();
        assert_eq!(answer.member.unwrap().id, id, "{login}");
        assert!(!answer.tokens.unwrap().refresh_token.is_empty());
    }
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_response_for_the_same_work() {
    let users = Users::start().await;
    users.register("mina").await;
    users.import_without_password("member_1").await;

    let mut answers = Vec::new();
    for (login, password) in [
        ("mina", "not the password of mina"),
        ("mina@example.com", "not the password of mina"),
        ("nobody", "not the password of mina"),
        ("nobody@example.com", "not the password of mina"),
        ("no name at all \0", "not the password of mina"),
        ("member_1", "not the password of mina"),
    ] {
        let before = password_hashes();
        let refused = users.sign_in(login, password).await.unwrap_err();
        assert_eq!(password_hashes() - before, 1, "{login:?} costs one hash");
        answers.push((refused.code(), refused.message().to_owned(), refused.metadata().len()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, Code::Unauthenticated);
}

#[tokio::test]
async fn a_password_that_cannot_exist_costs_no_hash_for_any_name() {
    let users = Users::start().await;
    users.register("mina").await;
    let endless = "x".repeat(1_000_000);
    let before = password_hashes();
    let known = users.sign_in("mina", &endless).await.unwrap_err();
    let unknown = users.sign_in("nobody", &endless).await.unwrap_err();
    assert_eq!(password_hashes(), before);
    assert_eq!(known.code(), Code::Unauthenticated);
    assert_eq!(known.message(), unknown.message());
}

#[tokio::test]
async fn a_failed_sign_in_is_counted_by_its_reason_and_logged_without_what_was_entered() {
    let logged = Logged::start();
    let few = std::num::NonZeroU32::new(3).unwrap();
    let users = Users::start_with(|config| config.limits.login_rate_name_and_address_burst = few).await;
    let id = users.register("mina").await.member.unwrap().id;
    users.import_without_password("member_1").await;
    let (wrong, endless) = ("not the password of mina", "x".repeat(1_000));
    for (login, password, reason) in [
        ("mina", wrong, "wrong_password"),
        ("mina@example.com", wrong, "wrong_password"),
        ("stranger@example.com", wrong, "unknown_name"),
        ("my own password", wrong, "unknown_name"),
        ("member_1", wrong, "no_password"),
        ("mina", &endless, "impossible_password"),
        ("mina", wrong, "wrong_password"),
        ("mina", PASSWORD, "rate_limited"),
    ] {
        let before = failed_sign_ins(reason);
        users.sign_in(login, password).await.unwrap_err();
        assert_eq!(failed_sign_ins(reason) - before, 1, "{login}: {reason}");
    }
    let log = logged.text();
    let failures: Vec<&str> = log.lines().filter(|line| line.contains("a sign-in failed")).collect();
    assert_eq!(failures.len(), 8, "{log}");
    assert!(
        failures[0].contains("INFO") && failures[0].contains(&id),
        "{}",
        failures[0]
    );
    for entered in ["example.com", "my own password", wrong, PASSWORD, "xxxx"] {
        assert!(!log.contains(entered), "{entered:?} was logged: {log}");
    }
}

fn failed_sign_ins(reason: &str) -> u64 {
    let metrics = chassis::telemetry::render_metrics();
    let name = format!("user_sign_ins_failed_total{{reason=\"{reason}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.map_or(0, |count| count.trim().parse().unwrap())
}

#[tokio::test]
async fn the_access_token_verifies_with_the_published_key() {
    #[derive(serde::Deserialize)]
    struct Claims {
        sub: String,
        sid: uuid::Uuid,
        iat: u64,
        nbf: u64,
        exp: u64,
        jti: String,
    }

    let users = Users::start().await;
    let answer = users.register("mina").await;
    let token = answer.tokens.unwrap().access_token;
    let keys: JwkSet = serde_json::from_str(&users.signing_keys().await).unwrap();

    let header = decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(header.alg, Algorithm::EdDSA);
    let key = keys
        .find(&header.kid.unwrap())
        .expect("the key that signed is published");
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["matcha"]);
    validation.set_issuer(&["http://matcha.test"]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation.validate_nbf = true;
    let key = DecodingKey::from_jwk(key).unwrap();
    let claims = decode::<Claims>(&token, &key, &validation).unwrap().claims;
    assert_eq!(claims.sub, answer.member.unwrap().id);
    assert_eq!(claims.exp, claims.iat + 600);
    assert_eq!(claims.nbf, claims.iat);
    assert!(!claims.jti.is_empty());
    let (session,): (uuid::Uuid,) = sqlx::query_as("select id from sessions")
        .fetch_one(&users.db)
        .await
        .unwrap();
    assert_eq!(claims.sid, session);
}

#[tokio::test]
async fn the_published_key_set_has_no_private_key() {
    let users = Users::start().await;
    let keys: serde_json::Value = serde_json::from_str(&users.signing_keys().await).unwrap();
    let key = keys["keys"][0].as_object().unwrap();
    assert_eq!(key["kty"], "OKP");
    assert_eq!(key["crv"], "Ed25519");
    assert_eq!(key["use"], "sig");
    assert!(key.get("d").is_none());
}
