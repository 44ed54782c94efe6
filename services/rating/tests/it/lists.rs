//! Lists of movies: content, visibility, and concurrent changes.

use futures::future::join_all;
use matcha_protos::rating::v1::{
    AddListMovieRequest, CreateListRequest, DeleteListRequest, GetListMoviesRequest, GetListsRequest, LikeListRequest,
    List, ListMemberListsRequest, ListMovieListsRequest, OrderListMoviesRequest, RemoveListMovieRequest,
    SearchListsRequest, UnlikeListRequest, UpdateListRequest,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Person, Rating};

/// Creates a public list.
pub(crate) fn draft(title: &str, movies: &[Uuid]) -> CreateListRequest {
    CreateListRequest {
        list_id: Uuid::now_v7().to_string(),
        title: title.to_owned(),
        is_public: true,
        movie_ids: movies.iter().map(Uuid::to_string).collect(),
        ..CreateListRequest::default()
    }
}

pub(crate) async fn create(rating: &Rating, person: &Person, draft: CreateListRequest) -> Result<List, Status> {
    let answer = rating.lists().create_list(person.request(draft)).await?;
    Ok(answer.into_inner().list.unwrap())
}

pub(crate) async fn make(rating: &Rating, person: &Person, title: &str, movies: &[Uuid]) -> String {
    create(rating, person, draft(title, movies)).await.unwrap().id
}

pub(crate) async fn update(
    rating: &Rating,
    person: &Person,
    id: &str,
    title: &str,
    is_public: bool,
) -> Result<List, Status> {
    let message = UpdateListRequest {
        list_id: id.to_owned(),
        title: title.to_owned(),
        text: String::new(),
        is_public,
    };
    let answer = rating.lists().update_list(person.request(message)).await?;
    Ok(answer.into_inner().list.unwrap())
}

pub(crate) async fn find(rating: &Rating, person: &Person, id: &str) -> Option<List> {
    let list_ids = vec![id.to_owned()];
    let answer = rating
        .lists()
        .get_lists(person.request(GetListsRequest { list_ids }))
        .await;
    answer.unwrap().into_inner().lists.pop()
}

pub(crate) async fn add(rating: &Rating, person: &Person, id: &str, movie: Uuid) -> Result<i64, Status> {
    let message = AddListMovieRequest {
        list_id: id.to_owned(),
        movie_id: movie.to_string(),
    };
    let answer = rating.lists().add_list_movie(person.request(message)).await?;
    Ok(answer.into_inner().movie_count)
}

async fn remove(rating: &Rating, person: &Person, id: &str, movie: Uuid) -> Result<i64, Status> {
    let message = RemoveListMovieRequest {
        list_id: id.to_owned(),
        movie_id: movie.to_string(),
    };
    let answer = rating.lists().remove_list_movie(person.request(message)).await?;
    Ok(answer.into_inner().movie_count)
}

/// All movies in their order, and the version of the list.
pub(crate) async fn movies(rating: &Rating, person: &Person, id: &str) -> Result<(Vec<Uuid>, i64), Status> {
    let message = GetListMoviesRequest {
        list_id: id.to_owned(),
        limit: 500,
        ..GetListMoviesRequest::default()
    };
    let answer = rating
        .lists()
        .get_list_movies(person.request(message))
        .await?
        .into_inner();
    let movies = answer.movie_ids.iter().map(|id| id.parse().unwrap());
    Ok((movies.collect(), answer.version))
}

async fn order(rating: &Rating, person: &Person, id: &str, wanted: &[Uuid], version: i64) -> Result<i64, Status> {
    let message = OrderListMoviesRequest {
        list_id: id.to_owned(),
        movie_ids: wanted.iter().map(Uuid::to_string).collect(),
        version,
    };
    let answer = rating.lists().order_list_movies(person.request(message)).await?;
    Ok(answer.into_inner().version)
}

pub(crate) async fn like(rating: &Rating, person: &Person, id: &str) -> Result<i64, Status> {
    let list_id = id.to_owned();
    let answer = rating
        .lists()
        .like_list(person.request(LikeListRequest { list_id }))
        .await?;
    Ok(answer.into_inner().like_count)
}

pub(crate) async fn unlike(rating: &Rating, person: &Person, id: &str) -> Result<i64, Status> {
    let list_id = id.to_owned();
    let answer = rating
        .lists()
        .unlike_list(person.request(UnlikeListRequest { list_id }))
        .await?;
    Ok(answer.into_inner().like_count)
}

pub(crate) async fn of_member(rating: &Rating, person: &Person, member: &str) -> Vec<List> {
    let message = ListMemberListsRequest {
        member_id: member.to_owned(),
        ..ListMemberListsRequest::default()
    };
    let answer = rating
        .lists()
        .list_member_lists(person.request(message))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(usize::try_from(answer.total).unwrap(), answer.lists.len());
    answer.lists
}

/// Titles of the public lists that contain this movie, two a page.
async fn with_movie(rating: &Rating, person: &Person, movie: Uuid) -> Vec<String> {
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let message = ListMovieListsRequest {
            movie_id: movie.to_string(),
            cursor,
            limit: 2,
        };
        let answer = rating
            .lists()
            .list_movie_lists(person.request(message))
            .await
            .unwrap()
            .into_inner();
        titles.extend(answer.lists.into_iter().map(|list| list.title));
        if answer.next_cursor.is_empty() {
            assert_eq!(usize::try_from(answer.total).unwrap(), titles.len());
            return titles;
        }
        cursor = answer.next_cursor;
    }
}

/// Titles of the search results, one a page.
async fn search(rating: &Rating, person: &Person, query: &str) -> Vec<String> {
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    loop {
        let message = SearchListsRequest {
            query: query.to_owned(),
            cursor,
            limit: 1,
        };
        let answer = rating
            .lists()
            .search_lists(person.request(message))
            .await
            .unwrap()
            .into_inner();
        titles.extend(answer.lists.into_iter().map(|list| list.title));
        if answer.next_cursor.is_empty() {
            return titles;
        }
        cursor = answer.next_cursor;
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, field: &str) {
    let status = result.unwrap_err();
    assert_eq!(status.code(), code, "{status:?}");
    let named = status.metadata().get("matcha-field").map(|name| name.to_str().unwrap());
    assert_eq!(named.unwrap_or_default(), field, "{status:?}");
}

#[tokio::test]
async fn a_created_list_is_stored_and_changed() {
    let rating = Rating::start().await;
    let mina = Person::member();
    let [first, second, third] = rating.movies().await;
    let draft = CreateListRequest {
        title: "  비 오는 날  ".to_owned(),
        text: "창밖을 보며\r\n천천히".to_owned(),
        ..draft("", &[second, first])
    };
    let list = create(&rating, &mina, draft).await.unwrap();
    assert_eq!(
        (list.title.as_str(), list.text.as_str()),
        ("비 오는 날", "창밖을 보며\n천천히")
    );
    assert_eq!((list.movie_count, list.like_count, list.liked), (2, 0, false));
    assert_eq!(list.first_movie_ids, [second.to_string(), first.to_string()]);

    assert_eq!(add(&rating, &mina, &list.id, third).await.unwrap(), 3);
    assert_eq!(remove(&rating, &mina, &list.id, second).await.unwrap(), 2);
    let (held, version) = movies(&rating, &Person::visitor(), &list.id).await.unwrap();
    assert_eq!(held, [first, third]);
    assert_eq!(version, find(&rating, &mina, &list.id).await.unwrap().version);
    rating.end().await;
}

#[tokio::test]
async fn every_write_is_idempotent() {
    let rating = Rating::start().await;
    let (mina, jun) = (Person::member(), Person::member());
    let [first, second] = rating.movies().await;
    let draft = draft("Twice", &[first]);
    let list = create(&rating, &mina, draft.clone()).await.unwrap();
    update(&rating, &mina, &list.id, "Renamed", true).await.unwrap();
    // A repeated creation makes no second list and reverts no change.
    assert_eq!(create(&rating, &mina, draft.clone()).await.unwrap().title, "Renamed");
    assert_eq!(of_member(&rating, &mina, "").await.len(), 1);
    refused(
        create(&rating, &jun, draft.clone()).await,
        Code::AlreadyExists,
        "list_id",
    );
    // With other movies or another text it is another list, and the id is a conflict.
    for other in [
        CreateListRequest {
            movie_ids: vec![second.to_string()],
            ..draft.clone()
        },
        CreateListRequest {
            movie_ids: Vec::new(),
            ..draft.clone()
        },
        CreateListRequest {
            title: "Renamed".to_owned(),
            ..draft.clone()
        },
        CreateListRequest {
            is_public: false,
            ..draft
        },
    ] {
        refused(create(&rating, &mina, other).await, Code::AlreadyExists, "list_id");
    }

    for _ in 0..2 {
        assert_eq!(add(&rating, &mina, &list.id, second).await.unwrap(), 2);
    }
    let (_, version) = movies(&rating, &mina, &list.id).await.unwrap();
    let ordered = order(&rating, &mina, &list.id, &[second, first], version)
        .await
        .unwrap();
    assert_eq!(ordered, version + 1);
    // A repeated order succeeds although its version is old.
    assert_eq!(
        order(&rating, &mina, &list.id, &[second, first], version)
            .await
            .unwrap(),
        ordered
    );
    for _ in 0..2 {
        assert_eq!(remove(&rating, &mina, &list.id, first).await.unwrap(), 1);
    }
    for _ in 0..2 {
        let list_id = list.id.clone();
        let deleted = rating
            .lists()
            .delete_list(mina.request(DeleteListRequest { list_id }))
            .await;
        deleted.unwrap();
    }
    assert!(find(&rating, &mina, &list.id).await.is_none());
    rating.end().await;
}

#[tokio::test]
async fn another_members_private_list_is_not_found() {
    let rating = Rating::start().await;
    let (mina, jun) = (Person::member(), Person::member());
    let [movie, other] = rating.movies().await;
    let id = make(&rating, &mina, "Secret thoughts", &[movie]).await;
    assert_eq!(like(&rating, &jun, &id).await.unwrap(), 1);
    update(&rating, &mina, &id, "Secret thoughts", false).await.unwrap();

    for stranger in [&jun, &Person::visitor()] {
        assert!(find(&rating, stranger, &id).await.is_none());
        refused(movies(&rating, stranger, &id).await, Code::NotFound, "list_id");
        assert!(of_member(&rating, stranger, &mina.id().to_string()).await.is_empty());
        assert!(with_movie(&rating, stranger, movie).await.is_empty());
        assert!(search(&rating, stranger, "secret").await.is_empty());
    }
    refused(like(&rating, &jun, &id).await, Code::NotFound, "list_id");
    refused(unlike(&rating, &jun, &id).await, Code::NotFound, "list_id");
    refused(add(&rating, &jun, &id, other).await, Code::NotFound, "list_id");
    refused(remove(&rating, &jun, &id, movie).await, Code::NotFound, "list_id");
    refused(order(&rating, &jun, &id, &[movie], 1).await, Code::NotFound, "list_id");
    refused(
        update(&rating, &jun, &id, "Mine now", true).await,
        Code::NotFound,
        "list_id",
    );
    let same_id = CreateListRequest {
        list_id: id.clone(),
        ..draft("Mine now", &[movie])
    };
    refused(create(&rating, &jun, same_id).await, Code::NotFound, "list_id");
    // Deleting an invisible or unknown list succeeds and deletes nothing.
    let list_id = id.clone();
    rating
        .lists()
        .delete_list(jun.request(DeleteListRequest { list_id }))
        .await
        .unwrap();

    let list = find(&rating, &mina, &id).await.unwrap();
    assert_eq!(
        (list.title.as_str(), list.like_count, list.movie_count),
        ("Secret thoughts", 1, 1)
    );
    // A search finds public lists only, also for the owner.
    assert!(search(&rating, &mina, "secret").await.is_empty());
    update(&rating, &mina, &id, "Secret thoughts", true).await.unwrap();
    assert_eq!(search(&rating, &jun, "secret").await, ["Secret thoughts"]);
    rating.end().await;
}

#[tokio::test]
async fn only_the_owner_changes_a_public_list() {
    let rating = Rating::start().await;
    let (mina, jun) = (Person::member(), Person::member());
    let [movie, other] = rating.movies().await;
    let id = make(&rating, &mina, "Look, do not touch", &[movie]).await;
    refused(add(&rating, &jun, &id, other).await, Code::PermissionDenied, "");
    refused(remove(&rating, &jun, &id, movie).await, Code::PermissionDenied, "");
    refused(order(&rating, &jun, &id, &[movie], 1).await, Code::PermissionDenied, "");
    refused(
        update(&rating, &jun, &id, "Mine now", true).await,
        Code::PermissionDenied,
        "",
    );
    let list_id = id.clone();
    let deleted = rating
        .lists()
        .delete_list(jun.request(DeleteListRequest { list_id }))
        .await;
    refused(deleted, Code::PermissionDenied, "");
    refused(
        add(&rating, &Person::visitor(), &id, other).await,
        Code::Unauthenticated,
        "",
    );
    let list = find(&rating, &jun, &id).await.unwrap();
    assert_eq!((list.title.as_str(), list.movie_count), ("Look, do not touch", 1));
    rating.end().await;
}

#[tokio::test]
async fn of_two_concurrent_orders_of_a_list_the_second_is_a_conflict() {
    let rating = Rating::start().await;
    let mina = Person::member();
    let [first, second, third] = rating.movies().await;
    let id = make(&rating, &mina, "Two tabs", &[first, second]).await;
    let (_, seen) = movies(&rating, &mina, &id).await.unwrap();
    order(&rating, &mina, &id, &[second, first], seen).await.unwrap();
    add(&rating, &mina, &id, third).await.unwrap();
    // The other tab knows neither the new order nor the new movie.
    refused(
        order(&rating, &mina, &id, &[first, second], seen).await,
        Code::AlreadyExists,
        "version",
    );
    let (held, version) = movies(&rating, &mina, &id).await.unwrap();
    assert_eq!(held, [second, first, third]);
    // Even with the right version, an order must name all movies once each.
    for wrong in [
        &[first, second][..],
        &[first, second, Uuid::now_v7()],
        &[first, first, second],
    ] {
        refused(
            order(&rating, &mina, &id, wrong, version).await,
            Code::InvalidArgument,
            "movie_ids",
        );
    }
    order(&rating, &mina, &id, &[third, first, second], version)
        .await
        .unwrap();
    assert_eq!(movies(&rating, &mina, &id).await.unwrap().0, [third, first, second]);
    rating.end().await;
}

#[tokio::test]
async fn a_like_counts_once_per_member_and_never_for_the_owner() {
    let rating = Rating::with_replicas(2).await;
    let mina = Person::member();
    let id = make(&rating, &mina, "Liked", &[]).await;
    refused(like(&rating, &mina, &id).await, Code::PermissionDenied, "");
    let people: Vec<Person> = (0..8).map(|_| Person::member()).collect();
    // Three times each, concurrently, through both replicas.
    let likes = people
        .iter()
        .flat_map(|person| (0..3).map(|_| like(&rating, person, &id)));
    for counted in join_all(likes).await {
        assert!((1..=8).contains(&counted.unwrap()));
    }
    let list = find(&rating, &people[0], &id).await.unwrap();
    assert_eq!((list.like_count, list.liked), (8, true));
    let unlikes = people[..3]
        .iter()
        .flat_map(|person| (0..3).map(|_| unlike(&rating, person, &id)));
    for counted in join_all(unlikes).await {
        counted.unwrap();
    }
    let list = find(&rating, &people[0], &id).await.unwrap();
    assert_eq!((list.like_count, list.liked), (5, false));
    rating.end().await;
}

#[tokio::test]
async fn movies_added_and_removed_concurrently_are_counted_right() {
    let rating = Rating::with_replicas(2).await;
    let mina = Person::member();
    let all: [Uuid; 12] = rating.movies().await;
    let id = make(&rating, &mina, "Busy", &all[..4]).await;
    let added = join_all(all.iter().map(|&movie| add(&rating, &mina, &id, movie)));
    let removed = join_all(all[..4].iter().map(|&movie| remove(&rating, &mina, &id, movie)));
    let (added, removed) = tokio::join!(added, removed);
    for counted in added.into_iter().chain(removed) {
        counted.unwrap();
    }
    let (held, _) = movies(&rating, &mina, &id).await.unwrap();
    let list = find(&rating, &mina, &id).await.unwrap();
    assert_eq!(usize::try_from(list.movie_count).unwrap(), held.len());
    assert!(all[4..].iter().all(|movie| held.contains(movie)));
    rating.end().await;
}

#[tokio::test]
async fn invalid_lists_are_rejected_with_their_field() {
    let rating = Rating::start().await;
    let mina = Person::member();
    let [movie] = rating.movies().await;
    let with = |change: &dyn Fn(&mut CreateListRequest)| {
        let mut request = draft("A title", &[]);
        change(&mut request);
        create(&rating, &mina, request)
    };
    for title in [
        "",
        "  ",
        "\u{200b}",
        "two\nlines",
        "abc\u{202e}cba",
        "ab\u{2066}c",
        &"가".repeat(101),
    ] {
        refused(
            with(&|draft| draft.title = title.to_owned()).await,
            Code::InvalidArgument,
            "title",
        );
    }
    with(&|draft| draft.title = "가나".repeat(50)).await.unwrap();
    for title in ["مرحبا", "❤️‍🔥 영화"] {
        with(&|draft| draft.title = title.to_owned()).await.unwrap();
    }
    refused(
        with(&|draft| draft.text = "a".repeat(2001)).await,
        Code::InvalidArgument,
        "text",
    );
    refused(
        with(&|draft| draft.text = "a\u{7}".to_owned()).await,
        Code::InvalidArgument,
        "text",
    );
    with(&|draft| draft.text = "가나".repeat(1000)).await.unwrap();
    for nobodys in ["1", &Uuid::nil().to_string(), &Uuid::max().to_string()] {
        refused(
            with(&|draft| draft.list_id = nobodys.to_owned()).await,
            Code::InvalidArgument,
            "list_id",
        );
    }
    let twice = with(&|draft| draft.movie_ids = vec![movie.to_string(); 2]).await;
    refused(twice, Code::InvalidArgument, "movie_ids");
    let unknown = Uuid::now_v7();
    refused(
        with(&|draft| draft.movie_ids = vec![unknown.to_string()]).await,
        Code::NotFound,
        "movie_id",
    );
    let id = make(&rating, &mina, "Known", &[]).await;
    refused(add(&rating, &mina, &id, unknown).await, Code::NotFound, "movie_id");
    refused(
        add(&rating, &mina, &Uuid::now_v7().to_string(), movie).await,
        Code::NotFound,
        "list_id",
    );
    let foreign = SearchListsRequest {
        query: "known".to_owned(),
        cursor: "x".to_owned(),
        limit: 0,
    };
    refused(
        rating.lists().search_lists(mina.request(foreign)).await,
        Code::InvalidArgument,
        "cursor",
    );
    rating.end().await;
}

#[tokio::test]
async fn a_list_holds_five_hundred_movies_and_a_member_two_hundred_lists() {
    let rating = Rating::start().await;
    let mina = Person::member();
    let known: Vec<Uuid> = (0..501).map(|_| Uuid::now_v7()).collect();
    sqlx::query("insert into known_movies (movie_id) select * from unnest($1::uuid[])")
        .bind(&known)
        .execute(&rating.db)
        .await
        .unwrap();
    let id = make(&rating, &mina, "Full", &known[..500]).await;
    refused(
        add(&rating, &mina, &id, known[500]).await,
        Code::AlreadyExists,
        "movie_ids",
    );
    // A movie that the list has already does not exceed the limit.
    assert_eq!(add(&rating, &mina, &id, known[0]).await.unwrap(), 500);
    assert_eq!(movies(&rating, &mina, &id).await.unwrap().0, known[..500]);
    assert_eq!(remove(&rating, &mina, &id, known[7]).await.unwrap(), 499);
    assert_eq!(add(&rating, &mina, &id, known[500]).await.unwrap(), 500);

    for number in 1..200 {
        make(&rating, &mina, &format!("List {number}"), &[]).await;
    }
    refused(
        create(&rating, &mina, draft("One more", &[])).await,
        Code::AlreadyExists,
        "",
    );
    let others = make(&rating, &Person::member(), "Somebody else's", &[]).await;
    assert!(find(&rating, &mina, &others).await.is_some());
    rating.end().await;
}

#[tokio::test]
async fn a_members_lists_say_which_of_them_contain_a_movie() {
    let rating = Rating::start().await;
    let mina = Person::member();
    let [movie, other] = rating.movies().await;
    make(&rating, &mina, "With", &[other, movie]).await;
    make(&rating, &mina, "Without", &[other]).await;
    let message = ListMemberListsRequest {
        contains_movie_id: movie.to_string(),
        ..ListMemberListsRequest::default()
    };
    let answer = rating
        .lists()
        .list_member_lists(mina.request(message))
        .await
        .unwrap()
        .into_inner();
    let lists = answer
        .lists
        .iter()
        .map(|list| (list.title.as_str(), list.contains_movie));
    assert_eq!(lists.collect::<Vec<_>>(), [("Without", false), ("With", true)]);
    rating.end().await;
}

#[tokio::test]
async fn lists_that_contain_a_movie_are_sorted_by_likes() {
    let rating = Rating::start().await;
    let (mina, jun, sora) = (Person::member(), Person::member(), Person::member());
    let [movie, other] = rating.movies().await;
    for (title, movies, fans) in [
        ("one", &[movie][..], &[&jun][..]),
        ("two", &[other, movie], &[&jun, &sora]),
        ("none", &[movie], &[]),
        ("without it", &[other], &[&jun, &sora]),
    ] {
        let id = make(&rating, &mina, title, movies).await;
        for fan in fans {
            like(&rating, fan, &id).await.unwrap();
        }
    }
    assert_eq!(
        with_movie(&rating, &Person::visitor(), movie).await,
        ["two", "one", "none"]
    );
    rating.end().await;
}

#[tokio::test]
async fn a_search_accepts_half_typed_syllables_and_ranks_the_exact_title_first() {
    let rating = Rating::start().await;
    let (mina, jun) = (Person::member(), Person::member());
    for title in ["명작", "내 인생의 명작", "명작선", "Rainy Day, Movies", "rainy"] {
        make(&rating, &mina, title, &[]).await;
    }
    let liked = of_member(&rating, &jun, &mina.id().to_string()).await;
    let liked = liked.iter().find(|list| list.title == "내 인생의 명작").unwrap();
    like(&rating, &jun, &liked.id).await.unwrap();
    // Prefix matches rank before more likes.
    assert_eq!(
        search(&rating, &jun, "명작").await,
        ["명작", "명작선", "내 인생의 명작"]
    );
    assert_eq!(search(&rating, &jun, "명자").await.len(), 3);
    assert_eq!(search(&rating, &jun, "인생의명").await, ["내 인생의 명작"]);
    assert_eq!(search(&rating, &jun, "RAINY").await, ["rainy", "Rainy Day, Movies"]);
    // Initial consonants: the exact match first.
    assert_eq!(
        search(&rating, &jun, "ㅁㅈ").await,
        ["명작", "명작선", "내 인생의 명작"]
    );
    assert_eq!(search(&rating, &jun, "ㅇㅅㅇㅁ").await, ["내 인생의 명작"]);
    assert_eq!(search(&rating, &jun, "ㄴ ㅇㅅㅇ").await, ["내 인생의 명작"]);
    assert!(search(&rating, &jun, "ㅈㅁ").await.is_empty());
    // A query may be longer than a cursor.
    let long = "밝은닭".repeat(33);
    for end in ["가", "나"] {
        make(&rating, &mina, &format!("{long}{end}"), &[]).await;
    }
    assert_eq!(search(&rating, &jun, &long).await.len(), 2);
    for nothing in ["", " !?", "%", "작명", "rainy movies"] {
        assert!(search(&rating, &jun, nothing).await.is_empty(), "{nothing}");
    }
    rating.end().await;
}

#[tokio::test]
async fn a_list_that_the_filters_reject_cannot_be_public() {
    let rating = Rating::start().await;
    let mina = Person::member();
    let spam = "buy now http://a.example http://b.example http://c.example http://d.example";
    let public = CreateListRequest {
        text: spam.to_owned(),
        ..draft("Offers", &[])
    };
    refused(
        create(&rating, &mina, public.clone()).await,
        Code::InvalidArgument,
        "text",
    );
    // Private lists are not moderated, but cannot be made public then.
    let private = CreateListRequest {
        is_public: false,
        ..public
    };
    let id = create(&rating, &mina, private).await.unwrap().id;
    let open = UpdateListRequest {
        list_id: id.clone(),
        title: "Offers".to_owned(),
        text: spam.to_owned(),
        is_public: true,
    };
    refused(
        rating.lists().update_list(mina.request(open)).await,
        Code::InvalidArgument,
        "text",
    );
    assert!(!find(&rating, &mina, &id).await.unwrap().is_public);
    rating.end().await;
}

#[tokio::test]
async fn a_cursor_of_another_page_of_lists_is_rejected() {
    let rating = Rating::start().await;
    let (mina, jun) = (Person::member(), Person::member());
    let [one, two] = rating.movies().await;
    let id = make(&rating, &mina, "명작", &[one, two]).await;
    make(&rating, &mina, "명작선", &[one, two]).await;
    let of = |member: &Person, cursor: &str| ListMemberListsRequest {
        member_id: member.id().to_string(),
        cursor: cursor.to_owned(),
        limit: 1,
        ..ListMemberListsRequest::default()
    };
    let with = |movie: Uuid, cursor: &str| ListMovieListsRequest {
        movie_id: movie.to_string(),
        cursor: cursor.to_owned(),
        limit: 1,
    };
    let found = |query: &str, cursor: &str| SearchListsRequest {
        query: query.to_owned(),
        cursor: cursor.to_owned(),
        limit: 1,
    };
    let within = |list: &str, cursor: &str| GetListMoviesRequest {
        list_id: list.to_owned(),
        cursor: cursor.to_owned(),
        limit: 1,
    };
    let mut lists = rating.lists();
    let first = lists.list_member_lists(jun.request(of(&mina, ""))).await;
    let of_mina = first.unwrap().into_inner().next_cursor;
    let first = lists.list_movie_lists(jun.request(with(one, ""))).await;
    let with_one = first.unwrap().into_inner().next_cursor;
    let first = lists.search_lists(jun.request(found("명작", ""))).await;
    let found_so = first.unwrap().into_inner().next_cursor;
    let first = lists.get_list_movies(jun.request(within(&id, ""))).await;
    let in_list = first.unwrap().into_inner().next_cursor;
    for cursor in [&of_mina, &with_one, &found_so, &in_list] {
        assert!(!cursor.is_empty());
    }
    let elsewhere = |cursor: &str, own: &str| cursor != own;
    for cursor in [&of_mina, &with_one, &found_so, &in_list] {
        let (asked, own) = (lists.list_member_lists(jun.request(of(&mina, cursor))).await, &of_mina);
        assert_eq!(asked.is_err(), elsewhere(cursor, own));
        let (asked, own) = (lists.list_movie_lists(jun.request(with(one, cursor))).await, &with_one);
        assert_eq!(asked.is_err(), elsewhere(cursor, own));
        let (asked, own) = (lists.search_lists(jun.request(found("명작", cursor))).await, &found_so);
        assert_eq!(asked.is_err(), elsewhere(cursor, own));
        let (asked, own) = (lists.get_list_movies(jun.request(within(&id, cursor))).await, &in_list);
        assert_eq!(asked.is_err(), elsewhere(cursor, own));
    }
    let invalid = Code::InvalidArgument;
    refused(
        lists.list_member_lists(jun.request(of(&jun, &of_mina))).await,
        invalid,
        "cursor",
    );
    refused(
        lists.list_movie_lists(jun.request(with(two, &with_one))).await,
        invalid,
        "cursor",
    );
    refused(
        lists.search_lists(jun.request(found("명자", &found_so))).await,
        invalid,
        "cursor",
    );
    rating.end().await;
}
