//! `matcha-user`: the user service as a process.

use anyhow::Context as _;
use clap::Parser as _;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = user::config::Config::parse();
    let _telemetry = chassis::telemetry::init("user", &config.service.telemetry)?;
    let listener = TcpListener::bind(config.service.listen)
        .await
        .context("cannot listen")?;
    user::run(config, listener, chassis::shutdown::on_signal()?).await
}
