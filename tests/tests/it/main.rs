//! What crosses services, on the cluster that `make test` started and seeded.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bad_input;
mod contracts;
mod draining;
mod faults;
mod graphql;
mod readiness;
mod rest;
mod roles;
mod scaling;
mod tracing;
mod two_gateways;
