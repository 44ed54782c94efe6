//! Access to another member's sections, as the user service decides it.

use matcha_protos::{
    rating::v1::{
        GetActivityRequest, GetActivityResponse, ListMemberCommentsRequest, ListRatingsRequest, ListShelfRequest,
        ShelfState,
    },
    user::v1::Section,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    comments,
    harness::{Person, Rating, field},
    lists,
};

async fn ratings(rating: &Rating, asks: &Person, of: Uuid) -> Result<i64, Status> {
    let request = ListRatingsRequest {
        member_id: of.to_string(),
        ..Default::default()
    };
    let answer = rating.client().list_ratings(asks.request(request)).await?.into_inner();
    assert_eq!(answer.ratings.len() as i64, answer.total);
    Ok(answer.total)
}

async fn shelf(rating: &Rating, asks: &Person, of: Uuid, state: ShelfState) -> Result<i64, Status> {
    let request = ListShelfRequest {
        state: state.into(),
        member_id: of.to_string(),
        ..Default::default()
    };
    Ok(rating
        .client()
        .list_shelf(asks.request(request))
        .await?
        .into_inner()
        .total)
}

async fn comments_of(rating: &Rating, asks: &Person, of: Uuid, cursor: &str) -> Result<(Vec<String>, String), Status> {
    let request = ListMemberCommentsRequest {
        member_id: of.to_string(),
        cursor: cursor.to_owned(),
        limit: 1,
    };
    let answer = rating
        .comments()
        .list_member_comments(asks.request(request))
        .await?
        .into_inner();
    Ok((
        answer.comments.into_iter().map(|comment| comment.text).collect(),
        answer.next_cursor,
    ))
}

async fn activity(rating: &Rating, asks: &Person, of: Uuid) -> Result<GetActivityResponse, Status> {
    let request = GetActivityRequest {
        member_id: of.to_string(),
    };
    Ok(rating.client().get_activity(asks.request(request)).await?.into_inner())
}

#[tokio::test]
async fn everybody_reads_public_sections() {
    let rating = Rating::start().await;
    let [first, second, third] = rating.movies().await;
    let (alice, bob) = (Person::member(), Person::member());
    rating.rate(&alice, first, 8).await;
    rating.rate(&bob, second, 2).await;
    rating.put(&alice, second, ShelfState::Wish).await;
    rating.put(&alice, third, ShelfState::NotInterested).await;
    for (movie, text) in [
        (first, "A quiet movie, and a long one."),
        (second, "I have been waiting for this one."),
    ] {
        rating.comment(&alice, movie, text).await;
        rating.checked(&alice, movie).await;
    }
    for reader in [&bob, &Person::visitor()] {
        assert_eq!(ratings(&rating, reader, alice.id()).await.unwrap(), 1);
        assert_eq!(shelf(&rating, reader, alice.id(), ShelfState::Wish).await.unwrap(), 1);
        // 'Not interested' is private even on a public shelf.
        for state in [ShelfState::NotInterested, ShelfState::Unspecified] {
            let refused = shelf(&rating, reader, alice.id(), state).await.unwrap_err();
            assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "state"));
        }
        let (newest, cursor) = comments_of(&rating, reader, alice.id(), "").await.unwrap();
        assert_eq!(newest, ["I have been waiting for this one."]);
        let (oldest, end) = comments_of(&rating, reader, alice.id(), &cursor).await.unwrap();
        assert_eq!(
            (oldest, end.as_str()),
            (vec!["A quiet movie, and a long one.".to_owned()], "")
        );
        let foreign = comments_of(&rating, reader, bob.id(), &cursor).await.unwrap_err();
        assert_eq!((foreign.code(), field(&foreign)), (Code::InvalidArgument, "cursor"));
        let counted = activity(&rating, reader, alice.id()).await.unwrap();
        assert_eq!((counted.rated_count, counted.comment_count), (Some(1), Some(2)));
    }
    assert_eq!(
        shelf(&rating, &alice, alice.id(), ShelfState::Unspecified)
            .await
            .unwrap(),
        2
    );
    rating.end().await;
}

#[tokio::test]
async fn a_hidden_section_is_permission_denied_and_its_counts_are_absent() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, follower, stranger) = (Person::member(), Person::member(), Person::member());
    rating.rate(&alice, movie, 8).await;
    rating.user.shows(alice.id(), None, &[Section::Comments]);
    rating
        .user
        .shows(alice.id(), Some(follower.id()), &[Section::Ratings, Section::Shelf]);

    assert_eq!(ratings(&rating, &follower, alice.id()).await.unwrap(), 1);
    assert!(shelf(&rating, &follower, alice.id(), ShelfState::Wish).await.is_ok());
    let refused = comments_of(&rating, &follower, alice.id(), "").await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let counted = activity(&rating, &follower, alice.id()).await.unwrap();
    assert_eq!((counted.rated_count, counted.comment_count), (Some(1), None));

    for reader in [&stranger, &Person::visitor()] {
        let refused = ratings(&rating, reader, alice.id()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let refused = shelf(&rating, reader, alice.id(), ShelfState::Wish).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        assert!(comments_of(&rating, reader, alice.id(), "").await.is_ok());
        let counted = activity(&rating, reader, alice.id()).await.unwrap();
        assert_eq!((counted.rated_count, counted.comment_count), (None, Some(0)));
    }
    rating.end().await;
}

#[tokio::test]
async fn without_user_only_the_owner_reads_a_section() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, bob) = (Person::member(), Person::member());
    rating.rate(&alice, movie, 8).await;
    assert_eq!(ratings(&rating, &bob, alice.id()).await.unwrap(), 1);
    rating.user.has_no(bob.id());
    assert_eq!(
        ratings(&rating, &alice, bob.id()).await.unwrap_err().code(),
        Code::NotFound
    );

    rating.user.goes_away();
    assert_eq!(
        ratings(&rating, &bob, alice.id()).await.unwrap_err().code(),
        Code::Unavailable
    );
    assert_eq!(
        activity(&rating, &bob, alice.id()).await.unwrap_err().code(),
        Code::Unavailable
    );
    assert_eq!(
        ratings(&rating, &alice, alice.id()).await.unwrap(),
        1,
        "one's own needs no asking"
    );
    let refused = comments_of(&rating, &bob, alice.id(), "").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    rating.end().await;
}

#[tokio::test]
async fn likes_received_count_public_comments_and_lists_and_need_the_section_of_comments() {
    let rating = Rating::start().await;
    let [first, second] = rating.movies().await;
    let (alice, follower, fan) = (Person::member(), Person::member(), Person::member());
    let likes = async |reader: &Person| activity(&rating, reader, alice.id()).await.unwrap().likes_received;
    assert_eq!(likes(&fan).await, Some(0));
    rating.comment(&alice, first, "A quiet movie, and a long one.").await;
    let comment = rating.checked(&alice, first).await.id;
    let list = lists::make(&rating, &alice, "Quiet and long", &[first, second]).await;
    for reader in [&follower, &fan] {
        for _ in 0..2 {
            comments::like(&rating, reader, &comment).await.unwrap();
            lists::like(&rating, reader, &list).await.unwrap();
        }
    }
    // Likes that she gives do not count as received.
    rating.comment(&fan, second, "I have been waiting for this one.").await;
    let theirs = rating.checked(&fan, second).await.id;
    comments::like(&rating, &alice, &theirs).await.unwrap();
    for reader in [&alice, &fan, &Person::visitor()] {
        assert_eq!(likes(reader).await, Some(4));
    }
    lists::unlike(&rating, &fan, &list).await.unwrap();
    assert_eq!(likes(&fan).await, Some(3));
    lists::update(&rating, &alice, &list, "Quiet and long", false)
        .await
        .unwrap();
    assert_eq!(likes(&alice).await, Some(2), "nobody else sees the list any more");

    rating.user.shows(alice.id(), None, &[Section::Ratings, Section::Taste]);
    rating.user.shows(alice.id(), Some(follower.id()), &[Section::Comments]);
    assert_eq!((likes(&fan).await, likes(&follower).await), (None, Some(2)));
    rating.end().await;
}
