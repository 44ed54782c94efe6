//! The binary: reads the command and its settings, and hands over to the library.

use anyhow::Context as _;
use clap::Parser as _;
use rating::config::{Cli, Command, Config};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Some(Command::Serve(config)) => serve(*config).await,
        None => serve(Config::parse()).await,
        Some(Command::RebuildStatistics(database)) => rating::operator::rebuild_statistics(&database).await,
        Some(Command::DeadLetters(command)) => rating::operator::dead_letters(command).await,
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let _telemetry = chassis::telemetry::init("rating", &config.service.telemetry)?;
    let listener = TcpListener::bind(config.service.listen)
        .await
        .context("cannot listen")?;
    rating::run(config, listener, chassis::shutdown::on_signal()?).await
}
