//! Errors as clients see them: `application/problem+json` (RFC 9457) in REST, and the same kinds as codes in GraphQL's `errors`. A
//! service's message reaches the client only if it is about the client's request.

use std::fmt;

use axum::response::{IntoResponse, Response};
use chassis::{
    error::{FIELD, INTERNAL_AUTH_FAILED, RETRY_AFTER},
    http::ErrorBody,
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tonic::{Code, Status};
use utoipa::ToSchema;

const CONTENT_TYPE: &str = "application/problem+json";

/// The most characters of a text that says what is wrong.
const MAX_DETAIL_CHARS: usize = 300;
/// The most characters of a field's name. The longest of ours has 30, but the name of an unknown field is the client's.
const MAX_FIELD_CHARS: usize = 80;

/// The kinds of errors. Each has one HTTP status and one GraphQL code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    SlowRequest,
    Conflict,
    TooLarge,
    LongAddress,
    LongHead,
    MediaType,
    Range,
    TooMany,
    Internal,
    Unavailable,
    Timeout,
}

impl Kind {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::SlowRequest => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::LongAddress => StatusCode::URI_TOO_LONG,
            Self::LongHead => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Range => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// `extensions.code` in GraphQL.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Invalid
            | Self::MethodNotAllowed
            | Self::SlowRequest
            | Self::TooLarge
            | Self::LongAddress
            | Self::LongHead
            | Self::MediaType
            | Self::Range => "INVALID",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::TooMany => "TOO_MANY",
            Self::Internal => "INTERNAL",
            Self::Unavailable | Self::Timeout => "UNAVAILABLE",
        }
    }
}

/// An error as the client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: String,
    pub(crate) fields: Vec<FieldProblem>,
    retry_after: Option<u64>,
    /// A token was given and is invalid, as opposed to missing.
    bad_token: bool,
    /// It is about the whole GraphQL query, so it is reported once, whichever fields ran into it.
    pub(crate) of_the_query: bool,
}

/// One field of the request that is wrong.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    pub(crate) field: String,
    pub(crate) detail: String,
    /// For an uploaded file: why it is refused, as a code that programs can translate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "not_utf8")]
    pub(crate) reason: Option<&'static str>,
    /// For an uploaded file with the reason `wrong_kind`: png, jpeg, gif, webp, pdf, xlsx, docx, pptx, office (an older document),
    /// rar or 7z.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "png")]
    pub(crate) kind: Option<&'static str>,
    /// For an uploaded file: the file's name within an archive, and the line after a colon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "reviews.csv:3")]
    pub(crate) at: Option<String>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let waits = matches!(kind, Kind::TooMany | Kind::Unavailable);
        Self {
            kind,
            detail: shortened(detail.into(), MAX_DETAIL_CHARS),
            fields: Vec::new(),
            retry_after: waits.then_some(1),
            bad_token: false,
            of_the_query: false,
        }
    }

    /// A GraphQL query selects more than the limit allows.
    pub(crate) fn too_many_in_a_query(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            of_the_query: true,
            ..Self::invalid(field, detail)
        }
    }

    pub(crate) fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::Invalid, detail);
        problem.fields.push(FieldProblem {
            field: shortened(field.into(), MAX_FIELD_CHARS),
            detail: problem.detail.clone(),
            ..FieldProblem::default()
        });
        problem
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("there is no such {what}"))
    }

    pub(crate) fn bad_token(detail: &str) -> Self {
        Self {
            bad_token: true,
            ..Self::new(Kind::Unauthenticated, detail)
        }
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

/// The text itself, or its beginning if it is longer. Texts can repeat what the client sent, which must not come back whole.
fn shortened(mut text: String, chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(chars) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        let kind = match status.code() {
            Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition => Kind::Invalid,
            Code::NotFound => Kind::NotFound,
            Code::AlreadyExists | Code::Aborted => Kind::Conflict,
            // The service refused the gateway's own token, so it is not the caller's error.
            Code::Unauthenticated if status.metadata().contains_key(INTERNAL_AUTH_FAILED) => Kind::Internal,
            Code::Unauthenticated => Kind::Unauthenticated,
            Code::PermissionDenied => Kind::Forbidden,
            Code::ResourceExhausted => Kind::TooMany,
            Code::Unavailable => Kind::Unavailable,
            Code::DeadlineExceeded | Code::Cancelled => Kind::Timeout,
            // Only a status that was made in this process has a source: the connection broke.
            Code::Unknown | Code::Internal if std::error::Error::source(&status).is_some() => Kind::Unavailable,
            _ => Kind::Internal,
        };
        let detail = match kind {
            Kind::Internal => {
                tracing::error!(code = ?status.code(), message = status.message(), "a service failed");
                "internal error".to_owned()
            }
            Kind::Unavailable => {
                tracing::warn!(message = status.message(), "a service is unavailable");
                "a service is unavailable; try again".to_owned()
            }
            Kind::Timeout => {
                tracing::warn!(message = status.message(), "a service is too slow");
                "a service did not answer in time; try again".to_owned()
            }
            _ => status.message().to_owned(),
        };
        let metadata = |key: &str| status.metadata().get(key)?.to_str().ok();
        let mut problem = Self::new(kind, detail);
        if let Some(field) = metadata(FIELD) {
            problem.fields.push(FieldProblem {
                field: field.to_owned(),
                detail: problem.detail.clone(),
                ..FieldProblem::default()
            });
        }
        let wait = metadata(RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        problem.retry_after = wait.or(problem.retry_after);
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

/// The body of every error response.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// The kind of problem, for programs.
    #[schema(example = "urn:matcha:problem:invalid")]
    r#type: String,
    title: &'static str,
    #[schema(example = 400)]
    status: u16,
    /// What is wrong with this request.
    detail: String,
    /// The id of the request's trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    /// The fields that are wrong, if they are known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

/// The body for requests that the HTTP server refuses before the routes see them. They have no trace.
pub(crate) fn error_body(status: StatusCode) -> Option<ErrorBody> {
    let problem = match status {
        StatusCode::BAD_REQUEST => Problem::new(Kind::Invalid, "this is not a request as HTTP knows it"),
        StatusCode::URI_TOO_LONG => Problem::new(Kind::LongAddress, "the address is too long"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Problem::new(
            Kind::LongHead,
            "the address and the headers are too long together, or the headers too many",
        ),
        _ => return None,
    };
    Some(ErrorBody {
        content_type: CONTENT_TYPE,
        body: problem.json(),
    })
}

impl Problem {
    fn json(self) -> Vec<u8> {
        let status = self.kind.status();
        let body = ProblemBody {
            r#type: format!(
                "urn:matcha:problem:{}",
                self.kind.code().to_lowercase().replace('_', "-")
            ),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: self.detail,
            trace_id: chassis::telemetry::trace_id(),
            errors: self.fields,
        };
        serde_json::to_vec(&body).expect("a problem is plain data")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (kind, retry_after, bad_token) = (self.kind, self.retry_after, self.bad_token);
        let mut response = (kind.status(), self.json()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if kind == Kind::Unauthenticated {
            let challenge = if bad_token {
                "Bearer error=\"invalid_token\""
            } else {
                "Bearer"
            };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if matches!(kind, Kind::TooLarge | Kind::SlowRequest) {
            // The rest of the body is not read, so the connection cannot be used again.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
