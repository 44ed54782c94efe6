//! The diary of watches.

use matcha_protos::{
    rating::v1::{
        CountWatchesRequest, DeleteWatchRequest, ListWatchesRequest, ListWatchesResponse, PutWatchRequest, Watch,
    },
    user::v1::Section,
};
use time::{Duration, OffsetDateTime};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Person, Rating, field};

pub(crate) fn watch(movie: Uuid, day: &str) -> Watch {
    Watch {
        id: Uuid::now_v7().to_string(),
        movie_id: movie.to_string(),
        watched_on: day.to_owned(),
        ..Watch::default()
    }
}

pub(crate) async fn put(rating: &Rating, person: &Person, watch: &Watch) -> Result<Watch, Status> {
    let request = PutWatchRequest {
        watch: Some(watch.clone()),
    };
    let answer = rating.watches().put_watch(person.request(request)).await?;
    Ok(answer.into_inner().watch.unwrap())
}

async fn delete(rating: &Rating, person: &Person, watch: &Watch) -> Result<(), Status> {
    let request = DeleteWatchRequest {
        watch_id: watch.id.clone(),
    };
    rating.watches().delete_watch(person.request(request)).await?;
    Ok(())
}

pub(crate) async fn list(
    rating: &Rating,
    person: &Person,
    of: ListWatchesRequest,
) -> Result<ListWatchesResponse, Status> {
    Ok(rating.watches().list_watches(person.request(of)).await?.into_inner())
}

/// The caller's whole diary.
pub(crate) async fn diary(rating: &Rating, person: &Person) -> Vec<Watch> {
    let of = ListWatchesRequest {
        limit: 50,
        ..ListWatchesRequest::default()
    };
    list(rating, person, of).await.unwrap().watches
}

#[tokio::test]
async fn a_movie_is_watched_on_several_days_and_counted_as_often() {
    let rating = Rating::start().await;
    let [first, second, never] = rating.movies().await;
    let alice = Person::member();
    let logged = Watch {
        tags: vec![" 극장 ".to_owned(), "IMAX".to_owned(), "imax".to_owned()],
        ..watch(first, "2024-02-29")
    };
    let kept = put(&rating, &alice, &logged).await.unwrap();
    assert_eq!(kept.tags, ["극장", "IMAX"]);
    let again = Watch {
        rewatch: true,
        ..watch(first, "2026-01-01")
    };
    put(&rating, &alice, &again).await.unwrap();
    put(&rating, &alice, &watch(second, "2025-06-01")).await.unwrap();

    let days: Vec<String> = diary(&rating, &alice)
        .await
        .into_iter()
        .map(|one| one.watched_on)
        .collect();
    assert_eq!(days, ["2026-01-01", "2025-06-01", "2024-02-29"]);
    let of_first = ListWatchesRequest {
        movie_id: first.to_string(),
        ..ListWatchesRequest::default()
    };
    let of_first = list(&rating, &alice, of_first).await.unwrap();
    assert_eq!((of_first.watches, of_first.total), (vec![again, kept], 2));
    let count = CountWatchesRequest {
        movie_ids: [first, second, never].map(|id| id.to_string()).to_vec(),
    };
    let counts = rating.watches().count_watches(alice.request(count)).await.unwrap();
    let mut counts: Vec<i64> = counts.into_inner().counts.iter().map(|one| one.count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2], "what was never seen is left out");
    // A watch changes neither ratings nor shelf.
    assert!(rating.mine(&alice, &[first, second]).await.mine.is_empty());
    rating.end().await;
}

#[tokio::test]
async fn logging_is_idempotent_and_the_same_id_changes_the_watch() {
    let rating = Rating::start().await;
    let [movie, other] = rating.movies().await;
    let alice = Person::member();
    let logged = watch(movie, "2026-03-04");
    for _ in 0..3 {
        put(&rating, &alice, &logged).await.unwrap();
    }
    assert_eq!(diary(&rating, &alice).await, std::slice::from_ref(&logged));
    let version = sqlx::query_scalar::<_, i64>("select version from watches").fetch_one(&rating.db);
    assert_eq!(version.await.unwrap(), 1, "the same again is no change");

    let changed = Watch {
        watched_on: "2026-03-03".to_owned(),
        rewatch: true,
        tags: vec!["집에서".to_owned()],
        ..logged.clone()
    };
    put(&rating, &alice, &changed).await.unwrap();
    assert_eq!(diary(&rating, &alice).await, std::slice::from_ref(&changed));

    // The same movie on the same day is a conflict under any id.
    let twice = put(&rating, &alice, &watch(movie, "2026-03-03")).await.unwrap_err();
    assert_eq!((twice.code(), field(&twice)), (Code::AlreadyExists, "watched_on"));
    let moved = Watch {
        movie_id: other.to_string(),
        ..changed.clone()
    };
    let moved = put(&rating, &alice, &moved).await.unwrap_err();
    assert_eq!((moved.code(), field(&moved)), (Code::AlreadyExists, "watch_id"));

    for _ in 0..2 {
        delete(&rating, &alice, &changed).await.unwrap();
    }
    assert!(diary(&rating, &alice).await.is_empty());
    // The site restores a deleted watch with its id.
    put(&rating, &alice, &changed).await.unwrap();
    assert_eq!(diary(&rating, &alice).await, [changed]);
    rating.end().await;
}

#[tokio::test]
async fn concurrent_repeats_make_one_watch_and_one_watch_a_day() {
    let rating = Rating::with_replicas(2).await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let logged = watch(movie, "2026-03-04");
    let sent = futures::future::join_all((0..8).map(|_| put(&rating, &alice, &logged))).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    let rivals: Vec<Watch> = (0..8).map(|_| watch(movie, "2026-03-05")).collect();
    let sent = futures::future::join_all(rivals.iter().map(|one| put(&rating, &alice, one))).await;
    assert_eq!(sent.iter().filter(|sent| sent.is_ok()).count(), 1);
    assert_eq!(diary(&rating, &alice).await.len(), 2);
    rating.end().await;
}

#[tokio::test]
async fn invalid_watches_are_rejected_with_their_field() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let good = || watch(movie, "2026-03-04");
    let today_furthest_ahead = OffsetDateTime::now_utc() + Duration::hours(14);
    let tomorrow = (today_furthest_ahead + Duration::days(1)).date().to_string();
    let tagged = |tags: Vec<String>| Watch { tags, ..good() };
    let on = |day: &str| watch(movie, day);
    for (wrong, name) in [
        (on(&tomorrow), "watched_on"),
        (on("1887-12-31"), "watched_on"),
        (on("2026-02-30"), "watched_on"),
        (on("어제"), "watched_on"),
        // Only imports have watches without a day.
        (on(""), "watched_on"),
        (tagged(vec!["a, b".to_owned()]), "tags"),
        (tagged(vec!["abc\u{202e}cba".to_owned()]), "tags"),
        (tagged(vec!["\u{3164}".to_owned()]), "tags"),
        (tagged(vec!["긴".repeat(41)]), "tags"),
        (tagged((0..11).map(|n| n.to_string()).collect()), "tags"),
        (
            Watch {
                id: "1".to_owned(),
                ..good()
            },
            "watch_id",
        ),
        (
            Watch {
                movie_id: "1".to_owned(),
                ..good()
            },
            "movie_id",
        ),
    ] {
        let refused = put(&rating, &alice, &wrong).await.unwrap_err();
        assert_eq!(
            (refused.code(), field(&refused)),
            (Code::InvalidArgument, name),
            "{wrong:?}"
        );
    }
    let unknown = put(&rating, &alice, &watch(Uuid::now_v7(), "2026-03-04"))
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let visitor = put(&rating, &Person::visitor(), &good()).await.unwrap_err();
    assert_eq!(visitor.code(), Code::Unauthenticated);
    // The day in the time zone that is furthest ahead.
    put(&rating, &alice, &on(&today_furthest_ahead.date().to_string()))
        .await
        .unwrap();
    assert_eq!(diary(&rating, &alice).await.len(), 1);
    rating.end().await;
}

#[tokio::test]
async fn members_cannot_change_each_others_watches() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, mallory) = (Person::member(), Person::member());
    let logged = watch(movie, "2026-03-04");
    put(&rating, &alice, &logged).await.unwrap();
    let stolen = Watch {
        rewatch: true,
        ..logged.clone()
    };
    let refused = put(&rating, &mallory, &stolen).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    delete(&rating, &mallory, &logged).await.unwrap();
    assert_eq!(diary(&rating, &alice).await, [logged]);
    assert!(diary(&rating, &mallory).await.is_empty());
    rating.end().await;
}

#[tokio::test]
async fn a_diary_is_visible_with_the_ratings() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, follower, stranger) = (Person::member(), Person::member(), Person::member());
    put(&rating, &alice, &watch(movie, "2026-03-04")).await.unwrap();
    let hers = || ListWatchesRequest {
        member_id: alice.id().to_string(),
        ..ListWatchesRequest::default()
    };
    for reader in [&stranger, &Person::visitor()] {
        assert_eq!(list(&rating, reader, hers()).await.unwrap().total, 1);
    }
    rating
        .user
        .shows(alice.id(), None, &[Section::Shelf, Section::Comments, Section::Taste]);
    rating.user.shows(alice.id(), Some(follower.id()), &[Section::Ratings]);
    assert_eq!(list(&rating, &follower, hers()).await.unwrap().total, 1);
    for reader in [&stranger, &Person::visitor()] {
        let refused = list(&rating, reader, hers()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
    let own = list(&rating, &Person::visitor(), ListWatchesRequest::default()).await;
    assert_eq!(own.unwrap_err().code(), Code::Unauthenticated);
    rating.user.goes_away();
    assert_eq!(
        list(&rating, &follower, hers()).await.unwrap_err().code(),
        Code::Unavailable
    );
    assert_eq!(list(&rating, &alice, hers()).await.unwrap().total, 1);
    rating.end().await;
}

#[tokio::test]
async fn pages_of_a_diary_neither_repeat_nor_miss_a_watch() {
    let rating = Rating::start().await;
    let movies: [Uuid; 5] = rating.movies().await;
    let alice = Person::member();
    for movie in movies {
        for day in ["2026-03-04", "2026-03-05"] {
            put(&rating, &alice, &watch(movie, day)).await.unwrap();
        }
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let of = ListWatchesRequest {
            cursor,
            limit: 3,
            ..ListWatchesRequest::default()
        };
        let page = list(&rating, &alice, of).await.unwrap();
        assert_eq!(page.total, 10);
        seen.extend(page.watches);
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, diary(&rating, &alice).await);
    assert_eq!(seen.len(), 10);
    let of = ListWatchesRequest {
        limit: 3,
        ..ListWatchesRequest::default()
    };
    let cursor = list(&rating, &alice, of).await.unwrap().next_cursor;
    let elsewhere = ListWatchesRequest {
        movie_id: movies[0].to_string(),
        cursor,
        ..ListWatchesRequest::default()
    };
    let refused = list(&rating, &alice, elsewhere).await.unwrap_err();
    assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "cursor"));
    let of = ListWatchesRequest {
        limit: 3,
        ..ListWatchesRequest::default()
    };
    let cursor = list(&rating, &alice, of).await.unwrap().next_cursor;
    let hers = ListWatchesRequest {
        cursor,
        ..ListWatchesRequest::default()
    };
    let refused = list(&rating, &Person::member(), hers).await.unwrap_err();
    assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "cursor"));
    rating.end().await;
}

#[tokio::test]
async fn a_diary_is_full_at_twenty_thousand() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    sqlx::query(
        "insert into watches (id, member_id, movie_id, watched_on, rewatch, tags, version)
         select gen_random_uuid(), $1, $2, date '1900-01-01' + day, false, '{}', 1 from generate_series(1, 19999) as day",
    )
    .bind(alice.id())
    .bind(movie)
    .execute(&rating.db)
    .await
    .unwrap();
    let last = watch(movie, "2026-03-04");
    put(&rating, &alice, &last).await.unwrap();
    let refused = put(&rating, &alice, &watch(movie, "2026-03-05")).await.unwrap_err();
    assert_eq!((refused.code(), field(&refused)), (Code::AlreadyExists, ""));
    // Existing watches can still be changed.
    let changed = Watch {
        watched_on: "2026-03-05".to_owned(),
        ..last
    };
    put(&rating, &alice, &changed).await.unwrap();
    rating.end().await;
}
