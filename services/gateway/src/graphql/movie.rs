//! A movie as screens see it: facts, statistics, what the member said of it, and what is like it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::{
    movie::v1::{self as proto, CreditRole},
    rating::v1 as rating,
    recommendation::v1::{self as recommendation, SimilarRequest},
};
use uuid::Uuid;

use super::{
    comments::{self, Comment, CommentConnection, CommentSort},
    limits::list_cost,
    lists::{self, ListConnection},
    loaders::asker,
    person::Person,
    watches::{self, Watch},
};
use crate::{
    http::{extract::limit, problem::Problem},
    rest, stars,
    upstream::batch_reads,
};

/// Cheap to clone; the facts are always there, the rest is read when it is asked for.
#[derive(Clone)]
pub(super) struct Movie {
    id: Uuid,
    facts: Arc<proto::Movie>,
}

impl Movie {
    pub(super) fn new(facts: Arc<proto::Movie>) -> Self {
        // Facts come by id, so theirs can be read; nil is nobody's.
        let id = facts.id.parse().unwrap_or_default();
        Self { id, facts }
    }

    fn people(&self, role: CreditRole) -> Vec<Person> {
        let credits = self.facts.credits.iter();
        let people = credits
            .filter(|credit| credit.role() == role)
            .filter_map(|credit| credit.person.clone());
        people.map(Person::new).collect()
    }
}

#[derive(Clone, SimpleObject)]
pub(super) struct Title {
    ko: String,
    en: String,
    original: String,
}

#[derive(SimpleObject)]
pub(super) struct Average {
    stars: Option<f64>,
    count: i64,
}

#[derive(SimpleObject)]
pub(super) struct Mine {
    stars: Option<f64>,
    shelf: Option<ShelfState>,
    /// Never for a movie the member has rated, nor before the unlock.
    predicted: Option<Predicted>,
}

pub(super) struct Predicted(Arc<recommendation::Prediction>);

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum Confidence {
    Low,
    Medium,
    High,
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum ShelfState {
    Wish,
    Watching,
    NotInterested,
}

impl ShelfState {
    pub(super) fn from_inside(state: rating::ShelfState) -> Option<Self> {
        match state {
            rating::ShelfState::Unspecified => None,
            rating::ShelfState::Wish => Some(Self::Wish),
            rating::ShelfState::Watching => Some(Self::Watching),
            rating::ShelfState::NotInterested => Some(Self::NotInterested),
        }
    }

    pub(super) fn inside(self) -> rating::ShelfState {
        match self {
            Self::Wish => rating::ShelfState::Wish,
            Self::Watching => rating::ShelfState::Watching,
            Self::NotInterested => rating::ShelfState::NotInterested,
        }
    }
}

impl Movie {
    /// Somebody from its credits.
    pub(super) fn person(&self, id: &str) -> Option<Person> {
        let mut people = self.facts.credits.iter().filter_map(|credit| credit.person.as_ref());
        people.find(|person| person.id == id).cloned().map(Person::new)
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[Object]
impl Movie {
    async fn id(&self) -> ID {
        ID(self.facts.id.clone())
    }

    async fn title(&self) -> Title {
        Title {
            ko: self.facts.title_ko.clone(),
            en: self.facts.title_en.clone(),
            original: self.facts.title_original.clone(),
        }
    }

    async fn year(&self) -> i32 {
        self.facts.year
    }

    /// Minutes; null: not known.
    async fn runtime(&self) -> Option<i32> {
        Some(self.facts.runtime).filter(|minutes| *minutes > 0)
    }

    /// ISO 3166-1 alpha-2.
    async fn countries(&self) -> &[String] {
        &self.facts.countries
    }

    async fn genres(&self) -> &[String] {
        &self.facts.genres
    }

    async fn imdb_id(&self) -> Option<&str> {
        given(&self.facts.imdb_id)
    }

    /// Null: the site draws the poster.
    async fn poster_url(&self) -> Option<&str> {
        given(&self.facts.poster_url)
    }

    async fn directors(&self) -> Vec<Person> {
        self.people(CreditRole::Director)
    }

    async fn cast(&self) -> Vec<Person> {
        self.people(CreditRole::Actor)
    }

    /// Average and count; null when statistics cannot be had.
    async fn average(&self, ctx: &Context<'_>) -> Option<Average> {
        let asker = asker(ctx);
        let of = asker.part("rating", asker.statistics.load_one(self.id).await)?;
        let (sum, count) = of.map_or((0, 0), |of| (of.sum, of.count));
        Some(Average {
            stars: stars::average(sum, count),
            count,
        })
    }

    /// Ten numbers, half a star to five; null when statistics cannot be had.
    async fn histogram(&self, ctx: &Context<'_>) -> Option<Vec<i64>> {
        let asker = asker(ctx);
        let of = asker.part("rating", asker.statistics.load_one(self.id).await)?;
        let counts = of.map_or_else(Vec::new, |of| of.histogram.clone());
        Some(rest::histogram(counts))
    }

    /// What this member said of it; null when signed out.
    async fn mine(&self, ctx: &Context<'_>) -> Option<Mine> {
        let asker = asker(ctx);
        asker.caller.member_if_any()?;
        let prediction = async {
            let wanted = ctx.look_ahead().field("predicted").exists();
            let prediction = match wanted {
                true => asker.predictions.load_one(self.id).await,
                false => Ok(None),
            };
            asker.part("recommendation", prediction).flatten()
        };
        let (mine, prediction) = tokio::join!(asker.mine.load_one(self.id), prediction);
        // Without the member's own stars nobody knows whether a prediction may be shown.
        let mine = asker.part("rating", mine)?.unwrap_or_default();
        let prediction = prediction.filter(|_| mine.stars.is_none());
        Some(Mine {
            stars: mine.stars.map(stars::outside),
            shelf: ShelfState::from_inside(mine.shelf()),
            predicted: prediction.map(Predicted),
        })
    }

    /// Public comments; null when statistics cannot be had.
    async fn comment_count(&self, ctx: &Context<'_>) -> Option<i64> {
        let asker = asker(ctx);
        let of = asker.part("rating", asker.statistics.load_one(self.id).await)?;
        Some(of.map_or(0, |of| of.comment_count))
    }

    /// The public comments; null when they cannot be had.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(CommentSort::Likes)")] sort: Option<CommentSort>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<CommentConnection>, Problem> {
        comments::of_movie(asker(ctx), self.id, sort, first, after).await
    }

    /// This member's comment, in whatever state; null when there is none or signed out.
    async fn my_comment(&self, ctx: &Context<'_>) -> Option<Comment> {
        let asker = asker(ctx);
        asker.caller.member_if_any()?;
        let found = asker.part("rating", asker.my_comments.load_one(self.id).await)??;
        Some(found.as_ref().clone().into())
    }

    /// The public lists that contain it, the most liked first; null when they cannot be had.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<ListConnection>, Problem> {
        lists::of_movie(asker(ctx), self.id, first, after).await
    }

    /// How often this member watched it; null when signed out or when it cannot be had.
    async fn my_watch_count(&self, ctx: &Context<'_>) -> Option<i64> {
        let asker = asker(ctx);
        asker.caller.member_if_any()?;
        let of = asker.part("rating", asker.watch_counts.load_one(self.id).await)?;
        Some(of.map_or(0, |of| of.count))
    }

    /// This member's watches of it, the latest day first; null when signed out or when they cannot be had.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn my_watches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
    ) -> Result<Option<Vec<Watch>>, Problem> {
        watches::of_movie(asker(ctx), self.id, first).await
    }

    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn similar(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(12)")] first: Option<i32>,
    ) -> Result<Vec<Movie>, Problem> {
        let asker = asker(ctx);
        let message = SimilarRequest {
            movie_id: self.facts.id.clone(),
            limit: limit("first", first, 12, 50)?,
        };
        asker.take_list("similar")?;
        let mut recommendation = asker.clients.recommendation.clone();
        let answer = recommendation.similar(request(message, &asker.caller)).await;
        // The page is whole without them.
        match asker.part("recommendation", answer) {
            Some(answer) => asker.movies(&batch_reads::ids(&answer.into_inner().movie_ids)).await,
            None => Ok(Vec::new()),
        }
    }
}

#[Object]
impl Predicted {
    async fn stars(&self) -> f64 {
        stars::predicted(self.0.stars)
    }

    async fn confidence(&self) -> Confidence {
        match self.0.confidence() {
            recommendation::Confidence::High => Confidence::High,
            recommendation::Confidence::Medium => Confidence::Medium,
            recommendation::Confidence::Low | recommendation::Confidence::Unspecified => Confidence::Low,
        }
    }

    /// Movies the member rated that raise this prediction most.
    async fn because(&self, ctx: &Context<'_>) -> Result<Vec<Movie>, Problem> {
        asker(ctx).movies(&batch_reads::ids(&self.0.because_movie_ids)).await
    }
}
