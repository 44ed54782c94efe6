//! Every operation of `openapi.json`, signed in: a valid request succeeds with a body of the documented shape, and a request
//! that is invalid in one way is refused with a documented problem.

use std::num::NonZeroU32;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    harness::{Answer, Gateway, claims},
    json_schema,
};

/// One request of an operation: the path with its ids and query, and the JSON body.
struct Call {
    method: String,
    /// As it stands in the document.
    path: String,
    url: String,
    body: Option<Value>,
}

/// A gateway with something of everything, and the document that describes it.
struct Site {
    gateway: Gateway,
    token: String,
    document: Value,
    movie: String,
    person: String,
    list: String,
}

impl Site {
    async fn start() -> Self {
        // All requests come from one address, and signing in is tried with every invalid body.
        let gateway =
            Gateway::with(|config| config.attempts.login_rate_gateway_burst = NonZeroU32::new(10_000).unwrap()).await;
        let movie = gateway.services.add_movies(3).remove(0);
        let person = gateway.services.add_person();
        gateway.services.add_comment(&movie);
        let list = gateway.services.add_public_list();
        let token = gateway.signer.sign(gateway.signer.header(), &claims());
        Self {
            token,
            document: serde_json::from_str(&gateway::openapi()).unwrap(),
            gateway,
            movie,
            person,
            list,
        }
    }

    /// All operations with valid requests: what writes first, then what reads, then what deletes.
    fn calls(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        for (path, operations) in self.document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                calls.push(Call {
                    method: method.to_uppercase(),
                    url: self.url(method, path),
                    body: self.body(method, path),
                    path: path.clone(),
                });
            }
        }
        // An import is applied when its rows have been looked at.
        let order = |call: &Call| match (call.method.as_str(), call.path.as_str()) {
            ("POST", _) => 0,
            ("PUT", path) if path.ends_with("/apply") || path.ends_with("/undo") => 3,
            ("PUT", _) => 1,
            ("GET", _) => 2,
            _ => 4,
        };
        calls.sort_by_key(order);
        // What is in a list is deleted before the list.
        let deletions = calls.iter().position(|call| call.method == "DELETE").unwrap();
        calls[deletions..].reverse();
        calls
    }

    fn url(&self, method: &str, path: &str) -> String {
        let id = match path {
            _ if path.starts_with("/api/v1/people/") => self.person.clone(),
            // A member writes a list of their own; the one that is there is somebody else's.
            "/api/v1/lists/{id}" if method == "put" || method == "delete" => Uuid::from_u128(77).to_string(),
            _ if path.starts_with("/api/v1/lists/{id}/movies") && method != "get" => Uuid::from_u128(77).to_string(),
            _ if path.starts_with("/api/v1/lists/") => self.list.clone(),
            _ => self.movie.clone(),
        };
        let url = path.replace("{id}", &id).replace("{movie_id}", &self.movie);
        let url = url.replace("{handle}", "mina").replace("{position}", "0");
        let query = match (method, path) {
            ("post", "/api/v1/me/imports") => "?name=watcha.csv",
            ("get", "/api/v1/lists" | "/api/v1/members" | "/api/v1/people" | "/api/v1/suggest") => "?q=mina",
            ("get", "/api/v1/me/recommendations") => "?row=for_you&limit=2",
            ("get", "/api/v1/members/{handle}/taste/movies") => "?group=genre&key=drama",
            _ => "",
        };
        url + query
    }

    /// A body that is valid; the test below fails for an operation that has a body and none here.
    fn body(&self, method: &str, path: &str) -> Option<Value> {
        let secret = "a long enough one";
        Some(match (method, path) {
            ("post", "/api/v1/comments/{id}/replies") => json!({"id": Uuid::now_v7(), "text": "그래요"}),
            ("put", "/api/v1/lists/{id}") => json!({"title": "비 오는 날", "text": "", "public": true}),
            ("put", "/api/v1/lists/{id}/movies") => json!({"movie_ids": [], "version": 1}),
            ("put", "/api/v1/me/imports/{id}/apply") => json!({"policy": "keep_mine"}),
            ("put", "/api/v1/me/imports/{id}/rows/{position}") => json!({"movie_id": self.movie}),
            ("put", "/api/v1/me/settings") => json!({
                "display_name": "Mina", "language": "ko", "ratings": "public", "shelf": "followers",
                "comments": "private", "taste": "public", "title_language": "page",
            }),
            ("put", "/api/v1/me/watches/{id}") => {
                json!({"movie_id": self.movie, "watched_on": "2024-05-01", "rewatch": true, "tags": ["극장"]})
            }
            ("post", "/api/v1/members") => json!({
                "handle": "mina", "email": "mina@example.org", "password": secret, "display_name": "Mina",
                "language": "ko",
            }),
            ("put", "/api/v1/movies/{id}/comment") => json!({"text": "조용하다", "spoiler": true}),
            ("put", "/api/v1/movies/{id}/rating") => json!({"stars": 4.5}),
            ("put", "/api/v1/movies/{id}/shelf") => json!({"state": "wish"}),
            ("post", "/api/v1/sessions") => json!({"login": "mina", "password": secret}),
            _ => return None,
        })
    }

    async fn send(&self, call: &Call) -> Answer {
        if call.path == "/api/v1/me/imports" && call.method == "POST" {
            let file =
                "type,title,year,rating,genres,countries,content_code\r\nmovie,영화 0,1990,4.5,드라마,한국,a\r\n";
            return self.send_as(call, "application/octet-stream", file.to_owned()).await;
        }
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        self.send_as(call, "application/json", body).await
    }

    async fn send_as(&self, call: &Call, content_type: &str, body: String) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("authorization", bearer.as_str()), ("cookie", "matcha_refresh=refresh")];
        if !body.is_empty() {
            headers.push(("content-type", content_type));
        }
        self.gateway.send(&call.method, &call.url, &headers, body).await
    }

    fn operation(&self, call: &Call) -> &Value {
        &self.document["paths"][&call.path][call.method.to_lowercase()]
    }

    /// Why this answer is not what the document says of its status; `None`: it is.
    fn mismatch(&self, call: &Call, answer: &Answer) -> Option<String> {
        let status = answer.status.as_str();
        let responses = &self.operation(call)["responses"];
        let Some(mut described) = responses.get(status) else {
            return Some(format!("{status} is not documented"));
        };
        if let Some(name) = described["$ref"].as_str() {
            described = self.document.pointer(name.trim_start_matches('#')).unwrap();
        }
        let Some(content) = described["content"].as_object() else {
            return (!answer.body.is_empty()).then(|| format!("{status} has a body that is not documented"));
        };
        let sent = answer.header("content-type").split(';').next().unwrap().trim();
        let Some(media) = content.get(sent) else {
            return Some(format!("{status} is {sent:?}, documented are {:?}", content.keys()));
        };
        if !sent.ends_with("json") {
            return answer.body.is_empty().then(|| format!("{status} has an empty body"));
        }
        self.invalid(&media["schema"], &answer.json())
    }

    /// What the schema forbids in the value. Fields that the document does not name are forbidden too.
    fn invalid(&self, schema: &Value, value: &Value) -> Option<String> {
        let faults = json_schema::faults(&self.document, schema, value);
        (!faults.is_empty()).then(|| format!("{} in {value}", faults.join("; ")))
    }
}

/// Bodies that are invalid in one way each, with what is wrong.
fn spoiled(body: &Map<String, Value>, required: &[&str]) -> Vec<(String, String)> {
    let mut spoiled = vec![
        ("no JSON".to_owned(), "{".to_owned()),
        ("an array".to_owned(), json!([body]).to_string()),
    ];
    let mut unknown = body.clone();
    unknown.insert("surprise".to_owned(), json!(1));
    spoiled.push(("an unknown field".to_owned(), Value::Object(unknown).to_string()));
    for field in body.keys() {
        let mut wrong = body.clone();
        wrong.insert(field.clone(), json!({"no": "such type"}));
        spoiled.push((format!("{field} of a wrong type"), Value::Object(wrong).to_string()));
        if required.contains(&field.as_str()) {
            let mut without = body.clone();
            without.remove(field);
            spoiled.push((format!("no {field}"), Value::Object(without).to_string()));
        }
    }
    spoiled
}

#[tokio::test]
async fn a_valid_request_of_every_operation_succeeds_in_the_documented_shape() {
    let site = Site::start().await;
    let mut wrong = Vec::new();
    for call in site.calls() {
        let has_body = site.operation(&call)["requestBody"]["content"]
            .get("application/json")
            .is_some();
        assert_eq!(
            has_body,
            call.body.is_some(),
            "{} {} needs a body here",
            call.method,
            call.path
        );
        if let Some(body) = &call.body {
            let schema = &site.operation(&call)["requestBody"]["content"]["application/json"]["schema"];
            assert_eq!(site.invalid(schema, body), None, "{} {}", call.method, call.path);
        }
        let answer = site.send(&call).await;
        let fault = if answer.status.is_success() {
            site.mismatch(&call, &answer)
        } else {
            Some(format!("answers {} {:?}", answer.status, answer.body))
        };
        wrong.extend(fault.map(|fault| format!("{} {}: {fault}", call.method, call.url)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_body_that_is_invalid_in_one_way_is_refused_with_a_documented_problem() {
    let site = Site::start().await;
    let mut wrong = Vec::new();
    for call in site.calls() {
        let Some(body) = &call.body else { continue };
        let body = body.as_object().unwrap();
        let schema = &site.operation(&call)["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let schema = site
            .document
            .pointer(schema.as_str().unwrap().trim_start_matches('#'))
            .unwrap();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let required: Vec<&str> = required.iter().filter_map(Value::as_str).collect();
        let mut check = |what: &str, status: u16, answer: Answer| {
            let fault = match site.mismatch(&call, &answer) {
                _ if answer.status != status => Some(format!("answers {}, not {status}", answer.status)),
                fault => fault,
            };
            wrong.extend(fault.map(|fault| format!("{} {} with {what}: {fault}", call.method, call.path)));
        };
        for (what, body) in spoiled(body, &required) {
            check(&what, 400, site.send_as(&call, "application/json", body).await);
        }
        let valid = Value::Object(body.clone()).to_string();
        check(
            "another media type",
            415,
            site.send_as(&call, "text/plain", valid).await,
        );
        let huge = format!("{{\"surprise\":\"{}\"}}", "x".repeat(3 << 20));
        check("3 MiB", 413, site.send_as(&call, "application/json", huge).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn an_operation_for_members_refuses_a_visitor() {
    let site = Site::start().await;
    let mut closed = 0;
    for call in site.calls() {
        // Without a requirement, or with an empty one among them, an operation is for everybody.
        let security = site.operation(&call)["security"].as_array();
        let is_open = security.is_none_or(|ways| ways.iter().any(|way| way.as_object().unwrap().is_empty()));
        if is_open {
            continue;
        }
        closed += 1;
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let headers = [("content-type", "application/json")];
        let answer = site.gateway.send(&call.method, &call.url, &headers, body).await;
        assert_eq!(answer.status, 401, "{} {}", call.method, call.path);
        assert_eq!(site.mismatch(&call, &answer), None, "{} {}", call.method, call.path);
    }
    assert!(closed > 30, "only {closed} operations are for members");
}
