//! Text of one line that stands for somebody or something: what people call themselves, their lists, their tags. It shows what
//! it says: nothing in it is hidden, and nothing turns the rest of the line around.

use unicode_normalization::char::is_combining_mark;

/// Something in it shows, and there is nothing that does not, or that moves what stands beside it.
pub fn shows_what_it_says(line: &str) -> bool {
    let mut shows = false;
    let mut before = '\0';
    for c in line.chars() {
        match c {
            // These ask for the picture or for the sign (❤️), and keycaps (1️⃣) are made with them.
            '\u{fe0e}' | '\u{fe0f}' if is_emoji(before) || "0123456789#*".contains(before) => {}
            // This makes one emoji of two: 👩‍🚀, ❤️‍🔥.
            '\u{200d}' if is_emoji(before) || before == '\u{fe0f}' => {}
            c if is_hidden(c) => return false,
            c => shows |= !c.is_whitespace() && !is_combining_mark(c),
        }
        before = c;
    }
    shows
}

/// The blocks that emoji are in; what else is in them shows as well.
fn is_emoji(c: char) -> bool {
    let sign = matches!(c, '©' | '®' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}');
    sign || matches!(c, '\u{203c}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Control characters, those that Unicode calls default-ignorable, line separators, and the braille sign without a dot.
/// Some are letters by category: U+3164, the Hangul filler, stands where a letter is missing.
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
    fn what_is_hidden_or_turns_the_line_around_is_refused() {
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
            assert!(!shows_what_it_says(bad), "{}", bad.escape_unicode());
        }
    }

    #[test]
    fn a_line_that_shows_nothing_is_refused_whatever_its_characters_are_called() {
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
                assert!(!shows_what_it_says(&bad), "{}", bad.escape_unicode());
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
            assert!(shows_what_it_says(good), "{}", good.escape_unicode());
        }
    }
}
