//! The settings of the service; `--help` prints them.

use std::path::PathBuf;

use chassis::config::{Secret, ServiceConfig, TelemetryConfig};
use clap::{Args, Parser, Subcommand};
use messaging::events::BrokerConfig;

/// Predicted stars, recommendations and similar movies.
#[derive(Debug, Parser)]
#[command(name = "matcha-recommendation", version)]
pub struct Command {
    #[command(subcommand)]
    pub task: Task,
}

impl Task {
    /// Reads the command line. Without a subcommand it is `serve`, with or without flags.
    pub fn from_command_line() -> Self {
        let first = std::env::args().nth(1).unwrap_or_default();
        if first.is_empty()
            || (first.starts_with('-') && !["-h", "--help", "-V", "--version"].contains(&first.as_str()))
        {
            return Self::Serve(Box::new(ServeOnly::parse().config));
        }
        Command::parse().task
    }
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Answer calls (what happens without a subcommand, too).
    Serve(Box<Config>),
    /// Train a model on the ratings in Redis and publish it.
    Train(TrainConfig),
    /// Look at messages that could not be taken, and send them back once the cause is mended.
    #[command(subcommand)]
    DeadLetters(messaging::events::DeadLetters),
    /// Train on a file and predict stars for another: how quality is judged.
    Evaluate(EvaluateConfig),
    /// Train on a file and write a list for each member of another.
    Recommend(RecommendConfig),
    /// Look at the models in the folder, and go back to an older one.
    #[command(subcommand)]
    Models(Models),
    /// Print quality, time and memory on real and synthetic data.
    Bench(BenchConfig),
}

#[derive(Debug, Clone, Subcommand)]
pub enum Models {
    /// Each version with what it was trained on and how good it is; the live one is marked.
    List {
        #[command(flatten)]
        models: ModelConfig,
    },
    /// Make a version that is there the live one; every replica takes it within a second.
    Use {
        version: String,
        #[command(flatten)]
        models: ModelConfig,
    },
}

/// `serve` without the word: the settings alone.
#[derive(Debug, Parser)]
#[command(name = "matcha-recommendation")]
pub struct ServeOnly {
    #[command(flatten)]
    pub config: Config,
}

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

/// The store of the copy. It holds nothing that cannot be rebuilt.
#[derive(Debug, Clone, Args)]
pub struct RedisConfig {
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Secret,
    /// First part of every key.
    #[arg(long, env = "REDIS_PREFIX", default_value = "matcha")]
    pub redis_prefix: String,
}

#[derive(Debug, Clone, Args)]
pub struct ModelConfig {
    /// Folder where `train` writes models and `serve` finds them.
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
    /// Stay, and train whenever there is enough that is new.
    #[arg(long, conflicts_with = "request")]
    pub watch: bool,
    /// Ask the process that watches to train now, and end.
    #[arg(long)]
    pub request: bool,
    /// With `--request`: print how far it is, and end when it has ended.
    #[arg(long, requires = "request")]
    pub follow: bool,
    #[command(flatten)]
    pub learning: LearningConfig,
}

#[derive(Debug, Clone, Args)]
pub struct LearningConfig {
    /// Factors of a taste; unset: 8 up to 300,000 ratings, 16 up to 5 million, then 32.
    #[arg(long, env = "MODEL_FACTORS")]
    pub factors: Option<usize>,
    /// Factors of the list model.
    #[arg(long, env = "LIST_FACTORS", default_value_t = 64)]
    pub list_factors: usize,
    /// Rounds of training; unset: 15, or 30 where ratings are sparse.
    #[arg(long, env = "MODEL_ITERATIONS")]
    pub iterations: Option<usize>,
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
    /// What to predict: `member <tab> item`; a third column with the true stars adds the error to the report.
    #[arg(long)]
    pub query: PathBuf,
    /// `item <tab> title <tab> genre|genre <tab> year`.
    #[arg(long)]
    pub items: PathBuf,
    /// Where the predictions go: `member,item,stars`.
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
    /// Whose lists are wanted: a member a line.
    #[arg(long)]
    pub members: PathBuf,
    /// How long a list is.
    #[arg(long, default_value_t = 100)]
    pub top: usize,
    /// Where the lists go: `member,rank,item`.
    #[arg(long)]
    pub out: PathBuf,
    /// As rows of the site, with diversity and calibration, instead of in the plain order.
    #[arg(long)]
    pub diverse: bool,
    #[command(flatten)]
    pub learning: LearningConfig,
}

#[derive(Debug, Clone, Args)]
pub struct BenchConfig {
    /// A folder with `usertime.base`, `usertime.test`, `random.base`, `random.test` and `items.tsv`; without it, synthetic
    /// data only.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Ratings of the largest synthetic community.
    #[arg(long, default_value_t = 20_000_000)]
    pub most: usize,
    /// Threads; 0: one per core.
    #[arg(long, env = "TRAIN_THREADS", default_value_t = 2)]
    pub threads: usize,
}
