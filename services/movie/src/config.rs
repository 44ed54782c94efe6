//! Settings of the movie service; `--help` is the manual.

use chassis::config::{Secret, ServiceConfig};
use messaging::events::BrokerConfig;

#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    #[command(flatten)]
    pub broker: BrokerConfig,
    /// Address of the movie service's own database; no other service may open it.
    #[arg(long, env = "MOVIE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
    /// Seconds between two comparisons of the popularity copy with rating's statistics.
    #[arg(long, env = "RECONCILE_EVERY", default_value_t = 600)]
    pub reconcile_every: u64,
    /// Seconds after which a difference is compared again, so that events under way have arrived.
    #[arg(long, env = "RECONCILE_SETTLE", default_value_t = 20)]
    pub reconcile_settle: u64,
}
