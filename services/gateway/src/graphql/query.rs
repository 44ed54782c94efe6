//! The queries: the entry points of a screen.

use async_graphql::{Context, ID, Object, Union};

use super::{comments, limits::list_cost, lists, pages::page, person, profile, request_context::request_context};
use crate::{
    features::{
        autocomplete::{self, Suggestion},
        comments::Comment,
        facets::{self, Facets},
        home::{self, Home, Row},
        lists::{List, Lists},
        members::{FoundMembers, Member, PublicMember},
        model::{self, Model},
        movie_search::{self, MovieSort, SearchQuery},
        movies::{Movie, Movies},
        page::Degradable,
        people::{FoundPeople, Person},
        recommendations::RowKind,
        to_rate::{self, RateShelf, ToRateQuery},
    },
    http::{
        extract::{self, limit, text, uuid},
        problem::Problem,
    },
};

pub(super) struct Query;

/// A suggestion for the search box.
#[derive(Union)]
#[graphql(name = "Suggestion")]
enum SuggestedNode {
    Movie(Movie),
    Person(Person),
    Member(PublicMember),
}

impl From<Suggestion> for SuggestedNode {
    fn from(suggestion: Suggestion) -> Self {
        match suggestion {
            Suggestion::Movie { movie } => Self::Movie(*movie),
            Suggestion::Person { person } => Self::Person(person),
            Suggestion::Member { member } => Self::Member(member),
        }
    }
}

/// The most movies that `toRate` takes in `exclude`.
const MAX_EXCLUDED: usize = 500;

/// Stars go from 0.5 to 5.0 in half steps, predicted stars in steps of 0.1.
#[Object]
impl Query {
    /// The signed-in member; null when signed out.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Member>, Problem> {
        let context = request_context(ctx);
        let Some(id) = context.caller.member_if_any() else {
            return Ok(None);
        };
        let member = context.loaders.members.load_one(id).await?;
        Ok(member.map(|member| member.as_ref().into()))
    }

    /// A member as everybody sees them; null if there is none.
    async fn member(&self, ctx: &Context<'_>, handle: String) -> Result<Option<PublicMember>, Problem> {
        let Some(handle) = extract::handle(&handle) else {
            return Ok(None);
        };
        let member = request_context(ctx).loaders.handles.load_one(handle).await?;
        Ok(member.map(|member| member.as_ref().into()))
    }

    /// One movie; null if there is none.
    async fn movie(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Movie>, Problem> {
        request_context(ctx).movie(uuid("id", &id)?).await
    }

    /// One comment; null if there is none that the caller may see.
    async fn comment(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Comment>, Problem> {
        comments::one(request_context(ctx), uuid("id", &id)?).await
    }

    /// One list; null if there is none that the caller may see.
    async fn list(&self, ctx: &Context<'_>, id: ID) -> Result<Option<List>, Problem> {
        lists::one(request_context(ctx), uuid("id", &id)?).await
    }

    /// Public lists by title, the exact title first; null if they cannot be read at the moment. A cursor belongs to its query.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Lists>, Problem> {
        lists::search(request_context(ctx), q, first, after).await
    }

    /// Movies that match `q`, or all. With `rated`, only movies that the caller has rated (true) or has not (false). A cursor
    /// belongs to its query.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        q: Option<String>,
        genre: Option<String>,
        country: Option<String>,
        decade: Option<i32>,
        rated: Option<bool>,
        sort: Option<MovieSort>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Movies, Problem> {
        let context = request_context(ctx);
        let query = SearchQuery {
            q,
            genre,
            country,
            decade,
            rated,
            sort,
            language: context.language.to_owned(),
            page: page(first, after)?,
        };
        let found = movie_search::search(&context.clients, &context.caller, query).await?;
        let movies = found.movies.into_iter().map(|found| found.movie);
        Ok(Movies::new(movies.collect(), found.next_cursor, Degradable::default()))
    }

    /// One person; null if there is none.
    async fn person(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Person>, Problem> {
        request_context(ctx).person(uuid("id", &id)?).await
    }

    /// People by name, the best match first; null if they cannot be read at the moment. A cursor belongs to its query.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn people(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<FoundPeople>, Problem> {
        person::search(request_context(ctx), q, first, after).await
    }

    /// Members whose handle or display name begins with `q`, handles first; null if they cannot be read at the moment. A cursor
    /// belongs to its query.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<FoundMembers>, Problem> {
        profile::search(request_context(ctx), q, first, after).await
    }

    /// Suggestions while somebody types into the search box: movies and people, then members. If a person is the best match, the
    /// best known movies of that person come right after the person.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn suggest(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(8)")] first: Option<i32>,
    ) -> Result<Vec<SuggestedNode>, Problem> {
        let context = request_context(ctx);
        let (query, most) = (text("q", Some(q))?, limit("first", first, 8, 20)?);
        let suggestions = autocomplete::suggest(&context.clients, &context.caller, query, most).await?;
        Ok(suggestions.into_iter().map(SuggestedNode::from).collect())
    }

    /// The genres, countries and decades that occur, with the number of movies.
    async fn facets(&self, ctx: &Context<'_>) -> Result<Facets, Problem> {
        let context = request_context(ctx);
        Ok(facets::get(&context.clients, &context.caller).await?)
    }

    /// The rows of the home page. A movie is only in the first of the rows that would show it, so with more than 16 movies a row the
    /// later rows may be shorter or missing. Rows that cannot be read at the moment are left out, and `degraded` names the services
    /// that did not answer.
    #[graphql(complexity = "list_cost(Some(first.unwrap_or(14).saturating_mul(2)), child_complexity)")]
    async fn home(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(14)")] first: Option<i32>,
        #[graphql(default_with = "Some(0)")] variation: Option<i32>,
    ) -> Result<Home, Problem> {
        let context = request_context(ctx);
        let first = limit("first", first, 14, 50)?;
        // Any number will do, so a negative one is taken by its bits.
        let variation = u64::from(variation.unwrap_or_default().cast_unsigned());
        Ok(home::read(&context.clients, &context.caller, first, variation, &context.degraded()).await)
    }

    /// One row of recommended movies, longer than on the home page. With the same variation it begins in the same way; the home page
    /// leaves out movies of the rows above.
    #[graphql(complexity = "list_cost(Some(first.unwrap_or(50)), child_complexity)")]
    async fn row(
        &self,
        ctx: &Context<'_>,
        kind: RowKind,
        #[graphql(default_with = "Some(50)")] first: Option<i32>,
        #[graphql(default_with = "Some(0)")] variation: Option<i32>,
    ) -> Result<Row, Problem> {
        let context = request_context(ctx);
        let first = limit("first", first, 50, 50)?;
        let variation = u64::from(variation.unwrap_or_default().cast_unsigned());
        Ok(home::read_row(&context.clients, &context.caller, kind, first, variation).await?)
    }

    /// Movies to rate, popular and informative ones first. None of them is rated, on the shelf or in `exclude`.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn to_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        #[graphql(default_with = "Some(RateShelf::ForYou)")] shelf: Option<RateShelf>,
        genre: Option<String>,
        country: Option<String>,
        decade: Option<i32>,
        exclude: Option<Vec<ID>>,
    ) -> Result<Vec<Movie>, Problem> {
        let context = request_context(ctx);
        let exclude = exclude.unwrap_or_default();
        if exclude.len() > MAX_EXCLUDED {
            return Err(Problem::invalid("exclude", format!("at most {MAX_EXCLUDED} movies")));
        }
        let exclude = exclude.iter().map(|id| uuid("exclude", id));
        let query = ToRateQuery {
            limit: limit("first", first, 20, 50)?,
            shelf: shelf.unwrap_or(RateShelf::ForYou),
            genre,
            country,
            decade,
            exclude: exclude.collect::<Result<_, _>>()?,
        };
        to_rate::read(&context.clients, &context.caller, query, &context.degraded()).await
    }

    /// The model in use, with its held-out error; null before the first one is trained, or if it cannot be read at the moment.
    async fn model(&self, ctx: &Context<'_>) -> Option<Model> {
        let context = request_context(ctx);
        let model = model::get(&context.clients, &context.caller).await;
        context.part("recommendation", model).flatten()
    }
}
