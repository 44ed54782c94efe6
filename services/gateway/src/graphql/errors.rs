//! The door for GraphQL's errors: each gets a code, and none repeats the query to whoever sent it.

use std::collections::HashSet;

use async_graphql::{ErrorExtensionValues, Name, PathSegment, Response, ServerError, Value};

use crate::problem::{Kind, Problem};

/// The library's own limits; their messages name no part of the query.
const LIMITS: [&str; 3] = [
    "Query is nested too deep.",
    "Query is too complex.",
    "The recursion depth of the query",
];

/// Rewrites a response's errors for the client.
pub(super) fn finish(response: &mut Response, development: bool) {
    for error in &response.errors {
        say_null(&mut response.data, &error.path);
    }
    // A limit of the whole query is met again and again by what comes after; it is told once.
    let mut told = HashSet::new();
    response.errors.retain(|error| match error.source::<Problem>() {
        Some(problem) if problem.of_the_query => told.insert(problem.detail.clone()),
        _ => true,
    });
    for error in &mut response.errors {
        let problem = match error.source::<Problem>() {
            Some(problem) => problem.clone(),
            // Everything else is the library's, and about the query: it did not parse, or does not fit the schema.
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

/// A field that failed is null in its place, as the specification has it (GraphQL October 2021, 6.4.4); the library leaves it out, and
/// hands no failure on to what holds a field that cannot be null. An object without any field that worked is null as a whole.
fn say_null(mut data: &mut Value, path: &[PathSegment]) {
    let Some((PathSegment::Field(last), above)) = path.split_last() else {
        return;
    };
    for segment in above {
        let below = match (data, segment) {
            (Value::Object(fields), PathSegment::Field(name)) => fields.get_mut(name.as_str()),
            (Value::List(items), PathSegment::Index(place)) => items.get_mut(*place),
            _ => None,
        };
        let Some(below) = below else {
            // What holds it could not do without it, and is null itself.
            return;
        };
        data = below;
    }
    if let Value::Object(fields) = data {
        fields.entry(Name::new(last)).or_insert(Value::Null);
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

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};

    use super::*;

    struct Query;
    struct Film;

    #[Object]
    impl Query {
        async fn film(&self) -> Film {
            Film
        }
        async fn films(&self) -> Vec<Film> {
            vec![Film, Film]
        }
    }

    #[Object]
    impl Film {
        async fn title(&self) -> &str {
            "Parasite"
        }
        async fn stars(&self) -> Result<Option<f64>, Problem> {
            Err(Problem::new(Kind::Unavailable, "rating is away"))
        }
    }

    async fn answer(query: &str) -> String {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let mut response = schema.execute(query).await;
        finish(&mut response, false);
        assert!(!response.errors.is_empty());
        serde_json::to_string(&response.data).expect("JSON")
    }

    #[tokio::test]
    async fn a_field_that_failed_is_null_in_its_place() {
        assert_eq!(
            answer("{ film { title given: stars } }").await,
            r#"{"film":{"title":"Parasite","given":null}}"#
        );
        assert_eq!(
            answer("{ films { title stars } }").await,
            r#"{"films":[{"title":"Parasite","stars":null},{"title":"Parasite","stars":null}]}"#
        );
    }
}
