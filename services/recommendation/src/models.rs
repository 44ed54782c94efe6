//! `matcha-recommendation models`: the kept models and what they were measured at, and going back to one.

use anyhow::Context as _;

use crate::{config::Models, snapshot};

/// The subcommand `models`.
pub fn run(command: &Models) -> anyhow::Result<()> {
    match command {
        Models::List { models } => {
            let folder = &models.model_dir;
            let live = snapshot::current(folder);
            for version in snapshot::versions(folder).unwrap_or_default() {
                let mark = if live.as_deref() == Some(version.as_str()) {
                    "*"
                } else {
                    " "
                };
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
        Models::Use { version, models } => {
            let folder = &models.model_dir;
            snapshot::load(folder, version).with_context(|| format!("version {version} cannot be used"))?;
            snapshot::pin(folder).context("cannot stop further trainings")?;
            snapshot::point_to(folder, version).context("cannot write the pointer")?;
            println!("{version} is the live model, and stays it until a training is asked for (make train)");
        }
    }
    Ok(())
}
