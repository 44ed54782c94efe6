//! The feed: its items, their order, and what must not be in it.

use matcha_protos::{
    rating::v1::{Act, DeleteCommentRequest, ListFeedRequest, ListFeedResponse, ShelfState, act::Kind},
    user::v1::Section,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Person, Rating, field};

async fn page(rating: &Rating, reader: &Person, cursor: &str, limit: i32) -> Result<ListFeedResponse, Status> {
    let cursor = cursor.to_owned();
    let request = reader.request(ListFeedRequest { cursor, limit });
    Ok(rating.client().list_feed(request).await?.into_inner())
}

/// A feed item in words.
fn told(act: &Act) -> String {
    match act.kind.as_ref().unwrap() {
        Kind::Rated(stars) => format!("rated {stars}"),
        Kind::Commented(comment) => format!("commented {}", comment.text),
        Kind::Wished(_) => "wished".to_owned(),
    }
}

async fn feed(rating: &Rating, reader: &Person) -> Vec<String> {
    let page = page(rating, reader, "", 50).await.unwrap();
    assert_eq!(page.next_cursor, "");
    page.acts.iter().map(told).collect()
}

#[tokio::test]
async fn the_feed_has_the_items_of_followed_members_newest_first() {
    let rating = Rating::start().await;
    let [first, second, third] = rating.movies().await;
    let (mina, joon, stranger, reader) = (Person::member(), Person::member(), Person::member(), Person::member());
    rating.user.follows(reader.id(), mina.id());
    rating.user.follows(reader.id(), joon.id());
    rating.rate(&mina, first, 7).await;
    rating.put(&joon, first, ShelfState::Wish).await;
    rating.put(&joon, second, ShelfState::Watching).await;
    rating.put(&joon, third, ShelfState::NotInterested).await;
    rating.rate(&stranger, first, 1).await;
    rating.rate(&reader, first, 2).await;
    rating.comment(&mina, second, "조용한데 오래 남는 영화").await;
    rating.checked(&mina, second).await;
    rating.rate(&mina, first, 9).await;

    let expected = ["rated 9", "commented 조용한데 오래 남는 영화", "wished"];
    assert_eq!(
        feed(&rating, &reader).await,
        expected,
        "a rating is told once, as it is now"
    );
    let page = page(&rating, &reader, "", 50).await.unwrap();
    assert_eq!(page.following_count, 2);
    assert_eq!(
        (page.acts[0].member_id.clone(), page.acts[0].movie_id.clone()),
        (mina.id().to_string(), first.to_string())
    );
    assert!(page.acts.is_sorted_by_key(|act| -act.acted_at));

    assert!(
        feed(&rating, &stranger).await.is_empty(),
        "who follows nobody has no feed"
    );
    rating.clear(&mina, first).await;
    rating.take_off(&joon, first).await;
    let delete = mina.request(DeleteCommentRequest {
        movie_id: second.to_string(),
    });
    rating.comments().delete_comment(delete).await.unwrap();
    assert!(
        feed(&rating, &reader).await.is_empty(),
        "what was taken back is not told"
    );
    rating.end().await;
}

#[tokio::test]
async fn the_feed_respects_each_members_sections_and_is_unavailable_without_user() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (mina, reader) = (Person::member(), Person::member());
    rating.user.follows(reader.id(), mina.id());
    rating.rate(&mina, movie, 8).await;
    rating.put(&mina, movie, ShelfState::Wish).await;
    rating.comment(&mina, movie, "한 번 더 보고 싶다").await;
    rating.checked(&mina, movie).await;
    let all = ["commented 한 번 더 보고 싶다", "wished", "rated 8"];
    assert_eq!(feed(&rating, &reader).await, all);
    for (section, expected) in [
        (Section::Ratings, all[2]),
        (Section::Shelf, all[1]),
        (Section::Comments, all[0]),
    ] {
        rating.user.shows(mina.id(), Some(reader.id()), &[section]);
        assert_eq!(feed(&rating, &reader).await, [expected], "{section:?}");
    }
    rating.user.shows(mina.id(), Some(reader.id()), &[Section::Taste]);
    assert!(feed(&rating, &reader).await.is_empty());

    rating.user.shows(mina.id(), Some(reader.id()), &[Section::Ratings]);
    rating.user.goes_away();
    let refused = page(&rating, &reader, "", 20).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    rating.user.comes_back();
    assert_eq!(feed(&rating, &reader).await, [all[2]]);

    rating.user.unfollows(reader.id(), mina.id());
    assert!(feed(&rating, &reader).await.is_empty());
    rating.end().await;
}

#[tokio::test]
async fn unchecked_and_rejected_comments_are_not_in_the_feed() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (mina, reader) = (Person::member(), Person::member());
    rating.user.follows(reader.id(), mina.id());
    rating.comment(&mina, movie, "아직 보는 중인 글").await;
    rating.checked(&mina, movie).await;
    assert_eq!(feed(&rating, &reader).await.len(), 1);
    for state in ["next_filter = 2", "next_filter = null, hidden_for = 1"] {
        // The row as the pipeline leaves it.
        let statement = format!("update comments set {state}");
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(&rating.db)
            .await
            .unwrap();
        assert!(feed(&rating, &reader).await.is_empty(), "{state}");
    }
    rating.end().await;
}

#[tokio::test]
async fn pages_of_the_feed_neither_repeat_nor_miss_items_of_one_moment() {
    let rating = Rating::start().await;
    let movies: [Uuid; 6] = rating.movies().await;
    let (mina, joon, reader) = (Person::member(), Person::member(), Person::member());
    for person in [&mina, &joon] {
        rating.user.follows(reader.id(), person.id());
        for movie in movies {
            rating.rate(person, movie, 6).await;
            rating.put(person, movie, ShelfState::Wish).await;
        }
    }
    // An import has hundreds of items with the same time.
    for statement in [
        "update ratings set rated_at = '2026-01-01'",
        "update shelf set changed_at = '2026-01-01'",
    ] {
        sqlx::query(statement).execute(&rating.db).await.unwrap();
    }
    let whole = page(&rating, &reader, "", 50).await.unwrap().acts;
    assert_eq!(whole.len(), 24);
    for limit in [1, 5, 7] {
        let (mut read, mut cursor) = (Vec::new(), String::new());
        loop {
            let next = page(&rating, &reader, &cursor, limit).await.unwrap();
            assert!(next.acts.len() as i32 <= limit);
            read.extend(next.acts);
            cursor = next.next_cursor;
            if cursor.is_empty() {
                break;
            }
        }
        assert_eq!(read, whole, "pages of {limit}");
    }
    let readers = page(&rating, &reader, "", 1).await.unwrap().next_cursor;
    let refused = page(&rating, &mina, &readers, 1).await.unwrap_err();
    assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "cursor"));
    rating.end().await;
}

#[tokio::test]
async fn the_feed_needs_a_member_and_rejects_invalid_fields() {
    let rating = Rating::start().await;
    let refused = page(&rating, &Person::visitor(), "", 20).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let reader = Person::member();
    for (cursor, limit, blamed) in [("x", 20, "cursor"), ("", 51, "limit"), ("", -1, "limit")] {
        let refused = page(&rating, &reader, cursor, limit).await.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, blamed));
    }
    rating.end().await;
}
