//! What every service stands on and none owns: plain functions and small types, not a framework. It knows no domain word, no
//! service by name and no store; events and Postgres are in the crate `messaging`.

pub mod admin;
pub mod client;
pub mod coalesce;
pub mod config;
pub mod cursor;
pub mod deadline;
pub mod discovery;
pub mod error;
pub mod grpc;
pub mod http;
pub mod identity;
pub mod line;
pub mod shutdown;
pub mod tasks;
pub mod telemetry;
