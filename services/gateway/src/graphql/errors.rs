//! Errors in GraphQL responses: each gets a code, and none quotes the query.

use std::collections::HashSet;

use async_graphql::{ErrorExtensionValues, Response, ServerError};

use crate::http::problem::{Kind, Problem};

/// Messages of the library's own limits, which quote no part of the query.
const LIMITS: [&str; 3] = [
    "Query is nested too deep.",
    "Query is too complex.",
    "The recursion depth of the query",
];

/// Rewrites a response's errors for the client.
pub(super) fn finish(response: &mut Response, development: bool) {
    // Every field after the limit runs into a limit of the whole query: report it once.
    let mut reported = HashSet::new();
    response.errors.retain(|error| match error.source::<Problem>() {
        Some(problem) if problem.of_the_query => reported.insert(problem.detail.clone()),
        _ => true,
    });
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
