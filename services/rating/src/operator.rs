//! What an operator does by hand: counting the statistics anew, and dealing with dead letters.

use anyhow::ensure;
use chassis::{
    events::{Broker, DeadLetter, list_dead_letters, redrive_dead_letters},
    postgres,
};
use matcha_protos::events::v1::{MoviePublished, RatingChanged};
use prost::Message as _;

use crate::{
    MOVIES, STATISTICS,
    config::{DatabaseConfig, DeadLetters},
    statistics,
};

/// More are there, but nobody reads so many.
const MOST_SHOWN: usize = 1000;

pub async fn rebuild_statistics(config: &DatabaseConfig) -> anyhow::Result<()> {
    let pool = postgres::pool(&config.database_url, 1)?;
    let movies = statistics::rebuild(&pool).await?;
    println!("counted the ratings of {movies} movies");
    Ok(())
}

pub async fn dead_letters(command: DeadLetters) -> anyhow::Result<()> {
    match command {
        DeadLetters::List { broker } => {
            let broker = Broker::new(&broker, "rating-operator");
            for queue in [STATISTICS.queue, MOVIES.queue] {
                let letters = list_dead_letters(&broker, queue, MOST_SHOWN).await?;
                let more = if letters.len() == MOST_SHOWN { " or more" } else { "" };
                println!("{queue}: {}{more}", letters.len());
            }
        }
        DeadLetters::Show { queue, broker } => {
            let broker = Broker::new(&broker, "rating-operator");
            for letter in list_dead_letters(&broker, ours(&queue)?, MOST_SHOWN).await? {
                println!("{} {} {}", letter.id, letter.r#type, letter.aggregate_id);
                println!("  died of: {}", letter.reason);
                println!("  body: {}", body(&letter));
            }
        }
        DeadLetters::Redrive { queue, broker } => {
            let broker = Broker::new(&broker, "rating-operator");
            let redriven = redrive_dead_letters(&broker, ours(&queue)?).await?;
            println!("{redriven} messages went back to {queue}");
        }
    }
    Ok(())
}

fn ours(queue: &str) -> anyhow::Result<&str> {
    let known = [STATISTICS.queue, MOVIES.queue];
    ensure!(
        known.contains(&queue),
        "rating consumes {}, not {queue}",
        known.join(" and ")
    );
    Ok(queue)
}

fn body(letter: &DeadLetter) -> String {
    let body = letter.body.as_slice();
    let read = match letter.r#type.as_str() {
        "rating.changed" => RatingChanged::decode(body).map(|event| format!("{event:?}")),
        "movie.published" => MoviePublished::decode(body).map(|event| format!("{event:?}")),
        _ => return format!("{} bytes of a type that rating does not read", body.len()),
    };
    read.unwrap_or_else(|error| format!("{} bytes that cannot be read: {error}", body.len()))
}
