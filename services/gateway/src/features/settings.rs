//! A member's settings: the display name, the languages, and who sees which section of the profile.

use async_graphql::{Enum, InputObject, SimpleObject};
use chassis::{client::request, identity::Caller};
use matcha_protos::user::v1::{self as proto, GetSettingsRequest, PutSettingsRequest};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;

use crate::{upstream::clients::Clients, wire_enum::wire_enum};

/// A member's settings.
#[derive(SimpleObject, InputObject, Serialize, Deserialize, ToSchema)]
#[graphql(input_name = "SettingsInput")]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// 1-50 characters.
    #[schema(min_length = 1, max_length = 50, pattern = "\\S")]
    display_name: String,
    /// `ko` or `en`.
    #[schema(value_type = String, example = "ko", pattern = "^(ko|en)$")]
    language: Language,
    /// In which language movie titles are shown. In REST it may be left out: then it is `page`.
    #[serde(default)]
    title_language: TitleLanguage,
    /// Who sees the ratings.
    ratings: Audience,
    /// Who sees the shelf.
    shelf: Audience,
    /// Who sees all comments in one list. Each comment is public under its movie whatever this says.
    comments: Audience,
    /// Who sees the taste.
    taste: Audience,
}

/// A language of the site.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Language {
    Ko,
    En,
}

impl Language {
    /// Reads a language tag as the user service stores it; an unknown one becomes Korean.
    pub(crate) fn from_tag(tag: &str) -> Self {
        match tag {
            "en" => Self::En,
            _ => Self::Ko,
        }
    }

    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }
}

/// In which language movie titles are shown.
#[derive(Clone, Copy, Default, PartialEq, Eq, Enum, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TitleLanguage {
    /// The language of the page.
    #[default]
    Page,
    /// Korean.
    Ko,
    /// English.
    En,
    /// The original title.
    Original,
}

impl TitleLanguage {
    /// Reads the word that the user service stores; an unknown one becomes `page`.
    fn from_proto(word: &str) -> Self {
        match word {
            "ko" => Self::Ko,
            "en" => Self::En,
            "original" => Self::Original,
            _ => Self::Page,
        }
    }

    fn to_proto(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ko => "ko",
            Self::En => "en",
            Self::Original => "original",
        }
    }
}

wire_enum! {
    /// Who sees a section of a profile.
    pub(crate) enum Audience = proto::Audience {
        Public,
        Followers,
        Private,
    }
}

impl Audience {
    /// A value that this gateway does not know is shown as private, which gives nothing away.
    fn or_private(value: proto::Audience) -> Self {
        Self::from_proto(value).unwrap_or(Self::Private)
    }
}

impl From<proto::Settings> for Settings {
    fn from(found: proto::Settings) -> Self {
        Self {
            language: Language::from_tag(&found.language),
            title_language: TitleLanguage::from_proto(&found.title_language),
            ratings: Audience::or_private(found.ratings()),
            shelf: Audience::or_private(found.shelf()),
            comments: Audience::or_private(found.comments()),
            taste: Audience::or_private(found.taste()),
            display_name: found.display_name,
        }
    }
}

impl From<Settings> for proto::Settings {
    fn from(given: Settings) -> Self {
        Self {
            display_name: given.display_name,
            language: given.language.tag().to_owned(),
            title_language: given.title_language.to_proto().to_owned(),
            ratings: given.ratings.to_proto().into(),
            shelf: given.shelf.to_proto().into(),
            comments: given.comments.to_proto().into(),
            taste: given.taste.to_proto().into(),
        }
    }
}

/// Reads the caller's settings.
pub(crate) async fn get(clients: &Clients, caller: &Caller) -> Result<Settings, Status> {
    let mut user = clients.user.clone();
    let answer = user.get_settings(request(GetSettingsRequest {}, caller)).await?;
    Ok(answer.into_inner().settings.unwrap_or_default().into())
}

/// Replaces all of the caller's settings and returns them as they are stored.
pub(crate) async fn put(clients: &Clients, caller: &Caller, settings: Settings) -> Result<Settings, Status> {
    let message = PutSettingsRequest {
        settings: Some(settings.into()),
    };
    let mut user = clients.user.clone();
    let answer = user.put_settings(request(message, caller)).await?;
    Ok(answer.into_inner().settings.unwrap_or_default().into())
}
