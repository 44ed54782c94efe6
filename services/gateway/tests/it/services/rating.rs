//! Stands in for the rating service proper, which is one gRPC service: ratings and shelves, comments with their likes and
//! replies, and the feed.

use matcha_protos::rating::v1::{rating_service_server::*, *};
use tokio_stream::Empty;
use tonic::{Request, Status};
use uuid::Uuid;

use super::{Answer, Services, answer, asking, first_page_only, invalid, not_found, signed_in};

#[tonic::async_trait]
impl RatingService for Services {
    async fn rate(&self, request: Request<RateRequest>) -> Answer<RateResponse> {
        self.enter("rating.Rate").await?;
        signed_in(&request)?;
        let RateRequest { movie_id, stars } = request.into_inner();
        if !(1..=10).contains(&stars) {
            return Err(invalid("stars"));
        }
        self.ensure_movie(&movie_id)?;
        let version = self.next_version();
        let rated_count = self.state(|state| {
            state.rated.insert(movie_id, stars);
            state.rated.len() as i64
        });
        answer(RateResponse {
            stars,
            version,
            rated_count,
        })
    }

    async fn clear_rating(&self, request: Request<ClearRatingRequest>) -> Answer<ClearRatingResponse> {
        self.enter("rating.ClearRating").await?;
        let rated_count = self.state(|state| {
            state.rated.remove(&request.into_inner().movie_id);
            state.rated.len() as i64
        });
        answer(ClearRatingResponse { rated_count })
    }

    async fn put_shelf(&self, request: Request<PutShelfRequest>) -> Answer<PutShelfResponse> {
        self.enter("rating.PutShelf").await?;
        let request = request.into_inner();
        if request.state() == ShelfState::Unspecified {
            return Err(invalid("state"));
        }
        self.ensure_movie(&request.movie_id)?;
        self.state(|state| state.shelf.insert(request.movie_id, request.state));
        let version = self.next_version();
        answer(PutShelfResponse { version })
    }

    async fn clear_shelf(&self, request: Request<ClearShelfRequest>) -> Answer<ClearShelfResponse> {
        self.enter("rating.ClearShelf").await?;
        self.state(|state| state.shelf.remove(&request.into_inner().movie_id));
        answer(ClearShelfResponse {})
    }

    async fn get_statistics(&self, request: Request<GetStatisticsRequest>) -> Answer<GetStatisticsResponse> {
        self.enter("rating.GetStatistics").await?;
        // Three people rated each movie that there is.
        let ids = request.into_inner().movie_ids.into_iter();
        let statistics = ids.map(|movie_id| match self.ensure_movie(&movie_id) {
            Ok(()) => MovieStatistics {
                movie_id,
                count: 3,
                sum: 23,
                histogram: vec![0, 0, 0, 0, 0, 1, 0, 1, 1, 0],
                comment_count: 2,
            },
            Err(_) => MovieStatistics {
                movie_id,
                histogram: vec![0; 10],
                ..MovieStatistics::default()
            },
        });
        answer(GetStatisticsResponse {
            statistics: statistics.collect(),
        })
    }

    async fn get_mine(&self, request: Request<GetMineRequest>) -> Answer<GetMineResponse> {
        self.enter("rating.GetMine").await?;
        let ids = request.into_inner().movie_ids.into_iter();
        let (rated, shelf) = self.state(|state| (state.rated.clone(), state.shelf.clone()));
        let mine = ids.filter_map(|movie_id| {
            let (stars, place) = (rated.get(&movie_id), shelf.get(&movie_id));
            (stars.is_some() || place.is_some()).then(|| Mine {
                stars: stars.copied(),
                shelf: place.copied().unwrap_or_default(),
                movie_id,
            })
        });
        answer(GetMineResponse {
            mine: mine.collect(),
            rated_count: rated.len() as i64,
        })
    }

    async fn list_ratings(&self, request: Request<ListRatingsRequest>) -> Answer<ListRatingsResponse> {
        self.enter("rating.ListRatings").await?;
        let ListRatingsRequest {
            stars: only,
            member_id,
            cursor,
            ..
        } = request.into_inner();
        first_page_only(&cursor)?;
        self.state(|state| state.lists_of = member_id);
        let ratings = self.state(|state| {
            let rated = state.rated.iter();
            let rated = rated.filter(|(_, stars)| only.is_none_or(|only| only == **stars));
            let ratings = rated.map(|(movie_id, stars)| Rating {
                movie_id: movie_id.clone(),
                stars: *stars,
                rated_at: 1_700_000_000,
                rated_at_micros: 250_000,
            });
            ratings.collect::<Vec<_>>()
        });
        answer(ListRatingsResponse {
            total: ratings.len() as i64,
            ratings,
            next_cursor: String::new(),
        })
    }

    async fn list_rated_movies(&self, _: Request<ListRatedMoviesRequest>) -> Answer<ListRatedMoviesResponse> {
        self.enter("rating.ListRatedMovies").await?;
        answer(ListRatedMoviesResponse {
            movie_ids: self.state(|state| state.rated.keys().cloned().collect()),
        })
    }

    async fn list_shelf(&self, request: Request<ListShelfRequest>) -> Answer<ListShelfResponse> {
        self.enter("rating.ListShelf").await?;
        let request = request.into_inner();
        let wanted = request.state();
        let entries: Vec<ShelfEntry> = self.state(|state| {
            state.lists_of = request.member_id;
            let entries = state.shelf.iter().map(|(movie_id, place)| ShelfEntry {
                movie_id: movie_id.clone(),
                state: *place,
                changed_at: 1_700_000_000,
                changed_at_micros: 250_000,
            });
            let wanted = |entry: &ShelfEntry| wanted == ShelfState::Unspecified || entry.state() == wanted;
            entries.filter(wanted).collect()
        });
        answer(ListShelfResponse {
            total: entries.len() as i64,
            entries,
            next_cursor: String::new(),
        })
    }

    type StreamRatingsStream = Empty<Result<StreamRatingsResponse, Status>>;
    async fn stream_ratings(&self, _: Request<StreamRatingsRequest>) -> Answer<Self::StreamRatingsStream> {
        Err(Status::unimplemented("not the gateway's"))
    }

    type StreamShelfStream = Empty<Result<StreamShelfResponse, Status>>;
    async fn stream_shelf(&self, _: Request<StreamShelfRequest>) -> Answer<Self::StreamShelfStream> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn import_ratings(&self, _: Request<ImportRatingsRequest>) -> Answer<ImportRatingsResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn put_comment(&self, request: Request<PutCommentRequest>) -> Answer<PutCommentResponse> {
        self.enter("rating.PutComment").await?;
        let member_id = asking(&request);
        let PutCommentRequest {
            movie_id,
            text,
            spoiler,
        } = request.into_inner();
        if text.trim().is_empty() {
            return Err(invalid("text"));
        }
        self.ensure_movie(&movie_id)?;
        let comment = self.state(|state| {
            let there = state
                .comments
                .iter()
                .position(|comment| comment.member_id == member_id && comment.movie_id == movie_id);
            // A member has one comment on a movie: an edit keeps its id.
            let before = there.map(|place| state.comments.remove(place));
            let comment = Comment {
                id: before
                    .as_ref()
                    .map_or_else(|| Uuid::now_v7().to_string(), |comment| comment.id.clone()),
                movie_id,
                member_id,
                text,
                spoiler,
                state: CommentState::Checking.into(),
                created_at: 1_700_000_000,
                edited_at: before.map(|_| 1_700_000_100),
                ..Comment::default()
            };
            state.comments.push(comment.clone());
            comment
        });
        answer(PutCommentResponse { comment: Some(comment) })
    }

    async fn delete_comment(&self, request: Request<DeleteCommentRequest>) -> Answer<DeleteCommentResponse> {
        self.enter("rating.DeleteComment").await?;
        let member = asking(&request);
        let movie = request.into_inner().movie_id;
        let mine = |comment: &Comment| comment.member_id == member && comment.movie_id == movie;
        self.state(|state| state.comments.retain(|comment| !mine(comment)));
        answer(DeleteCommentResponse {})
    }

    async fn get_my_comments(&self, request: Request<GetMyCommentsRequest>) -> Answer<GetMyCommentsResponse> {
        self.enter("rating.GetMyComments").await?;
        let member = asking(&request);
        let movies = request.into_inner().movie_ids;
        if movies.len() > 50 {
            return Err(invalid("movie_ids"));
        }
        let mine = |comment: &&Comment| comment.member_id == member && movies.contains(&comment.movie_id);
        let comments = self.state(|state| state.comments.iter().filter(mine).cloned().collect());
        answer(GetMyCommentsResponse { comments })
    }

    async fn get_comments(&self, request: Request<GetCommentsRequest>) -> Answer<GetCommentsResponse> {
        self.enter("rating.GetComments").await?;
        let ids = request.into_inner().comment_ids;
        let wanted = |comment: &&Comment| ids.contains(&comment.id);
        let comments = self.state(|state| state.comments.iter().filter(wanted).cloned().collect());
        answer(GetCommentsResponse { comments })
    }

    /// All there are, whatever the movie.
    async fn list_comments(&self, request: Request<ListCommentsRequest>) -> Answer<ListCommentsResponse> {
        self.enter("rating.ListComments").await?;
        let request = request.into_inner();
        first_page_only(&request.cursor)?;
        let most = request.limit as usize;
        let comments = self.state(|state| state.comments.iter().take(most).cloned().collect::<Vec<_>>());
        answer(ListCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    async fn list_my_comments(&self, request: Request<ListMyCommentsRequest>) -> Answer<ListMyCommentsResponse> {
        self.enter("rating.ListMyComments").await?;
        let member = asking(&request);
        let mine = |comment: &&Comment| comment.member_id == member;
        let comments = self.state(|state| state.comments.iter().filter(mine).cloned().collect::<Vec<_>>());
        answer(ListMyCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    async fn list_member_comments(
        &self,
        request: Request<ListMemberCommentsRequest>,
    ) -> Answer<ListMemberCommentsResponse> {
        self.enter("rating.ListMemberComments").await?;
        let member = request.into_inner().member_id;
        let theirs = |comment: &&Comment| comment.member_id == member;
        let comments = self.state(|state| {
            state.lists_of = member.clone();
            state.comments.iter().filter(theirs).cloned().collect::<Vec<_>>()
        });
        answer(ListMemberCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    /// Mina did one thing after the other with the first movie.
    async fn list_feed(&self, request: Request<ListFeedRequest>) -> Answer<ListFeedResponse> {
        self.enter("rating.ListFeed").await?;
        let request = request.into_inner();
        if !request.cursor.is_empty() {
            return Err(Status::invalid_argument("the cursor does not belong to this list"));
        }
        let Some(movie) = self.state(|state| state.movies.first().cloned()) else {
            return answer(ListFeedResponse::default());
        };
        let member_id = Uuid::from_u128(7).to_string();
        let comment = Comment {
            id: Uuid::from_u128(8).to_string(),
            movie_id: movie.id.clone(),
            member_id: member_id.clone(),
            text: "They die at the end.".to_owned(),
            spoiler_suspected: true,
            ..Comment::default()
        };
        let kinds = [
            act::Kind::Rated(9),
            act::Kind::Commented(comment),
            act::Kind::Wished(Wished {}),
        ];
        let acts = kinds.into_iter().map(|kind| Act {
            member_id: member_id.clone(),
            movie_id: movie.id.clone(),
            acted_at: 1_700_000_000,
            kind: Some(kind),
        });
        answer(ListFeedResponse {
            acts: acts.take(request.limit as usize).collect(),
            next_cursor: String::new(),
            following_count: 1,
        })
    }

    async fn get_activity(&self, request: Request<GetActivityRequest>) -> Answer<GetActivityResponse> {
        self.enter("rating.GetActivity").await?;
        let member = request.into_inner().member_id;
        let (rated, commented) = self.state(|state| {
            let theirs = state.comments.iter().filter(|comment| comment.member_id == member);
            (state.rated.len() as i64, theirs.count() as i64)
        });
        answer(GetActivityResponse {
            rated_count: Some(rated),
            comment_count: Some(commented),
            likes_received: Some(commented * 2),
        })
    }

    async fn like_comment(&self, request: Request<LikeCommentRequest>) -> Answer<LikeCommentResponse> {
        self.enter("rating.LikeComment").await?;
        self.ensure_comment(&request.into_inner().comment_id)?;
        answer(LikeCommentResponse { like_count: 3 })
    }

    async fn unlike_comment(&self, _: Request<UnlikeCommentRequest>) -> Answer<UnlikeCommentResponse> {
        self.enter("rating.UnlikeComment").await?;
        answer(UnlikeCommentResponse { like_count: 2 })
    }

    async fn put_reply(&self, request: Request<PutReplyRequest>) -> Answer<PutReplyResponse> {
        self.enter("rating.PutReply").await?;
        let member_id = asking(&request);
        let request = request.into_inner();
        self.ensure_comment(&request.comment_id)?;
        let reply = Reply {
            id: request.reply_id,
            comment_id: request.comment_id,
            member_id,
            text: request.text,
            ..Reply::default()
        };
        self.state(|state| state.replies.push(reply.clone()));
        answer(PutReplyResponse { reply: Some(reply) })
    }

    async fn delete_reply(&self, _: Request<DeleteReplyRequest>) -> Answer<DeleteReplyResponse> {
        self.enter("rating.DeleteReply").await?;
        answer(DeleteReplyResponse {})
    }

    async fn list_replies(&self, request: Request<ListRepliesRequest>) -> Answer<ListRepliesResponse> {
        self.enter("rating.ListReplies").await?;
        let comment = request.into_inner().comment_id;
        let of = |reply: &&Reply| reply.comment_id == comment;
        let replies = self.state(|state| state.replies.iter().filter(of).cloned().collect::<Vec<_>>());
        answer(ListRepliesResponse {
            total: replies.len() as i64,
            replies,
            next_cursor: String::new(),
        })
    }
}

impl Services {
    /// Somebody's public comment of this id on the first movie.
    pub(crate) fn add_comment(&self, id: &str) {
        self.state(|state| {
            let movie_id = state.movies.first().map(|movie| movie.id.clone());
            state.comments.push(Comment {
                id: id.to_owned(),
                movie_id: movie_id.unwrap_or_default(),
                member_id: Uuid::from_u128(9).to_string(),
                text: "fine".to_owned(),
                state: CommentState::Public.into(),
                created_at: 1_700_000_000,
                ..Comment::default()
            });
        });
    }

    fn ensure_comment(&self, id: &str) -> Result<(), Status> {
        let there = self.state(|state| state.comments.iter().any(|comment| comment.id == id));
        if there { Ok(()) } else { Err(not_found("comment_id")) }
    }
}
