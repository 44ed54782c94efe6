//! Rules for display text of one line, such as display names, list titles and tags: no invisible characters, and none that change
//! the direction of the text around them.

use unicode_normalization::char::is_combining_mark;

/// Whether the text has a visible character and no invisible or direction-changing one.
pub fn is_safe_display_text(text: &str) -> bool {
    let mut is_visible = false;
    let mut previous = '\0';
    for c in text.chars() {
        match c {
            // Variation selectors choose between emoji and text form (❤️) and are part of keycaps (1️⃣).
            '\u{fe0e}' | '\u{fe0f}' if is_emoji(previous) || "0123456789#*".contains(previous) => {}
            // The zero-width joiner combines emoji: 👩‍🚀, ❤️‍🔥.
            '\u{200d}' if is_emoji(previous) || previous == '\u{fe0f}' => {}
            c if is_hidden(c) => return false,
            c => is_visible |= !c.is_whitespace() && !is_combining_mark(c),
        }
        previous = c;
    }
    is_visible
}

/// Whether the character is in a block that has emoji; the other characters of these blocks are visible too.
fn is_emoji(c: char) -> bool {
    let sign = matches!(c, '©' | '®' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}');
    sign || matches!(c, '\u{203c}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether the character is a control character, default-ignorable, a line separator, or the empty braille pattern. The category
/// is not enough: U+3164, the Hangul filler, is a letter.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    ) || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_direction_marks_are_refused() {
        for bad in [
            "",
            "   ",
            "a\0b",
            "a\nb",
            "a\tb",
            "abc\u{202e}cba",
            "abc\u{2066}cba\u{2069}",
            "\u{301}",
        ] {
            assert!(!is_safe_display_text(bad), "{}", bad.escape_unicode());
        }
    }

    #[test]
    fn invisible_characters_are_refused_whatever_their_category() {
        for blank in [
            '\u{ad}',
            '\u{115f}',
            '\u{1160}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{2060}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{ffa0}',
            '\u{e0041}',
        ] {
            for bad in [blank.to_string(), format!("{blank} {blank}"), format!("Mina{blank}")] {
                assert!(!is_safe_display_text(&bad), "{}", bad.escape_unicode());
            }
        }
    }

    #[test]
    fn other_scripts_accents_and_emoji_of_many_parts_are_kept() {
        for good in [
            "Mina",
            "김 민아",
            "ㅁㄴ",
            "José",
            "नेहा",
            "ลลิตา",
            "مرحبا",
            "פָּנִים",
            "👩‍🚀",
            "❤️‍🔥 mina",
            "1️⃣",
            "👍🏽",
            "🇰🇷",
            "☕",
            "?!",
        ] {
            assert!(is_safe_display_text(good), "{}", good.escape_unicode());
        }
    }
}
