//! The settings of rating and its commands: `--help` is the manual.

use chassis::config::{BrokerConfig, Secret, ServiceConfig};
use clap::{Args, Parser, Subcommand};

/// Ratings, shelves and the statistics of movies. Without a command it serves, with its settings from the environment.
#[derive(Debug, Parser)]
#[command(name = "matcha-rating", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve calls, relay events and keep the statistics (the default).
    Serve(Box<Config>),
    /// Count every rating anew into the statistics; the service may go on serving meanwhile.
    RebuildStatistics(DatabaseConfig),
    /// Look at messages that could not be taken, and send them back once the cause is mended.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
}

/// Everything that serving needs.
#[derive(Clone, Debug, Parser)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    #[command(flatten)]
    pub database: DatabaseConfig,
    #[command(flatten)]
    pub broker: BrokerConfig,
}

#[derive(Clone, Debug, Args)]
pub struct DatabaseConfig {
    /// The rating service's own database; no other service may open it.
    #[arg(long, env = "RATING_DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
}

#[derive(Debug, Subcommand)]
pub enum DeadLetters {
    /// How many there are in each of the service's queues.
    List {
        #[command(flatten)]
        broker: BrokerConfig,
    },
    /// Show what they are and why they died.
    Show {
        /// Such as `rating.statistics`.
        queue: String,
        #[command(flatten)]
        broker: BrokerConfig,
    },
    /// Send all of them back to their queue.
    Redrive {
        /// Such as `rating.statistics`.
        queue: String,
        #[command(flatten)]
        broker: BrokerConfig,
    },
}
