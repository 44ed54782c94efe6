//! Starts the service on a database of its own and calls it over gRPC.

use std::{
    collections::BTreeSet,
    io,
    num::NonZeroU32,
    sync::{Arc, Mutex},
};

use chassis::{identity::Caller, shutdown::Stop};
use matcha_protos::user::v1::{
    GetMembersByHandleRequest, GetMembersRequest, GetSigningKeysRequest, ImportMember, ImportMembersRequest,
    ListEndedSessionsRequest, Member, RefreshRequest, RefreshResponse, RegisterRequest, RegisterResponse,
    SignInRequest, SignInResponse, SignOutRequest, Tokens, user_service_client::UserServiceClient,
};
use sqlx::{AssertSqlSafe, PgPool};
use testing::Stores;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint},
};
use user::config::{Config, HashingConfig, LimitsConfig};
use uuid::Uuid;

/// The password of every member in these tests.
pub(crate) const PASSWORD: &str = "a quiet evening movie";

pub(crate) struct Users {
    pub(crate) config: Config,
    pub(crate) db: PgPool,
    pub(crate) stop: Stop,
    client: UserServiceClient<Channel>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Users {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with changed settings; the defaults of the tests have no rate limits.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let stores = Stores::shared();
        let unlimited = NonZeroU32::new(100_000).unwrap();
        let mut config = Config {
            service: stores.service_config("user", &[]),
            broker: stores.broker(),
            database_url: stores.database("user").await,
            access_key: stores.keys().join("access.key.pem"),
            issuer: "http://matcha.test".to_owned(),
            limits: LimitsConfig {
                login_rate_name_and_address_burst: unlimited,
                login_rate_name_burst: unlimited,
                login_rate_address_burst: unlimited,
                refresh_rate_burst: unlimited,
                ..LimitsConfig::default()
            },
            hashing: HashingConfig::default(),
        };
        change(&mut config);
        Self::run(config).await
    }

    async fn run(config: Config) -> Self {
        // Fails if another test of this process has installed it already.
        let telemetry = chassis::telemetry::init("user", &config.service.telemetry);
        std::mem::forget(telemetry);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let running = tokio::spawn(user::run(config.clone(), listener, stop.clone()));
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect_lazy();
        let users = Self {
            db: PgPool::connect(config.database_url.expose()).await.unwrap(),
            client: UserServiceClient::new(channel),
            config,
            stop,
            running,
        };
        // The listener is bound, so a connection waits until the service has migrated and accepts it.
        users.signing_keys().await;
        users
    }

    /// Ends the service and starts it again on the same database.
    pub(crate) async fn restart(self) -> Self {
        self.stop.stop();
        self.running.await.unwrap().expect("stopped without a failure");
        Self::run(self.config).await
    }

    /// Registers a member with this handle; the email is `<handle>@example.com`.
    pub(crate) async fn register(&self, handle: &str) -> RegisterResponse {
        self.try_register(registration(handle)).await.expect("registered")
    }

    pub(crate) async fn try_register(&self, request: RegisterRequest) -> Result<RegisterResponse, Status> {
        let request = testing::request(request, &self.as_service(), "user");
        Ok(self.client.clone().register(request).await?.into_inner())
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Result<SignInResponse, Status> {
        self.sign_in_from("198.51.100.7", login, password).await
    }

    pub(crate) async fn sign_in_from(&self, peer: &str, login: &str, password: &str) -> Result<SignInResponse, Status> {
        let request = SignInRequest {
            login: login.to_owned(),
            password: password.to_owned(),
            peer_address: peer.to_owned(),
            user_agent: "test".to_owned(),
        };
        let request = testing::request(request, &self.as_service(), "user");
        Ok(self.client.clone().sign_in(request).await?.into_inner())
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<RefreshResponse, Status> {
        self.refresh_from("198.51.100.7", token).await
    }

    pub(crate) async fn refresh_from(&self, peer: &str, token: &str) -> Result<RefreshResponse, Status> {
        let request = RefreshRequest {
            refresh_token: token.to_owned(),
            peer_address: peer.to_owned(),
            user_agent: "test".to_owned(),
        };
        let request = testing::request(request, &self.as_service(), "user");
        Ok(self.client.clone().refresh(request).await?.into_inner())
    }

    pub(crate) async fn sign_out(&self, token: &str) {
        let request = SignOutRequest {
            refresh_token: token.to_owned(),
        };
        let request = testing::request(request, &self.as_service(), "user");
        self.client
            .clone()
            .sign_out(request)
            .await
            .expect("signing out is never an error");
    }

    pub(crate) fn as_member(&self, id: &str) -> Caller {
        Caller::Member {
            id: id.parse().unwrap(),
            session: Uuid::now_v7(),
        }
    }

    /// The member as a caller in the session of these tokens.
    pub(crate) fn in_session(&self, member: &Member, tokens: &Tokens) -> Caller {
        Caller::Member {
            id: member.id.parse().unwrap(),
            session: session_id_of(&tokens.access_token),
        }
    }

    /// For RPCs without a helper here.
    pub(crate) fn client(&self) -> UserServiceClient<Channel> {
        self.client.clone()
    }

    /// Registers a member and returns it with its caller.
    pub(crate) async fn register_as_caller(&self, handle: &str) -> (Member, Caller) {
        let registered = self.register(handle).await;
        let (member, tokens) = (registered.member.unwrap(), registered.tokens.unwrap());
        let caller = self.in_session(&member, &tokens);
        (member, caller)
    }

    pub(crate) fn as_service(&self) -> Caller {
        Caller::Service("gateway".to_owned())
    }

    pub(crate) fn as_operator(&self) -> Caller {
        Caller::Operator
    }

    pub(crate) fn as_anonymous(&self) -> Caller {
        Caller::Anonymous
    }

    /// The status codes that this caller gets from Register, SignIn, Refresh and SignOut with empty requests.
    pub(crate) async fn codes_for(&self, caller: &Caller) -> [Code; 4] {
        fn code<T>(answer: Result<T, Status>) -> Code {
            answer.map_or_else(|status| status.code(), |_| Code::Ok)
        }
        let mut client = self.client.clone();
        let register = testing::request(RegisterRequest::default(), caller, "user");
        let sign_in = testing::request(SignInRequest::default(), caller, "user");
        let refresh = testing::request(RefreshRequest::default(), caller, "user");
        let sign_out = testing::request(SignOutRequest::default(), caller, "user");
        [
            code(client.register(register).await),
            code(client.sign_in(sign_in).await),
            code(client.refresh(refresh).await),
            code(client.sign_out(sign_out).await),
        ]
    }

    pub(crate) async fn get_members(&self, caller: Caller, ids: &[&str]) -> Result<Vec<Member>, Status> {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let request = testing::request(GetMembersRequest { ids }, &caller, "user");
        Ok(self.client.clone().get_members(request).await?.into_inner().members)
    }

    pub(crate) async fn get_members_by_handle(&self, caller: Caller, handles: &[&str]) -> Result<Vec<Member>, Status> {
        let handles = handles.iter().map(|handle| (*handle).to_owned()).collect();
        let request = testing::request(GetMembersByHandleRequest { handles }, &caller, "user");
        let answer = self.client.clone().get_members_by_handle(request).await?;
        Ok(answer.into_inner().members)
    }

    pub(crate) async fn signing_keys(&self) -> String {
        let request = testing::request(GetSigningKeysRequest {}, &self.as_service(), "user");
        self.client
            .clone()
            .get_signing_keys(request)
            .await
            .unwrap()
            .into_inner()
            .jwks_json
    }

    pub(crate) async fn list_ended_sessions(&self) -> BTreeSet<String> {
        self.try_list_ended_sessions(self.as_service()).await.unwrap()
    }

    pub(crate) async fn try_list_ended_sessions(&self, caller: Caller) -> Result<BTreeSet<String>, Status> {
        let request = testing::request(ListEndedSessionsRequest {}, &caller, "user");
        let ended = self.client.clone().list_ended_sessions(request).await?.into_inner();
        Ok(ended.session_ids.into_iter().collect())
    }

    pub(crate) async fn import(&self, caller: Caller, members: Vec<ImportMember>) -> Result<i32, Status> {
        let request: Request<_> = testing::request(ImportMembersRequest { members }, &caller, "user");
        Ok(self.client.clone().import_members(request).await?.into_inner().created)
    }

    /// Imports a member who has no password and so cannot sign in.
    pub(crate) async fn import_without_password(&self, handle: &str) {
        let member = ImportMember {
            id: Uuid::now_v7().to_string(),
            handle: handle.to_owned(),
            display_name: handle.to_owned(),
            language: "en".to_owned(),
            ..ImportMember::default()
        };
        assert_eq!(self.import(self.as_operator(), vec![member]).await.unwrap(), 1);
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&self.db)
            .await
            .unwrap()
    }

    /// Events in the outbox, unrouted ones included.
    pub(crate) async fn count_unpublished(&self) -> i64 {
        self.count("select (select count(*) from outbox) + (select count(*) from outbox_unrouted)")
            .await
    }

    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&self.db)
            .await
            .unwrap()
    }

    pub(crate) async fn execute(&self, sql: &str) {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .execute(&self.db)
            .await
            .unwrap();
    }

    pub(crate) async fn session_ids(&self) -> BTreeSet<String> {
        self.rows("select id::text from sessions").await.into_iter().collect()
    }
}

pub(crate) fn registration(handle: &str) -> RegisterRequest {
    RegisterRequest {
        handle: handle.to_owned(),
        email: format!("{}@example.com", handle.to_lowercase()),
        password: PASSWORD.to_owned(),
        display_name: handle.to_owned(),
        language: "ko".to_owned(),
        peer_address: "198.51.100.7".to_owned(),
        user_agent: "test".to_owned(),
    }
}

/// A request with this caller's token.
pub(crate) fn request_as<T>(message: T, caller: &Caller) -> Request<T> {
    testing::request(message, caller, "user")
}

/// The session that an access token belongs to.
pub(crate) fn session_id_of(access_token: &str) -> Uuid {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = URL_SAFE_NO_PAD.decode(access_token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["sid"].as_str().unwrap().parse().unwrap()
}

/// The field that a refusal names.
pub(crate) fn field(status: &Status) -> Option<&str> {
    status.metadata().get(chassis::error::FIELD)?.to_str().ok()
}

/// Passwords that this process has hashed so far.
pub(crate) fn password_hashes() -> u64 {
    let metrics = chassis::telemetry::render_metrics();
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("user_password_hashes_total "));
    line.map_or(0, |count| count.trim().parse().unwrap())
}

/// What this thread logs, and so what a service logs that runs on the test's own thread.
pub(crate) struct Logged {
    text: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Logged {
    pub(crate) fn start() -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let writer = Writer(text.clone());
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::INFO)
            .with_writer(move || writer.clone());
        Self {
            text,
            _guard: tracing::subscriber::set_default(subscriber.finish()),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }
}

#[derive(Clone)]
struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
