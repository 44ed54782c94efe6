//! The RPCs: parse, read the member's sets once, let rows.rs choose, answer.

use std::{collections::HashSet, sync::Arc};

use chassis::{
    cursor,
    identity::{Caller, caller},
};
use matcha_protos::{recommendation::v1 as api, user::v1::Section};
use serde::Serialize;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    access::{Access, Seen},
    catalogue::{Catalogue, View},
    error::Error,
    matching::{self, Match},
    model::Confidence,
    progress::Progress,
    rows::{self, Filter, Row, Shelf},
    store::Store,
    taste::{self, Figure, Kind, Place, Preference, Taste},
    viewer::{self, UNLOCK_AT, Viewer},
};

/// Ids one request may carry.
const MOST_IDS: usize = 500;
/// Bytes of a key; the longest are ids.
const LONGEST_KEY: usize = 64;
/// Movies a page of the rating list may show already.
const MOST_EXCLUDED: usize = 5_000;

/// Answers calls from the current view and the member's sets in Redis.
#[derive(Clone)]
pub struct Recommendation {
    pub store: Store,
    pub catalogue: Catalogue,
    pub access: Access,
}

#[tonic::async_trait]
impl api::recommendation_service_server::RecommendationService for Recommendation {
    async fn predict(&self, request: Request<api::PredictRequest>) -> Result<Response<api::PredictResponse>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(self.predict_movies(caller, request.into_inner()).await?))
    }

    async fn list_predicted(
        &self,
        request: Request<api::ListPredictedRequest>,
    ) -> Result<Response<api::ListPredictedResponse>, Status> {
        let member = caller(&request)?.member()?;
        Ok(Response::new(
            self.predicted_movies(member, request.into_inner()).await?,
        ))
    }

    async fn recommend(
        &self,
        request: Request<api::RecommendRequest>,
    ) -> Result<Response<api::RecommendResponse>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(
            self.recommend_movies(caller, request.into_inner()).await?,
        ))
    }

    async fn similar(&self, request: Request<api::SimilarRequest>) -> Result<Response<api::SimilarResponse>, Status> {
        Ok(Response::new(self.similar_movies(&request.into_inner())?))
    }

    async fn list_to_rate(
        &self,
        request: Request<api::ListToRateRequest>,
    ) -> Result<Response<api::ListToRateResponse>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(self.movies_to_rate(caller, request.into_inner()).await?))
    }

    async fn get_taste(
        &self,
        request: Request<api::GetTasteRequest>,
    ) -> Result<Response<api::GetTasteResponse>, Status> {
        let (member, seen) = self
            .whose_taste(caller(&request)?, &request.get_ref().member_id, &[Section::Taste])
            .await?;
        let mut taste = self.taste(member).await?;
        if !seen.has(&[Section::Ratings]) {
            without_films(&mut taste);
        }
        Ok(Response::new(taste))
    }

    async fn list_taste_movies(
        &self,
        request: Request<api::ListTasteMoviesRequest>,
    ) -> Result<Response<api::ListTasteMoviesResponse>, Status> {
        // The films behind a figure are ratings with their stars: who may not see those sees the figures alone.
        let sections = [Section::Taste, Section::Ratings];
        let (member, _) = self
            .whose_taste(caller(&request)?, &request.get_ref().member_id, &sections)
            .await?;
        Ok(Response::new(self.taste_movies(member, request.into_inner()).await?))
    }

    async fn get_match(
        &self,
        request: Request<api::GetMatchRequest>,
    ) -> Result<Response<api::GetMatchResponse>, Status> {
        let me = caller(&request)?.member()?;
        let other = id(&request.get_ref().member_id)?;
        if other == me {
            return Err(Error::Oneself.into());
        }
        self.access.require(Some(me), other, &[Section::Taste]).await?;
        Ok(Response::new(self.matching(me, other).await?))
    }

    async fn get_model(&self, _: Request<api::GetModelRequest>) -> Result<Response<api::GetModelResponse>, Status> {
        // The model is in memory; that its training cannot be told of is no reason not to tell of the model.
        let training = self.store.training().await.unwrap_or_default();
        Ok(Response::new(api::GetModelResponse {
            training: Some(describe_training(training)),
            ..describe_model(&self.catalogue.view())
        }))
    }

    async fn describe_profiles(
        &self,
        request: Request<api::DescribeProfilesRequest>,
    ) -> Result<Response<api::DescribeProfilesResponse>, Status> {
        caller(&request)?.require_service_or_operator()?;
        Ok(Response::new(self.profiles(&request.into_inner().member_ids).await?))
    }
}

impl Recommendation {
    async fn predict_movies(
        &self,
        caller: Caller,
        request: api::PredictRequest,
    ) -> Result<api::PredictResponse, Error> {
        let movies = ids(&request.movie_ids, "movie_ids", MOST_IDS)?;
        let mut response = api::PredictResponse {
            unlock_at: UNLOCK_AT as i64,
            ..Default::default()
        };
        let Some(member) = caller.member_if_any() else {
            return Ok(response);
        };
        let view = self.catalogue.view();
        // Half a copy would call rated movies unrated, and say "3 more to unlock" to somebody who rated 300.
        if !view.standing.filled {
            return Err(Error::Rebuilding);
        }
        let viewer = Viewer::new(&view, member, self.store.profile(member).await?);
        response.rated_count = viewer.profile.ratings.len() as i64;
        let mut seen = HashSet::new();
        response.predictions = movies
            .into_iter()
            .filter(|movie| seen.insert(*movie) && !viewer.profile.has_rated(*movie))
            .filter_map(|movie| viewer::predict(&view, &viewer, view.position(movie)?))
            .map(prediction)
            .collect();
        Ok(response)
    }

    async fn predicted_movies(
        &self,
        member: Uuid,
        request: api::ListPredictedRequest,
    ) -> Result<api::ListPredictedResponse, Error> {
        let limit = limit(request.limit, 20, 50)?;
        let filter = Filter {
            genre: request.genre,
            country: request.country,
            decade: request.decade,
        };
        // A cursor is good for this member's list with these filters.
        let list = ("predicted", member, filter);
        let after = match request.cursor.as_str() {
            "" => None,
            text => Some(cursor::decode_for::<rows::Place>(&list, text)?),
        };
        let view = self.catalogue.view();
        if !view.standing.filled {
            return Err(Error::Rebuilding);
        }
        let viewer = Viewer::new(&view, member, self.store.profile(member).await?);
        let rated_count = viewer.profile.ratings.len();
        let mut response = api::ListPredictedResponse {
            rated_count: rated_count as i64,
            unlock_at: UNLOCK_AT as i64,
            ..Default::default()
        };
        let Some(mut places) = rows::by_prediction(&view, &viewer, &list.2, after, limit) else {
            // Enough is rated, and nothing there to predict with.
            return match rated_count >= UNLOCK_AT {
                true => Err(Error::NoModel),
                false => Ok(response),
            };
        };
        if places.len() > limit {
            places.truncate(limit);
            response.next_cursor = places
                .last()
                .map(|(_, place)| cursor::encode_for(&list, place))
                .unwrap_or_default();
        }
        response.predictions = places
            .into_iter()
            .filter_map(|(at, _)| viewer::predict(&view, &viewer, at))
            .map(prediction)
            .collect();
        Ok(response)
    }

    async fn recommend_movies(
        &self,
        caller: Caller,
        request: api::RecommendRequest,
    ) -> Result<api::RecommendResponse, Error> {
        let limit = limit(request.limit, 20, 100)?;
        let row = match api::Row::try_from(request.row) {
            Ok(api::Row::Unspecified | api::Row::ForYou) => Row::ForYou,
            Ok(api::Row::EspeciallyYou) => Row::EspeciallyYou,
            Ok(api::Row::BecauseYouLiked) => Row::BecauseYouLiked,
            Ok(api::Row::Rising) => Row::Rising,
            Ok(api::Row::BestRated) => Row::BestRated,
            Ok(api::Row::MostRated) => Row::MostRated,
            Err(_) => return Err(Error::Row(request.row)),
        };
        let filter = Filter {
            genre: request.genre,
            country: request.country,
            decade: request.decade,
        };
        let view = self.catalogue.view();
        let viewer = self.viewer_or_stranger(&view, &caller).await.with_lists(&view);
        let chosen = rows::recommend(&view, &viewer, row, &filter, limit, request.variation);
        let movies = chosen
            .positions
            .iter()
            .map(|at| api::Recommended {
                movie_id: view.movies[*at].id.to_string(),
                because_movie_ids: viewer::reasons(&view, &viewer, *at, 3)
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
                prediction: viewer::predict(&view, &viewer, *at).map(prediction),
            })
            .collect();
        Ok(api::RecommendResponse {
            movies,
            personal: chosen.personal,
            because_movie_id: chosen.because.map(|id| id.to_string()).unwrap_or_default(),
        })
    }

    fn similar_movies(&self, request: &api::SimilarRequest) -> Result<api::SimilarResponse, Error> {
        let limit = limit(request.limit, 12, 50)?;
        let movie = id(&request.movie_id)?;
        let view = self.catalogue.view();
        // An unknown movie is like no other: its facts may still be on their way.
        let similar = view
            .position(movie)
            .map(|at| rows::similar(&view, at, limit))
            .unwrap_or_default();
        Ok(api::SimilarResponse {
            movie_ids: texts(&view, &similar),
        })
    }

    async fn movies_to_rate(
        &self,
        caller: Caller,
        request: api::ListToRateRequest,
    ) -> Result<api::ListToRateResponse, Error> {
        let limit = limit(request.limit, 20, 50)?;
        let shelf = match request.shelf.as_str() {
            "" | "for_you" => Shelf::ForYou,
            "popular" => Shelf::Popular,
            _ => return Err(Error::Shelf(request.shelf)),
        };
        let excluded = ids(&request.exclude_movie_ids, "exclude_movie_ids", MOST_EXCLUDED)?
            .into_iter()
            .collect();
        let filter = Filter {
            genre: request.genre,
            country: request.country,
            decade: request.decade,
        };
        let view = self.catalogue.view();
        let viewer = self.viewer_or_stranger(&view, &caller).await;
        let movies = rows::to_rate(&view, &viewer, shelf, &filter, &excluded, limit);
        Ok(api::ListToRateResponse {
            movie_ids: texts(&view, &movies),
        })
    }

    /// The caller's own, or that of the member who is named, if the caller may see it.
    async fn whose_taste(&self, caller: Caller, member_id: &str, sections: &[Section]) -> Result<(Uuid, Seen), Status> {
        if member_id.is_empty() {
            return Ok((caller.member()?, Seen::EVERYTHING));
        }
        let member = id(member_id)?;
        let seen = self.access.seen(caller.member_if_any(), member).await?;
        if !seen.has(sections) {
            return Err(Error::NotShown.into());
        }
        Ok((member, seen))
    }

    async fn taste(&self, member: Uuid) -> Result<api::GetTasteResponse, Error> {
        let view = self.catalogue.view();
        if !view.standing.filled {
            return Err(Error::Rebuilding);
        }
        let taste = Taste::of(&view, &self.store.profile(member).await?);
        Ok(api::GetTasteResponse {
            rated_count: taste.count as i64,
            minutes_watched: taste.minutes as i64,
            mean: taste.mean,
            distribution: taste.distribution.iter().map(|count| *count as i64).collect(),
            persona: taste.band.map(|band| format!("band_{band}")).unwrap_or_default(),
            genres: preferences(taste.genres),
            countries: preferences(taste.countries),
            decades: preferences(taste.decades),
            directors: preferences(taste.directors),
            actors: preferences(taste.actors),
        })
    }

    async fn taste_movies(
        &self,
        member: Uuid,
        request: api::ListTasteMoviesRequest,
    ) -> Result<api::ListTasteMoviesResponse, Error> {
        let limit = limit(request.limit, 20, 50)?;
        let list = TasteList {
            member,
            group: request.group,
            key: request.key,
        };
        let figure = list.figure()?;
        let place = match request.cursor.as_str() {
            "" => None,
            text => Some(cursor::decode_for::<Place>(&list, text)?),
        };
        let view = self.catalogue.view();
        if !view.standing.filled {
            return Err(Error::Rebuilding);
        }
        let (mut films, total) = taste::behind(&view, &self.store.profile(member).await?, &figure, place);
        let more = films.len() > limit;
        films.truncate(limit);
        let last = films.last().copied().filter(|_| more).map(Place::from);
        let movies = films.iter().map(|film| api::TasteMovie {
            movie_id: film.movie.to_string(),
            stars: film.stars.into(),
        });
        Ok(api::ListTasteMoviesResponse {
            movies: movies.collect(),
            next_cursor: last.map(|place| cursor::encode_for(&list, &place)).unwrap_or_default(),
            total: total as i64,
        })
    }

    async fn matching(&self, me: Uuid, other: Uuid) -> Result<api::GetMatchResponse, Error> {
        let view = self.catalogue.view();
        if !view.standing.filled {
            return Err(Error::Rebuilding);
        }
        let (mine, theirs) = tokio::try_join!(self.store.profile(me), self.store.profile(other))?;
        let found = Match::of(&view, &mine, &theirs);
        Ok(api::GetMatchResponse {
            percent: found.percent.map(Into::into),
            common_count: found.common as i64,
            needed: matching::NEEDED as i64,
        })
    }

    async fn profiles(&self, members: &[String]) -> Result<api::DescribeProfilesResponse, Error> {
        let members = ids(members, "member_ids", MOST_IDS)?;
        let profiles = self.store.profiles(&members).await?;
        Ok(api::DescribeProfilesResponse {
            profiles: members
                .iter()
                .zip(profiles)
                .map(|(member, profile)| api::Profile {
                    member_id: member.to_string(),
                    rated_count: profile.ratings.len() as i64,
                    stars_sum: profile.ratings.iter().map(|rated| i64::from(rated.stars)).sum(),
                })
                .collect(),
        })
    }

    /// Whoever asks; while the copy cannot be read a member is treated like somebody signed out, as popular movies are better
    /// than an error.
    async fn viewer_or_stranger(&self, view: &Arc<View>, caller: &Caller) -> Viewer {
        let Some(member) = caller.member_if_any() else {
            return Viewer::default();
        };
        // Half a profile would make half a taste, and call it personal.
        if !view.standing.filled {
            return Viewer::default();
        }
        match self.store.profile(member).await {
            Ok(profile) => Viewer::new(view, member, profile),
            Err(error) => {
                metrics::counter!("rows_without_profile_total").increment(1);
                tracing::warn!(error = %chassis::error::chain(&error), "a row without the member's profile");
                Viewer::default()
            }
        }
    }
}

/// The list of films behind one figure; a cursor is good for no other.
#[derive(Serialize)]
struct TasteList {
    member: Uuid,
    /// As in `TasteGroup`.
    group: i32,
    key: String,
}

impl TasteList {
    fn figure(&self) -> Result<Figure, Error> {
        let group = api::TasteGroup::try_from(self.group);
        if self.key.is_empty() != (group == Ok(api::TasteGroup::All)) || self.key.len() > LONGEST_KEY {
            return Err(Error::Key);
        }
        let kind = match group {
            Ok(api::TasteGroup::All) => return Ok(Figure::All),
            Ok(api::TasteGroup::Stars) => {
                let stars = self.key.parse().ok().filter(|stars| (1..=10).contains(stars));
                return Ok(Figure::Stars(stars.ok_or(Error::Key)?));
            }
            Ok(api::TasteGroup::Genre) => Kind::Genre,
            Ok(api::TasteGroup::Country) => Kind::Country,
            Ok(api::TasteGroup::Decade) => Kind::Decade,
            Ok(api::TasteGroup::Director) => Kind::Director,
            Ok(api::TasteGroup::Actor) => Kind::Actor,
            Ok(api::TasteGroup::Unspecified) | Err(_) => return Err(Error::Group),
        };
        Ok(Figure::Group(kind, self.key.clone()))
    }
}

fn describe_model(view: &View) -> api::GetModelResponse {
    let Some(vectors) = &view.vectors else {
        return api::GetModelResponse::default();
    };
    let info = &vectors.model().info;
    api::GetModelResponse {
        version: info.version.clone(),
        trained_at: info.trained_at,
        ratings: info.ratings,
        members: info.members,
        movies: info.movies,
        factors: info.factors as i32,
        held_out_rmse: info.held_out_rmse,
        held_out_rmse_average: info.held_out_rmse_average,
        training_seconds: info.training_seconds,
        recall_at_20: info.lists.recall_at_20,
        ndcg_at_100: info.lists.ndcg_at_100,
        coverage: info.lists.coverage,
        diversity: info.lists.diversity,
        diversity_cost: info.lists.diversity_cost,
        training: None,
    }
}

fn describe_training(progress: Progress) -> api::Training {
    api::Training {
        state: progress.state,
        stage: progress.stage,
        round: progress.round as i32,
        rounds: progress.rounds as i32,
        started_at: progress.started_at,
        detail: progress.detail,
    }
}

fn preferences(of: Vec<Preference>) -> Vec<api::Preference> {
    let preference = |one: Preference| api::Preference {
        key: one.key,
        score: one.score.into(),
        count: one.count as i64,
        movie_ids: one.movies.iter().map(ToString::to_string).collect(),
    };
    of.into_iter().map(preference).collect()
}

/// For whom the ratings are not: the figures, without the films behind them. A director or an actor is as good as the name of a film.
fn without_films(taste: &mut api::GetTasteResponse) {
    taste.directors.clear();
    taste.actors.clear();
    let figures = [&mut taste.genres, &mut taste.countries, &mut taste.decades];
    for one in figures.into_iter().flatten() {
        one.movie_ids.clear();
    }
}

fn prediction(predicted: viewer::Prediction) -> api::Prediction {
    let confidence = match predicted.confidence {
        Confidence::Low => api::Confidence::Low,
        Confidence::Medium => api::Confidence::Medium,
        Confidence::High => api::Confidence::High,
    };
    api::Prediction {
        movie_id: predicted.movie.to_string(),
        stars: predicted.stars,
        confidence: confidence.into(),
        because_movie_ids: predicted.because.iter().map(ToString::to_string).collect(),
    }
}

fn texts(view: &View, positions: &[usize]) -> Vec<String> {
    positions.iter().map(|at| view.movies[*at].id.to_string()).collect()
}

fn id(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(|_| Error::Id(text.chars().take(64).collect()))
}

fn ids(texts: &[String], field: &'static str, most: usize) -> Result<Vec<Uuid>, Error> {
    if texts.len() > most {
        return Err(Error::TooMany { field, most });
    }
    texts.iter().map(|text| id(text)).collect()
}

fn limit(asked: i32, usual: usize, most: i32) -> Result<usize, Error> {
    match asked {
        0 => Ok(usual),
        limit if (1..=most).contains(&limit) => Ok(limit as usize),
        limit => Err(Error::Limit { limit, most }),
    }
}
