//! People: `GetPeople`, `SearchPeople`, `ListFilmography`, and their part of `PutMovies`. A person is identified by the English
//! name: the id is a UUIDv5 of it, so every import arrives at the same person.
//!
//! Reads use the search index, which has every person with a movie, so lists and pages are consistent with each other.

use std::collections::{HashMap, HashSet};

use matcha_protos::movie::v1::{
    CreditRole, GetPeopleRequest, GetPeopleResponse, ListFilmographyRequest, ListFilmographyResponse, MovieSort,
    SearchPeopleRequest, SearchPeopleResponse,
};
use sqlx::PgConnection;
use uuid::{Uuid, uuid};

use crate::error::Error;
use crate::movies::{Movies, parse_id, parse_ids};
use crate::search::index::{Index, Role};
use crate::search::rank::{Rank, Sort};
use crate::search::{Paging, Scans, parse_language, parse_query};

/// UUIDv5 namespace of people's ids; it must never change.
const NAMESPACE: Uuid = uuid!("6f6d3a5c-58f5-4d2b-9a53-0b9b1f0c6a11");

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) name_ko: String,
    pub(crate) name_en: String,
}

impl Person {
    /// The id ignores case and repeated spaces.
    pub(crate) fn named(name_ko: String, name_en: String) -> Self {
        let normalized = name_en.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        Self {
            id: Uuid::new_v5(&NAMESPACE, normalized.as_bytes()),
            name_ko,
            name_en,
        }
    }
}

/// The people in the order of the ids; repeated ids appear once.
pub(crate) fn get_people(index: &Index, request: &GetPeopleRequest) -> Result<GetPeopleResponse, Error> {
    let mut seen = HashSet::new();
    let ids = parse_ids(&request.ids)?.into_iter().filter(|id| seen.insert(*id));
    let people = ids.filter_map(|id| index.find_person(id));
    Ok(GetPeopleResponse {
        people: people.map(|slot| index.person(slot)).collect(),
    })
}

pub(crate) async fn search_people(scans: &Scans, request: SearchPeopleRequest) -> Result<SearchPeopleResponse, Error> {
    let query = parse_query(&request.query)?;
    let list = format!("people {:?}", request.query.trim());
    let paging = Paging::new(&list, Sort::Relevance, request.limit, &request.cursor)?;
    let Some(query) = query else {
        return Ok(SearchPeopleResponse::default());
    };
    let scan = scans.run(move |index| {
        let (page, next_cursor) = paging.run(index, |_, after| index.people(&query, after, paging.limit))?;
        let people = page.iter().filter_map(|rank| index.find_person(rank.id));
        Ok(SearchPeopleResponse {
            people: people.map(|slot| index.person(slot)).collect(),
            next_cursor,
        })
    });
    scan.await?
}

struct Filmography {
    person: Uuid,
    role: Option<Role>,
    paging: Paging,
}

pub(crate) async fn list_filmography(
    index: &Index,
    movies: &Movies,
    request: ListFilmographyRequest,
) -> Result<ListFilmographyResponse, Error> {
    let (page, next_cursor) = Filmography::parse(&request)?.run(index)?;
    let ids: Vec<Uuid> = page.iter().map(|rank| rank.id).collect();
    Ok(ListFilmographyResponse {
        movies: movies.find(&ids).await?,
        next_cursor,
    })
}

impl Filmography {
    fn parse(request: &ListFilmographyRequest) -> Result<Self, Error> {
        let person = parse_id("person_id", &request.person_id)?;
        let role = match CreditRole::try_from(request.role) {
            Ok(CreditRole::Unspecified) => None,
            Ok(CreditRole::Director) => Some(Role::Director),
            Ok(CreditRole::Actor) => Some(Role::Actor),
            Err(_) => return Err(Error::invalid("role", "there is no such role")),
        };
        let language = parse_language(&request.language)?;
        let sort = match MovieSort::try_from(request.sort) {
            Ok(MovieSort::Unspecified | MovieSort::Newest) => Sort::Newest,
            Ok(MovieSort::Popularity) => Sort::Popularity,
            Ok(MovieSort::Average) => Sort::Average,
            Ok(MovieSort::Title) => Sort::Title(language),
            Ok(MovieSort::Relevance) => return Err(Error::invalid("sort", "nothing is searched for")),
            Err(_) => return Err(Error::invalid("sort", "there is no such order")),
        };
        let list = format!("filmography {person} {role:?}");
        let paging = Paging::new(&list, sort, request.limit, &request.cursor)?;
        Ok(Self { person, role, paging })
    }

    /// Runs on the async thread: a few dozen movies at most, less work than the switch to another thread.
    fn run(&self, index: &Index) -> Result<(Vec<Rank>, String), Error> {
        let person = index.find_person(self.person).ok_or_else(Error::unknown_person)?;
        let Paging { sort, limit, .. } = self.paging;
        self.paging.run(index, |mean, after| {
            index.filmography(person, self.role, sort, mean, after, limit)
        })
    }
}

/// Inserts new people and updates Korean names; an empty name does not erase one. Returns who is new or renamed.
pub(crate) async fn upsert(tx: &mut PgConnection, people: Vec<Person>) -> sqlx::Result<Vec<Uuid>> {
    let mut known: HashMap<Uuid, Person> = HashMap::new();
    for person in people {
        // The first of several Korean names wins, so that a repeated batch changes nothing.
        let first = known.entry(person.id).or_insert_with(|| person.clone());
        if first.name_ko.is_empty() {
            first.name_ko = person.name_ko;
        }
    }
    let (mut ids, mut ko, mut en) = (Vec::new(), Vec::new(), Vec::new());
    for person in known.into_values() {
        ids.push(person.id);
        ko.push(person.name_ko);
        en.push(person.name_en);
    }
    sqlx::query_scalar!(
        "insert into person (id, name_ko, name_en) select * from unnest($1::uuid[], $2::text[], $3::text[])
         on conflict (id) do update set name_ko = excluded.name_ko
         where excluded.name_ko not in ('', person.name_ko)
         returning id",
        &ids,
        &ko,
        &en
    )
    .fetch_all(tx)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_person_ignores_case_and_repeated_spaces() {
        let id = |name: &str| Person::named(String::new(), name.to_owned()).id;
        assert_eq!(id("Song Kang-ho"), id("song  kang-ho "));
        assert_ne!(id("Song Kang-ho"), id("Song Kang"));
    }
}
