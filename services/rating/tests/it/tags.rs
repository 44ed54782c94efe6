//! Tags of watches: scores, access, and filtering the diary by tag.

use matcha_protos::{
    rating::v1::{ListTagsRequest, ListWatchesRequest, Tag, Watch},
    user::v1::Section,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    harness::{Person, Rating, field},
    watches::{diary, list, put, watch},
};

async fn log(rating: &Rating, person: &Person, movie: Uuid, day: &str, tags: &[&str]) {
    let tagged = Watch {
        tags: tags.iter().map(ToString::to_string).collect(),
        ..watch(movie, day)
    };
    put(rating, person, &tagged).await.unwrap();
}

/// Of the member of this id; empty: the caller's own.
async fn tags_of(rating: &Rating, asks: &Person, member: &str) -> Result<Vec<Tag>, Status> {
    let member_id = member.to_owned();
    let answer = rating
        .watches()
        .list_tags(asks.request(ListTagsRequest { member_id }))
        .await?;
    Ok(answer.into_inner().tags)
}

async fn tags(rating: &Rating, person: &Person) -> Vec<(String, i64, Option<i32>)> {
    let tags = tags_of(rating, person, "").await.unwrap().into_iter();
    tags.map(|tag| (tag.name, tag.movie_count, tag.score)).collect()
}

fn tag(name: &str, movie_count: i64, score: Option<i32>) -> (String, i64, Option<i32>) {
    (name.to_owned(), movie_count, score)
}

#[tokio::test]
async fn one_movie_with_a_tag_does_not_outrank_ten_with_another() {
    let rating = Rating::start().await;
    let movies: [Uuid; 20] = rating.movies().await;
    let alice = Person::member();
    for (at, movie) in movies.into_iter().enumerate() {
        let (tag, stars) = match at {
            0..10 => ("극장", 9),
            10 => ("비행기", 10),
            _ => ("TV", 4),
        };
        log(&rating, &alice, movie, "2026-03-04", &[tag]).await;
        rating.rate(&alice, movie, stars).await;
    }
    // Her mean is 3.4 stars: distances of (45 - 10 * 3.4) / 25, (5 - 3.4) / 16 and (18 - 9 * 3.4) / 24, half a star being 50 points.
    let expected = [
        tag("극장", 10, Some(94)),
        tag("비행기", 1, Some(60)),
        tag("TV", 9, Some(0)),
    ];
    assert_eq!(tags(&rating, &alice).await, expected);
    assert!(tags(&rating, &Person::member()).await.is_empty());
    rating.end().await;
}

#[tokio::test]
async fn tags_ignore_case_and_have_no_score_without_ratings() {
    let rating = Rating::start().await;
    let [first, second, third] = rating.movies().await;
    let alice = Person::member();
    log(&rating, &alice, first, "2026-01-01", &["imax", "ÉTÉ"]).await;
    log(&rating, &alice, first, "2026-01-02", &["Imax"]).await;
    log(&rating, &alice, second, "2026-01-03", &["IMAX", "été"]).await;
    // An older spelling, logged later.
    log(&rating, &alice, third, "2025-12-31", &["iMAX"]).await;
    let unrated = [tag("IMAX", 3, None), tag("été", 2, None)];
    assert_eq!(tags(&rating, &alice).await, unrated);

    // With one rating the member's own mean is that rating, and every score is in the middle.
    rating.rate(&alice, third, 10).await;
    assert_eq!(
        tags(&rating, &alice).await,
        [tag("IMAX", 3, Some(50)), tag("été", 2, None)]
    );
    rating.rate(&alice, first, 1).await;
    // Mean 2.75; IMAX has both ratings, été only the lower one: (0.5 - 2.75) / 16.
    let both = [tag("IMAX", 3, Some(50)), tag("été", 2, Some(36))];
    assert_eq!(tags(&rating, &alice).await, both);
    rating.clear(&alice, first).await;
    assert_eq!(
        tags(&rating, &alice).await,
        [tag("IMAX", 3, Some(50)), tag("été", 2, None)]
    );
    rating.end().await;
}

#[tokio::test]
async fn at_most_twelve_tags_are_listed() {
    let rating = Rating::start().await;
    let [first, second] = rating.movies().await;
    let alice = Person::member();
    let names = |from: usize| (from..from + 10).map(|n| format!("tag {n:02}")).collect::<Vec<_>>();
    for (movie, from) in [(first, 0), (second, 5)] {
        let names = names(from);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        log(&rating, &alice, movie, "2026-01-01", &names).await;
    }
    let told = tags(&rating, &alice).await;
    assert_eq!(told.len(), 12);
    assert_eq!(told[0], tag("tag 05", 2, None), "with more movies first");
    assert_eq!(told[5], tag("tag 00", 1, None));
    rating.end().await;
}

#[tokio::test]
async fn tags_need_access_to_both_ratings_and_taste() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, follower, stranger) = (Person::member(), Person::member(), Person::member());
    log(&rating, &alice, movie, "2026-03-04", &["극장"]).await;
    let id = alice.id().to_string();
    for reader in [&alice, &stranger, &Person::visitor()] {
        assert_eq!(tags_of(&rating, reader, &id).await.unwrap().len(), 1);
    }
    rating
        .user
        .shows(alice.id(), Some(follower.id()), &[Section::Ratings, Section::Taste]);
    for shown in [Section::Ratings, Section::Taste] {
        rating
            .user
            .shows(alice.id(), None, &[shown, Section::Shelf, Section::Comments]);
        for reader in [&stranger, &Person::visitor()] {
            let refused = tags_of(&rating, reader, &id).await.unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied, "with {shown:?} alone");
        }
        assert_eq!(tags_of(&rating, &follower, &id).await.unwrap().len(), 1);
    }
    let visitor = tags_of(&rating, &Person::visitor(), "").await.unwrap_err();
    assert_eq!(visitor.code(), Code::Unauthenticated);
    let nobody = tags_of(&rating, &stranger, "1").await.unwrap_err();
    assert_eq!((nobody.code(), field(&nobody)), (Code::InvalidArgument, "member_id"));
    rating.user.goes_away();
    let away = tags_of(&rating, &follower, &id).await.unwrap_err();
    assert_eq!(away.code(), Code::Unavailable);
    assert_eq!(tags_of(&rating, &alice, &id).await.unwrap().len(), 1);
    rating.end().await;
}

#[tokio::test]
async fn a_diary_is_filtered_by_tag_and_its_cursor_is_rejected_for_another() {
    let rating = Rating::start().await;
    let [first, second] = rating.movies().await;
    let alice = Person::member();
    for (movie, day, tag) in [
        (first, "2026-01-01", "IMAX"),
        (first, "2026-01-02", "imax"),
        (second, "2026-01-03", "Imax"),
        (second, "2026-01-04", "IMAX 3D"),
    ] {
        log(&rating, &alice, movie, day, &["극장", tag]).await;
    }
    let of = |tag: &str, cursor: &str| ListWatchesRequest {
        tag: tag.to_owned(),
        cursor: cursor.to_owned(),
        limit: 2,
        ..ListWatchesRequest::default()
    };
    let begin = list(&rating, &alice, of(" imax ", "")).await.unwrap();
    assert_eq!((begin.watches.len(), begin.total), (2, 3));
    // Case does not make it another list.
    let end = list(&rating, &alice, of("IMAX", &begin.next_cursor)).await.unwrap();
    let seen: Vec<String> = begin
        .watches
        .iter()
        .chain(&end.watches)
        .map(|watch| watch.watched_on.clone())
        .collect();
    assert_eq!(seen, ["2026-01-03", "2026-01-02", "2026-01-01"]);
    assert_eq!(end.next_cursor, "");
    let of_first = ListWatchesRequest {
        movie_id: first.to_string(),
        ..of("imax", "")
    };
    assert_eq!(list(&rating, &alice, of_first).await.unwrap().total, 2);
    assert_eq!(list(&rating, &alice, of("ima", "")).await.unwrap().total, 0);
    // Greek sigma has two lower cases: the listed tag still finds its watch.
    log(&rating, &alice, second, "2026-01-05", &["ΟΔΟΣ"]).await;
    assert_eq!(list(&rating, &alice, of("ΟΔΟΣ", "")).await.unwrap().total, 1);

    for other in ["", "극장"] {
        let refused = list(&rating, &alice, of(other, &begin.next_cursor)).await.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "cursor"));
    }
    let whole = list(&rating, &alice, of("", "")).await.unwrap().next_cursor;
    let refused = list(&rating, &alice, of("imax", &whole)).await.unwrap_err();
    assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "cursor"));
    for wrong in [" ", "one, two", "a\0b", "a\nb", &"긴".repeat(41)] {
        let refused = list(&rating, &alice, of(wrong, "")).await.unwrap_err();
        assert_eq!(
            (refused.code(), field(&refused)),
            (Code::InvalidArgument, "tag"),
            "{wrong:?}"
        );
    }
    assert_eq!(diary(&rating, &alice).await.len(), 5);
    rating.end().await;
}
