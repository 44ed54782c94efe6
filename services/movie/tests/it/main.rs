//! The movie service as it runs: own database, real Postgres and RabbitMQ, spoken to over gRPC.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod clues;
mod harness;
mod people;
mod popularity;
mod put;
mod search;
mod speed;
