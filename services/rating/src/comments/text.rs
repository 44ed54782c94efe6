//! The text of comments, replies and lists. It is plain text: what looks like markup is stored as typed, and clients must escape it.

use chassis::display_text::is_hidden;

use crate::error::Error;

/// Trimmed text of bounded length, with line breaks as `\n` and at least one visible character.
#[derive(Debug)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn parse(text: &str, most: usize) -> Result<Self, Error> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(Error::invalid(
                "text",
                "a text has no control characters but line breaks and tabs",
            ));
        }
        // Invisible characters are allowed, as right-to-left text needs some, but do not make a text by themselves.
        let count = if text.chars().any(|c| !is_hidden(c) && !c.is_whitespace()) {
            text.chars().count()
        } else {
            0
        };
        if !(1..=most).contains(&count) {
            let message = format!("a text has 1 to {most} characters, not {count}");
            return Err(Error::invalid("text", message));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Option<String> {
        Text::parse(text, 10_000).ok().map(|text| text.0)
    }

    #[test]
    fn characters_are_counted_as_characters_not_as_bytes() {
        for character in ["a", "가", "😀", "ش"] {
            assert!(kept(&character.repeat(10_000)).is_some(), "{character}");
            assert!(kept(&character.repeat(10_001)).is_none(), "{character}");
            // Trimmed whitespace does not count.
            assert!(kept(&format!("  {}\n", character.repeat(10_000))).is_some());
        }
    }

    #[test]
    fn invisible_text_is_rejected() {
        for empty in [
            "",
            "   ",
            "\n\t\r\n",
            "\u{3000}\u{a0}",
            "\u{200b}\u{200d}",
            "\u{3164}",
            "\u{2800} \u{feff}",
        ] {
            assert!(kept(empty).is_none(), "{empty:?}");
        }
    }

    #[test]
    fn control_characters_are_rejected_and_line_breaks_kept() {
        for bad in ["a\0b", "a\u{7}", "\u{1b}[31mred", "a\u{85}b", "a\u{7f}"] {
            let error = Text::parse(bad, 10).expect_err(bad);
            assert!(error.to_string().contains("control characters"), "{bad:?}");
        }
        assert_eq!(
            kept("one\r\ntwo\rthree\n\tfour").as_deref(),
            Some("one\ntwo\nthree\n\tfour")
        );
    }

    #[test]
    fn every_script_and_markup_are_kept_as_typed() {
        for text in [
            "פָּנִים שלום",
            "مرحبا",
            "👩‍🚀❤️‍🔥",
            "<script>alert('x')</script> & <b>",
            "'; drop table comments; --",
        ] {
            assert_eq!(kept(text).as_deref(), Some(text));
        }
    }
}
