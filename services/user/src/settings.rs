//! A member's settings: the name others read, the languages, and who sees which section of the profile. They are replaced as a
//! whole, so that the same request again changes nothing. Closing the account has its place beside them.

use matcha_protos::user::v1 as proto;
use messaging::postgres;

use crate::{
    Users,
    error::Error,
    members::MemberId,
    names::{display_name, language, title_language},
    privacy::Audience,
};

#[derive(Debug, sqlx::FromRow)]
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
            display_name: display_name(&given.display_name)?,
            language: language(&given.language)?.to_owned(),
            title_language: title_language(&given.title_language)?.to_owned(),
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
            ratings: settings.ratings_for.outside().into(),
            shelf: settings.shelf_for.outside().into(),
            comments: settings.comments_for.outside().into(),
            taste: settings.taste_for.outside().into(),
        }
    }
}

pub(crate) async fn get(users: &Users, member: MemberId) -> Result<proto::GetSettingsResponse, Error> {
    let settings: Option<Settings> = sqlx::query_as(
        "select display_name, language, title_language, ratings_for, shelf_for, comments_for, taste_for
         from members where id = $1",
    )
    .bind(member)
    .fetch_optional(&users.db)
    .await?;
    // The token outlived the account.
    let settings = settings.ok_or(Error::SessionEnded)?;
    Ok(proto::GetSettingsResponse {
        settings: Some(settings.into()),
    })
}

pub(crate) async fn put(
    users: &Users,
    member: MemberId,
    request: proto::PutSettingsRequest,
) -> Result<proto::PutSettingsResponse, Error> {
    let settings = Settings::try_from(request.settings.unwrap_or_default())?;
    let kept: Option<Settings> = postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            let kept = sqlx::query_as(
                "update members set display_name = $2, language = $3, title_language = $4, ratings_for = $5,
                                    shelf_for = $6, comments_for = $7, taste_for = $8, version = version + 1
                 where id = $1
                 returning display_name, language, title_language, ratings_for, shelf_for, comments_for, taste_for",
            )
            .bind(member)
            .bind(settings.display_name)
            .bind(settings.language)
            .bind(settings.title_language)
            .bind(settings.ratings_for)
            .bind(settings.shelf_for)
            .bind(settings.comments_for)
            .bind(settings.taste_for)
            .fetch_optional(tx)
            .await?;
            Ok::<_, Error>(kept)
        })
    })
    .await?;
    let kept = kept.ok_or(Error::SessionEnded)?;
    Ok(proto::PutSettingsResponse {
        settings: Some(kept.into()),
    })
}
