//! GraphQL: one query per page of the site, over the same features as REST. A query's cost is checked before it runs (`limits`),
//! its reads are batched while it runs (`loaders`), and its failures are put in order after it ran (`nulls`, `errors`).

mod authors;
mod comments;
mod errors;
mod feed;
mod home;
mod limits;
mod lists;
mod loaders;
mod member;
mod movie;
mod mutation;
mod nulls;
mod pages;
mod person;
mod profile;
mod query;
mod request_context;
mod settings;
mod taste;
mod watches;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use async_graphql::{EmptySubscription, MergedObject, Schema};
use axum::{
    Router,
    extract::{Request, State},
    response::IntoResponse,
    routing::post,
};
use chassis::identity::Caller;
use http::{HeaderMap, header};

use self::{
    comments::CommentMutation, lists::ListMutation, mutation::RatingMutation, nulls::Types, profile::FollowMutation,
    query::Query, request_context::RequestContext, settings::SettingsMutation, watches::WatchMutation,
};
use crate::{
    app::App,
    http::{
        auth::Anyone,
        extract::{self, Json, json_body, parse},
        problem::{Kind, Problem},
    },
    upstream::clients::Clients,
};

/// The most bytes of a query's text; the site's largest query has a tenth of this.
const MAX_QUERY_BYTES: usize = 16 * 1024;
const MAX_DEPTH: usize = 8;
const MAX_COMPLEXITY: usize = 200;
const MAX_DIRECTIVES_ON_A_FIELD: usize = 2;
/// The most operation names that become labels of metrics. Clients choose the names, so their number must have a limit.
const MAX_OPERATION_NAMES: usize = 50;

/// The writes of all features.
#[derive(MergedObject)]
struct Mutation(
    RatingMutation,
    CommentMutation,
    ListMutation,
    FollowMutation,
    SettingsMutation,
    WatchMutation,
);

const MUTATION: Mutation = Mutation(
    RatingMutation,
    CommentMutation,
    ListMutation,
    FollowMutation,
    SettingsMutation,
    WatchMutation,
);

type Api = Schema<Query, Mutation, EmptySubscription>;

/// The schemas, and what executing them needs.
struct Endpoint {
    api: Api,
    types: Types,
    /// Answers introspection queries, which go deeper than the limit; in development only.
    introspection: Option<Api>,
    development: bool,
    names: Mutex<HashSet<String>>,
}

impl Endpoint {
    fn new(development: bool) -> Self {
        let api = Schema::build(Query, MUTATION, EmptySubscription)
            .limit_depth(MAX_DEPTH)
            .limit_complexity(MAX_COMPLEXITY)
            .limit_directives(MAX_DIRECTIVES_ON_A_FIELD)
            .disable_introspection()
            .disable_suggestions();
        let introspection = Schema::build(Query, MUTATION, EmptySubscription).introspection_only();
        let api = api.finish();
        Self {
            types: Types::of(&api.sdl()),
            api,
            introspection: development.then(|| introspection.finish()),
            development,
            names: Mutex::default(),
        }
    }

    async fn execute(&self, mut request: async_graphql::Request, context: RequestContext) -> async_graphql::Response {
        let name = request.operation_name.clone();
        let began = Instant::now();
        let degraded = context.degraded();
        let document = limits::parse(&request.query).and_then(|document| {
            limits::check_variables(&document, name.as_deref(), &request.variables)?;
            Ok(document)
        });
        let mut response = match (document, &self.introspection) {
            (Err(error), _) => async_graphql::Response::from_errors(vec![error]),
            (Ok(document), Some(introspection)) if limits::is_introspection(&document, name.as_deref()) => {
                introspection.execute(request).await
            }
            (Ok(document), _) => {
                let query = request.query.clone();
                request.set_parsed_query(document);
                let mut response = self.api.execute(request.data(context)).await;
                nulls::settle(&mut response, &self.types, &query, name.as_deref());
                response
            }
        };
        let worked = response.errors.is_empty();
        errors::finish(&mut response, self.development);

        let degraded = degraded.names();
        if !degraded.is_empty() {
            let names = degraded.into_iter().map(async_graphql::Value::from);
            let names = async_graphql::Value::List(names.collect());
            response.extensions.insert("degraded".to_owned(), names);
        }
        let operation = self.label(name, worked);
        let outcome = if worked { "ok" } else { "error" };
        metrics::histogram!("graphql_request_seconds", "operation" => operation.clone())
            .record(began.elapsed().as_secs_f64());
        metrics::counter!("graphql_requests_total", "operation" => operation, "outcome" => outcome).increment(1);
        response
    }

    /// The operation's name, if it has succeeded before or the limit of names leaves room; otherwise `other`.
    fn label(&self, name: Option<String>, worked: bool) -> String {
        let other = || "other".to_owned();
        let Some(name) = name.filter(|name| name.len() <= 40) else {
            return other();
        };
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.contains(&name) {
            return name;
        }
        if worked && names.len() < MAX_OPERATION_NAMES {
            names.insert(name.clone());
            return name;
        }
        other()
    }
}

/// The route `/graphql`. In development it also answers introspection queries.
pub(crate) fn routes(development: bool) -> Router<App> {
    let endpoint = Arc::new(Endpoint::new(development));
    let handler = move |State(clients), Anyone(caller), request| async move {
        let response = handle(&endpoint, clients, caller, request).await;
        response.map(IntoResponse::into_response)
    };
    Router::new().route("/graphql", post(handler))
}

async fn handle(
    endpoint: &Endpoint,
    clients: Clients,
    caller: Caller,
    request: Request,
) -> Result<Json<async_graphql::Response>, Problem> {
    let language = language(request.headers());
    // Accepts one object; a batch of queries, which is an array, is refused. Variables may hold a long comment, while the query
    // itself is short.
    let body = json_body(request, extract::MAX_BODY_BYTES).await?;
    let request = parse::<async_graphql::Request>(&body)?;
    if request.query.len() > MAX_QUERY_BYTES {
        let detail = format!("a query has at most {MAX_QUERY_BYTES} bytes");
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    let context = RequestContext::new(clients, caller, language);
    Ok(Json(endpoint.execute(request, context).await))
}

/// `en` if the browser prefers English, else `ko`.
fn language(headers: &HeaderMap) -> &'static str {
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    match accepted.and_then(|accepted| accepted.to_str().ok()) {
        Some(accepted) if accepted.starts_with("en") => "en",
        _ => "ko",
    }
}

/// The schema in the schema definition language.
pub(crate) fn schema_text() -> String {
    Endpoint::new(false).api.sdl()
}
