//! Suggestions while somebody types into the search box: movies and people, then members, whom another service knows.

use std::time::Duration;

use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::{SuggestRequest, suggestion::Kind},
    user::v1::{Member, SearchMembersRequest},
};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;

use crate::{
    features::{members::PublicMember, movies::Movie, people::Person},
    http::problem::Problem,
    upstream::{clients::Clients, degraded},
};

/// The most members among the suggestions.
const MAX_MEMBERS: i32 = 3;
/// How long the suggestions wait for members, who are an addition.
const MEMBERS_TIMEOUT: Duration = Duration::from_millis(150);

/// A movie, person or member that the typed text may mean. Movies come without their averages, which saves a call.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Suggestion {
    Movie { movie: Box<Movie> },
    Person { person: Person },
    Member { member: PublicMember },
}

/// Reads at most `most` suggestions, the best first.
pub(crate) async fn suggest(
    clients: &Clients,
    caller: &Caller,
    query: String,
    most: i32,
) -> Result<Vec<Suggestion>, Problem> {
    let message = SuggestRequest {
        query: query.clone(),
        limit: most,
    };
    let mut movie = clients.movie.clone();
    let (answer, members) = tokio::join!(
        movie.suggest(request(message, caller)),
        members(clients, caller, query, most.min(MAX_MEMBERS)),
    );
    let suggestions = answer?.into_inner().suggestions.into_iter();
    let suggestions = suggestions.filter_map(|suggestion| suggestion.kind);
    Ok(merge(suggestions.collect(), members, most as usize))
}

/// Members whose names begin with the query; none if user does not answer in time.
async fn members(clients: &Clients, caller: &Caller, query: String, limit: i32) -> Vec<Member> {
    let message = SearchMembersRequest {
        query,
        cursor: String::new(),
        limit,
    };
    let mut user = clients.user.clone();
    let found = tokio::time::timeout(MEMBERS_TIMEOUT, user.search_members(request(message, caller))).await;
    let found = found.unwrap_or_else(|_| Err(Status::deadline_exceeded("user takes too long")));
    found
        .inspect_err(|status| degraded::note("user", status))
        .map(|answer| answer.into_inner().members)
        .unwrap_or_default()
}

/// Puts the members after movies and people. If there are too many in all, the more numerous of movies and people loses its
/// last ones. The best suggestion always stays.
fn merge(mut found: Vec<Kind>, mut members: Vec<Member>, most: usize) -> Vec<Suggestion> {
    members.truncate(most.saturating_sub(found.len().min(1)));
    while found.len() + members.len() > most {
        let movies = found.iter().filter(|kind| is_movie(kind)).count();
        let more_movies = 2 * movies >= found.len();
        let last = found[1..].iter().rposition(|kind| is_movie(kind) == more_movies);
        found.remove(last.map_or(found.len() - 1, |last| last + 1));
    }
    let found = found.into_iter().map(|kind| match kind {
        Kind::Movie(movie) => Suggestion::Movie {
            movie: Box::new(movie.into()),
        },
        Kind::Person(person) => Suggestion::Person { person: person.into() },
    });
    let members = members
        .iter()
        .map(|member| Suggestion::Member { member: member.into() });
    found.chain(members).collect()
}

fn is_movie(kind: &Kind) -> bool {
    matches!(kind, Kind::Movie(_))
}

#[cfg(test)]
mod tests {
    use matcha_protos::movie::v1::{Movie, Person};

    use super::*;

    /// m, p and u for movies, people and members, in their order.
    fn merged(found: &str, members: usize, most: usize) -> String {
        let kinds = found.chars().map(|kind| match kind {
            'm' => Kind::Movie(Movie::default()),
            _ => Kind::Person(Person::default()),
        });
        let suggestions = merge(kinds.collect(), vec![Member::default(); members], most);
        let letter = |suggestion: &Suggestion| match suggestion {
            Suggestion::Movie { .. } => 'm',
            Suggestion::Person { .. } => 'p',
            Suggestion::Member { .. } => 'u',
        };
        suggestions.iter().map(letter).collect()
    }

    #[test]
    fn members_come_last_and_displace_the_more_numerous_kind() {
        for (found, members, most, expected) in [
            ("mmp", 3, 8, "mmpuuu"),
            ("mmmmmmmp", 2, 8, "mmmmmpuu"),
            ("pppppppm", 3, 8, "ppppmuuu"),
            ("mmmmpppp", 3, 8, "mmpppuuu"),
            ("", 3, 8, "uuu"),
            ("pmmmmppp", 3, 8, "pmmppuuu"),
            ("mp", 0, 8, "mp"),
            ("p", 1, 1, "p"),
            ("", 1, 1, "u"),
            ("mm", 2, 2, "mu"),
            ("mp", 2, 2, "mu"),
        ] {
            assert_eq!(
                merged(found, members, most),
                expected,
                "{found} and {members} of {most}"
            );
        }
    }
}
