//! The settings of rating and its commands: `--help` is the manual.

use chassis::config::{Secret, ServiceConfig};
use clap::{Args, Parser, Subcommand};
use messaging::events::{BrokerConfig, DeadLetters};

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
    /// Seconds between two looks for ratings that are a minute old and still uncounted.
    #[arg(long, env = "CATCH_UP_EVERY", default_value_t = 120)]
    pub catch_up_every: u64,
}

#[derive(Clone, Debug, Args)]
pub struct DatabaseConfig {
    /// The rating service's own database; no other service may open it.
    #[arg(long, env = "RATING_DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
}
