//! The movie service against real Postgres and RabbitMQ, called over gRPC. Each test has a database of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod harness;
mod identify;
mod people;
mod popularity;
mod put;
mod search;
mod speed;
