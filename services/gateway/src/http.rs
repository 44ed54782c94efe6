//! What the gateway does with HTTP before a feature is called: extractors, problems, signed-in members, rate limits, middleware.

pub(crate) mod access_tokens;
pub(crate) mod auth;
pub(crate) mod client_addr;
pub(crate) mod cookies;
pub(crate) mod extract;
pub(crate) mod middleware;
pub(crate) mod problem;
pub(crate) mod rate_limits;
