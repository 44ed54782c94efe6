//! The queries: what a screen can begin from.

use async_graphql::{Context, Enum, ID, Object, SimpleObject, Union};
use chassis::client::request;
use matcha_protos::{
    movie::v1::{self as proto, ListFacetsRequest, SearchPeopleRequest},
    recommendation::v1::GetModelRequest,
    user::v1::SearchMembersRequest,
};
use tonic::Response;

use super::{
    comments::{self, Comment},
    home::{self, Home},
    limits::list_cost,
    lists::{self, List, ListConnection},
    loaders::asker,
    member::{Member, moment},
    movie::Movie,
    person::{Person, PersonConnection},
    profile::{FoundMembers, PublicMember},
    to_rate::{self, RateShelf},
};
use crate::{
    features::{
        autocomplete,
        autocomplete::Offer,
        movie_search::{Sort, Wanted, find},
    },
    http::{
        extract::{self, cursor, decade, limit, text, uuid},
        problem::Problem,
    },
};

pub(super) struct Query;

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum MovieSort {
    Relevance,
    Popularity,
    Average,
    Newest,
    Title,
    /// By the member's predicted stars: of what is not rated, and without words to search for.
    Predicted,
}

impl MovieSort {
    pub(super) fn inside(sort: Option<Self>) -> Sort {
        Sort::Catalogue(match sort {
            None => proto::MovieSort::Unspecified,
            Some(Self::Relevance) => proto::MovieSort::Relevance,
            Some(Self::Popularity) => proto::MovieSort::Popularity,
            Some(Self::Average) => proto::MovieSort::Average,
            Some(Self::Newest) => proto::MovieSort::Newest,
            Some(Self::Title) => proto::MovieSort::Title,
            Some(Self::Predicted) => return Sort::Predicted,
        })
    }
}

#[derive(SimpleObject)]
pub(super) struct MovieConnection {
    items: Vec<Movie>,
    next_cursor: Option<String>,
}

impl MovieConnection {
    pub(super) fn new(movies: Vec<proto::Movie>, next_cursor: String) -> Self {
        Self {
            items: movies.into_iter().map(|facts| Movie::new(facts.into())).collect(),
            next_cursor: page_after(next_cursor),
        }
    }
}

/// A cursor, unless this was the last page.
fn page_after(cursor: String) -> Option<String> {
    Some(cursor).filter(|cursor| !cursor.is_empty())
}

#[derive(Union)]
pub(super) enum Suggestion {
    Movie(Movie),
    Person(Person),
    Member(PublicMember),
}

#[derive(SimpleObject)]
pub(super) struct Facets {
    genres: Vec<Facet>,
    countries: Vec<Facet>,
    decades: Vec<Facet>,
}

#[derive(SimpleObject)]
pub(super) struct Facet {
    value: String,
    count: i32,
}

#[derive(SimpleObject)]
pub(super) struct Model {
    version: String,
    /// RFC 3339.
    trained_at: String,
    ratings: i64,
    members: i64,
    movies: i64,
    factors: i32,
    held_out_rmse: Option<f64>,
    held_out_rmse_average: Option<f64>,
    training_seconds: f64,
    /// How good its lists are; null: not measured.
    lists: Option<ListQuality>,
    /// The current training, or how the last one ended.
    training: Option<Training>,
}

/// Measured on the ratings that were left out.
#[derive(SimpleObject)]
pub(super) struct ListQuality {
    /// The share of them among the first twenty.
    recall_at20: f64,
    ndcg_at100: f64,
    /// The share of the catalogue among anybody's first twenty.
    coverage: f64,
    /// The mean unlikeness within a first twenty.
    diversity: f64,
    /// The share of NDCG@20 that the plain order would have more.
    diversity_cost: f64,
}

#[derive(SimpleObject)]
pub(super) struct Training {
    /// `training`, `published`, `refused` or `failed`.
    state: String,
    stage: String,
    round: i32,
    rounds: i32,
    /// RFC 3339.
    started_at: String,
    /// The version that was published, or why none was.
    detail: String,
}

/// Stars travel as 0.5-5.0 in half steps; predicted stars in 0.1 steps.
#[Object]
impl Query {
    /// The signed-in member; null when signed out.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Member>, Problem> {
        let asker = asker(ctx);
        let Some(id) = asker.caller.member_if_any() else {
            return Ok(None);
        };
        let member = asker.members.load_one(id).await?;
        Ok(member.map(Member::new))
    }

    /// A member as everybody sees them; null when there is none.
    async fn member(&self, ctx: &Context<'_>, handle: String) -> Result<Option<PublicMember>, Problem> {
        let Some(handle) = extract::handle(&handle) else {
            return Ok(None);
        };
        let member = asker(ctx).handles.load_one(handle).await?;
        Ok(member.map(PublicMember::new))
    }

    /// One movie; null when there is none.
    async fn movie(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Movie>, Problem> {
        asker(ctx).movie(uuid("id", &id)?).await
    }

    /// One comment; null when there is none that the asker may see.
    async fn comment(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Comment>, Problem> {
        comments::one(asker(ctx), uuid("id", &id)?).await
    }

    /// One list; null when there is none that the asker may see.
    async fn list(&self, ctx: &Context<'_>, id: ID) -> Result<Option<List>, Problem> {
        lists::one(asker(ctx), uuid("id", &id)?).await
    }

    /// Public lists by title, the exact title first; null when they cannot be had. A cursor belongs to its query.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<ListConnection>, Problem> {
        lists::search(asker(ctx), q, first, after).await
    }

    /// Search (with q) or browse; rated: only what the member has rated, or has not yet. A cursor belongs to its query.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        q: Option<String>,
        genre: Option<String>,
        country: Option<String>,
        #[graphql(name = "decade")] decade_start: Option<i32>,
        rated: Option<bool>,
        sort: Option<MovieSort>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<MovieConnection, Problem> {
        let asker = asker(ctx);
        let wanted = Wanted {
            query: text("q", q)?,
            genre: text("genre", genre)?,
            country: text("country", country)?,
            decade: decade("decade", decade_start)?,
            rated,
            sort: MovieSort::inside(sort),
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
            language: asker.language.to_owned(),
        };
        let found = find(&asker.clients, &asker.caller, wanted).await?;
        Ok(MovieConnection::new(found.movies, found.next_cursor))
    }

    /// One person; null when there is none.
    async fn person(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Person>, Problem> {
        asker(ctx).person(uuid("id", &id)?).await
    }

    /// People by name, the best match first; null when they cannot be had. A cursor belongs to its query.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn people(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<PersonConnection>, Problem> {
        let asker = asker(ctx);
        let message = SearchPeopleRequest {
            query: text("q", Some(q))?,
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        let mut movie = asker.clients.movie.clone();
        let answer = movie.search_people(request(message, &asker.caller)).await;
        let page = asker.part_if_valid("movie", answer)?.map(Response::into_inner);
        Ok(page.map(|page| PersonConnection {
            items: page.people.into_iter().map(Person::new).collect(),
            next_cursor: page_after(page.next_cursor),
        }))
    }

    /// Members whose names begin like q, handles first; null when they cannot be had. A cursor belongs to its query.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<FoundMembers>, Problem> {
        let asker = asker(ctx);
        let message = SearchMembersRequest {
            query: text("q", Some(q))?,
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        let mut user = asker.clients.user.clone();
        let answer = user.search_members(request(message, &asker.caller)).await;
        let page = asker.part_if_valid("user", answer)?.map(Response::into_inner);
        Ok(page.map(|page| FoundMembers::new(page.members, page.next_cursor)))
    }

    /// What the search box offers while typing: movies and people, and after them members.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn suggest(
        &self,
        ctx: &Context<'_>,
        q: String,
        #[graphql(default_with = "Some(8)")] first: Option<i32>,
    ) -> Result<Vec<Suggestion>, Problem> {
        let asker = asker(ctx);
        let (query, most) = (text("q", Some(q))?, limit("first", first, 8, 20)?);
        let offers = autocomplete::read(&asker.clients, &asker.caller, query, most).await?;
        let suggestions = offers.into_iter().map(|offer| match offer {
            Offer::Movie(facts) => Suggestion::Movie(Movie::new(facts.into())),
            Offer::Person(person) => Suggestion::Person(Person::new(person)),
            Offer::Member(member) => Suggestion::Member(PublicMember::new(member.into())),
        });
        Ok(suggestions.collect())
    }

    /// The genres, countries and decades that occur, with the number of movies.
    async fn facets(&self, ctx: &Context<'_>) -> Result<Facets, Problem> {
        let asker = asker(ctx);
        let mut movie = asker.clients.movie.clone();
        let answer = movie.list_facets(request(ListFacetsRequest {}, &asker.caller)).await?;
        let answer = answer.into_inner();
        let all = |facets: Vec<proto::Facet>| {
            let facets = facets.into_iter();
            facets
                .map(|facet| Facet {
                    value: facet.value,
                    count: facet.count,
                })
                .collect()
        };
        Ok(Facets {
            genres: all(answer.genres),
            countries: all(answer.countries),
            decades: all(answer.decades),
        })
    }

    /// The home page's rows; those that cannot be had are left out and named in degraded.
    #[graphql(complexity = "list_cost(first.map(|first| first * 2), child_complexity)")]
    async fn home(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(14)")] first: Option<i32>,
        #[graphql(default_with = "Some(0)")] variation: Option<i32>,
    ) -> Result<Home, Problem> {
        let first = limit("first", first, 14, 50)?;
        Ok(home::rows(asker(ctx), first, variation.unwrap_or_default()).await)
    }

    /// Movies to rate, popular and telling ones first; never one that is rated, shelved or in exclude.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn to_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        #[graphql(default_with = "Some(RateShelf::ForYou)")] shelf: Option<RateShelf>,
        genre: Option<String>,
        country: Option<String>,
        #[graphql(name = "decade")] decade_start: Option<i32>,
        exclude: Option<Vec<ID>>,
    ) -> Result<Vec<Movie>, Problem> {
        let wanted = to_rate::Wanted::new(first, shelf, genre, country, decade_start, exclude)?;
        to_rate::movies(asker(ctx), wanted).await
    }

    /// The model that predicts, with its held-out error.
    async fn model(&self, ctx: &Context<'_>) -> Option<Model> {
        let asker = asker(ctx);
        let mut recommendation = asker.clients.recommendation.clone();
        let answer = recommendation
            .get_model(request(GetModelRequest {}, &asker.caller))
            .await;
        let model = asker.part("recommendation", answer)?.into_inner();
        let measured = |error: f64| (error > 0.0).then_some(error);
        (!model.version.is_empty()).then(|| Model {
            version: model.version,
            trained_at: moment(model.trained_at),
            ratings: model.ratings,
            members: model.members,
            movies: model.movies,
            factors: model.factors,
            held_out_rmse: measured(model.held_out_rmse),
            held_out_rmse_average: measured(model.held_out_rmse_average),
            training_seconds: model.training_seconds,
            lists: (model.recall_at_20 > 0.0).then_some(ListQuality {
                recall_at20: model.recall_at_20,
                ndcg_at100: model.ndcg_at_100,
                coverage: model.coverage,
                diversity: model.diversity,
                diversity_cost: model.diversity_cost,
            }),
            training: model
                .training
                .filter(|training| !training.state.is_empty())
                .map(|training| Training {
                    state: training.state,
                    stage: training.stage,
                    round: training.round,
                    rounds: training.rounds,
                    started_at: moment(training.started_at / 1000),
                    detail: training.detail,
                }),
        })
    }
}
