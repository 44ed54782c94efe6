//! People: `GetPeople`, `SearchPeople`, `ListFilmography`, and how they come into the catalogue. They are known by their
//! English name, from which their id is made, so that every import arrives at the same person.
//!
//! Reads are answered from the search index, which has every person with a movie: no statement, and what a list and a page
//! say of somebody comes from the same moment.

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
use crate::search::{Paging, Scans, language, query};

/// Of all people's ids; another one would be other people.
const NAMESPACE: Uuid = uuid!("6f6d3a5c-58f5-4d2b-9a53-0b9b1f0c6a11");

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) name_ko: String,
    pub(crate) name_en: String,
}

impl Person {
    /// Case and repeated spaces do not make another person.
    pub(crate) fn named(name_ko: String, name_en: String) -> Self {
        let known_by = name_en.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        Self {
            id: Uuid::new_v5(&NAMESPACE, known_by.as_bytes()),
            name_ko,
            name_en,
        }
    }
}

/// In the order asked for; repeated ones come once.
pub(crate) fn get(index: &Index, request: &GetPeopleRequest) -> Result<GetPeopleResponse, Error> {
    let mut seen = HashSet::new();
    let ids = parse_ids(&request.ids)?.into_iter().filter(|id| seen.insert(*id));
    let people = ids.filter_map(|id| index.find_person(id));
    Ok(GetPeopleResponse {
        people: people.map(|slot| index.person(slot)).collect(),
    })
}

pub(crate) async fn search(scans: &Scans, request: SearchPeopleRequest) -> Result<SearchPeopleResponse, Error> {
    let query = query(&request.query)?;
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

/// A valid question for somebody's movies.
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
            Err(_) => return Err(Error::field("role", "there is no such role")),
        };
        let language = language(&request.language)?;
        let sort = match MovieSort::try_from(request.sort) {
            Ok(MovieSort::Unspecified | MovieSort::Newest) => Sort::Newest,
            Ok(MovieSort::Popularity) => Sort::Popularity,
            Ok(MovieSort::Average) => Sort::Average,
            Ok(MovieSort::Title) => Sort::Title(language),
            Ok(MovieSort::Relevance) => return Err(Error::field("sort", "nothing is searched for")),
            Err(_) => return Err(Error::field("sort", "there is no such order")),
        };
        let list = format!("filmography {person} {role:?}");
        let paging = Paging::new(&list, sort, request.limit, &request.cursor)?;
        Ok(Self { person, role, paging })
    }

    /// A few dozen movies at most: no scan, and quicker done than handed to another thread.
    fn run(&self, index: &Index) -> Result<(Vec<Rank>, String), Error> {
        let person = index.find_person(self.person).ok_or(Error::UnknownPerson)?;
        let Paging { sort, limit, .. } = self.paging;
        self.paging.run(index, |mean, after| {
            index.filmography(person, self.role, sort, mean, after, limit)
        })
    }
}

/// Adds who is new and fills in or changes Korean names; an empty one erases nothing. Answers who is new or changed.
pub(crate) async fn upsert(tx: &mut PgConnection, people: Vec<Person>) -> sqlx::Result<Vec<Uuid>> {
    let mut known: HashMap<Uuid, Person> = HashMap::new();
    for person in people {
        // Of several Korean names the first counts, so that the same batch again changes nothing.
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
    sqlx::query_scalar(
        "insert into person (id, name_ko, name_en) select * from unnest($1::uuid[], $2::text[], $3::text[])
         on conflict (id) do update set name_ko = excluded.name_ko
         where excluded.name_ko not in ('', person.name_ko)
         returning id",
    )
    .bind(ids)
    .bind(ko)
    .bind(en)
    .fetch_all(tx)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_id_however_the_name_is_spaced_or_capitalised() {
        let id = |name: &str| Person::named(String::new(), name.to_owned()).id;
        assert_eq!(id("Song Kang-ho"), id("song  kang-ho "));
        assert_ne!(id("Song Kang-ho"), id("Song Kang"));
    }
}
