//! What an operator does by hand: counting the statistics anew, and dealing with dead letters.

use chassis::{
    events::{DeadLetter, DeadLetters},
    postgres,
};
use matcha_protos::events::v1::{MoviePublished, RatingChanged};
use prost::Message as _;

use crate::{MOVIES, STATISTICS, config::DatabaseConfig, statistics};

pub async fn rebuild_statistics(config: &DatabaseConfig) -> anyhow::Result<()> {
    let pool = postgres::pool(&config.database_url, 1)?;
    let movies = statistics::rebuild(&pool).await?;
    println!("counted the ratings of {movies} movies");
    Ok(())
}

pub async fn dead_letters(command: DeadLetters) -> anyhow::Result<()> {
    command.run("rating", &[STATISTICS.queue, MOVIES.queue], body).await
}

fn body(letter: &DeadLetter) -> Option<String> {
    let body = letter.body.as_slice();
    match letter.r#type.as_str() {
        "rating.changed" => Some(format!("{:?}", RatingChanged::decode(body).ok()?)),
        "movie.published" => Some(format!("{:?}", MoviePublished::decode(body).ok()?)),
        _ => None,
    }
}
