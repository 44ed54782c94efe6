//! Rows, the rating list, the list of predicted movies, and the taste page.

use std::collections::HashSet;

use chassis::identity::Caller;
use matcha_protos::{
    recommendation::v1::{
        GetTasteRequest, ListPredictedRequest, ListPredictedResponse, ListTasteMoviesRequest, ListToRateRequest,
        RecommendRequest, RecommendResponse, Row, TasteGroup,
    },
    user::v1::Section,
};
use tonic::Code;
use uuid::Uuid;

use crate::{
    harness::{Member, Recommendation, request_from},
    owner_services::{community, movie_id},
};

fn row(row: Row, limit: i32) -> RecommendRequest {
    RecommendRequest {
        row: row.into(),
        limit,
        ..Default::default()
    }
}

#[tokio::test]
async fn rows_contain_no_movie_that_is_rated_or_on_the_shelf() {
    let service = Recommendation::start(community(40, 60)).await;
    service.train().await;
    let member = Member::new();
    for number in 0..14 {
        service
            .publish_rating(&member, number, Some(if number % 2 == 0 { 9 } else { 3 }), 1)
            .await;
    }
    for (number, state) in [(20, "wish"), (22, "watching"), (24, "not_interested"), (26, "wish")] {
        service.publish_shelf(&member, number, state, 1).await;
    }
    service.publish_shelf(&member, 26, "", 2).await;
    service.wait_for_profile(member.id, (14, 84)).await;
    testing::eventually("the shelf has arrived", async || {
        service.store.profile(member.id).await.unwrap().shelf.len() == 3
    })
    .await;
    let hidden: HashSet<String> = (0..14)
        .chain([20, 22, 24])
        .map(|number| movie_id(number).to_string())
        .collect();
    for kind in [
        Row::ForYou,
        Row::EspeciallyYou,
        Row::BecauseYouLiked,
        Row::Rising,
        Row::BestRated,
        Row::MostRated,
    ] {
        for variation in 0..3 {
            let answer = service
                .recommend(
                    &member.caller,
                    RecommendRequest {
                        variation,
                        ..row(kind, 100)
                    },
                )
                .await;
            assert!(!answer.movies.is_empty(), "{kind:?} is empty");
            assert!(
                answer.movies.iter().all(|movie| !hidden.contains(&movie.movie_id)),
                "{kind:?}"
            );
            let distinct: HashSet<_> = answer.movies.iter().map(|movie| &movie.movie_id).collect();
            assert_eq!(distinct.len(), answer.movies.len());
            assert_eq!(
                answer.personal,
                matches!(kind, Row::ForYou | Row::EspeciallyYou | Row::BecauseYouLiked)
            );
            assert!(
                answer.movies.iter().all(|movie| movie.prediction.is_some()),
                "every row has the member's predictions"
            );
        }
    }
    let because = service.recommend(&member.caller, row(Row::BecauseYouLiked, 5)).await;
    assert!(
        (0..14)
            .step_by(2)
            .any(|number| movie_id(number).to_string() == because.because_movie_id)
    );
    service.stop().await;
}

#[tokio::test]
async fn especially_you_differs_between_members_and_best_rated_does_not() {
    let service = Recommendation::start(community(40, 60)).await;
    service.train().await;
    let mut rows = Vec::new();
    // Each member likes one of the two kinds of movies.
    for liked in [0, 1] {
        let member = Member::new();
        for number in 0..14 {
            let stars = if number % 2 == liked { 9 } else { 3 };
            service.publish_rating(&member, number, Some(stars), 1).await;
        }
        service.wait_for_profile(member.id, (14, 84)).await;
        let own = service.recommend(&member.caller, row(Row::EspeciallyYou, 10)).await;
        let best = service.recommend(&member.caller, row(Row::BestRated, 10)).await;
        let ids = |answer: RecommendResponse| answer.movies.into_iter().map(|movie| movie.movie_id).collect();
        let (own, best): (Vec<String>, Vec<String>) = (ids(own), ids(best));
        let kind: HashSet<String> = (liked..60)
            .step_by(2)
            .map(|number| movie_id(number).to_string())
            .collect();
        assert_eq!(own.len(), 10);
        assert!(
            own.iter().all(|movie| kind.contains(movie)),
            "all are of the kind the member likes"
        );
        rows.push((own, best));
    }
    let [(one, best), (other, same)] = &rows[..] else {
        panic!("two members");
    };
    assert_eq!(best, same, "both have rated the same movies");
    assert!(
        one.iter().all(|movie| !other.contains(movie)),
        "opposite tastes share nothing"
    );
    service.stop().await;
}

#[tokio::test]
async fn the_row_for_you_is_popular_before_the_unlock_and_personal_afterwards() {
    let service = Recommendation::start(community(40, 60)).await;
    service.train().await;
    let member = Member::new();
    let before = service.recommend(&member.caller, row(Row::ForYou, 10)).await;
    assert!(!before.personal);
    assert_eq!(before.movies.len(), 10);
    assert!(before.movies.iter().all(|movie| movie.prediction.is_none()));
    assert!(
        service
            .recommend(&member.caller, row(Row::EspeciallyYou, 10))
            .await
            .movies
            .is_empty()
    );
    for number in 0..14 {
        service
            .publish_rating(&member, number, Some(if number % 2 == 1 { 9 } else { 2 }), 1)
            .await;
    }
    service.wait_for_profile(member.id, (14, 77)).await;
    let after = service.recommend(&member.caller, row(Row::ForYou, 10)).await;
    assert!(after.personal);
    let horror: Vec<String> = (1..60).step_by(2).map(|number| movie_id(number).to_string()).collect();
    let fitting = after
        .movies
        .iter()
        .filter(|movie| horror.contains(&movie.movie_id))
        .count();
    assert!(fitting >= 8, "{fitting} of 10 are of the member's kind");

    let again = service.recommend(&member.caller, row(Row::ForYou, 10)).await;
    assert_eq!(again, after, "the same variation is the same row");
    let other = service
        .recommend(
            &member.caller,
            RecommendRequest {
                variation: 7,
                ..row(Row::ForYou, 10)
            },
        )
        .await;
    assert_ne!(other, after, "another variation is another row");
    for row_kind in [Row::ForYou, Row::EspeciallyYou, Row::BecauseYouLiked, Row::MostRated] {
        for variation in [1 << 63, u64::MAX] {
            let request = RecommendRequest {
                variation,
                ..row(row_kind, 10)
            };
            // Unwraps the answer.
            service.recommend(&member.caller, request).await;
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn a_row_becomes_more_personal_with_every_rating_and_has_reasons() {
    let service = Recommendation::start(community(60, 60)).await;
    service.train().await;
    let member = Member::new();
    let is_horror = |id: &str| (1..60).step_by(2).any(|number| movie_id(number).to_string() == id);
    let mut share = Vec::new();
    let mut rated = 0;
    for until in [0, 1, 3, 10] {
        while rated < until {
            // The member rates only horror movies, with ten half steps.
            service.publish_rating(&member, 2 * rated + 1, Some(10), 1).await;
            rated += 1;
        }
        service
            .wait_for_profile(member.id, (rated as i64, 10 * rated as i64))
            .await;
        let answer = service.recommend(&member.caller, row(Row::ForYou, 20)).await;
        assert_eq!(answer.movies.len(), 20);
        assert_eq!(answer.personal, rated >= 10, "predictions unlock at ten");
        let horror = answer.movies.iter().filter(|movie| is_horror(&movie.movie_id)).count();
        share.push(horror as f64 / (30 - rated) as f64);
        let rated_ids: Vec<String> = (0..rated).map(|number| movie_id(2 * number + 1).to_string()).collect();
        for movie in &answer.movies {
            assert!(movie.because_movie_ids.iter().all(|reason| rated_ids.contains(reason)));
        }
        if rated == 10 {
            assert!(answer.movies.iter().any(|movie| !movie.because_movie_ids.is_empty()));
        }
    }
    assert!(
        share[3] > share[0],
        "the shares of unrated horror movies that rows contain: {share:?}"
    );
    service.stop().await;
}

#[tokio::test]
async fn no_movie_of_the_row_for_you_is_predicted_below_the_members_mean() {
    // More open movies than a row is composed from.
    let service = Recommendation::start(community(60, 520)).await;
    service.train().await;
    let member = Member::new();
    let given = |number: usize| {
        if number.is_multiple_of(2) {
            7 + number as i32 % 3
        } else {
            2
        }
    };
    for number in 0..14 {
        service.publish_rating(&member, number, Some(given(number)), 1).await;
    }
    let sum: i32 = (0..14).map(given).sum();
    service.wait_for_profile(member.id, (14, sum.into())).await;
    let mean = f64::from(sum) / 2.0 / 14.0;
    let all = service.recommend(&member.caller, row(Row::MostRated, 100)).await;
    let stars = |answer: &RecommendResponse| -> Vec<f64> {
        answer
            .movies
            .iter()
            .map(|movie| movie.prediction.as_ref().unwrap().stars)
            .collect()
    };
    assert!(
        stars(&all).iter().any(|stars| *stars < mean),
        "some movies are predicted less"
    );
    for variation in 0..4 {
        let request = |limit| RecommendRequest {
            variation,
            ..row(Row::ForYou, limit)
        };
        let long = service.recommend(&member.caller, request(100)).await;
        assert!(long.movies.len() >= 20);
        assert!(
            stars(&long).iter().all(|stars| *stars >= mean),
            "{:?} and the mean {mean}",
            stars(&long)
        );
        for kind in [Row::ForYou, Row::EspeciallyYou, Row::BecauseYouLiked] {
            let of = |limit| RecommendRequest {
                row: kind.into(),
                ..request(limit)
            };
            let long = service.recommend(&member.caller, of(60)).await;
            let short = service.recommend(&member.caller, of(14)).await;
            assert_eq!(
                short.movies,
                long.movies[..14],
                "{kind:?}: a short row is the beginning of a long one"
            );
        }
    }
    service.stop().await;
}

#[tokio::test]
async fn rows_that_name_an_order_keep_it_in_every_variation() {
    let service = Recommendation::start(community(60, 60)).await;
    service.train().await;
    for kind in [Row::BestRated, Row::MostRated, Row::Rising] {
        let plain = service.recommend(&Caller::Anonymous, row(kind, 20)).await;
        let varied = RecommendRequest {
            variation: 7,
            ..row(kind, 20)
        };
        assert_eq!(service.recommend(&Caller::Anonymous, varied).await, plain, "{kind:?}");
    }
    service.stop().await;
}

#[tokio::test]
async fn a_reason_is_a_movie_rated_at_least_three_and_a_half_stars_and_the_members_mean() {
    let service = Recommendation::start(community(60, 60)).await;
    service.train().await;
    // Half stars by movie: one member likes comedies, one gives few stars to everything, one gives many.
    let members: [fn(usize) -> i32; 3] = [
        |number| {
            if number.is_multiple_of(2) {
                6 + number as i32 % 4
            } else {
                3
            }
        },
        |number| 2 + number as i32 % 4,
        |number| 7 + number as i32 % 4,
    ];
    let mut reasons_of = Vec::new();
    for given in members {
        let member = Member::new();
        for number in 0..16 {
            service.publish_rating(&member, number, Some(given(number)), 1).await;
        }
        // A wish is no reason either.
        service.publish_shelf(&member, 20, "wish", 1).await;
        let sum: i32 = (0..16).map(given).sum();
        service.wait_for_profile(member.id, (16, sum.into())).await;
        let mean = f64::from(sum) / 16.0;
        let liked: HashSet<String> = (0..16)
            .filter(|number| given(*number) >= 7 && f64::from(given(*number)) >= mean)
            .map(|number| movie_id(number).to_string())
            .collect();
        let mut reasons = 0;
        for kind in [Row::ForYou, Row::EspeciallyYou, Row::BecauseYouLiked, Row::MostRated] {
            let answer = service.recommend(&member.caller, row(kind, 100)).await;
            for movie in &answer.movies {
                let predicted = movie
                    .prediction
                    .iter()
                    .flat_map(|prediction| &prediction.because_movie_ids);
                for reason in movie.because_movie_ids.iter().chain(predicted) {
                    assert!(liked.contains(reason), "{kind:?}: {reason}");
                    reasons += 1;
                }
            }
            assert!(answer.because_movie_id.is_empty() || liked.contains(&answer.because_movie_id));
        }
        reasons_of.push(reasons);
    }
    assert!(reasons_of[0] > 0 && reasons_of[2] > 0, "{reasons_of:?}");
    assert_eq!(reasons_of[1], 0, "the second member likes no movie");
    service.stop().await;
}

#[tokio::test]
async fn wished_movies_change_the_row_and_are_not_in_it() {
    let service = Recommendation::start(community(60, 60)).await;
    service.train().await;
    let member = Member::new();
    let before = service.recommend(&member.caller, row(Row::ForYou, 20)).await;
    for number in [1, 3, 5, 7, 9] {
        service.publish_shelf(&member, number, "wish", 1).await;
    }
    testing::eventually("the shelf has arrived", async || {
        service.store.profile(member.id).await.unwrap().shelf.len() == 5
    })
    .await;
    let after = service.recommend(&member.caller, row(Row::ForYou, 20)).await;
    let ids = |answer: &matcha_protos::recommendation::v1::RecommendResponse| -> Vec<String> {
        answer.movies.iter().map(|movie| movie.movie_id.clone()).collect()
    };
    assert_ne!(ids(&before), ids(&after));
    let wished: Vec<String> = [1, 3, 5, 7, 9].map(|number| movie_id(number).to_string()).to_vec();
    assert!(ids(&after).iter().all(|id| !wished.contains(id)));
    service.stop().await;
}

#[tokio::test]
async fn the_taste_is_that_of_the_named_member_or_of_the_caller() {
    let service = Recommendation::start(community(12, 20)).await;
    let member = Member::new();
    for number in 0..12 {
        service
            .publish_rating(&member, number, Some(if number % 2 == 1 { 10 } else { 3 }), 1)
            .await;
    }
    service.wait_for_profile(member.id, (12, 78)).await;
    let taste = async |caller: &Caller, member_id: String| {
        let request = GetTasteRequest { member_id };
        service
            .client
            .clone()
            .get_taste(request_from(request, caller))
            .await
            .map(tonic::Response::into_inner)
    };
    let own = taste(&member.caller, String::new()).await.unwrap();
    assert_eq!((own.rated_count, own.mean, own.minutes_watched), (12, 3.25, 12 * 90));
    assert_eq!(own.distribution, [0, 0, 6, 0, 0, 0, 0, 0, 0, 6]);
    let genres: Vec<(&str, i64)> = own.genres.iter().map(|one| (one.key.as_str(), one.count)).collect();
    assert_eq!(genres, [("Horror", 6), ("Comedy", 6)]);
    assert!(own.genres[0].score > own.genres[1].score + 20);
    assert_eq!(own.persona, "all_or_nothing");

    let other = Member::new();
    for caller in [&other.caller, &Caller::Anonymous, &Caller::Service("gateway".into())] {
        assert_eq!(taste(caller, member.id.to_string()).await.unwrap(), own);
    }
    assert_eq!(
        taste(&Caller::Anonymous, String::new()).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    assert_eq!(
        taste(&other.caller, "nobody".to_owned()).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    assert_eq!(taste(&other.caller, String::new()).await.unwrap().rated_count, 0);
    service.stop().await;
}

#[tokio::test]
async fn a_taste_is_visible_as_the_user_service_decides_and_hidden_while_it_is_down() {
    let service = Recommendation::start(community(12, 20)).await;
    let (member, follower, stranger) = (Member::new(), Member::new(), Member::new());
    service.user.shows(member.id, None, &[Section::Ratings]);
    let both = [Section::Taste, Section::Ratings];
    service.user.shows(member.id, Some(follower.id), &both);
    let taste_viewer = Member::new();
    service.user.shows(member.id, Some(taste_viewer.id), &[Section::Taste]);
    let codes = async |caller: &Caller, member_id: Uuid| {
        let taste = GetTasteRequest {
            member_id: member_id.to_string(),
        };
        let movies = ListTasteMoviesRequest {
            member_id: member_id.to_string(),
            group: TasteGroup::All.into(),
            ..Default::default()
        };
        let mut client = service.client.clone();
        let taste = client.get_taste(request_from(taste, caller)).await.map(drop);
        let movies = client.list_taste_movies(request_from(movies, caller)).await.map(drop);
        [taste, movies].map(|answer| answer.map_or_else(|status| status.code(), |()| Code::Ok))
    };
    assert_eq!(codes(&member.caller, member.id).await, [Code::Ok; 2]);
    assert_eq!(codes(&follower.caller, member.id).await, [Code::Ok; 2]);
    // With the taste alone, the figures of two moments would reveal the rating between them.
    for caller in [&taste_viewer.caller, &stranger.caller, &Caller::Anonymous] {
        assert_eq!(codes(caller, member.id).await, [Code::PermissionDenied; 2]);
    }

    service.user.has_no(stranger.id);
    assert_eq!(codes(&follower.caller, stranger.id).await, [Code::NotFound; 2]);

    service.user.goes_away();
    assert_eq!(codes(&follower.caller, member.id).await, [Code::Unavailable; 2]);
    assert_eq!(
        codes(&member.caller, member.id).await,
        [Code::Ok; 2],
        "the own taste needs no permission"
    );
    service.stop().await;
}

#[tokio::test]
async fn the_movies_of_a_figure_come_in_pages_by_descending_stars() {
    let service = Recommendation::start(community(12, 20)).await;
    let member = Member::new();
    for number in 0..12 {
        service
            .publish_rating(&member, number, Some(if number % 2 == 1 { 10 } else { 3 }), 1)
            .await;
    }
    service.wait_for_profile(member.id, (12, 78)).await;
    let list = async |group: TasteGroup, key: &str, cursor: &str| {
        let request = ListTasteMoviesRequest {
            member_id: member.id.to_string(),
            group: group.into(),
            key: key.to_owned(),
            cursor: cursor.to_owned(),
            limit: 4,
        };
        let mut client = service.client.clone();
        let answer = client.list_taste_movies(request_from(request, &Caller::Anonymous));
        answer.await.map(tonic::Response::into_inner)
    };
    let mut movies = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = list(TasteGroup::Country, "KR", &cursor).await.unwrap();
        assert_eq!(page.total, 12);
        movies.extend(page.movies.into_iter().map(|movie| (movie.movie_id, movie.stars)));
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
        let other = list(TasteGroup::Genre, "Horror", &cursor).await.unwrap_err();
        assert_eq!(other.code(), Code::InvalidArgument, "a cursor belongs to its list");
    }
    let by = |odd: usize, stars: i32| {
        (0..12)
            .filter(move |number| number % 2 == odd)
            .map(move |number| (movie_id(number).to_string(), stars))
    };
    assert_eq!(movies, by(1, 10).chain(by(0, 3)).collect::<Vec<_>>());

    let tens = list(TasteGroup::Stars, "10", "").await.unwrap();
    assert_eq!((tens.total, tens.movies.len(), tens.movies[0].stars), (6, 4, 10));
    assert_eq!(list(TasteGroup::All, "", "").await.unwrap().total, 12);
    assert_eq!(list(TasteGroup::Decade, "1890", "").await.unwrap().total, 0);
    let long = "a".repeat(65);
    for (group, key) in [
        (TasteGroup::Unspecified, "KR"),
        (TasteGroup::Genre, ""),
        (TasteGroup::All, "KR"),
        (TasteGroup::Genre, &long),
        (TasteGroup::Stars, "11"),
        (TasteGroup::Stars, "4.5"),
    ] {
        assert_eq!(
            list(group, key, "").await.unwrap_err().code(),
            Code::InvalidArgument,
            "{key}"
        );
    }
    service.stop().await;
}

#[tokio::test]
async fn filters_apply_and_invalid_requests_are_refused() {
    let service = Recommendation::start(community(20, 60)).await;
    let filtered = RecommendRequest {
        genre: "Horror".into(),
        decade: Some(1990),
        ..row(Row::ForYou, 50)
    };
    let answer = service.recommend(&Caller::Anonymous, filtered).await;
    let fitting: Vec<String> = (0..60)
        .filter(|number| number % 2 == 1 && (1990..2000).contains(&(1980 + number % 40)))
        .map(|number| movie_id(number).to_string())
        .collect();
    assert_eq!(answer.movies.len(), fitting.len());
    assert!(answer.movies.iter().all(|movie| fitting.contains(&movie.movie_id)));
    for request in [
        row(Row::ForYou, 101),
        row(Row::ForYou, -1),
        RecommendRequest {
            row: 99,
            ..Default::default()
        },
    ] {
        let refused = service
            .client
            .clone()
            .recommend(request_from(request, &Caller::Anonymous))
            .await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    }
    service.stop().await;
}

#[tokio::test]
async fn the_rating_list_continues_without_repeating_and_differs_between_members() {
    let service = Recommendation::start(community(40, 60)).await;
    let (one, other) = (Member::new(), Member::new());
    let page = async |member: &Member, exclude: &[String]| {
        let request = ListToRateRequest {
            limit: 20,
            exclude_movie_ids: exclude.to_vec(),
            ..Default::default()
        };
        service
            .client
            .clone()
            .list_to_rate(request_from(request, &member.caller))
            .await
            .unwrap()
            .into_inner()
            .movie_ids
    };
    let first = page(&one, &[]).await;
    assert_eq!(first.len(), 20);
    assert_eq!(
        page(&one, &[]).await,
        first,
        "the order does not change between requests"
    );
    assert_ne!(page(&other, &[]).await, first);
    let second = page(&one, &first).await;
    assert!(second.iter().all(|id| !first.contains(id)));
    let wrong = ListToRateRequest {
        shelf: "dusty".into(),
        ..Default::default()
    };
    let refused = service
        .client
        .clone()
        .list_to_rate(request_from(wrong, &one.caller))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    service.stop().await;
}

/// One page of the movies by predicted stars.
async fn predicted(
    service: &Recommendation,
    caller: &Caller,
    request: ListPredictedRequest,
) -> Result<ListPredictedResponse, tonic::Status> {
    let answer = service
        .client
        .clone()
        .list_predicted(request_from(request, caller))
        .await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn unrated_movies_come_in_pages_by_descending_predicted_stars() {
    let service = Recommendation::start(community(40, 60)).await;
    service.train().await;
    let member = Member::new();
    for number in 0..9 {
        let stars = if number % 2 == 0 { 9 } else { 3 };
        service.publish_rating(&member, number, Some(stars), 1).await;
    }
    service.wait_for_profile(member.id, (9, 57)).await;
    let locked = predicted(&service, &member.caller, ListPredictedRequest::default())
        .await
        .unwrap();
    assert!(locked.predictions.is_empty() && locked.next_cursor.is_empty());
    assert_eq!((locked.rated_count, locked.unlock_at), (9, 10));

    service.publish_rating(&member, 9, Some(3), 1).await;
    service.wait_for_profile(member.id, (10, 60)).await;
    let mut stars = Vec::new();
    let mut movies = Vec::new();
    let mut cursor = String::new();
    loop {
        let request = ListPredictedRequest {
            limit: 7,
            cursor,
            ..Default::default()
        };
        let page = predicted(&service, &member.caller, request).await.unwrap();
        stars.extend(page.predictions.iter().map(|one| one.stars));
        movies.extend(page.predictions.into_iter().map(|one| one.movie_id));
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    // The ranking is in f32, the answer in f64.
    assert!(stars.is_sorted_by(|a, b| *a >= b - 1e-4), "{stars:?}");
    let distinct: HashSet<String> = movies.iter().cloned().collect();
    let open: HashSet<String> = (10..60).map(|number| movie_id(number).to_string()).collect();
    assert_eq!((movies.len(), distinct), (50, open));
    service.stop().await;
}

#[tokio::test]
async fn a_cursor_is_bound_to_member_and_filter_and_stays_valid_after_a_rating() {
    let service = Recommendation::start(community(40, 60)).await;
    service.train().await;
    let (member, other) = (Member::new(), Member::new());
    for number in 0..10 {
        let stars = if number % 2 == 0 { 9 } else { 3 };
        service.publish_rating(&member, number, Some(stars), 1).await;
        service.publish_rating(&other, number, Some(stars), 1).await;
    }
    service.wait_for_profile(member.id, (10, 60)).await;
    service.wait_for_profile(other.id, (10, 60)).await;
    let comedies = ListPredictedRequest {
        genre: "Comedy".to_owned(),
        limit: 5,
        ..Default::default()
    };
    let first = predicted(&service, &member.caller, comedies.clone()).await.unwrap();
    let next = ListPredictedRequest {
        cursor: first.next_cursor,
        ..comedies.clone()
    };
    let horror = ListPredictedRequest {
        genre: "Horror".to_owned(),
        ..next.clone()
    };
    for (caller, request) in [(&other.caller, next.clone()), (&member.caller, horror)] {
        let status = predicted(&service, caller, request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    let visitor = predicted(&service, &Caller::Anonymous, comedies).await.unwrap_err();
    assert_eq!(visitor.code(), Code::Unauthenticated);

    // The first movie is rated between the two pages, so it must not occur in the second.
    let shown: Vec<String> = first.predictions.into_iter().map(|one| one.movie_id).collect();
    let rated = (10..60)
        .find(|number| movie_id(*number).to_string() == shown[0])
        .unwrap();
    service.publish_rating(&member, rated, Some(9), 1).await;
    service.wait_for_profile(member.id, (11, 69)).await;
    let second = predicted(&service, &member.caller, next).await.unwrap();
    assert!(second.predictions.iter().all(|one| one.movie_id != shown[0]));
    assert!(second.predictions.iter().all(|one| {
        let number = (10..60).find(|number| movie_id(*number).to_string() == one.movie_id);
        number.is_some_and(|number| number % 2 == 0)
    }));
    service.stop().await;
}
