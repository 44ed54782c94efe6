//! A person: the fields that a query selects by themselves.

use async_graphql::{ComplexObject, Context};

use super::{
    limits::list_cost,
    pages::page,
    request_context::{RequestContext, request_context},
};
use crate::{
    features::{
        filmography::{self, Filmography},
        movie_search::MovieSort,
        movies::Movies,
        people::{self, CreditRole, FoundPeople, Person, PersonCounts},
    },
    http::{extract::text, problem::Problem},
};

/// Searches people by name; null if the movie service did not answer.
pub(super) async fn search(
    context: &RequestContext,
    q: String,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<FoundPeople>, Problem> {
    let (query, page) = (text("q", Some(q))?, page(first, after)?);
    let people = people::search(&context.clients, &context.caller, query, page).await;
    context.part_if_valid("movie", people)
}

impl Person {
    async fn read_counts(&self, context: &RequestContext) -> Option<PersonCounts> {
        let read = async || context.person_counts(self.id.0).await;
        *self.counts.get_or_init(read).await
    }
}

#[ComplexObject]
impl Person {
    /// How many movies; null if it cannot be read at the moment.
    async fn counts(&self, ctx: &Context<'_>) -> Option<PersonCounts> {
        self.read_counts(request_context(ctx)).await
    }

    /// What the person did, the more frequent role first; null if it cannot be read at the moment.
    async fn roles(&self, ctx: &Context<'_>) -> Option<Vec<CreditRole>> {
        let counts = self.read_counts(request_context(ctx)).await?;
        let mut roles = vec![
            (counts.directed, CreditRole::Director),
            (counts.acted, CreditRole::Actor),
        ];
        roles.retain(|(count, _)| *count > 0);
        roles.sort_by_key(|(count, _)| -count);
        Some(roles.into_iter().map(|(_, role)| role).collect())
    }

    /// The movies, of one role or of any; null if they cannot be read at the moment. A cursor belongs to its role and order.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn filmography(
        &self,
        ctx: &Context<'_>,
        role: Option<CreditRole>,
        #[graphql(default_with = "Some(MovieSort::Newest)")] sort: Option<MovieSort>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Movies>, Problem> {
        let context = request_context(ctx);
        let filmography = Filmography {
            person: self.id,
            role,
            sort: MovieSort::to_proto(sort)?,
            language: context.language.to_owned(),
            page: page(first, after)?,
        };
        context.take_list("filmography")?;
        let movies = filmography::read(&context.clients, &context.caller, filmography).await;
        context.part_if_valid("movie", movies)
    }
}
