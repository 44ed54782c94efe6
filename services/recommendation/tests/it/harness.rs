//! The harness: starts the service with its own namespaces, publishes events, calls RPCs and trains models.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use chassis::{
    config::{LogFormat, TelemetryConfig},
    identity::Caller,
    shutdown::Stop,
};
use matcha_protos::{
    events::v1::{RatingChanged, ShelfChanged},
    recommendation::v1::{
        DescribeProfilesRequest, GetModelRequest, GetModelResponse, PredictRequest, PredictResponse, RecommendRequest,
        RecommendResponse, recommendation_service_client::RecommendationServiceClient,
    },
};
use matcha_stand_ins::user::User;
use messaging::events::{Broker, BrokerConfig, Event, PublishOutcome, Publisher};
use prost::Message;
use recommendation::{
    config::{Config, LearningConfig, ModelConfig, RedisConfig, TrainConfig},
    store::{CopyStatus, Store},
};
use testing::{Stores, eventually};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use crate::owner_services::{self, Owned};

pub(crate) struct Recommendation {
    pub(crate) client: RecommendationServiceClient<Channel>,
    pub(crate) store: Store,
    pub(crate) user: User,
    pub(crate) owned: Arc<Mutex<Owned>>,
    pub(crate) redis: RedisConfig,
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
    broker_config: BrokerConfig,
    broker: Broker,
    stop: Stop,
    running: JoinHandle<anyhow::Result<()>>,
}

/// A member whose ratings and shelf arrive as events.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) caller: Caller,
}

impl Member {
    pub(crate) fn new() -> Self {
        let caller = testing::some_member();
        Self {
            id: caller.member().unwrap(),
            caller,
        }
    }
}

pub(crate) fn request_from<T>(message: T, caller: &Caller) -> tonic::Request<T> {
    testing::request(message, caller, "recommendation")
}

impl Recommendation {
    /// Starts the service and waits until its copy of the owners' data is complete.
    pub(crate) async fn start(owned: Owned) -> Self {
        let stores = Stores::shared();
        let expected = owned.ratings.iter().filter(|rating| rating.stars.is_some()).count() as i64;
        let owned = Arc::new(Mutex::new(owned));
        let owners = owner_services::serve(owned.clone()).await;
        let user = User::default();
        let peers = [
            format!("rating={owners}"),
            format!("movie={owners}"),
            user.listen().await,
        ];
        let broker_config = stores.broker();
        let redis = RedisConfig {
            redis_url: stores.redis_url(),
            redis_prefix: stores.redis_prefix(),
        };
        let folder = std::env::temp_dir().join(format!("matcha-models-{}", Uuid::now_v7()));
        let config = Config {
            service: stores.service_config("recommendation", &peers),
            broker: broker_config.clone(),
            redis: redis.clone(),
            models: ModelConfig {
                model_dir: folder.clone(),
            },
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let running = tokio::spawn(recommendation::run(config.clone(), listener, stop.clone()));
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let service = Self {
            client: RecommendationServiceClient::new(endpoint.connect_lazy()),
            store: Store::new(&redis.redis_url, &redis.redis_prefix).unwrap(),
            user,
            owned,
            redis,
            folder,
            config,
            broker: Broker::new(&broker_config, "recommendation-test"),
            broker_config,
            stop,
            running,
        };
        eventually("the copy is complete", async || {
            let copy_status = service.copy_status().await;
            copy_status.verified && copy_status.rated == expected
        })
        .await;
        let movies = service.owned.lock().unwrap().movies.len().min(100);
        eventually("the catalogue is in memory", async || {
            let request = RecommendRequest {
                limit: 100,
                ..Default::default()
            };
            service.recommend(&Caller::Anonymous, request).await.movies.len() == movies
        })
        .await;
        service
    }

    pub(crate) async fn copy_status(&self) -> CopyStatus {
        self.store.copy_status().await.unwrap_or_default()
    }

    /// Trains with the code of the command `train`, and waits until the service has loaded the model.
    pub(crate) async fn train(&self) {
        recommendation::training::run(self.train_config(), Stop::new())
            .await
            .unwrap();
        let version = recommendation::snapshot::current(&self.folder).unwrap();
        eventually("the new model serves", async || self.model_version().await == version).await;
    }

    pub(crate) fn train_config(&self) -> TrainConfig {
        TrainConfig {
            redis: self.redis.clone(),
            models: ModelConfig {
                model_dir: self.folder.clone(),
            },
            telemetry: TelemetryConfig {
                log_format: LogFormat::Pretty,
                otlp_endpoint: None,
            },
            watch: false,
            request: false,
            follow: false,
            learning: LearningConfig {
                factors: None,
                list_factors: 16,
                iterations: None,
                seed: 1,
                threads: 1,
            },
        }
    }

    pub(crate) async fn model(&self) -> GetModelResponse {
        let request = request_from(GetModelRequest {}, &Caller::Anonymous);
        self.client.clone().get_model(request).await.unwrap().into_inner()
    }

    pub(crate) async fn model_version(&self) -> String {
        let request = request_from(GetModelRequest {}, &Caller::Anonymous);
        self.client
            .clone()
            .get_model(request)
            .await
            .map(|answer| answer.into_inner().version)
            .unwrap_or_default()
    }

    async fn publish(&self, events: &[Event]) {
        let publisher = self.broker.publisher().await.unwrap();
        for event in events {
            let confirm = publisher.publish(event).await.unwrap();
            assert_eq!(
                Publisher::confirm(confirm).await.unwrap(),
                PublishOutcome::Confirmed,
                "no queue is bound"
            );
        }
    }

    /// Publishes that the member rated a movie, or cleared the rating.
    pub(crate) async fn publish_rating(&self, member: &Member, movie: usize, stars: Option<i32>, version: i64) {
        let changed = RatingChanged {
            member_id: member.id.to_string(),
            movie_id: owner_services::movie_id(movie).to_string(),
            old_stars: None,
            new_stars: stars,
            version,
            rated_at: 1_700_100_000 + version,
        };
        self.publish_event("rating.changed", member.id, version, &changed).await;
    }

    pub(crate) async fn publish_shelf(&self, member: &Member, movie: usize, state: &str, version: i64) {
        let changed = ShelfChanged {
            member_id: member.id.to_string(),
            movie_id: owner_services::movie_id(movie).to_string(),
            state: state.to_owned(),
            version,
            changed_at: 1_700_100_000,
        };
        self.publish_event("shelf.changed", member.id, version, &changed).await;
    }

    pub(crate) async fn publish_event(&self, r#type: &str, aggregate: Uuid, version: i64, message: &impl Message) {
        self.publish(&[Event::new(r#type, aggregate.to_string(), version, message)])
            .await;
    }

    /// The number and the sum of the member's ratings, as the service has them.
    pub(crate) async fn profile(&self, member: Uuid) -> (i64, i64) {
        let request = request_from(
            DescribeProfilesRequest {
                member_ids: vec![member.to_string()],
            },
            &Caller::Service("rating".into()),
        );
        let answer = self.client.clone().describe_profiles(request).await;
        answer
            .map(|answer| answer.into_inner().profiles[0].clone())
            .map_or((-1, -1), |p| (p.rated_count, p.stars_sum))
    }

    pub(crate) async fn wait_for_profile(&self, member: Uuid, profile: (i64, i64)) {
        eventually("the profile is up to date", async || {
            self.profile(member).await == profile
        })
        .await;
    }

    pub(crate) async fn predict(&self, caller: &Caller, movies: &[usize]) -> PredictResponse {
        let movie_ids = movies
            .iter()
            .map(|movie| owner_services::movie_id(*movie).to_string())
            .collect();
        let request = request_from(PredictRequest { movie_ids }, caller);
        self.client.clone().predict(request).await.unwrap().into_inner()
    }

    pub(crate) async fn recommend(&self, caller: &Caller, request: RecommendRequest) -> RecommendResponse {
        self.client
            .clone()
            .recommend(request_from(request, caller))
            .await
            .unwrap()
            .into_inner()
    }

    /// Stops the service and deletes its keys, models and queues.
    pub(crate) async fn stop(self) {
        self.stop.stop();
        self.running
            .await
            .unwrap()
            .expect("a stopped service ends without an error");
        self.store.delete_everything().await.unwrap();
        let _ = std::fs::remove_dir_all(&self.folder);
        let properties = lapin::ConnectionProperties::default();
        let connection = lapin::Connection::connect(self.broker_config.amqp_url.expose(), properties)
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        let prefix = &self.broker_config.amqp_prefix;
        let mut queues = Vec::new();
        for name in ["ratings", "shelf", "movies"] {
            queues.push(format!("{prefix}.recommendation.{name}"));
            queues.push(format!("{prefix}.recommendation.{name}.dead"));
        }
        queues.extend(["1s", "5s", "30s", "120s"].map(|delay| format!("{prefix}.retry.{delay}")));
        for queue in queues {
            let _ = channel
                .queue_delete(queue.as_str().into(), lapin::options::QueueDeleteOptions::default())
                .await;
        }
        let _ = connection.close(200, "bye".into()).await;
    }
}
