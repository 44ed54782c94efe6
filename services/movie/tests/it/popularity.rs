//! The copy of popularity.

use chassis::shutdown::Stop;
use messaging::events::{Broker, Event, list_dead_letters};
use testing::{Stores, eventually};

use crate::harness::{Catalogue, Rating, movie, rated};

/// Count and mean as a reader sees them.
async fn popularity(catalogue: &Catalogue, id: &str) -> (i64, f64) {
    let movie = &catalogue.get(&[id]).await[0];
    (movie.rating_count, movie.rating_mean)
}

#[tokio::test]
async fn a_rating_that_is_told_twice_is_counted_once() {
    let film = movie("괴물", "The Host", 2006);
    let catalogue = Catalogue::with(std::slice::from_ref(&film)).await;
    let (first, second) = (rated(&film.id, None, Some(8)), rated(&film.id, None, Some(4)));
    // Twice in a row, so that both may be in one batch, and once more later.
    catalogue.tell(&[first.clone(), first.clone(), second.clone()]).await;
    eventually("both are counted", async || {
        popularity(&catalogue, &film.id).await == (2, 6.0)
    })
    .await;
    let last = rated(&film.id, None, Some(6));
    catalogue.tell(&[second, first, last]).await;
    eventually("the last is counted", async || {
        popularity(&catalogue, &film.id).await.0 >= 3
    })
    .await;
    assert_eq!(popularity(&catalogue, &film.id).await, (3, 6.0));
}

#[tokio::test]
async fn changes_add_up_to_the_same_in_any_order() {
    let film = movie("괴물", "The Host", 2006);
    let catalogue = Catalogue::with(std::slice::from_ref(&film)).await;
    let story = [
        rated(&film.id, None, Some(8)),
        rated(&film.id, Some(8), Some(3)),
        rated(&film.id, Some(3), None),
        rated(&film.id, None, Some(9)),
    ];
    let backwards: Vec<Event> = story.iter().rev().cloned().collect();
    catalogue.tell(&backwards).await;
    eventually("what is left is one nine", async || {
        popularity(&catalogue, &film.id).await == (1, 9.0)
    })
    .await;
}

#[tokio::test]
async fn a_rating_that_arrives_before_its_movie_counts_when_the_movie_comes() {
    let film = movie("괴물", "The Host", 2006);
    let catalogue = Catalogue::start().await;
    catalogue.tell(&[rated(&film.id, None, Some(8))]).await;
    let pool = catalogue.database().await;
    eventually("it is counted", async || {
        sqlx::query_scalar::<_, i64>("select count(*) from popularity")
            .fetch_one(&pool)
            .await
            .unwrap()
            == 1
    })
    .await;
    catalogue.put(std::slice::from_ref(&film)).await;
    assert_eq!(popularity(&catalogue, &film.id).await, (1, 8.0));
}

#[tokio::test]
async fn what_cannot_be_understood_is_a_dead_letter_and_the_rest_is_counted() {
    let film = movie("괴물", "The Host", 2006);
    let catalogue = Catalogue::with(std::slice::from_ref(&film)).await;
    let mut broken = rated(&film.id, None, Some(8));
    broken.body = vec![0xff; 5].into();
    catalogue
        .tell(&[
            broken.clone(),
            rated(&film.id, None, Some(11)),
            rated(&film.id, None, Some(7)),
        ])
        .await;
    eventually("the good one is counted", async || {
        popularity(&catalogue, &film.id).await == (1, 7.0)
    })
    .await;
    let broker = Broker::new(&catalogue.config.broker, "test");
    eventually("the others are dead", async || {
        list_dead_letters(&broker, "movie.popularity", 10).await.unwrap().len() == 2
    })
    .await;
}

#[tokio::test]
async fn reconciling_corrects_what_has_drifted_and_nothing_else() {
    let (right, wrong, missing) = (
        movie("괴물", "The Host", 2006),
        movie("마더", "Mother", 2009),
        movie("옥자", "Okja", 2017),
    );
    let rating = Rating::default();
    rating.says(&right, 2, 16);
    rating.says(&wrong, 5, 40);
    rating.says(&missing, 3, 30);
    let stores = Stores::shared();
    let peers = [rating.listen().await];
    let catalogue = Catalogue::start_with(stores.database("movie").await, stores.broker(), &peers).await;
    catalogue.put(&[right.clone(), wrong.clone(), missing.clone()]).await;
    catalogue.rate(&right, 2, 8).await;
    catalogue.rate(&wrong, 1, 2).await;

    let done = movie::operator::reconcile(&catalogue.config, Stop::new())
        .await
        .unwrap();
    assert_eq!(done.compared, 3);
    // The service compares by itself too; whoever came first has corrected.
    eventually("the figures are rating's", async || {
        popularity(&catalogue, &right.id).await == (2, 8.0)
            && popularity(&catalogue, &wrong.id).await == (5, 8.0)
            && popularity(&catalogue, &missing.id).await == (3, 10.0)
    })
    .await;
    let again = movie::operator::reconcile(&catalogue.config, Stop::new())
        .await
        .unwrap();
    assert_eq!((again.compared, again.corrected), (3, 0));
}

#[tokio::test]
async fn a_difference_that_is_only_under_way_is_left_alone() {
    let film = movie("괴물", "The Host", 2006);
    let rating = Rating::default();
    let stores = Stores::shared();
    let peers = [rating.listen().await];
    let mut catalogue = Catalogue::start_with(stores.database("movie").await, stores.broker(), &peers).await;
    catalogue.put(std::slice::from_ref(&film)).await;
    // Between the looks of a comparison the event arrives.
    catalogue.config.reconcile_settle = 4;
    rating.says(&film, 1, 8);
    let comparing = tokio::spawn({
        let config = catalogue.config.clone();
        async move { movie::operator::reconcile(&config, Stop::new()).await.unwrap() }
    });
    catalogue.rate(&film, 1, 8).await;
    comparing.await.unwrap();
    assert_eq!(popularity(&catalogue, &film.id).await, (1, 8.0));
}
