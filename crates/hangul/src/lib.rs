//! Hangul taken apart into the letters that a keyboard types, so that a half-typed syllable is a prefix: 기새 is ㄱㅣㅅㅐ and
//! 기생충 is ㄱㅣㅅㅐㅇㅊㅜㅇ. One table serves every search of matcha.
//!
//! Unicode knows a letter in three forms: conjoining jamo (U+1100 to U+11FF, what NFD makes of a syllable), compatibility
//! jamo (U+3131 to U+3163, what a keyboard writes for a letter alone) and half-width jamo, which NFKD turns into the first.
//! This crate answers in compatibility jamo. The arithmetic of syllables is that of the Unicode Standard, section 3.12.

/// The first syllable, 가.
pub const FIRST_SYLLABLE: u32 = 0xAC00;
/// The last syllable, 힣.
pub const LAST_SYLLABLE: u32 = 0xD7A3;
/// How many syllables share a leading consonant and a vowel: one without a trailing consonant, then one for each.
pub const SYLLABLES_PER_VOWEL: u32 = 28;
/// How many syllables share a leading consonant.
pub const SYLLABLES_PER_LEAD: u32 = 588;

/// Leading consonants in the order of U+1100.
pub const LEADS: [&str; 19] = [
    "ㄱ", "ㄲ", "ㄴ", "ㄷ", "ㄸ", "ㄹ", "ㅁ", "ㅂ", "ㅃ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅉ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];
/// Vowels in the order of U+1161, compound ones as they are typed.
pub const VOWELS: [&str; 21] = [
    "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ",
    "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ",
];
/// Trailing consonants in the order of U+11A8, clusters as they are typed.
pub const TRAILS: [&str; 27] = [
    "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅁ",
    "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];

/// A conjoining jamo as NFD and NFKD produce it, with the letters that type it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jamo {
    Lead(&'static str),
    Vowel(&'static str),
    Trail(&'static str),
}

impl Jamo {
    /// `None` for everything but a modern conjoining jamo.
    pub fn of(c: char) -> Option<Self> {
        let code = u32::from(c);
        let at = |first: u32, letters: &'static [&'static str]| {
            let place = usize::try_from(code.checked_sub(first)?).ok()?;
            letters.get(place).copied()
        };
        at(0x1100, &LEADS)
            .map(Self::Lead)
            .or_else(|| at(0x1161, &VOWELS).map(Self::Vowel))
            .or_else(|| at(0x11A8, &TRAILS).map(Self::Trail))
    }

    /// The letters that type it, in compatibility jamo.
    pub fn keystrokes(self) -> &'static str {
        match self {
            Self::Lead(keys) | Self::Vowel(keys) | Self::Trail(keys) => keys,
        }
    }
}

/// A letter that a keyboard writes alone, of full or half width, as compatibility jamo: ㄱ for ﾡ. `None` for other characters.
pub fn standalone_letter(c: char) -> Option<char> {
    let code = u32::from(c);
    let half_width = |first: u32, letter: char| char::from_u32(u32::from(letter) + code - first);
    match code {
        0x3131..=0x3163 => Some(c),
        0xFFA1..=0xFFBE => half_width(0xFFA1, 'ㄱ'),
        // Half-width vowels come in groups of six with gaps between.
        0xFFC2..=0xFFC7 => half_width(0xFFC2, 'ㅏ'),
        0xFFCA..=0xFFCF => half_width(0xFFCA, 'ㅕ'),
        0xFFD2..=0xFFD7 => half_width(0xFFD2, 'ㅛ'),
        0xFFDA..=0xFFDC => half_width(0xFFDA, 'ㅡ'),
        _ => None,
    }
}

/// Whether a compatibility jamo is a vowel.
pub fn is_vowel(letter: char) -> bool {
    ('ㅏ'..='ㅣ').contains(&letter)
}

/// The letters that type a compatibility jamo: ㄱㅅ for ㄳ, ㅗㅏ for ㅘ, ㄱ for ㄱ. `None` for other characters.
pub fn keystrokes(letter: char) -> Option<&'static str> {
    let lead = |letter: char| LEADS.into_iter().find(|lead| is_one(lead, letter));
    match letter {
        'ㅏ'..='ㅣ' => VOWELS.get((u32::from(letter) - u32::from('ㅏ')) as usize).copied(),
        'ㄱ'..='ㅎ' => lead(letter).or_else(|| {
            // The clusters stand in Unicode in the order of the trailing consonants.
            let clusters_before = ('ㄱ'..letter).filter(|one| lead(*one).is_none()).count();
            let mut clusters = TRAILS.into_iter().filter(|keys| keys.chars().count() == 2);
            clusters.nth(clusters_before)
        }),
        _ => None,
    }
}

/// The first syllable that begins with this consonant, given as compatibility jamo: 까 for ㄲ. `None` for anything else, also
/// for clusters such as ㄳ, with which no syllable begins.
pub fn first_syllable(consonant: char) -> Option<char> {
    let place = (0_u32..).zip(LEADS).find(|(_, lead)| is_one(lead, consonant))?.0;
    char::from_u32(FIRST_SYLLABLE + place * SYLLABLES_PER_LEAD)
}

/// The index of a syllable's trailing consonant: 0 for none, else its place in [`TRAILS`] plus one. `None` if `c` is no syllable.
pub fn trail_index(c: char) -> Option<u32> {
    let code = u32::from(c);
    (FIRST_SYLLABLE..=LAST_SYLLABLE)
        .contains(&code)
        .then(|| (code - FIRST_SYLLABLE) % SYLLABLES_PER_VOWEL)
}

/// What happens when a vowel is typed after a syllable with a trailing consonant: the syllable that stays and the consonant
/// that moves on to begin the next one. 닭 becomes 달 and ㄱ, 민 becomes 미 and ㄴ. `None` without a trailing consonant.
pub fn split_trail(c: char) -> Option<(char, char)> {
    let index = trail_index(c).filter(|index| *index > 0)?;
    let keys = TRAILS[index as usize - 1];
    let moves = keys.chars().next_back()?;
    let rest = &keys[..keys.len() - moves.len_utf8()];
    let stays = (1_u32..)
        .zip(TRAILS)
        .find(|(_, trail)| *trail == rest)
        .map_or(0, |(stays, _)| stays);
    Some((char::from_u32(u32::from(c) - index + stays)?, moves))
}

fn is_one(letters: &str, c: char) -> bool {
    let mut all = letters.chars();
    all.next() == Some(c) && all.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conjoining_jamo_becomes_its_keystrokes() {
        for (jamo, expected) in [
            ('\u{1100}', Jamo::Lead("ㄱ")),
            ('\u{1112}', Jamo::Lead("ㅎ")),
            ('\u{1161}', Jamo::Vowel("ㅏ")),
            ('\u{116a}', Jamo::Vowel("ㅗㅏ")),
            ('\u{11a8}', Jamo::Trail("ㄱ")),
            ('\u{11b0}', Jamo::Trail("ㄹㄱ")),
            ('\u{11c2}', Jamo::Trail("ㅎ")),
        ] {
            assert_eq!(Jamo::of(jamo), Some(expected));
        }
        // Old jamo, compatibility jamo, a syllable and a Latin letter are none.
        for other in ['\u{1113}', 'ㄱ', '가', 'a'] {
            assert_eq!(Jamo::of(other), None);
        }
    }

    #[test]
    fn a_standalone_letter_becomes_its_keystrokes_in_either_width() {
        for (c, keys) in [
            ('ㄱ', "ㄱ"),
            ('ㄳ', "ㄱㅅ"),
            ('ㄵ', "ㄴㅈ"),
            ('ㄺ', "ㄹㄱ"),
            ('ㅀ', "ㄹㅎ"),
            ('ㅄ', "ㅂㅅ"),
            ('ㄸ', "ㄸ"),
            ('ㅎ', "ㅎ"),
            ('ㅏ', "ㅏ"),
            ('ㅘ', "ㅗㅏ"),
            ('ㅢ', "ㅡㅣ"),
            ('ㅣ', "ㅣ"),
            ('ﾡ', "ㄱ"),
            ('ﾣ', "ㄱㅅ"),
            ('ﾾ', "ㅎ"),
            ('ￂ', "ㅏ"),
            ('ￇ', "ㅔ"),
            ('ￊ', "ㅕ"),
            ('ￌ', "ㅗ"),
            ('ￒ', "ㅛ"),
            ('ￗ', "ㅠ"),
            ('ￚ', "ㅡ"),
            ('ￜ', "ㅣ"),
        ] {
            assert_eq!(standalone_letter(c).and_then(keystrokes), Some(keys), "{c}");
        }
        for other in ['가', '\u{1100}', 'a', '\u{ffc8}'] {
            assert_eq!(standalone_letter(other), None);
            assert_eq!(keystrokes(other), None);
        }
    }

    #[test]
    fn the_first_syllable_of_a_consonant() {
        for (consonant, syllable) in [('ㄱ', '가'), ('ㄲ', '까'), ('ㅎ', '하')] {
            assert_eq!(first_syllable(consonant), Some(syllable));
        }
        for other in ['ㄳ', 'ㅏ', '가', 'k'] {
            assert_eq!(first_syllable(other), None);
        }
    }

    #[test]
    fn a_trailing_consonant_moves_on_to_the_next_syllable() {
        for (syllable, stays, moves) in [
            ('민', '미', 'ㄴ'),
            ('닭', '달', 'ㄱ'),
            ('있', '이', 'ㅆ'),
            ('값', '갑', 'ㅅ'),
        ] {
            assert_eq!(split_trail(syllable), Some((stays, moves)));
        }
        assert_eq!(split_trail('미'), None);
        assert_eq!(split_trail('a'), None);
    }

    #[test]
    fn only_syllables_have_a_trail_index() {
        assert_eq!(trail_index('가'), Some(0));
        assert_eq!(trail_index('각'), Some(1));
        assert_eq!(trail_index('힣'), Some(27));
        assert_eq!(trail_index('ㄱ'), None);
    }
}
