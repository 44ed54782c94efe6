//! `matcha-movie`: serves the catalogue, or compares its popularity copy with rating once and ends.

use anyhow::Context as _;
use clap::Parser as _;
use tokio::net::TcpListener;

/// matcha's catalogue: movies, people, search.
#[derive(clap::Parser)]
#[command(name = "matcha-movie", version)]
struct Cli {
    #[command(flatten)]
    config: movie::Config,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Serve until told to stop (the default).
    Serve,
    /// Compare the popularity copy with rating's statistics, correct it, print what was done, end.
    Reconcile,
    /// Look at messages that could not be taken, and send them back once the cause is mended.
    #[command(subcommand)]
    DeadLetters(messaging::events::DeadLetters),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { config, command } = Cli::parse();
    let _telemetry = chassis::telemetry::init("movie", &config.service.telemetry)?;
    let stop = chassis::shutdown::on_signal()?;
    match command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let listener = TcpListener::bind(config.service.listen)
                .await
                .context("cannot listen")?;
            movie::run(config, listener, stop).await
        }
        Command::DeadLetters(command) => movie::dead_letters(command).await,
        Command::Reconcile => {
            let done = movie::reconcile(&config, stop).await?;
            println!("compared {} movies, corrected {}", done.compared, done.corrected);
            Ok(())
        }
    }
}
