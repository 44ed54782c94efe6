//! Stands in for the rating service's diaries: when a movie was watched, and the tags it was given.

use matcha_protos::rating::v1::{watch_service_server::*, *};
use tonic::Request;

use super::{Answer, Services, answer, invalid};

/// One diary for everybody, in the order in which it was written.
#[tonic::async_trait]
impl WatchService for Services {
    async fn put_watch(&self, request: Request<PutWatchRequest>) -> Answer<PutWatchResponse> {
        self.enter("rating.PutWatch").await?;
        let mut watch = request.into_inner().watch.unwrap_or_default();
        let format = time::macros::format_description!("[year]-[month]-[day]");
        if !watch.watched_on.is_empty() && time::Date::parse(&watch.watched_on, format).is_err() {
            return Err(invalid("watched_on"));
        }
        self.ensure_movie(&watch.movie_id)?;
        let tags = watch.tags.iter().map(|tag| tag.trim().to_owned());
        let tags: std::collections::BTreeSet<String> = tags.collect();
        watch.tags = tags.into_iter().collect();
        self.state(|state| {
            state.watches.retain(|other| other.id != watch.id);
            state.watches.push(watch.clone());
        });
        answer(PutWatchResponse { watch: Some(watch) })
    }

    async fn delete_watch(&self, request: Request<DeleteWatchRequest>) -> Answer<DeleteWatchResponse> {
        self.enter("rating.DeleteWatch").await?;
        let id = request.into_inner().watch_id;
        self.state(|state| state.watches.retain(|watch| watch.id != id));
        answer(DeleteWatchResponse {})
    }

    async fn list_watches(&self, request: Request<ListWatchesRequest>) -> Answer<ListWatchesResponse> {
        self.enter("rating.ListWatches").await?;
        let ListWatchesRequest {
            member_id,
            movie_id,
            tag,
            ..
        } = request.into_inner();
        let watches = self.state(|state| {
            state.lists_of = member_id;
            let of = |watch: &&Watch| {
                (movie_id.is_empty() || watch.movie_id == movie_id) && (tag.is_empty() || watch.tags.contains(&tag))
            };
            state.watches.iter().filter(of).cloned().collect::<Vec<_>>()
        });
        answer(ListWatchesResponse {
            total: watches.len() as i64,
            watches,
            next_cursor: String::new(),
        })
    }

    /// One tag that was given stars, and one that was not.
    async fn list_tags(&self, request: Request<ListTagsRequest>) -> Answer<ListTagsResponse> {
        self.enter("rating.ListTags").await?;
        self.state(|state| state.tags_of = request.into_inner().member_id);
        let tag = |name: &str, score: Option<i32>| Tag {
            name: name.to_owned(),
            movie_count: 3,
            score,
            certainty: score.map_or(0.0, |_| 0.1),
        };
        answer(ListTagsResponse {
            tags: vec![tag("극장", Some(71)), tag("IMAX", None)],
        })
    }

    async fn count_watches(&self, request: Request<CountWatchesRequest>) -> Answer<CountWatchesResponse> {
        self.enter("rating.CountWatches").await?;
        let watches = self.state(|state| state.watches.clone());
        let counts = request.into_inner().movie_ids.into_iter().map(|movie_id| WatchCount {
            count: watches.iter().filter(|watch| watch.movie_id == movie_id).count() as i64,
            movie_id,
        });
        answer(CountWatchesResponse {
            counts: counts.filter(|of| of.count > 0).collect(),
        })
    }
}
