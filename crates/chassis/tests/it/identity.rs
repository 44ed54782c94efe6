//! Internal tokens that a server must refuse, on the wire. Each test differs from a token that is accepted in one claim.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use chassis::{admin::Readiness, error::INTERNAL_AUTH_FAILED, grpc::Server, identity::Caller, shutdown::Stop};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tonic::{Code, Status, transport::Channel};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{
    keys::{CALLEE, CALLER, Keys, MEMBER_ISSUER},
    probe::{Probe, config, post},
};

struct Running {
    keys: Keys,
    calls: Arc<AtomicUsize>,
    channel: Channel,
}

impl Running {
    async fn start() -> Self {
        let (keys, probe) = (Keys::new(), Probe::default());
        let calls = probe.calls.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let config = config(&keys, CALLEE, &[]);
        let server = Server::new(CALLEE, &config, Readiness::default());
        let server = server.await.unwrap().add(probe).await;
        tokio::spawn(server.serve(listener, Stop::new()));
        let channel = Channel::from_shared(address).unwrap().connect_lazy();
        Self { keys, calls, channel }
    }

    /// The caller that the handler saw, or the status of the refusal.
    async fn call(&self, authorization: Option<&str>) -> Result<String, Status> {
        let mut request = post("Left");
        if let Some(value) = authorization {
            request.headers_mut().insert("authorization", value.parse().unwrap());
        }
        let response = self.channel.clone().oneshot(request).await.unwrap();
        match Status::from_header_map(response.headers()) {
            Some(status) if status.code() != Code::Ok => Err(status),
            _ => Ok(response.headers()["caller"].to_str().unwrap().to_owned()),
        }
    }

    fn sign(&self, key_of: &str, claims: &Value) -> String {
        let pem = std::fs::read(self.keys.private(key_of)).unwrap();
        let key = EncodingKey::from_ed_pem(&pem).unwrap();
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &key).unwrap()
    }

    async fn assert_accepted(&self, token: &str, caller: &Caller) {
        let seen = self.call(Some(&format!("Bearer {token}"))).await.unwrap();
        assert_eq!(seen, format!("{:?}", Some(caller)));
    }

    async fn assert_refused(&self, authorization: Option<&str>) {
        let before = self.calls.load(Ordering::SeqCst);
        let status = self.call(authorization).await.expect_err("the token is refused");
        assert_eq!(status.code(), Code::Unauthenticated);
        assert!(status.metadata().contains_key(INTERNAL_AUTH_FAILED), "{status:?}");
        assert_eq!(self.calls.load(Ordering::SeqCst), before, "the handler was called");
    }

    async fn assert_token_refused(&self, token: &str) {
        self.assert_refused(Some(&format!("Bearer {token}"))).await;
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// What the service `CALLER` says of itself to `CALLEE`.
fn own_claims() -> Value {
    json!({"iss": CALLER, "aud": CALLEE, "sub": CALLER, "kind": "service", "iat": now(), "exp": now() + 60})
}

/// What the member issuer says of a member to `CALLEE`.
fn member_claims() -> Value {
    json!({"iss": MEMBER_ISSUER, "aud": CALLEE, "sub": Uuid::now_v7(), "sid": Uuid::now_v7(), "kind": "member",
        "iat": now(), "exp": now() + 60})
}

fn with(mut claims: Value, changes: Value) -> Value {
    let changes = changes.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(changes);
    claims
}

#[tokio::test]
async fn a_token_that_a_signer_makes_is_accepted_for_each_kind_of_caller() {
    let server = Running::start().await;
    let member = Caller::Member {
        id: Uuid::now_v7(),
        session: Uuid::now_v7(),
    };
    for (issuer, caller) in [
        (MEMBER_ISSUER, member),
        (MEMBER_ISSUER, Caller::Anonymous),
        (CALLER, Caller::Service(CALLER.to_owned())),
        ("operator", Caller::Operator),
    ] {
        let token = server.keys.signer(issuer).token(&caller, CALLEE).unwrap();
        server.assert_accepted(&token, &caller).await;
    }
    // The claims that the other tests change.
    let token = server.sign(CALLER, &own_claims());
    server
        .assert_accepted(&token, &Caller::Service(CALLER.to_owned()))
        .await;
    let token = server.sign(MEMBER_ISSUER, &member_claims());
    assert!(server.call(Some(&format!("Bearer {token}"))).await.is_ok());
}

#[tokio::test]
async fn a_call_without_a_token_is_refused() {
    let server = Running::start().await;
    server.assert_refused(None).await;
    server.assert_refused(Some("Bearer ")).await;
    server.assert_refused(Some("Bearer nonsense")).await;
    let token = server.sign(CALLER, &own_claims());
    server.assert_refused(Some(&token)).await;
    server.assert_refused(Some(&format!("Basic {token}"))).await;
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let server = Running::start().await;
    let other = with(own_claims(), json!({"aud": "another"}));
    server.assert_token_refused(&server.sign(CALLER, &other)).await;
    let mut none = own_claims();
    none.as_object_mut().unwrap().remove("aud");
    server.assert_token_refused(&server.sign(CALLER, &none)).await;
}

#[tokio::test]
async fn a_token_that_names_another_issuer_than_its_key_is_refused() {
    let server = Running::start().await;
    // With the key of a trusted issuer, in the name of a more powerful one.
    let member = with(member_claims(), json!({}));
    server.assert_token_refused(&server.sign(CALLER, &member)).await;
    let operator = with(
        own_claims(),
        json!({"iss": "operator", "sub": "operator", "kind": "operator"}),
    );
    server.assert_token_refused(&server.sign(CALLER, &operator)).await;
}

#[tokio::test]
async fn a_token_signed_with_an_unknown_key_is_refused() {
    let server = Running::start().await;
    server.keys.generate("stranger");
    server
        .assert_token_refused(&server.sign("stranger", &own_claims()))
        .await;
    let own_name = with(own_claims(), json!({"iss": "stranger", "sub": "stranger"}));
    server.assert_token_refused(&server.sign("stranger", &own_name)).await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let server = Running::start().await;
    // Beyond the five seconds by which clocks may differ.
    let expired = with(own_claims(), json!({"iat": now() - 40, "exp": now() - 10}));
    server.assert_token_refused(&server.sign(CALLER, &expired)).await;
    let mut endless = own_claims();
    endless.as_object_mut().unwrap().remove("exp");
    server.assert_token_refused(&server.sign(CALLER, &endless)).await;
}

#[tokio::test]
async fn an_accepted_token_is_refused_once_it_has_expired() {
    let server = Running::start().await;
    let short = with(own_claims(), json!({"exp": now() + 1}));
    let token = server.sign(CALLER, &short);
    // The verifier caches it, and must not for longer than this second and the five by which clocks may differ.
    server
        .assert_accepted(&token, &Caller::Service(CALLER.to_owned()))
        .await;
    testing::eventually("it is refused", async || {
        server.call(Some(&format!("Bearer {token}"))).await.is_err()
    })
    .await;
    server.assert_token_refused(&token).await;
}

#[tokio::test]
async fn a_token_that_lives_longer_than_a_minute_is_refused() {
    let server = Running::start().await;
    let long = with(own_claims(), json!({"exp": now() + 120}));
    server.assert_token_refused(&server.sign(CALLER, &long)).await;
    let old = with(own_claims(), json!({"iat": now() - 90, "exp": now() + 10}));
    server.assert_token_refused(&server.sign(CALLER, &old)).await;
    // Issued in the future, it would look short and be good for an hour.
    let future = with(own_claims(), json!({"iat": now() + 3600, "exp": now() + 3660}));
    server.assert_token_refused(&server.sign(CALLER, &future)).await;
}

#[tokio::test]
async fn a_service_that_speaks_for_somebody_else_is_refused() {
    let server = Running::start().await;
    for other in [
        with(member_claims(), json!({"iss": CALLER})),
        with(own_claims(), json!({"kind": "anonymous", "sub": ""})),
        with(own_claims(), json!({"kind": "operator", "sub": "operator"})),
        with(own_claims(), json!({"sub": "another"})),
    ] {
        server.assert_token_refused(&server.sign(CALLER, &other)).await;
    }
    // The operator is a person, not a service of that name.
    let service = with(own_claims(), json!({"iss": "operator", "sub": "operator"}));
    server.assert_token_refused(&server.sign("operator", &service)).await;
}

#[tokio::test]
async fn a_token_with_another_algorithm_is_refused() {
    let server = Running::start().await;
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let claims = parts(&server.sign(CALLER, &own_claims()))[1].clone();
    // {"typ":"JWT","alg":"none"}
    let none = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{claims}.");
    server.assert_token_refused(&none).await;
    // The public key as the secret of an HMAC.
    let public = std::fs::read(server.keys.trust().join(format!("{CALLER}.pem"))).unwrap();
    let key = EncodingKey::from_secret(&public);
    let hmac = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &own_claims(), &key).unwrap();
    server.assert_token_refused(&hmac).await;
}
