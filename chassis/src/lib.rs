//! What every service stands on and none owns. Plain functions and small types, no framework, and no domain word:
//! nothing here knows what a movie is.

pub mod admin;
pub mod client;
pub mod coalesce;
pub mod config;
pub mod cursor;
pub mod deadline;
pub mod discovery;
pub mod error;
pub mod events;
pub mod grpc;
pub mod http;
pub mod identity;
pub mod inbox;
pub mod line;
pub mod outbox;
pub mod postgres;
pub mod shutdown;
pub mod tasks;
pub mod telemetry;
// No feature of its own: the cluster and the tests would each need everything compiled for them.
pub mod testing;
