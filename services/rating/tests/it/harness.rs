//! The harness: replicas of the service with their own stores, callers, and direct reads of the database and the broker.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use chassis::{
    config::Secret,
    identity::{Caller, Signer},
    shutdown::Stop,
};
use matcha_protos::{
    events::v1::{MovieFacts, MoviePublished},
    rating::v1::{
        ClearRatingRequest, ClearShelfRequest, Comment, CommentState, GetMineRequest, GetMineResponse,
        GetMyCommentsRequest, GetStatisticsRequest, MovieStatistics, PutCommentRequest, PutShelfRequest, RateRequest,
        RateResponse, ShelfState, comment_service_client::CommentServiceClient,
        community_service_client::CommunityServiceClient, import_service_client::ImportServiceClient,
        list_service_client::ListServiceClient, rating_service_client::RatingServiceClient,
        watch_service_client::WatchServiceClient,
    },
};
use matcha_stand_ins::user::User;
use messaging::{
    events::{Broker, BrokerConfig, Consumer, Delivery, Event, Outcome, PublishOutcome, Publisher},
    postgres,
};
use rating::config::{Config, DatabaseConfig};
use sqlx::PgPool;
use testing::{Proxy, Stores, eventually};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

pub(crate) type Client = RatingServiceClient<Channel>;

/// A running service with its stores.
pub(crate) struct Rating {
    pub(crate) db: PgPool,
    pub(crate) user: User,
    user_peer: String,
    pub(crate) broker: Broker,
    pub(crate) database_url: Secret,
    broker_config: BrokerConfig,
    replicas: Mutex<Vec<Replica>>,
    clients: Vec<Client>,
    channels: Vec<Channel>,
    endpoints: Mutex<Vec<Endpoint>>,
    next: AtomicUsize,
    probe: Stop,
}

struct Replica {
    stop: Stop,
    running: JoinHandle<anyhow::Result<()>>,
}

/// A caller: a member, a visitor, the operator or another service.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) caller: Caller,
    signer: Signer,
}

impl Person {
    pub(crate) fn member() -> Self {
        Self::new("gateway", testing::some_member())
    }

    pub(crate) fn visitor() -> Self {
        Self::new("gateway", Caller::Anonymous)
    }

    pub(crate) fn operator() -> Self {
        Self::new("operator", Caller::Operator)
    }

    pub(crate) fn recommendation() -> Self {
        Self::new("recommendation", Caller::Service("recommendation".to_owned()))
    }

    fn new(issuer: &str, caller: Caller) -> Self {
        Self {
            caller,
            signer: Stores::shared().signer(issuer),
        }
    }

    pub(crate) fn id(&self) -> Uuid {
        self.caller.member().unwrap()
    }

    /// A request with this person's token, as the gateway would send it.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let token = self.signer.token(&self.caller, "rating").unwrap();
        let mut request = Request::new(message);
        let value = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
        request
    }
}

impl Rating {
    pub(crate) async fn start() -> Self {
        Self::with_replicas(1).await
    }

    pub(crate) async fn with_replicas(count: usize) -> Self {
        let database = Stores::shared().database("rating").await;
        Self::on(&database, database.clone(), count).await
    }

    /// A service that reaches its database through a proxy; the test itself does not.
    pub(crate) async fn behind_a_proxy() -> (Self, Proxy) {
        let database = Stores::shared().database("rating").await;
        let (proxy, through) = Proxy::before(&database).await;
        (Self::on(&database, through, 1).await, proxy)
    }

    async fn on(database: &Secret, database_url: Secret, count: usize) -> Self {
        let broker_config = Stores::shared().broker();
        let user = User::default();
        let mut rating = Self {
            db: postgres::pool(database, 4).unwrap(),
            user_peer: user.listen().await,
            user,
            broker: Broker::new(&broker_config, "rating-test"),
            database_url,
            broker_config,
            replicas: Mutex::default(),
            clients: Vec::new(),
            channels: Vec::new(),
            endpoints: Mutex::default(),
            next: AtomicUsize::new(0),
            probe: Stop::new(),
        };
        for _ in 0..count {
            let channel = rating.start_replica().await;
            rating.clients.push(Client::new(channel.clone()));
            rating.channels.push(channel);
        }
        rating
    }

    async fn start_replica(&self) -> Channel {
        let config = Config {
            service: Stores::shared().service_config("rating", std::slice::from_ref(&self.user_peer)),
            database: DatabaseConfig {
                database_url: self.database_url.clone(),
            },
            broker: self.broker_config.clone(),
            catch_up_every: 1,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let running = tokio::spawn(rating::run(config, listener, stop.clone()));
        self.replicas.lock().unwrap().push(Replica { stop, running });
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = endpoint.connect_lazy();
        self.endpoints.lock().unwrap().push(endpoint);
        let client = Client::new(channel.clone());
        eventually("the service answers", async || {
            let ask = Person::visitor().request(GetStatisticsRequest::default());
            client.clone().get_statistics(ask).await.is_ok()
        })
        .await;
        channel
    }

    /// A client with a connection of its own to the first replica.
    pub(crate) fn connect(&self) -> Client {
        Client::new(self.endpoints.lock().unwrap()[0].connect_lazy())
    }

    /// A client of the replica that was started last.
    pub(crate) fn imports(&self) -> ImportServiceClient<Channel> {
        ImportServiceClient::new(self.channels.last().unwrap().clone())
    }

    /// A client of the replica that was started last.
    pub(crate) fn bulk_import(&self) -> CommunityServiceClient<Channel> {
        CommunityServiceClient::new(self.channels.last().unwrap().clone())
    }

    /// A client of the next replica, round robin.
    pub(crate) fn comments(&self) -> CommentServiceClient<Channel> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        CommentServiceClient::new(self.channels[turn % self.channels.len()].clone())
    }

    /// A client of the next replica, round robin.
    pub(crate) fn lists(&self) -> ListServiceClient<Channel> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        ListServiceClient::new(self.channels[turn % self.channels.len()].clone())
    }

    /// A client of the next replica, round robin.
    pub(crate) fn watches(&self) -> WatchServiceClient<Channel> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        WatchServiceClient::new(self.channels[turn % self.channels.len()].clone())
    }

    /// A client of the next replica, round robin.
    pub(crate) fn client(&self) -> Client {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.clients[turn % self.clients.len()].clone()
    }

    /// Stops one replica and waits until it has drained.
    pub(crate) async fn stop_replica(&self, place: usize) {
        let replica = self.replicas.lock().unwrap().remove(place);
        replica.stop.stop();
        replica
            .running
            .await
            .unwrap()
            .expect("a service that is stopped ends well");
    }

    /// Stops everything and deletes its queues, as a broker with many old queues is slow.
    pub(crate) async fn end(self) {
        self.probe.stop();
        while !self.replicas.lock().unwrap().is_empty() {
            self.stop_replica(0).await;
        }
        let properties = lapin::ConnectionProperties::default();
        let url = self.broker_config.amqp_url.expose();
        let connection = lapin::Connection::connect(url, properties).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let delays = ["retry.1s", "retry.5s", "retry.30s", "retry.120s"];
        let queues = [
            "rating.statistics",
            "rating.movies",
            "rating.spam_filter",
            "rating.language_filter",
            "rating.spoiler_filter",
            "test.probe",
        ];
        let dead = queues.map(|queue| format!("{queue}.dead"));
        let names = delays.iter().chain(&queues).map(ToString::to_string).chain(dead);
        for name in names {
            let name = self.broker.queue(&name);
            channel.queue_delete(name.into(), Default::default()).await.unwrap();
        }
        for name in delays.iter().chain(&["events"]) {
            let name = self.broker.queue(name);
            channel.exchange_delete(name.into(), Default::default()).await.unwrap();
        }
    }

    /// Publishes new movies as the movie service does, and waits until rating knows them.
    pub(crate) async fn movies<const N: usize>(&self) -> [Uuid; N] {
        let movies: [Uuid; N] = std::array::from_fn(|_| Uuid::now_v7());
        self.publish_all(&movies.map(published)).await;
        eventually("the movies are known", async || {
            let known: i64 = sqlx::query_scalar("select count(*) from known_movies where movie_id = any($1)")
                .bind(movies)
                .fetch_one(&self.db)
                .await
                .unwrap();
            usize::try_from(known).unwrap() == N
        })
        .await;
        movies
    }

    /// Publishes events in this order, each routed to at least one queue.
    pub(crate) async fn publish_all(&self, events: &[Event]) {
        let publisher = self.broker.publisher().await.unwrap();
        for event in events {
            eventually("a queue takes the event", async || {
                let confirm = publisher.publish(event).await.unwrap();
                Publisher::confirm(confirm).await.unwrap() == PublishOutcome::Confirmed
            })
            .await;
        }
    }

    pub(crate) async fn publish(&self, event: Event) {
        self.publish_all(&[event]).await;
    }

    pub(crate) async fn rate(&self, person: &Person, movie: Uuid, stars: i32) -> RateResponse {
        self.try_rate(person, &movie.to_string(), stars).await.unwrap()
    }

    pub(crate) async fn try_rate(&self, person: &Person, movie: &str, stars: i32) -> Result<RateResponse, Status> {
        let movie_id = movie.to_owned();
        let request = person.request(RateRequest { movie_id, stars });
        self.client().rate(request).await.map(Response::into_inner)
    }

    /// Returns the number of movies that the member has rated then.
    pub(crate) async fn clear(&self, person: &Person, movie: Uuid) -> i64 {
        let movie_id = movie.to_string();
        let request = person.request(ClearRatingRequest { movie_id });
        self.client()
            .clear_rating(request)
            .await
            .unwrap()
            .into_inner()
            .rated_count
    }

    pub(crate) async fn put(&self, person: &Person, movie: Uuid, state: ShelfState) -> i64 {
        let movie_id = movie.to_string();
        let state = state.into();
        let request = person.request(PutShelfRequest { movie_id, state });
        self.client().put_shelf(request).await.unwrap().into_inner().version
    }

    pub(crate) async fn take_off(&self, person: &Person, movie: Uuid) {
        let movie_id = movie.to_string();
        let request = person.request(ClearShelfRequest { movie_id });
        self.client().clear_shelf(request).await.unwrap();
    }

    pub(crate) async fn mine(&self, person: &Person, movies: &[Uuid]) -> GetMineResponse {
        let movie_ids = movies.iter().map(Uuid::to_string).collect();
        let request = person.request(GetMineRequest { movie_ids });
        self.client().get_mine(request).await.unwrap().into_inner()
    }

    pub(crate) async fn comment(&self, person: &Person, movie: Uuid, text: &str) -> Comment {
        self.try_comment(person, movie, text, false).await.unwrap()
    }

    pub(crate) async fn try_comment(
        &self,
        person: &Person,
        movie: Uuid,
        text: &str,
        spoiler: bool,
    ) -> Result<Comment, Status> {
        let request = person.request(PutCommentRequest {
            movie_id: movie.to_string(),
            text: text.to_owned(),
            spoiler,
        });
        let response = self.comments().put_comment(request).await?;
        Ok(response.into_inner().comment.unwrap())
    }

    /// The member's own comment in any state.
    pub(crate) async fn my_comment(&self, person: &Person, movie: Uuid) -> Option<Comment> {
        let movie_ids = vec![movie.to_string()];
        let request = person.request(GetMyCommentsRequest { movie_ids });
        let response = self.comments().get_my_comments(request).await.unwrap();
        response.into_inner().comments.pop()
    }

    /// Waits until the filters are done with the member's comment.
    pub(crate) async fn checked(&self, person: &Person, movie: Uuid) -> Comment {
        eventually("the filters are done", async || {
            let comment = self.my_comment(person, movie).await.unwrap();
            comment.state() != CommentState::Checking
        })
        .await;
        self.my_comment(person, movie).await.unwrap()
    }

    /// The member's stars of one movie.
    pub(crate) async fn stars(&self, person: &Person, movie: Uuid) -> Option<i32> {
        self.mine(person, &[movie])
            .await
            .mine
            .first()
            .and_then(|mine| mine.stars)
    }

    /// The public statistics of one movie.
    pub(crate) async fn statistics(&self, movie: Uuid) -> MovieStatistics {
        let movie_ids = vec![movie.to_string()];
        let request = Person::visitor().request(GetStatisticsRequest { movie_ids });
        let response = self.client().get_statistics(request).await.unwrap();
        response.into_inner().statistics.remove(0)
    }

    /// Waits until all events are projected; the view must then equal a recount of the ratings.
    pub(crate) async fn settled(&self) {
        eventually("every event has taken effect", async || {
            let behind: i64 = sqlx::query_scalar("select count(*) from ratings where projected_version <> version")
                .fetch_one(&self.db)
                .await
                .unwrap();
            behind == 0
        })
        .await;
        assert_eq!(self.view().await, self.recount().await);
    }

    /// The non-empty histograms of the view.
    pub(crate) async fn view(&self) -> BTreeMap<Uuid, Vec<i64>> {
        let rows: Vec<(Uuid, Vec<i64>)> =
            sqlx::query_as("select movie_id, histogram from movie_stats where rating_count <> 0")
                .fetch_all(&self.db)
                .await
                .unwrap();
        rows.into_iter().collect()
    }

    /// The same histograms, counted from the ratings.
    pub(crate) async fn recount(&self) -> BTreeMap<Uuid, Vec<i64>> {
        let rows: Vec<(Uuid, i16)> = sqlx::query_as("select movie_id, stars from ratings where stars is not null")
            .fetch_all(&self.db)
            .await
            .unwrap();
        let mut bars = BTreeMap::new();
        for (movie, stars) in rows {
            let bars = bars.entry(movie).or_insert_with(|| vec![0; 10]);
            bars[usize::try_from(stars).unwrap() - 1] += 1;
        }
        bars
    }

    /// Deletes all statistics, as if no event had been consumed.
    pub(crate) async fn forget_statistics(&self) {
        let mut tx = self.db.begin().await.unwrap();
        // The lock of a rebuild: an event is projected either before or after this.
        for statement in [
            "lock table movie_stats in share row exclusive mode",
            "update ratings set projected_stars = null, projected_version = 0",
            "delete from movie_stats",
        ] {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Binds a queue of the test (a wire tap) to these types of event.
    pub(crate) async fn listen(&self, types: &'static [&'static str]) -> Heard {
        let heard = Heard::default();
        let consumer = Consumer {
            queue: "test.probe",
            types,
            batch: 100,
            linger: std::time::Duration::ZERO,
        };
        let (broker, stop, notes) = (self.broker.clone(), self.probe.clone(), heard.clone());
        tokio::spawn(async move {
            let note = |deliveries: Vec<Delivery>| {
                let notes = notes.clone();
                async move {
                    let outcomes = deliveries.iter().map(|_| Outcome::Done).collect();
                    notes.0.lock().unwrap().extend(deliveries);
                    outcomes
                }
            };
            consumer.run(broker, stop, note).await
        });
        // The queue is bound once an event reaches it.
        let test = Event::new(types[0], "test", 0, &MoviePublished::default());
        eventually("the probe is bound", async || {
            let publisher = self.broker.publisher().await.unwrap();
            publisher.publish(&test).await.unwrap().await.unwrap();
            !heard.0.lock().unwrap().is_empty()
        })
        .await;
        heard.0.lock().unwrap().clear();
        heard
    }

    /// Waits until the tap has received everything that was published before.
    pub(crate) async fn drain(&self, heard: &Heard, r#type: &str) {
        let marker = Event::new(r#type, "test", 0, &MoviePublished::default());
        let id = marker.id;
        self.publish(marker).await;
        eventually("the tap is drained", async || {
            heard.0.lock().unwrap().iter().any(|delivery| delivery.id == id)
        })
        .await;
    }
}

/// The events that the tap received, in their order.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Delivery>>>);

impl Heard {
    pub(crate) fn all(&self) -> Vec<Delivery> {
        let heard = self.0.lock().unwrap();
        heard
            .iter()
            .filter(|delivery| delivery.aggregate_id != "test")
            .cloned()
            .collect()
    }

    /// Waits until there are so many.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Delivery> {
        eventually("the events come", async || self.all().len() >= count).await;
        self.all()
    }
}

/// The event of a new movie.
pub(crate) fn published(movie: Uuid) -> Event {
    let movie = MovieFacts {
        movie_id: movie.to_string(),
        version: 1,
        ..Default::default()
    };
    let id = movie.movie_id.clone();
    Event::new("movie.published", id, 1, &MoviePublished { movie: Some(movie) })
}

/// The same message once more, or as another message with a new id.
pub(crate) fn again(delivery: &Delivery, id: Uuid) -> Event {
    Event {
        id,
        r#type: delivery.r#type.clone(),
        aggregate_id: delivery.aggregate_id.clone(),
        version: delivery.version,
        body: delivery.body.clone(),
        traceparent: None,
    }
}

/// The field that an error names.
pub(crate) fn field(status: &Status) -> &str {
    let field = status.metadata().get(chassis::error::FIELD);
    field.map_or("", |field| field.to_str().unwrap())
}
