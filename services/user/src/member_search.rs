//! Finding members by how their handle or display name begins. Both are shown to everybody anyway; email is never looked at.
//!
//! Handles come first, in their order, then names in theirs. So an exact handle is the first of all, and each page reads two
//! indexes for as many rows as it shows, however many begin alike.

use chassis::cursor;
use matcha_protos::user::v1 as proto;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow as _, Row as _, postgres::PgRow};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::{Users, error::Error, members::Member};

const LONGEST_QUERY: usize = 200;

/// Everything that begins like what is typed so far: from the first up to, but without, the second, and without the gap.
#[derive(Debug, PartialEq, Eq)]
struct Beginning {
    query: String,
    from: String,
    to: String,
    gap: (String, String),
}

impl Beginning {
    /// None: there is nothing to begin with.
    fn of(query: &str) -> Option<Self> {
        let query = query.nfc().collect::<String>().trim().to_lowercase();
        let query = query.strip_prefix('@').unwrap_or(&query);
        let last = query.chars().next_back()?;
        let stem = &query[..query.len() - last.len_utf8()];
        let (first, after) = hangul::typed(last);
        let (from, to) = (format!("{stem}{first}"), format!("{stem}{after}"));
        // 김민 may become 김미나, which comes before it; what is in between does not begin so.
        let (from, gap) = match hangul::moved_on(last) {
            None => (from, Default::default()),
            Some((syllable, first, after)) => {
                let moved = |next: char| format!("{stem}{syllable}{next}");
                (moved(first), (moved(after), from))
            }
        };
        Some(Self {
            query: query.to_owned(),
            from,
            to,
            gap,
        })
    }
}

/// What the last character may become while somebody types on.
mod hangul {
    const FIRST_SYLLABLE: u32 = 0xAC00;
    const LAST_SYLLABLE: u32 = 0xD7A3;
    /// Syllables of one vowel, the first of which ends in it, and of one initial consonant.
    const FINALS: u32 = 28;
    const PER_INITIAL: u32 = 588;
    /// The consonants that a syllable can begin with, as a keyboard gives them alone.
    const INITIALS: &str = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
    /// For each final consonant: what stays of it, and which initial goes on to the next syllable when a vowel follows.
    const MOVES: [(u32, char); 27] = [
        (0, 'ㄱ'),
        (0, 'ㄲ'),
        (1, 'ㅅ'),
        (0, 'ㄴ'),
        (4, 'ㅈ'),
        (4, 'ㅎ'),
        (0, 'ㄷ'),
        (0, 'ㄹ'),
        (8, 'ㄱ'),
        (8, 'ㅁ'),
        (8, 'ㅂ'),
        (8, 'ㅅ'),
        (8, 'ㅌ'),
        (8, 'ㅍ'),
        (8, 'ㅎ'),
        (0, 'ㅁ'),
        (0, 'ㅂ'),
        (17, 'ㅅ'),
        (0, 'ㅅ'),
        (0, 'ㅆ'),
        (0, 'ㅇ'),
        (0, 'ㅈ'),
        (0, 'ㅊ'),
        (0, 'ㅋ'),
        (0, 'ㅌ'),
        (0, 'ㅍ'),
        (0, 'ㅎ'),
    ];

    /// 미 may become 민, and ㅁ any of its syllables: the first of them, and what comes after the last.
    pub(super) fn typed(last: char) -> (char, char) {
        let code = u32::from(last);
        let (first, after) = match (initial(last), final_of(last)) {
            (Some(first), _) => (first, first + PER_INITIAL),
            (None, Some(0)) => (code, code + FINALS),
            (None, _) => (code, code + 1),
        };
        // After the last character of a block there may be none.
        let after = (after..=u32::from(char::MAX)).find_map(char::from_u32);
        (char::from_u32(first).unwrap_or(last), after.unwrap_or(char::MAX))
    }

    /// 민 may become 미나: what stays of the syllable, the first that may follow it, and what comes after the last.
    pub(super) fn moved_on(last: char) -> Option<(char, char, char)> {
        let place = final_of(last).filter(|place| *place > 0)?;
        let (stays, moves) = MOVES[place as usize - 1];
        let first = initial(moves)?;
        let syllable = char::from_u32(u32::from(last) - place + stays)?;
        Some((syllable, char::from_u32(first)?, char::from_u32(first + PER_INITIAL)?))
    }

    /// The first syllable that begins with this consonant.
    fn initial(consonant: char) -> Option<u32> {
        let place = INITIALS.chars().position(|one| one == consonant)?;
        Some(FIRST_SYLLABLE + place as u32 * PER_INITIAL)
    }

    /// The place of a syllable's final consonant, 0 for none.
    fn final_of(syllable: char) -> Option<u32> {
        let code = u32::from(syllable);
        (FIRST_SYLLABLE..=LAST_SYLLABLE)
            .contains(&code)
            .then(|| (code - FIRST_SYLLABLE) % FINALS)
    }
}

/// By which of the two names a member was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum By {
    Handle,
    Name,
}

/// The last member of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    by: By,
    name: String,
    id: Uuid,
}

pub(crate) async fn search(
    users: &Users,
    request: proto::SearchMembersRequest,
) -> Result<proto::SearchMembersResponse, Error> {
    let limit = match request.limit {
        0 => 20,
        1..=50 => i64::from(request.limit),
        _ => return Err(Error::invalid("limit", "a page has 1 to 50 members")),
    };
    if request.query.chars().count() > LONGEST_QUERY || request.query.contains('\0') {
        let message = format!("a query has at most {LONGEST_QUERY} characters and no NUL");
        return Err(Error::invalid("query", message));
    }
    let Some(beginning) = Beginning::of(&request.query) else {
        return Ok(proto::SearchMembersResponse::default());
    };
    let list = ("members", &beginning.query);
    let start = Position {
        by: By::Handle,
        name: String::new(),
        id: Uuid::nil(),
    };
    let after = match request.cursor.as_str() {
        "" => start,
        text => cursor::decode_for::<Position>(&list, text)?,
    };
    if after.name.contains('\0') {
        return Err(cursor::Invalid.into());
    }
    let mut found = page(users, &beginning, &after, limit + 1).await?;
    let more = cursor::truncate_page(&mut found, limit);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|found| {
        let position = Position {
            by: found.by,
            name: found.name.clone(),
            id: found.member.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    Ok(proto::SearchMembersResponse {
        next_cursor: next_cursor.unwrap_or_default(),
        members: found.into_iter().map(|found| found.member.for_others()).collect(),
    })
}

struct Found {
    member: Member,
    by: By,
    /// As it is ordered.
    name: String,
}

impl Found {
    fn read(row: &PgRow) -> sqlx::Result<Self> {
        let by_name: bool = row.try_get("by_name")?;
        Ok(Self {
            member: Member::from_row(row)?,
            by: if by_name { By::Name } else { By::Handle },
            name: row.try_get("ordered_by")?,
        })
    }
}

async fn page(users: &Users, beginning: &Beginning, after: &Position, limit: i64) -> Result<Vec<Found>, Error> {
    let rows = sqlx::query(
        r#"select * from (
               (select id, handle, email, display_name, language, synthetic, registered_at, version,
                       false as by_name, handle collate "C" as ordered_by
                from members
                where $3 and handle collate "C" >= $1 and handle collate "C" < $2 and handle collate "C" > $4
                order by handle collate "C" limit $6)
               union all
               (select id, handle, email, display_name, language, synthetic, registered_at, version,
                       true, lower(display_name) collate "C"
                from members
                where lower(display_name) collate "C" >= $1 and lower(display_name) collate "C" < $2
                  and not (lower(display_name) collate "C" >= $7 and lower(display_name) collate "C" < $8)
                  and ($3 or (lower(display_name) collate "C", id) > ($4, $5))
                  and not (handle collate "C" >= $1 and handle collate "C" < $2)
                order by lower(display_name) collate "C", id limit $6)
           ) as found
           order by by_name, ordered_by collate "C", id limit $6"#,
    )
    .bind(&beginning.from)
    .bind(&beginning.to)
    .bind(after.by == By::Handle)
    .bind(&after.name)
    .bind(after.id)
    .bind(limit)
    .bind(&beginning.gap.0)
    .bind(&beginning.gap.1)
    .fetch_all(&users.db)
    .await?;
    Ok(rows.iter().map(Found::read).collect::<sqlx::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(query: &str, name: &str) -> bool {
        let beginning = Beginning::of(query).expect("something to begin with");
        let name = name.to_lowercase();
        let Beginning { from, to, gap, .. } = &beginning;
        (from..to).contains(&&name) && !(&gap.0..&gap.1).contains(&&name)
    }

    #[test]
    fn a_name_begins_like_what_is_typed_of_it_so_far() {
        for query in ["김", "김ㅁ", "김미", "김민", "김민ㅇ", "김민아", " 김민아 "] {
            assert!(begins(query, "김민아"), "{query}");
        }
        for query in ["민아", "김ㅂ", "김마", "김밍", "이"] {
            assert!(!begins(query, "김민아"), "{query}");
        }
        for (query, name) in [("김민", "김미나"), ("이읽", "이일구"), ("핚", "하꾸"), ("김민", "김민")]
        {
            assert!(begins(query, name), "{query} is on its way to {name}");
        }
        for (query, name) in [
            ("김민", "김미다"),
            ("김민", "김미"),
            ("김민", "김믹"),
            ("김민", "김밍"),
            ("이읽", "이읾"),
        ] {
            assert!(!begins(query, name), "{query} is not on its way to {name}");
        }
        for query in ["m", "MIN", "@mina", "mina_"] {
            assert!(begins(query, "Mina_99"), "{query}");
        }
        assert!(!begins("mina", "minb"));
    }

    #[test]
    fn the_last_characters_there_are_have_something_after_them() {
        for name in ["힣", "히", "ㅎ", "a\u{d7ff}", "\u{10ffff}"] {
            let beginning = Beginning::of(name).expect("something");
            assert!(beginning.from <= beginning.to, "{name}");
        }
        for nothing in ["", "  ", "@"] {
            assert_eq!(Beginning::of(nothing), None);
        }
    }
}
