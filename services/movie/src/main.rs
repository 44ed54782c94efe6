//! `matcha-movie`: the movie service as a process, and its commands for operators.

use anyhow::Context as _;
use clap::Parser as _;
use tokio::net::TcpListener;

/// matcha's catalogue: movies, people, search.
#[derive(clap::Parser)]
#[command(name = "matcha-movie", version)]
struct Cli {
    #[command(flatten)]
    config: movie::config::Config,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Run the service until it is stopped (the default).
    Serve,
    /// Compare the popularity copy with rating's statistics once, correct it, print the result, exit.
    Reconcile,
    /// List, show and redrive messages that could not be processed.
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
        Command::DeadLetters(command) => movie::operator::dead_letters(command).await,
        Command::Reconcile => {
            let result = movie::operator::reconcile(&config, stop).await?;
            println!("compared {} movies, corrected {}", result.compared, result.corrected);
            Ok(())
        }
    }
}
