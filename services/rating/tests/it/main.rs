//! The real service against real stores, spoken to over gRPC. Every test has a database and a broker namespace of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test holds transactions open while it looks at what happens meanwhile"
)]

mod cancelling;
mod comments;
mod community;
mod feed;
mod harness;
mod importing;
mod listing;
mod lists;
mod own_files;
mod privacy;
mod rating;
mod relaying;
mod shelving;
mod sqlx_cache;
mod statistics;
mod streaming;
mod tagging;
mod watching;
