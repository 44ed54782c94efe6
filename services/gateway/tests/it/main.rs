//! The gateway as its clients meet it: a real gateway on a real port, in front of small stand-ins for the four services. What
//! the real services do with it is shown by the cluster's end-to-end tests.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

mod bad_input;
mod comments;
mod contracts;
mod dependencies;
mod edge;
mod errors;
mod feed;
mod find;
mod graphql;
mod harness;
mod imports;
mod json_schema;
mod lists;
mod operations;
mod pages;
mod people;
mod profiles;
mod services;
mod sessions;
mod shared_links;
mod site;
mod stand_ins;
mod tokens;
mod watches;
