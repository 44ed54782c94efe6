//! Stands in for `RatingService`: ratings, shelves and the feed.

use matcha_protos::rating::v1::{rating_service_server::*, *};
use tokio_stream::Empty;
use tonic::{Request, Status};
use uuid::Uuid;

use super::{Answer, Services, answer, first_page_only, invalid, signed_in};

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
}
