//! The user service against real Postgres and RabbitMQ, called over gRPC. Each test has a database of its own.

#![allow(clippy::unwrap_used, reason = "tests")]

mod bad_input;
mod bulk_import;
mod follows;
mod harness;
mod member_search;
mod members;
mod privacy;
mod rate_limits;
mod registration;
mod session_list;
mod sessions;
mod sign_in;
mod unavailable;
