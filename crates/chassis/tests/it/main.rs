//! The chassis against real servers, processes and stores. One binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod calls;
mod discovery;
mod health;
mod http;
mod identity;
mod keys;
mod lifecycle;
mod probe;
mod process;
