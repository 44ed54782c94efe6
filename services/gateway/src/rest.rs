//! REST, by resource. A handler extracts the parameters, calls its feature and chooses the status code. The routes and the
//! OpenAPI document are both made from the attributes at the handlers, so they cannot differ.

mod comments;
mod docs;
mod download;
mod export;
mod feed;
mod follows;
pub(crate) mod imports;
mod lists;
mod me;
mod members;
mod movies;
mod openapi_limits;
mod openapi_responses;
mod pages;
mod people;
mod profile;
mod ratings;
mod replies;
mod sessions;
mod settings;
mod shelf;
mod status;
mod suggest;
mod taste;
mod watches;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::app::App;

/// The routes of `/api/v1`, the OpenAPI document, and the page that shows it.
pub(crate) fn routes() -> Router<App> {
    let (routes, description) = described().split_for_parts();
    routes.merge(docs::routes(&docs::finish(description)))
}

/// The OpenAPI document.
pub(crate) fn openapi_text() -> String {
    docs::text(&docs::finish(described().into_openapi()))
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(docs::introduction())
        .routes(routes!(members::register, members::list))
        .routes(routes!(members::show))
        .routes(routes!(profile::show))
        .routes(routes!(follows::follow, follows::unfollow))
        .routes(routes!(follows::followers))
        .routes(routes!(follows::following))
        .routes(routes!(ratings::of_member))
        .routes(routes!(shelf::of_member))
        .routes(routes!(comments::of_member))
        .routes(routes!(watches::of_member))
        .routes(routes!(taste::show))
        .routes(routes!(taste::movies))
        .routes(routes!(sessions::sign_in))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::sign_out))
        .routes(routes!(movies::list))
        .routes(routes!(movies::show))
        .routes(routes!(movies::similar))
        .routes(routes!(people::list))
        .routes(routes!(people::show))
        .routes(routes!(people::movies))
        .routes(routes!(ratings::rate, ratings::clear))
        .routes(routes!(shelf::put, shelf::clear))
        .routes(routes!(comments::mine, comments::write, comments::delete))
        .routes(routes!(comments::of_movie))
        .routes(routes!(comments::like, comments::unlike))
        .routes(routes!(replies::replies, replies::reply))
        .routes(routes!(replies::delete_reply))
        .routes(routes!(lists::search))
        .routes(routes!(lists::show, lists::write, lists::delete))
        .routes(routes!(lists::movies, lists::order))
        .routes(routes!(lists::add, lists::remove))
        .routes(routes!(lists::like, lists::unlike))
        .routes(routes!(lists::of_movie))
        .routes(routes!(lists::of_member))
        .routes(routes!(lists::mine))
        .routes(routes!(me::show))
        .routes(routes!(ratings::of_caller))
        .routes(routes!(shelf::of_caller))
        .routes(routes!(watches::mine))
        .routes(routes!(watches::put, watches::delete))
        .routes(routes!(comments::of_caller))
        .routes(routes!(me::recommendations))
        .routes(routes!(feed::feed))
        .routes(routes!(feed::suggested))
        .routes(routes!(imports::list, imports::upload))
        .routes(routes!(imports::show))
        .routes(routes!(imports::rows))
        .routes(routes!(imports::fix))
        .routes(routes!(imports::apply))
        .routes(routes!(imports::undo))
        .routes(routes!(imports::report))
        .routes(routes!(export::export))
        .routes(routes!(taste::mine))
        .routes(routes!(settings::show, settings::replace))
        .routes(routes!(settings::sessions, settings::end_others))
        .routes(routes!(settings::end))
        .routes(routes!(suggest::suggest))
        .routes(routes!(status::model))
}
