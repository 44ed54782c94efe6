//! The writes about the caller's settings and sessions.

use async_graphql::{Context, ID, Object};

use super::{mutation::WRITE, request_context::request_context};
use crate::{
    features::{
        sessions,
        settings::{self, Settings},
    },
    http::{extract::uuid, problem::Problem},
};

pub(super) struct SettingsMutation;

#[Object]
impl SettingsMutation {
    /// Replaces all of the settings.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_settings(&self, ctx: &Context<'_>, settings: Settings) -> Result<Settings, Problem> {
        let context = request_context(ctx);
        context.member()?;
        Ok(settings::put(&context.clients, &context.caller, settings).await?)
    }

    /// Ends one of the caller's sessions; its access token is refused within seconds.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn end_session(&self, ctx: &Context<'_>, session_id: ID) -> Result<bool, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let id = uuid("sessionId", &session_id)?;
        sessions::end(&context.clients, &context.caller, id).await?;
        Ok(true)
    }

    /// Ends all of the caller's sessions but the session of this request, and returns how many it ended.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn end_other_sessions(&self, ctx: &Context<'_>) -> Result<i32, Problem> {
        let context = request_context(ctx);
        context.member()?;
        Ok(sessions::end_others(&context.clients, &context.caller).await?)
    }
}
