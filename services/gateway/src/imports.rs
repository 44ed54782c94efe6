//! Imports of a member's own data from a file.

mod archive;
mod encoding;
mod entries;
mod file;
mod formats;
pub(crate) mod import;
mod json;
mod lists;
mod parse;
mod quotes;
mod record;
pub(crate) mod report;
mod row_builder;
pub(crate) mod rows;
mod table;
pub(crate) mod upload;
mod values;
mod wrong_kind;
