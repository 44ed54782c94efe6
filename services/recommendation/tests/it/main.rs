//! The real service against real Redis and RabbitMQ, spoken to over gRPC. rating and movie, whose contracts it reads when it
//! rebuilds its copy, and user, which says who may see what, are small servers here. Every test has its own namespaces.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod harness;
mod memory;
mod owner_services;
mod predictions;
mod redis_copy;
mod rows;
mod taste_similarity;
mod training;
