//! `/api/v1/me/feed`: what the members whom the caller follows did; and whom else to follow.

use axum::extract::State;
use chassis::client::request;
use matcha_protos::{
    rating::v1::{self as proto, ListFeedRequest, act},
    user::v1::SuggestMembersRequest,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    comments::{Author, Authors, Comment, PageFilter},
    me::{moment, movies_by_id},
    members::PublicMember,
    movies::Movie,
};
use crate::{
    http::{
        auth::SignedIn,
        extract::{Json, Query, cursor, limit},
        problem::Problem,
    },
    stars,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// Something that a member did with a movie.
#[derive(Serialize, ToSchema)]
struct Act {
    kind: ActKind,
    /// Null: members cannot be had at the moment.
    member: Option<Author>,
    movie: Movie,
    #[serde(with = "time::serde::rfc3339")]
    acted_at: OffsetDateTime,
    /// With `rated`: 0.5-5.0.
    stars: Option<f64>,
    /// With `commented`.
    comment: Option<Comment>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ActKind {
    Rated,
    Commented,
    Wished,
}

/// A page of the feed.
#[derive(Serialize, ToSchema)]
pub(super) struct Feed {
    items: Vec<Act>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// How many members the caller follows, at most 1,000.
    following_count: i64,
    degraded: Vec<&'static str>,
}

/// What followed members rated, wrote and wish for, newest first, as far as they show it.
#[utoipa::path(get, path = "/api/v1/me/feed", tag = "me", security(("bearer" = [])),
    params(PageFilter), responses((status = 200, body = Feed)))]
pub(super) async fn feed(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Feed>, Problem> {
    let message = ListFeedRequest {
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients.rating.clone().list_feed(request(message, &caller)).await?;
    let answer = answer.into_inner();
    let (mut degraded, mut nameless) = (Degraded::default(), Degraded::default());
    let mut ids = batch_reads::ids(answer.acts.iter().map(|act| &act.movie_id));
    ids.sort_unstable();
    ids.dedup();
    let members = answer.acts.iter().map(|act| &act.member_id);
    let (movies, authors) = tokio::join!(
        movies_by_id(&clients, &ids, &mut degraded),
        Authors::read(&clients, &caller, members, &mut nameless),
    );
    let movies = movies?;
    degraded.join(nameless);
    let items = answer.acts.into_iter().filter_map(|act: proto::Act| {
        let (kind, stars, comment) = match act.kind? {
            act::Kind::Rated(given) => (ActKind::Rated, Some(stars::outside(given)), None),
            act::Kind::Commented(found) => {
                let comment = Comment::new(found, &caller, &authors);
                (ActKind::Commented, None, Some(comment))
            }
            act::Kind::Wished(_) => (ActKind::Wished, None, None),
        };
        Some(Act {
            kind,
            member: authors.of(&act.member_id),
            movie: movies.get(&act.movie_id)?.clone(),
            acted_at: moment(act.acted_at),
            stars,
            comment,
        })
    });
    Ok(Json(Feed {
        items: items.collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        following_count: answer.following_count,
        degraded: degraded.into_names(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HowMany {
    /// 1-20, usually 6.
    #[param(minimum = 1, maximum = 20)]
    limit: Option<i32>,
}

/// Members to follow.
#[derive(Serialize, ToSchema)]
pub(super) struct SuggestedMembers {
    items: Vec<PublicMember>,
}

/// Members whom the caller could follow: those with most followers, then those who have been here longest.
#[utoipa::path(get, path = "/api/v1/me/suggested-members", tag = "me", security(("bearer" = [])),
    params(HowMany), responses((status = 200, body = SuggestedMembers)))]
pub(super) async fn suggested(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(how_many): Query<HowMany>,
) -> Result<Json<SuggestedMembers>, Problem> {
    let message = SuggestMembersRequest {
        limit: limit("limit", how_many.limit, 6, 20)?,
    };
    let answer = clients.user.clone().suggest_members(request(message, &caller)).await?;
    let members = answer.into_inner().members.into_iter();
    Ok(Json(SuggestedMembers {
        items: members.map(PublicMember::from).collect(),
    }))
}
