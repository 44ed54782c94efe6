use std::io::{Cursor, Write as _};

use matcha_protos::rating::v1::{ImportReason, ImportSource, ShelfState};

use time::{
    Date, OffsetDateTime,
    macros::{date, datetime},
};
use uuid::{Uuid, uuid};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::imports::file::{Entry, Row};

const NOW: OffsetDateTime = datetime!(2026-11-21 18:00 UTC);

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/samples/", $name))
    };
}

fn read(name: &str, bytes: &[u8]) -> Parsed {
    parse(name, bytes, NOW).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Title, line, and what the row says or why it is refused.
fn gist(rows: &[Row]) -> Vec<(&str, usize, Result<Entry, ImportReason>)> {
    let gist = rows.iter().map(|row| {
        let entry = row.problem.map_or_else(|| Ok(row.entry.clone()), Err);
        (row.movie.title.as_str(), row.line, entry)
    });
    gist.collect()
}

fn rating(stars: i32) -> Result<Entry, ImportReason> {
    Ok(Entry::Rating(stars))
}

fn watch(watched_on: Option<Date>, rewatch: bool, tags: &[&str]) -> Result<Entry, ImportReason> {
    Ok(Entry::Watch {
        watched_on,
        rewatch,
        tags: tags.iter().map(ToString::to_string).collect(),
    })
}

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("in memory");
        zip.write_all(bytes).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}

#[test]
fn letterboxd_ratings_are_half_stars_and_each_mistake_is_told_with_its_line() {
    let parsed = read("ratings.csv", sample!("letterboxd-ratings.csv"));
    assert_eq!(parsed.source, ImportSource::Letterboxd);
    let expected = [
        ("Parasite", 2, rating(9)),
        ("Crouching Tiger, Hidden Dragon", 3, rating(8)),
        ("Oldboy", 4, Err(ImportReason::Stars)),
        ("Memories of Murder", 5, Err(ImportReason::NoStars)),
        ("", 6, Err(ImportReason::Title)),
        ("Burning", 7, Err(ImportReason::Year)),
        ("Mother", 8, Err(ImportReason::Future)),
        ("The Host", 9, Err(ImportReason::Columns)),
    ];
    assert_eq!(gist(&parsed.rows), expected);
    assert_eq!(parsed.rows[0].movie.year, Some(2019));
    assert_eq!(parsed.rows[0].dated_at, Some(datetime!(2021-03-04 0:00 UTC)));
}

#[test]
fn the_name_tells_what_is_wished_for_from_what_was_watched() {
    let list = sample!("watchlist.csv");
    let wished = read("letterboxd-watchlist.csv", list);
    assert_eq!(wished.rows[0].entry, Entry::Shelf(ShelfState::Wish));
    let watched = read("Watched.csv", list);
    // When it was marked is no day of a viewing.
    assert_eq!(
        gist(&watched.rows)[0],
        ("Decision to Leave", 2, watch(None, false, &[]))
    );
    for name in ["films.csv", "watched-watchlist.csv"] {
        let error = parse(name, list, NOW).expect_err(name);
        assert_eq!(error, FileError::WatchedOrWished(name.to_owned()));
    }
}

#[test]
fn a_review_is_stars_a_text_and_a_viewing() {
    let rows = read("reviews.csv", sample!("reviews.csv")).rows;
    let text = "Two families, one house.\n\r\nI & my mother loved it; she said \"again\".";
    let comment = |text: &str| {
        Ok(Entry::Comment {
            text: text.to_owned(),
            spoiler: false,
            created_at: None,
        })
    };
    let expected = [
        ("Parasite", 2, rating(9)),
        ("Parasite", 2, comment(text)),
        ("Parasite", 2, watch(Some(date!(2021 - 03 - 01)), false, &[])),
        ("Aftersun", 4, comment("조용히 무너지는 영화.")),
        ("Aftersun", 4, watch(Some(date!(2021 - 03 - 31)), true, &["one", "two"])),
    ];
    assert_eq!(gist(&rows), expected);
}

#[test]
fn imdb_gives_points_of_ten_ids_and_things_that_are_no_movies() {
    let parsed = read("ratings.csv", sample!("imdb-ratings.csv"));
    assert_eq!(parsed.source, ImportSource::Imdb);
    let expected = [
        ("Parasite", 2, rating(9)),
        ("Breaking Bad", 3, Err(ImportReason::NotAMovie)),
        ("Oldboy", 4, Err(ImportReason::Stars)),
    ];
    assert_eq!(gist(&parsed.rows), expected);
    assert_eq!(parsed.rows[0].movie.imdb_id, "tt6751668");

    let older = read("ratings.csv", sample!("imdb-ratings-2015.csv"));
    assert_eq!(gist(&older.rows), [("Memories of Murder", 2, rating(8))]);
}

#[test]
fn trakt_gives_movies_and_every_other_element_is_told() {
    let parsed = read("ratings-movies.json", sample!("trakt-ratings-movies.json"));
    assert_eq!(parsed.source, ImportSource::Trakt);
    let problems: Vec<_> = parsed.rows.iter().map(|row| row.problem).collect();
    let (no_movie, unreadable) = (Some(ImportReason::NotAMovie), Some(ImportReason::Unreadable));
    assert_eq!(problems, [None, None, no_movie, Some(ImportReason::Stars), unreadable]);
    assert_eq!(parsed.rows[0].entry, Entry::Rating(9));
    assert_eq!(parsed.rows[0].movie.imdb_id, "tt6751668");
    assert_eq!(parsed.rows[0].dated_at, Some(datetime!(2019-07-20 21:03:04 UTC)));
    assert_eq!((parsed.rows[1].movie.imdb_id.as_str(), parsed.rows[4].line), ("", 5));
}

#[test]
fn korean_with_a_byte_order_mark_and_crlf_is_read_with_true_line_numbers() {
    let parsed = read("watcha.csv", sample!("watcha-pedia.csv"));
    assert_eq!(parsed.source, ImportSource::WatchaPedia);
    let expected = [
        ("기생충", 2, rating(9)),
        ("올드보이", 3, rating(10)),
        ("시그널", 4, Err(ImportReason::NotAMovie)),
        ("좋은 놈, 나쁜 놈, 이상한 놈", 5, rating(6)),
        ("곡성", 6, Err(ImportReason::NoStars)),
    ];
    assert_eq!(gist(&parsed.rows), expected);
}

#[test]
fn our_own_files_keep_ids_states_and_texts_as_they_were() {
    let ratings = read("ratings.csv", sample!("matcha-ratings.csv")).rows;
    assert_eq!(ratings[0].entry, Entry::Rating(9));
    assert!(ratings[0].movie.movie_id.is_some());
    assert_eq!(ratings[0].dated_at, Some(datetime!(2024-05-06 07:08:09 UTC)));
    let shelf = read("shelf.csv", sample!("matcha-shelf.csv")).rows;
    assert_eq!(shelf[0].entry, Entry::Shelf(ShelfState::Watching));
    assert_eq!(shelf[1].problem, Some(ImportReason::ShelfState));
    let comments = read("comments.csv", sample!("matcha-comments.csv")).rows;
    let comment = Entry::Comment {
        text: "한 줄\n두 줄, <b>그대로</b>".to_owned(),
        spoiler: true,
        created_at: None,
    };
    assert_eq!(comments[0].entry, comment);
    let edited = b"matcha_id,imdb_id,title,title_en,year,text,spoiler,written_at,created_at\r\n\
        ,,x,,2019,Twice,false,2024-05-06T07:08:09.123456Z,2024-05-05T00:00:00.5Z\r\n";
    let edited = read("comments.csv", edited).rows;
    assert_eq!(edited[0].dated_at, Some(datetime!(2024-05-06 07:08:09.123456 UTC)));
    let comment = Entry::Comment {
        text: "Twice".to_owned(),
        spoiler: false,
        created_at: Some(datetime!(2024-05-05 00:00:00.5 UTC)),
    };
    assert_eq!(edited[0].entry, comment);
    let watches = read("watches.csv", sample!("matcha-watches.csv")).rows;
    let expected = [
        ("기생충", 2, watch(Some(date!(2024 - 05 - 06)), true, &["극장", "IMAX"])),
        ("기생충", 3, watch(None, false, &[])),
        ("기생충", 4, Err(ImportReason::Future)),
    ];
    assert_eq!(gist(&watches), expected);
    let whole = br#"{"format": "matcha", "ratings": [{"matcha_id": "0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f",
        "imdb_id": "", "title": "x", "year": 2019, "stars": 4.5, "rated_at": "2024-05-06T07:08:09Z"}],
        "shelf": [], "comments": []}"#;
    assert_eq!(gist(&read("matcha.json", whole).rows), [("x", 1, rating(9))]);
    let with_watches = br#"{"format": "matcha", "ratings": [], "shelf": [], "comments": [],
        "watches": [{"matcha_id": "0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f", "imdb_id": "", "title": "x", "year": 2019,
        "watched_on": "2024-05-06", "rewatch": true, "tags": ["IMAX"]}, {"watched_on": null}]}"#;
    let expected = [
        ("x", 1, watch(Some(date!(2024 - 05 - 06)), true, &["IMAX"])),
        ("", 2, Err(ImportReason::Unreadable)),
    ];
    assert_eq!(gist(&read("matcha.json", with_watches).rows), expected);
}

#[test]
fn what_we_export_for_letterboxd_can_be_read_too() {
    let rows = read("letterboxd.csv", sample!("letterboxd-import.csv")).rows;
    let comment = Entry::Comment {
        text: "Great.".to_owned(),
        spoiler: false,
        created_at: None,
    };
    let expected = [
        ("Parasite", 2, rating(9)),
        ("Parasite", 2, Ok(comment)),
        ("Minari", 3, rating(7)),
        ("Minari", 3, watch(Some(date!(2021 - 05 - 01)), false, &[])),
        ("Aftersun", 4, watch(Some(date!(2022 - 01 - 01)), true, &["one", "two"])),
        ("Burning", 5, watch(None, false, &[])),
    ];
    assert_eq!(gist(&rows), expected);
}

#[test]
fn an_archive_gives_all_its_files_and_the_stars_of_today() {
    let files: [(&str, &[u8]); 9] = [
        ("profile.csv", b"Date Joined,Username\n2020-01-01,synthetic\n"),
        // Not our comments: what the member wrote below the reviews of others.
        (
            "comments.csv",
            b"Date,Content,Comment\n2024-05-01,https://boxd.it/a,So do I\n",
        ),
        ("ratings.csv", sample!("letterboxd-ratings.csv")),
        ("watchlist.csv", sample!("watchlist.csv")),
        ("reviews.csv", sample!("reviews.csv")),
        ("diary.csv", sample!("diary.csv")),
        ("deleted/reviews.csv", sample!("reviews.csv")),
        ("lists/best.csv", b"Letterboxd list export v7\n"),
        ("lists/worst.csv", b"Letterboxd list export v7\n"),
    ];
    let flat = read("letterboxd.zip", &packed(&files));
    let of = |file: &str| flat.rows.iter().filter(|row| &*row.file == file).count();
    assert_eq!((of("ratings.csv"), of("watchlist.csv")), (8, 2));
    // Without their stars, and without what was deleted: two texts and two viewings, and the two of the diary.
    assert_eq!((of("reviews.csv"), of("diary.csv")), (4, 2));

    assert_eq!(flat.skipped, ["comments.csv", "deleted/", "lists/", "profile.csv"]);

    let nested = files.map(|(name, bytes)| (format!("export/{name}"), bytes));
    let mut nested: Vec<(&str, &[u8])> = nested.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    nested.push(("__MACOSX/export/._ratings.csv", b""));
    let again = read("again.zip", &packed(&nested));
    assert_eq!((again.rows, again.skipped), (flat.rows, flat.skipped));
}

#[test]
fn archives_that_are_no_exports_or_bombs_are_refused() {
    let refused = |bytes: &[u8]| parse("x.zip", bytes, NOW).expect_err("refused");
    assert_eq!(refused(&packed(&[("readme.txt", b"hello")])), FileError::NothingInside);
    let said: [(&str, &[u8]); 2] = [("ratings.csv", b""), ("comments.csv", b"Date,Content,Comment\n")];
    assert_eq!(refused(&packed(&said)), FileError::NothingInside);
    assert_eq!(refused(b"PK\x03\x04 and nothing else"), FileError::Archive);
    let mut bomb = sample!("letterboxd-ratings.csv").to_vec();
    bomb.resize(65 * 1024 * 1024, b'\n');
    let bomb = packed(&[("ratings.csv", &bomb)]);
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(refused(&bomb), FileError::TooMuch);
    let names: Vec<String> = (0..5001).map(|n| format!("{n}.csv")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(refused(&packed(&many)), FileError::TooManyFiles);
}

#[test]
fn a_file_of_an_archive_is_what_its_name_says_or_the_archive_is_refused() {
    let ratings = ("ratings.csv", &sample!("letterboxd-ratings.csv")[..]);
    let with = |name, text: &[u8]| parse("x.zip", &packed(&[ratings, (name, text)]), NOW);
    let misnamed = |name, text| {
        let error = with(name, text).expect_err(name);
        assert_eq!(error, FileError::Misnamed(name.to_owned()));
    };
    // Its column is called otherwise: the texts would be lost.
    misnamed(
        "reviews.csv",
        b"Date,Name,Year,Letterboxd URI,Rating,Rewatch,My review,Tags,Watched Date\n",
    );
    misnamed("diary.csv", sample!("letterboxd-ratings.csv"));
    misnamed("diary.csv", sample!("reviews.csv"));
    misnamed("watches.csv", sample!("matcha-ratings.csv"));
    assert_eq!(
        with("diary.csv", b"[]").expect_err("JSON"),
        FileError::Unknown("diary.csv".to_owned())
    );
    let imdb = packed(&[("ratings.csv", sample!("imdb-ratings.csv"))]);
    assert_eq!(read("imdb.zip", &imdb).source, ImportSource::Imdb);
}

#[test]
fn files_that_are_not_what_they_claim_are_refused_with_the_reason() {
    let refused = |name: &str, bytes: &[u8]| parse(name, bytes, NOW).expect_err(name);
    assert_eq!(refused("ratings.csv", b""), FileError::Empty);
    assert_eq!(refused("ratings.csv", b"\xef\xbb\xbf \r\n"), FileError::Empty);
    let unknown = |name: &str| FileError::Unknown(name.to_owned());
    assert_eq!(refused("ratings.csv", b"a,b\n1,2\n"), unknown("ratings.csv"));
    assert_eq!(refused("ratings.json", b"[1, 2]"), unknown("ratings.json"));
    assert_eq!(refused("ratings.json", b"{}"), unknown("ratings.json"));
    let broken = FileError::Json {
        file: "r.json".to_owned(),
        line: 2,
    };
    assert_eq!(refused("r.json", b"[\n{\"rating\": }]"), broken);
    // EUC-KR, as old spreadsheets save it.
    let encoded =
        b"type,title,year,rating,genres,countries,content_code\r\nmovie,\xb1\xe2\xbb\xfd\xc3\xe6,2019,4.5,,,x\r\n";
    let no_utf8 = FileError::NotUtf8 {
        file: "watcha.csv".to_owned(),
        line: 2,
    };
    assert_eq!(refused("C:\\Downloads\\watcha.csv", encoded), no_utf8);
    // As some spreadsheets save "Unicode text", with a byte order mark and without.
    let header = "Date,Name,Year,Letterboxd URI,Rating\n2021-03-04,기생충,2019,x,4.5\n";
    let little: Vec<u8> = header.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = header.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = [&b"\xff\xfe"[..], &little].concat();
    let json: Vec<u8> = "[{\"rating\": 7}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [&little, &big, &marked, &json] {
        assert_eq!(refused("r.csv", bytes), FileError::Utf16("r.csv".to_owned()));
    }
    let mut endless = b"Date,Name,Year,Letterboxd URI,Rating\n".to_vec();
    endless.extend(b"2021-03-04,Parasite,2019,x,4.5\n".repeat(MAX_ROWS + 1));
    assert_eq!(refused("ratings.csv", &endless), FileError::TooManyRows);
}

#[test]
fn a_file_of_another_kind_is_refused_by_the_name_of_its_kind() {
    let refused = |name: &str, bytes: &[u8]| {
        let error = parse(name, bytes, NOW).expect_err(name);
        (error.reason(), error.kind(), error.at())
    };
    let files: [(&str, &[u8]); 8] = [
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        ("gif", b"GIF89a\x01\0\x01\0"),
        ("webp", b"RIFF\x24\0\0\0WEBPVP8 "),
        ("pdf", b"%PDF-1.7\n1 0 obj\n"),
        ("rar", b"Rar!\x1a\x07\x01\0"),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("office", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"),
    ];
    for (kind, bytes) in files {
        let told = |file: &str| ("wrong_kind", Some(kind), Some(file.to_owned()));
        assert_eq!(refused("my.csv", bytes), told("my.csv"));
        assert_eq!(
            refused("x.zip", &packed(&[("ratings.csv", bytes)])),
            told("ratings.csv")
        );
    }
    for (kind, part) in [
        ("xlsx", "xl/workbook.xml"),
        ("docx", "word/document.xml"),
        ("pptx", "ppt/a.xml"),
    ] {
        let document = packed(&[("[Content_Types].xml", b"<Types/>"), (part, b"<x/>")]);
        let told = ("wrong_kind", Some(kind), Some("my.csv".to_owned()));
        assert_eq!(refused("my.csv", &document), told);
    }
    // A folder of this name alone makes no workbook.
    let ratings = ("ratings.csv", &sample!("letterboxd-ratings.csv")[..]);
    read("x.zip", &packed(&[ratings, ("xl/notes.txt", b"")]));
}

#[test]
fn a_quote_that_is_never_closed_is_told_with_the_line_that_opens_it() {
    const HEADER: &str = "Date,Name,Year,Letterboxd URI,Review\r\n";
    let parsed = |lines: &str| parse("reviews.csv", format!("{HEADER}{lines}").as_bytes(), NOW);
    let unclosed = |line| FileError::UnclosedQuote {
        file: "reviews.csv".to_owned(),
        line,
    };
    let two_lines = "2021-03-04,Parasite,2019,x,\"One,\r\n\"\"two\"\"\"\r\n";
    let open = "2021-03-04,\"Oldboy,2003,x,Good\r\n";
    let plain = "2021-03-04,Mother,2009,x,Good\r\n";
    let quoted = "2021-03-04,\"Mother, again\",2009,x,Good\r\n";
    for rest in ["", plain, quoted] {
        let error = parsed(&format!("{two_lines}{open}{rest}")).expect_err(rest);
        assert_eq!(error, unclosed(4), "{rest}");
    }
    let error = parsed("2021-03-04,Parasite,2019,x,\"\"\"").expect_err("an escaped quote at the end");
    assert_eq!(error.at().as_deref(), Some("reviews.csv:2"));
    let header = HEADER.replace("Name", "\"Name");
    let error = parse("reviews.csv", header.as_bytes(), NOW).expect_err("header");
    assert_eq!(error, unclosed(1));

    let within_text = "2021-03-04,6\" tall,2019,x,\"So\" they say\r\n";
    let rows = parsed(&format!("{two_lines}{within_text}{quoted}"))
        .expect("closed")
        .rows;
    let lines: Vec<_> = rows.iter().map(|row| (row.line, row.problem)).collect();
    assert_eq!(lines, [(2, None), (4, None), (5, None)]);
}

const LIST: Uuid = uuid!("0192a1c8-7b5e-7cc1-9c3a-aaaaaaaaaaaa");
const EMPTY_LIST: Uuid = uuid!("0192a1c8-7b5e-7cc1-9c3a-bbbbbbbbbbbb");
const MADE: OffsetDateTime = datetime!(2026-01-02 3:04:05 UTC);

fn list(id: Uuid, text: &str, is_public: bool) -> Result<Entry, ImportReason> {
    Ok(Entry::List {
        id,
        text: text.to_owned(),
        is_public,
        created_at: Some(MADE),
    })
}

fn held(place: i32) -> Result<Entry, ImportReason> {
    Ok(Entry::ListMovie { list: LIST, place })
}

#[test]
fn a_list_is_a_row_of_its_own_before_its_movies() {
    let parsed = read("lists.csv", sample!("matcha-lists.csv"));
    assert_eq!(parsed.source, ImportSource::Matcha);
    let expected = [
        ("비 오는 날, 혼자", 2, list(LIST, "천천히\n\"한 편씩\"", true)),
        ("기생충", 2, held(1)),
        ("", 4, held(2)),
        ("Empty", 5, list(EMPTY_LIST, "", false)),
        ("No id", 6, Err(ImportReason::Unreadable)),
        ("Moved", 7, held(3)),
    ];
    assert_eq!(gist(&parsed.rows), expected);
    assert_eq!(parsed.rows[0].dated_at, Some(datetime!(2026-02-03 4:05:06 UTC)));
    // Its titles are gone from the catalogue; the id is enough.
    assert!(parsed.rows[2].movie.movie_id.is_some());
}

#[test]
fn a_list_that_was_sorted_away_from_its_text_keeps_it() {
    let header = "list_id,list_title,list_text,public,created_at,place,matcha_id,imdb_id,title,title_en,year\n";
    let file = format!("{header}{LIST},Two,,true,,2,,,B,,2001\n{LIST},Two,Why,true,,1,,,A,,2000\n");
    let rows = read("lists.csv", file.as_bytes()).rows;
    let whole = Entry::List {
        id: LIST,
        text: "Why".to_owned(),
        is_public: true,
        created_at: None,
    };
    let expected = [("Two", 2, Ok(whole)), ("B", 2, held(2)), ("A", 3, held(1))];
    assert_eq!(gist(&rows), expected);
}

#[test]
fn lists_are_read_from_our_json_with_the_order_of_their_movies() {
    let movie = |title: &str| format!(r#"{{"matcha_id": "", "imdb_id": "", "title": "{title}", "year": 2019}}"#);
    let (one, two) = (movie("One"), movie("Two"));
    let file = format!(
        r#"{{"format": "matcha", "ratings": [], "shelf": [], "comments": [], "lists": [
            {{"id": "{LIST}", "title": "Pair", "text": "Why", "public": true, "created_at": "2026-01-02T03:04:05Z",
              "changed_at": "2026-02-03T04:05:06Z", "movies": [{one}, {two}, {{"title": "x"}}]}},
            {{"id": "?", "title": "No id", "movies": []}}]}}"#
    );
    let expected = [
        ("Pair", 1, list(LIST, "Why", true)),
        ("One", 1, held(1)),
        ("Two", 2, held(2)),
        ("", 3, Err(ImportReason::Unreadable)),
        ("", 2, Err(ImportReason::Unreadable)),
    ];
    let rows = read("matcha.json", file.as_bytes()).rows;
    assert_eq!(gist(&rows), expected);
    assert_eq!(rows[0].dated_at, Some(datetime!(2026-02-03 4:05:06 UTC)));
}

#[test]
fn our_archive_gives_its_lists_too() {
    let archive = packed(&[
        ("ratings.csv", sample!("matcha-ratings.csv")),
        ("lists.csv", sample!("matcha-lists.csv")),
        ("letterboxd.csv", sample!("letterboxd-import.csv")),
        ("matcha.json", b"{}"),
    ]);
    let Parsed { rows, skipped, .. } = read("matcha.zip", &archive);
    assert!(skipped.is_empty(), "{skipped:?}");
    assert_eq!(rows.iter().filter(|row| &*row.file == "lists.csv").count(), 6);
}
