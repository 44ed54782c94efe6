//! Somebody who uses the site over REST, with a cookie jar of their own, as a browser has one.

use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::cluster::{MAX_WAIT, gateway};

#[derive(Clone)]
pub struct Member {
    http: Client,
    gateway: String,
    token: Option<String>,
    pub id: Uuid,
    pub handle: String,
}

pub const PASSWORD: &str = "a tea bowl of one's own";

impl Member {
    /// Signed out.
    pub fn stranger() -> Self {
        let http = Client::builder()
            .cookie_store(true)
            .timeout(Duration::from_secs(10))
            .build();
        Self {
            http: http.unwrap(),
            gateway: gateway().to_owned(),
            token: None,
            id: Uuid::nil(),
            handle: String::new(),
        }
    }

    pub async fn sign_up() -> Self {
        let mut member = Self::with_new_handle();
        let answer = member
            .send(Method::POST, "/api/v1/members", Some(member.registration()))
            .await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        member.sign_in_with(&answer.json().await.unwrap());
        member
    }

    /// Signs up until it is acknowledged. An attempt without an answer may have made the member; then the next one is refused
    /// because the handle is taken, and signing in takes its place.
    pub async fn sign_up_until_acknowledged() -> Self {
        let mut member = Self::with_new_handle();
        let credentials = json!({ "login": member.handle, "password": PASSWORD });
        let (mut path, mut body) = ("/api/v1/members", member.registration());
        let end = Instant::now() + MAX_WAIT;
        loop {
            match member.try_send(Method::POST, path, Some(body.clone())).await {
                Ok(answer) if answer.status() == StatusCode::CREATED => {
                    // An answer whose body breaks off is no acknowledgement.
                    if let Ok(session) = answer.json().await {
                        member.sign_in_with(&session);
                        return member;
                    }
                }
                Ok(answer) if answer.status() == StatusCode::CONFLICT => {
                    (path, body) = ("/api/v1/sessions", credentials.clone());
                }
                Ok(answer) => assert!(may_try_again(answer.status()), "{} to a sign-up", answer.status()),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            assert!(Instant::now() < end, "no sign-up was acknowledged");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn with_new_handle() -> Self {
        let handle = format!("t_{}", &Uuid::new_v4().simple().to_string()[..16]);
        Self {
            handle,
            ..Self::stranger()
        }
    }

    fn registration(&self) -> Value {
        json!({
            "handle": self.handle, "email": format!("{}@example.org", self.handle), "password": PASSWORD,
            "display_name": "차 마시는 사람", "language": "ko",
        })
    }

    fn sign_in_with(&mut self, session: &Value) {
        self.id = session["member"]["id"].as_str().unwrap().parse().unwrap();
        self.token = Some(session["access_token"].as_str().unwrap().to_owned());
    }

    /// The same member at another gateway.
    #[must_use]
    pub fn at(&self, gateway: &str) -> Self {
        Self {
            gateway: gateway.to_owned(),
            ..self.clone()
        }
    }

    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Anything, as it is; the connection itself must work.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.try_send(method, path, body).await.expect("the gateway answers")
    }

    pub async fn try_send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Response> {
        let mut request = self.http.request(method, format!("{}{path}", self.gateway));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await
    }

    /// The JSON of a GET that must succeed.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "GET {path}");
        answer.json().await.unwrap()
    }

    /// The JSON of a GET, asked again while something that was killed is coming back.
    pub async fn get_patiently(&self, path: &str) -> Value {
        let answer = self.until_acknowledged(Method::GET, path, None).await;
        answer.json().await.unwrap()
    }

    pub async fn rate(&self, movie: &str, stars: f64) {
        let answer = self
            .send(
                Method::PUT,
                &format!("/api/v1/movies/{movie}/rating"),
                Some(json!({ "stars": stars })),
            )
            .await;
        assert!(
            answer.status().is_success(),
            "{}: {}",
            answer.status(),
            answer.text().await.unwrap()
        );
    }

    /// Sends a request that may be repeated until it is acknowledged with 2xx. A broken connection, 5xx and 429 are no
    /// acknowledgement and are tried again; any other status fails the test.
    pub async fn until_acknowledged(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.count_until_acknowledged(method, path, body).await.0
    }

    /// The same, with the number of attempts that were not acknowledged.
    pub async fn count_until_acknowledged(&self, method: Method, path: &str, body: Option<Value>) -> (Response, u32) {
        let end = Instant::now() + MAX_WAIT;
        let mut failures = 0;
        loop {
            match self.try_send(method.clone(), path, body.clone()).await {
                Ok(answer) if answer.status().is_success() => return (answer, failures),
                Ok(answer) => assert!(
                    may_try_again(answer.status()),
                    "{} is no answer to {method} {path}",
                    answer.status()
                ),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            failures += 1;
            assert!(Instant::now() < end, "{method} {path} was never acknowledged");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Uploads a file to import, until it is acknowledged. An upload whose answer was lost gives way to the next one.
    pub async fn upload_until_acknowledged(&self, name: &str, file: &str) -> Value {
        let path = format!("{}/api/v1/me/imports?name={name}", self.gateway);
        let end = Instant::now() + MAX_WAIT;
        loop {
            let request = self.http.post(&path).bearer_auth(self.token()).body(file.to_owned());
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::CREATED => {
                    if let Ok(import) = answer.json().await {
                        return import;
                    }
                }
                Ok(answer) => assert!(
                    may_try_again(answer.status()) || answer.status() == StatusCode::CONFLICT,
                    "{} is no answer to a good file: {}",
                    answer.status(),
                    answer.text().await.unwrap_or_default()
                ),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            assert!(Instant::now() < end, "no upload was acknowledged");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Rates until it is acknowledged, and returns how many attempts were not.
    pub async fn rate_until_acknowledged(&self, movie: &str, stars: f64) -> u32 {
        let path = format!("/api/v1/movies/{movie}/rating");
        let body = Some(json!({ "stars": stars }));
        self.count_until_acknowledged(Method::PUT, &path, body).await.1
    }

    pub async fn graphql(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.send(Method::POST, "/graphql", Some(body)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }
}

fn may_try_again(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// Ids of popular movies, as the first pages of the catalogue give them.
pub async fn popular_movies(count: usize) -> Vec<String> {
    let (stranger, mut ids, mut cursor) = (Member::stranger(), Vec::new(), String::new());
    while ids.len() < count {
        let page = stranger
            .get(&format!("/api/v1/movies?sort=popularity&limit=50&cursor={cursor}"))
            .await;
        for item in page["items"].as_array().unwrap() {
            ids.push(item["id"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    ids.truncate(count);
    assert_eq!(ids.len(), count, "the seed has that many movies");
    ids
}
