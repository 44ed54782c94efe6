//! The commands of the operator: listing and redriving dead letters, and listing models and switching between them.

use std::path::Path;

use anyhow::Context as _;
use matcha_protos::events::v1::{MovieChanged, MoviePublished, RatingChanged, ShelfChanged};
use messaging::events::{DeadLetter, DeadLetters};
use prost::Message as _;

use crate::{config::ModelsCommand, consumers, snapshot};

pub async fn dead_letters(command: DeadLetters) -> anyhow::Result<()> {
    command.run(crate::NAME, &consumers::QUEUES, body).await
}

fn body(letter: &DeadLetter) -> Option<String> {
    let body = letter.body.as_slice();
    match letter.r#type.as_str() {
        "rating.changed" => Some(format!("{:?}", RatingChanged::decode(body).ok()?)),
        "shelf.changed" => Some(format!("{:?}", ShelfChanged::decode(body).ok()?)),
        "movie.published" => Some(format!("{:?}", MoviePublished::decode(body).ok()?)),
        "movie.changed" => Some(format!("{:?}", MovieChanged::decode(body).ok()?)),
        _ => None,
    }
}

pub fn models(command: &ModelsCommand) -> anyhow::Result<()> {
    match command {
        ModelsCommand::List { models } => list_models(&models.model_dir),
        ModelsCommand::Use { version, models } => use_model(&models.model_dir, version)?,
    }
    Ok(())
}

fn list_models(folder: &Path) {
    let live = snapshot::current(folder);
    for version in snapshot::versions(folder).unwrap_or_default() {
        let is_live = live.as_deref() == Some(version.as_str());
        let mark = if is_live { "*" } else { " " };
        match snapshot::load(folder, &version) {
            Ok(snapshot) => {
                let info = snapshot.model.info;
                println!(
                    "{mark} {version}  {} ratings  RMSE {:.4} (average {:.4})  recall@20 {:.4}  coverage {:.2}",
                    info.ratings,
                    info.held_out_rmse,
                    info.held_out_rmse_average,
                    info.lists.recall_at_20,
                    info.lists.coverage
                );
            }
            Err(error) => println!("{mark} {version}  {error}"),
        }
    }
}

fn use_model(folder: &Path, version: &str) -> anyhow::Result<()> {
    snapshot::load(folder, version).with_context(|| format!("version {version} cannot be used"))?;
    snapshot::pin(folder).context("cannot stop further trainings")?;
    snapshot::point_to(folder, version).context("cannot write the pointer")?;
    println!("{version} is the live model until a training is requested (make train)");
    Ok(())
}
