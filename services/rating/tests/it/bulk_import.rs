//! The operator's bulk import of comments, lists and watches.

use matcha_protos::rating::v1::{
    Comment, CommentSort, DeleteReplyRequest, GetListMoviesRequest, GetListsRequest, ImportComment,
    ImportCommentsRequest, ImportList, ImportListsRequest, ImportReply, ImportWatch, ImportWatchesRequest,
    ListCommentsRequest, ListRepliesRequest, ListWatchesRequest, UnlikeCommentRequest, Watch,
};
use testing::eventually;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Person, Rating, field};

const LONG_AGO: i64 = 1_600_000_000;

fn comment(member: &Person, movie: Uuid, text: &str) -> ImportComment {
    ImportComment {
        member_id: member.id().to_string(),
        movie_id: movie.to_string(),
        text: text.to_owned(),
        created_at: LONG_AGO,
        ..ImportComment::default()
    }
}

async fn comments(rating: &Rating, comments: Vec<ImportComment>) -> Result<i32, Status> {
    let request = Person::operator().request(ImportCommentsRequest { comments });
    Ok(rating
        .bulk_import()
        .import_comments(request)
        .await?
        .into_inner()
        .created)
}

async fn lists(rating: &Rating, lists: Vec<ImportList>) -> Result<i32, Status> {
    let request = Person::operator().request(ImportListsRequest { lists });
    Ok(rating.bulk_import().import_lists(request).await?.into_inner().created)
}

async fn watches(rating: &Rating, watches: Vec<ImportWatch>) -> Result<i32, Status> {
    let request = Person::operator().request(ImportWatchesRequest { watches });
    Ok(rating.bulk_import().import_watches(request).await?.into_inner().created)
}

/// Waits until a visitor reads so many comments on a movie.
async fn public(rating: &Rating, movie: Uuid, count: usize) -> Vec<Comment> {
    let read = async || {
        let request = Person::visitor().request(ListCommentsRequest {
            movie_id: movie.to_string(),
            sort: CommentSort::Newest.into(),
            ..ListCommentsRequest::default()
        });
        rating
            .comments()
            .list_comments(request)
            .await
            .unwrap()
            .into_inner()
            .comments
    };
    eventually("the filters are done", async || read().await.len() == count).await;
    read().await
}

#[tokio::test]
async fn imported_comments_keep_dates_likes_and_replies_and_pass_the_filters() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let [author, fan, other] = [(); 3].map(|()| Person::member());
    let whole = ImportComment {
        liked_by: vec![fan.id().to_string(), other.id().to_string()],
        replies: vec![ImportReply {
            member_id: fan.id().to_string(),
            text: "저도요".to_owned(),
            created_at: LONG_AGO + 60,
        }],
        ..comment(&author, movie, "다시 보고 싶다")
    };
    let insult = comment(&other, movie, "감독 병신");
    let file = vec![whole, insult];
    assert_eq!(comments(&rating, file.clone()).await.unwrap(), 2);

    let read = public(&rating, movie, 1).await;
    assert_eq!(read[0].text, "다시 보고 싶다");
    assert_eq!((read[0].created_at, read[0].edited_at), (LONG_AGO, None));
    assert_eq!((read[0].like_count, read[0].reply_count), (2, 1));
    let replies = Person::visitor().request(ListRepliesRequest {
        comment_id: read[0].id.clone(),
        ..ListRepliesRequest::default()
    });
    let replies = rating
        .comments()
        .list_replies(replies)
        .await
        .unwrap()
        .into_inner()
        .replies;
    assert_eq!(replies[0].text, "저도요");
    assert_eq!(replies[0].created_at, LONG_AGO + 60);
    // The filters judge imported comments too.
    let hidden = rating.checked(&other, movie).await;
    assert_eq!(hidden.reason, 2, "for its language");

    // A repeated import does not overwrite what members changed.
    let unlike = fan.request(UnlikeCommentRequest {
        comment_id: read[0].id.clone(),
    });
    rating.comments().unlike_comment(unlike).await.unwrap();
    let delete = fan.request(DeleteReplyRequest {
        reply_id: replies[0].id.clone(),
    });
    rating.comments().delete_reply(delete).await.unwrap();
    assert_eq!(comments(&rating, file).await.unwrap(), 0);
    let read = public(&rating, movie, 1).await;
    assert_eq!((read[0].like_count, read[0].reply_count), (1, 0));
    rating.end().await;
}

#[tokio::test]
async fn an_import_with_an_invalid_comment_is_rejected_as_a_whole() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let [author, fan] = [(); 2].map(|()| Person::member());
    let good = || comment(&author, movie, "좋다");
    let reply = |created_at, text: &str| ImportReply {
        member_id: fan.id().to_string(),
        text: text.to_owned(),
        created_at,
    };
    let bad = [
        (
            ImportComment {
                text: " ".to_owned(),
                ..good()
            },
            "text",
        ),
        (
            ImportComment {
                created_at: 99_999_999_999,
                ..good()
            },
            "created_at",
        ),
        (
            ImportComment {
                created_at: 0,
                ..good()
            },
            "created_at",
        ),
        (
            ImportComment {
                member_id: "alice".to_owned(),
                ..good()
            },
            "member_id",
        ),
        (
            ImportComment {
                replies: vec![reply(LONG_AGO - 1, "벌써")],
                ..good()
            },
            "created_at",
        ),
        (
            ImportComment {
                replies: vec![reply(LONG_AGO, "감독 병신")],
                ..good()
            },
            "text",
        ),
        (
            ImportComment {
                liked_by: vec![fan.id().to_string(); 1_001],
                ..good()
            },
            "liked_by",
        ),
    ];
    for (bad, wrong) in bad {
        let status = comments(&rating, vec![comment(&fan, movie, "좋다"), bad])
            .await
            .unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
    }
    let own = ImportComment {
        liked_by: vec![author.id().to_string()],
        ..good()
    };
    let status = comments(&rating, vec![own]).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let status = comments(&rating, vec![comment(&author, Uuid::now_v7(), "좋다")])
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = comments(&rating, vec![good(); 501]).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "comments"));
    assert!(rating.my_comment(&fan, movie).await.is_none());
    rating.end().await;
}

#[tokio::test]
async fn a_list_is_imported_once_with_its_movies_in_order() {
    let rating = Rating::start().await;
    let movies: [Uuid; 3] = rating.movies().await;
    let [owner, fan] = [(); 2].map(|()| Person::member());
    let list = ImportList {
        id: Uuid::now_v7().to_string(),
        member_id: owner.id().to_string(),
        title: "비 오는 날".to_owned(),
        text: "창문을 열고".to_owned(),
        movie_ids: movies.iter().rev().map(Uuid::to_string).collect(),
        created_at: LONG_AGO,
        liked_by: vec![fan.id().to_string()],
    };
    assert_eq!(lists(&rating, vec![list.clone()]).await.unwrap(), 1);
    let renamed = ImportList {
        title: "다른 이름".to_owned(),
        ..list.clone()
    };
    assert_eq!(lists(&rating, vec![list.clone(), renamed]).await.unwrap(), 0);

    let request = Person::visitor().request(GetListsRequest {
        list_ids: vec![list.id.clone()],
    });
    let read = rating
        .lists()
        .get_lists(request)
        .await
        .unwrap()
        .into_inner()
        .lists
        .remove(0);
    assert_eq!(
        (read.title.as_str(), read.like_count, read.movie_count),
        ("비 오는 날", 1, 3)
    );
    assert_eq!((read.created_at, read.changed_at), (LONG_AGO, LONG_AGO));
    let request = Person::visitor().request(GetListMoviesRequest {
        list_id: list.id.clone(),
        ..GetListMoviesRequest::default()
    });
    let held = rating.lists().get_list_movies(request).await.unwrap().into_inner();
    assert_eq!(held.movie_ids, list.movie_ids);

    let other = || ImportList {
        id: Uuid::now_v7().to_string(),
        ..list.clone()
    };
    let bad = [
        (
            ImportList {
                title: String::new(),
                ..other()
            },
            "title",
        ),
        (
            ImportList {
                movie_ids: vec![movies[0].to_string(); 2],
                ..other()
            },
            "movie_ids",
        ),
        (
            ImportList {
                created_at: 99_999_999_999,
                ..other()
            },
            "created_at",
        ),
    ];
    for (bad, wrong) in bad {
        let status = lists(&rating, vec![other(), bad]).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
    }
    let count: i64 = sqlx::query_scalar("select count(*) from lists")
        .fetch_one(&rating.db)
        .await
        .unwrap();
    assert_eq!(count, 1);
    rating.end().await;
}

#[tokio::test]
async fn a_watch_is_imported_once_even_with_another_day() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let owner = Person::member();
    let watch = |day: &str| ImportWatch {
        member_id: owner.id().to_string(),
        watch: Some(Watch {
            id: Uuid::from_u128(0x5eed_0000).to_string(),
            movie_id: movie.to_string(),
            watched_on: day.to_owned(),
            ..Watch::default()
        }),
    };
    assert_eq!(watches(&rating, vec![watch("2024-02-09")]).await.unwrap(), 1);
    // The seed's days are relative to today, so the same watch has another day tomorrow.
    assert_eq!(watches(&rating, vec![watch("2024-02-10")]).await.unwrap(), 0);
    let request = owner.request(ListWatchesRequest::default());
    let read = rating
        .watches()
        .list_watches(request)
        .await
        .unwrap()
        .into_inner()
        .watches;
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].watched_on, "2024-02-09");
    let status = watches(&rating, vec![watch("")]).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "watched_on"));
    rating.end().await;
}

#[tokio::test]
async fn only_the_operator_imports_in_bulk() {
    let rating = Rating::start().await;
    for person in [Person::member(), Person::visitor(), Person::recommendation()] {
        let mut community = rating.bulk_import();
        let refused = [
            community
                .import_comments(person.request(ImportCommentsRequest::default()))
                .await
                .unwrap_err(),
            community
                .import_lists(person.request(ImportListsRequest::default()))
                .await
                .unwrap_err(),
            community
                .import_watches(person.request(ImportWatchesRequest::default()))
                .await
                .unwrap_err(),
        ];
        for status in refused {
            assert_eq!(status.code(), Code::PermissionDenied, "{:?}", person.caller);
        }
    }
    rating.end().await;
}
