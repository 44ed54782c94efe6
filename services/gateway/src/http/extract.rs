//! Extractors and checks of input: JSON bodies, query strings, ids in paths. Unknown fields, wrong types, NUL characters, arrays
//! in place of objects, and values over a limit are refused with the field's name before a service is called.

mod deserialize_errors;

use std::time::Duration;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Path, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use self::deserialize_errors::plain;
use crate::{
    app::App,
    http::problem::{Kind, Problem},
};

/// The most bytes of a JSON body: the longest comment with every character escaped as a surrogate pair.
pub(crate) const MAX_BODY_BYTES: usize = 128 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_millis(1500);
/// A body over the limit is read on for a while and discarded, because most clients read the response only after they have sent
/// everything.
const DISCARD: usize = 64 * 1024 * 1024;

/// A JSON body, of a request or a response.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let body = json_body(request, MAX_BODY_BYTES).await?;
        parse(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Reads the bytes of a JSON object, at most `limit`.
pub(crate) async fn json_body(request: Request, limit: usize) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        let detail = "the body must be application/json";
        return Err(Problem::new(Kind::MediaType, detail));
    }
    let bytes = body(request, limit, BODY_TIMEOUT).await?;
    // Serde would accept an array for an object and assign its items to the fields in order.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        let detail = "the body must be one JSON object";
        return Err(Problem::new(Kind::Invalid, detail));
    }
    Ok(bytes)
}

/// Reads a body of any type: at most `limit` bytes within `timeout`.
pub(crate) async fn body(request: Request, limit: usize, timeout: Duration) -> Result<Bytes, Problem> {
    let declared = declared_length(request.headers());
    let too_large = || Problem::new(Kind::TooLarge, format!("a body has at most {limit} bytes"));
    let is_waiting = request.headers().contains_key(header::EXPECT);
    let mut body = request.into_body();
    if declared.is_some_and(|length| length > limit as u64) {
        // A client that sent Expect: 100-continue sends nothing until the body is read.
        if !is_waiting {
            discard(body, timeout).await;
        }
        return Err(too_large());
    }
    let collected = Limited::new(&mut body, limit).collect();
    match tokio::time::timeout(timeout, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(body, timeout).await;
            Err(too_large())
        }
        Ok(Err(_)) => Err(Problem::new(Kind::Invalid, "the body broke off")),
        Err(_) => {
            let detail = "the body did not arrive in time";
            Err(Problem::new(Kind::SlowRequest, detail))
        }
    }
}

/// Parses JSON and names the field that is wrong.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let field = error.path().to_string();
        let cause = error.into_inner();
        let mut said = cause.to_string();
        if cause.is_syntax() || cause.is_eof() {
            if serde_json::from_slice::<serde_json::Value>(body).is_err() {
                return Problem::new(Kind::Invalid, "the body is not JSON");
            }
            // serde_json reports a value of the wrong type for an enum as a syntax error: say that it is none of the choices.
            said = deserialize_errors::NO_CHOICE.to_owned();
        }
        match (named(&said), field.as_str()) {
            (Some(name), _) => Problem::invalid(name, plain(name, &said)),
            (None, "." | "?") => Problem::new(Kind::Invalid, plain("the body", &said)),
            (None, field) => {
                let field = field.trim_end_matches(".?");
                Problem::invalid(field, plain(field, &said))
            }
        }
    })?;
    deserializer
        .end()
        .map_err(|_| Problem::new(Kind::Invalid, "something follows the JSON object"))?;
    if let Some(field) = field_with_nul(body) {
        return Err(Problem::invalid(field, NUL));
    }
    Ok(value)
}

pub(crate) const NUL: &str = "text has no NUL characters";

/// The field that the parser's message names: a missing, unknown or duplicate one.
fn named(said: &str) -> Option<&str> {
    let quoted = ["missing field `", "unknown field `", "duplicate field `"];
    let rest = quoted.iter().find_map(|start| said.strip_prefix(start))?;
    rest.split('`').next()
}

/// Finds the first field whose text has a NUL, which Postgres does not store. Parses the body again, and only if it has one.
fn field_with_nul(body: &[u8]) -> Option<String> {
    let escaped = body.windows(6).any(|window| window == b"\\u0000");
    let value: serde_json::Value = escaped.then(|| serde_json::from_slice(body).ok())??;
    nul_in(&value, "")
}

fn nul_in(value: &serde_json::Value, path: &str) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => text.contains('\0').then(|| path.to_owned()),
        Value::Array(items) => items.iter().find_map(|item| nul_in(item, path)),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            if name.contains('\0') {
                return Some(path);
            }
            nul_in(value, &path)
        }),
        _ => None,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// Reads and discards a body, for a third of the time that a body within the limit has.
async fn discard(body: Body, timeout: Duration) {
    let rest = async {
        let mut body = body;
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > DISCARD {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(timeout / 3, rest).await;
}

/// The parameters of a query string. Unknown ones are refused.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        for part in [name, value] {
            let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
            match decoded {
                Err(_) => return Err(Problem::invalid(name, "text must be UTF-8")),
                Ok(text) if text.contains('\0') => return Err(Problem::invalid(name, NUL)),
                Ok(_) => {}
            }
        }
    }
    let pairs = form_urlencoded::parse(query.as_bytes());
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let said = error.into_inner().to_string();
        let field = named(&said).unwrap_or(&path);
        Problem::invalid(field, plain(field, &said))
    })
}

/// The id in a path with one id of any kind.
pub(crate) struct PathId(pub(crate) Uuid);

impl FromRequestParts<App> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let MovieId(id) = MovieId::from_request_parts(parts, app).await?;
        Ok(Self(id))
    }
}

/// The id of an import and the position of one of its rows, in the path.
pub(crate) struct RowInPath {
    pub(crate) id: Uuid,
    pub(crate) position: i32,
}

impl FromRequestParts<App> for RowInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let (id, position) = path.map(|Path(path)| path).unwrap_or_default();
        let is_place = (1..=9).contains(&position.len()) && position.bytes().all(|byte| byte.is_ascii_digit());
        let position = is_place.then(|| position.parse().ok()).flatten();
        Ok(Self {
            id: uuid("id", &id)?,
            position: position.ok_or_else(|| Problem::invalid("position", "a row's place in the import"))?,
        })
    }
}

/// The id of a list, in the path. Clients generate the ids of lists, and no list has the nil or the greatest UUID.
pub(crate) struct ListId(pub(crate) Uuid);

impl FromRequestParts<App> for ListId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        list_id(id_in_path(parts, app).await?).map(Self)
    }
}

fn list_id(id: Uuid) -> Result<Uuid, Problem> {
    if id.is_nil() || id.is_max() {
        return Err(Problem::not_found("list"));
    }
    Ok(id)
}

/// The ids of a list and of a movie in it, in the path.
pub(crate) struct MovieInList {
    pub(crate) list: Uuid,
    pub(crate) movie: Uuid,
}

impl FromRequestParts<App> for MovieInList {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let (list, movie) = path.map(|Path(path)| path).unwrap_or_default();
        Ok(Self {
            movie: uuid("movie_id", &movie)?,
            list: list_id(uuid("id", &list)?)?,
        })
    }
}

/// The id of a movie, in the path.
pub(crate) struct MovieId(pub(crate) Uuid);

impl FromRequestParts<App> for MovieId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        id_in_path(parts, app).await.map(Self)
    }
}

/// The id of a person, in the path.
pub(crate) struct PersonId(pub(crate) Uuid);

impl FromRequestParts<App> for PersonId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        id_in_path(parts, app).await.map(Self)
    }
}

async fn id_in_path(parts: &mut Parts, app: &App) -> Result<Uuid, Problem> {
    let path = Path::<String>::from_request_parts(parts, app).await;
    let given = path.map(|Path(id)| id).unwrap_or_default();
    uuid("id", &given)
}

/// Parses an id in the usual form with hyphens. The other forms that the uuid crate reads are refused.
pub(crate) fn uuid(field: &str, given: &str) -> Result<Uuid, Problem> {
    let parsed = (given.len() == 36).then(|| Uuid::try_parse(given).ok());
    parsed
        .flatten()
        .ok_or_else(|| Problem::invalid(field, "an id is a UUID"))
}

/// The handle in the path, in lower case. A malformed handle belongs to no member, so it answers 404.
pub(crate) struct Handle(pub(crate) String);

impl FromRequestParts<App> for Handle {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let given = path.ok().and_then(|Path(given)| handle(&given));
        given.map(Self).ok_or_else(|| Problem::not_found("member"))
    }
}

/// Converts a handle to lower case. `None` if it is malformed.
pub(crate) fn handle(given: &str) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let can_be = (3..=30).contains(&given.len()) && given.bytes().all(allowed);
    can_be.then(|| given.to_ascii_lowercase())
}

/// Checks the text of a search or filter: its length, and that it has no NUL.
pub(crate) fn text(field: &str, given: Option<String>) -> Result<String, Problem> {
    const MAX_CHARS: usize = 200;
    let given = given.unwrap_or_default();
    if given.chars().count() > MAX_CHARS {
        let detail = format!("at most {MAX_CHARS} characters");
        return Err(Problem::invalid(field, detail));
    }
    if given.contains('\0') {
        return Err(Problem::invalid(field, NUL));
    }
    Ok(given)
}

/// Checks the length of a cursor.
pub(crate) fn cursor(field: &str, given: Option<String>) -> Result<String, Problem> {
    const MAX_BYTES: usize = 1024;
    let given = given.unwrap_or_default();
    if given.len() > MAX_BYTES || given.contains('\0') {
        return Err(Problem::invalid(field, "the cursor is not one of ours"));
    }
    Ok(given)
}

/// Checks a number of items: from 1 to `most`.
pub(crate) fn limit(field: &str, given: Option<i32>, usual: i32, most: i32) -> Result<i32, Problem> {
    let given = given.unwrap_or(usual);
    if (1..=most).contains(&given) {
        Ok(given)
    } else {
        Err(Problem::invalid(field, format!("from 1 to {most}")))
    }
}

/// Checks the first year of a decade.
pub(crate) fn decade(field: &str, given: Option<i32>) -> Result<Option<i32>, Problem> {
    match given {
        Some(year) if !(1800..=2200).contains(&year) || year % 10 != 0 => {
            Err(Problem::invalid(field, "a decade is its first year: 1990"))
        }
        given => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Given {
        name: String,
        #[serde(default)]
        number: Option<i32>,
    }

    fn refused_field(body: &str) -> Option<String> {
        let problem = parse::<Given>(body.as_bytes()).expect_err(body);
        assert_eq!(problem.kind, Kind::Invalid);
        problem.fields.first().map(|field| field.field.clone())
    }

    #[test]
    fn a_wrong_body_is_refused_with_the_name_of_the_field() {
        for (body, field) in [
            (r#"{}"#, Some("name")),
            (r#"{"name":1}"#, Some("name")),
            (r#"{"name":"a","number":"1"}"#, Some("number")),
            (r#"{"name":"a","number":1.5}"#, Some("number")),
            (r#"{"name":"a","more":1}"#, Some("more")),
            (r#"{"name":"a","name":"b"}"#, Some("name")),
            (r#"{"name":"a\u0000"}"#, Some("name")),
            (r#"{"name":"\ud800"}"#, None),
            (r#"{"name":"a"} {}"#, None),
            (r#"{"name":"a""#, None),
        ] {
            assert_eq!(refused_field(body).as_deref(), field, "{body}");
        }
        assert!(parse::<Given>(br#"{"name":"a\\u0000"}"#).is_ok());
    }

    #[test]
    fn a_wrong_query_is_refused_with_the_name_of_the_parameter() {
        for (given, field) in [
            ("name=a&more=1", "more"),
            ("number=1", "name"),
            ("name=a&number=x", "number"),
            ("name=%00", "name"),
            ("name=%ff", "name"),
            ("name=a&name=b", "name"),
        ] {
            let problem = query::<Given>(given).expect_err(given);
            assert_eq!(problem.fields[0].field, field, "{given}");
        }
        assert!(query::<Given>("name=%EA%B8%B0&number=4").is_ok());
    }

    #[test]
    fn a_handle_is_read_in_small_letters_and_nothing_else_is_one() {
        assert_eq!(handle("Mina_7").as_deref(), Some("mina_7"));
        for other in ["", "mi", "mina ", "미나미", "mi/na", "mi\0na", &"a".repeat(31)] {
            assert_eq!(handle(other), None, "{other}");
        }
    }

    #[test]
    fn only_ids_in_their_usual_form_are_ids() {
        let id = "0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f";
        assert!(uuid("id", id).is_ok());
        for other in [
            "",
            "1",
            &id.replace('-', ""),
            &format!("{{{id}}}"),
            &id.replace('0', "g"),
        ] {
            assert!(uuid("id", other).is_err(), "{other}");
        }
    }
}
