//! The error responses of the OpenAPI document. Most follow from an operation's parameters, body and authentication; the others
//! are listed here, so that no handler repeats them.

use std::collections::BTreeMap;

use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        Components, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
        path::{Operation, ParameterIn},
    },
};

use crate::http::problem::{FieldProblem, ProblemBody};

/// The statuses, with the names of their responses and what they mean.
const MEANINGS: [(u16, &str, &str); 10] = [
    (
        400,
        "Invalid",
        "Something in the request is wrong; `errors` names the field.",
    ),
    (401, "Unauthenticated", "Nobody is signed in, or no longer."),
    (403, "Forbidden", "It is not for this member, or not from this site."),
    (404, "NotFound", "There is no such thing, or not for this member."),
    (409, "Conflict", "It does not go with what is there already."),
    (413, "TooLarge", "The body is too large."),
    (415, "MediaType", "The body is of another type."),
    (
        429,
        "TooMany",
        "Too many attempts; `Retry-After` says when to try again.",
    ),
    (
        503,
        "Unavailable",
        "A service is away; `Retry-After` says when to try again.",
    ),
    (504, "Timeout", "A service did not answer in time."),
];

/// Statuses that do not follow from the operation itself.
const EXTRA_STATUSES: [(&str, &str, &[u16]); 26] = [
    ("GET", "/api/v1/movies", &[409]),
    ("PUT", "/api/v1/comments/{id}/like", &[403]),
    ("POST", "/api/v1/comments/{id}/replies", &[409]),
    ("DELETE", "/api/v1/replies/{id}", &[403]),
    ("PUT", "/api/v1/lists/{id}", &[403, 409]),
    ("DELETE", "/api/v1/lists/{id}", &[403]),
    ("PUT", "/api/v1/lists/{id}/like", &[403]),
    ("PUT", "/api/v1/lists/{id}/movies", &[403, 409]),
    ("PUT", "/api/v1/lists/{id}/movies/{movie_id}", &[403, 409]),
    ("DELETE", "/api/v1/lists/{id}/movies/{movie_id}", &[403]),
    ("POST", "/api/v1/me/imports", &[409, 429]),
    ("PUT", "/api/v1/me/imports/{id}/apply", &[409]),
    ("PUT", "/api/v1/me/imports/{id}/rows/{position}", &[409]),
    ("PUT", "/api/v1/me/imports/{id}/undo", &[409]),
    ("PUT", "/api/v1/me/watches/{id}", &[409]),
    ("POST", "/api/v1/members", &[403, 409, 429]),
    ("PUT", "/api/v1/members/{handle}/follow", &[400]),
    ("GET", "/api/v1/members/{handle}/comments", &[403]),
    ("GET", "/api/v1/members/{handle}/ratings", &[403]),
    ("GET", "/api/v1/members/{handle}/shelf", &[400, 403]),
    ("GET", "/api/v1/members/{handle}/taste", &[403]),
    ("GET", "/api/v1/members/{handle}/taste/movies", &[403]),
    ("GET", "/api/v1/members/{handle}/watches", &[403]),
    ("POST", "/api/v1/sessions", &[403, 429]),
    ("POST", "/api/v1/sessions/refresh", &[403, 429]),
    ("DELETE", "/api/v1/sessions/current", &[403]),
];

/// Operations that ignore a token, so they never answer 401 about one.
const NO_AUTH: [(&str, &str); 2] = [("POST", "/api/v1/members"), ("DELETE", "/api/v1/sessions/current")];

/// Deletes that succeed if there is nothing to delete, so they never answer 404.
const IDEMPOTENT_DELETES: [&str; 6] = [
    "/api/v1/lists/{id}",
    "/api/v1/me/watches/{id}",
    "/api/v1/movies/{id}/comment",
    "/api/v1/movies/{id}/rating",
    "/api/v1/movies/{id}/shelf",
    "/api/v1/replies/{id}",
];

fn statuses(method: &str, path: &str, operation: &Operation) -> Vec<u16> {
    let parameters = operation
        .parameters
        .iter()
        .flatten()
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(&parameter.parameter_in),
            RefOr::Ref(_) => None,
        });
    let has_query = parameters.into_iter().any(|place| *place == ParameterIn::Query);
    let has_body = operation.request_body.is_some();
    let raw = path == crate::imports::upload::PATH;
    let mut statuses = vec![503, 504];
    // A malformed handle is not 400: no member has it, so the answer is 404.
    if has_query || has_body || path.contains("{id}") {
        statuses.push(400);
    }
    if !NO_AUTH.contains(&(method, path)) {
        statuses.push(401);
    }
    if path.contains('{') && !(method == "DELETE" && IDEMPOTENT_DELETES.contains(&path)) {
        statuses.push(404);
    }
    if has_body {
        statuses.push(413);
    }
    if has_body && !raw {
        statuses.push(415);
    }
    let extra = EXTRA_STATUSES
        .iter()
        .filter(|extra| (extra.0, extra.1) == (method, path));
    statuses.extend(extra.flat_map(|(_, _, statuses)| *statuses));
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// Adds its error responses to every operation. Statuses that any operation may have, such as 500, are the `default` response.
pub(super) fn describe(api: &mut OpenApi) {
    let components = api.components.get_or_insert_with(Components::new);
    let schemas = &mut components.schemas;
    schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    schemas.insert(FieldProblem::name().into_owned(), FieldProblem::schema());
    for (_, name, meaning) in MEANINGS {
        let response = problem(meaning);
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
    let named: BTreeMap<u16, &str> = MEANINGS.iter().map(|(status, name, _)| (*status, *name)).collect();
    for (path, item) in &mut api.paths.paths {
        let operations = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("DELETE", &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            for status in statuses(method, path, operation) {
                let response = RefOr::Ref(Ref::from_response_name(named[&status]));
                operation.responses.responses.insert(status.to_string(), response);
            }
            let failed = problem("It did not work; the problem says why.");
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), RefOr::T(failed));
        }
    }
}

fn problem(meaning: &str) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(RefOr::Ref(Ref::from_schema_name(ProblemBody::name()))))
        .build();
    ResponseBuilder::new()
        .description(meaning)
        .content("application/problem+json", content)
        .build()
}
