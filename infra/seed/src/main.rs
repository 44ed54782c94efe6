//! `matcha-seed seed` loads the catalogue and a synthetic community; `matcha-seed import DIR` loads a community from
//! the files of a public data set. Both call the services' own APIs as an operator, and change nothing when they are
//! run again.

mod audience;
mod catalogue;
mod community;
mod import;
mod load;

use std::path::PathBuf;

use chassis::{
    client::Channels,
    config::{LogFormat, ServiceConfig, TelemetryConfig},
};
use clap::Parser;

use crate::load::Loader;

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(flatten)]
    service: ServiceConfig,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Load the catalogue, 1,000 synthetic members with their ratings, comments, lists and follows, and the demo
    /// member.
    Seed,
    /// Load a community from MovieLens or MovieTweetings files. Invalid lines are reported and left out.
    Import {
        /// The folder with the files.
        folder: PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let telemetry = TelemetryConfig {
        log_format: LogFormat::Pretty,
        ..arguments.service.telemetry.clone()
    };
    let _telemetry = chassis::telemetry::init("seed", &telemetry)?;
    let loader = Loader::new(&Channels::new("operator", &arguments.service)?);
    match arguments.command {
        Command::Seed => community::seed(&loader).await,
        Command::Import { folder } => import::import(&loader, &folder).await,
    }
}
