//! The data of a training: all ratings, shelves and movies, read from Redis.

use crate::{
    catalogue::facts_of,
    model::{
        dataset::{Builder, Dataset, Rating},
        features::Facts,
    },
    ranking::interactions::shelf_weight,
    store::Store,
};

/// The data of a training.
pub(super) struct TrainingData {
    pub(super) data: Dataset,
    /// The facts of the movies, in the order of their numbers.
    pub(super) facts: Vec<Facts>,
    /// The shelf entries with a weight: member number, movie number, weight.
    pub(super) shelves: Vec<(u32, u32, f32)>,
}

/// Reads everything from Redis.
pub(super) async fn read(store: &Store) -> anyhow::Result<TrainingData> {
    let movies = store.movies().await?;
    let members = store.members().await?;
    let mut builder = Builder::default();
    movies.iter().for_each(|(id, _)| builder.add_movie(*id));
    let mut shelves = Vec::new();
    for batch in members.chunks(500) {
        for (member, profile) in batch.iter().zip(store.profiles(batch).await?) {
            for rated in &profile.ratings {
                builder.push(Rating {
                    member: *member,
                    movie: rated.movie,
                    stars: f32::from(rated.stars) / 2.0,
                    rated_at: rated.rated_at,
                });
            }
            let weighed = profile.shelf.iter();
            shelves.extend(weighed.filter_map(|entry| Some((*member, entry.movie, shelf_weight(entry.state)?))));
        }
    }
    let data = builder.finish();
    let facts = data
        .movies
        .iter()
        .map(|id| {
            let at = movies.binary_search_by_key(id, |(id, _)| *id);
            at.map(|at| facts_of(&movies[at].1)).unwrap_or_default()
        })
        .collect();
    let shelves = shelves.into_iter().filter_map(|(member, movie, weight)| {
        let member = data.members.binary_search(&member).ok()?;
        let movie = data.movies.binary_search(&movie).ok()?;
        Some((member as u32, movie as u32, weight))
    });
    let shelves = shelves.collect();
    Ok(TrainingData { data, facts, shelves })
}
