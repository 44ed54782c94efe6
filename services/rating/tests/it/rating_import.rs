//! The operator's bulk import of ratings.

use matcha_protos::rating::v1::{ImportRating, ImportRatingsRequest};
use tonic::Code;
use uuid::Uuid;

use crate::harness::{Person, Rating, field};

fn row(member: Uuid, movie: Uuid, stars: i32) -> ImportRating {
    ImportRating {
        member_id: member.to_string(),
        movie_id: movie.to_string(),
        stars,
        rated_at: 1_000_000_000,
    }
}

async fn import(rating: &Rating, ratings: Vec<ImportRating>) -> Result<i32, tonic::Status> {
    let request = Person::operator().request(ImportRatingsRequest { ratings });
    let response = rating.client().import_ratings(request).await?;
    Ok(response.into_inner().changed)
}

#[tokio::test]
async fn importing_the_same_file_twice_changes_nothing_the_second_time() {
    let rating = Rating::start().await;
    let movies: [Uuid; 20] = rating.movies().await;
    let members: Vec<Uuid> = (0..50).map(|_| Uuid::now_v7()).collect();
    let pairs = members
        .iter()
        .flat_map(|&member| movies.iter().map(move |&movie| (member, movie)));
    let file: Vec<_> = (0..)
        .zip(pairs)
        .map(|(line, (member, movie))| row(member, movie, 1 + line % 10))
        .collect();
    assert_eq!(import(&rating, file.clone()).await.unwrap(), 1000);
    assert_eq!(import(&rating, file.clone()).await.unwrap(), 0);
    rating.settled().await;
    assert_eq!(rating.view().await.values().flatten().sum::<i64>(), 1000);
    rating.end().await;
}

#[tokio::test]
async fn ratings_whose_events_were_lost_are_counted_later() {
    let rating = Rating::start().await;
    let movies: [Uuid; 5] = rating.movies().await;
    let file: Vec<_> = (0..40)
        .map(|i| row(Uuid::now_v7(), movies[i % 5], 1 + i as i32 % 10))
        .collect();
    assert_eq!(import(&rating, file).await.unwrap(), 40);
    rating.settled().await;
    // As if the broker had lost its disk before any of the events was consumed.
    rating.forget_statistics().await;
    assert!(rating.view().await.is_empty());
    rating.settled().await;
    assert_eq!(rating.view().await.values().flatten().sum::<i64>(), 40);
    rating.end().await;
}

#[tokio::test]
async fn of_several_rows_of_one_pair_the_last_wins_and_each_change_is_a_version() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let file = [3, 4, 4, 9].map(|stars| row(alice.id(), movie, stars));
    assert_eq!(
        import(&rating, file.to_vec()).await.unwrap(),
        3,
        "the second 4 is no change"
    );
    assert_eq!(rating.rate(&alice, movie, 9).await.version, 3);
    rating.settled().await;
    assert_eq!(rating.statistics(movie).await.sum, 9);
    rating.end().await;
}

#[tokio::test]
async fn an_import_is_atomic() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let unknown = Uuid::now_v7();
    let file = vec![row(alice.id(), movie, 5), row(alice.id(), unknown, 5)];
    let status = import(&rating, file).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(status.message().contains(&unknown.to_string()), "{}", status.message());

    let bad_stars = row(alice.id(), movie, 11);
    let future = ImportRating {
        rated_at: 99_999_999_999,
        ..row(alice.id(), movie, 5)
    };
    let past = ImportRating {
        rated_at: -1,
        ..row(alice.id(), movie, 5)
    };
    let nobody = ImportRating {
        member_id: "alice".to_owned(),
        ..row(alice.id(), movie, 5)
    };
    let cases = [
        (bad_stars, "stars"),
        (future, "rated_at"),
        (past, "rated_at"),
        (nobody, "member_id"),
    ];
    for (bad, wrong) in cases {
        let file = vec![row(alice.id(), movie, 5), bad];
        let status = import(&rating, file).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
    }
    let status = import(&rating, vec![row(alice.id(), movie, 5); 5001])
        .await
        .unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "ratings"));
    assert_eq!(rating.mine(&alice, &[movie]).await.rated_count, 0);
    rating.end().await;
}

#[tokio::test]
async fn only_the_operator_imports_ratings() {
    let rating = Rating::start().await;
    for person in [Person::member(), Person::visitor(), Person::recommendation()] {
        let request = person.request(ImportRatingsRequest::default());
        let status = rating.client().import_ratings(request).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{:?}", person.caller);
    }
    rating.end().await;
}
