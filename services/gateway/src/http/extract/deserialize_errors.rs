//! Messages about a wrong field. Serde's own messages name Rust types and quote the value, so they are rewritten.

/// The message for a value that is none of the choices, such as null.
pub(super) const NO_CHOICE: &str = "expected value";

/// Rewrites the parser's message about a field for the client.
pub(super) fn plain(field: &str, said: &str) -> String {
    let said = said.rfind(" at line ").map_or(said, |end| &said[..end]);
    let name = field.rsplit('.').next().filter(|name| !name.is_empty());
    let name = name.unwrap_or("this");
    if said.starts_with("missing field ") {
        return format!("{name} is missing");
    }
    if said.starts_with("duplicate field ") {
        return format!("{name} is given twice");
    }
    if said.starts_with("unknown field ") {
        return format!("there is no field {name}");
    }
    if said.starts_with("unknown variant ") {
        return format!("{name} must be {}", choices(said));
    }
    let must_be = match said.rsplit_once("expected ") {
        _ if said.starts_with("UUID parsing failed") => Some("an id, which is a UUID"),
        Some((_, expected)) => kind(expected),
        // Values in query strings are parsed from text, and those parsers do not name the type.
        None if said.contains("integer") || said.contains("digit") || said.contains("number too") => {
            Some("a whole number that is not too large")
        }
        None if said.contains("float") => Some("a number"),
        None if said.contains("`true` or `false`") => Some("true or false"),
        None => None,
    };
    match must_be {
        Some(kind) => format!("{name} must be {kind}"),
        None if said.starts_with("invalid ") || said.starts_with("data did not match") => {
            format!("{name} cannot be read")
        }
        // Messages from this crate are kept.
        None => said.to_owned(),
    }
}

/// `one of a, b, c`, from the parts in backquotes after "expected".
fn choices(said: &str) -> String {
    let expected = said.rsplit_once("expected ").map_or("", |(_, expected)| expected);
    let choices: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match choices[..] {
        [] => "one of the choices".to_owned(),
        [only] => only.to_owned(),
        _ => format!("one of {}", choices.join(", ")),
    }
}

/// Plain names for Rust's types and for the parsers' other expectations.
fn kind(expected: &str) -> Option<&'static str> {
    let expected = expected.trim_start_matches("a ").trim_start_matches("an ");
    Some(match expected {
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => {
            "a whole number that is not too large"
        }
        "string" | "str" | "borrowed string" | "character" => "text",
        "boolean" | "bool" => "true or false",
        _ if expected.starts_with("sequence") || expected.starts_with("tuple") => "a list",
        _ if expected.starts_with("struct") || expected.starts_with("map") => "an object",
        _ if expected.contains("UUID") => "an id, which is a UUID",
        "value" | "string or map" => "one of the choices",
        _ if expected.contains("enum") || expected.contains("variant") => "one of the choices",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use uuid::Uuid;

    use super::super::{parse, query};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Given {
        stars: f64,
        #[serde(default)]
        limit: Option<i32>,
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        spoiler: Option<bool>,
        #[serde(default)]
        id: Option<Uuid>,
        #[serde(default)]
        sort: Option<Sort>,
        #[serde(default)]
        order: Sort,
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default, deserialize_with = "even")]
        even: i32,
    }

    fn even<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
        let given = i32::deserialize(deserializer)?;
        let is_even = given % 2 == 0;
        is_even
            .then_some(given)
            .ok_or_else(|| serde::de::Error::custom("an even number"))
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Sort {
        #[default]
        Newest,
        Title,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only parsed")]
    struct Inner {
        list: Vec<String>,
    }

    #[test]
    fn a_body_is_refused_in_plain_words() {
        for (given, expected) in [
            ("{}", "stars is missing"),
            (r#"{"stars":"4"}"#, "stars must be a number"),
            (r#"{"stars":null}"#, "stars must be a number"),
            (r#"{"stars":1,"stars":2}"#, "stars is given twice"),
            (r#"{"stars":1,"starz":2}"#, "there is no field starz"),
            (
                r#"{"stars":1,"limit":1.5}"#,
                "limit must be a whole number that is not too large",
            ),
            (
                r#"{"stars":1,"limit":99999999999}"#,
                "limit must be a whole number that is not too large",
            ),
            (r#"{"stars":1,"text":7}"#, "text must be text"),
            (r#"{"stars":1,"spoiler":"yes"}"#, "spoiler must be true or false"),
            (r#"{"stars":1,"id":"x"}"#, "id must be an id, which is a UUID"),
            (r#"{"stars":1,"sort":"worst"}"#, "sort must be one of newest, title"),
            (r#"{"stars":1,"sort":7}"#, "sort must be one of the choices"),
            (r#"{"stars":1,"order":null}"#, "order must be one of the choices"),
            (r#"{"stars":1,"order":[]}"#, "order must be one of the choices"),
            (r#"{"stars":1,"order":null,}"#, "the body is not JSON"),
            (r#"{"stars":1,"inner":{"list":"x"}}"#, "list must be a list"),
            (r#"{"stars":1,"inner":7}"#, "inner must be an object"),
            (r#"{"stars":1,"even":7}"#, "an even number"),
        ] {
            let problem = parse::<Given>(given.as_bytes()).expect_err(given);
            assert_eq!(problem.detail, expected, "{given}");
        }
    }

    #[test]
    fn a_query_is_refused_in_plain_words() {
        for (given, expected) in [
            ("", "stars is missing"),
            ("stars=x", "stars must be a number"),
            ("stars=1&limit=x", "limit must be a whole number that is not too large"),
            ("stars=1&limit=", "limit must be a whole number that is not too large"),
            (
                "stars=1&limit=99999999999",
                "limit must be a whole number that is not too large",
            ),
            ("stars=1&spoiler=yes", "spoiler must be true or false"),
            ("stars=1&id=x", "id must be an id, which is a UUID"),
            ("stars=1&sort=worst", "sort must be one of newest, title"),
            ("stars=1&surprise=1", "there is no field surprise"),
        ] {
            let problem = query::<Given>(given).expect_err(given);
            assert_eq!(problem.detail, expected, "{given}");
        }
    }
}
