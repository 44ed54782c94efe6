//! Searching, suggesting, browsing.

use chassis::identity::Caller;
use matcha_protos::movie::v1::search_movies_request::Among;
use matcha_protos::movie::v1::{MovieSet, MovieSort, SearchMoviesRequest, SuggestRequest};
use testing::request;
use tonic::Code;
use uuid::Uuid;

use crate::harness::{Catalogue, field, movie, people};

fn korean_films() -> Vec<matcha_protos::movie::v1::PutMovie> {
    let mut parasite = movie("기생충", "Parasite", 2019);
    parasite.directors = people(&["봉준호=Bong Joon-ho"]);
    parasite.cast = people(&["송강호=Song Kang-ho", "이선균=Lee Sun-kyun"]);
    let mut memories = movie("살인의 추억", "Memories of Murder", 2003);
    memories.directors = people(&["봉준호=Bong Joon-ho"]);
    memories.cast = people(&["송강호=Song Kang-ho"]);
    let mut host = movie("괴물", "The Host", 2006);
    host.directors = people(&["봉준호=Bong Joon-ho"]);
    let mut interstellar = movie("인터스텔라", "Interstellar", 2014);
    interstellar.directors = people(&["크리스토퍼 놀란=Christopher Nolan"]);
    interstellar.title_original = "Interstellar".to_owned();
    let mut spirited = movie("센과 치히로의 행방불명", "Spirited Away", 2001);
    spirited.title_original = "千と千尋の神隠し".to_owned();
    vec![
        parasite,
        memories,
        host,
        interstellar,
        spirited,
        movie("기억의 밤", "Forgotten", 2017),
    ]
}

#[tokio::test]
async fn initial_consonants_and_half_typed_syllables_find_the_title_first() {
    let catalogue = Catalogue::with(&korean_films()).await;
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
async fn small_typing_errors_are_forgiven() {
    let catalogue = Catalogue::with(&korean_films()).await;
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
async fn the_exact_title_comes_first_then_prefix_word_inside_and_error() {
    let inside = movie("나", "Metalienation", 2020);
    let word = movie("다", "My Alien", 2019);
    let prefix = movie("라", "Alien Resurrection", 1997);
    let exact = movie("마", "Alien", 1979);
    let catalogue = Catalogue::with(&[inside.clone(), word, prefix, exact]).await;
    // Popularity does not lift a worse match above a better one.
    catalogue.rate(&inside, 3, 10).await;
    let order = ["Alien", "Alien Resurrection", "My Alien", "Metalienation"];
    assert_eq!(catalogue.search("alien").await, order);
    assert_eq!(catalogue.suggest("alien").await, order);
    // One letter missing is a guess, and still finds what begins so.
    assert_eq!(catalogue.search("alein").await[0], "Alien");
}

#[tokio::test]
async fn among_equal_matches_the_popular_come_first_and_then_the_newer() {
    let old = movie("가", "Dune", 1984);
    let new = movie("가", "Dune", 2021);
    let popular = movie("가", "Dune", 2000);
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
async fn people_are_suggested_and_their_movies_found() {
    let catalogue = Catalogue::with(&korean_films()).await;
    for (query, person) in [
        ("송강호", "[Song Kang-ho]"),
        ("강호", "[Song Kang-ho]"),
        ("ㅅㄱㅎ", "[Song Kang-ho]"),
        ("nolan", "[Christopher Nolan]"),
        ("Nolen", "[Christopher Nolan]"),
        ("bong joon ho", "[Bong Joon-ho]"),
    ] {
        assert_eq!(catalogue.suggest(query).await, [person], "{query}");
    }
    assert_eq!(catalogue.search("송강호").await, ["Parasite", "Memories of Murder"]);
    assert_eq!(catalogue.search("nolan").await, ["Interstellar"]);
    assert_eq!(catalogue.search("봉준호 괴물").await, ["The Host"]);
    assert_eq!(catalogue.search("괴물 송강호").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_query_of_very_many_words_is_searched_by_the_first_of_them() {
    let catalogue = Catalogue::with(&korean_films()).await;
    assert_eq!(catalogue.search("봉준호 괴물 괴물 봉준호").await, ["The Host"]);
    let letters: Vec<String> = ('a'..='z').cycle().take(100).map(String::from).collect();
    catalogue.search(&letters.join(" ")).await;
    catalogue.suggest(&letters.join(" ")).await;
}

/// Forty movies over three decades, two genres and two countries.
fn shelf_of_films() -> Vec<matcha_protos::movie::v1::PutMovie> {
    let film = |n: i32| {
        let mut film = movie(&format!("영화 {n:02}"), &format!("Film {:02}", 39 - n), 1985 + n % 30);
        film.genres = vec![if n % 2 == 0 { "comedy" } else { "horror" }.to_owned()];
        film.countries = vec![if n % 4 == 0 { "US" } else { "KR" }.to_owned()];
        film
    };
    (0..40).map(film).collect()
}

#[tokio::test]
async fn filters_narrow_and_sorts_order() {
    let films = shelf_of_films();
    let catalogue = Catalogue::with(&films).await;
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

    // Three perfect ratings are less sure a sign than thirty good ones; nobody's film stands last.
    let (few, many, poor) = (&films[1], &films[2], &films[3]);
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
async fn pages_neither_overlap_nor_skip_in_any_order() {
    let catalogue = Catalogue::with(&shelf_of_films()).await;
    for sort in [
        MovieSort::Unspecified,
        MovieSort::Popularity,
        MovieSort::Average,
        MovieSort::Newest,
        MovieSort::Title,
        MovieSort::Relevance,
    ] {
        for query in ["", "film"] {
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
    let catalogue = Catalogue::with(&shelf_of_films()).await;
    let search = SearchMoviesRequest {
        genre: "comedy".into(),
        limit: 5,
        ..Default::default()
    };
    let (_, cursor) = catalogue.try_search(search.clone()).await.unwrap();
    let search = SearchMoviesRequest { cursor, ..search };
    assert!(catalogue.try_search(search.clone()).await.is_ok());
    // Another size of page is the same search.
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
            query: "film".into(),
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
async fn a_search_that_makes_no_sense_is_refused_with_the_field_that_is_wrong() {
    let catalogue = Catalogue::start().await;
    let empty = SearchMoviesRequest::default();
    for (search, wrong) in [
        (
            SearchMoviesRequest {
                query: "a\0b".into(),
                ..empty.clone()
            },
            "query",
        ),
        (
            SearchMoviesRequest {
                query: "가".repeat(201),
                ..empty.clone()
            },
            "query",
        ),
        (
            SearchMoviesRequest {
                genre: "gloom".into(),
                ..empty.clone()
            },
            "genre",
        ),
        (
            SearchMoviesRequest {
                country: "KOR".into(),
                ..empty.clone()
            },
            "country",
        ),
        (
            SearchMoviesRequest {
                decade: Some(1995),
                ..empty.clone()
            },
            "decade",
        ),
        (
            SearchMoviesRequest {
                sort: 99,
                ..empty.clone()
            },
            "sort",
        ),
        (
            SearchMoviesRequest {
                limit: 51,
                ..empty.clone()
            },
            "limit",
        ),
        (
            SearchMoviesRequest {
                limit: -1,
                ..empty.clone()
            },
            "limit",
        ),
        (
            SearchMoviesRequest {
                language: "fr".into(),
                ..empty.clone()
            },
            "language",
        ),
        (
            SearchMoviesRequest {
                cursor: "x".into(),
                ..empty.clone()
            },
            "cursor",
        ),
    ] {
        let status = catalogue.try_search(search).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
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
                ..empty
            })
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_search_among_some_movies_pages_through_them_and_no_others() {
    let films = shelf_of_films();
    let catalogue = Catalogue::with(&films).await;
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
        movie_ids: films
            .iter()
            .filter(|film| third.contains(&film.title_en))
            .map(|film| film.id.clone())
            // Unknown ones count for nothing.
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
async fn a_cursor_among_some_movies_bears_a_set_that_grows_but_no_other_kind_of_set() {
    let films = shelf_of_films();
    let catalogue = Catalogue::with(&films).await;
    let set = |count: usize| MovieSet {
        movie_ids: films.iter().take(count).map(|film| film.id.clone()).collect(),
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
