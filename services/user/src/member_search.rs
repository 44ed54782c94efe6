//! Search for members by a prefix of their handle or display name. Both are public; the email is never searched.
//!
//! Members found by handle come first, in the order of handles, then those found by name, in the order of names. So an exact
//! handle is the first result, and a page reads no more index entries than it shows, however many members match.

use chassis::cursor;
use matcha_protos::user::v1 as proto;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::{
    Service,
    error::Error,
    members::{Member, member_of_row},
};

const MAX_QUERY_CHARS: usize = 200;

/// A query as a half-open range `[from, to)` of names in code point order, minus the half-open range `gap`.
#[derive(Debug, PartialEq, Eq)]
struct NameRange {
    query: String,
    from: String,
    to: String,
    gap: (String, String),
}

impl NameRange {
    /// `None` for an empty query.
    fn of(query: &str) -> Option<Self> {
        let query = query.nfc().collect::<String>().trim().to_lowercase();
        let query = query.strip_prefix('@').unwrap_or(&query);
        let last = query.chars().next_back()?;
        let stem = &query[..query.len() - last.len_utf8()];
        let (first, end) = completions(last);
        let (from, to) = (format!("{stem}{first}"), format!("{stem}{end}"));
        // The next key may turn 김민 into 김미나, which sorts before 김민. The names between 김미나… and 김민 do not match.
        let (from, gap) = match completions_of_split(last) {
            None => (from, Default::default()),
            Some((syllable, first, end)) => {
                let name = |next: char| format!("{stem}{syllable}{next}");
                (name(first), (name(end), from))
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

/// Half-open range of the characters that the last typed one may become: [미, 믜) for 미, [마, 바) for ㅁ.
fn completions(last: char) -> (char, char) {
    let (first, count) = match (hangul::first_syllable(last), hangul::trail_index(last)) {
        (Some(first), _) => (first, hangul::SYLLABLES_PER_LEAD),
        (None, Some(0)) => (last, hangul::SYLLABLES_PER_VOWEL),
        (None, _) => (last, 1),
    };
    (first, char_after(first, count))
}

/// A vowel moves a trailing consonant on to the next syllable: for 민, the syllable 미 that stays and the half-open range
/// [나, 다) of what may follow it.
fn completions_of_split(last: char) -> Option<(char, char, char)> {
    let (stays, moves) = hangul::split_trail(last)?;
    let first = hangul::first_syllable(moves)?;
    Some((stays, first, char_after(first, hangul::SYLLABLES_PER_LEAD)))
}

fn char_after(first: char, count: u32) -> char {
    // Code points at the end of a block may be unassigned surrogates, which are no characters.
    let mut after = u32::from(first) + count..=u32::from(char::MAX);
    after.find_map(char::from_u32).unwrap_or(char::MAX)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum MatchedBy {
    Handle,
    Name,
}

/// Cursor position: the last member of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    by: MatchedBy,
    name: String,
    id: Uuid,
}

pub(crate) async fn search_members(
    service: &Service,
    request: proto::SearchMembersRequest,
) -> Result<proto::SearchMembersResponse, Error> {
    let limit = match request.limit {
        0 => 20,
        1..=50 => i64::from(request.limit),
        _ => return Err(Error::invalid("limit", "a page has 1 to 50 members")),
    };
    if request.query.chars().count() > MAX_QUERY_CHARS || request.query.contains('\0') {
        let message = format!("a query has at most {MAX_QUERY_CHARS} characters and no NUL");
        return Err(Error::invalid("query", message));
    }
    let Some(range) = NameRange::of(&request.query) else {
        return Ok(proto::SearchMembersResponse::default());
    };
    let list = ("members", &range.query);
    let start = Position {
        by: MatchedBy::Handle,
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
    let mut found = page(service, &range, &after, limit + 1).await?;
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
    by: MatchedBy,
    /// The handle or the lower-case name that the list is ordered by.
    name: String,
}

async fn page(service: &Service, range: &NameRange, after: &Position, limit: i64) -> Result<Vec<Found>, Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", handle as "handle!", email, display_name as "display_name!", language as "language!",
                  synthetic as "synthetic!", registered_at as "registered_at!", version as "version!",
                  by_name as "by_name!", ordered_by as "ordered_by!"
           from (
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
        range.from,
        range.to,
        after.by == MatchedBy::Handle,
        after.name,
        after.id,
        limit,
        range.gap.0,
        range.gap.1
    )
    .fetch_all(&service.db)
    .await?;
    let found = rows.into_iter().map(|row| Found {
        by: if row.by_name {
            MatchedBy::Name
        } else {
            MatchedBy::Handle
        },
        name: row.ordered_by,
        member: member_of_row!(row),
    });
    Ok(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(query: &str, name: &str) -> bool {
        let range = NameRange::of(query).expect("the query is not empty");
        let name = name.to_lowercase();
        let NameRange { from, to, gap, .. } = &range;
        (from..to).contains(&&name) && !(&gap.0..&gap.1).contains(&&name)
    }

    #[test]
    fn a_half_typed_name_is_a_prefix_of_the_name() {
        for query in ["김", "김ㅁ", "김미", "김민", "김민ㅇ", "김민아", " 김민아 "] {
            assert!(matches(query, "김민아"), "{query}");
        }
        for query in ["민아", "김ㅂ", "김마", "김밍", "이"] {
            assert!(!matches(query, "김민아"), "{query}");
        }
        for (query, name) in [("김민", "김미나"), ("이읽", "이일구"), ("핚", "하꾸"), ("김민", "김민")]
        {
            assert!(matches(query, name), "{query} may become {name}");
        }
        for (query, name) in [
            ("김민", "김미다"),
            ("김민", "김미"),
            ("김민", "김믹"),
            ("김민", "김밍"),
            ("이읽", "이읾"),
        ] {
            assert!(!matches(query, name), "{query} cannot become {name}");
        }
        for query in ["m", "MIN", "@mina", "mina_"] {
            assert!(matches(query, "Mina_99"), "{query}");
        }
        assert!(!matches("mina", "minb"));
    }

    #[test]
    fn the_range_of_a_last_character_of_a_block_is_not_reversed() {
        for name in ["힣", "히", "ㅎ", "a\u{d7ff}", "\u{10ffff}"] {
            let range = NameRange::of(name).expect("the query is not empty");
            assert!(range.from <= range.to, "{name}");
        }
        for empty in ["", "  ", "@"] {
            assert_eq!(NameRange::of(empty), None);
        }
    }
}
