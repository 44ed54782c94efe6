//! The signed-in member's settings and sessions, and the writes about them.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::user::v1::{
    self as proto, EndOtherSessionsRequest, EndSessionRequest, GetSettingsRequest, ListSessionsRequest,
    PutSettingsRequest,
};

use super::{
    loaders::{Asker, asker},
    member::{Language, TitleLanguage, moment},
    mutation::WRITE,
};
use crate::http::{extract::uuid, problem::Problem};

/// Whom a section of a profile is for.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum Audience {
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

#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "SettingsInput")]
pub(super) struct Settings {
    display_name: String,
    language: Language,
    /// What movies are called.
    title_language: TitleLanguage,
    ratings: Audience,
    shelf: Audience,
    /// All comments in one list; each of them is public under its movie whatever is chosen here.
    comments: Audience,
    taste: Audience,
}

impl From<proto::Settings> for Settings {
    fn from(found: proto::Settings) -> Self {
        Self {
            language: Language::parse(&found.language),
            title_language: TitleLanguage::parse(&found.title_language),
            ratings: Audience::from_inside(found.ratings()),
            shelf: Audience::from_inside(found.shelf()),
            comments: Audience::from_inside(found.comments()),
            taste: Audience::from_inside(found.taste()),
            display_name: found.display_name,
        }
    }
}

impl From<Settings> for proto::Settings {
    fn from(given: Settings) -> Self {
        Self {
            display_name: given.display_name,
            language: given.language.inside().to_owned(),
            title_language: given.title_language.inside().to_owned(),
            ratings: given.ratings.inside(),
            shelf: given.shelf.inside(),
            comments: given.comments.inside(),
            taste: given.taste.inside(),
        }
    }
}

/// A browser that is signed in.
#[derive(SimpleObject)]
pub(super) struct Session {
    id: ID,
    /// Whether it is the asking one.
    current: bool,
    /// What the browser calls itself; may be empty.
    user_agent: String,
    /// From where it signed in; may be empty.
    peer_address: String,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339. A page that is open uses its session every ten minutes.
    last_used_at: String,
}

pub(super) async fn of_asker(asker: &Asker) -> Result<Settings, Problem> {
    let mut user = asker.clients.user.clone();
    let answer = user.get_settings(request(GetSettingsRequest {}, &asker.caller)).await?;
    Ok(answer.into_inner().settings.unwrap_or_default().into())
}

pub(super) async fn sessions_of_asker(asker: &Asker) -> Result<Vec<Session>, Problem> {
    let mut user = asker.clients.user.clone();
    let answer = user
        .list_sessions(request(ListSessionsRequest {}, &asker.caller))
        .await?;
    let sessions = answer.into_inner().sessions.into_iter();
    let sessions = sessions.map(|session| Session {
        id: ID(session.id),
        current: session.current,
        user_agent: session.user_agent,
        peer_address: session.peer_address,
        created_at: moment(session.created_at),
        last_used_at: moment(session.last_used_at),
    });
    Ok(sessions.collect())
}

/// The writes.
pub(super) struct SettingsMutation;

#[Object]
impl SettingsMutation {
    /// Replaces the settings, all of them.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_settings(&self, ctx: &Context<'_>, settings: Settings) -> Result<Settings, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = PutSettingsRequest {
            settings: Some(settings.into()),
        };
        let mut user = asker.clients.user.clone();
        let answer = user.put_settings(request(message, &asker.caller)).await?;
        Ok(answer.into_inner().settings.unwrap_or_default().into())
    }

    /// Ends one of the asker's sessions; its access token is refused within seconds.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn end_session(&self, ctx: &Context<'_>, session_id: ID) -> Result<bool, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = EndSessionRequest {
            session_id: uuid("sessionId", &session_id)?.to_string(),
        };
        let mut user = asker.clients.user.clone();
        user.end_session(request(message, &asker.caller)).await?;
        Ok(true)
    }

    /// Ends all of the asker's sessions but this one; how many there were.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn end_other_sessions(&self, ctx: &Context<'_>) -> Result<i32, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let mut user = asker.clients.user.clone();
        let answer = user
            .end_other_sessions(request(EndOtherSessionsRequest {}, &asker.caller))
            .await?;
        Ok(answer.into_inner().ended)
    }
}
