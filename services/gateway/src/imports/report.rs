//! The report of an import: all its rows and their outcomes, as CSV.

use std::fmt::Write as _;

use chassis::identity::Caller;
use futures::{Stream, StreamExt as _, stream};
use matcha_protos::rating::v1 as proto;
use uuid::Uuid;

use super::{import::enum_word, rows};
use crate::{features::page::PageRequest, http::problem::Problem, stars, upstream::clients::Clients};

/// Rows of one page, the most that rating returns.
const PAGE: i32 = 200;

/// Returns the report, page by page.
pub(crate) async fn stream(
    clients: Clients,
    caller: Caller,
    import: Uuid,
) -> Result<impl Stream<Item = Result<String, Problem>>, Problem> {
    // Reads the first page now, so that an import that does not exist fails the request instead of the download.
    let first = rows::read(&clients, &caller, import, None, page(String::new())).await?;
    let rest = stream::try_unfold(Some(first.next_cursor), move |cursor| {
        let (clients, caller) = (clients.clone(), caller.clone());
        async move {
            let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
                return Ok::<_, Problem>(None);
            };
            let page = rows::read(&clients, &caller, import, None, page(cursor)).await?;
            Ok(Some((lines(page.rows), Some(page.next_cursor))))
        }
    });
    // The byte order mark makes spreadsheets read the file as UTF-8.
    let header =
        "\u{feff}file,line,title,year,kind,stars,watched_on,class,reason,outcome,matcha_id,list\r\n".to_owned();
    Ok(stream::iter([Ok(header), Ok(lines(first.rows))]).chain(rest))
}

fn page(cursor: String) -> PageRequest {
    PageRequest { cursor, limit: PAGE }
}

fn lines(rows: Vec<proto::ImportRow>) -> String {
    let mut lines = String::new();
    for row in rows {
        let year = if row.year == 0 {
            String::new()
        } else {
            row.year.to_string()
        };
        let stars = if row.stars == 0 {
            String::new()
        } else {
            format!("{:.1}", stars::from_half_steps(row.stars))
        };
        let (kind, class) = (row.kind().as_str_name(), row.class().as_str_name());
        let (reason, outcome) = (row.reason().as_str_name(), row.outcome().as_str_name());
        let _ = write!(
            lines,
            "{},{},{},{year},{},{stars},{},{},{},{},{},{}\r\n",
            csv_field(&row.file),
            row.line,
            csv_field(&row.title),
            enum_word("IMPORT_KIND_", kind).unwrap_or_default(),
            row.watched_on,
            enum_word("IMPORT_CLASS_", class).unwrap_or_default(),
            enum_word("IMPORT_REASON_", reason).unwrap_or_default(),
            enum_word("IMPORT_OUTCOME_", outcome).unwrap_or_default(),
            row.movie_id,
            csv_field(&row.list_title),
        );
    }
    lines
}

/// Quotes a CSV field, and puts an apostrophe before text that a spreadsheet would run as a formula: the file may come from
/// anybody.
fn csv_field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_in_the_report_is_one_field_and_no_formula() {
        assert_eq!(csv_field("좋은 놈, 나쁜 놈"), "\"좋은 놈, 나쁜 놈\"");
        assert_eq!(csv_field("The \"Thing\""), "\"The \"\"Thing\"\"\"");
        assert_eq!(csv_field("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
