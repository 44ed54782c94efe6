//! Comments, and the moderation pipeline that each text passes before it is public.

use matcha_protos::{
    events::v1::{CommentChanged, CommentLanguageChecked, CommentSpamChecked, CommentSubmitted},
    rating::v1::{
        Comment, CommentSort, CommentState, DeleteCommentRequest, DeleteReplyRequest, GetCommentsRequest, HiddenReason,
        LikeCommentRequest, ListCommentsRequest, ListCommentsResponse, ListMyCommentsRequest, ListRepliesRequest,
        PutReplyRequest, Reply, UnlikeCommentRequest,
    },
};
use messaging::events::{Event, list_dead_letters};
use testing::eventually;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Person, Rating, again, field};

const PIPELINE: [&str; 4] = [
    "comment.submitted",
    "comment.spam_checked",
    "comment.language_checked",
    "comment.changed",
];

async fn list(rating: &Rating, person: &Person, movie: Uuid, sort: CommentSort) -> Vec<Comment> {
    page(rating, person, movie, sort, "", 50).await.unwrap().comments
}

async fn page(
    rating: &Rating,
    person: &Person,
    movie: Uuid,
    sort: CommentSort,
    cursor: &str,
    limit: i32,
) -> Result<ListCommentsResponse, Status> {
    let request = person.request(ListCommentsRequest {
        movie_id: movie.to_string(),
        sort: sort.into(),
        cursor: cursor.to_owned(),
        limit,
    });
    Ok(rating.comments().list_comments(request).await?.into_inner())
}

/// The comments that a visitor reads on a movie.
async fn public(rating: &Rating, movie: Uuid) -> Vec<String> {
    let comments = list(rating, &Person::visitor(), movie, CommentSort::Newest).await;
    comments.into_iter().map(|comment| comment.text).collect()
}

/// The count in the statistics, compared with the number of public comments.
async fn counted(rating: &Rating, movie: Uuid) -> i64 {
    let count = rating.statistics(movie).await.comment_count;
    let there: i64 = sqlx::query_scalar("select count(*) from comments where movie_id = $1 and state = 2")
        .bind(movie)
        .fetch_one(&rating.db)
        .await
        .unwrap();
    assert_eq!(count, there);
    count
}

pub(crate) async fn like(rating: &Rating, person: &Person, comment: &str) -> Result<i64, Status> {
    let comment_id = comment.to_owned();
    let request = person.request(LikeCommentRequest { comment_id });
    Ok(rating.comments().like_comment(request).await?.into_inner().like_count)
}

async fn unlike(rating: &Rating, person: &Person, comment: &str) -> Result<i64, Status> {
    let comment_id = comment.to_owned();
    let request = person.request(UnlikeCommentRequest { comment_id });
    Ok(rating.comments().unlike_comment(request).await?.into_inner().like_count)
}

async fn reply(rating: &Rating, person: &Person, comment: &str, id: Uuid, text: &str) -> Result<Reply, Status> {
    let request = person.request(PutReplyRequest {
        comment_id: comment.to_owned(),
        reply_id: id.to_string(),
        text: text.to_owned(),
    });
    Ok(rating.comments().put_reply(request).await?.into_inner().reply.unwrap())
}

async fn delete(rating: &Rating, person: &Person, movie: Uuid) {
    let movie_id = movie.to_string();
    let request = person.request(DeleteCommentRequest { movie_id });
    rating.comments().delete_comment(request).await.unwrap();
}

#[tokio::test]
async fn a_comment_is_public_after_the_last_filter_and_its_author_sees_it_at_once() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let heard = rating.listen(&PIPELINE).await;
    let (alice, bob) = (Person::member(), Person::member());
    rating.rate(&alice, movie, 9).await;
    let written = rating
        .comment(&alice, movie, "  오래 남는 영화.\r\n<b>정말</b> 👩‍🚀  ")
        .await;
    assert_eq!(written.text, "오래 남는 영화.\n<b>정말</b> 👩‍🚀", "text stays text");
    assert_eq!((written.stars, written.edited_at), (Some(9), None));
    assert_eq!(rating.my_comment(&alice, movie).await.unwrap().id, written.id);

    let checked = rating.checked(&alice, movie).await;
    assert_eq!(checked.state(), CommentState::Public);
    assert!(!checked.spoiler && !checked.spoiler_suspected);
    let read = list(&rating, &bob, movie, CommentSort::Likes).await;
    assert_eq!((read.len(), &read[0].member_id), (1, &alice.id().to_string()));
    assert_eq!((read[0].stars, read[0].liked), (Some(9), false));
    assert_eq!(counted(&rating, movie).await, 1);

    let events = heard.wait(4).await;
    let types: Vec<_> = events.iter().map(|event| event.r#type.as_str()).collect();
    assert_eq!(types, PIPELINE, "each filter in its turn");
    let changed: CommentChanged = events[3].decode().unwrap();
    assert_eq!(
        (changed.is_public, changed.is_veiled, changed.version),
        (true, false, 4)
    );
    assert_eq!(changed.comment_id, written.id);
    rating.end().await;
}

#[tokio::test]
async fn only_the_author_sees_a_rejected_comment_with_the_reason() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (spammer, angry, bob) = (Person::member(), Person::member(), Person::member());
    rating
        .comment(&spammer, movie, "https://a.example https://b.example https://c.example")
        .await;
    rating.comment(&angry, movie, "감독 병신").await;
    for (author, reason) in [(&spammer, HiddenReason::Spam), (&angry, HiddenReason::Language)] {
        let hidden = rating.checked(author, movie).await;
        assert_eq!((hidden.state(), hidden.reason()), (CommentState::Hidden, reason));
        let asked = GetCommentsRequest {
            comment_ids: vec![hidden.id.clone()],
        };
        let asked_by = async |person: &Person| {
            let answer = rating.comments().get_comments(person.request(asked.clone())).await;
            answer.unwrap().into_inner().comments.len()
        };
        assert_eq!((asked_by(&bob).await, asked_by(author).await), (0, 1));
        assert_eq!(
            like(&rating, &bob, &hidden.id).await.unwrap_err().code(),
            Code::NotFound
        );
        let refused = reply(&rating, &bob, &hidden.id, Uuid::now_v7(), "hm").await;
        assert_eq!(refused.unwrap_err().code(), Code::NotFound);
    }
    assert!(public(&rating, movie).await.is_empty());
    assert_eq!(counted(&rating, movie).await, 0);

    // An edit starts the pipeline again.
    rating.comment(&angry, movie, "감독이 너무했다").await;
    assert_eq!(rating.checked(&angry, movie).await.state(), CommentState::Public);
    assert_eq!(public(&rating, movie).await, ["감독이 너무했다"]);
    rating.end().await;
}

#[tokio::test]
async fn one_text_under_many_movies_is_spam_from_the_fourth_on() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 6] = rating.movies().await;
    let alice = Person::member();
    for (turn, movie) in movies.into_iter().enumerate() {
        let text = format!(
            "가장 싼 대출은 저희에게 문의하세요, 친절히 상담합니다{}",
            "!".repeat(turn)
        );
        rating.comment(&alice, movie, &text).await;
    }
    let mut states = Vec::new();
    for movie in movies {
        states.push(rating.checked(&alice, movie).await.state());
    }
    let (open, hidden) = (CommentState::Public, CommentState::Hidden);
    assert_eq!(states, [open, open, open, hidden, hidden, hidden]);
    rating.end().await;
}

#[tokio::test]
async fn the_author_or_the_filter_marks_a_spoiler() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let heard = rating.listen(&["comment.changed"]).await;
    let (alice, bob) = (Person::member(), Person::member());
    rating.comment(&alice, movie, "범인은 집사였다").await;
    let suspected = rating.checked(&alice, movie).await;
    assert!(!suspected.spoiler && suspected.spoiler_suspected);
    assert_eq!(suspected.state(), CommentState::Public, "a veil hides nothing");

    rating.comment(&bob, movie, "조용하고 아름답다").await;
    rating.checked(&bob, movie).await;
    let veiled = rating
        .try_comment(&bob, movie, "조용하고 아름답다", true)
        .await
        .unwrap();
    assert_eq!(
        (veiled.state(), veiled.spoiler),
        (CommentState::Public, true),
        "the text was judged"
    );
    assert_eq!(veiled.edited_at, None);
    let mut veils: Vec<(i64, bool)> = heard
        .wait(3)
        .await
        .iter()
        .map(|event| event.decode::<CommentChanged>().unwrap())
        .filter(|changed| changed.member_id == bob.id().to_string())
        .map(|changed| (changed.version, changed.is_veiled))
        .collect();
    veils.sort_unstable();
    assert_eq!(veils, [(4, false), (5, true)]);
    rating.end().await;
}

#[tokio::test]
async fn an_edited_comment_is_hidden_until_the_new_text_has_passed() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let heard = rating.listen(&["comment.changed"]).await;
    let (alice, bob) = (Person::member(), Person::member());
    rating.comment(&alice, movie, "처음 쓴 글").await;
    let first = rating.checked(&alice, movie).await;
    like(&rating, &bob, &first.id).await.unwrap();

    let edited = rating.comment(&alice, movie, "두 번째 글").await;
    assert_eq!(edited.id, first.id, "it is the same comment");
    assert!(edited.edited_at.is_some());
    assert!(!public(&rating, movie).await.contains(&"처음 쓴 글".to_owned()));
    let second = rating.checked(&alice, movie).await;
    assert_eq!((second.state(), second.like_count), (CommentState::Public, 1));
    assert_eq!(public(&rating, movie).await, ["두 번째 글"]);
    assert_eq!(counted(&rating, movie).await, 1);

    // A repeated request changes nothing and raises no event.
    let same = rating.comment(&alice, movie, " 두 번째 글 ").await;
    assert_eq!(same.state(), CommentState::Public);
    delete(&rating, &alice, movie).await;
    delete(&rating, &alice, movie).await;
    assert!(rating.my_comment(&alice, movie).await.is_none());
    assert_eq!(counted(&rating, movie).await, 0);

    let mut story: Vec<(i64, bool)> = heard
        .wait(4)
        .await
        .iter()
        .map(|event| event.decode::<CommentChanged>().unwrap())
        .map(|changed| (changed.version, changed.is_public))
        .collect();
    story.sort_unstable();
    assert_eq!(story, [(4, true), (5, false), (8, true), (9, false)]);
    rating.end().await;
}

#[tokio::test]
async fn a_verdict_about_the_old_text_is_not_applied_to_the_new_one() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let heard = rating.listen(&PIPELINE[..3]).await;
    let alice = Person::member();
    let good = rating.comment(&alice, movie, "조용하고 아름답다").await;
    rating.checked(&alice, movie).await;
    let passed = heard.wait(3).await;
    rating.comment(&alice, movie, "감독 병신").await;
    let hidden = rating.checked(&alice, movie).await;
    assert_eq!(
        (hidden.state(), hidden.reason()),
        (CommentState::Hidden, HiddenReason::Language)
    );

    // Late and reordered events about the old text must not publish the new one.
    for event in passed.iter().rev() {
        rating.publish(again(event, Uuid::now_v7())).await;
    }
    // Filters that wait for the row lock of an edit find the new revision and drop their events.
    let mut held = rating.db.begin().await.unwrap();
    sqlx::query("select 1 from comments where id = $1 for update")
        .bind(good.id.parse::<Uuid>().unwrap())
        .execute(&mut *held)
        .await
        .unwrap();
    for event in &passed {
        rating.publish(again(event, Uuid::now_v7())).await;
    }
    sqlx::query(
        "update comments set text = 'https://a.example https://b.example https://c.example',
                             revision = revision + 1, version = version + 1, next_filter = 1, hidden_for = null,
                             moved_at = now() - interval '2 minutes'
         where id = $1",
    )
    .bind(good.id.parse::<Uuid>().unwrap())
    .execute(&mut *held)
    .await
    .unwrap();
    held.commit().await.unwrap();
    let hidden = rating.checked(&alice, movie).await;
    assert_eq!(
        (hidden.state(), hidden.reason()),
        (CommentState::Hidden, HiddenReason::Spam)
    );
    assert!(public(&rating, movie).await.is_empty());
    assert_eq!(counted(&rating, movie).await, 0);
    rating.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_edits_end_with_the_verdict_on_the_last_text() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 8] = rating.movies().await;
    let people: Vec<Person> = (0..4).map(|_| Person::member()).collect();
    // Every other text is rejected; the last text counts, which is rejected on odd movies.
    let writers = people.iter().map(async |person| {
        for turn in 0..6 {
            for (place, &movie) in movies.iter().enumerate() {
                let text = match (turn + place) % 2 {
                    0 => format!("감독 병신 {turn}"),
                    _ => format!("{turn}번째로 고쳐 쓴 글"),
                };
                rating.comment(person, movie, &text).await;
            }
        }
    });
    futures::future::join_all(writers).await;
    for (place, &movie) in movies.iter().enumerate() {
        let last_is_bad = (5 + place) % 2 == 0;
        for person in &people {
            let comment = rating.checked(person, movie).await;
            let expected = if last_is_bad {
                CommentState::Hidden
            } else {
                CommentState::Public
            };
            assert_eq!(comment.state(), expected, "{}", comment.text);
        }
        assert_eq!(counted(&rating, movie).await, if last_is_bad { 0 } else { 4 });
    }
    rating.end().await;
}

#[tokio::test]
async fn duplicate_and_reordered_events_publish_a_comment_once() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 5] = rating.movies().await;
    let heard = rating.listen(&PIPELINE[..3]).await;
    let changes = async || heard.all().len();
    let alice = Person::member();
    for (turn, movie) in movies.into_iter().enumerate() {
        rating.comment(&alice, movie, &format!("{turn}번째 글")).await;
    }
    for movie in movies {
        rating.checked(&alice, movie).await;
    }
    let events = heard.wait(15).await;
    for event in events.iter().rev().chain(&events) {
        rating.publish(again(event, event.id)).await;
        rating.publish(again(event, Uuid::now_v7())).await;
    }
    eventually("all of them were heard", async || changes().await == 15 + 60).await;
    // A later comment passes behind all of them.
    let bob = Person::member();
    rating.comment(&bob, movies[0], "나중에 온 글").await;
    assert_eq!(rating.checked(&bob, movies[0]).await.state(), CommentState::Public);
    for (place, movie) in movies.into_iter().enumerate() {
        assert_eq!(counted(&rating, movie).await, if place == 0 { 2 } else { 1 });
    }
    let versions: Vec<i64> = sqlx::query_scalar("select version from comments")
        .fetch_all(&rating.db)
        .await
        .unwrap();
    assert_eq!(versions, [4; 6], "no filter judged twice");
    let letters = list_dead_letters(&rating.broker, "rating.language_filter", 10);
    assert!(letters.await.unwrap().is_empty());
    rating.end().await;
}

#[tokio::test]
async fn a_comment_whose_event_was_lost_is_checked_later() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let comment = rating.comment(&alice, movie, "조용하고 아름답다").await;
    rating.checked(&alice, movie).await;
    for filter in [1_i16, 2, 3] {
        // The row as it is if the event for this filter was lost a while ago.
        let mut tx = rating.db.begin().await.unwrap();
        sqlx::query("update comments set next_filter = $2, moved_at = now() - interval '2 minutes' where id = $1")
            .bind(comment.id.parse::<Uuid>().unwrap())
            .bind(filter)
            .execute(&mut *tx)
            .await
            .unwrap();
        sqlx::query("update comment_counts set comment_count = 0")
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(rating.checked(&alice, movie).await.state(), CommentState::Public);
        assert_eq!(counted(&rating, movie).await, 1);
    }
    rating.end().await;
}

#[tokio::test]
async fn an_impossible_event_is_dead_lettered() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let comment = rating.comment(&alice, movie, "조용하고 아름답다").await;
    rating.checked(&alice, movie).await;
    let (comment_id, revision) = (comment.id.clone(), 7);
    let ahead = CommentSpamChecked { comment_id, revision };
    let nonsense = CommentLanguageChecked {
        comment_id: "nobody".to_owned(),
        revision,
    };
    let unknown = CommentSubmitted {
        comment_id: Uuid::now_v7().to_string(),
        revision,
    };
    rating.publish(Event::new("comment.spam_checked", "a", 1, &ahead)).await;
    rating
        .publish(Event::new("comment.language_checked", "b", 1, &nonsense))
        .await;
    // An event of a deleted comment is dropped, not dead-lettered.
    rating.publish(Event::new("comment.submitted", "c", 1, &unknown)).await;
    let letters = async |queue| list_dead_letters(&rating.broker, queue, 10).await.unwrap().len();
    for queue in ["rating.language_filter", "rating.spoiler_filter"] {
        eventually("the letter is there", async || letters(queue).await == 1).await;
    }
    // The next comment passes behind them.
    rating.comment(&Person::member(), movie, "그 뒤에 온 글").await;
    eventually("it is public", async || public(&rating, movie).await.len() == 2).await;
    assert_eq!(letters("rating.spam_filter").await, 0);
    rating.end().await;
}

#[tokio::test]
async fn invalid_texts_are_rejected_with_their_field() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    for bad in ["", "  \n\t ", "a\0b", "\u{200b}", &"가".repeat(10_001)] {
        let status = rating.try_comment(&alice, movie, bad, false).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "text"));
    }
    assert!(
        rating
            .try_comment(&alice, movie, &"가나".repeat(5_000), false)
            .await
            .is_ok()
    );
    let unknown = rating
        .try_comment(&alice, Uuid::now_v7(), "hm", false)
        .await
        .unwrap_err();
    assert_eq!((unknown.code(), field(&unknown)), (Code::NotFound, "movie_id"));
    let visitor = rating.try_comment(&Person::visitor(), movie, "hm", false).await;
    assert!(matches!(
        visitor.unwrap_err().code(),
        Code::Unauthenticated | Code::PermissionDenied
    ));
    rating.end().await;
}

#[tokio::test]
async fn members_cannot_change_each_others_comments_and_replies() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, bob) = (Person::member(), Person::member());
    rating.comment(&alice, movie, "앨리스의 글").await;
    let hers = rating.checked(&alice, movie).await;
    // Writing and deleting by movie only affects bob's own comment.
    let his = rating.comment(&bob, movie, "밥의 글").await;
    assert_ne!(his.id, hers.id);
    rating.checked(&bob, movie).await;
    delete(&rating, &bob, movie).await;
    assert_eq!(public(&rating, movie).await, ["앨리스의 글"]);

    let id = Uuid::now_v7();
    reply(&rating, &alice, &hers.id, id, "덧붙이면, 음악도 좋다")
        .await
        .unwrap();
    let taken = reply(&rating, &bob, &hers.id, id, "가로채기").await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
    let reply_id = id.to_string();
    let status = rating
        .comments()
        .delete_reply(bob.request(DeleteReplyRequest { reply_id }))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    rating.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn likes_are_counted_once_per_member_and_never_for_the_author() {
    let rating = Rating::with_replicas(2).await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    rating.comment(&alice, movie, "앨리스의 글").await;
    let comment = rating.checked(&alice, movie).await.id;
    let own = like(&rating, &alice, &comment).await.unwrap_err();
    assert_eq!(own.code(), Code::PermissionDenied);
    let fans: Vec<Person> = (0..8).map(|_| Person::member()).collect();
    let likes = fans.iter().map(async |fan| {
        for _ in 0..3 {
            like(&rating, fan, &comment).await.unwrap();
        }
    });
    futures::future::join_all(likes).await;
    assert_eq!(like(&rating, &fans[0], &comment).await.unwrap(), 8);
    assert!(list(&rating, &fans[0], movie, CommentSort::Likes).await[0].liked);
    assert_eq!(unlike(&rating, &fans[0], &comment).await.unwrap(), 7);
    assert_eq!(unlike(&rating, &fans[0], &comment).await.unwrap(), 7);
    assert!(!list(&rating, &fans[0], movie, CommentSort::Likes).await[0].liked);
    let unknown = like(&rating, &fans[0], &Uuid::now_v7().to_string()).await.unwrap_err();
    assert_eq!((unknown.code(), field(&unknown)), (Code::NotFound, "comment_id"));
    rating.end().await;
}

#[tokio::test]
async fn replies_are_paged_oldest_first_and_deleted_with_their_comment() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, bob) = (Person::member(), Person::member());
    rating.comment(&alice, movie, "앨리스의 글").await;
    let comment = rating.checked(&alice, movie).await.id;
    let ids: Vec<Uuid> = (0..5).map(|_| Uuid::now_v7()).collect();
    for (turn, &id) in ids.iter().enumerate() {
        let text = format!("{turn}번째 대답");
        let first = reply(&rating, &bob, &comment, id, &text).await.unwrap();
        let second = reply(&rating, &bob, &comment, id, &text).await.unwrap();
        assert_eq!(first, second, "repeated, it is the same reply");
    }
    let read = async |cursor: String| {
        let request = ListRepliesRequest {
            comment_id: comment.clone(),
            cursor,
            limit: 3,
        };
        rating.comments().list_replies(Person::visitor().request(request)).await
    };
    let first = read(String::new()).await.unwrap().into_inner();
    let second = read(first.next_cursor.clone()).await.unwrap().into_inner();
    let shown = first
        .replies
        .iter()
        .chain(&second.replies)
        .map(|reply| reply.id.clone());
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ids.iter().map(Uuid::to_string).collect::<Vec<_>>()
    );
    assert_eq!((first.total, second.next_cursor.as_str()), (5, ""));

    for (bad, code) in [("병신", Code::InvalidArgument), ("", Code::InvalidArgument)] {
        let status = reply(&rating, &bob, &comment, Uuid::now_v7(), bad).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (code, "text"));
    }
    let long = reply(&rating, &bob, &comment, Uuid::now_v7(), &"가나".repeat(501)).await;
    assert_eq!(long.unwrap_err().code(), Code::InvalidArgument);
    let telling = reply(&rating, &bob, &comment, Uuid::now_v7(), "결말이 좋았죠")
        .await
        .unwrap();
    assert!(telling.spoiler_suspected);
    for _ in 0..2 {
        let reply_id = telling.id.clone();
        let request = bob.request(DeleteReplyRequest { reply_id });
        rating.comments().delete_reply(request).await.unwrap();
    }
    let id = telling.id.parse().unwrap();
    let late = reply(&rating, &bob, &comment, id, "결말이 좋았죠").await.unwrap_err();
    assert_eq!(
        (late.code(), field(&late)),
        (Code::AlreadyExists, "reply_id"),
        "deleted it stays"
    );
    assert_eq!(rating.my_comment(&alice, movie).await.unwrap().reply_count, 5);
    for nobodys in [Uuid::nil(), Uuid::max()] {
        let status = reply(&rating, &bob, &comment, nobodys, "hm").await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "reply_id"));
    }

    delete(&rating, &alice, movie).await;
    assert_eq!(read(String::new()).await.unwrap_err().code(), Code::NotFound);
    let left: i64 = sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&rating.db)
        .await
        .unwrap();
    assert_eq!(left, 0);
    rating.end().await;
}

#[tokio::test]
async fn comments_are_listed_in_four_orders_and_in_pages() {
    let rating = Rating::start().await;
    let [movie, other] = rating.movies().await;
    let people: Vec<Person> = (0..5).map(|_| Person::member()).collect();
    // Stars of the authors in the order of writing; the last has none.
    let stars = [Some(4), Some(10), Some(1), Some(7), None];
    let mut ids = Vec::new();
    for (person, stars) in people.iter().zip(stars) {
        if let Some(stars) = stars {
            rating.rate(person, movie, stars).await;
        }
        rating.comment(person, movie, &format!("별 {stars:?}개짜리 글")).await;
        ids.push(rating.checked(person, movie).await.id);
    }
    for (place, likes) in [(2, 3), (0, 1)] {
        for _ in 0..likes {
            like(&rating, &Person::member(), &ids[place]).await.unwrap();
        }
    }
    let reader = Person::visitor();
    for (sort, expected) in [
        (CommentSort::Likes, [2, 0, 4, 3, 1]),
        (CommentSort::StarsHigh, [1, 3, 0, 2, 4]),
        (CommentSort::StarsLow, [2, 0, 3, 1, 4]),
        (CommentSort::Newest, [4, 3, 2, 1, 0]),
    ] {
        let (mut shown, mut cursor) = (Vec::new(), String::new());
        loop {
            let read = page(&rating, &reader, movie, sort, &cursor, 2).await.unwrap();
            assert_eq!(read.total, 5);
            shown.extend(read.comments.into_iter().map(|comment| comment.id));
            cursor = read.next_cursor;
            if cursor.is_empty() {
                break;
            }
        }
        assert_eq!(shown, expected.map(|place: usize| ids[place].clone()), "{sort:?}");
    }
    let first = page(&rating, &reader, movie, CommentSort::Likes, "", 2).await.unwrap();
    for (movie, sort) in [(movie, CommentSort::Newest), (other, CommentSort::Likes)] {
        let status = page(&rating, &reader, movie, sort, &first.next_cursor, 2)
            .await
            .unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "cursor"));
    }

    rating.comment(&people[0], other, "다른 영화에 쓴 글").await;
    let request = people[0].request(ListMyCommentsRequest::default());
    let own = rating.comments().list_my_comments(request).await.unwrap().into_inner();
    let movies: Vec<_> = own.comments.iter().map(|comment| comment.movie_id.clone()).collect();
    assert_eq!(movies, [other.to_string(), movie.to_string()]);
    assert_eq!(own.total, 2);
    rating.end().await;
}

/// Reads all pages; `between` happens after each.
async fn pages(rating: &Rating, reader: &Person, movie: Uuid, between: impl Fn()) -> Vec<String> {
    let (mut shown, mut cursor) = (Vec::new(), String::new());
    loop {
        let read = page(rating, reader, movie, CommentSort::Likes, &cursor, 2)
            .await
            .unwrap();
        shown.extend(read.comments.into_iter().map(|comment| comment.id));
        cursor = read.next_cursor;
        if cursor.is_empty() {
            return shown;
        }
        between();
    }
}

#[tokio::test]
async fn comments_of_followed_members_come_first_and_without_user_all_are_by_likes() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let people: Vec<Person> = (0..6).map(|_| Person::member()).collect();
    let mut ids = Vec::new();
    for (place, person) in people.iter().enumerate() {
        rating.comment(person, movie, &format!("{place}번째로 쓴 글")).await;
        ids.push(rating.checked(person, movie).await.id);
    }
    for (place, likes) in [(0, 3), (1, 1), (4, 2)] {
        for _ in 0..likes {
            like(&rating, &Person::member(), &ids[place]).await.unwrap();
        }
    }
    let in_order = |places: [usize; 6]| places.map(|place| ids[place].clone()).to_vec();
    let by_likes = in_order([0, 4, 1, 5, 3, 2]);
    let (reader, stranger) = (Person::member(), Person::member());
    for place in [1, 2, 3] {
        rating.user.follows(reader.id(), people[place].id());
    }
    let followed_first = in_order([1, 3, 2, 0, 4, 5]);
    assert_eq!(pages(&rating, &reader, movie, || ()).await, followed_first);
    for other in [&stranger, &Person::visitor()] {
        assert_eq!(pages(&rating, other, movie, || ()).await, by_likes);
    }
    let newest = list(&rating, &reader, movie, CommentSort::Newest).await;
    assert_eq!(newest[0].id, ids[5], "the other orders stay as they are");

    // Without user from the second page on, no comment is missing; repeated ones are from earlier pages.
    let interrupted = pages(&rating, &reader, movie, || rating.user.goes_away()).await;
    assert_eq!(interrupted[..2], followed_first[..2]);
    for id in &ids {
        assert!(interrupted.contains(id));
    }
    assert_eq!(pages(&rating, &reader, movie, || ()).await, by_likes);
    // With user back, the pages continue in the first order.
    assert_eq!(
        pages(&rating, &reader, movie, || rating.user.comes_back()).await,
        by_likes
    );
    assert_eq!(pages(&rating, &reader, movie, || ()).await, followed_first);
    rating.end().await;
}

#[tokio::test]
async fn a_rebuild_restores_the_counts_of_comments() {
    let rating = Rating::start().await;
    let [movie, silent] = rating.movies().await;
    let alice = Person::member();
    rating.comment(&alice, movie, "앨리스의 글").await;
    rating.checked(&alice, movie).await;
    sqlx::query("insert into comment_counts values ($1, 7)")
        .bind(silent)
        .execute(&rating.db)
        .await
        .unwrap();
    sqlx::query("delete from comment_counts where movie_id = $1")
        .bind(movie)
        .execute(&rating.db)
        .await
        .unwrap();
    let config = rating::config::DatabaseConfig {
        database_url: rating.database_url.clone(),
    };
    rating::operator::rebuild_statistics(&config).await.unwrap();
    assert_eq!((counted(&rating, movie).await, counted(&rating, silent).await), (1, 0));
    rating.end().await;
}
