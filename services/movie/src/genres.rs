//! The closed vocabulary of genres. An import maps the words of its source (Sci-Fi, Musical) to it.

/// At most 32, because the search index keeps a movie's genres as bits.
pub const GENRES: [&str; 25] = [
    "action",
    "adult",
    "adventure",
    "animation",
    "biography",
    "comedy",
    "crime",
    "documentary",
    "drama",
    "family",
    "fantasy",
    "film_noir",
    "history",
    "horror",
    "music",
    "mystery",
    "news",
    "reality",
    "romance",
    "science_fiction",
    "short",
    "sport",
    "thriller",
    "war",
    "western",
];

/// The bit of a genre; `None` if there is no such genre.
pub fn bit(genre: &str) -> Option<u32> {
    GENRES.iter().position(|known| *known == genre).map(|place| 1 << place)
}
