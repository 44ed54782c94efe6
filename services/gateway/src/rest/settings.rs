//! `/api/v1/me/settings` and `/api/v1/me/sessions`: what a member chooses, and where the member is signed in.

use axum::extract::State;
use chassis::client::request;
use http::StatusCode;
use matcha_protos::user::v1::{
    self as proto, EndOtherSessionsRequest, EndSessionRequest, GetSettingsRequest, ListSessionsRequest,
    PutSettingsRequest,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::me::moment;
use crate::{
    http::{
        auth::SignedIn,
        extract::{Json, PathId},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// A member's settings.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// 1-50 characters.
    display_name: String,
    /// `ko` or `en`.
    #[schema(example = "ko")]
    language: String,
    /// `page` unless it is said.
    #[serde(default)]
    title_language: TitleLanguage,
    ratings: Audience,
    shelf: Audience,
    /// All comments in one list; each of them is public under its movie whatever is chosen here.
    comments: Audience,
    taste: Audience,
}

/// What movies are called: in the language of the page, in Korean, in English, or as they were where they were made.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TitleLanguage {
    #[default]
    Page,
    Ko,
    En,
    Original,
}

impl TitleLanguage {
    fn inside(self) -> String {
        let language = match self {
            Self::Page => "page",
            Self::Ko => "ko",
            Self::En => "en",
            Self::Original => "original",
        };
        language.to_owned()
    }

    fn from_inside(language: &str) -> Self {
        match language {
            "ko" => Self::Ko,
            "en" => Self::En,
            "original" => Self::Original,
            _ => Self::Page,
        }
    }
}

/// Whom a section of a profile is for.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Audience {
    Public,
    Followers,
    Private,
}

impl Audience {
    fn inside(self) -> i32 {
        let audience = match self {
            Self::Public => proto::Audience::Public,
            Self::Followers => proto::Audience::Followers,
            Self::Private => proto::Audience::Private,
        };
        audience.into()
    }

    /// What cannot be read is nobody's business.
    fn from_inside(audience: proto::Audience) -> Self {
        match audience {
            proto::Audience::Public => Self::Public,
            proto::Audience::Followers => Self::Followers,
            proto::Audience::Private | proto::Audience::Unspecified => Self::Private,
        }
    }
}

impl From<proto::Settings> for Settings {
    fn from(found: proto::Settings) -> Self {
        Self {
            ratings: Audience::from_inside(found.ratings()),
            shelf: Audience::from_inside(found.shelf()),
            comments: Audience::from_inside(found.comments()),
            taste: Audience::from_inside(found.taste()),
            title_language: TitleLanguage::from_inside(&found.title_language),
            display_name: found.display_name,
            language: found.language,
        }
    }
}

/// The member's settings.
#[utoipa::path(get, path = "/api/v1/me/settings", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = Settings)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Settings>, Problem> {
    let answer = clients
        .user
        .clone()
        .get_settings(request(GetSettingsRequest {}, &caller))
        .await?;
    Ok(Json(answer.into_inner().settings.unwrap_or_default().into()))
}

/// Replaces the settings, all of them.
#[utoipa::path(put, path = "/api/v1/me/settings", tag = "me", security(("bearer" = [])), request_body = Settings,
    responses((status = 200, body = Settings)))]
pub(super) async fn replace(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Json(given): Json<Settings>,
) -> Result<Json<Settings>, Problem> {
    let settings = proto::Settings {
        display_name: given.display_name,
        language: given.language,
        title_language: given.title_language.inside(),
        ratings: given.ratings.inside(),
        shelf: given.shelf.inside(),
        comments: given.comments.inside(),
        taste: given.taste.inside(),
    };
    let message = PutSettingsRequest {
        settings: Some(settings),
    };
    let answer = clients.user.clone().put_settings(request(message, &caller)).await?;
    Ok(Json(answer.into_inner().settings.unwrap_or_default().into()))
}

#[derive(Serialize, ToSchema)]
pub(super) struct OpenSessions {
    items: Vec<OpenSession>,
}

/// A browser that is signed in.
#[derive(Serialize, ToSchema)]
struct OpenSession {
    #[schema(value_type = Uuid)]
    id: String,
    /// Whether it is the asking one.
    current: bool,
    /// What the browser calls itself; may be empty.
    user_agent: String,
    /// From where it signed in; may be empty.
    peer_address: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// A page that is open uses its session every ten minutes.
    #[serde(with = "time::serde::rfc3339")]
    last_used_at: OffsetDateTime,
}

/// The member's open sessions: the asking one first, then the one used last.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = OpenSessions)))]
pub(super) async fn sessions(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
) -> Result<Json<OpenSessions>, Problem> {
    let answer = clients
        .user
        .clone()
        .list_sessions(request(ListSessionsRequest {}, &caller))
        .await?;
    let items = answer.into_inner().sessions.into_iter().map(|session| OpenSession {
        id: session.id,
        current: session.current,
        user_agent: session.user_agent,
        peer_address: session.peer_address,
        created_at: moment(session.created_at),
        last_used_at: moment(session.last_used_at),
    });
    Ok(Json(OpenSessions { items: items.collect() }))
}

/// Ends all of the member's sessions but the asking one.
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "me", security(("bearer" = [])),
    responses((status = 204, description = "Ended; their access tokens are refused within seconds.")))]
pub(super) async fn end_others(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
) -> Result<StatusCode, Problem> {
    let message = EndOtherSessionsRequest {};
    clients
        .user
        .clone()
        .end_other_sessions(request(message, &caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of the member's sessions.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "me", security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Ended; its access token is refused within seconds.")))]
pub(super) async fn end(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    let message = EndSessionRequest {
        session_id: id.to_string(),
    };
    clients.user.clone().end_session(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}
