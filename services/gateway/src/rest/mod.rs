//! REST, by resource. Each handler carries its own description, from which both the routes and the OpenAPI document are
//! made, so they cannot differ.

mod comments;
mod docs;
mod export;
mod failures;
mod feed;
pub(crate) mod imports;
mod lists;
mod me;
mod members;
mod movies;
mod people;
mod profile;
mod ratings;
mod sessions;
mod settings;
mod shelf;
mod status;
mod suggest;
mod taste;
mod watches;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

pub(crate) use docs::openapi_text;
pub(crate) use movies::histogram;

/// Every resource under `/api/v1`, its description, and the readable page.
pub(crate) fn routes() -> Router<App> {
    let (routes, description) = described().split_for_parts();
    routes.merge(docs::routes(&docs::finish(description)))
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(docs::introduction())
        .routes(routes!(members::register, members::list))
        .routes(routes!(members::show))
        .routes(routes!(profile::show))
        .routes(routes!(profile::follow, profile::unfollow))
        .routes(routes!(profile::followers))
        .routes(routes!(profile::following))
        .routes(routes!(profile::ratings))
        .routes(routes!(profile::shelf))
        .routes(routes!(profile::comments))
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
        .routes(routes!(comments::replies::replies, comments::replies::reply))
        .routes(routes!(comments::replies::delete_reply))
        .routes(routes!(lists::search))
        .routes(routes!(lists::show, lists::write, lists::delete))
        .routes(routes!(lists::movies, lists::order))
        .routes(routes!(lists::add, lists::remove))
        .routes(routes!(lists::like, lists::unlike))
        .routes(routes!(lists::of_movie))
        .routes(routes!(lists::of_member))
        .routes(routes!(lists::mine))
        .routes(routes!(me::show))
        .routes(routes!(me::ratings))
        .routes(routes!(me::shelf))
        .routes(routes!(watches::mine))
        .routes(routes!(watches::put, watches::delete))
        .routes(routes!(comments::of_member))
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
