//! People: known by their English name, from which their id is made, so that every import arrives at the same person.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::{Uuid, uuid};

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
