//! What every service needs and none owns: configuration, errors, telemetry, lifecycle, authentication, gRPC. Plain functions and
//! small types, not a framework. No domain word, no service's name and no store; events and Postgres are in the crate `messaging`.

pub mod admin;
pub mod client;
pub mod coalesce;
pub mod config;
pub mod cursor;
pub mod deadline;
pub mod discovery;
pub mod display_text;
pub mod error;
pub mod grpc;
pub mod http;
pub mod identity;
pub mod shutdown;
pub mod tasks;
pub mod telemetry;
