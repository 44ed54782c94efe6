//! Starts a gateway in front of the stand-ins and speaks HTTP to it.

use std::{net::SocketAddr, path::PathBuf};

use chassis::{config::Environment, shutdown::Stop};
use clap::Parser as _;
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey as _};
use gateway::config::Config;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use matcha_protos::{
    movie::v1::movie_service_server::MovieServiceServer,
    rating::v1::{
        comment_service_server::CommentServiceServer, import_service_server::ImportServiceServer,
        list_service_server::ListServiceServer, rating_service_server::RatingServiceServer,
        watch_service_server::WatchServiceServer,
    },
    recommendation::v1::recommendation_service_server::RecommendationServiceServer,
    user::v1::user_service_server::UserServiceServer,
};
use serde_json::{Value, json};
use testing::Stores;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use uuid::Uuid;

use crate::services::Services;

pub(crate) const ISSUER: &str = "http://localhost:8080";

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) services: Services,
    pub(crate) signer: Signer,
    client: Client<HttpConnector, Full<bytes::Bytes>>,
    stop: Stop,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// Signs access tokens as the user service does.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) kid: String,
    key: SigningKey,
}

impl Signer {
    pub(crate) fn new(kid: &str, seed: u8) -> Self {
        Self {
            kid: kid.to_owned(),
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    pub(crate) fn jwk(&self) -> Value {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let x = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": x})
    }

    pub(crate) fn sign(&self, header: Header, claims: &Value) -> String {
        let short = ed25519_dalek::pkcs8::KeypairBytes {
            secret_key: self.key.to_bytes(),
            public_key: None,
        };
        let der = short.to_pkcs8_der().unwrap();
        let key = EncodingKey::from_ed_der(der.as_bytes());
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    pub(crate) fn token(&self) -> String {
        self.sign(self.header(), &claims())
    }
}

/// Good claims, to be spoiled.
pub(crate) fn claims() -> Value {
    let now = jsonwebtoken::get_current_timestamp();
    json!({
        "iss": ISSUER, "aud": "matcha", "sub": Uuid::now_v7(), "sid": Uuid::now_v7(),
        "iat": now, "nbf": now, "exp": now + 600, "jti": Uuid::now_v7(),
    })
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that this is a problem of that status and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for part in ["type", "title", "detail", "trace_id"] {
            assert!(problem[part].is_string(), "{part} of {problem}");
        }
        problem
    }
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let services = Services::default();
        let signer = Signer::new("first", 1);
        services.state(|state| state.jwks = json!({"keys": [signer.jwk()]}).to_string());
        let peer = serve(services.clone()).await;
        let peers = ["user", "movie", "rating", "recommendation"].map(|name| format!("{name}={peer}"));

        let mut config = Config::parse_from([
            "matcha-gateway",
            "--internal-key=unused",
            "--internal-trust=unused",
            "--internal-member-issuer=unused",
        ]);
        config.service = Stores::shared().service_config("gateway", &peers);
        config.service.environment = Environment::Production;
        config.site_dir = PathBuf::from("/nowhere");
        change(&mut config);
        // Without a trace there are no trace ids; only the first test in a process can set it up.
        if let Ok(guard) = chassis::telemetry::init("gateway", &config.service.telemetry) {
            std::mem::forget(guard);
        }

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Self {
            address: listener.local_addr().unwrap(),
            services,
            signer,
            client: Client::builder(TokioExecutor::new()).build_http(),
            stop: Stop::new(),
        };
        tokio::spawn(gateway::run(config, listener, gateway.stop.clone()));
        let token = gateway.signer.token();
        testing::eventually("the gateway knows the keys", async || {
            gateway.services.calls("user.GetSigningKeys") > 0
                && gateway.services.calls("user.ListEndedSessions") > 0
                && gateway.get_as(&token, "/api/v1/suggest?q=a").await.status == StatusCode::OK
        })
        .await;
        gateway
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<bytes::Bytes>,
    ) -> Answer {
        let mut request = http::Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let response = self.client.request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn get_as(&self, token: &str, path: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send("GET", path, &[("authorization", &bearer)], "").await
    }

    /// JSON, as a signed-in member.
    pub(crate) async fn json(&self, method: &str, path: &str, body: impl Into<bytes::Bytes>) -> Answer {
        let bearer = format!("Bearer {}", self.signer.token());
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, body).await
    }

    /// A GraphQL query as a signed-in member.
    pub(crate) async fn query(&self, query: &str, variables: Value) -> Value {
        self.query_as(&self.signer.token(), query, variables).await
    }

    /// A GraphQL query with this access token.
    pub(crate) async fn query_as(&self, token: &str, query: &str, variables: Value) -> Value {
        let body = json!({"query": query, "variables": variables}).to_string();
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = self.send("POST", "/graphql", &headers, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        answer.json()
    }
}

/// All four services on one port; which one is asked is in the path.
pub(crate) async fn serve(services: Services) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tonic::transport::Server::builder()
        .add_service(UserServiceServer::new(services.clone()))
        .add_service(MovieServiceServer::new(services.clone()))
        .add_service(RatingServiceServer::new(services.clone()))
        .add_service(CommentServiceServer::new(services.clone()))
        .add_service(ImportServiceServer::new(services.clone()))
        .add_service(ListServiceServer::new(services.clone()))
        .add_service(WatchServiceServer::new(services.clone()))
        .add_service(RecommendationServiceServer::new(services));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}
