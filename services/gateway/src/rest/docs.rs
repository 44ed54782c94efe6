//! The OpenAPI document and the page that shows it. The page's files are compiled into the binary.

use axum::{
    Router, middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{openapi_limits, openapi_responses};
use crate::{app::App, http::problem::Problem};

const ADDRESS: &str = "/api/v1/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "matcha",
        description = "Rating movies and predicting stars. Stars go from 0.5 to 5.0 in half steps, predicted stars in steps of \
                       0.1. Errors are `application/problem+json`; unknown fields and parameters are refused.",
        version = "1"
    ),
    servers((url = "/")),
    tags(
        (name = "members", description = "Becoming a member, and what everybody may see of one"),
        (name = "sessions", description = "Signing in and out. The refresh token is a cookie no script can read."),
        (name = "movies", description = "The catalogue, with what the member thinks of it"),
        (name = "people", description = "Who directed and acted, and in what"),
        (name = "comments", description = "What members write about movies. A text is checked before it is public."),
        (name = "lists", description = "Members' lists of movies. Somebody else's private list is not found."),
        (name = "me", description = "What the signed-in member has done"),
        (name = "imports", description = "A member's own data, brought from a file and taken along in one"),
        (name = "status", description = "How the site itself is doing"),
    ),
    modifiers(&Bearer)
)]
struct Introduction;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The access token of a sign-in, for ten minutes."))
            .build();
        let components = api.components.get_or_insert_with(Components::new);
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

pub(super) fn introduction() -> utoipa::openapi::OpenApi {
    Introduction::openapi()
}

/// Adds the error responses and the limits of parameters, which no handler lists itself.
pub(super) fn finish(mut api: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    openapi_responses::describe(&mut api);
    openapi_limits::describe(&mut api);
    api
}

/// The routes of the document and the page.
pub(super) fn routes(api: &utoipa::openapi::OpenApi) -> Router<App> {
    let document = Bytes::from(text(api));
    let page = SwaggerUi::new("/api/docs").config(Config::from(ADDRESS).use_base_layout());
    let page: Router<App> = page.into();
    // For an unknown file the library answers 404 without a problem body.
    let page = page.layer(middleware::map_response(async |answer: Response| {
        if answer.status() == StatusCode::NOT_FOUND {
            return Problem::not_found("resource").into_response();
        }
        answer
    }));
    page.route(ADDRESS, get(async move || answer(document.clone())))
}

/// All answers share the bytes of the document, however many clients read it slowly.
fn answer(document: Bytes) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], document).into_response()
}

/// The document as it is committed and served.
pub(super) fn text(api: &utoipa::openapi::OpenApi) -> String {
    let mut text = api.to_pretty_json().expect("a description is plain data");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn answers_share_the_bytes_of_the_document() {
        let document = Bytes::from("{}".repeat(100));
        for _ in 0..2 {
            let mut body = answer(document.clone()).into_body();
            let frame = body.frame().await.expect("a frame").expect("no error");
            let sent = frame.into_data().expect("data");
            assert_eq!((sent.as_ptr(), sent.len()), (document.as_ptr(), document.len()));
        }
    }
}
