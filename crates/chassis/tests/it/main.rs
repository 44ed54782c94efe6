//! The chassis against the real stores. One binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod calls;
mod discovery;
mod http;
