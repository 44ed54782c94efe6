//! Stands in for the recommendation service: its predictions and tastes are made up from the movies there are and what the
//! member rated.

use matcha_protos::recommendation::v1::{recommendation_service_server::*, *};
use tonic::{Request, Status};

use super::{Answer, Services, answer, asking, invalid};

#[tonic::async_trait]
impl RecommendationService for Services {
    /// Everything is predicted, what is rated too: the gateway must not show that.
    async fn predict(&self, request: Request<PredictRequest>) -> Answer<PredictResponse> {
        self.enter("recommendation.Predict").await?;
        let ids = request.into_inner().movie_ids.into_iter();
        let because: Vec<String> = self.state(|state| state.rated.keys().cloned().collect());
        let predictions = ids.map(|movie_id| Prediction {
            movie_id,
            stars: 3.649,
            confidence: Confidence::Medium.into(),
            because_movie_ids: because.clone(),
        });
        answer(PredictResponse {
            predictions: predictions.collect(),
            rated_count: because.len() as i64,
            unlock_at: 10,
        })
    }

    /// What is not rated, the last movie first, once ten are rated.
    async fn list_predicted(&self, request: Request<ListPredictedRequest>) -> Answer<ListPredictedResponse> {
        self.enter("recommendation.ListPredicted").await?;
        let most = request.into_inner().limit as usize;
        let (movies, rated) = self.state(|state| (state.movies.clone(), state.rated.clone()));
        let open = movies.iter().rev().filter(|movie| !rated.contains_key(&movie.id));
        let predictions = open.take(most).map(|movie| Prediction {
            movie_id: movie.id.clone(),
            stars: 4.249,
            confidence: Confidence::High.into(),
            because_movie_ids: Vec::new(),
        });
        let unlocked = rated.len() >= 10;
        answer(ListPredictedResponse {
            predictions: predictions.filter(|_| unlocked).collect(),
            next_cursor: if unlocked { "on".to_owned() } else { String::new() },
            rated_count: rated.len() as i64,
            unlock_at: 10,
        })
    }

    async fn recommend(&self, request: Request<RecommendRequest>) -> Answer<RecommendResponse> {
        self.enter("recommendation.Recommend").await?;
        let request = request.into_inner();
        let most = request.limit as usize;
        let mut movies = self.state(|state| state.movies.clone());
        let liked: Vec<String> = movies.last().map(|movie| movie.id.clone()).into_iter().collect();
        // Each kind and each variation begins with other movies.
        let first = (10 * request.row as usize + request.variation as usize) % movies.len().max(1);
        movies.rotate_left(first);
        let movies = movies.into_iter().take(most).map(|movie| Recommended {
            movie_id: movie.id,
            prediction: None,
            because_movie_ids: liked.clone(),
        });
        answer(RecommendResponse {
            movies: movies.collect(),
            personal: true,
            because_movie_id: String::new(),
        })
    }

    async fn similar(&self, request: Request<SimilarRequest>) -> Answer<SimilarResponse> {
        self.enter("recommendation.Similar").await?;
        let id = request.into_inner().movie_id;
        let movies = self.state(|state| state.movies.clone()).into_iter();
        let movie_ids = movies.map(|movie| movie.id).filter(|other| *other != id).take(12);
        answer(SimilarResponse {
            movie_ids: movie_ids.collect(),
        })
    }

    async fn list_to_rate(&self, request: Request<ListToRateRequest>) -> Answer<ListToRateResponse> {
        self.enter("recommendation.ListToRate").await?;
        let most = request.into_inner().limit as usize;
        let movies = self.state(|state| state.movies.clone()).into_iter();
        answer(ListToRateResponse {
            movie_ids: movies.map(|movie| movie.id).take(most).collect(),
        })
    }

    /// One genre and one director, of the first movie.
    async fn get_taste(&self, request: Request<GetTasteRequest>) -> Answer<GetTasteResponse> {
        self.enter("recommendation.GetTaste").await?;
        self.state(|state| state.taste_of = request.into_inner().member_id);
        let Some(movie) = self.state(|state| state.movies.first().cloned()) else {
            return answer(GetTasteResponse::default());
        };
        let preference = |key: &str| Preference {
            key: key.to_owned(),
            score: 84,
            certainty: 0.4,
            count: 10,
            movie_ids: vec![movie.id.clone()],
        };
        let person = movie.credits.first().and_then(|credit| credit.person.as_ref());
        answer(GetTasteResponse {
            rated_count: 10,
            minutes_watched: 1234,
            mean: 3.5,
            distribution: vec![0, 0, 0, 0, 2, 3, 3, 2, 0, 0],
            persona: "band_6".to_owned(),
            genres: vec![preference("drama")],
            directors: person.map(|person| preference(&person.id)).into_iter().collect(),
            ..GetTasteResponse::default()
        })
    }

    /// Everything that was rated, whatever the figure; the figure comes back as the cursor.
    async fn list_taste_movies(&self, request: Request<ListTasteMoviesRequest>) -> Answer<ListTasteMoviesResponse> {
        self.enter("recommendation.ListTasteMovies").await?;
        let request = request.into_inner();
        let movies = self.state(|state| {
            state.taste_of = request.member_id.clone();
            let rated = state.rated.iter();
            let movies = rated.map(|(movie_id, stars)| TasteMovie {
                movie_id: movie_id.clone(),
                stars: *stars,
            });
            movies.collect::<Vec<_>>()
        });
        answer(ListTasteMoviesResponse {
            total: movies.len() as i64,
            movies,
            next_cursor: format!("{} {}", request.group().as_str_name(), request.key),
        })
    }

    async fn get_match(&self, request: Request<GetMatchRequest>) -> Answer<GetMatchResponse> {
        self.enter("recommendation.GetMatch").await?;
        if request.get_ref().member_id == asking(&request) {
            return Err(invalid("member_id"));
        }
        answer(GetMatchResponse {
            percent: Some(72),
            common_count: 31,
            needed: 5,
        })
    }

    async fn get_model(&self, _: Request<GetModelRequest>) -> Answer<GetModelResponse> {
        self.enter("recommendation.GetModel").await?;
        answer(GetModelResponse {
            version: "1".to_owned(),
            held_out_rmse: 1.6,
            ..GetModelResponse::default()
        })
    }

    async fn describe_profiles(&self, _: Request<DescribeProfilesRequest>) -> Answer<DescribeProfilesResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }
}
