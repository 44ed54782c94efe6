//! `PutMovies`, `GetMovies`, `ListMovieFacts` and `ListFacets`.

use chassis::identity::Caller;
use matcha_protos::events::v1::MovieChanged;
use matcha_protos::movie::v1::{CreditRole, GetMoviesRequest, ListFacetsRequest, ListMovieFactsRequest, PutMovie};
use prost::Message as _;
use testing::{eventually, request, some_member};
use tonic::Code;
use uuid::Uuid;

use crate::harness::{Catalogue, field, id, people, put_movie};

/// Type, version and body of every event; they stay in the database, because no queue is bound for them.
async fn events(catalogue: &Catalogue) -> Vec<(String, i64, Vec<u8>)> {
    let pool = catalogue.database().await;
    sqlx::query_as("select type, version, body from (table outbox union all table outbox_unrouted) event order by seq")
        .fetch_all(&pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn equal_facts_change_nothing_and_publish_no_event() {
    let catalogue = Catalogue::start().await;
    let mut parasite = put_movie("기생충", "Parasite", 2019);
    parasite.directors = people(&["봉준호=Bong Joon-ho"]);
    parasite.cast = people(&["송강호=Song Kang-ho", "=Lee Sun-kyun"]);
    let host = put_movie("괴물", "The Host", 2006);
    assert_eq!(catalogue.put(&[parasite.clone(), host.clone()]).await, (2, 0, 0));
    assert_eq!(catalogue.put(&[parasite.clone(), host.clone()]).await, (0, 0, 2));

    // The same facts in another notation.
    let mut again = parasite.clone();
    again.title_ko = "  \u{1100}\u{1175}\u{1109}\u{1162}\u{11BC}\u{110E}\u{116E}\u{11BC} ".to_owned();
    again.countries = vec!["kr".to_owned(), "KR".to_owned()];
    again.genres.push("drama".to_owned());
    assert_eq!(catalogue.put(&[again]).await, (0, 0, 1));

    let told: Vec<_> = events(&catalogue)
        .await
        .into_iter()
        .map(|(kind, version, _)| (kind, version))
        .collect();
    assert_eq!(
        told,
        [("movie.published".to_owned(), 1), ("movie.published".to_owned(), 1)]
    );
}

#[tokio::test]
async fn a_change_raises_the_version_and_publishes_an_event() {
    let catalogue = Catalogue::start().await;
    let mut movie = put_movie("괴물", "The Host", 2006);
    movie.cast = people(&["송강호=Song Kang-ho", "배두나=Bae Doona"]);
    catalogue.put(&[movie.clone()]).await;
    movie.cast.swap(0, 1);
    movie.runtime = 120;
    assert_eq!(catalogue.put(&[movie.clone()]).await, (0, 1, 0));

    let read = &catalogue.get(&[&movie.id]).await[0];
    assert_eq!((read.version, read.runtime), (2, 120));
    let cast: Vec<_> = read
        .credits
        .iter()
        .map(|credit| credit.person.clone().unwrap().name_ko)
        .collect();
    assert_eq!(cast, ["배두나", "송강호"]);

    let (kind, version, body) = events(&catalogue).await.pop().unwrap();
    assert_eq!((kind.as_str(), version), ("movie.changed", 2));
    let facts = MovieChanged::decode(body.as_slice()).unwrap().movie.unwrap();
    assert_eq!((facts.movie_id.as_str(), facts.version), (movie.id.as_str(), 2));
    let people: Vec<_> = read
        .credits
        .iter()
        .map(|credit| credit.person.clone().unwrap().id)
        .collect();
    assert_eq!(facts.cast_ids, people);
    assert_eq!(facts.runtime, read.runtime);
}

#[tokio::test]
async fn a_person_of_two_movies_is_one_person_and_keeps_the_korean_name() {
    let catalogue = Catalogue::start().await;
    let (mut first, mut second) = (put_movie("괴물", "The Host", 2006), put_movie("마더", "Mother", 2009));
    first.directors = people(&["=Bong Joon-ho"]);
    second.directors = people(&["봉준호=BONG  Joon-ho"]);
    catalogue.put(&[first.clone()]).await;
    assert_eq!(
        catalogue.get(&[&first.id]).await[0].credits[0]
            .person
            .as_ref()
            .unwrap()
            .name_ko,
        ""
    );
    catalogue.put(&[second.clone()]).await;
    // Without the Korean name: it is not erased.
    assert_eq!(catalogue.put(&[first.clone()]).await, (0, 0, 1));

    let movies = catalogue.get(&[&first.id, &second.id]).await;
    let people: Vec<_> = movies
        .iter()
        .map(|movie| movie.credits[0].person.clone().unwrap())
        .collect();
    assert_eq!(people[0], people[1]);
    assert_eq!(
        (people[0].name_ko.as_str(), people[0].name_en.as_str()),
        ("봉준호", "Bong Joon-ho")
    );
    eventually("the name is found", async || {
        catalogue.suggest("봉준호").await == ["[Bong Joon-ho]", "Mother", "The Host"]
    })
    .await;
}

#[tokio::test]
async fn movies_are_returned_in_order_with_credits_without_unknown_ones() {
    let catalogue = Catalogue::start().await;
    let mut first = put_movie("괴물", "The Host", 2006);
    first.cast = people(&["송강호=Song Kang-ho", "배두나=Bae Doona"]);
    first.directors = people(&["봉준호=Bong Joon-ho"]);
    let second = put_movie("마더", "Mother", 2009);
    catalogue.put(&[first.clone(), second.clone()]).await;
    let unknown = Uuid::now_v7().to_string();
    let movies = catalogue.get(&[&second.id, &unknown, &first.id, &second.id]).await;
    let titles: Vec<_> = movies.iter().map(|movie| movie.title_en.as_str()).collect();
    assert_eq!(titles, ["Mother", "The Host"]);
    let credits: Vec<_> = movies[1]
        .credits
        .iter()
        .map(|credit| (credit.role(), credit.position))
        .collect();
    assert_eq!(
        credits,
        [
            (CreditRole::Director, 0),
            (CreditRole::Actor, 0),
            (CreditRole::Actor, 1)
        ]
    );

    for ids in [vec!["x".to_owned()], vec![unknown; 501]] {
        let request = request(GetMoviesRequest { ids }, &some_member(), "movie");
        let status = catalogue.client.clone().get_movies(request).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "ids"));
    }
}

#[tokio::test]
async fn a_movie_with_one_title_has_it_in_every_language() {
    let catalogue = Catalogue::start().await;
    let movie = PutMovie {
        title_original: String::new(),
        ..put_movie("", "The Bank", 1915)
    };
    catalogue.put(std::slice::from_ref(&movie)).await;
    let read = &catalogue.get(&[&movie.id]).await[0];
    assert_eq!(
        (read.title_ko.as_str(), read.title_original.as_str()),
        ("The Bank", "The Bank")
    );
    assert_eq!(catalogue.put(&[movie]).await, (0, 0, 1));
}

#[tokio::test]
async fn invalid_facts_are_refused_by_field_with_the_whole_batch() {
    let catalogue = Catalogue::start().await;
    let good = put_movie("괴물", "The Host", 2006);
    type Change = fn(&mut PutMovie);
    let changes: [(Change, &str); 16] = [
        (|movie| movie.id = "x".into(), "id"),
        (|movie| movie.year = 1869, "year"),
        (|movie| movie.year = 2101, "year"),
        (|movie| movie.runtime = -1, "runtime"),
        (|movie| movie.runtime = 2001, "runtime"),
        (|movie| movie.genres = vec!["Sci-Fi".into()], "genres"),
        (|movie| movie.countries = vec!["Korea".into()], "countries"),
        (|movie| movie.title_ko = "가".repeat(501), "title_ko"),
        (|movie| movie.title_en = "a\nb".into(), "title_en"),
        (|movie| movie.title_original = "a\0b".into(), "title_original"),
        (remove_titles, "title_en"),
        (|movie| movie.imdb_id = "tt123456".into(), "imdb_id"),
        (|movie| movie.imdb_id = "nm1234567".into(), "imdb_id"),
        (|movie| movie.poster_url = "javascript:alert(1)".into(), "poster_url"),
        (|movie| movie.directors = people(&["봉준호= "]), "directors"),
        (|movie| movie.cast = people(&["봉준호= "]), "cast"),
    ];
    for (change, invalid) in changes {
        let mut bad = good.clone();
        change(&mut bad);
        let batch = vec![put_movie("마더", "Mother", 2009), bad];
        let status = catalogue.try_put(batch, &Caller::Operator).await.unwrap_err();
        assert_eq!(
            (status.code(), field(&status)),
            (Code::InvalidArgument, invalid),
            "{}",
            status.message()
        );
        assert!(status.message().starts_with("movies[1]: "), "{}", status.message());
    }
    for batch in [vec![good.clone(), good.clone()], vec![good; 501]] {
        assert_eq!(
            catalogue.try_put(batch, &Caller::Operator).await.unwrap_err().code(),
            Code::InvalidArgument
        );
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from movie")
        .fetch_one(&catalogue.database().await)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

fn remove_titles(movie: &mut PutMovie) {
    movie.title_ko = " ".to_owned();
    movie.title_en.clear();
    movie.title_original.clear();
}

#[tokio::test]
async fn only_the_operator_puts_movies_and_only_services_copy_them() {
    let catalogue = Catalogue::start().await;
    let movie = put_movie("괴물", "The Host", 2006);
    for caller in [
        some_member(),
        Caller::Anonymous,
        Caller::Service("recommendation".into()),
    ] {
        let status = catalogue.try_put(vec![movie.clone()], &caller).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
    let listing = |caller: Caller| {
        let request = request(ListMovieFactsRequest::default(), &caller, "movie");
        let mut client = catalogue.client.clone();
        async move {
            client
                .list_movie_facts(request)
                .await
                .map(|_| ())
                .map_err(|status| status.code())
        }
    };
    assert_eq!(listing(some_member()).await, Err(Code::PermissionDenied));
    assert_eq!(listing(Caller::Service("recommendation".into())).await, Ok(()));
    let nobody = catalogue
        .client
        .clone()
        .list_facets(ListFacetsRequest {})
        .await
        .unwrap_err();
    assert_eq!(nobody.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn facts_are_listed_page_by_page_in_the_order_of_ids() {
    let catalogue = Catalogue::start().await;
    let movies: Vec<PutMovie> = (0..25)
        .map(|n| put_movie("영화", &format!("Movie {n}"), 2000))
        .collect();
    catalogue.put(&movies).await;
    let mut expected: Vec<Uuid> = movies.iter().map(id).collect();
    expected.sort();
    let (mut listed, mut after_id) = (Vec::new(), String::new());
    loop {
        let message = ListMovieFactsRequest { after_id, limit: 10 };
        let request = request(message, &Caller::Service("recommendation".into()), "movie");
        let page = catalogue
            .client
            .clone()
            .list_movie_facts(request)
            .await
            .unwrap()
            .into_inner()
            .movies;
        let Some(last) = page.last() else { break };
        after_id = last.id.clone();
        listed.extend(page.iter().map(|movie| movie.id.parse::<Uuid>().unwrap()));
    }
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn facets_count_the_values_that_occur() {
    let mut first = put_movie("괴물", "The Host", 2006);
    first.genres = vec!["horror".into(), "drama".into()];
    let catalogue = Catalogue::with(&[
        first,
        put_movie("마더", "Mother", 2009),
        put_movie("하녀", "The Housemaid", 1960),
    ])
    .await;
    let request = request(ListFacetsRequest {}, &Caller::Anonymous, "movie");
    let facets = catalogue
        .client
        .clone()
        .list_facets(request)
        .await
        .unwrap()
        .into_inner();
    let shown = |facets: Vec<matcha_protos::movie::v1::Facet>| -> Vec<(String, i32)> {
        facets.into_iter().map(|facet| (facet.value, facet.count)).collect()
    };
    assert_eq!(
        shown(facets.genres),
        [("drama".to_owned(), 3), ("horror".to_owned(), 1)]
    );
    assert_eq!(shown(facets.countries), [("KR".to_owned(), 3)]);
    assert_eq!(shown(facets.decades), [("2000".to_owned(), 2), ("1960".to_owned(), 1)]);
}

#[tokio::test]
async fn a_change_on_one_replica_reaches_index_and_cache_of_the_other() {
    let one = Catalogue::start().await;
    let other = one.replica().await;
    let mut movie = put_movie("괴물", "The Host", 2006);
    one.put(&[movie.clone()]).await;
    eventually("the other finds it", async || {
        other.search("괴물").await == ["The Host"]
    })
    .await;
    movie.title_en = "The Monster".into();
    one.put(&[movie.clone()]).await;
    // At once on the replica that wrote the change, within a second on the other.
    assert_eq!(one.get(&[&movie.id]).await[0].title_en, "The Monster");
    eventually("the other reads it", async || {
        other.get(&[&movie.id]).await[0].title_en == "The Monster"
    })
    .await;
    eventually("the other finds it", async || {
        other.search("monster").await == ["The Monster"]
    })
    .await;
}
