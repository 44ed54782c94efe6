//! The caller's own stars and shelf states of many movies. Concurrent calls share one query. (The RPC keeps its old name,
//! GetMine.)

use std::collections::HashMap;

use chassis::coalesce::Coalescer;
use matcha_protos::rating::v1::{GetMineRequest, GetMineResponse, Mine};
use sqlx::PgPool;

use crate::{
    Service,
    error::Error,
    ids::{MemberId, MovieId},
    ratings::{self, Stars},
    shelf::State,
};

/// One call that waits for the shared query.
pub(crate) struct PendingRead {
    member: MemberId,
    movies: Vec<MovieId>,
}

pub(crate) type Queue = Coalescer<PendingRead, GetMineResponse, Error>;

pub(crate) async fn get(
    service: &Service,
    member: MemberId,
    request: GetMineRequest,
) -> Result<GetMineResponse, Error> {
    let movies = MovieId::parse_all(&request.movie_ids)?;
    service.viewer_states.call(PendingRead { member, movies }).await
}

pub(crate) fn queue(db: PgPool) -> Queue {
    Coalescer::new("mine", 64, 2, move |reads: Vec<PendingRead>| {
        let db = db.clone();
        async move {
            match find(&db, &reads).await {
                Ok(answers) => answers.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error); reads.len()],
            }
        }
    })
}

async fn find(db: &PgPool, reads: &[PendingRead]) -> Result<Vec<GetMineResponse>, Error> {
    let mut connection = db.acquire().await?;
    let pairs = reads
        .iter()
        .flat_map(|read| read.movies.iter().map(|&movie| (read.member, movie)));
    let (members, movies): (Vec<_>, Vec<_>) = pairs.unzip();
    let rows = sqlx::query!(
        r#"select pair.member_id as "member!: MemberId", pair.movie_id as "movie!: MovieId",
                  rating.stars as "stars?: Stars", shelf.state as "state?: State"
           from (select distinct * from unnest($1::uuid[], $2::uuid[]) as pair (member_id, movie_id)) as pair
           left join ratings as rating using (member_id, movie_id)
           left join shelf using (member_id, movie_id)
           where rating.stars is not null or shelf.state is not null"#,
        &members as &[MemberId],
        &movies as &[MovieId],
    )
    .fetch_all(&mut *connection)
    .await?;
    let rows = rows
        .into_iter()
        .map(|row| ((row.member, row.movie), (row.stars, row.state)));
    let found: HashMap<_, _> = rows.collect();

    let members: Vec<_> = reads.iter().map(|read| read.member).collect();
    let counts = ratings::count(&mut connection, &members).await?;
    let answers = reads.iter().map(|read| {
        let mine = read.movies.iter().filter_map(|&movie| {
            let (stars, state) = *found.get(&(read.member, movie))?;
            Some(Mine {
                movie_id: movie.to_string(),
                stars: stars.map(Into::into),
                shelf: State::number(state),
            })
        });
        GetMineResponse {
            mine: mine.collect(),
            rated_count: counts.get(&read.member).copied().unwrap_or(0),
        }
    });
    Ok(answers.collect())
}
