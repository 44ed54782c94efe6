//! What a member has to do with the movies of a screen: their own stars and shelf states. Concurrent calls share one query.

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

/// One call.
pub(crate) struct Ask {
    member: MemberId,
    movies: Vec<MovieId>,
}

pub(crate) type Queue = Coalescer<Ask, GetMineResponse, Error>;

pub(crate) async fn get(
    service: &Service,
    member: MemberId,
    request: GetMineRequest,
) -> Result<GetMineResponse, Error> {
    let movies = MovieId::parse_all(&request.movie_ids)?;
    service.viewer_states.call(Ask { member, movies }).await
}

pub(crate) fn queue(db: PgPool) -> Queue {
    Coalescer::new("mine", 64, 2, move |asks: Vec<Ask>| {
        let db = db.clone();
        async move {
            match find(&db, &asks).await {
                Ok(answers) => answers.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error); asks.len()],
            }
        }
    })
}

async fn find(db: &PgPool, asks: &[Ask]) -> Result<Vec<GetMineResponse>, Error> {
    let mut connection = db.acquire().await?;
    let pairs = asks
        .iter()
        .flat_map(|ask| ask.movies.iter().map(|&movie| (ask.member, movie)));
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

    let members: Vec<_> = asks.iter().map(|ask| ask.member).collect();
    let counts = ratings::count(&mut connection, &members).await?;
    let answers = asks.iter().map(|ask| {
        let mine = ask.movies.iter().filter_map(|&movie| {
            let (stars, state) = *found.get(&(ask.member, movie))?;
            Some(Mine {
                movie_id: movie.to_string(),
                stars: stars.map(Into::into),
                shelf: State::number(state),
            })
        });
        GetMineResponse {
            mine: mine.collect(),
            rated_count: counts.get(&ask.member).copied().unwrap_or(0),
        }
    });
    Ok(answers.collect())
}
