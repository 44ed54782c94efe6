//! What the gateway expects of the services behind it, as calls with their answers. The gateway's tests run this against their
//! stand-ins and the tests of a cluster run it against the real services, so that a stand-in which answers differently from the
//! service it stands for fails.
//!
//! Each function needs members who have done nothing yet, because counts are compared.

use chassis::{
    client::{Channel, Channels, request},
    identity::Caller,
};
use matcha_protos::{
    movie::v1::{
        GetMoviesRequest, GetPeopleRequest, ListFilmographyRequest, MatchMoviesRequest, MovieClue, MovieSet,
        SearchMoviesRequest, SuggestRequest, movie_service_client::MovieServiceClient, search_movies_request::Among,
    },
    rating::v1::{
        AddListMovieRequest, ClearRatingRequest, ClearShelfRequest, CommentState, CountWatchesRequest,
        CreateListRequest, DeleteCommentRequest, DeleteListRequest, DeleteWatchRequest, GetCommentsRequest,
        GetListMoviesRequest, GetListsRequest, GetMineRequest, GetMyCommentsRequest, GetStatisticsRequest,
        LikeCommentRequest, LikeListRequest, ListCommentsRequest, ListMemberListsRequest, ListRatedMoviesRequest,
        ListRatingsRequest, ListShelfRequest, ListWatchesRequest, OrderListMoviesRequest, PutCommentRequest,
        PutReplyRequest, PutShelfRequest, PutWatchRequest, RateRequest, RemoveListMovieRequest, ShelfState,
        UnlikeListRequest, UpdateListRequest, Watch, list_service_client::ListServiceClient,
        rating_service_client::RatingServiceClient, watch_service_client::WatchServiceClient,
    },
    recommendation::v1::{
        GetMatchRequest, ListPredictedRequest, ListToRateRequest, PredictRequest, SimilarRequest,
        recommendation_service_client::RecommendationServiceClient,
    },
    user::v1::{
        FollowRequest, GetMembersByHandleRequest, GetMembersRequest, GetProfilesRequest, GetSettingsRequest,
        GetSigningKeysRequest, PutSettingsRequest, RefreshRequest, SearchMembersRequest, UnfollowRequest,
        user_service_client::UserServiceClient,
    },
};
use tonic::{Code, Status};
use uuid::Uuid;

/// The services under test, two members and what is there beside them.
pub struct World {
    pub channels: Channels,
    /// At least three movies of the catalogue.
    pub movies: Vec<String>,
    pub member: Caller,
    pub other: Caller,
    /// Handle of the member.
    pub handle: String,
}

impl World {
    fn rating(&self) -> RatingServiceClient<Channel> {
        RatingServiceClient::new(self.channels.channel("rating"))
    }

    fn lists(&self) -> ListServiceClient<Channel> {
        ListServiceClient::new(self.channels.channel("rating"))
    }

    fn watches(&self) -> WatchServiceClient<Channel> {
        WatchServiceClient::new(self.channels.channel("rating"))
    }

    fn movie(&self) -> MovieServiceClient<Channel> {
        MovieServiceClient::new(self.channels.channel("movie"))
    }

    fn recommendation(&self) -> RecommendationServiceClient<Channel> {
        RecommendationServiceClient::new(self.channels.channel("recommendation"))
    }

    fn user(&self) -> UserServiceClient<Channel> {
        UserServiceClient::new(self.channels.channel("user"))
    }

    fn member_id(&self) -> String {
        self.member.member_if_any().unwrap().to_string()
    }

    fn other_id(&self) -> String {
        self.other.member_if_any().unwrap().to_string()
    }
}

fn unknown() -> String {
    Uuid::now_v7().to_string()
}

/// Asserts that a call was refused with this code and names this field (empty: no field is compared).
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, field: &str) {
    let status = answer.expect_err("this must be refused");
    assert_eq!(status.code(), code, "{status:?}");
    if !field.is_empty() {
        let named = status.metadata().get(chassis::error::FIELD);
        assert_eq!(named.and_then(|value| value.to_str().ok()), Some(field), "{status:?}");
    }
}

/// Rating, changing and clearing, and the caller's own ratings.
pub async fn ratings(world: &World) {
    let (mut rating, member) = (world.rating(), &world.member);
    let (first, second) = (world.movies[0].clone(), world.movies[1].clone());
    let rate = |movie_id: &str, stars| {
        let movie_id = movie_id.to_owned();
        request(RateRequest { movie_id, stars }, member)
    };
    let rated = rating.rate(rate(&first, 9)).await.unwrap().into_inner();
    assert_eq!((rated.stars, rated.rated_count), (9, 1));
    assert!(rated.version > 0);
    let again = rating.rate(rate(&first, 4)).await.unwrap().into_inner();
    assert_eq!((again.stars, again.rated_count), (4, 1));
    assert!(again.version > rated.version, "each write has a greater version");
    refused(rating.rate(rate(&unknown(), 4)).await, Code::NotFound, "movie_id");
    refused(rating.rate(rate(&first, 11)).await, Code::InvalidArgument, "stars");
    refused(rating.rate(rate("alien", 4)).await, Code::InvalidArgument, "movie_id");
    refused(
        rating
            .rate(request(
                RateRequest {
                    movie_id: first.clone(),
                    stars: 4,
                },
                &Caller::Anonymous,
            ))
            .await,
        Code::Unauthenticated,
        "",
    );

    let mine = |ids: &[&String]| {
        let movie_ids = ids.iter().map(|id| (*id).clone()).collect();
        request(GetMineRequest { movie_ids }, member)
    };
    let found = rating.get_mine(mine(&[&first, &second])).await.unwrap().into_inner();
    assert_eq!(found.rated_count, 1);
    let found: Vec<_> = found.mine.iter().map(|mine| (&mine.movie_id, mine.stars)).collect();
    assert_eq!(
        found,
        [(&first, Some(4))],
        "a movie with neither stars nor shelf is left out"
    );

    let list = |stars, cursor: &str| {
        let cursor = cursor.to_owned();
        request(
            ListRatingsRequest {
                stars,
                cursor,
                ..Default::default()
            },
            member,
        )
    };
    let listed = rating.list_ratings(list(Some(4), "")).await.unwrap().into_inner();
    assert_eq!((listed.total, listed.ratings[0].stars), (1, 4));
    assert_eq!(
        rating.list_ratings(list(Some(5), "")).await.unwrap().into_inner().total,
        0
    );
    refused(
        rating.list_ratings(list(None, "no cursor")).await,
        Code::InvalidArgument,
        "cursor",
    );
    let all = rating
        .list_rated_movies(request(ListRatedMoviesRequest {}, member))
        .await
        .unwrap();
    assert_eq!(all.into_inner().movie_ids, std::slice::from_ref(&first));

    let clear = || {
        request(
            ClearRatingRequest {
                movie_id: first.clone(),
            },
            member,
        )
    };
    for _ in 0..2 {
        let cleared = rating.clear_rating(clear()).await.unwrap().into_inner();
        assert_eq!(cleared.rated_count, 0, "clearing twice is no error");
    }
    assert!(
        rating
            .get_mine(mine(&[&first]))
            .await
            .unwrap()
            .into_inner()
            .mine
            .is_empty()
    );
}

/// Statistics name each movie that was asked for, with ten bars.
pub async fn statistics(world: &World) {
    let nobody = unknown();
    let message = GetStatisticsRequest {
        movie_ids: vec![world.movies[0].clone(), nobody.clone()],
    };
    let answer = world
        .rating()
        .get_statistics(request(message, &Caller::Anonymous))
        .await;
    let found = answer.unwrap().into_inner().statistics;
    assert_eq!(found.len(), 2);
    for one in &found {
        assert_eq!(one.histogram.len(), 10);
        assert_eq!(one.histogram.iter().sum::<i64>(), one.count);
        let sum: i64 = (1_i64..).zip(&one.histogram).map(|(stars, count)| stars * count).sum();
        assert_eq!(sum, one.sum);
    }
    let unrated = found.iter().find(|one| one.movie_id == nobody).unwrap();
    assert_eq!((unrated.count, unrated.comment_count), (0, 0));
}

/// One state per movie, replaced and removed.
pub async fn shelf(world: &World) {
    let (mut rating, member) = (world.rating(), &world.member);
    let movie = world.movies[1].clone();
    let put = |movie_id: &str, state: ShelfState| {
        let movie_id = movie_id.to_owned();
        request(
            PutShelfRequest {
                movie_id,
                state: state.into(),
            },
            member,
        )
    };
    let first = rating
        .put_shelf(put(&movie, ShelfState::Wish))
        .await
        .unwrap()
        .into_inner();
    let second = rating
        .put_shelf(put(&movie, ShelfState::Watching))
        .await
        .unwrap()
        .into_inner();
    assert!(first.version > 0 && second.version > first.version);
    refused(
        rating.put_shelf(put(&unknown(), ShelfState::Wish)).await,
        Code::NotFound,
        "movie_id",
    );
    refused(
        rating.put_shelf(put(&movie, ShelfState::Unspecified)).await,
        Code::InvalidArgument,
        "state",
    );
    let list = |state: ShelfState| {
        let state = state.into();
        request(
            ListShelfRequest {
                state,
                ..Default::default()
            },
            member,
        )
    };
    assert_eq!(
        rating
            .list_shelf(list(ShelfState::Wish))
            .await
            .unwrap()
            .into_inner()
            .total,
        0
    );
    let listed = rating
        .list_shelf(list(ShelfState::Watching))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((listed.total, &listed.entries[0].movie_id), (1, &movie));
    let mine = || {
        request(
            GetMineRequest {
                movie_ids: vec![movie.clone()],
            },
            member,
        )
    };
    let found = rating.get_mine(mine()).await.unwrap().into_inner().mine;
    assert_eq!((found[0].shelf(), found[0].stars), (ShelfState::Watching, None));
    for _ in 0..2 {
        let clear = ClearShelfRequest {
            movie_id: movie.clone(),
        };
        rating.clear_shelf(request(clear, member)).await.unwrap();
    }
    assert!(rating.get_mine(mine()).await.unwrap().into_inner().mine.is_empty());
}

/// One comment per member and movie, invisible to others until it is public.
pub async fn comments(world: &World) {
    let (mut rating, member) = (world.rating(), &world.member);
    let movie = world.movies[0].clone();
    let put = |movie_id: &str, text: &str| {
        let (movie_id, text) = (movie_id.to_owned(), text.to_owned());
        request(
            PutCommentRequest {
                movie_id,
                text,
                spoiler: true,
            },
            member,
        )
    };
    let written = rating
        .put_comment(put(&movie, "조용하다"))
        .await
        .unwrap()
        .into_inner()
        .comment
        .unwrap();
    assert_eq!(written.state(), CommentState::Checking);
    assert_eq!(
        (written.member_id.as_str(), written.text.as_str()),
        (world.member_id().as_str(), "조용하다")
    );
    assert!(written.spoiler && written.edited_at.is_none());
    let edited = rating
        .put_comment(put(&movie, "아주 조용하다"))
        .await
        .unwrap()
        .into_inner()
        .comment
        .unwrap();
    assert_eq!((&edited.id, edited.text.as_str()), (&written.id, "아주 조용하다"));
    refused(
        rating.put_comment(put(&unknown(), "x")).await,
        Code::NotFound,
        "movie_id",
    );
    refused(
        rating.put_comment(put(&movie, " ")).await,
        Code::InvalidArgument,
        "text",
    );

    let mine = |movie_ids: Vec<String>| request(GetMyCommentsRequest { movie_ids }, member);
    let found = rating
        .get_my_comments(mine(world.movies.clone()))
        .await
        .unwrap()
        .into_inner()
        .comments;
    assert_eq!(
        found.iter().map(|comment| &comment.id).collect::<Vec<_>>(),
        [&written.id]
    );
    let many = (0..51).map(|_| unknown()).collect();
    refused(
        rating.get_my_comments(mine(many)).await,
        Code::InvalidArgument,
        "movie_ids",
    );

    let by_id = |caller: &Caller| {
        let comment_ids = vec![written.id.clone(), unknown()];
        request(GetCommentsRequest { comment_ids }, caller)
    };
    assert_eq!(
        rating
            .get_comments(by_id(member))
            .await
            .unwrap()
            .into_inner()
            .comments
            .len(),
        1
    );
    let page = |cursor: &str| {
        let (movie_id, cursor) = (movie.clone(), cursor.to_owned());
        request(
            ListCommentsRequest {
                movie_id,
                cursor,
                limit: 20,
                ..Default::default()
            },
            member,
        )
    };
    refused(
        rating.list_comments(page("no cursor")).await,
        Code::InvalidArgument,
        "cursor",
    );
    let like = |comment_id: String| request(LikeCommentRequest { comment_id }, member);
    refused(rating.like_comment(like(unknown())).await, Code::NotFound, "comment_id");
    let reply = PutReplyRequest {
        comment_id: unknown(),
        reply_id: unknown(),
        text: "그래요".to_owned(),
    };
    refused(
        rating.put_reply(request(reply, member)).await,
        Code::NotFound,
        "comment_id",
    );

    for _ in 0..2 {
        let delete = DeleteCommentRequest {
            movie_id: movie.clone(),
        };
        rating.delete_comment(request(delete, member)).await.unwrap();
    }
    assert!(
        rating
            .get_my_comments(mine(vec![movie.clone()]))
            .await
            .unwrap()
            .into_inner()
            .comments
            .is_empty()
    );
}

/// Lists: ids from the client, visibility, order by version, likes.
pub async fn lists(world: &World) {
    let (mut lists, member, other) = (world.lists(), &world.member, &world.other);
    let list_id = unknown();
    let create = |title: &str| CreateListRequest {
        list_id: list_id.clone(),
        title: title.to_owned(),
        text: String::new(),
        is_public: false,
        movie_ids: world.movies[..2].to_vec(),
    };
    let made = lists
        .create_list(request(create("비 오는 날"), member))
        .await
        .unwrap()
        .into_inner()
        .list
        .unwrap();
    assert_eq!(
        (made.movie_count, made.like_count, made.member_id),
        (2, 0, world.member_id())
    );
    let again = lists
        .create_list(request(create("비 오는 날"), member))
        .await
        .unwrap()
        .into_inner()
        .list
        .unwrap();
    assert_eq!(
        (again.id, again.version),
        (made.id, made.version),
        "the same call again changes nothing"
    );
    refused(
        lists.create_list(request(create("다른 것"), member)).await,
        Code::AlreadyExists,
        "list_id",
    );
    refused(
        lists.create_list(request(create("다른 것"), other)).await,
        Code::NotFound,
        "list_id",
    );

    // A private list does not exist for others.
    let get = || GetListsRequest {
        list_ids: vec![list_id.clone(), unknown()],
    };
    assert_eq!(
        lists
            .get_lists(request(get(), member))
            .await
            .unwrap()
            .into_inner()
            .lists
            .len(),
        1
    );
    assert!(
        lists
            .get_lists(request(get(), other))
            .await
            .unwrap()
            .into_inner()
            .lists
            .is_empty()
    );
    let movies = || GetListMoviesRequest {
        list_id: list_id.clone(),
        ..Default::default()
    };
    refused(
        lists.get_list_movies(request(movies(), other)).await,
        Code::NotFound,
        "list_id",
    );
    let update = |is_public| UpdateListRequest {
        list_id: list_id.clone(),
        title: "비 오는 날에".to_owned(),
        text: "혼자서".to_owned(),
        is_public,
    };
    let shown = lists
        .update_list(request(update(true), member))
        .await
        .unwrap()
        .into_inner()
        .list
        .unwrap();
    assert_eq!((shown.title.as_str(), shown.is_public), ("비 오는 날에", true));
    refused(
        lists.update_list(request(update(false), other)).await,
        Code::PermissionDenied,
        "",
    );

    let add = |movie: usize| AddListMovieRequest {
        list_id: list_id.clone(),
        movie_id: world.movies[movie].clone(),
    };
    let added = lists
        .add_list_movie(request(add(2), member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(added.movie_count, 3);
    assert!(added.version > shown.version);
    let twice = lists
        .add_list_movie(request(add(2), member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (twice.movie_count, twice.version),
        (3, added.version),
        "it is in the list already"
    );
    let listed = lists
        .get_list_movies(request(movies(), other))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((listed.movie_ids.as_slice(), listed.total), (&world.movies[..3], 3));

    let order = |version| {
        let mut movie_ids = world.movies[..3].to_vec();
        movie_ids.reverse();
        OrderListMoviesRequest {
            list_id: list_id.clone(),
            movie_ids,
            version,
        }
    };
    refused(
        lists.order_list_movies(request(order(added.version - 1), member)).await,
        Code::AlreadyExists,
        "version",
    );
    let ordered = lists
        .order_list_movies(request(order(added.version), member))
        .await
        .unwrap()
        .into_inner();
    assert!(ordered.version > added.version);
    let remove = RemoveListMovieRequest {
        list_id: list_id.clone(),
        movie_id: world.movies[0].clone(),
    };
    let removed = lists
        .remove_list_movie(request(remove, member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(removed.movie_count, 2);

    let like = || LikeListRequest {
        list_id: list_id.clone(),
    };
    refused(
        lists.like_list(request(like(), member)).await,
        Code::PermissionDenied,
        "",
    );
    for _ in 0..2 {
        let liked = lists.like_list(request(like(), other)).await.unwrap().into_inner();
        assert_eq!(liked.like_count, 1, "a second like is none");
    }
    let found = lists
        .get_lists(request(get(), other))
        .await
        .unwrap()
        .into_inner()
        .lists
        .remove(0);
    assert!(found.liked);
    for _ in 0..2 {
        let unlike = UnlikeListRequest {
            list_id: list_id.clone(),
        };
        assert_eq!(
            lists
                .unlike_list(request(unlike, other))
                .await
                .unwrap()
                .into_inner()
                .like_count,
            0
        );
    }
    let own = ListMemberListsRequest {
        contains_movie_id: world.movies[2].clone(),
        ..Default::default()
    };
    let own = lists
        .list_member_lists(request(own, member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((own.total, own.lists[0].contains_movie), (1, true));
    for _ in 0..2 {
        let delete = DeleteListRequest {
            list_id: list_id.clone(),
        };
        lists.delete_list(request(delete, member)).await.unwrap();
    }
    assert!(
        lists
            .get_lists(request(get(), member))
            .await
            .unwrap()
            .into_inner()
            .lists
            .is_empty()
    );
}

/// The diary: ids from the client, days, tags.
pub async fn watches(world: &World) {
    let (mut watches, member) = (world.watches(), &world.member);
    let watch = Watch {
        id: unknown(),
        movie_id: world.movies[0].clone(),
        watched_on: "2024-05-01".to_owned(),
        rewatch: true,
        tags: vec![" 극장 ".to_owned(), "극장".to_owned()],
    };
    let put = |watch: Watch| request(PutWatchRequest { watch: Some(watch) }, member);
    for _ in 0..2 {
        let kept = watches
            .put_watch(put(watch.clone()))
            .await
            .unwrap()
            .into_inner()
            .watch
            .unwrap();
        assert_eq!(kept.tags, ["극장"], "tags come back trimmed, each once");
    }
    let elsewhere = Watch {
        id: unknown(),
        movie_id: unknown(),
        ..watch.clone()
    };
    refused(watches.put_watch(put(elsewhere)).await, Code::NotFound, "movie_id");
    let never = Watch {
        id: unknown(),
        watched_on: "2024-13-01".to_owned(),
        ..watch.clone()
    };
    refused(watches.put_watch(put(never)).await, Code::InvalidArgument, "watched_on");
    let list = |tag: &str| {
        let tag = tag.to_owned();
        request(
            ListWatchesRequest {
                tag,
                ..Default::default()
            },
            member,
        )
    };
    assert_eq!(watches.list_watches(list("")).await.unwrap().into_inner().total, 1);
    assert_eq!(watches.list_watches(list("극장")).await.unwrap().into_inner().total, 1);
    assert_eq!(watches.list_watches(list("집")).await.unwrap().into_inner().total, 0);
    let count = || {
        request(
            CountWatchesRequest {
                movie_ids: world.movies.clone(),
            },
            member,
        )
    };
    let counted = watches.count_watches(count()).await.unwrap().into_inner().counts;
    let counted: Vec<_> = counted.iter().map(|one| (&one.movie_id, one.count)).collect();
    assert_eq!(counted, [(&world.movies[0], 1)], "a movie never watched is left out");
    for _ in 0..2 {
        let delete = DeleteWatchRequest {
            watch_id: watch.id.clone(),
        };
        watches.delete_watch(request(delete, member)).await.unwrap();
    }
    assert!(
        watches
            .count_watches(count())
            .await
            .unwrap()
            .into_inner()
            .counts
            .is_empty()
    );
}

/// The catalogue leaves out what it does not know.
pub async fn movies(world: &World) {
    let (mut movie, anyone) = (world.movie(), &Caller::Anonymous);
    let message = GetMoviesRequest {
        ids: vec![world.movies[0].clone(), unknown()],
    };
    let found = movie
        .get_movies(request(message, anyone))
        .await
        .unwrap()
        .into_inner()
        .movies;
    assert_eq!(
        found.iter().map(|movie| &movie.id).collect::<Vec<_>>(),
        [&world.movies[0]]
    );

    let search = |among, cursor: &str| {
        let cursor = cursor.to_owned();
        request(
            SearchMoviesRequest {
                limit: 2,
                among,
                cursor,
                ..Default::default()
            },
            anyone,
        )
    };
    assert_eq!(
        movie
            .search_movies(search(None, ""))
            .await
            .unwrap()
            .into_inner()
            .movies
            .len(),
        2
    );
    let only = Among::Only(MovieSet {
        movie_ids: vec![world.movies[2].clone()],
    });
    let found = movie
        .search_movies(search(Some(only), ""))
        .await
        .unwrap()
        .into_inner()
        .movies;
    assert_eq!(
        found.iter().map(|movie| &movie.id).collect::<Vec<_>>(),
        [&world.movies[2]]
    );
    refused(
        movie.search_movies(search(None, "no cursor")).await,
        Code::InvalidArgument,
        "cursor",
    );

    let people = GetPeopleRequest { ids: vec![unknown()] };
    assert!(
        movie
            .get_people(request(people, anyone))
            .await
            .unwrap()
            .into_inner()
            .people
            .is_empty()
    );
    let filmography = ListFilmographyRequest {
        person_id: unknown(),
        limit: 20,
        ..Default::default()
    };
    refused(
        movie.list_filmography(request(filmography, anyone)).await,
        Code::NotFound,
        "",
    );
    let clue = |movie_id: String| MovieClue {
        movie_id,
        ..Default::default()
    };
    let message = MatchMoviesRequest {
        clues: vec![clue(world.movies[0].clone()), clue(unknown())],
    };
    let matched = movie
        .match_movies(request(message, &world.member))
        .await
        .unwrap()
        .into_inner()
        .movie_ids;
    assert_eq!(
        matched,
        [world.movies[0].clone(), String::new()],
        "an answer for each clue, in order"
    );
    let suggest = SuggestRequest {
        query: "x".repeat(201),
        ..Default::default()
    };
    refused(
        movie.suggest(request(suggest, anyone)).await,
        Code::InvalidArgument,
        "query",
    );
}

/// Before ten ratings nothing is predicted.
pub async fn predictions(world: &World) {
    let (mut recommendation, member) = (world.recommendation(), &world.member);
    let predict = PredictRequest {
        movie_ids: world.movies.clone(),
    };
    let predicted = recommendation
        .predict(request(predict, member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((predicted.rated_count, predicted.unlock_at), (0, 10));
    let list = ListPredictedRequest {
        limit: 5,
        ..Default::default()
    };
    let listed = recommendation
        .list_predicted(request(list, member))
        .await
        .unwrap()
        .into_inner();
    assert!(listed.predictions.is_empty() && listed.next_cursor.is_empty());
    assert_eq!((listed.rated_count, listed.unlock_at), (0, 10));
    let similar = SimilarRequest {
        movie_id: world.movies[0].clone(),
        ..Default::default()
    };
    let similar = recommendation
        .similar(request(similar, &Caller::Anonymous))
        .await
        .unwrap()
        .into_inner();
    assert!(!similar.movie_ids.contains(&world.movies[0]));
    let to_rate = ListToRateRequest {
        limit: 2,
        ..Default::default()
    };
    let to_rate = recommendation
        .list_to_rate(request(to_rate, member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(to_rate.movie_ids.len(), 2);
    let own = GetMatchRequest {
        member_id: world.member_id(),
    };
    refused(
        recommendation.get_match(request(own, member)).await,
        Code::InvalidArgument,
        "member_id",
    );
}

/// Members as others see them, settings, follows.
pub async fn members(world: &World) {
    let (mut user, member, other) = (world.user(), &world.member, &world.other);
    let message = GetMembersRequest {
        ids: vec![world.member_id()],
    };
    let found = user
        .get_members(request(message, other))
        .await
        .unwrap()
        .into_inner()
        .members;
    assert_eq!(
        (found[0].id.clone(), found[0].handle.clone()),
        (world.member_id(), world.handle.clone())
    );
    assert_eq!(found[0].email, "", "an email is shown to its owner only");
    let message = GetMembersByHandleRequest {
        handles: vec![world.handle.clone(), "nobody_of_that_name".to_owned()],
    };
    let found = user
        .get_members_by_handle(request(message, other))
        .await
        .unwrap()
        .into_inner()
        .members;
    assert_eq!(
        found.iter().map(|member| &member.handle).collect::<Vec<_>>(),
        [&world.handle]
    );

    let keys = user
        .get_signing_keys(request(GetSigningKeysRequest {}, &Caller::Anonymous))
        .await
        .unwrap();
    let keys: serde_json::Value = serde_json::from_str(&keys.into_inner().jwks_json).unwrap();
    assert!(!keys["keys"].as_array().unwrap().is_empty());
    // The gateway refreshes a session in its own name.
    let refresh = RefreshRequest {
        refresh_token: "no such token".to_owned(),
        ..Default::default()
    };
    refused(
        user.refresh(tonic::Request::new(refresh)).await,
        Code::Unauthenticated,
        "",
    );
    let search = SearchMembersRequest {
        query: world.handle.clone(),
        cursor: "no cursor".to_owned(),
        limit: 5,
    };
    refused(
        user.search_members(request(search, other)).await,
        Code::InvalidArgument,
        "cursor",
    );

    let before = user
        .get_settings(request(GetSettingsRequest {}, member))
        .await
        .unwrap()
        .into_inner()
        .settings;
    let mut changed = before.unwrap();
    "Minsu".clone_into(&mut changed.display_name);
    let put = PutSettingsRequest {
        settings: Some(changed.clone()),
    };
    user.put_settings(request(put, member)).await.unwrap();
    let after = user
        .get_settings(request(GetSettingsRequest {}, member))
        .await
        .unwrap()
        .into_inner()
        .settings;
    assert_eq!(after, Some(changed));

    let follow = |member_id: String| FollowRequest { member_id };
    refused(
        user.follow(request(follow(world.member_id()), member)).await,
        Code::InvalidArgument,
        "member_id",
    );
    for _ in 0..2 {
        let followed = user
            .follow(request(follow(world.other_id()), member))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(followed.follower_count, 1, "a second follow is none");
    }
    let profiles = || GetProfilesRequest {
        member_ids: vec![world.other_id()],
    };
    let profile = user
        .get_profiles(request(profiles(), member))
        .await
        .unwrap()
        .into_inner()
        .profiles
        .remove(0);
    assert_eq!((profile.follower_count, profile.followed), (1, true));
    for _ in 0..2 {
        let unfollow = UnfollowRequest {
            member_id: world.other_id(),
        };
        assert_eq!(
            user.unfollow(request(unfollow, member))
                .await
                .unwrap()
                .into_inner()
                .follower_count,
            0
        );
    }
}
