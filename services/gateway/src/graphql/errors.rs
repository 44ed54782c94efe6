//! Errors in GraphQL responses: each gets a code, none quotes the query, and their number and sizes are bounded. An error is at
//! most about a kilobyte, whose largest part is its path: aliases and depth are bounded by `limits`.

use std::collections::HashSet;

use async_graphql::{ErrorExtensionValues, Response, ServerError};

use crate::http::problem::{Kind, Problem};

/// Messages of the library's own limits, which quote no part of the query.
const LIMITS: [&str; 3] = [
    "Query is nested too deep.",
    "Query is too complex.",
    "The recursion depth of the query",
];

/// The most errors of one response. A query can make a hundred times as many, all with the same cause.
const MAX_ERRORS: usize = 20;
/// The most places in the query that one error names.
const MAX_LOCATIONS: usize = 4;

/// Rewrites a response's errors for the client. `data` has null for every failed field already, also for those whose errors are
/// left out here; the extension `errors_left_out` has their number.
pub(super) fn finish(response: &mut Response, development: bool) {
    // Every field after the limit runs into a limit of the whole query: report it once.
    let mut reported = HashSet::new();
    response.errors.retain(|error| match error.source::<Problem>() {
        Some(problem) if problem.of_the_query => reported.insert(problem.detail.clone()),
        _ => true,
    });
    let left_out = response.errors.len().saturating_sub(MAX_ERRORS);
    if left_out > 0 {
        response.errors.truncate(MAX_ERRORS);
        let number = async_graphql::Value::from(left_out);
        response.extensions.insert("errors_left_out".to_owned(), number);
    }
    for error in &mut response.errors {
        let problem = match error.source::<Problem>() {
            Some(problem) => problem.clone(),
            // Errors without a problem come from the library and are about the query: it does not parse or does not fit the schema.
            None => Problem::new(Kind::Invalid, explain(error, development)),
        };
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", problem.kind.code());
        if let Some(field) = problem.fields.first() {
            extensions.set("field", field.field.as_str());
        }
        if let Some(id) = chassis::telemetry::trace_id() {
            extensions.set("trace_id", id);
        }
        error.locations.truncate(MAX_LOCATIONS);
        error.message = problem.detail;
        error.source = None;
        error.extensions = Some(extensions);
    }
}

fn explain(error: &ServerError, development: bool) -> String {
    let message = &error.message;
    if LIMITS.iter().any(|limit| message.starts_with(limit)) {
        return message.clone();
    }
    // A syntax error quotes the line.
    if message.contains(" --> ") || message.contains('\n') {
        return "the query is not GraphQL".to_owned();
    }
    if development {
        message.clone()
    } else {
        "the query does not fit the schema".to_owned()
    }
}
