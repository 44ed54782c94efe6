//! Calls to the services behind the gateway: clients, batch reads, coalesced reads, and the parts of an answer that may be missing.

pub(crate) mod batch_reads;
pub(crate) mod batches;
pub(crate) mod clients;
pub(crate) mod coalesced_reads;
pub(crate) mod degraded;
pub(crate) mod public_reads;
