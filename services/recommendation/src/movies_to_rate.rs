//! The rating list: movies to offer to a member for rating.

use std::collections::HashSet;

use chassis::identity::Caller;
use matcha_protos::recommendation::v1::{ListToRateRequest, ListToRateResponse};
use uuid::Uuid;

use crate::{
    Service,
    caller_profile::{self, CallerProfile},
    catalogue::View,
    error::Error,
    filter::Filter,
    model::{mix, normal},
    parse,
};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: i32 = 50;
/// Movies that a page of the rating list may already show.
const MAX_EXCLUDED: usize = 5_000;

/// The RPC ListToRate.
pub(crate) async fn list_to_rate(
    service: &Service,
    caller: &Caller,
    request: ListToRateRequest,
) -> Result<ListToRateResponse, Error> {
    let limit = parse::limit(request.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let order = match request.shelf.as_str() {
        "" | "for_you" => Order::ForYou,
        "popular" => Order::Popular,
        other => {
            let message = format!("shelf is `for_you` or `popular`, not `{other}`");
            return Err(Error::invalid("shelf", message));
        }
    };
    let excluded = parse::ids(&request.exclude_movie_ids, "exclude_movie_ids", MAX_EXCLUDED)?
        .into_iter()
        .collect();
    let filter = Filter {
        genre: request.genre,
        country: request.country,
        decade: request.decade,
    };
    let view = service.catalogue.view();
    let caller = caller_profile::load_or_visitor(service, &view, caller).await;
    let movies = choose(&view, &caller, order, &filter, &excluded, limit);
    Ok(ListToRateResponse {
        movie_ids: view.ids_at(&movies),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    ForYou,
    Popular,
}

/// Chooses popular movies about which opinions differ, because a rating of those says most about the member. The random
/// part of the order depends only on the member and the movie, so the order does not change while the member rates.
fn choose(
    view: &View,
    caller: &CallerProfile,
    order: Order,
    filter: &Filter,
    excluded: &HashSet<Uuid>,
    limit: usize,
) -> Vec<usize> {
    let seed = mix(caller.id.as_u128() as u64, (caller.id.as_u128() >> 64) as u64);
    let mut scores: Vec<(usize, f64)> = (0..view.movies.len())
        .filter(|at| {
            let movie = &view.movies[*at];
            filter.accepts(&movie.facts) && !caller.profile.contains(movie.id) && !excluded.contains(&movie.id)
        })
        .map(|at| {
            let one = view.statistics[at];
            let popularity = (f64::from(one.count) + 1.0).ln_1p();
            let noise = normal(seed, view.movies[at].id.as_u128() as u64);
            let score = match order {
                Order::Popular => popularity * (1.0 + 0.03 * noise),
                Order::ForYou => popularity * disagreement(view, at) * (1.0 + 0.12 * noise),
            };
            (at, score)
        })
        .collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scores.into_iter().take(limit).map(|(at, _)| at).collect()
}

/// The standard deviation of a movie's stars (1-10), shrunk towards 2 by ten ratings.
fn disagreement(view: &View, at: usize) -> f64 {
    let one = view.statistics[at];
    let (count, sum) = (f64::from(one.count), f64::from(one.sum));
    let scatter = if one.count > 0 {
        f64::from(one.squares) - sum * sum / count
    } else {
        0.0
    };
    ((scatter.max(0.0) + 10.0 * 4.0) / (count + 10.0)).sqrt()
}
