//! The diary: WatchService.

use chassis::client::request;
use matcha_protos::rating::v1::{CountWatchesRequest, DeleteWatchRequest, ListWatchesRequest, PutWatchRequest, Watch};
use tonic::Code;

use super::{World, refused, unknown};

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
