//! A movie: the fields that a query selects by themselves.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context};
use matcha_protos::rating::v1::MovieStatistics;

use super::{
    comments,
    limits::list_cost,
    lists,
    request_context::{RequestContext, request_context},
    watches,
};
use crate::{
    features::{
        comments::{Comment, CommentSort, Comments},
        lists::Lists,
        movies::{Average, Movie, histogram},
        recommendations,
        viewer_state::{Predicted, ViewerMovieState},
        watches::Watch,
    },
    http::{extract::limit, problem::Problem},
};

impl Movie {
    /// Reads what all members have said of the movie; `None` if the rating service did not answer.
    async fn statistics(&self, context: &RequestContext) -> Option<Arc<MovieStatistics>> {
        let statistics = context.part("rating", context.loaders.statistics.load_one(self.id.0).await)?;
        Some(statistics.unwrap_or_default())
    }
}

#[ComplexObject]
impl Movie {
    /// The mean of all members' stars; null if it cannot be read at the moment.
    async fn average(&self, ctx: &Context<'_>) -> Option<Average> {
        let statistics = self.statistics(request_context(ctx)).await?;
        Some(Average::from(statistics.as_ref()))
    }

    /// How often each number of stars was given: ten numbers, from half a star to five; null if they cannot be read at the
    /// moment.
    async fn histogram(&self, ctx: &Context<'_>) -> Option<Vec<i64>> {
        let statistics = self.statistics(request_context(ctx)).await?;
        Some(histogram(statistics.histogram.clone()))
    }

    /// What the caller has said of the movie; null when signed out, or if it cannot be read at the moment.
    async fn mine(&self, ctx: &Context<'_>) -> Option<ViewerMovieState> {
        let context = request_context(ctx);
        context.caller.member_if_any()?;
        let prediction = async {
            let is_selected = ctx.look_ahead().field("predicted").exists();
            let prediction = match is_selected {
                true => context.loaders.predictions.load_one(self.id.0).await,
                false => Ok(None),
            };
            context.part("recommendation", prediction).flatten()
        };
        let (state, prediction) = tokio::join!(context.loaders.viewer_states.load_one(self.id.0), prediction);
        // A prediction may be shown only once it is known that the caller has not rated the movie.
        let state = context.part("rating", state)?.unwrap_or_default();
        let prediction = prediction.filter(|_| state.stars.is_none());
        let predicted = prediction.map(|prediction| Predicted::from(prediction.as_ref()));
        Some(ViewerMovieState::new(&state, predicted))
    }

    /// The number of public comments; null if it cannot be read at the moment.
    async fn comment_count(&self, ctx: &Context<'_>) -> Option<i64> {
        Some(self.statistics(request_context(ctx)).await?.comment_count)
    }

    /// The public comments; null if they cannot be read at the moment.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(CommentSort::Likes)")] sort: Option<CommentSort>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Comments>, Problem> {
        comments::of_movie(request_context(ctx), self.id.0, sort, first, after).await
    }

    /// The caller's comment in any state; null if there is none, or when signed out.
    async fn my_comment(&self, ctx: &Context<'_>) -> Option<Comment> {
        let context = request_context(ctx);
        context.caller.member_if_any()?;
        let found = context.part("rating", context.loaders.my_comments.load_one(self.id.0).await)??;
        Some(Comment::new(found.as_ref().clone(), &context.caller))
    }

    /// The public lists that contain the movie, the most liked first; null if they cannot be read at the moment.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Lists>, Problem> {
        lists::of_movie(request_context(ctx), self.id.0, first, after).await
    }

    /// How often the caller watched the movie; null when signed out, or if it cannot be read at the moment.
    async fn my_watch_count(&self, ctx: &Context<'_>) -> Option<i64> {
        let context = request_context(ctx);
        context.caller.member_if_any()?;
        let of = context.part("rating", context.loaders.watch_counts.load_one(self.id.0).await)?;
        Some(of.map_or(0, |of| of.count))
    }

    /// The caller's watches of the movie, the latest day first; null when signed out, or if they cannot be read at the moment.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn my_watches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
    ) -> Result<Option<Vec<Watch>>, Problem> {
        watches::of_movie(request_context(ctx), self.id.0, first).await
    }

    /// Similar movies; empty if the recommendation service did not answer.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn similar(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(12)")] first: Option<i32>,
    ) -> Result<Vec<Movie>, Problem> {
        let context = request_context(ctx);
        let limit = limit("first", first, 12, 50)?;
        context.take_list("similar")?;
        let similar = recommendations::similar(&context.clients, &context.caller, self.id.0, limit).await;
        match context.part("recommendation", similar) {
            Some(ids) => context.movies(&ids).await,
            None => Ok(Vec::new()),
        }
    }
}

#[ComplexObject]
impl Predicted {
    /// The rated movies that raise the prediction most.
    async fn because(&self, ctx: &Context<'_>) -> Result<Vec<Movie>, Problem> {
        request_context(ctx).movies(&self.because_movie_ids).await
    }
}
