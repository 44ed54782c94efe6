//! Small servers in place of the services that another one's tests need: they speak the contract, and say what they are told.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "for tests; a broken set-up should stop them"
)]

pub mod expectations;
pub mod user;
