//! GraphQL for screens: one query for a page, over the same services as REST. What a query may cost is bounded before it runs
//! (`limits`), what it reads is batched while it runs (`loaders`), and what it says when it fails is decided after (`nulls`, `errors`).

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
mod person;
mod profile;
mod query;
mod settings;
mod taste;
mod to_rate;
mod watches;

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use async_graphql::{EmptySubscription, MergedObject, Schema};
use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::post,
};
use http::{HeaderMap, header};

use self::{
    comments::CommentMutation, lists::ListMutation, loaders::Asker, mutation::RatingMutation, nulls::Types,
    profile::FollowMutation, query::Query, settings::SettingsMutation, watches::WatchMutation,
};
use crate::{
    App,
    http::{
        auth::Anyone,
        extract::{self, Json, json_body, parse},
        problem::{Kind, Problem},
    },
};

/// A query as text; the site's largest is a tenth of this.
const LARGEST: usize = 16 * 1024;
const DEEPEST: usize = 8;
const MOST_COMPLEX: usize = 200;
const DIRECTIVES_ON_A_FIELD: usize = 2;
/// Names of operations that get metrics of their own: clients choose them, so there must be an end.
const NAMES: usize = 50;

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

/// The schemas, ready to execute.
pub(crate) struct Endpoint {
    api: Api,
    types: Types,
    /// In development only: answers questions about the schema, which go deeper than any query may.
    introspection: Option<Api>,
    development: bool,
    names: Mutex<HashSet<String>>,
}

impl Endpoint {
    pub(crate) fn new(development: bool) -> Self {
        let api = Schema::build(Query, MUTATION, EmptySubscription)
            .limit_depth(DEEPEST)
            .limit_complexity(MOST_COMPLEX)
            .limit_directives(DIRECTIVES_ON_A_FIELD)
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

    async fn execute(&self, mut request: async_graphql::Request, asker: Asker) -> async_graphql::Response {
        let name = request.operation_name.clone();
        let began = Instant::now();
        let degraded = asker.degraded();
        let about_the_schema = asks_about_the_schema(&request.query);
        let document = limits::parse(&request.query).and_then(|document| {
            limits::check_variables(&document, name.as_deref(), &request.variables)?;
            Ok(document)
        });
        let mut response = match (document, &self.introspection) {
            (Err(error), _) => async_graphql::Response::from_errors(vec![error]),
            (Ok(_), Some(introspection)) if about_the_schema => introspection.execute(request).await,
            (Ok(document), _) => {
                let query = request.query.clone();
                request.set_parsed_query(document);
                let mut response = self.api.execute(request.data(asker)).await;
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

    /// The operation's name, if it has worked before or there is room for another.
    fn label(&self, name: Option<String>, worked: bool) -> String {
        let other = || "other".to_owned();
        let Some(name) = name.filter(|name| name.len() <= 40) else {
            return other();
        };
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.contains(&name) {
            return name;
        }
        if worked && names.len() < NAMES {
            names.insert(name.clone());
            return name;
        }
        other()
    }
}

fn asks_about_the_schema(query: &str) -> bool {
    query.contains("__schema") || query.replace("__typename", "").contains("__type")
}

pub(crate) fn routes() -> Router<App> {
    Router::new().route("/graphql", post(handle))
}

async fn handle(State(app): State<App>, Anyone(caller): Anyone, request: Request) -> Result<Response, Problem> {
    let language = language(request.headers());
    // One object: an array of queries is refused there. Variables may hold a long comment; the query itself is short.
    let body = json_body(request, extract::LARGEST).await?;
    let request = parse::<async_graphql::Request>(&body)?;
    if request.query.len() > LARGEST {
        let detail = format!("a query has at most {LARGEST} bytes");
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    let asker = Asker::new(app.clients.clone(), caller, language);
    let response = app.graphql.execute(request, asker).await;
    Ok(Json(response).into_response())
}

/// The browser's first language, where it is one of ours.
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
