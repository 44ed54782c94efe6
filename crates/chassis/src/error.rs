//! Turns a service's error into a gRPC status, in one place: the variants of its enum say what went wrong, `kind` says which code
//! that is.

use tonic::{Code, Status, metadata::MetadataValue};

/// What an error means to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same request can never succeed.
    Invalid,
    NotFound,
    /// It exists already.
    Conflict,
    Unauthenticated,
    Forbidden,
    /// Over a limit; the same request may succeed later.
    TooMany,
    /// A dependency does not answer; the same request may succeed later.
    Unavailable,
    /// A fault of the service. The cause is logged and not sent.
    Internal,
}

/// Implemented by each service's error enum.
pub trait Classify: std::error::Error {
    fn kind(&self) -> Kind;

    /// The request field that is wrong.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// Seconds after which a retry makes sense.
    fn retry_after(&self) -> Option<u64> {
        None
    }
}

/// Metadata key of the wrong field.
pub const FIELD: &str = "matcha-field";
/// Metadata key of the seconds after which a retry makes sense.
pub const RETRY_AFTER: &str = "retry-after";

/// Metadata key of a call whose internal token was refused: a fault of the calling service, not of the person behind it.
pub const INTERNAL_AUTH_FAILED: &str = "matcha-internal-auth-failed";

/// The status for a service's error. An internal cause is logged here, once, with its sources.
pub fn to_status(error: impl Classify) -> Status {
    let code = match error.kind() {
        Kind::Invalid => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::Conflict => Code::AlreadyExists,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::Forbidden => Code::PermissionDenied,
        Kind::TooMany => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::Internal => Code::Internal,
    };
    let message = match error.kind() {
        Kind::Internal => {
            tracing::error!(error = %chain(&error), "internal error");
            "internal error".to_owned()
        }
        Kind::Unavailable => {
            tracing::warn!(error = %chain(&error), "unavailable");
            error.to_string()
        }
        _ => error.to_string(),
    };
    let mut status = Status::new(code, message);
    if let Some(field) = error.field() {
        status.metadata_mut().insert(FIELD, MetadataValue::from_static(field));
    }
    if let Some(seconds) = error.retry_after() {
        status.metadata_mut().insert(RETRY_AFTER, MetadataValue::from(seconds));
    }
    status
}

/// An error and its sources on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
