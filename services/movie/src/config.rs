//! Settings of the movie service, from the environment or flags.

use chassis::config::{Secret, ServiceConfig};
use messaging::events::BrokerConfig;

#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    #[command(flatten)]
    pub broker: BrokerConfig,
    /// The movie service's own database; no other service may open it.
    #[arg(long, env = "MOVIE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
    /// Seconds between two comparisons of the popularity copy with rating's statistics.
    #[arg(long, env = "RECONCILE_EVERY", default_value_t = 600)]
    pub reconcile_every: u64,
    /// Seconds after which a difference is looked at again; what was only under way has arrived by then.
    #[arg(long, env = "RECONCILE_SETTLE", default_value_t = 20)]
    pub reconcile_settle: u64,
}
