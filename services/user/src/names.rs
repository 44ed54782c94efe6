//! Parsers of handles, emails, display names and languages.

use chassis::display_text::is_safe_display_text;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::Error;

/// 3 to 30 of `a-z`, `0-9` and `_`; upper case is folded to lower case.
#[derive(Clone, Debug)]
pub(crate) struct Handle(pub(crate) String);

/// Handles that could pass for the site itself or its staff, however many underscores are put into them.
const RESERVED_HANDLES: [&str; 10] = [
    "admin",
    "api",
    "help",
    "matcha",
    "moderator",
    "official",
    "root",
    "support",
    "system",
    "www",
];

impl Handle {
    /// A handle that a new member chooses. Members who have a reserved handle keep it, and the operator's bulk import may give one.
    pub(crate) fn parse_new(text: &str) -> Result<Self, Error> {
        let handle = Self::parse(text)?;
        if RESERVED_HANDLES.contains(&handle.0.replace('_', "").as_str()) {
            return Err(Error::invalid("handle", "this handle is reserved"));
        }
        Ok(handle)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !(3..=30).contains(&text.len()) || !text.bytes().all(allowed) {
            let message = "a handle has 3 to 30 letters a-z, digits or underscores";
            return Err(Error::invalid("handle", message));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// A syntactically valid address; whether it exists is not verified.
#[derive(Clone, Debug)]
pub(crate) struct Email(pub(crate) String);

impl Email {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() <= 254 && is_email(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::invalid("email", "this is not an email address"))
        }
    }
}

/// `local@domain.tld` in ASCII. Quoted local parts and domains without a dot are refused, although RFC 5321 allows them.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let local_ok = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (1..=64).contains(&local.len())
        && local.bytes().all(local_ok)
        && local.split('.').all(|part| !part.is_empty())
        && domain.contains('.')
        && domain.split('.').all(label_ok)
}

/// 1 to 50 characters, at least one of them visible, none of them invisible or changing the direction of text.
pub(crate) fn parse_display_name(text: &str) -> Result<String, Error> {
    // Bounds the cost of normalisation.
    let name: String = text.chars().take(1_000).nfc().collect();
    let name = name.trim();
    if !(1..=50).contains(&name.chars().count()) || !is_safe_display_text(name) {
        let message = "a display name has 1 to 50 characters and none that do not show";
        return Err(Error::invalid("display_name", message));
    }
    Ok(name.to_owned())
}

pub(crate) fn parse_language(text: &str) -> Result<&'static str, Error> {
    match text {
        "ko" => Ok("ko"),
        "en" => Ok("en"),
        _ => Err(Error::invalid("language", "the languages are ko and en")),
    }
}

/// The language of movie titles: `page` (the default) follows the language of the page.
pub(crate) fn parse_title_language(text: &str) -> Result<&'static str, Error> {
    match text {
        "" | "page" => Ok("page"),
        "ko" => Ok("ko"),
        "en" => Ok("en"),
        "original" => Ok("original"),
        _ => Err(Error::invalid(
            "title_language",
            "titles are in ko, en, original or page",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_stored_in_lower_case() {
        assert_eq!(Handle::parse("Mina_99").expect("a handle").0, "mina_99");
    }

    #[test]
    fn an_invalid_handle_is_refused() {
        let long = "a".repeat(31);
        for bad in [
            "", "ab", &long, "mina kim", "mina-kim", "민아", "mina\0", "mina@x", "İmina",
        ] {
            assert!(Handle::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_reserved_handle_is_refused_to_new_members_only() {
        for reserved in ["admin", "ROOT", "Support", "sys_tem", "_matcha_", "www", "api"] {
            assert!(Handle::parse_new(reserved).is_err(), "{reserved}");
            assert!(Handle::parse(reserved).is_ok(), "{reserved}");
        }
        for free in ["administrator_kim", "rooty", "help_me", "mina"] {
            assert!(Handle::parse_new(free).is_ok(), "{free}");
        }
    }

    #[test]
    fn ordinary_addresses_are_emails() {
        for good in [
            "a@b.co",
            "mina.kim+movies@mail.example.com",
            "o'hara@x-y.org",
            " mina@example.com ",
        ] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn an_invalid_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}com", "abcdefgh.".repeat(30));
        for bad in [
            "",
            "@",
            "mina",
            "mina@",
            "@example.com",
            "mina@example",
            "a@b@c.com",
            "a b@c.com",
            "a@b..com",
            ".a@b.com",
            "a.@b.com",
            "a@-b.com",
            "a@b.com\0",
            "a\n@b.com",
            "민아@example.com",
            &long,
            &longer,
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_display_name_is_trimmed_and_has_no_invisible_characters() {
        assert_eq!(parse_display_name("  김민아 🍵 ").expect("a name"), "김민아 🍵");
        let long = "가".repeat(51);
        for bad in ["", "   ", "a\0b", "a\nb", "abc\u{202e}cba", &long] {
            assert!(parse_display_name(bad).is_err(), "{bad:?}");
        }
    }
}
