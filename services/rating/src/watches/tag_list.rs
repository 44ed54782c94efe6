//! A member's tags, each with a score of how much the member likes the movies with that tag. The profile shows them beside the
//! taste, which recommendation computes from its copy of the ratings. Tags are scored here, where diary and ratings are in one
//! database, so that recommendation needs no copy of the diary.

use matcha_protos::rating::v1::{self as proto, ListTagsResponse};

use crate::{Service, error::Error, ids::MemberId};

const MAX_LISTED: i64 = 12;
/// Shrinkage: a tag counts as if it had this many more ratings with the member's own mean, as in recommendation's taste.
const SHRINKAGE: f64 = 15.0;
/// The shrunk distance from the member's own mean, in stars, at which the score is 0 or 100, as there.
const FULL_SCALE: f64 = 0.5;

struct Row {
    name: String,
    movie_count: i64,
    /// The shrunk distance from the member's own mean, in stars; `None` if no movie with this tag is rated.
    distance: Option<f64>,
    /// The share of the tag's own ratings in the distance, 0 to 1.
    certainty: f64,
}

/// The score that the taste uses, 0 to 100; 50 is the member's own mean.
fn score(distance: f64) -> i32 {
    ((1.0 + distance / FULL_SCALE) * 50.0).round().clamp(0.0, 100.0) as i32
}

impl From<Row> for proto::Tag {
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            movie_count: row.movie_count,
            score: row.distance.map(score),
            certainty: row.certainty,
        }
    }
}

pub(crate) async fn list(service: &Service, member: MemberId) -> Result<ListTagsResponse, Error> {
    // A movie counts once for a tag, however often it was watched with it. Tags are grouped without case and shown in the spelling
    // of the latest watch.
    let rows = sqlx::query_as!(
        Row,
        r#"with tagged as (
               select lower(tag) as key, tag, movie_id, coalesce(watched_on, date '0001-01-01') as day, id
               from watches cross join unnest(tags) as tag
               where member_id = $1
           ), spelled as (
               select distinct on (key) key, tag as name from tagged order by key, day desc, id desc
           ), counted as (
               select key, count(*) as movie_count, count(stars)::float8 as rated, sum(stars)::float8 / 2 as sum
               from (select distinct key, movie_id from tagged) as movies
               left join ratings on ratings.member_id = $1 and ratings.movie_id = movies.movie_id
               group by key
           ), own as (
               select avg(stars)::float8 / 2 as mean from ratings where member_id = $1
           )
           select name as "name!", movie_count as "movie_count!",
                  case when rated > 0 then (sum - rated * mean) / (rated + $2) end as "distance?",
                  rated / (rated + $2) as "certainty!"
           from counted join spelled using (key) cross join own
           order by 3 desc nulls last, movie_count desc, key limit $3"#,
        member as MemberId,
        SHRINKAGE,
        MAX_LISTED,
    )
    .fetch_all(&service.db)
    .await?;
    Ok(ListTagsResponse {
        tags: rows.into_iter().map(proto::Tag::from).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_around_the_members_own_mean() {
        assert_eq!([-0.7, -0.5, 0.0, 0.34, 0.5, 2.0].map(score), [0, 0, 50, 84, 100, 100]);
    }
}
