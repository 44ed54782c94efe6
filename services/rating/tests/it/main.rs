//! The real service with real stores, called over gRPC. Every test has its own database and broker namespace.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test holds transactions open while it looks at what happens meanwhile"
)]

mod bulk_import;
mod cancellation;
mod comments;
mod feed;
mod file_import;
mod harness;
mod lists;
mod privacy;
mod rating_import;
mod rating_list;
mod ratings;
mod relay;
mod shelf;
mod statistics;
mod streams;
mod tags;
mod watches;
