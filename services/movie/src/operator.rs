//! Commands for operators; they run in a process of their own beside the service.

use std::time::Duration;

use chassis::{admin::Readiness, client::Channels, shutdown::Stop};
use futures::future::BoxFuture;
use matcha_protos::events::v1::RatingChanged;
use matcha_protos::rating::v1::rating_service_client::RatingServiceClient;
use messaging::{
    events::{DeadLetter, DeadLetters},
    postgres,
};
use prost::Message as _;

pub use crate::popularity::reconcile::Reconciled;
use crate::{config::Config, popularity};

/// Lists, shows and redrives the dead letters of movie's queue.
pub async fn dead_letters(command: DeadLetters) -> anyhow::Result<()> {
    let describe = |letter: &DeadLetter| {
        let event = RatingChanged::decode(letter.body.as_slice()).ok()?;
        Some(format!("{event:?}"))
    };
    command.run("movie", &[popularity::CONSUMER.queue], describe).await
}

/// Compares the popularity copy with rating's statistics once and corrects it.
pub fn reconcile(config: &Config, stop: Stop) -> BoxFuture<'_, anyhow::Result<Reconciled>> {
    // Boxed, as in `run`: the program would compile it again.
    Box::pin(reconcile_once(config, stop))
}

async fn reconcile_once(config: &Config, stop: Stop) -> anyhow::Result<Reconciled> {
    let db = postgres::connect(&config.database_url, Readiness::default().check("postgres"), &stop).await?;
    let channels = Channels::new("movie", &config.service)?;
    let rating = RatingServiceClient::new(channels.channel("rating"));
    popularity::reconcile::once(&db, &rating, Duration::from_secs(config.reconcile_settle), &stop).await
}
