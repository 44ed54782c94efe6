//! The cookie with the refresh token, and the check that a request with it comes from the site's own pages (CSRF).

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, header};

use crate::{
    config::Config,
    http::problem::{Kind, Problem},
};

const NAME: &str = "matcha_refresh";
/// Browsers send the cookie to these resources only.
const PATH: &str = "/api/v1/sessions";

/// The cookie that stores a refresh token. Scripts cannot read it, and other sites cannot send it.
pub(crate) fn keep(config: &Config, token: String, seconds: i64) -> Cookie<'static> {
    Cookie::build((NAME, token))
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(config.is_https_only())
        .max_age(time::Duration::seconds(seconds))
        .build()
}

/// The cookie that removes the stored refresh token.
pub(crate) fn forget(config: &Config) -> Cookie<'static> {
    keep(config, String::new(), 0)
}

pub(crate) fn refresh_token(jar: &axum_extra::extract::CookieJar) -> Option<String> {
    jar.get(NAME).map(|cookie| cookie.value().to_owned())
}

/// Refuses requests from pages of other sites. Browsers send Sec-Fetch-Site or Origin; a client that sends neither is no browser,
/// so it holds no cookie of a member.
pub(crate) fn require_own_origin(config: &Config, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let own = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text(header::HOST.as_str());
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            origin == config.issuer.trim_end_matches('/') || (host.is_some() && authority == host)
        }
        (None, None) => !headers.contains_key("origin"),
    };
    if own {
        Ok(())
    } else {
        let detail = "another site may not do this";
        Err(Problem::new(Kind::Forbidden, detail))
    }
}
