//! Lists: ListService.

use chassis::client::request;
use matcha_protos::rating::v1::{
    AddListMovieRequest, CreateListRequest, DeleteListRequest, GetListMoviesRequest, GetListsRequest, LikeListRequest,
    ListMemberListsRequest, OrderListMoviesRequest, RemoveListMovieRequest, UnlikeListRequest, UpdateListRequest,
};
use tonic::Code;

use super::{World, refused, unknown};

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
