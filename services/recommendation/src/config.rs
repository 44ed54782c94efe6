//! The settings of the service; `--help` prints them.

use std::path::PathBuf;

use chassis::config::{Secret, ServiceConfig, TelemetryConfig};
use clap::{Args, Parser, Subcommand};
use messaging::events::BrokerConfig;

/// The recommendation service: predicted stars, rows of recommended movies, similar movies and tastes. Without a
/// command it serves, with settings from the environment.
#[derive(Debug, Parser)]
#[command(name = "matcha-recommendation", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Command {
    /// Parses the command line. Without a subcommand all flags belong to `serve`.
    pub fn from_command_line() -> Self {
        let first = std::env::args().nth(1).unwrap_or_default();
        if first.is_empty()
            || (first.starts_with('-') && !["-h", "--help", "-V", "--version"].contains(&first.as_str()))
        {
            return Self::Serve(Box::new(ServeFlags::parse().config));
        }
        Cli::parse().command
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve RPCs and run the background tasks (the default).
    Serve(Box<Config>),
    /// Train the models on the ratings in Redis and publish them as a snapshot.
    Train(TrainConfig),
    /// List dead letters, and redrive them once their cause is fixed.
    #[command(subcommand)]
    DeadLetters(messaging::events::DeadLetters),
    /// Train on a file of ratings, and predict the stars of the pairs in another file.
    Evaluate(EvaluateConfig),
    /// Train on a file of ratings, and write a list of movies for each member named in another file.
    Recommend(RecommendConfig),
    /// List the models in the folder, and switch between them.
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Measure quality, time and memory on real and synthetic data.
    Bench(BenchConfig),
}

#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// Print each version with the number of its ratings and its measured quality; `*` marks the live one.
    List {
        #[command(flatten)]
        models: ModelConfig,
    },
    /// Make this version the live one, also an older one. Every replica loads it within a second, and the trainer does
    /// not replace it until a training is requested.
    Use {
        version: String,
        #[command(flatten)]
        models: ModelConfig,
    },
}

/// The command line without a subcommand: the flags of `serve`.
#[derive(Debug, Parser)]
#[command(name = "matcha-recommendation")]
struct ServeFlags {
    #[command(flatten)]
    config: Config,
}

/// The settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    #[command(flatten)]
    pub broker: BrokerConfig,
    #[command(flatten)]
    pub redis: RedisConfig,
    #[command(flatten)]
    pub models: ModelConfig,
}

impl Config {
    /// The name of this replica, for its connections to the broker.
    pub(crate) fn instance(&self) -> &str {
        match self.service.instance.as_str() {
            "" => crate::NAME,
            instance => instance,
        }
    }
}

#[derive(Debug, Clone, Args)]
pub struct RedisConfig {
    /// The Redis that holds the copy of ratings, shelves and movies. All of it can be rebuilt.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Secret,
    /// The first part of every key.
    #[arg(long, env = "REDIS_PREFIX", default_value = "matcha")]
    pub redis_prefix: String,
}

#[derive(Debug, Clone, Args)]
pub struct ModelConfig {
    /// The folder to which `train` writes models and from which `serve` loads them.
    #[arg(long, env = "MODEL_DIR")]
    pub model_dir: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub struct TrainConfig {
    #[command(flatten)]
    pub redis: RedisConfig,
    #[command(flatten)]
    pub models: ModelConfig,
    #[command(flatten)]
    pub telemetry: TelemetryConfig,
    /// Keep running, and train whenever enough has changed.
    #[arg(long, conflicts_with = "request")]
    pub watch: bool,
    /// Request a training from the process that runs with `--watch`, and exit.
    #[arg(long)]
    pub request: bool,
    /// With `--request`: print the progress, and exit when the training ends.
    #[arg(long, requires = "request")]
    pub follow: bool,
    #[command(flatten)]
    pub learning: LearningConfig,
}

#[derive(Debug, Clone, Args)]
pub struct LearningConfig {
    /// Factors of the star model; unset: 8 below 300,000 ratings, 16 below 5 million, then 32.
    #[arg(long, env = "MODEL_FACTORS")]
    pub factors: Option<usize>,
    /// Factors of the list model.
    #[arg(long, env = "LIST_FACTORS", default_value_t = 64)]
    pub list_factors: usize,
    /// Rounds of training; unset: 15, or 30 with fewer than 20 ratings per member and movie.
    #[arg(long, env = "MODEL_ITERATIONS")]
    pub iterations: Option<usize>,
    /// Seed of the random start; the same seed and ratings give the same model.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads; 0: one per core.
    #[arg(long, env = "TRAIN_THREADS", default_value_t = 0)]
    pub threads: usize,
}

#[derive(Debug, Clone, Args)]
pub struct EvaluateConfig {
    /// Ratings: `member <tab> item <tab> stars [<tab> unix seconds]`.
    #[arg(long)]
    pub train: PathBuf,
    /// Pairs to predict: `member <tab> item`. With the true stars in a third column, the report contains the RMSE.
    #[arg(long)]
    pub query: PathBuf,
    /// `item <tab> title <tab> genre|genre <tab> year`.
    #[arg(long)]
    pub items: PathBuf,
    /// The file to which the predictions are written: `member,item,stars`.
    #[arg(long)]
    pub out: PathBuf,
    #[command(flatten)]
    pub learning: LearningConfig,
}

#[derive(Debug, Clone, Args)]
pub struct RecommendConfig {
    /// Ratings: `member <tab> item <tab> stars [<tab> unix seconds]`.
    #[arg(long)]
    pub train: PathBuf,
    /// `item <tab> title <tab> genre|genre <tab> year`.
    #[arg(long)]
    pub items: PathBuf,
    /// The members to write lists for, one per line.
    #[arg(long)]
    pub members: PathBuf,
    /// Movies per list.
    #[arg(long, default_value_t = 100)]
    pub top: usize,
    /// The file to which the lists are written: `member,rank,item`.
    #[arg(long)]
    pub out: PathBuf,
    /// Apply diversity and calibration as the rows of the site do, instead of the plain order.
    #[arg(long)]
    pub diverse: bool,
    #[command(flatten)]
    pub learning: LearningConfig,
}

#[derive(Debug, Clone, Args)]
pub struct BenchConfig {
    /// A folder with `usertime.base`, `usertime.test`, `random.base`, `random.test` and `items.tsv`; without it only
    /// synthetic data is measured.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Ratings of the largest synthetic data set.
    #[arg(long, default_value_t = 20_000_000)]
    pub most: usize,
    /// Threads; 0: one per core.
    #[arg(long, env = "TRAIN_THREADS", default_value_t = 2)]
    pub threads: usize,
}
