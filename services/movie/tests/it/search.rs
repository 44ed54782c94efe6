//! Searching, suggesting, browsing.

use chassis::identity::Caller;
use matcha_protos::movie::v1::search_movies_request::Among;
use matcha_protos::movie::v1::{MovieSet, MovieSort, SearchMoviesRequest, SuggestRequest};
use testing::request;
use tonic::Code;
use uuid::Uuid;

use crate::harness::{Catalogue, field, people, put_movie};

fn korean_movies() -> Vec<matcha_protos::movie::v1::PutMovie> {
    let mut parasite = put_movie("기생충", "Parasite", 2019);
    parasite.directors = people(&["봉준호=Bong Joon-ho"]);
    parasite.cast = people(&["송강호=Song Kang-ho", "이선균=Lee Sun-kyun"]);
    let mut memories = put_movie("살인의 추억", "Memories of Murder", 2003);
    memories.directors = people(&["봉준호=Bong Joon-ho"]);
    memories.cast = people(&["송강호=Song Kang-ho"]);
    let mut host = put_movie("괴물", "The Host", 2006);
    host.directors = people(&["봉준호=Bong Joon-ho"]);
    let mut interstellar = put_movie("인터스텔라", "Interstellar", 2014);
    interstellar.directors = people(&["크리스토퍼 놀란=Christopher Nolan"]);
    interstellar.title_original = "Interstellar".to_owned();
    let mut spirited = put_movie("센과 치히로의 행방불명", "Spirited Away", 2001);
    spirited.title_original = "千と千尋の神隠し".to_owned();
    vec![
        parasite,
        memories,
        host,
        interstellar,
        spirited,
        put_movie("기억의 밤", "Forgotten", 2017),
    ]
}

#[tokio::test]
async fn initial_consonants_and_half_typed_syllables_find_the_title_first() {
    let catalogue = Catalogue::with(&korean_movies()).await;
    for (query, expected) in [
        ("ㄱㅅㅊ", "Parasite"),
        ("ㄱㅅ", "Parasite"),
        ("ㄳ", "Parasite"),
        ("기새", "Parasite"),
        ("기ㅅ", "Parasite"),
        ("기생ㅊ", "Parasite"),
        ("ㄱ생충", "Parasite"),
        ("ㄱㅣㅅㅐㅇㅊㅜㅇ", "Parasite"),
        ("ㅅㅇㅇㅊㅇ", "Memories of Murder"),
        ("ㅅㅇㅊㅇ", "Memories of Murder"),
        ("ㅊㅇ", "Memories of Murder"),
        ("살인의추억", "Memories of Murder"),
        ("치히로", "Spirited Away"),
        ("千尋", "Spirited Away"),
        // Decomposed, as some systems type it, and full width.
        ("\u{1100}\u{1175}\u{1109}\u{1162}\u{11BC}", "Parasite"),
        ("ｐａｒａｓｉｔｅ", "Parasite"),
        ("PARA site!", "Parasite"),
    ] {
        assert_eq!(
            catalogue.search(query).await.first().map(String::as_str),
            Some(expected),
            "search {query}"
        );
        assert_eq!(
            catalogue.suggest(query).await.first().map(String::as_str),
            Some(expected),
            "suggest {query}"
        );
    }
}

#[tokio::test]
async fn small_typing_errors_match() {
    let catalogue = Catalogue::with(&korean_movies()).await;
    for (query, expected) in [
        ("기생츙", "Parasite"),
        ("기샹충", "Parasite"),
        ("parasit", "Parasite"),
        ("paraiste", "Parasite"),
        ("interstelar", "Interstellar"),
        ("인터스탤라", "Interstellar"),
        ("괘물", "The Host"),
    ] {
        assert_eq!(
            catalogue.search(query).await.first().map(String::as_str),
            Some(expected),
            "search {query}"
        );
        assert_eq!(
            catalogue.suggest(query).await.first().map(String::as_str),
            Some(expected),
            "suggest {query}"
        );
    }
    assert_eq!(catalogue.search("casablanca").await, Vec::<String>::new());
    assert_eq!(catalogue.search("!?").await, Vec::<String>::new());
}

#[tokio::test]
async fn matches_rank_exact_then_prefix_word_substring_and_fuzzy() {
    let inside = put_movie("나", "Metalienation", 2020);
    let word = put_movie("다", "My Alien", 2019);
    let prefix = put_movie("라", "Alien Resurrection", 1997);
    let exact = put_movie("마", "Alien", 1979);
    let catalogue = Catalogue::with(&[inside.clone(), word, prefix, exact]).await;
    // Popularity does not lift a worse match above a better one.
    catalogue.rate(&inside, 3, 10).await;
    let order = ["Alien", "Alien Resurrection", "My Alien", "Metalienation"];
    assert_eq!(catalogue.search("alien").await, order);
    assert_eq!(catalogue.suggest("alien").await, order);
    // With one letter missing, prefixes still match.
    assert_eq!(catalogue.search("alein").await[0], "Alien");
}

#[tokio::test]
async fn equal_matches_rank_by_popularity_and_then_newest_first() {
    let old = put_movie("가", "Dune", 1984);
    let new = put_movie("가", "Dune", 2021);
    let popular = put_movie("가", "Dune", 2000);
    let catalogue = Catalogue::with(&[old, new.clone(), popular.clone()]).await;
    catalogue.rate(&popular, 2, 5).await;
    let request = request(
        SuggestRequest {
            query: "dune".into(),
            limit: 3,
        },
        &Caller::Anonymous,
        "movie",
    );
    let suggestions = catalogue
        .client
        .clone()
        .suggest(request)
        .await
        .unwrap()
        .into_inner()
        .suggestions;
    let years: Vec<i32> = suggestions
        .into_iter()
        .map(|suggestion| match suggestion.kind {
            Some(matcha_protos::movie::v1::suggestion::Kind::Movie(movie)) => movie.year,
            other => panic!("not a movie: {other:?}"),
        })
        .collect();
    assert_eq!(years, [2000, 2021, 1984]);
}

#[tokio::test]
async fn people_are_suggested_with_their_movies_and_their_movies_found() {
    let movies = korean_movies();
    let catalogue = Catalogue::with(&movies).await;
    // The best known movie, though not the newest.
    catalogue.rate(&movies[1], 2, 9).await;
    let (song, nolan) = ("[Song Kang-ho]", "[Christopher Nolan]");
    for (query, expected) in [
        ("송강호", &[song, "Memories of Murder", "Parasite"][..]),
        ("강호", &[song, "Memories of Murder", "Parasite"]),
        ("ㅅㄱㅎ", &[song, "Memories of Murder", "Parasite"]),
        ("nolan", &[nolan, "Interstellar"]),
        ("Nolen", &[nolan, "Interstellar"]),
        (
            "봉준호",
            &["[Bong Joon-ho]", "Memories of Murder", "Parasite", "The Host"],
        ),
        (
            "bong joon ho",
            &["[Bong Joon-ho]", "Memories of Murder", "Parasite", "The Host"],
        ),
        (
            "봉준호 2006",
            &["[Bong Joon-ho]", "The Host", "Memories of Murder", "Parasite"],
        ),
    ] {
        assert_eq!(catalogue.suggest(query).await, expected, "{query}");
    }
    assert_eq!(catalogue.search("송강호").await, ["Memories of Murder", "Parasite"]);
    assert_eq!(catalogue.search("nolan").await, ["Interstellar"]);
    assert_eq!(catalogue.search("봉준호 괴물").await, ["The Host"]);
    assert_eq!(catalogue.search("괴물 송강호").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_name_that_is_spelled_right_finds_no_similar_names() {
    let mut rosemary = put_movie("악마의 씨", "Rosemary's Baby", 1968);
    rosemary.directors = people(&["로만 폴란스키=Roman Polanski"]);
    let mut mommy = put_movie("마미", "Mommy", 2014);
    mommy.directors = people(&["자비에 돌란=Xavier Dolan"]);
    let movies: Vec<_> = korean_movies().into_iter().chain([rosemary, mommy]).collect();
    let catalogue = Catalogue::with(&movies).await;
    for query in ["nolan", "놀란"] {
        assert_eq!(catalogue.search(query).await, ["Interstellar"], "{query}");
        assert_eq!(catalogue.suggest(query).await[0], "[Christopher Nolan]", "{query}");
    }
    // With a typing error both names may be meant, but not a part of a longer one.
    assert_eq!(catalogue.search("molan").await, ["Interstellar", "Mommy"]);
    assert_eq!(catalogue.search("polansky").await, ["Rosemary's Baby"]);
}

#[tokio::test]
async fn a_year_in_the_query_puts_movies_of_that_year_first() {
    let mut remake = put_movie("기생충", "Parasite", 1982);
    remake.directors = people(&["찰스 밴드=Charles Band"]);
    let mut inception = put_movie("인셉션", "Inception", 2010);
    inception.directors = people(&["크리스토퍼 놀란=Christopher Nolan"]);
    let others = [
        remake.clone(),
        inception,
        put_movie("1917", "1917", 2019),
        put_movie("2001 스페이스 오디세이", "2001: A Space Odyssey", 1968),
        put_movie("스페이스", "Space", 2001),
        put_movie("블레이드 러너", "Blade Runner", 1982),
        put_movie("블레이드 러너 2049", "Blade Runner 2049", 2017),
    ];
    let movies: Vec<_> = korean_movies().into_iter().chain(others).collect();
    let catalogue = Catalogue::with(&movies).await;
    // The other movie of that name is better known.
    catalogue.rate(&remake, 2, 9).await;
    assert_eq!(catalogue.years("parasite").await, [1982, 2019]);
    for query in [
        "기생충 2019",
        "2019 기생충",
        "parasite 2019",
        "parasite (2019)",
        "기생충 2019년",
        "기생츙 2019",
        "ㄱㅅㅊ 2019",
    ] {
        assert_eq!(catalogue.years(query).await, [2019, 1982], "{query}");
        assert_eq!(catalogue.suggest(query).await[0], "Parasite", "{query}");
    }
    for (query, expected) in [
        ("nolan 2010", "Inception"),
        ("nolan 2014", "Interstellar"),
        ("봉준호 괴물 2006", "The Host"),
        ("2001: A Space Odyssey", "2001: A Space Odyssey"),
        ("스페이스 오디세이 1968", "2001: A Space Odyssey"),
        ("space 2001", "Space"),
        ("1917", "1917"),
        ("1917 2019", "1917"),
        ("2019 1917", "1917"),
        ("블레이드 러너 2049", "Blade Runner 2049"),
        ("blade 2049", "Blade Runner 2049"),
        ("blade runner 2017", "Blade Runner 2049"),
        ("blade runner 1982", "Blade Runner"),
    ] {
        assert_eq!(catalogue.search(query).await[0], expected, "{query}");
    }
    // In other orders, movies of other years are left out.
    let popular = |query: &str| SearchMoviesRequest {
        query: query.into(),
        sort: MovieSort::Popularity.into(),
        ..Default::default()
    };
    assert_eq!(
        catalogue.browse(popular("space 2001")).await,
        ["Space", "2001: A Space Odyssey"]
    );
    assert_eq!(catalogue.browse(popular("nolan 2010")).await, ["Inception"]);
    assert_eq!(catalogue.browse(popular("nolan 2011")).await.len(), 2);
}

#[tokio::test]
async fn a_query_of_many_words_uses_the_first_ones() {
    let catalogue = Catalogue::with(&korean_movies()).await;
    assert_eq!(catalogue.search("봉준호 괴물 괴물 봉준호").await, ["The Host"]);
    let letters: Vec<String> = ('a'..='z').cycle().take(100).map(String::from).collect();
    catalogue.search(&letters.join(" ")).await;
    catalogue.suggest(&letters.join(" ")).await;
}

/// Forty movies over three decades, two genres and two countries.
fn varied_movies() -> Vec<matcha_protos::movie::v1::PutMovie> {
    let movie = |n: i32| {
        let mut movie = put_movie(&format!("영화 {n:02}"), &format!("Movie {:02}", 39 - n), 1985 + n % 30);
        movie.genres = vec![if n % 2 == 0 { "comedy" } else { "horror" }.to_owned()];
        movie.countries = vec![if n % 4 == 0 { "US" } else { "KR" }.to_owned()];
        movie
    };
    (0..40).map(movie).collect()
}

#[tokio::test]
async fn filters_narrow_and_sorts_order() {
    let movies = varied_movies();
    let catalogue = Catalogue::with(&movies).await;
    let by = |sort: MovieSort| SearchMoviesRequest {
        sort: sort.into(),
        limit: 50,
        ..Default::default()
    };

    let american = SearchMoviesRequest {
        country: "us".into(),
        ..by(MovieSort::Newest)
    };
    assert_eq!(catalogue.browse(american.clone()).await.len(), 10);
    let horror = SearchMoviesRequest {
        genre: "horror".into(),
        ..american
    };
    assert_eq!(catalogue.browse(horror).await.len(), 0);
    let nineties = SearchMoviesRequest {
        decade: Some(1990),
        ..by(MovieSort::Newest)
    };
    assert_eq!(catalogue.browse(nineties).await.len(), 15);

    // Three perfect ratings rank below thirty good ones, and unrated movies last.
    let (few, many, poor) = (&movies[1], &movies[2], &movies[3]);
    catalogue.rate(few, 2, 10).await;
    catalogue.rate(many, 30, 9).await;
    catalogue.rate(poor, 40, 2).await;
    let best = catalogue.browse(by(MovieSort::Average)).await;
    assert_eq!(
        best[..3],
        [many.title_en.clone(), few.title_en.clone(), poor.title_en.clone()]
    );
    let popular = catalogue.browse(by(MovieSort::Popularity)).await;
    assert_eq!(
        popular[..3],
        [poor.title_en.clone(), many.title_en.clone(), few.title_en.clone()]
    );
    assert_eq!(catalogue.browse(SearchMoviesRequest::default()).await[0], poor.title_en);

    let english = catalogue
        .browse(SearchMoviesRequest {
            language: "en".into(),
            ..by(MovieSort::Title)
        })
        .await;
    assert!(english.is_sorted());
    let korean = catalogue
        .browse(SearchMoviesRequest {
            language: "ko".into(),
            ..by(MovieSort::Title)
        })
        .await;
    assert!(korean.iter().rev().is_sorted());
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_in_any_order() {
    let catalogue = Catalogue::with(&varied_movies()).await;
    for sort in [
        MovieSort::Unspecified,
        MovieSort::Popularity,
        MovieSort::Average,
        MovieSort::Newest,
        MovieSort::Title,
        MovieSort::Relevance,
    ] {
        for query in ["", "movie"] {
            let whole = SearchMoviesRequest {
                query: query.into(),
                sort: sort.into(),
                limit: 50,
                ..Default::default()
            };
            let mut pages = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = SearchMoviesRequest {
                    cursor,
                    limit: 7,
                    ..whole.clone()
                };
                let (titles, next) = catalogue.try_search(page).await.unwrap();
                assert!(titles.len() == 7 || next.is_empty());
                pages.extend(titles);
                cursor = next;
                if cursor.is_empty() {
                    break;
                }
            }
            assert_eq!(pages, catalogue.browse(whole).await, "{sort:?} {query}");
            assert_eq!(pages.len(), 40);
        }
    }
}

#[tokio::test]
async fn a_cursor_of_another_search_is_refused() {
    let catalogue = Catalogue::with(&varied_movies()).await;
    let search = SearchMoviesRequest {
        genre: "comedy".into(),
        limit: 5,
        ..Default::default()
    };
    let (_, cursor) = catalogue.try_search(search.clone()).await.unwrap();
    let search = SearchMoviesRequest { cursor, ..search };
    assert!(catalogue.try_search(search.clone()).await.is_ok());
    // The limit may change between pages.
    assert!(
        catalogue
            .try_search(SearchMoviesRequest {
                limit: 9,
                ..search.clone()
            })
            .await
            .is_ok()
    );
    for other in [
        SearchMoviesRequest {
            genre: "horror".into(),
            ..search.clone()
        },
        SearchMoviesRequest {
            query: "movie".into(),
            ..search.clone()
        },
        SearchMoviesRequest {
            decade: Some(1990),
            ..search.clone()
        },
        SearchMoviesRequest {
            sort: MovieSort::Newest.into(),
            ..search.clone()
        },
        SearchMoviesRequest {
            cursor: "AAAA".into(),
            ..search.clone()
        },
    ] {
        let status = catalogue.try_search(other).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "cursor"));
    }
}

#[tokio::test]
async fn an_invalid_search_is_refused_by_field() {
    let catalogue = Catalogue::start().await;
    type Change = fn(&mut SearchMoviesRequest);
    let changes: [(Change, &str); 10] = [
        (|search| search.query = "a\0b".into(), "query"),
        (|search| search.query = "가".repeat(201), "query"),
        (|search| search.genre = "gloom".into(), "genre"),
        (|search| search.country = "KOR".into(), "country"),
        (|search| search.decade = Some(1995), "decade"),
        (|search| search.sort = 99, "sort"),
        (|search| search.limit = 51, "limit"),
        (|search| search.limit = -1, "limit"),
        (|search| search.language = "fr".into(), "language"),
        (|search| search.cursor = "x".into(), "cursor"),
    ];
    for (change, invalid) in changes {
        let mut search = SearchMoviesRequest::default();
        change(&mut search);
        let status = catalogue.try_search(search).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, invalid));
    }
    for (query, limit, wrong) in [("a\0", 0, "query"), ("a", 21, "limit")] {
        let request = request(
            SuggestRequest {
                query: query.into(),
                limit,
            },
            &Caller::Anonymous,
            "movie",
        );
        let status = catalogue.client.clone().suggest(request).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
    }
    assert!(
        catalogue
            .try_search(SearchMoviesRequest {
                query: "가".repeat(200),
                ..Default::default()
            })
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_search_restricted_to_a_set_returns_only_its_movies() {
    let movies = varied_movies();
    let catalogue = Catalogue::with(&movies).await;
    let all = catalogue
        .browse(SearchMoviesRequest {
            sort: MovieSort::Title.into(),
            language: "en".into(),
            limit: 50,
            ..Default::default()
        })
        .await;
    let third: Vec<String> = all.iter().step_by(3).cloned().collect();
    let set = || MovieSet {
        movie_ids: movies
            .iter()
            .filter(|movie| third.contains(&movie.title_en))
            .map(|movie| movie.id.clone())
            // Unknown ids are ignored.
            .chain([Uuid::now_v7().to_string()])
            .collect(),
    };
    let others: Vec<String> = all.iter().filter(|title| !third.contains(title)).cloned().collect();
    for (among, expected) in [(Among::Only(set()), &third), (Among::Except(set()), &others)] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let search = SearchMoviesRequest {
                sort: MovieSort::Title.into(),
                language: "en".into(),
                limit: 4,
                among: Some(among.clone()),
                cursor,
                ..Default::default()
            };
            let (page, next) = catalogue.try_search(search).await.unwrap();
            found.extend(page);
            cursor = next;
            if cursor.is_empty() {
                break;
            }
        }
        assert_eq!(&found, expected);
    }
}

#[tokio::test]
async fn a_cursor_stays_valid_for_a_set_that_grows_but_not_for_another_kind_of_set() {
    let movies = varied_movies();
    let catalogue = Catalogue::with(&movies).await;
    let set = |count: usize| MovieSet {
        movie_ids: movies.iter().take(count).map(|movie| movie.id.clone()).collect(),
    };
    let search = |among: Option<Among>, cursor: &str| SearchMoviesRequest {
        among,
        cursor: cursor.to_owned(),
        limit: 2,
        ..Default::default()
    };
    let (_, cursor) = catalogue
        .try_search(search(Some(Among::Except(set(1))), ""))
        .await
        .unwrap();
    assert!(
        catalogue
            .try_search(search(Some(Among::Except(set(3))), &cursor))
            .await
            .is_ok()
    );
    for other in [None, Some(Among::Only(set(1)))] {
        let status = catalogue.try_search(search(other, &cursor)).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "cursor"));
    }
    let too_many = MovieSet {
        movie_ids: vec![Uuid::nil().to_string(); 20_001],
    };
    let nonsense = MovieSet {
        movie_ids: vec!["a".to_owned()],
    };
    for bad in [too_many, nonsense] {
        let status = catalogue
            .try_search(search(Some(Among::Only(bad)), ""))
            .await
            .unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "only"));
    }
}
