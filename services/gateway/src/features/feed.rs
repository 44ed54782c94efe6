//! The feed: what the members whom the caller follows rated, wrote and wish for.

use async_graphql::{Enum, ID, SimpleObject};
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{self as proto, ListFeedRequest, act::Kind};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        authors::{Author, Authors},
        comments::Comment,
        movies::{self, Movie},
        page::{Page, PageRequest, page_names},
    },
    id::Id,
    stars,
    timestamp::Timestamp,
    upstream::{clients::Clients, degraded::Degraded},
};

/// Something that a member did with a movie.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(complex, name = "Act")]
#[schema(as = Act)]
pub(crate) struct FeedItem {
    /// One id per member, kind and movie: rating a movie again keeps it.
    #[serde(skip)]
    id: ID,
    kind: FeedItemKind,
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) member_id: Id,
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) movie_id: Id,
    /// The member who did it; null if members cannot be read at the moment.
    #[graphql(skip)]
    member: Option<Author>,
    /// `Some` in every item that [`Feed::with_movies_and_members`] returns.
    #[graphql(skip)]
    #[schema(value_type = Movie)]
    movie: Option<Movie>,
    /// RFC 3339.
    #[schema(value_type = OffsetDateTime)]
    acted_at: Timestamp,
    /// 0.5-5.0, if the kind is rated.
    stars: Option<f64>,
    /// If the kind is commented.
    comment: Option<Comment>,
}

/// What a member did.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Serialize, ToSchema)]
#[graphql(name = "ActKind")]
#[schema(as = ActKind)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FeedItemKind {
    Rated,
    Commented,
    Wished,
}

impl FeedItem {
    /// `None` for a kind that is newer than this gateway.
    fn new(item: proto::Act, caller: &Caller) -> Option<Self> {
        let (kind, word, stars, comment) = match item.kind? {
            Kind::Rated(half_stars) => (
                FeedItemKind::Rated,
                "rated",
                Some(stars::from_half_steps(half_stars)),
                None,
            ),
            Kind::Commented(comment) => {
                let comment = Comment::new(comment, caller);
                (FeedItemKind::Commented, "commented", None, Some(comment))
            }
            Kind::Wished(_) => (FeedItemKind::Wished, "wished", None, None),
        };
        Some(Self {
            id: ID(format!("{word}:{}:{}", item.member_id, item.movie_id)),
            kind,
            member_id: Id::from_proto(&item.member_id),
            movie_id: Id::from_proto(&item.movie_id),
            member: None,
            movie: None,
            acted_at: Timestamp::from_seconds(item.acted_at),
            stars,
            comment,
        })
    }
}

/// What a page of the feed says beside its items.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct FollowingCount {
    /// How many members the caller follows, at most 1,000.
    following_count: i64,
    /// Services that could not answer; what they know is null.
    #[graphql(skip)]
    degraded: Vec<&'static str>,
}

/// A page of the feed.
pub(crate) type Feed = Page<FeedItem, FollowingCount>;

page_names!(Feed, "ActConnection", "A page of the feed.");

impl Feed {
    /// Reads the movies with their averages, and the members. Items whose movie is no longer in the catalogue are left out.
    pub(crate) async fn with_movies_and_members(mut self, clients: &Clients, caller: &Caller) -> Result<Self, Status> {
        let degraded = Degraded::default();
        let mut ids: Vec<Uuid> = self.items.iter().map(|item| item.movie_id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let movies = async {
            let mut movies = movies::read(clients, &ids).await?;
            movies::add_averages(clients, movies.values_mut(), &degraded).await;
            Ok::<_, Status>(movies)
        };
        let members = self.items.iter().map(|item| item.member_id);
        let (movies, authors) = tokio::join!(movies, Authors::read(clients, caller, members, &degraded));
        let movies = movies?;
        let items = self.items.into_iter().filter_map(|item| {
            Some(FeedItem {
                movie: Some(movies.get(&item.movie_id)?.clone()),
                member: authors.get(item.member_id),
                comment: item.comment.map(|comment| comment.with_member_of(&authors)),
                ..item
            })
        });
        self.items = items.collect();
        self.extra.degraded = degraded.names();
        Ok(self)
    }
}

/// Reads the feed, newest first. The services leave out what a member does not show to the caller.
pub(crate) async fn list(clients: &Clients, caller: &Caller, page: PageRequest) -> Result<Feed, Status> {
    let message = ListFeedRequest {
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.rating.clone().list_feed(request(message, caller)).await?;
    let answer = answer.into_inner();
    let extra = FollowingCount {
        following_count: answer.following_count,
        degraded: Vec::new(),
    };
    let items = answer.acts.into_iter().filter_map(|item| FeedItem::new(item, caller));
    Ok(Feed::new(items.collect(), answer.next_cursor, extra))
}
