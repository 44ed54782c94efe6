//! The popularity copy.

use chassis::shutdown::Stop;
use messaging::events::{Broker, Event, list_dead_letters};
use testing::{Stores, eventually};

use crate::harness::{Catalogue, Rating, put_movie, rated};

/// Count and mean of the ratings as `GetMovies` returns them.
async fn popularity(catalogue: &Catalogue, id: &str) -> (i64, f64) {
    let movie = &catalogue.get(&[id]).await[0];
    (movie.rating_count, movie.rating_mean)
}

#[tokio::test]
async fn an_event_that_is_delivered_twice_is_counted_once() {
    let movie = put_movie("괴물", "The Host", 2006);
    let catalogue = Catalogue::with(std::slice::from_ref(&movie)).await;
    let (first, second) = (rated(&movie.id, None, Some(8)), rated(&movie.id, None, Some(4)));
    // Doubled in a row, so that both may be in one batch, and again later.
    catalogue.publish(&[first.clone(), first.clone(), second.clone()]).await;
    eventually("both are counted", async || {
        popularity(&catalogue, &movie.id).await == (2, 6.0)
    })
    .await;
    let last = rated(&movie.id, None, Some(6));
    catalogue.publish(&[second, first, last]).await;
    eventually("the last is counted", async || {
        popularity(&catalogue, &movie.id).await.0 >= 3
    })
    .await;
    assert_eq!(popularity(&catalogue, &movie.id).await, (3, 6.0));
}

#[tokio::test]
async fn doubled_events_in_any_order_add_up_to_the_same() {
    // Places in the story below. A message is doubled when a relay dies between confirm and delete.
    let orders = [
        [0, 1, 2, 3, 4, 0, 1, 2, 3, 4],
        [4, 3, 2, 1, 0, 0, 1, 2, 3, 4],
        [2, 2, 1, 4, 1, 3, 0, 4, 3, 0],
    ];
    let movies = [
        put_movie("괴물", "The Host", 2006),
        put_movie("마더", "Mother", 2009),
        put_movie("옥자", "Okja", 2017),
    ];
    let last = put_movie("기생충", "Parasite", 2019);
    let catalogue = Catalogue::with(&[movies.as_slice(), std::slice::from_ref(&last)].concat()).await;
    for (movie, order) in movies.iter().zip(orders) {
        let story = [
            rated(&movie.id, None, Some(8)),
            rated(&movie.id, Some(8), Some(3)),
            rated(&movie.id, Some(3), None),
            rated(&movie.id, None, Some(9)),
            rated(&movie.id, None, Some(4)),
        ];
        let events: Vec<Event> = order.iter().map(|place| story[*place].clone()).collect();
        catalogue.publish(&events).await;
    }
    // The queue keeps its order, so this event is counted after all others.
    catalogue.publish(&[rated(&last.id, None, Some(10))]).await;
    eventually("the last event is counted", async || {
        popularity(&catalogue, &last.id).await == (1, 10.0)
    })
    .await;
    for (movie, order) in movies.iter().zip(orders) {
        assert_eq!(popularity(&catalogue, &movie.id).await, (2, 6.5), "{order:?}");
    }
}

#[tokio::test]
async fn a_rating_counted_before_its_movie_is_published_shows_with_the_movie() {
    let movie = put_movie("괴물", "The Host", 2006);
    let catalogue = Catalogue::start().await;
    catalogue.publish(&[rated(&movie.id, None, Some(8))]).await;
    let pool = catalogue.database().await;
    eventually("it is counted", async || {
        sqlx::query_scalar::<_, i64>("select count(*) from popularity")
            .fetch_one(&pool)
            .await
            .unwrap()
            == 1
    })
    .await;
    catalogue.put(std::slice::from_ref(&movie)).await;
    assert_eq!(popularity(&catalogue, &movie.id).await, (1, 8.0));
}

#[tokio::test]
async fn an_invalid_event_is_a_dead_letter_and_the_rest_is_counted() {
    let movie = put_movie("괴물", "The Host", 2006);
    let catalogue = Catalogue::with(std::slice::from_ref(&movie)).await;
    let mut broken = rated(&movie.id, None, Some(8));
    broken.body = vec![0xff; 5].into();
    catalogue
        .publish(&[
            broken.clone(),
            rated(&movie.id, None, Some(11)),
            rated(&movie.id, None, Some(7)),
        ])
        .await;
    eventually("the good one is counted", async || {
        popularity(&catalogue, &movie.id).await == (1, 7.0)
    })
    .await;
    let broker = Broker::new(&catalogue.config.broker, "test");
    eventually("the others are dead", async || {
        list_dead_letters(&broker, "movie.popularity", 10).await.unwrap().len() == 2
    })
    .await;
}

#[tokio::test]
async fn reconciling_corrects_differences_and_nothing_else() {
    let (right, wrong, missing) = (
        put_movie("괴물", "The Host", 2006),
        put_movie("마더", "Mother", 2009),
        put_movie("옥자", "Okja", 2017),
    );
    let rating = Rating::default();
    rating.set_statistics(&right, 2, 16);
    rating.set_statistics(&wrong, 5, 40);
    rating.set_statistics(&missing, 3, 30);
    let stores = Stores::shared();
    let peers = [rating.listen().await];
    let catalogue = Catalogue::start_with(stores.database("movie").await, stores.broker(), &peers).await;
    catalogue.put(&[right.clone(), wrong.clone(), missing.clone()]).await;
    catalogue.rate(&right, 2, 8).await;
    catalogue.rate(&wrong, 1, 2).await;

    let done = movie::operator::reconcile(&catalogue.config, Stop::new())
        .await
        .unwrap();
    assert_eq!((done.compared, done.corrected), (3, 2));
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
async fn a_difference_whose_event_is_under_way_is_not_corrected() {
    let movie = put_movie("괴물", "The Host", 2006);
    let rating = Rating::default();
    let stores = Stores::shared();
    let peers = [rating.listen().await];
    let mut catalogue = Catalogue::start_with(stores.database("movie").await, stores.broker(), &peers).await;
    catalogue.put(std::slice::from_ref(&movie)).await;
    // The event arrives between the two comparisons.
    catalogue.config.reconcile_settle = 4;
    rating.set_statistics(&movie, 1, 8);
    let comparing = tokio::spawn({
        let config = catalogue.config.clone();
        async move { movie::operator::reconcile(&config, Stop::new()).await.unwrap() }
    });
    catalogue.rate(&movie, 1, 8).await;
    comparing.await.unwrap();
    assert_eq!(popularity(&catalogue, &movie.id).await, (1, 8.0));
}
