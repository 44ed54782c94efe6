//! The user service as it runs: real Postgres and RabbitMQ, gRPC from outside. Each test has its own database.

#![allow(clippy::unwrap_used, reason = "tests")]

mod bad_input;
mod finding;
mod following;
mod guessing;
mod harness;
mod importing;
mod privacy;
mod reading;
mod registering;
mod session_list;
mod sessions;
mod signing_in;
