//! The materialised view equals a recount of the ratings after lost, duplicate and reordered events.

use std::sync::atomic::{AtomicBool, Ordering};

use matcha_protos::{events::v1::RatingChanged, rating::v1::ClearRatingRequest};
use messaging::events::{Event, list_dead_letters, redrive_dead_letters};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use testing::eventually;
use uuid::Uuid;

use crate::harness::{Person, Rating, again};

/// Rates and clears at random from so many concurrent clients.
async fn crowd(rating: &Rating, movies: &[Uuid], clients: u64, writes: usize) {
    // Few members, so that several clients often write the same pair at the same time.
    let members: Vec<Person> = (0..16).map(|_| Person::member()).collect();
    let work = (0..clients).map(async |client| {
        let mut random = StdRng::seed_from_u64(client);
        for _ in 0..writes / usize::try_from(clients).unwrap() {
            let member = &members[random.random_range(0..members.len())];
            let movie = movies[random.random_range(0..movies.len())];
            if random.random_ratio(1, 6) {
                rating.clear(member, movie).await;
            } else {
                rating.rate(member, movie, random.random_range(1..=10)).await;
            }
        }
    });
    futures::future::join_all(work).await;
}

#[tokio::test]
async fn statistics_follow_the_ratings() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let nobody = rating.statistics(movie).await;
    assert_eq!((nobody.count, nobody.sum, nobody.histogram), (0, 0, vec![0; 10]));

    let (alice, bob) = (Person::member(), Person::member());
    rating.rate(&alice, movie, 9).await;
    rating.rate(&bob, movie, 4).await;
    rating.rate(&bob, movie, 10).await;
    eventually("both are counted", async || rating.statistics(movie).await.sum == 19).await;
    let both = rating.statistics(movie).await;
    assert_eq!((both.count, both.histogram), (2, vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 1]));

    rating.clear(&alice, movie).await;
    eventually("one is left", async || rating.statistics(movie).await.count == 1).await;
    assert_eq!(rating.statistics(movie).await.sum, 10);
    rating.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_writes_of_64_clients_are_counted_exactly() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 5] = rating.movies().await;
    crowd(&rating, &movies, 64, 1024).await;
    rating.settled().await;
    rating.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicate_and_reordered_events_leave_the_statistics_right() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 3] = rating.movies().await;
    let heard = rating.listen(&["rating.changed"]).await;
    crowd(&rating, &movies, 16, 320).await;
    rating.settled().await;
    let versions: i64 = sqlx::query_scalar("select sum(version)::bigint from ratings")
        .fetch_one(&rating.db)
        .await
        .unwrap();
    let events = heard.wait(usize::try_from(versions).unwrap()).await;

    // Duplicates leave the view as it is.
    let same: Vec<Event> = events.iter().map(|event| again(event, event.id)).collect();
    rating.publish_all(&same).await;
    // From an empty view: in reverse order, then shuffled among duplicates with new ids.
    rating.forget_statistics().await;
    let backwards: Vec<Event> = same.into_iter().rev().collect();
    rating.publish_all(&backwards).await;
    let mut shuffled: Vec<Event> = events
        .iter()
        .flat_map(|event| [again(event, event.id), again(event, Uuid::now_v7())])
        .collect();
    shuffled.shuffle(&mut StdRng::seed_from_u64(1));
    rating.publish_all(&shuffled).await;
    rating.settled().await;

    // Once more after everything was projected: nothing changes.
    eventually("the probe has heard them all", async || {
        heard.all().len() >= 5 * events.len()
    })
    .await;
    rating.settled().await;
    rating.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_during_traffic_gives_the_same_statistics() {
    let rating = Rating::with_replicas(2).await;
    // Enough writes that some are projected during the rebuild.
    let movies: [Uuid; 500] = rating.movies().await;
    let done = AtomicBool::new(false);
    let config = rating::config::DatabaseConfig {
        database_url: rating.database_url.clone(),
    };
    let traffic = async {
        crowd(&rating, &movies, 32, 1600).await;
        done.store(true, Ordering::SeqCst);
    };
    let rebuilds = async {
        let mut rebuilt = 0;
        while !done.load(Ordering::SeqCst) {
            rating::operator::rebuild_statistics(&config).await.unwrap();
            rebuilt += 1;
        }
        rebuilt
    };
    let ((), rebuilt) = tokio::join!(traffic, rebuilds);
    assert!(rebuilt > 2, "it ran amid the traffic, not after");
    rating.settled().await;

    // A deleted or wrong view is rebuilt without events.
    let right = rating.view().await;
    sqlx::query("delete from movie_stats where movie_id = $1")
        .bind(movies[0])
        .execute(&rating.db)
        .await
        .unwrap();
    sqlx::query("update ratings set projected_stars = 1 where movie_id = $1")
        .bind(movies[1])
        .execute(&rating.db)
        .await
        .unwrap();
    rating::operator::rebuild_statistics(&config).await.unwrap();
    assert_eq!(rating.view().await, right);
    rating.end().await;
}

#[tokio::test]
async fn an_invalid_event_is_dead_lettered_and_delays_no_other() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    // An event without its rating, as after a restore of an old backup.
    let early = RatingChanged {
        member_id: alice.id().to_string(),
        movie_id: movie.to_string(),
        old_stars: None,
        new_stars: Some(8),
        version: 1,
        rated_at: 0,
    };
    let broken = RatingChanged {
        new_stars: Some(80),
        ..early.clone()
    };
    rating.publish(Event::new("rating.changed", "early", 1, &early)).await;
    rating.publish(Event::new("rating.changed", "broken", 1, &broken)).await;
    let letters = async || {
        list_dead_letters(&rating.broker, "rating.statistics", 10)
            .await
            .unwrap()
    };
    eventually("both are dead letters", async || letters().await.len() == 2).await;
    let reasons = letters()
        .await
        .iter()
        .map(|letter| letter.reason.clone())
        .collect::<Vec<_>>()
        .join("; ");
    assert!(
        reasons.contains("ahead of its rating") && reasons.contains("not 80"),
        "{reasons}"
    );

    let bob = Person::member();
    rating.rate(&bob, movie, 3).await;
    rating.settled().await;

    // With the rating in place, a redrive projects one dead letter; the other is still undecodable.
    rating.rate(&alice, movie, 8).await;
    assert_eq!(
        redrive_dead_letters(&rating.broker, "rating.statistics").await.unwrap(),
        2
    );
    eventually("only the broken one is left", async || letters().await.len() == 1).await;
    rating.settled().await;
    assert_eq!(rating.statistics(movie).await.sum, 11);

    let request = alice.request(ClearRatingRequest {
        movie_id: movie.to_string(),
    });
    rating.client().clear_rating(request).await.unwrap();
    rating.settled().await;
    rating.end().await;
}
