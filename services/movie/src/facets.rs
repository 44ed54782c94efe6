//! `ListFacets`: the genres, countries and decades that occur, counted when the index is built.

use matcha_protos::movie::v1::{Facet, ListFacetsResponse};

use crate::search::index::Index;

pub(crate) fn list_facets(index: &Index) -> ListFacetsResponse {
    let facets = |counts: &[(String, i32)]| {
        counts
            .iter()
            .map(|(value, count)| Facet {
                value: value.clone(),
                count: *count,
            })
            .collect()
    };
    ListFacetsResponse {
        genres: facets(&index.facets.genres),
        countries: facets(&index.facets.countries),
        decades: facets(&index.facets.decades),
    }
}
