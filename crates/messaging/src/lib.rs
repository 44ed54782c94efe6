//! Events between services, and the Postgres transactions that they are written in.
//!
//! A service inserts an event into its outbox in the transaction that changes its data (`outbox`); the relay publishes it
//! (`outbox::Relay`); a consumer of another service receives it (`events::Consumer`) and records its id in the transaction that
//! applies it (`inbox`). `postgres` has the pool and the transactions. No domain word, no service's name.

pub mod events;
pub mod inbox;
pub mod outbox;
pub mod postgres;
