//! A running cluster as its tests and its bench meet it: through the gateway like anybody, as an operator where they must
//! count what is inside, and through `make kill` where something has to die.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests and bench; a broken set-up should stop them"
)]

pub mod cluster;
pub mod hold;
pub mod ledger;
pub mod member;
pub mod tap;
pub mod traffic;
