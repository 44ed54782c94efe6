//! A person as screens see it: names, what the person did, and the movies.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::movie::v1::{self as proto, ListFilmographyRequest};
use tokio::sync::OnceCell;
use tonic::Response;

use super::{
    limits::list_cost,
    loaders::{Asker, asker},
    query::{MovieConnection, MovieSort},
};
use crate::http::{
    extract::{cursor, limit},
    problem::Problem,
};

pub(super) struct Person {
    found: proto::Person,
    counts: OnceCell<Option<proto::PersonCounts>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum CreditRole {
    Director,
    Actor,
}

impl CreditRole {
    fn inside(self) -> proto::CreditRole {
        match self {
            Self::Director => proto::CreditRole::Director,
            Self::Actor => proto::CreditRole::Actor,
        }
    }
}

/// A movie both directed and acted in counts once among all.
#[derive(SimpleObject)]
pub(super) struct PersonCounts {
    movies: i32,
    directed: i32,
    acted: i32,
}

#[derive(SimpleObject)]
pub(super) struct PersonConnection {
    pub(super) items: Vec<Person>,
    pub(super) next_cursor: Option<String>,
}

impl Person {
    pub(super) fn new(found: proto::Person) -> Self {
        // A credit comes without: then they are read when somebody asks.
        let counts = OnceCell::new_with(found.counts.map(Some));
        Self { found, counts }
    }

    async fn counted(&self, asker: &Asker) -> Option<proto::PersonCounts> {
        let read = async || match self.found.id.parse() {
            Ok(id) => asker.person_counts(id).await,
            Err(_) => None,
        };
        *self.counts.get_or_init(read).await
    }
}

#[Object]
impl Person {
    async fn id(&self) -> ID {
        ID(self.found.id.clone())
    }

    /// Empty: not known.
    async fn name_ko(&self) -> &str {
        &self.found.name_ko
    }

    async fn name_en(&self) -> &str {
        &self.found.name_en
    }

    /// How many movies; null when that cannot be had.
    async fn counts(&self, ctx: &Context<'_>) -> Option<PersonCounts> {
        let counts = self.counted(asker(ctx)).await?;
        Some(PersonCounts {
            movies: counts.movies,
            directed: counts.directed,
            acted: counts.acted,
        })
    }

    /// What the person did, the more frequent first; null when that cannot be had.
    async fn roles(&self, ctx: &Context<'_>) -> Option<Vec<CreditRole>> {
        let counts = self.counted(asker(ctx)).await?;
        let mut roles = vec![
            (counts.directed, CreditRole::Director),
            (counts.acted, CreditRole::Actor),
        ];
        roles.retain(|(count, _)| *count > 0);
        roles.sort_by_key(|(count, _)| -count);
        Some(roles.into_iter().map(|(_, role)| role).collect())
    }

    /// The movies, of one role or of all; null when they cannot be had. A cursor belongs to its role and order.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn filmography(
        &self,
        ctx: &Context<'_>,
        role: Option<CreditRole>,
        #[graphql(default_with = "Some(MovieSort::Newest)")] sort: Option<MovieSort>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<MovieConnection>, Problem> {
        let asker = asker(ctx);
        let message = ListFilmographyRequest {
            person_id: self.found.id.clone(),
            role: role.map_or(0, |role| role.inside().into()),
            sort: MovieSort::inside(sort).catalogue()?.into(),
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
            language: asker.language.to_owned(),
        };
        asker.take_list("filmography")?;
        let mut movie = asker.clients.movie.clone();
        let answer = movie.list_filmography(request(message, &asker.caller)).await;
        let page = asker.part_if_valid("movie", answer)?.map(Response::into_inner);
        Ok(page.map(|page| MovieConnection::new(page.movies, page.next_cursor)))
    }
}
