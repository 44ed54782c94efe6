//! People: by id, by name, and their movies.

use chassis::identity::Caller;
use matcha_protos::movie::v1::{
    CreditRole, GetPeopleRequest, ListFilmographyRequest, MovieSort, Person, PutMovie, SearchPeopleRequest,
    SuggestRequest, suggestion::Kind,
};
use testing::{eventually, request};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Catalogue, field, people, put_movie};

async fn get_people(catalogue: &Catalogue, ids: &[&str]) -> Result<Vec<Person>, Status> {
    let message = GetPeopleRequest {
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
    };
    let request = request(message, &Caller::Anonymous, "movie");
    let answer = catalogue.client.clone().get_people(request).await;
    Ok(answer?.into_inner().people)
}

/// One page: English names and the next cursor.
async fn try_search(catalogue: &Catalogue, search: SearchPeopleRequest) -> Result<(Vec<String>, String), Status> {
    let request = request(search, &Caller::Anonymous, "movie");
    let answer = catalogue.client.clone().search_people(request).await;
    let page = answer?.into_inner();
    Ok((
        page.people.into_iter().map(|person| person.name_en).collect(),
        page.next_cursor,
    ))
}

async fn search(catalogue: &Catalogue, query: &str) -> Vec<String> {
    let search = SearchPeopleRequest {
        query: query.to_owned(),
        ..Default::default()
    };
    try_search(catalogue, search).await.unwrap().0
}

/// One page: English titles and the next cursor.
async fn filmography(catalogue: &Catalogue, list: ListFilmographyRequest) -> Result<(Vec<String>, String), Status> {
    let request = request(list, &Caller::Anonymous, "movie");
    let answer = catalogue.client.clone().list_filmography(request).await;
    let page = answer?.into_inner();
    Ok((
        page.movies.into_iter().map(|movie| movie.title_en).collect(),
        page.next_cursor,
    ))
}

/// The id of the only person that matches this name.
async fn person(catalogue: &Catalogue, name: &str) -> String {
    let search = SearchPeopleRequest {
        query: name.to_owned(),
        ..Default::default()
    };
    let request = request(search, &Caller::Anonymous, "movie");
    let answer = catalogue.client.clone().search_people(request).await;
    let [person] = answer.unwrap().into_inner().people.try_into().unwrap();
    person.id
}

/// Four movies; Yang Ik-june directed and played in one of them.
fn movies() -> Vec<PutMovie> {
    let mut breathless = put_movie("똥파리", "Breathless", 2008);
    breathless.directors = people(&["양익준=Yang Ik-june"]);
    breathless.cast = people(&["양익준=Yang Ik-june", "김꽃비=Kim Kkot-bi"]);
    let mut parasite = put_movie("기생충", "Parasite", 2019);
    parasite.directors = people(&["봉준호=Bong Joon-ho"]);
    parasite.cast = people(&["송강호=Song Kang-ho"]);
    let mut host = put_movie("괴물", "The Host", 2006);
    host.directors = people(&["봉준호=Bong Joon-ho"]);
    host.cast = people(&["송강호=Song Kang-ho"]);
    let mut memories = put_movie("살인의 추억", "Memories of Murder", 2003);
    memories.directors = people(&["봉준호=Bong Joon-ho"]);
    memories.cast = people(&["송강호=Song Kang-ho"]);
    vec![breathless, parasite, host, memories]
}

#[tokio::test]
async fn people_are_returned_in_order_with_their_movie_counts_without_unknown_ones() {
    let catalogue = Catalogue::with(&movies()).await;
    let (bong, yang) = (person(&catalogue, "봉준호").await, person(&catalogue, "양익준").await);
    let unknown = Uuid::now_v7().to_string();
    let found = get_people(&catalogue, &[&yang, &unknown, &bong, &yang]).await.unwrap();
    let shown: Vec<_> = found
        .into_iter()
        .map(|person| {
            let counts = person.counts.unwrap();
            (
                person.name_ko,
                person.name_en,
                counts.movies,
                counts.directed,
                counts.acted,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("양익준".to_owned(), "Yang Ik-june".to_owned(), 1, 1, 1),
            ("봉준호".to_owned(), "Bong Joon-ho".to_owned(), 3, 3, 0)
        ]
    );
    assert!(get_people(&catalogue, &[]).await.unwrap().is_empty());

    let status = get_people(&catalogue, &["1"]).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "ids"));
    let status = get_people(&catalogue, &[unknown.as_str(); 501]).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "ids"));
}

#[tokio::test]
async fn credits_have_the_id_of_the_person() {
    let movies = movies();
    let catalogue = Catalogue::with(&movies).await;
    let movie = catalogue.get(&[&movies[0].id]).await.remove(0);
    for credit in movie.credits {
        let credited = credit.person.unwrap();
        let [found] = get_people(&catalogue, &[&credited.id])
            .await
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!((found.name_ko, found.name_en), (credited.name_ko, credited.name_en));
    }
}

#[tokio::test]
async fn a_person_is_found_by_either_name_initials_half_typed_or_with_a_typing_error() {
    let catalogue = Catalogue::with(&movies()).await;
    for query in [
        "봉준호",
        "준호",
        "ㅂㅈㅎ",
        "봉ㅈ",
        "봉주",
        "봉쥰호",
        "Bong Joon-ho",
        "bong joon ho",
        "joonho",
        "Bomg Joon-ho",
    ] {
        assert_eq!(search(&catalogue, query).await, ["Bong Joon-ho"], "{query}");
    }
    for query in ["기생충", "기ㅅㅊ", "!?", "", "  ", "Kurosawa"] {
        assert!(search(&catalogue, query).await.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn whole_names_rank_first_and_among_equals_people_with_more_ratings() {
    let (mut first, mut second) = (put_movie("가", "First", 2000), put_movie("나", "Second", 2001));
    first.cast = people(&["=Kim Min", "=Kim Minji"]);
    second.cast = people(&["=Kim Minho"]);
    let catalogue = Catalogue::with(&[first, second.clone()]).await;
    catalogue.rate(&second, 3, 8).await;
    eventually("the index knows the ratings", async || {
        search(&catalogue, "Kim Min").await == ["Kim Min", "Kim Minho", "Kim Minji"]
    })
    .await;
}

#[tokio::test]
async fn pages_of_people_neither_repeat_nor_skip() {
    let mut crowded = put_movie("가", "Crowded", 2000);
    let names: Vec<String> = (0..45).map(|n| format!("=Extra {n:02}")).collect();
    crowded.cast = people(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let catalogue = Catalogue::with(&[crowded]).await;
    let page = |cursor: String| SearchPeopleRequest {
        query: "extra".to_owned(),
        cursor,
        limit: 20,
    };
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let (names, next) = try_search(&catalogue, page(cursor)).await.unwrap();
        all.extend(names);
        cursor = next;
        if cursor.is_empty() {
            break;
        }
    }
    all.sort_unstable();
    let expected: Vec<String> = (0..45).map(|n| format!("Extra {n:02}")).collect();
    assert_eq!(all, expected);

    let (_, cursor) = try_search(&catalogue, page(String::new())).await.unwrap();
    for (query, cursor, limit, wrong) in [
        ("other", cursor.as_str(), 20, "cursor"),
        ("extra", "AAAA", 20, "cursor"),
        ("extra", "", 51, "limit"),
        ("a\0", "", 20, "query"),
        (&"가".repeat(201), "", 20, "query"),
    ] {
        let search = SearchPeopleRequest {
            query: query.to_owned(),
            cursor: cursor.to_owned(),
            limit,
        };
        let status = try_search(&catalogue, search).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
    }
}

#[tokio::test]
async fn a_filmography_is_newest_first_and_can_be_sorted_and_filtered_by_role() {
    let movies = movies();
    let catalogue = Catalogue::with(&movies).await;
    let (song, yang) = (person(&catalogue, "송강호").await, person(&catalogue, "양익준").await);
    let list = |person: &str, role: CreditRole, sort: MovieSort| ListFilmographyRequest {
        person_id: person.to_owned(),
        role: role.into(),
        sort: sort.into(),
        language: "en".to_owned(),
        ..Default::default()
    };
    let shown = async |list| filmography(&catalogue, list).await.unwrap().0;
    let either = CreditRole::Unspecified;
    assert_eq!(
        shown(list(&song, either, MovieSort::Unspecified)).await,
        ["Parasite", "The Host", "Memories of Murder"]
    );
    assert_eq!(
        shown(list(&song, CreditRole::Actor, MovieSort::Title)).await,
        ["Memories of Murder", "Parasite", "The Host"]
    );
    assert!(
        shown(list(&song, CreditRole::Director, MovieSort::Newest))
            .await
            .is_empty()
    );
    for role in [either, CreditRole::Director, CreditRole::Actor] {
        assert_eq!(shown(list(&yang, role, MovieSort::Newest)).await, ["Breathless"]);
    }

    catalogue.rate(&movies[3], 2, 6).await;
    catalogue.rate(&movies[2], 1, 10).await;
    eventually("the most rated comes first", async || {
        shown(list(&song, either, MovieSort::Popularity)).await == ["Memories of Murder", "The Host", "Parasite"]
    })
    .await;
}

#[tokio::test]
async fn pages_of_a_filmography_add_up_to_the_whole_in_every_order() {
    let movies: Vec<PutMovie> = (0..23)
        .map(|n| {
            let mut movie = put_movie(&format!("영화 {n}"), &format!("Movie {n}"), 1980 + n % 7);
            movie.cast = people(&["안성기=Ahn Sung-ki"]);
            movie
        })
        .collect();
    let catalogue = Catalogue::with(&movies).await;
    let ahn = person(&catalogue, "안성기").await;
    for sort in [
        MovieSort::Newest,
        MovieSort::Popularity,
        MovieSort::Average,
        MovieSort::Title,
    ] {
        let list = |cursor: &str, limit| ListFilmographyRequest {
            person_id: ahn.clone(),
            sort: sort.into(),
            cursor: cursor.to_owned(),
            limit,
            ..Default::default()
        };
        let (whole, next) = filmography(&catalogue, list("", 50)).await.unwrap();
        assert_eq!((whole.len(), next.as_str()), (23, ""));
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let (titles, next) = filmography(&catalogue, list(&cursor, 5)).await.unwrap();
            pages.extend(titles);
            cursor = next;
            if cursor.is_empty() {
                break;
            }
        }
        assert_eq!(pages, whole, "{sort:?}");
    }
}

#[tokio::test]
async fn an_unknown_person_is_not_found_and_an_invalid_filmography_is_refused_by_field() {
    let catalogue = Catalogue::with(&movies()).await;
    let song = person(&catalogue, "송강호").await;
    let good = ListFilmographyRequest {
        person_id: song,
        limit: 1,
        ..Default::default()
    };
    let nobody = ListFilmographyRequest {
        person_id: Uuid::now_v7().to_string(),
        ..good.clone()
    };
    let status = filmography(&catalogue, nobody.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let (_, cursor) = filmography(&catalogue, good.clone()).await.unwrap();
    let change = |change: &dyn Fn(&mut ListFilmographyRequest)| {
        let mut list = good.clone();
        change(&mut list);
        list
    };
    for (list, wrong) in [
        (change(&|list| list.person_id = "1".to_owned()), "person_id"),
        (change(&|list| list.person_id.clear()), "person_id"),
        (change(&|list| list.role = 9), "role"),
        (change(&|list| list.sort = 99), "sort"),
        (change(&|list| list.sort = MovieSort::Relevance.into()), "sort"),
        (change(&|list| list.limit = 51), "limit"),
        (change(&|list| list.limit = -1), "limit"),
        (change(&|list| list.language = "fr".to_owned()), "language"),
        (change(&|list| list.cursor = "x".to_owned()), "cursor"),
        // Of another order, another role, another person.
        (
            change(&|list| {
                list.cursor = cursor.clone();
                list.sort = MovieSort::Popularity.into();
            }),
            "cursor",
        ),
        (
            change(&|list| {
                list.cursor = cursor.clone();
                list.role = CreditRole::Actor.into();
            }),
            "cursor",
        ),
        (
            change(&|list| {
                list.cursor = cursor.clone();
                list.person_id = nobody.person_id.clone();
            }),
            "cursor",
        ),
    ] {
        let status = filmography(&catalogue, list).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
    }
}

#[tokio::test]
async fn a_person_without_credits_is_gone_and_returns_with_the_same_id() {
    let mut movie = movies().remove(0);
    let catalogue = Catalogue::with(&[movie.clone()]).await;
    let kim = person(&catalogue, "김꽃비").await;
    let cast = std::mem::take(&mut movie.cast);
    catalogue.put(&[movie.clone()]).await;
    eventually("nobody has that id", async || {
        get_people(&catalogue, &[&kim]).await.unwrap().is_empty()
    })
    .await;
    movie.cast = cast;
    catalogue.put(&[movie]).await;
    eventually("she is back", async || {
        get_people(&catalogue, &[&kim]).await.unwrap().len() == 1
    })
    .await;
}

#[tokio::test]
async fn suggestions_reserve_a_place_for_the_person_of_many_titles() {
    let mut movies: Vec<PutMovie> = (0..12)
        .map(|n| put_movie(&format!("강철 {n}"), &format!("Steel {n}"), 2000 + n))
        .collect();
    movies[0].cast = people(&["강동원=Gang Dong-won"]);
    let catalogue = Catalogue::with(&movies).await;
    let message = SuggestRequest {
        query: "강".to_owned(),
        limit: 8,
    };
    let request = request(message, &Caller::Anonymous, "movie");
    let answer = catalogue.client.clone().suggest(request).await;
    let suggestions = answer.unwrap().into_inner().suggestions;
    assert_eq!(suggestions.len(), 8);
    let people: Vec<Person> = suggestions
        .into_iter()
        .filter_map(|suggestion| match suggestion.kind {
            Some(Kind::Person(person)) => Some(person),
            _ => None,
        })
        .collect();
    let [gang] = people.try_into().unwrap();
    assert_eq!((gang.name_ko.as_str(), gang.counts.unwrap().acted), ("강동원", 1));
}
