//! `matcha-recommendation`: reads the command and its settings, and hands over to the library.

use std::process::ExitCode;

use anyhow::Context as _;
use recommendation::{
    config::{Command, Config, TrainConfig},
    offline, operator, training,
};
use tokio::net::TcpListener;

/// The exit code for an input file that cannot be read as it is: repeating the command cannot help.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    let result = match Command::from_command_line() {
        Command::Serve(config) => serve(*config),
        Command::Train(config) => train(config),
        Command::DeadLetters(command) => dead_letters(command),
        Command::Evaluate(config) => offline::evaluate(&config),
        Command::Recommend(config) => offline::recommend(&config),
        Command::Bench(config) => offline::bench::run(&config),
        Command::Models(command) => operator::models(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            match error.downcast_ref::<offline::BadInput>() {
                Some(_) => ExitCode::from(BAD_INPUT),
                None => ExitCode::FAILURE,
            }
        }
    }
}

#[tokio::main]
async fn serve(config: Config) -> anyhow::Result<()> {
    let _telemetry = chassis::telemetry::init(recommendation::NAME, &config.service.telemetry)?;
    let listener = TcpListener::bind(config.service.listen)
        .await
        .context("cannot listen")?;
    recommendation::run(config, listener, chassis::shutdown::on_signal()?).await
}

#[tokio::main(flavor = "current_thread")]
async fn dead_letters(command: messaging::events::DeadLetters) -> anyhow::Result<()> {
    operator::dead_letters(command).await
}

#[tokio::main(flavor = "current_thread")]
async fn train(config: TrainConfig) -> anyhow::Result<()> {
    let _telemetry = chassis::telemetry::init(recommendation::NAME, &config.telemetry)?;
    training::run(config, chassis::shutdown::on_signal()?).await
}
