//! Pages of a list. They are read by key (`where (time, id) < (last time, last id)`), so a page costs the same however deep
//! it is, and a row that is inserted meanwhile shifts nothing.

pub(crate) use chassis::cursor::{BEGINNING_OF_TIME, END_OF_TIME, timestamp};

use chassis::cursor;
use serde::{Serialize, de::DeserializeOwned};

use crate::error::Error;

/// Entries of a page if the request does not say.
const DEFAULT_LIMIT: i32 = 20;
const MAX_LIMIT: i32 = 50;

/// One page: the query that it belongs to, and how many entries it holds.
pub(crate) struct Page<L> {
    list: L,
    limit: i32,
}

impl<L: Serialize> Page<L> {
    /// `list` identifies the query: owner, filters and order. A cursor made for other values is refused.
    pub(crate) fn new(list: L, limit: i32) -> Result<Self, Error> {
        Self::with_max_limit(MAX_LIMIT, list, limit)
    }

    pub(crate) fn with_max_limit(max_limit: i32, list: L, limit: i32) -> Result<Self, Error> {
        let limit = if limit == 0 { DEFAULT_LIMIT } else { limit };
        if !(1..=max_limit).contains(&limit) {
            return Err(Error::invalid(
                "limit",
                format!("a page has 1 to {max_limit} entries, not {limit}"),
            ));
        }
        Ok(Self { list, limit })
    }

    /// The position after which the page begins: the cursor's, or `start` on the first page.
    pub(crate) fn after<P: DeserializeOwned>(&self, cursor: &str, start: P) -> Result<P, Error> {
        if cursor.is_empty() {
            return Ok(start);
        }
        Ok(cursor::decode_for(&self.list, cursor)?)
    }

    /// How many rows to read: one more than the page holds, which shows whether there is a next page.
    pub(crate) fn rows_to_read(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Drops the row beyond the page and returns the cursor of the next page, which is empty on the last one.
    pub(crate) fn truncate<R, P: Serialize>(&self, rows: &mut Vec<R>, position: impl FnOnce(&R) -> P) -> String {
        let limit = usize::try_from(self.limit).expect("a limit is positive");
        if rows.len() <= limit {
            return String::new();
        }
        rows.truncate(limit);
        rows.last()
            .map(|row| cursor::encode_for(&self.list, &position(row)))
            .unwrap_or_default()
    }
}

pub(crate) fn invalid_sort() -> Error {
    Error::invalid("sort", "there is no such sort")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_until_the_rows_end() {
        let page = Page::new("numbers", 2).expect("a valid limit");
        let mut cursor = String::new();
        let mut pages = Vec::new();
        loop {
            let after = page.after(&cursor, 0).expect("an own cursor");
            let read = usize::try_from(page.rows_to_read()).expect("three");
            let mut rows: Vec<i32> = (1..=5).filter(|number| *number > after).take(read).collect();
            cursor = page.truncate(&mut rows, |number| *number);
            pages.push(rows);
            if cursor.is_empty() {
                break;
            }
        }
        assert_eq!(pages, [vec![1, 2], vec![3, 4], vec![5]]);
    }

    #[test]
    fn a_full_last_page_has_no_cursor() {
        let page = Page::new("numbers", 2).expect("a valid limit");
        assert_eq!(page.truncate(&mut vec![1, 2], |number| *number), "");
    }

    #[test]
    fn limits_go_from_one_to_the_most_and_zero_means_twenty() {
        assert_eq!(Page::new("", 0).ok().map(|page| page.rows_to_read()), Some(21));
        assert_eq!(
            Page::with_max_limit(200, "", 200).ok().map(|page| page.rows_to_read()),
            Some(201)
        );
        for limit in [-1, 51, i32::MAX, i32::MIN] {
            assert!(Page::new("", limit).is_err(), "{limit}");
        }
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let page = Page::new(("ratings", 1), 1).expect("a valid limit");
        let cursor = page.truncate(&mut vec![7, 8], |number| *number);
        assert_eq!(page.after(&cursor, 0).ok(), Some(7));
        let other = Page::new(("ratings", 2), 1).expect("a valid limit");
        assert!(other.after(&cursor, 0).is_err());
    }
}
