//! Events and transactions against the real Postgres and RabbitMQ. One binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test holds transactions open while it looks at what happens meanwhile"
)]

mod crash;
mod events;
mod postgres;
mod schema;
