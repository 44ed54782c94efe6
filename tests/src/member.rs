//! Somebody who uses the site over REST, with a cookie jar of their own, as a browser has one.

use std::time::Duration;

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cluster::gateway;

#[derive(Clone)]
pub struct Member {
    http: Client,
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
            token: None,
            id: Uuid::nil(),
            handle: String::new(),
        }
    }

    pub async fn sign_up() -> Self {
        let mut member = Self::stranger();
        member.handle = format!("t_{}", &Uuid::new_v4().simple().to_string()[..16]);
        let body = json!({
            "handle": member.handle, "email": format!("{}@example.org", member.handle), "password": PASSWORD,
            "display_name": "차 마시는 사람", "language": "ko",
        });
        let answer = member.send(Method::POST, "/api/v1/members", Some(body)).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let body: Value = answer.json().await.unwrap();
        member.id = body["member"]["id"].as_str().unwrap().parse().unwrap();
        member.token = Some(body["access_token"].as_str().unwrap().to_owned());
        member
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
        let mut request = self.http.request(method, format!("{}{path}", gateway()));
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

    /// The same just after something was killed: what was under way there may fail once.
    pub async fn get_patiently(&self, path: &str) -> Value {
        for _ in 0..100 {
            if let Ok(answer) = self.try_send(Method::GET, path, None).await
                && answer.status().is_success()
            {
                return answer.json().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("GET {path} never succeeded");
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

    /// Rates until it is acknowledged; anything but a refusal is tried again. Answers how often it was not.
    pub async fn rate_until_acknowledged(&self, movie: &str, stars: f64) -> u32 {
        let path = format!("/api/v1/movies/{movie}/rating");
        for failures in 0..200 {
            match self.try_send(Method::PUT, &path, Some(json!({ "stars": stars }))).await {
                Ok(answer) if answer.status().is_success() => return failures,
                Ok(answer) => assert!(
                    answer.status().is_server_error() || answer.status() == StatusCode::TOO_MANY_REQUESTS,
                    "{} is no answer to a good rating",
                    answer.status()
                ),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no acknowledgement in 200 tries");
    }

    /// Writes a comment until it is acknowledged; anything but a refusal is tried again.
    pub async fn comment_until_acknowledged(&self, movie: &str, text: &str) {
        let path = format!("/api/v1/movies/{movie}/comment");
        for _ in 0..400 {
            match self.try_send(Method::PUT, &path, Some(json!({ "text": text }))).await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => assert!(
                    answer.status().is_server_error() || answer.status() == StatusCode::TOO_MANY_REQUESTS,
                    "{} is no answer to a good comment",
                    answer.status()
                ),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no acknowledgement in 400 tries");
    }

    pub async fn graphql(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.send(Method::POST, "/graphql", Some(body)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }
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
