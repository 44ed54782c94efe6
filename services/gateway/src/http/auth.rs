//! Extractors for the caller: a handler's signature says whether everybody may call it or members only. A request without a
//! token is signed out. A bad token is refused, so that a browser renews it instead of silently going on as signed out.

use axum::extract::FromRequestParts;
use chassis::identity::Caller;
use http::{HeaderMap, header, request::Parts};

use crate::{
    app::App,
    http::problem::{Kind, Problem},
};

/// A member, or a caller who is signed out.
pub(crate) struct Anyone(pub(crate) Caller);

/// A member; other callers are refused with 401.
pub(crate) struct SignedIn(pub(crate) Caller);

impl FromRequestParts<App> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match bearer(&parts.headers)? {
            Some(token) => app.tokens.verify(token).await.map(Self),
            None => Ok(Self(Caller::Anonymous)),
        }
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Anyone(caller) = Anyone::from_request_parts(parts, app).await?;
        match caller {
            Caller::Member { .. } => Ok(Self(caller)),
            _ => Err(Problem::new(Kind::Unauthenticated, "sign in first")),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let value = value.to_str().unwrap_or_default();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Problem::bad_token("only bearer tokens are known here")),
    }
}
