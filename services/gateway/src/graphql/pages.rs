//! The arguments `first` and `after`, which every list has.

use crate::{
    features::page::PageRequest,
    http::{
        extract::{cursor, limit},
        problem::Problem,
    },
};

/// Checks the arguments of a list with 1 to 50 items on a page.
pub(super) fn page(first: Option<i32>, after: Option<String>) -> Result<PageRequest, Problem> {
    Ok(PageRequest {
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
    })
}
