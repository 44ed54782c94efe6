//! The commands of the operator: rebuilding the statistics, and listing and redriving dead letters.

use futures::future::BoxFuture;
use matcha_protos::events::v1::{
    CommentLanguageChecked, CommentSpamChecked, CommentSubmitted, MoviePublished, RatingChanged,
};
use messaging::{
    events::{DeadLetter, DeadLetters},
    postgres,
};
use prost::Message as _;

use crate::{
    MOVIES, STATISTICS,
    comments::{self, pipeline::Filter},
    config::DatabaseConfig,
    statistics,
};

pub fn rebuild_statistics(config: &DatabaseConfig) -> BoxFuture<'_, anyhow::Result<()>> {
    // Boxed, as in `run`: the program would compile it again.
    Box::pin(rebuild(config))
}

async fn rebuild(config: &DatabaseConfig) -> anyhow::Result<()> {
    let pool = postgres::pool(&config.database_url, 1)?;
    let movies = statistics::rebuild(&pool).await?;
    comments::recount(&pool).await?;
    println!("rebuilt the statistics of {movies} movies and the counts of comments");
    Ok(())
}

pub async fn dead_letters(command: DeadLetters) -> anyhow::Result<()> {
    let [spam, language, spoiler] = Filter::ALL.map(|filter| filter.consumer().queue);
    let queues = [STATISTICS.queue, MOVIES.queue, spam, language, spoiler];
    command.run("rating", &queues, body).await
}

fn body(letter: &DeadLetter) -> Option<String> {
    let body = letter.body.as_slice();
    match letter.r#type.as_str() {
        "rating.changed" => Some(format!("{:?}", RatingChanged::decode(body).ok()?)),
        "movie.published" => Some(format!("{:?}", MoviePublished::decode(body).ok()?)),
        "comment.submitted" => Some(format!("{:?}", CommentSubmitted::decode(body).ok()?)),
        "comment.spam_checked" => Some(format!("{:?}", CommentSpamChecked::decode(body).ok()?)),
        "comment.language_checked" => Some(format!("{:?}", CommentLanguageChecked::decode(body).ok()?)),
        _ => None,
    }
}
