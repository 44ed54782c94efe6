//! Single values of the files. A value is parsed exactly or refused.

use matcha_protos::rating::v1::{ImportReason, ShelfState};
use time::{
    Date, Duration, OffsetDateTime, Time,
    format_description::well_known::Rfc3339,
    macros::{date, format_description},
};

/// The most characters of a title.
const MAX_TITLE_CHARS: usize = 500;
/// The limits of the rating service.
const MAX_TAGS: usize = 10;
const MAX_TAG_CHARS: usize = 40;

/// Parses stars of 0.5-5.0 as half steps of 1-10. `3.5`, `4` and `4.0` are stars; `3.7` and `4.25` are not.
pub(super) fn half_steps(text: &str) -> Option<i32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole = digits(whole)?;
    let half = match fraction.trim_end_matches('0') {
        "" if !fraction.is_empty() => 0,
        "5" => 1,
        _ => return None,
    };
    on_scale(whole.checked_mul(2)?.checked_add(half)?)
}

/// Parses points of 1-10, which equal half steps.
pub(super) fn points(text: &str) -> Option<i32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_whole = !fraction.is_empty() && fraction.trim_end_matches('0').is_empty();
    is_whole.then(|| digits(whole).and_then(on_scale)).flatten()
}

fn digits(text: &str) -> Option<i32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn on_scale(stars: i32) -> Option<i32> {
    (1..=10).contains(&stars).then_some(stars)
}

/// Parses a year; empty: not known.
pub(super) fn year(text: &str) -> Result<Option<i32>, ImportReason> {
    if text.is_empty() {
        return Ok(None);
    }
    let year = digits(text).filter(|year| (1870..=2200).contains(year));
    year.map(Some).ok_or(ImportReason::Year)
}

/// A title without control characters; one that is empty or too long is refused.
pub(super) fn title(text: &str) -> Result<String, ImportReason> {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    if clean.is_empty() || clean.chars().count() > MAX_TITLE_CHARS {
        return Err(ImportReason::Title);
    }
    Ok(clean.to_owned())
}

pub(super) fn imdb_id(text: &str) -> Option<String> {
    let digits = text.strip_prefix("tt")?;
    let is_id = (7..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then(|| text.to_owned())
}

/// Parses a day (`2021-03-04`, taken as its beginning) or a timestamp (RFC 3339); empty: not known. A date up to a day ahead
/// counts as now, because the day begins earlier in some time zones.
pub(super) fn timestamp(text: &str, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, ImportReason> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let day = day.map(|day| day.with_time(Time::MIDNIGHT).assume_utc());
    let timestamp = day.or_else(|_| OffsetDateTime::parse(text, &Rfc3339));
    let timestamp = timestamp.map_err(|_| ImportReason::Date)?;
    if timestamp < OffsetDateTime::UNIX_EPOCH {
        return Err(ImportReason::Date);
    }
    if timestamp > now + Duration::days(1) {
        return Err(ImportReason::Future);
    }
    Ok(Some(timestamp.min(now)))
}

/// Parses the day of a watch; empty: not known. A day counts as today once it has begun in any time zone.
pub(super) fn day(text: &str, now: OffsetDateTime) -> Result<Option<Date>, ImportReason> {
    /// No movie is older than this year.
    const FIRST: Date = date!(1888 - 01 - 01);
    const FURTHEST_AHEAD: Duration = Duration::hours(14);
    if text.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let day = day.ok().filter(|day| *day >= FIRST).ok_or(ImportReason::Date)?;
    if day > (now + FURTHEST_AHEAD).date() {
        return Err(ImportReason::Future);
    }
    Ok(Some(day))
}

/// Tags without surrounding space and without duplicates. More or longer ones than a watch may have are refused.
pub(super) fn tags<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, ImportReason> {
    let given = given.into_iter().map(str::trim).filter(|tag| !tag.is_empty());
    let mut tags: Vec<String> = Vec::new();
    for tag in given {
        if tag.chars().count() > MAX_TAG_CHARS || tag.contains(|letter: char| letter == ',' || letter.is_control()) {
            return Err(ImportReason::Tags);
        }
        if tags.iter().all(|other| other.to_lowercase() != tag.to_lowercase()) {
            tags.push(tag.to_owned());
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(ImportReason::Tags);
    }
    Ok(tags)
}

pub(super) fn shelf(text: &str) -> Result<ShelfState, ImportReason> {
    match text {
        "wish" => Ok(ShelfState::Wish),
        "watching" => Ok(ShelfState::Watching),
        "not_interested" => Ok(ShelfState::NotInterested),
        _ => Err(ImportReason::ShelfState),
    }
}

/// Converts a review of Letterboxd from HTML to text: removes the few tags that it allows, and turns breaks into lines and
/// entities into characters. Text that only resembles a tag (`a < b`, `<3`) stays.
pub(super) fn from_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        match tag(rest) {
            Some((replaced_by, length)) => {
                text.push_str(replaced_by);
                rest = &rest[length..];
            }
            None => {
                let mut rest_of = rest.chars();
                text.extend(rest_of.next());
                rest = rest_of.as_str();
            }
        }
    }
    text.push_str(rest);
    text
}

/// The replacement of the tag or entity at the beginning, and its length in bytes.
fn tag(text: &str) -> Option<(&'static str, usize)> {
    const ENTITIES: [(&str, &str); 8] = [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
    ];
    const QUIET: [&str; 9] = ["b", "strong", "i", "em", "u", "s", "a", "blockquote", "span"];
    if let Some((entity, character)) = ENTITIES.into_iter().find(|(entity, _)| text.starts_with(entity)) {
        return Some((character, entity.len()));
    }
    let inside = text.strip_prefix('<')?;
    let end = inside.find('>')?;
    let length = end + 2;
    let inside = &inside[..end];
    let is_closing = inside.starts_with('/');
    let name = inside.trim_start_matches('/').split([' ', '/', '\n']).next()?;
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "br" => Some(("\n", length)),
        "p" if is_closing => Some(("\n\n", length)),
        "p" => Some(("", length)),
        name if QUIET.contains(&name) => Some(("", length)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn stars_are_read_exactly_and_never_rounded() {
        for (text, stars) in [("0.5", 1), ("1", 2), ("3.5", 7), ("4.0", 8), ("4.50", 9), ("5", 10)] {
            assert_eq!(half_steps(text), Some(stars), "{text}");
        }
        for text in [
            "",
            "0",
            "0.0",
            "5.5",
            "3.7",
            "4.25",
            "3.49999",
            "-1",
            "+4",
            "4.",
            ".5",
            "1e0",
            "NaN",
            "４",
            "99999999999",
        ] {
            assert_eq!(half_steps(text), None, "{text}");
        }
    }

    #[test]
    fn points_equal_half_steps() {
        for (text, stars) in [("1", 1), ("7", 7), ("10", 10), ("8.0", 8)] {
            assert_eq!(points(text), Some(stars), "{text}");
        }
        for text in ["", "0", "11", "7.5", "7.", "-3", "1O"] {
            assert_eq!(points(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_days_or_timestamps_of_the_past() {
        let now = datetime!(2026-11-21 18:00 UTC);
        assert_eq!(timestamp("", now), Ok(None));
        assert_eq!(timestamp("2021-03-04", now), Ok(Some(datetime!(2021-03-04 0:00 UTC))));
        let precise = datetime!(2021-03-04 05:06:07.008 UTC);
        assert_eq!(timestamp("2021-03-04T05:06:07.008Z", now), Ok(Some(precise)));
        // In Seoul it is the 22nd already.
        assert_eq!(timestamp("2026-11-22", now), Ok(Some(now)));
        assert_eq!(timestamp("2026-11-23", now), Err(ImportReason::Future));
        for text in ["04/03/2021", "2021-02-30", "yesterday", "1969-12-31"] {
            assert_eq!(timestamp(text, now), Err(ImportReason::Date), "{text}");
        }
    }

    #[test]
    fn a_day_of_a_watch_is_a_real_date_from_1888_until_today() {
        let now = datetime!(2026-11-21 18:00 UTC);
        assert_eq!(day("", now), Ok(None));
        assert_eq!(day("1999-12-31", now), Ok(Some(date!(1999 - 12 - 31))));
        // In Seoul it is the 22nd already.
        assert_eq!(day("2026-11-22", now), Ok(Some(date!(2026 - 11 - 22))));
        assert_eq!(day("2026-11-23", now), Err(ImportReason::Future));
        for text in ["1887-12-31", "2021-02-30", "31/12/1999", "2021-03-04T05:06:07Z"] {
            assert_eq!(day(text, now), Err(ImportReason::Date), "{text}");
        }
    }

    #[test]
    fn duplicate_tags_are_dropped_and_too_many_are_refused() {
        let of = |text: &str| tags(text.split(','));
        assert_eq!(of(""), Ok(vec![]));
        assert_eq!(of(" 극장, IMAX,,imax "), Ok(vec!["극장".to_owned(), "IMAX".to_owned()]));
        assert_eq!(of("0,1,2,3,4,5,6,7,8,9,10"), Err(ImportReason::Tags));
        assert_eq!(of(&"긴".repeat(41)), Err(ImportReason::Tags));
    }

    #[test]
    fn tags_and_entities_become_text_and_other_text_stays() {
        for (html, text) in [
            ("<b>Yes</b>, <i>no</i><br />maybe", "Yes, no\nmaybe"),
            ("<p>One</p><p>Two</p>", "One\n\nTwo\n\n"),
            ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
            ("I <3 it, 1 < 2 > 0 & so on", "I <3 it, 1 < 2 > 0 & so on"),
            ("<a href=\"https://x\">link</a> <script>", "link <script>"),
            ("한 번 더 <em>보고</em> 싶다", "한 번 더 보고 싶다"),
            ("&amp;lt;", "&lt;"),
        ] {
            assert_eq!(from_html(html), text);
        }
    }
}
