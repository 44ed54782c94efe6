//! What the search box offers while somebody types: movies and people, and after them members, who live in another service.

use std::time::Duration;

use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::{Movie, Person, SuggestRequest, suggestion::Kind},
    user::v1::{Member, SearchMembersRequest},
};
use tonic::Status;

use crate::upstream::{clients::Clients, degraded};

/// Members among what is offered, and how long it waits for them: they are an addition.
const MOST_MEMBERS: i32 = 3;
const PATIENCE: Duration = Duration::from_millis(150);

#[derive(Debug, PartialEq)]
pub(crate) enum Offer {
    Movie(Movie),
    Person(Person),
    Member(Member),
}

/// At most this many, the best first.
pub(crate) async fn read(clients: &Clients, caller: &Caller, query: String, most: i32) -> Result<Vec<Offer>, Status> {
    let message = SuggestRequest {
        query: query.clone(),
        limit: most,
    };
    let mut movie = clients.movie.clone();
    let (answer, members) = tokio::join!(
        movie.suggest(request(message, caller)),
        members(clients, caller, query, most.min(MOST_MEMBERS)),
    );
    let suggestions = answer?.into_inner().suggestions.into_iter();
    let suggestions = suggestions.filter_map(|suggestion| suggestion.kind);
    Ok(together(suggestions.collect(), members, most as usize))
}

/// Members whose names begin like what is typed; none when user cannot say in time.
async fn members(clients: &Clients, caller: &Caller, query: String, limit: i32) -> Vec<Member> {
    let message = SearchMembersRequest {
        query,
        cursor: String::new(),
        limit,
    };
    let mut user = clients.user.clone();
    let found = tokio::time::timeout(PATIENCE, user.search_members(request(message, caller))).await;
    let found = found.unwrap_or_else(|_| Err(Status::deadline_exceeded("user takes too long")));
    found
        .inspect_err(|status| degraded::note("user", status))
        .map(|answer| answer.into_inner().members)
        .unwrap_or_default()
}

/// Where there is no room for all, the kind that has most makes some, from its end. The best of all always stays.
fn together(mut found: Vec<Kind>, mut members: Vec<Member>, most: usize) -> Vec<Offer> {
    members.truncate(most.saturating_sub(found.len().min(1)));
    while found.len() + members.len() > most {
        let movies = found.iter().filter(|kind| is_movie(kind)).count();
        let more_movies = 2 * movies >= found.len();
        let last = found[1..].iter().rposition(|kind| is_movie(kind) == more_movies);
        found.remove(last.map_or(found.len() - 1, |last| last + 1));
    }
    let found = found.into_iter().map(|kind| match kind {
        Kind::Movie(movie) => Offer::Movie(movie),
        Kind::Person(person) => Offer::Person(person),
    });
    found.chain(members.into_iter().map(Offer::Member)).collect()
}

fn is_movie(kind: &Kind) -> bool {
    matches!(kind, Kind::Movie(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// m, p and u for movies, people and members, as they are offered.
    fn offered(found: &str, members: usize, most: usize) -> String {
        let kinds = found.chars().map(|kind| match kind {
            'm' => Kind::Movie(Movie::default()),
            _ => Kind::Person(Person::default()),
        });
        let offers = together(kinds.collect(), vec![Member::default(); members], most);
        let letter = |offer: &Offer| match offer {
            Offer::Movie(_) => 'm',
            Offer::Person(_) => 'p',
            Offer::Member(_) => 'u',
        };
        offers.iter().map(letter).collect()
    }

    #[test]
    fn members_come_after_the_rest_and_take_places_from_the_kind_that_has_most() {
        for (found, members, most, expected) in [
            ("mmp", 3, 8, "mmpuuu"),
            ("mmmmmmmp", 2, 8, "mmmmmpuu"),
            ("pppppppm", 3, 8, "ppppmuuu"),
            ("mmmmpppp", 3, 8, "mmpppuuu"),
            ("", 3, 8, "uuu"),
            ("mp", 0, 8, "mp"),
            ("p", 1, 1, "p"),
            ("", 1, 1, "u"),
            ("mm", 2, 2, "mu"),
            ("mp", 2, 2, "mu"),
        ] {
            assert_eq!(
                offered(found, members, most),
                expected,
                "{found} and {members} of {most}"
            );
        }
    }
}
