//! The values that movies can be filtered by, each with its number of movies.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::movie::v1::{self as proto, ListFacetsRequest};
use tonic::Status;

use crate::upstream::clients::Clients;

/// The genres, countries and decades of the catalogue.
#[derive(SimpleObject)]
pub(crate) struct Facets {
    genres: Vec<Facet>,
    countries: Vec<Facet>,
    decades: Vec<Facet>,
}

/// A value and the number of movies that have it.
#[derive(SimpleObject)]
struct Facet {
    value: String,
    count: i32,
}

/// Reads the facets of the catalogue.
pub(crate) async fn get(clients: &Clients, caller: &Caller) -> Result<Facets, Status> {
    let answer = clients
        .movie
        .clone()
        .list_facets(request(ListFacetsRequest {}, caller))
        .await?;
    let answer = answer.into_inner();
    let facets = |found: Vec<proto::Facet>| {
        let facets = found.into_iter().map(|facet| Facet {
            value: facet.value,
            count: facet.count,
        });
        facets.collect()
    };
    Ok(Facets {
        genres: facets(answer.genres),
        countries: facets(answer.countries),
        decades: facets(answer.decades),
    })
}
