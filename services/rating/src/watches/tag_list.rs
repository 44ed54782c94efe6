//! A member's tags and how much the member likes the movies that bear them, as one more kind of preference beside those of the
//! taste. The taste is recommendation's, which has a copy of the ratings and none of the diary; both are here, so this needs no
//! copy of anything and no event.

use matcha_protos::rating::v1::{self as proto, ListTagsResponse};

use crate::{Service, error::Error, ids::MemberId};

const MOST: i64 = 12;
/// A mean is drawn towards the member's own by as much as this many ratings; recommendation's `taste.rs` does the same.
const SHRINKAGE: f64 = 3.0;

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    movie_count: i64,
    /// 0.5 to 5; none: nothing with this tag is rated.
    shrunk: Option<f64>,
}

/// Shrunken stars on the scale of the taste's preferences.
fn score(shrunk: f64) -> i32 {
    ((shrunk - 0.5) / 4.5 * 100.0).round().clamp(0.0, 100.0) as i32
}

impl From<Row> for proto::Tag {
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            movie_count: row.movie_count,
            score: row.shrunk.map(score),
        }
    }
}

pub(crate) async fn list(service: &Service, member: MemberId) -> Result<ListTagsResponse, Error> {
    // A movie counts once for a tag, however often it was seen with it and in whatever capitals.
    let rows: Vec<Row> = sqlx::query_as(
        "with tagged as (
             select lower(tag) as key, tag, movie_id, coalesce(watched_on, date '0001-01-01') as day, id
             from watches cross join unnest(tags) as tag
             where member_id = $1
         ), spelled as (
             select distinct on (key) key, tag as name from tagged order by key, day desc, id desc
         ), counted as (
             select key, count(*) as movie_count, count(stars) as rated, sum(stars)::float8 / 2 as sum
             from (select distinct key, movie_id from tagged) as movies
             left join ratings on ratings.member_id = $1 and ratings.movie_id = movies.movie_id
             group by key
         ), own as (
             select avg(stars)::float8 / 2 as mean from ratings where member_id = $1
         )
         select name, movie_count, case when rated > 0 then (sum + $2 * mean) / (rated + $2) end as shrunk
         from counted join spelled using (key) cross join own
         order by shrunk desc nulls last, movie_count desc, key limit $3",
    )
    .bind(member)
    .bind(SHRINKAGE)
    .bind(MOST)
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
    fn scores_go_from_the_worst_stars_to_the_best() {
        assert_eq!([0.5, 2.75, 4.28, 5.0].map(score), [0, 50, 84, 100]);
    }
}
