//! The parameters `cursor` and `limit`, which every list has.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    features::page::PageRequest,
    http::{
        extract::{cursor, limit},
        problem::Problem,
    },
};

/// The parameters of a list that has no others.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageFilter {
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

impl PageFilter {
    pub(super) fn page(self) -> Result<PageRequest, Problem> {
        page(self.cursor, self.limit)
    }
}

/// Checks the parameters of a list with 1 to 50 items on a page.
pub(super) fn page(after: Option<String>, most: Option<i32>) -> Result<PageRequest, Problem> {
    Ok(PageRequest {
        cursor: cursor("cursor", after)?,
        limit: limit("limit", most, 20, 50)?,
    })
}
