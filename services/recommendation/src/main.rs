//! The program: `serve` (also without a word), `train`, or one of the commands beside them; `--help` lists them.

use std::process::ExitCode;

use anyhow::Context as _;
use recommendation::{
    config::{Config, Task, TrainConfig},
    models, offline, training,
};
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let result = match Task::from_command_line() {
        Task::Serve(config) => serve(*config),
        Task::Train(config) => train(config),
        Task::DeadLetters(command) => dead_letters(command),
        Task::Evaluate(config) => offline::evaluate(&config),
        Task::Recommend(config) => offline::recommend(&config),
        Task::Bench(config) => offline::bench::run(&config),
        Task::Models(command) => models::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            // Input that can never work is told apart from what may go better next time.
            ExitCode::from(if error.downcast_ref::<offline::BadInput>().is_some() {
                2
            } else {
                1
            })
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
    recommendation::consumers::dead_letters(command).await
}

#[tokio::main(flavor = "current_thread")]
async fn train(config: TrainConfig) -> anyhow::Result<()> {
    let _telemetry = chassis::telemetry::init(recommendation::NAME, &config.telemetry)?;
    training::run(config, chassis::shutdown::on_signal()?).await
}
