//! A member's settings: display name, languages, and the audience of each section of the profile. A PUT replaces all of them,
//! so it is idempotent.

use matcha_protos::user::v1 as proto;
use messaging::postgres;

use crate::{
    Service,
    error::Error,
    members::MemberId,
    names::{parse_display_name, parse_language, parse_title_language},
    privacy::Audience,
};

#[derive(Debug)]
struct Settings {
    display_name: String,
    language: String,
    title_language: String,
    ratings_for: Audience,
    shelf_for: Audience,
    comments_for: Audience,
    taste_for: Audience,
}

impl TryFrom<proto::Settings> for Settings {
    type Error = Error;

    fn try_from(given: proto::Settings) -> Result<Self, Error> {
        Ok(Self {
            display_name: parse_display_name(&given.display_name)?,
            language: parse_language(&given.language)?.to_owned(),
            title_language: parse_title_language(&given.title_language)?.to_owned(),
            ratings_for: Audience::parse("ratings", given.ratings)?,
            shelf_for: Audience::parse("shelf", given.shelf)?,
            comments_for: Audience::parse("comments", given.comments)?,
            taste_for: Audience::parse("taste", given.taste)?,
        })
    }
}

impl From<Settings> for proto::Settings {
    fn from(settings: Settings) -> Self {
        Self {
            display_name: settings.display_name,
            language: settings.language,
            title_language: settings.title_language,
            ratings: settings.ratings_for.to_proto().into(),
            shelf: settings.shelf_for.to_proto().into(),
            comments: settings.comments_for.to_proto().into(),
            taste: settings.taste_for.to_proto().into(),
        }
    }
}

pub(crate) async fn get_settings(service: &Service, member: MemberId) -> Result<proto::GetSettingsResponse, Error> {
    let settings = sqlx::query_as!(
        Settings,
        r#"select display_name, language, title_language, ratings_for as "ratings_for: Audience",
                  shelf_for as "shelf_for: Audience", comments_for as "comments_for: Audience",
                  taste_for as "taste_for: Audience"
           from members where id = $1"#,
        member as MemberId
    )
    .fetch_optional(&service.db)
    .await?;
    // The caller's access token outlived the account.
    let settings = settings.ok_or_else(Error::session_ended)?;
    Ok(proto::GetSettingsResponse {
        settings: Some(settings.into()),
    })
}

pub(crate) async fn put_settings(
    service: &Service,
    member: MemberId,
    request: proto::PutSettingsRequest,
) -> Result<proto::PutSettingsResponse, Error> {
    let settings = Settings::try_from(request.settings.unwrap_or_default())?;
    let stored = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let stored = sqlx::query_as!(
                Settings,
                r#"update members set display_name = $2, language = $3, title_language = $4, ratings_for = $5,
                                      shelf_for = $6, comments_for = $7, taste_for = $8, version = version + 1
                   where id = $1
                   returning display_name, language, title_language, ratings_for as "ratings_for: Audience",
                             shelf_for as "shelf_for: Audience", comments_for as "comments_for: Audience",
                             taste_for as "taste_for: Audience""#,
                member as MemberId,
                settings.display_name,
                settings.language,
                settings.title_language,
                settings.ratings_for as Audience,
                settings.shelf_for as Audience,
                settings.comments_for as Audience,
                settings.taste_for as Audience
            )
            .fetch_optional(tx)
            .await?;
            Ok::<_, Error>(stored)
        })
    })
    .await?;
    let stored = stored.ok_or_else(Error::session_ended)?;
    Ok(proto::PutSettingsResponse {
        settings: Some(stored.into()),
    })
}
