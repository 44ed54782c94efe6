//! Tests of the real service over gRPC, with real Redis and RabbitMQ. The rating and movie services, from which it
//! rebuilds its copy, and the user service, which decides who may see what, are stand-ins. Every test has its own
//! namespaces.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod harness;
mod memory;
mod owner_services;
mod predictions;
mod redis_copy;
mod rows;
mod taste_similarity;
mod training;
