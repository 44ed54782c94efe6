//! Events and transactions against the real Postgres and RabbitMQ. One binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod crash;
mod events;
mod postgres;
mod schema;
