//! The shelf.

use matcha_protos::{
    events::v1::ShelfChanged,
    rating::v1::{ListShelfRequest, PutShelfRequest, ShelfState},
};
use tonic::Code;
use uuid::Uuid;

use crate::harness::{Person, Rating, field};

#[tokio::test]
async fn a_movie_is_on_the_shelf_in_one_state_at_most() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let heard = rating.listen(&["shelf.changed"]).await;
    let alice = Person::member();
    assert_eq!(rating.put(&alice, movie, ShelfState::Wish).await, 1);
    assert_eq!(rating.put(&alice, movie, ShelfState::Wish).await, 1, "no change");
    assert_eq!(rating.put(&alice, movie, ShelfState::NotInterested).await, 2);
    let mine = rating.mine(&alice, &[movie, Uuid::now_v7()]).await.mine;
    assert_eq!(mine.len(), 1, "movies with neither stars nor state are left out");
    assert_eq!((mine[0].stars, mine[0].shelf()), (None, ShelfState::NotInterested));
    rating.take_off(&alice, movie).await;
    rating.take_off(&alice, movie).await;
    assert!(rating.mine(&alice, &[movie]).await.mine.is_empty());
    assert_eq!(rating.put(&alice, movie, ShelfState::Watching).await, 4);

    let facts = heard.wait(4).await;
    let mut facts: Vec<_> = facts
        .iter()
        .map(|delivery| delivery.decode::<ShelfChanged>().unwrap())
        .map(|fact| (fact.version, fact.state))
        .collect();
    facts.sort_unstable();
    let expected = [(1, "wish"), (2, "not_interested"), (3, ""), (4, "watching")];
    assert_eq!(facts, expected.map(|(version, state)| (version, state.to_owned())));
    rating.end().await;
}

#[tokio::test]
async fn the_shelf_is_listed_newest_first_by_state_and_in_pages() {
    let rating = Rating::start().await;
    let movies: [Uuid; 7] = rating.movies().await;
    let alice = Person::member();
    for (turn, movie) in movies.into_iter().enumerate() {
        let state = if turn % 2 == 0 {
            ShelfState::Wish
        } else {
            ShelfState::Watching
        };
        rating.put(&alice, movie, state).await;
    }
    let read = async |state: ShelfState, cursor: String| {
        let request = ListShelfRequest {
            state: state.into(),
            cursor,
            limit: 3,
            ..ListShelfRequest::default()
        };
        rating.client().list_shelf(alice.request(request)).await
    };
    let ids = |places: &[usize]| {
        places
            .iter()
            .map(|&place| movies[place].to_string())
            .collect::<Vec<_>>()
    };

    let first = read(ShelfState::Wish, String::new()).await.unwrap().into_inner();
    let second = read(ShelfState::Wish, first.next_cursor.clone())
        .await
        .unwrap()
        .into_inner();
    let shown = first
        .entries
        .iter()
        .chain(&second.entries)
        .map(|entry| entry.movie_id.clone());
    assert_eq!(shown.collect::<Vec<_>>(), ids(&[6, 4, 2, 0]));
    assert_eq!((first.total, second.next_cursor.as_str()), (4, ""));

    let all = read(ShelfState::Unspecified, String::new()).await.unwrap().into_inner();
    assert_eq!(all.total, 7);
    let status = read(ShelfState::Wish, all.next_cursor).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "cursor"));
    rating.end().await;
}

/// The states of a member's shelf by movie.
async fn state(rating: &Rating, person: &Person, movie: Uuid) -> ShelfState {
    let mine = rating.mine(person, &[movie]).await.mine;
    mine.first().map_or(ShelfState::Unspecified, |mine| mine.shelf())
}

#[tokio::test]
async fn a_first_rating_takes_a_wish_off_the_shelf_and_clearing_it_puts_it_back() {
    let rating = Rating::start().await;
    let [wished, watched, dull] = rating.movies().await;
    let alice = Person::member();
    rating.put(&alice, wished, ShelfState::Wish).await;
    rating.put(&alice, watched, ShelfState::Watching).await;
    rating.put(&alice, dull, ShelfState::NotInterested).await;
    let since: Vec<i64> = shelf_times(&rating, &alice).await;
    for movie in [wished, watched, dull] {
        rating.rate(&alice, movie, 8).await;
        rating.rate(&alice, movie, 9).await;
    }
    assert_eq!(state(&rating, &alice, wished).await, ShelfState::Unspecified);
    assert_eq!(state(&rating, &alice, watched).await, ShelfState::Unspecified);
    assert_eq!(state(&rating, &alice, dull).await, ShelfState::NotInterested);

    for movie in [wished, watched, dull] {
        rating.clear(&alice, movie).await;
    }
    assert_eq!(state(&rating, &alice, wished).await, ShelfState::Wish);
    assert_eq!(state(&rating, &alice, watched).await, ShelfState::Watching);
    assert_eq!(state(&rating, &alice, dull).await, ShelfState::NotInterested);
    assert_eq!(shelf_times(&rating, &alice).await, since, "each where it was");

    // Each change is a version with its event.
    let versions: Vec<i64> = sqlx::query_scalar("select version from shelf where member_id = $1 order by version desc")
        .bind(alice.id())
        .fetch_all(&rating.db)
        .await
        .unwrap();
    assert_eq!(versions, [3, 3, 1]);
    rating.end().await;
}

/// The time of the shelf entry of each movie.
async fn shelf_times(rating: &Rating, person: &Person) -> Vec<i64> {
    let request = person.request(ListShelfRequest::default());
    let entries = rating.client().list_shelf(request).await.unwrap().into_inner().entries;
    entries.iter().map(|entry| entry.changed_at).collect()
}

#[tokio::test]
async fn a_wish_that_was_moved_after_the_rating_stays_there() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    rating.put(&alice, movie, ShelfState::Wish).await;
    rating.rate(&alice, movie, 8).await;
    // The member puts it back as a wish and takes it off again.
    rating.put(&alice, movie, ShelfState::Wish).await;
    rating.rate(&alice, movie, 9).await;
    assert_eq!(
        state(&rating, &alice, movie).await,
        ShelfState::Wish,
        "not a first rating"
    );
    rating.take_off(&alice, movie).await;
    rating.clear(&alice, movie).await;
    assert_eq!(state(&rating, &alice, movie).await, ShelfState::Unspecified);
    rating.end().await;
}

#[tokio::test]
async fn an_unknown_state_is_rejected() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    for state in [0, 4, -1] {
        let request = PutShelfRequest {
            movie_id: movie.to_string(),
            state,
        };
        let status = rating
            .client()
            .put_shelf(Person::member().request(request))
            .await
            .unwrap_err();
        assert_eq!(
            (status.code(), field(&status)),
            (Code::InvalidArgument, "state"),
            "{state}"
        );
    }
    let request = PutShelfRequest {
        movie_id: Uuid::now_v7().to_string(),
        state: 1,
    };
    let status = rating
        .client()
        .put_shelf(Person::member().request(request))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    rating.end().await;
}
