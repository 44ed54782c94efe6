//! What a profile says beside its lists, the same words in REST and in GraphQL.

use async_graphql::{Enum, SimpleObject};
use matcha_protos::{recommendation::v1::GetMatchResponse, user::v1 as user};
use serde::Serialize;
use utoipa::ToSchema;

/// The parts of a profile that a member can show to everybody, to followers, or to nobody.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Serialize, ToSchema)]
#[graphql(name = "ProfileSection")]
#[serde(rename_all = "snake_case")]
pub(crate) enum Section {
    Ratings,
    Shelf,
    Comments,
    Taste,
}

impl Section {
    /// Those that the viewer may see.
    pub(crate) fn visible(profile: &user::Profile) -> Vec<Self> {
        let sections = profile.visible().filter_map(|section| match section {
            user::Section::Unspecified => None,
            user::Section::Ratings => Some(Self::Ratings),
            user::Section::Shelf => Some(Self::Shelf),
            user::Section::Comments => Some(Self::Comments),
            user::Section::Taste => Some(Self::Taste),
        });
        sections.collect()
    }
}

/// How alike two tastes are.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct TasteMatch {
    /// 0-100; 50 is what two strangers have. Null: too few movies in common.
    percent: Option<i32>,
    /// Movies that both have rated.
    common_count: i64,
    /// Movies in common that a percentage needs.
    needed: i64,
}

impl From<GetMatchResponse> for TasteMatch {
    fn from(found: GetMatchResponse) -> Self {
        Self {
            percent: found.percent,
            common_count: found.common_count,
            needed: found.needed,
        }
    }
}
