//! Ratings, statistics and the shelf: RatingService.

use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{
    ClearRatingRequest, ClearShelfRequest, GetMineRequest, GetStatisticsRequest, ListRatedMoviesRequest,
    ListRatingsRequest, ListShelfRequest, PutShelfRequest, RateRequest, ShelfState,
};
use tonic::Code;

use super::{World, refused, unknown};

/// Rating, changing and clearing, and the caller's own ratings.
pub async fn ratings(world: &World) {
    let (mut rating, member) = (world.rating(), &world.member);
    let (first, second) = (world.movies[0].clone(), world.movies[1].clone());
    let rate = |movie_id: &str, stars| {
        let movie_id = movie_id.to_owned();
        request(RateRequest { movie_id, stars }, member)
    };
    let rated = rating.rate(rate(&first, 9)).await.unwrap().into_inner();
    assert_eq!((rated.stars, rated.rated_count), (9, 1));
    assert!(rated.version > 0);
    let again = rating.rate(rate(&first, 4)).await.unwrap().into_inner();
    assert_eq!((again.stars, again.rated_count), (4, 1));
    assert!(again.version > rated.version, "each write has a greater version");
    refused(rating.rate(rate(&unknown(), 4)).await, Code::NotFound, "movie_id");
    refused(rating.rate(rate(&first, 11)).await, Code::InvalidArgument, "stars");
    refused(rating.rate(rate("alien", 4)).await, Code::InvalidArgument, "movie_id");
    refused(
        rating
            .rate(request(
                RateRequest {
                    movie_id: first.clone(),
                    stars: 4,
                },
                &Caller::Anonymous,
            ))
            .await,
        Code::Unauthenticated,
        "",
    );

    let mine = |ids: &[&String]| {
        let movie_ids = ids.iter().map(|id| (*id).clone()).collect();
        request(GetMineRequest { movie_ids }, member)
    };
    let found = rating.get_mine(mine(&[&first, &second])).await.unwrap().into_inner();
    assert_eq!(found.rated_count, 1);
    let found: Vec<_> = found.mine.iter().map(|mine| (&mine.movie_id, mine.stars)).collect();
    assert_eq!(
        found,
        [(&first, Some(4))],
        "a movie with neither stars nor shelf is left out"
    );

    let list = |stars, cursor: &str| {
        let cursor = cursor.to_owned();
        request(
            ListRatingsRequest {
                stars,
                cursor,
                ..Default::default()
            },
            member,
        )
    };
    let listed = rating.list_ratings(list(Some(4), "")).await.unwrap().into_inner();
    assert_eq!((listed.total, listed.ratings[0].stars), (1, 4));
    assert_eq!(
        rating.list_ratings(list(Some(5), "")).await.unwrap().into_inner().total,
        0
    );
    refused(
        rating.list_ratings(list(None, "no cursor")).await,
        Code::InvalidArgument,
        "cursor",
    );
    let all = rating
        .list_rated_movies(request(ListRatedMoviesRequest {}, member))
        .await
        .unwrap();
    assert_eq!(all.into_inner().movie_ids, std::slice::from_ref(&first));

    let clear = || {
        request(
            ClearRatingRequest {
                movie_id: first.clone(),
            },
            member,
        )
    };
    for _ in 0..2 {
        let cleared = rating.clear_rating(clear()).await.unwrap().into_inner();
        assert_eq!(cleared.rated_count, 0, "clearing twice is no error");
    }
    assert!(
        rating
            .get_mine(mine(&[&first]))
            .await
            .unwrap()
            .into_inner()
            .mine
            .is_empty()
    );
}

/// Statistics name each movie that was asked for, with ten bars.
pub async fn statistics(world: &World) {
    let nobody = unknown();
    let message = GetStatisticsRequest {
        movie_ids: vec![world.movies[0].clone(), nobody.clone()],
    };
    let answer = world
        .rating()
        .get_statistics(request(message, &Caller::Anonymous))
        .await;
    let found = answer.unwrap().into_inner().statistics;
    assert_eq!(found.len(), 2);
    for one in &found {
        assert_eq!(one.histogram.len(), 10);
        assert_eq!(one.histogram.iter().sum::<i64>(), one.count);
        let sum: i64 = (1_i64..).zip(&one.histogram).map(|(stars, count)| stars * count).sum();
        assert_eq!(sum, one.sum);
    }
    let unrated = found.iter().find(|one| one.movie_id == nobody).unwrap();
    assert_eq!((unrated.count, unrated.comment_count), (0, 0));
}

/// One state per movie, replaced and removed.
pub async fn shelf(world: &World) {
    let (mut rating, member) = (world.rating(), &world.member);
    let movie = world.movies[1].clone();
    let put = |movie_id: &str, state: ShelfState| {
        let movie_id = movie_id.to_owned();
        request(
            PutShelfRequest {
                movie_id,
                state: state.into(),
            },
            member,
        )
    };
    let first = rating
        .put_shelf(put(&movie, ShelfState::Wish))
        .await
        .unwrap()
        .into_inner();
    let second = rating
        .put_shelf(put(&movie, ShelfState::Watching))
        .await
        .unwrap()
        .into_inner();
    assert!(first.version > 0 && second.version > first.version);
    refused(
        rating.put_shelf(put(&unknown(), ShelfState::Wish)).await,
        Code::NotFound,
        "movie_id",
    );
    refused(
        rating.put_shelf(put(&movie, ShelfState::Unspecified)).await,
        Code::InvalidArgument,
        "state",
    );
    let list = |state: ShelfState| {
        let state = state.into();
        request(
            ListShelfRequest {
                state,
                ..Default::default()
            },
            member,
        )
    };
    assert_eq!(
        rating
            .list_shelf(list(ShelfState::Wish))
            .await
            .unwrap()
            .into_inner()
            .total,
        0
    );
    let listed = rating
        .list_shelf(list(ShelfState::Watching))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((listed.total, &listed.entries[0].movie_id), (1, &movie));
    let mine = || {
        request(
            GetMineRequest {
                movie_ids: vec![movie.clone()],
            },
            member,
        )
    };
    let found = rating.get_mine(mine()).await.unwrap().into_inner().mine;
    assert_eq!((found[0].shelf(), found[0].stars), (ShelfState::Watching, None));
    for _ in 0..2 {
        let clear = ClearShelfRequest {
            movie_id: movie.clone(),
        };
        rating.clear_shelf(request(clear, member)).await.unwrap();
    }
    assert!(rating.get_mine(mine()).await.unwrap().into_inner().mine.is_empty());
}
