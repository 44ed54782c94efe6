//! What REST and GraphQL both say, written once: a file per feature with its types and its calls.

pub(crate) mod autocomplete;
pub(crate) mod movie_search;
pub(crate) mod profile;
