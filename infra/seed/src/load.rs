//! Sends batches to the services. Every call is idempotent.

use std::{collections::HashSet, time::Duration};

use anyhow::Context as _;
use chassis::client::{Channel, Channels};
use matcha_protos::{
    movie::v1::{GetMoviesRequest, PutMovie, PutMoviesRequest, movie_service_client::MovieServiceClient},
    rating::v1::{
        ImportComment, ImportCommentsRequest, ImportList, ImportListsRequest, ImportRating, ImportRatingsRequest,
        ImportWatch, ImportWatchesRequest, community_service_client::CommunityServiceClient,
        rating_service_client::RatingServiceClient,
    },
    user::v1::{
        ImportFollow, ImportFollowsRequest, ImportMember, ImportMembersRequest, user_service_client::UserServiceClient,
    },
};
use tonic::{Code, Status};

// Items per request.
const MOVIES: usize = 500;
const MEMBERS: usize = 2_000;
const RATINGS: usize = 5_000;
const FOLLOWS: usize = 5_000;
/// Fewer, because a comment with its likes and replies takes several SQL statements.
const COMMENTS: usize = 200;
const LISTS: usize = 100;
const WATCHES: usize = 500;
/// The deadline of a batch, longer than that of a member's request.
const BATCH_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a call is repeated while a service is unavailable, or has not yet received the events of new movies.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// The clients of the services, with the rights of an operator.
pub(crate) struct Loader {
    users: UserServiceClient<Channel>,
    movies: MovieServiceClient<Channel>,
    ratings: RatingServiceClient<Channel>,
    community: CommunityServiceClient<Channel>,
}

impl Loader {
    pub(crate) fn new(channels: &Channels) -> Self {
        let channel = |name| channels.channel(name).with_limit(BATCH_TIMEOUT);
        Self {
            users: UserServiceClient::new(channel("user")),
            movies: MovieServiceClient::new(channel("movie")).max_decoding_message_size(16 << 20),
            ratings: RatingServiceClient::new(channel("rating")),
            community: CommunityServiceClient::new(channel("rating")),
        }
    }

    /// The ids of these movies that the movie service already has.
    pub(crate) async fn existing(&self, ids: &[String]) -> anyhow::Result<HashSet<String>> {
        let mut existing = HashSet::new();
        for ids in ids.chunks(MOVIES) {
            let answer = with_retries("GetMovies", || {
                let mut movies = self.movies.clone();
                async move { movies.get_movies(GetMoviesRequest { ids: ids.to_vec() }).await }
            })
            .await?;
            existing.extend(answer.movies.into_iter().map(|movie| movie.id));
        }
        Ok(existing)
    }

    /// Returns how many movies were new or changed.
    pub(crate) async fn movies(&self, all: &[PutMovie]) -> anyhow::Result<i32> {
        let mut changed = 0;
        for movies in all.chunks(MOVIES) {
            let answer = with_retries("PutMovies", || {
                let mut client = self.movies.clone();
                async move {
                    client
                        .put_movies(PutMoviesRequest {
                            movies: movies.to_vec(),
                        })
                        .await
                }
            })
            .await?;
            changed += answer.published + answer.changed;
        }
        Ok(changed)
    }

    /// Returns how many were new.
    pub(crate) async fn members(&self, all: &[ImportMember]) -> anyhow::Result<i32> {
        let mut created = 0;
        for members in all.chunks(MEMBERS) {
            let answer = with_retries("ImportMembers", || {
                let mut client = self.users.clone();
                async move {
                    client
                        .import_members(ImportMembersRequest {
                            members: members.to_vec(),
                        })
                        .await
                }
            })
            .await?;
            created += answer.created;
        }
        Ok(created)
    }

    /// Returns how many ratings were new or changed.
    pub(crate) async fn ratings(&self, all: &[ImportRating]) -> anyhow::Result<i32> {
        let mut changed = 0;
        for ratings in all.chunks(RATINGS) {
            let answer = with_retries("ImportRatings", || {
                let mut client = self.ratings.clone();
                async move {
                    client
                        .import_ratings(ImportRatingsRequest {
                            ratings: ratings.to_vec(),
                        })
                        .await
                }
            })
            .await?;
            changed += answer.changed;
        }
        Ok(changed)
    }

    /// Returns how many were new.
    pub(crate) async fn follows(&self, all: &[ImportFollow]) -> anyhow::Result<i32> {
        let mut created = 0;
        for follows in all.chunks(FOLLOWS) {
            let request = ImportFollowsRequest {
                follows: follows.to_vec(),
            };
            let answer = with_retries("ImportFollows", || {
                let (mut client, request) = (self.users.clone(), request.clone());
                async move { client.import_follows(request).await }
            })
            .await?;
            created += answer.created;
        }
        Ok(created)
    }

    /// Returns how many were new.
    pub(crate) async fn comments(&self, all: &[ImportComment]) -> anyhow::Result<i32> {
        let mut created = 0;
        for comments in all.chunks(COMMENTS) {
            let request = ImportCommentsRequest {
                comments: comments.to_vec(),
            };
            let answer = with_retries("ImportComments", || {
                let (mut client, request) = (self.community.clone(), request.clone());
                async move { client.import_comments(request).await }
            })
            .await?;
            created += answer.created;
        }
        Ok(created)
    }

    /// Returns how many were new.
    pub(crate) async fn lists(&self, all: &[ImportList]) -> anyhow::Result<i32> {
        let mut created = 0;
        for lists in all.chunks(LISTS) {
            let request = ImportListsRequest { lists: lists.to_vec() };
            let answer = with_retries("ImportLists", || {
                let (mut client, request) = (self.community.clone(), request.clone());
                async move { client.import_lists(request).await }
            })
            .await?;
            created += answer.created;
        }
        Ok(created)
    }

    /// Returns how many were new.
    pub(crate) async fn watches(&self, all: &[ImportWatch]) -> anyhow::Result<i32> {
        let mut created = 0;
        for watches in all.chunks(WATCHES) {
            let request = ImportWatchesRequest {
                watches: watches.to_vec(),
            };
            let answer = with_retries("ImportWatches", || {
                let (mut client, request) = (self.community.clone(), request.clone());
                async move { client.import_watches(request).await }
            })
            .await?;
            created += answer.created;
        }
        Ok(created)
    }
}

/// Repeats an idempotent call until it succeeds, fails permanently, or `RETRY_TIMEOUT` has passed.
async fn with_retries<T, F>(what: &str, call: impl Fn() -> F) -> anyhow::Result<T>
where
    F: Future<Output = Result<tonic::Response<T>, Status>>,
{
    let end = tokio::time::Instant::now() + RETRY_TIMEOUT;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) if is_retryable(&status) && tokio::time::Instant::now() < end => {
                tracing::debug!(what, %status, "retrying");
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            Err(status) => return Err(status).with_context(|| format!("{what} failed")),
        }
    }
}

fn is_retryable(status: &Status) -> bool {
    // NOT_FOUND: the rating service learns of new movies by event, so it may not know them yet.
    matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::NotFound | Code::ResourceExhausted
    )
}
