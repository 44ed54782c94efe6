//! The settings and commands of the service; `--help` prints them.

use chassis::config::{Secret, ServiceConfig};
use clap::{Args, Parser, Subcommand};
use messaging::events::{BrokerConfig, DeadLetters};

/// The rating service: ratings, comments, shelves, lists, diaries, and the statistics of movies. Without a command it serves, with
/// settings from the environment.
#[derive(Debug, Parser)]
#[command(name = "matcha-rating", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve RPCs and run the background tasks (the default).
    Serve(Box<Config>),
    /// Rebuild the statistics from all ratings; the service may go on serving.
    RebuildStatistics(DatabaseConfig),
    /// List dead letters, and redrive them once their cause is fixed.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
}

/// The settings of `serve`.
#[derive(Clone, Debug, Parser)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    #[command(flatten)]
    pub database: DatabaseConfig,
    #[command(flatten)]
    pub broker: BrokerConfig,
    /// Seconds between two searches for ratings and comments whose event was lost: they have waited for more than a minute.
    #[arg(long, env = "CATCH_UP_EVERY", default_value_t = 120)]
    pub catch_up_every: u64,
}

#[derive(Clone, Debug, Args)]
pub struct DatabaseConfig {
    /// The rating service's own database; no other service may open it.
    #[arg(long, env = "RATING_DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
}
