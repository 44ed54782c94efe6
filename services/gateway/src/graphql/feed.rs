//! What the members whom the asker follows did, and whom else the asker could follow.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::{
    rating::v1::{self as proto, ListFeedRequest, act},
    user::v1::SuggestMembersRequest,
};

use super::{
    comments::{Author, Comment, author},
    loaders::{Asker, asker},
    member::moment,
    movie::Movie,
    profile::PublicMember,
};
use crate::{
    http::{
        extract::{cursor, limit},
        problem::Problem,
    },
    stars,
};

/// Something that a member did with a movie.
pub(super) struct Act {
    found: proto::Act,
    kind: act::Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum ActKind {
    Rated,
    Commented,
    Wished,
}

#[derive(SimpleObject)]
pub(super) struct ActConnection {
    items: Vec<Act>,
    next_cursor: Option<String>,
    /// How many members the asker follows, at most 1,000.
    following_count: i64,
}

pub(super) async fn of_asker(
    asker: &Asker,
    first: Option<i32>,
    after: Option<String>,
) -> Result<ActConnection, Problem> {
    let message = ListFeedRequest {
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
    };
    // There may be as many comments in it.
    asker.take_comments()?;
    let mut rating = asker.clients.rating.clone();
    let answer = rating.list_feed(request(message, &asker.caller)).await?.into_inner();
    let acts = answer.acts.into_iter();
    Ok(ActConnection {
        items: acts.filter_map(Act::new).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        following_count: answer.following_count,
    })
}

pub(super) async fn suggested(asker: &Asker, first: Option<i32>) -> Result<Vec<PublicMember>, Problem> {
    let message = SuggestMembersRequest {
        limit: limit("first", first, 6, 20)?,
    };
    let mut user = asker.clients.user.clone();
    let answer = user.suggest_members(request(message, &asker.caller)).await?;
    let members = answer.into_inner().members.into_iter();
    Ok(members.map(|found| PublicMember::new(found.into())).collect())
}

impl Act {
    /// None: a kind that is newer than this gateway.
    fn new(mut found: proto::Act) -> Option<Self> {
        let kind = found.kind.take()?;
        Some(Self { found, kind })
    }
}

#[Object]
impl Act {
    /// The same as long as it is the same act, also when its stars change.
    async fn id(&self) -> ID {
        let word = match self.kind {
            act::Kind::Rated(_) => "rated",
            act::Kind::Commented(_) => "commented",
            act::Kind::Wished(_) => "wished",
        };
        ID(format!("{word}:{}:{}", self.found.member_id, self.found.movie_id))
    }

    /// Who did it; null when members cannot be had.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(asker(ctx), &self.found.member_id).await
    }

    /// Null when it cannot be had.
    async fn movie(&self, ctx: &Context<'_>) -> Option<Movie> {
        asker(ctx).movie_if_there(self.found.movie_id.parse().ok()?).await
    }

    /// RFC 3339.
    async fn acted_at(&self) -> String {
        moment(self.found.acted_at)
    }

    async fn kind(&self) -> ActKind {
        match self.kind {
            act::Kind::Rated(_) => ActKind::Rated,
            act::Kind::Commented(_) => ActKind::Commented,
            act::Kind::Wished(_) => ActKind::Wished,
        }
    }

    /// With RATED: 0.5-5.0.
    async fn stars(&self) -> Option<f64> {
        match self.kind {
            act::Kind::Rated(given) => Some(stars::outside(given)),
            act::Kind::Commented(_) | act::Kind::Wished(_) => None,
        }
    }

    /// With COMMENTED.
    async fn comment(&self) -> Option<Comment> {
        match &self.kind {
            act::Kind::Commented(comment) => Some(comment.clone().into()),
            act::Kind::Rated(_) | act::Kind::Wished(_) => None,
        }
    }
}
