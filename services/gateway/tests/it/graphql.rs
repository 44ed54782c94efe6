//! GraphQL: what a query may cost, what it reads, and what it says when it fails.

use std::collections::HashSet;

use chassis::config::Environment;
use serde_json::{Value, json};
use tonic::Status;

use crate::harness::{Gateway, claims};

/// What every card of the site asks for.
const CARD: &str = "fragment Card on Movie { id title { ko en original } year genres countries posterUrl \
    directors { nameKo nameEn } average { stars count } mine { stars shelf predicted { stars confidence because { id } } } }";

#[track_caller]
fn refused(answer: &Value, code: &str) -> String {
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], code, "{answer}");
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_of_fifty_cards_takes_one_call_for_each_kind_of_fact() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(60);
    gateway.services.forget_calls();
    let query = format!("{{ movies(first: 50) {{ items {{ ...Card }} nextCursor }} }} {CARD}");
    let answer = gateway.query(&query, json!({})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let items = answer["data"]["movies"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 50);
    assert_eq!(items[0]["average"], json!({"stars": 3.83, "count": 3}));
    assert_eq!(items[0]["mine"]["predicted"]["stars"], 3.6);
    for call in [
        "movie.SearchMovies",
        "rating.GetStatistics",
        "rating.GetMine",
        "recommendation.Predict",
    ] {
        // A batch can be cut in two by the scheduler, never into rows.
        assert!(
            (1..=3).contains(&gateway.services.calls(call)),
            "{call}: {}",
            gateway.services.calls(call)
        );
    }
}

#[tokio::test]
async fn a_taste_has_its_people_and_the_movies_behind_each_figure() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(5);
    let query = "{ me { taste { ratedCount minutesWatched mean distribution persona genres { key score count movies { id } } \
        directors { key person { id nameEn } } actors { key } } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let taste = &answer["data"]["me"]["taste"];
    assert_eq!(taste["ratedCount"], 10);
    assert_eq!(
        (&taste["minutesWatched"], &taste["persona"]),
        (&json!(1234), &json!("band_6"))
    );
    assert_eq!(taste["distribution"].as_array().map(Vec::len), Some(10));
    let genre = &taste["genres"][0];
    assert_eq!(
        (&genre["key"], &genre["score"], &genre["count"]),
        (&json!("drama"), &json!(84), &json!(10))
    );
    assert_eq!(genre["movies"].as_array().map(Vec::len), Some(1));
    for director in taste["directors"].as_array().into_iter().flatten() {
        assert_eq!(director["person"]["id"], director["key"]);
    }
    assert_eq!(taste["actors"], json!([]));
}

/// A GraphQL query of somebody signed out.
async fn visitor(gateway: &Gateway, query: &str) -> Value {
    let body = json!({"query": query}).to_string();
    let json = [("content-type", "application/json")];
    gateway.send("POST", "/graphql", &json, body).await.json()
}

#[tokio::test]
async fn a_members_taste_is_found_by_handle_also_by_visitors() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(2);
    let query = "{ member(handle: \"MINA\") { handle displayName synthetic taste { ratedCount persona } } }";
    let expected = json!({"handle": "mina", "displayName": "Mina", "synthetic": false,
        "taste": {"ratedCount": 10, "persona": "band_6"}});
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(
        (&answer["errors"], &answer["data"]["member"]),
        (&json!(null), &expected)
    );
    let answer = visitor(&gateway, query).await;
    assert_eq!(
        (&answer["errors"], &answer["data"]["member"]),
        (&json!(null), &expected)
    );
    let mina = uuid::Uuid::from_u128(7).to_string();
    assert_eq!(gateway.services.state(|state| state.taste_of.clone()), mina);

    gateway.services.forget_calls();
    for nobody in ["joon", "no one", "미나", "mi\\u0000na", "", &"a".repeat(1000)] {
        let query = format!("{{ member(handle: \"{nobody}\") {{ handle taste {{ ratedCount }} }} }}");
        let answer = gateway.query(&query, json!({})).await;
        assert_eq!(answer["data"]["member"], json!(null), "{nobody}");
    }
    assert_eq!(
        gateway.services.calls("user.GetMembersByHandle"),
        1,
        "only what can be a handle is asked for"
    );
    assert_eq!(gateway.services.calls("recommendation.GetTaste"), 0);
}

#[tokio::test]
async fn a_member_without_a_taste_to_be_had_is_still_shown() {
    let gateway = Gateway::start().await;
    gateway.services.fail("recommendation", Status::unavailable("down"));
    let answer = visitor(&gateway, "{ member(handle: \"mina\") { handle taste { ratedCount } } }").await;
    assert_eq!(answer["errors"], json!(null));
    assert_eq!(answer["data"]["member"], json!({"handle": "mina", "taste": null}));
    assert_eq!(answer["extensions"]["degraded"], json!(["recommendation"]));
    let answer = gateway.query("{ me { handle taste { ratedCount } } }", json!({})).await;
    assert_eq!(answer["data"]["me"], json!({"handle": "mina", "taste": null}));
}

#[tokio::test]
async fn movies_behind_a_figure_have_their_stars() {
    let gateway = Gateway::start().await;
    let ids = gateway.services.add_movies(3);
    gateway.services.state(|state| state.rated.insert(ids[1].clone(), 9));
    let query = "query($group: TasteGroup!, $key: String, $first: Int) { member(handle: \"mina\") { taste { \
        films(group: $group, key: $key, first: $first) { total nextCursor items { stars movie { id } } } } } }";
    for (group, key, asked) in [
        ("GENRE", "drama", "TASTE_GROUP_GENRE drama"),
        ("STARS", "4.5", "TASTE_GROUP_STARS 9"),
        ("STARS", "5", "TASTE_GROUP_STARS 10"),
        ("ACTOR", "somebody", "TASTE_GROUP_ACTOR somebody"),
        ("ALL", "", "TASTE_GROUP_ALL "),
    ] {
        let answer = gateway.query(query, json!({"group": group, "key": key})).await;
        let movies = &answer["data"]["member"]["taste"]["films"];
        let expected = json!({"total": 1, "nextCursor": asked, "items": [{"stars": 4.5, "movie": {"id": ids[1]}}]});
        assert_eq!(*movies, expected, "{answer}");
    }
    for (variables, field) in [
        (json!({"group": "STARS", "key": "4.7"}), "key"),
        (json!({"group": "STARS", "key": "NaN"}), "key"),
        (json!({"group": "COUNTRY"}), "key"),
        (json!({"group": "ALL", "key": "drama"}), "key"),
        (json!({"group": "GENRE", "key": "a".repeat(201)}), "key"),
        (json!({"group": "GENRE", "key": "drama", "first": 51}), "first"),
    ] {
        let answer = gateway.query(query, variables).await;
        refused(&answer, "INVALID");
        assert_eq!(answer["errors"][0]["extensions"]["field"], field);
    }
}

#[tokio::test]
async fn my_ratings_can_be_those_of_some_stars() {
    let gateway = Gateway::start().await;
    let ids = gateway.services.add_movies(3);
    gateway
        .services
        .state(|state| state.rated.extend([(ids[0].clone(), 9), (ids[1].clone(), 4)]));
    let query = "query($stars: Float) { me { ratings(stars: $stars) { total items { movie { id } stars } } } }";
    let answer = gateway.query(query, json!({"stars": 4.5})).await;
    let expected = json!({"total": 1, "items": [{"movie": {"id": ids[0]}, "stars": 4.5}]});
    assert_eq!(answer["data"]["me"]["ratings"], expected);
    assert_eq!(
        gateway.query(query, json!({})).await["data"]["me"]["ratings"]["total"],
        2
    );
    let answer = gateway.query(query, json!({"stars": 4.7})).await;
    refused(&answer, "INVALID");
    assert_eq!(answer["errors"][0]["extensions"]["field"], "stars");
}

#[tokio::test]
async fn the_home_page_asks_for_all_its_rows_at_once_and_shows_no_movie_twice() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(100);
    gateway.services.forget_calls();
    let query = format!(
        "query Home($variation: Int!) {{ me {{ id ratedCount unlockAt }} home(variation: $variation) {{ degraded rows {{ kind personal \
         becauseOf {{ id }} movies {{ id ...Card }} }} }} }} {CARD}"
    );
    let answer = gateway.query(&query, json!({"variation": 3})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let rows = answer["data"]["home"]["rows"].as_array().unwrap();
    let shown: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| {
            row["movies"]
                .as_array()
                .unwrap()
                .iter()
                .map(|movie| movie["id"].as_str().unwrap())
                .collect()
        })
        .collect();
    assert_eq!(shown.iter().map(Vec::len).collect::<Vec<_>>(), [14; 6]);
    let distinct: HashSet<&&str> = shown.iter().flatten().collect();
    assert_eq!(distinct.len(), 6 * 14);
    assert_eq!(gateway.services.calls("recommendation.Recommend"), 6);
    for call in ["movie.GetMovies", "rating.GetStatistics"] {
        assert!(
            (1..=4).contains(&gateway.services.calls(call)),
            "{call}: {}",
            gateway.services.calls(call)
        );
    }
}

#[tokio::test]
async fn a_row_chosen_for_the_member_says_why_each_movie_is_on_it() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(100);
    let query = "{ home { rows { kind movies { id } reasons { movieId because { id } } } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let rows = answer["data"]["home"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    for row in rows {
        let reasons = row["reasons"].as_array().unwrap();
        match row["kind"].as_str().unwrap() {
            "FOR_YOU" | "ESPECIALLY_YOU" => {
                assert_eq!(reasons.len(), row["movies"].as_array().unwrap().len());
                assert_eq!(reasons[0]["movieId"], row["movies"][0]["id"]);
                assert_eq!(reasons[0]["because"]["id"], json!(movies[99]));
            }
            // Popular, new or like the movie of the heading: nothing of it is by what the member did.
            _ => assert_eq!(reasons.len(), 0, "{row}"),
        }
    }
}

#[tokio::test]
async fn a_row_by_itself_is_longer_than_on_the_home_page_and_begins_in_the_same_way() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(100);
    let query = "{ row(kind: ESPECIALLY_YOU, variation: 3) { movies { id } } other: row(kind: ESPECIALLY_YOU) { movies { id } } \
                 home(variation: 3) { rows { kind movies { id } } } }";
    let answer = gateway.query(query, json!({})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let row = answer["data"]["row"]["movies"].as_array().unwrap();
    assert_eq!(row.len(), 50);
    assert_ne!(answer["data"]["other"]["movies"], answer["data"]["row"]["movies"]);
    // On the home page without the movies of the row above.
    let [above, home] = [0, 1].map(|place| answer["data"]["home"]["rows"][place]["movies"].as_array().unwrap());
    let mut left = row.iter().filter(|movie| !above.contains(movie));
    assert!(home.iter().all(|movie| left.next() == Some(movie)), "{home:?}");
    let too_many = gateway
        .query("{ row(kind: FOR_YOU, first: 51) { personal } }", json!({}))
        .await;
    refused(&too_many, "INVALID");
}

#[tokio::test]
async fn a_limit_of_null_costs_as_much_as_none() {
    let gateway = Gateway::start().await;
    for (field, rows) in [("row(kind: FOR_YOU", ""), ("home(variation: 1", "rows { ")] {
        let mut refusals = Vec::new();
        for count in 1..=9 {
            let query = |first: &str| {
                let fields = (0..count).map(|number| {
                    let end = if rows.is_empty() { "" } else { "}" };
                    format!("a{number}: {field}{first}) {{ {rows} movies {{ ...Card }} {end} }} ")
                });
                format!("{{ {} }} {CARD}", fields.collect::<String>())
            };
            let [none, null] = [query(""), query(", first: null")];
            let is_refused = async |query: &str| {
                let answer = gateway.query(query, json!({})).await;
                answer["errors"].to_string().contains("too complex")
            };
            let none = is_refused(&none).await;
            assert_eq!(is_refused(&null).await, none, "{count} times {field}");
            refusals.push(none);
        }
        assert!(
            refusals.contains(&true) && refusals.contains(&false),
            "{field}: {refusals:?}"
        );
    }
}

#[tokio::test]
async fn rows_that_need_no_taste_survive_recommendation() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(20);
    gateway.services.fail("recommendation", Status::unavailable("down"));
    let query = format!(
        "{{ home {{ degraded rows {{ kind movies {{ ...Card }} }} }} toRate {{ id }} model {{ version }} }} {CARD}"
    );
    let answer = gateway.query(&query, json!({})).await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let home = &answer["data"]["home"];
    assert_eq!(home["degraded"], json!(["recommendation"]));
    let kinds: Vec<_> = home["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["kind"])
        .collect();
    assert_eq!(kinds, ["BEST_RATED", "MOST_RATED"]);
    assert_eq!(home["rows"][0]["movies"][0]["mine"]["predicted"], json!(null));
    assert_eq!(answer["data"]["toRate"].as_array().unwrap().len(), 20);
    assert_eq!(answer["data"]["model"], json!(null));
    assert_eq!(answer["extensions"]["degraded"], json!(["recommendation"]));
}

#[tokio::test]
async fn a_failing_rating_service_leaves_nulls_and_is_named() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    gateway.services.fail("rating", Status::unavailable("down"));
    let query =
        "query($id: ID!) { movie(id: $id) { title { ko } average { stars } histogram mine { stars } similar { id } } }";
    let answer = gateway.query(query, json!({"id": id})).await;
    assert_eq!(answer["errors"], json!(null));
    let movie = &answer["data"]["movie"];
    assert_eq!(movie["title"]["ko"], "영화 0");
    for part in ["average", "histogram", "mine"] {
        assert_eq!(movie[part], json!(null));
    }
    assert_eq!(answer["extensions"]["degraded"], json!(["rating"]));
}

#[tokio::test]
async fn rating_answers_with_the_movie_as_it_is_now() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let query = "mutation($id: ID!, $stars: Float!) { rate(movieId: $id, stars: $stars) { ratedCount movie { id mine { stars predicted { stars } } } } }";
    let answer = gateway.query(query, json!({"id": id, "stars": 4.5})).await;
    let expected = json!({"ratedCount": 1, "movie": {"id": id, "mine": {"stars": 4.5, "predicted": null}}});
    assert_eq!(answer["data"]["rate"], expected);
    let answer = gateway
        .query(
            "mutation($id: ID!) { clearRating(movieId: $id) { ratedCount movie { mine { stars } } } }",
            json!({"id": id}),
        )
        .await;
    assert_eq!(
        answer["data"]["clearRating"],
        json!({"ratedCount": 0, "movie": {"mine": {"stars": null}}})
    );
    for state in ["WISH", "WATCHING", "NOT_INTERESTED"] {
        let query =
            "mutation($id: ID!, $state: ShelfState!) { putShelf(movieId: $id, state: $state) { movie { id } } }";
        let answer = gateway.query(query, json!({"id": id, "state": state})).await;
        assert_eq!(answer["data"]["putShelf"]["movie"]["id"], *id);
    }
}

#[tokio::test]
async fn errors_have_codes_and_fields() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let rate = "mutation($id: ID!, $stars: Float!) { rate(movieId: $id, stars: $stars) { ratedCount } }";
    let answer = gateway.query(rate, json!({"id": id, "stars": 3.3})).await;
    refused(&answer, "INVALID");
    assert_eq!(answer["errors"][0]["extensions"]["field"], "stars");
    let answer = gateway.query(rate, json!({"id": "1", "stars": 3})).await;
    refused(&answer, "INVALID");
    assert_eq!(answer["errors"][0]["extensions"]["field"], "movieId");
    assert!(answer["errors"][0]["extensions"]["trace_id"].is_string());
    let unknown = json!({"id": uuid::Uuid::now_v7(), "stars": 3});
    refused(&gateway.query(rate, unknown).await, "NOT_FOUND");
    refused(&gateway.query(rate, json!({"id": id, "stars": "3"})).await, "INVALID");
    refused(
        &gateway
            .query("{ movies(q: \"a\\u0000\") { nextCursor } }", json!({}))
            .await,
        "INVALID",
    );

    for (status, code) in [
        (Status::unauthenticated("no"), "UNAUTHENTICATED"),
        (Status::permission_denied("no"), "FORBIDDEN"),
        (Status::already_exists("no"), "CONFLICT"),
        (Status::resource_exhausted("no"), "TOO_MANY"),
        (Status::unavailable("inner words"), "UNAVAILABLE"),
        (Status::deadline_exceeded("inner words"), "UNAVAILABLE"),
        (Status::internal("inner words"), "INTERNAL"),
    ] {
        gateway.services.fail("rating.Rate", status);
        let answer = gateway.query(rate, json!({"id": id, "stars": 3})).await;
        let message = refused(&answer, code);
        assert!(!message.contains("inner"), "{message}");
    }
}

#[tokio::test]
async fn a_write_needs_a_member_and_me_is_null_without_one() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let json = [("content-type", "application/json")];
    let body = json!({"query": format!("mutation {{ rate(movieId: \"{id}\", stars: 3) {{ ratedCount }} }}")});
    let answer = gateway.send("POST", "/graphql", &json, body.to_string()).await.json();
    refused(&answer, "UNAUTHENTICATED");
    let body = json!({"query": format!("{{ me {{ id }} movie(id: \"{id}\") {{ mine {{ stars }} }} }}")});
    let answer = gateway.send("POST", "/graphql", &json, body.to_string()).await.json();
    assert_eq!(answer["data"], json!({"me": null, "movie": {"mine": null}}));
    let bad = [json[0], ("authorization", "Bearer a.b.c")];
    gateway
        .send("POST", "/graphql", &bad, body.to_string())
        .await
        .problem(401);
}

#[tokio::test]
async fn queries_that_cost_too_much_are_refused() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(1).remove(0);
    let deep = format!(
        "{{ movie(id: \"{id}\") {{ {} id {} }} }}",
        "similar(first: 1) { ".repeat(9),
        "}".repeat(9)
    );
    let wide = format!(
        "{{ {} }} {CARD}",
        (0..4)
            .map(|n| format!("a{n}: movies(first: 50) {{ items {{ ...Card }} }} "))
            .collect::<String>()
    );
    let aliases: String = (0..11).map(|n| format!("a{n}: me {{ id }} ")).collect();
    let writes: String = (0..10)
        .map(|n| format!("a{n}: rate(movieId: \"{id}\", stars: 3) {{ ratedCount }} "))
        .collect();
    let directives = "@include(if: true) ".repeat(3);
    let many_lists = "similar(first: 3) { similar(first: 3) { similar(first: 3) { id } } }";
    let fragments = (0..60).map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }} ", n + 1, n + 1));
    let bomb = format!(
        "{{ ...F0 }} {} fragment F60 on Query {{ me {{ id }} }}",
        fragments.collect::<String>()
    );
    for query in [
        deep,
        wide,
        format!("{{ {aliases} }}"),
        format!("mutation {{ {writes} }}"),
        format!("{{ me {directives} {{ id }} }}"),
        bomb,
        "{ ...A } fragment A on Query { ...A }".to_owned(),
        "{".repeat(5000),
        format!("{{ me {{ id(a: {}1{}) }} }}", "[".repeat(5000), "]".repeat(5000)),
    ] {
        let answer = gateway.query(&query, json!({})).await;
        refused(&answer, "INVALID");
        assert_eq!(answer["data"], json!(null));
    }
    // What is not deep but multiplies is cut while it runs.
    gateway.services.add_movies(30);
    gateway.services.forget_calls();
    let query = format!("{{ movie(id: \"{id}\") {{ {many_lists} }} }}");
    refused(&gateway.query(&query, json!({})).await, "INVALID");
    assert!(gateway.services.calls("recommendation.Similar") <= 8);
    // Several fields that exceed the limit yield one error; several invalid arguments yield one error each.
    let lists: String = (0..10).map(|n| format!("a{n}: similar(first: 1) {{ id }} ")).collect();
    let answer = gateway
        .query(&format!("{{ movie(id: \"{id}\") {{ {lists} }} }}"), json!({}))
        .await;
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{answer}");
    let wrong = "{ a: movie(id: \"1\") { id } b: movie(id: \"2\") { id } }";
    let answer = gateway.query(wrong, json!({})).await;
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(2), "{answer}");
}

#[tokio::test]
async fn what_is_no_single_small_query_is_a_problem() {
    let gateway = Gateway::start().await;
    for body in [
        "[{\"query\":\"{me{id}}\"}]",
        "[]",
        "",
        "{",
        "{\"query\":1}",
        "[\"{ me { id } }\"]",
    ] {
        gateway.json("POST", "/graphql", body).await.problem(400);
    }
    let large = json!({"query": format!("{{ me {{ id }} }} # {}", "a".repeat(17 * 1024))});
    gateway.json("POST", "/graphql", large.to_string()).await.problem(413);
    let text = [("content-type", "text/plain")];
    gateway
        .send("POST", "/graphql", &text, r#"{"query":"{me{id}}"}"#)
        .await
        .problem(415);
}

#[tokio::test]
async fn errors_do_not_repeat_the_query_and_the_schema_is_not_told() {
    let gateway = Gateway::start().await;
    for query in [
        "{ sesame }",
        "{ me { sesame } }",
        "{ me(sesame: 1) { id } }",
        "sesame {",
        "query($sesame: Sesame) { me { id } }",
    ] {
        let message = refused(&gateway.query(query, json!({})).await, "INVALID");
        assert!(!message.to_lowercase().contains("sesame"), "{message}");
    }
    for query in [
        "{ __schema { types { name } } }",
        "{ __type(name: \"Movie\") { name } }",
    ] {
        let answer = gateway.query(query, json!({})).await;
        assert!(!answer.to_string().contains("Movie"), "{answer}");
    }
}

/// The whole `errors` of an answer, in bytes, and how many there are.
fn size_of_errors(answer: &Value) -> (usize, usize) {
    let errors = answer["errors"].as_array().unwrap();
    (answer["errors"].to_string().len(), errors.len())
}

#[tokio::test]
async fn errors_are_small_and_few_whatever_the_query_is() {
    for environment in [Environment::Production, Environment::Development] {
        let gateway = Gateway::with(|config| config.service.environment = environment).await;
        let long = "a".repeat(14_000);
        let many_unknown: String = (0..390)
            .map(|n| format!("unknown_field_with_a_long_name_{n} "))
            .collect();
        let alias = "b".repeat(64);
        for query in [
            format!("{{ {long} }}"),
            format!("{{ {long}: movie(id: \"1\") {{ id }} }}"),
            format!("{{ movie(id: \"{long}\") {{ id }} }}"),
            format!("{{ movie({long}: 1) {{ id }} }}"),
            format!("{{ ...{long} }}"),
            format!("query(${long}: Sesame) {{ me {{ id }} }}"),
            format!("{{ me {{ {many_unknown} }} }}"),
            format!("{{ {alias}: movie(id: \"1\") {{ id }} }}"),
            format!("\"{long}"),
        ] {
            let answer = gateway.query(&query, json!({})).await;
            refused(&answer, "INVALID");
            let (bytes, number) = size_of_errors(&answer);
            assert!(
                number <= 20 && bytes <= number * 1200,
                "{number} errors of {bytes} bytes: {answer}"
            );
        }
        let problem = gateway
            .json("POST", "/graphql", format!("{{\"query\": {{\"{long}\": 1}}}}"))
            .await;
        assert!(problem.body.len() < 1200, "{:?}", problem.body);
        let problem = gateway.get(&format!("/api/v1/movies?{long}=1")).await;
        problem.problem(400);
        assert!(problem.body.len() < 1200, "{:?}", problem.body);
    }
}

#[tokio::test]
async fn a_response_has_twenty_errors_and_the_number_of_the_others() {
    let gateway = Gateway::start().await;
    for (fields, errors, left_out) in [(20, 20, json!(null)), (21, 20, json!(1)), (50, 20, json!(30))] {
        let unknown: String = (0..fields).map(|n| format!("unknown{n} ")).collect();
        let answer = gateway.query(&format!("{{ me {{ {unknown} }} }}"), json!({})).await;
        assert_eq!(size_of_errors(&answer).1, errors, "{answer}");
        assert_eq!(answer["extensions"]["errors_left_out"], left_out, "{answer}");
    }
}

#[tokio::test]
async fn the_word_schema_in_a_comment_or_a_string_is_no_introspection() {
    let gateway = Gateway::with(|config| config.service.environment = Environment::Development).await;
    for query in [
        "# __schema\n{ movies(first: 1) { nextCursor } }",
        "{ movies(first: 1, q: \"__schema\") { nextCursor } }",
        "{ movies(first: 1, q: \"__type\") { nextCursor } }",
    ] {
        let answer = gateway.query(query, json!({})).await;
        assert!(answer["data"]["movies"].is_object(), "{query}: {answer}");
    }
}

#[tokio::test]
async fn in_development_the_schema_is_told_however_deep_the_question() {
    let gateway = Gateway::with(|config| config.service.environment = Environment::Development).await;
    let query = "{ __schema { types { name fields { type { ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } }";
    let answer = gateway.query(query, json!({})).await;
    assert!(answer.to_string().contains("\"Movie\""), "{answer}");
    let answer = gateway.query("{ me { id } }", json!({})).await;
    assert!(answer["data"]["me"]["id"].is_string());
}

/// What each part of the site asks for.
fn documents_of_the_site() -> String {
    let parts = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/lib")).unwrap();
    let files =
        parts.flat_map(|part| ["documents.ts", "fragments.ts"].map(|name| part.as_ref().unwrap().path().join(name)));
    files.filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

#[tokio::test]
async fn every_query_of_the_site_is_answered() {
    let gateway = Gateway::start().await;
    let id = gateway.services.add_movies(30).remove(0);
    let source = documents_of_the_site();
    let texts: Vec<&str> = source
        .split("graphql(")
        .skip(1)
        .filter_map(|rest| rest.split('`').nth(1))
        .collect();
    let (fragments, operations): (Vec<&str>, Vec<&str>) = texts
        .iter()
        .map(|text| text.trim())
        .partition(|text| text.starts_with("fragment"));
    assert!(operations.len() >= 60, "{}", operations.len());
    let person = gateway.services.add_person();
    gateway.services.add_comment(&id);
    let claims = claims();
    let token = gateway.signer.sign(gateway.signer.header(), &claims);
    for operation in operations {
        // With the fragments that it spreads, and those that they spread.
        let mut query = operation.to_owned();
        let mut unused = fragments.clone();
        loop {
            let spread = |fragment: &&str| {
                let name = fragment.split_whitespace().nth(1).unwrap();
                query.contains(&format!("...{name}\n"))
            };
            let (used, rest): (Vec<&str>, Vec<&str>) = unused.iter().copied().partition(spread);
            if used.is_empty() {
                break;
            }
            unused = rest;
            query.extend(used);
        }
        let mut variables = json!({"id": id, "movieId": id, "q": "a", "variation": 1, "first": 20, "stars": 4.5,
            "shelf": "FOR_YOU", "state": "WISH", "role": "DIRECTOR", "people": true,
            "sort": if operation.contains("RatingSort") || operation.contains("CommentSort") { "NEWEST" } else { "TITLE" },
            "watchId": id, "watch": {"movieId": id, "watchedOn": "2026-03-04", "rewatch": true, "tags": ["극장"]},
            "commentId": id, "replyId": id, "text": "good", "spoiler": false});
        if operation.contains("person(") {
            variables["id"] = json!(person);
        }
        // One for each: some of them delete it.
        let list = match operation.contains("ikeList(") {
            // Nobody likes their own list.
            true => gateway.services.add_public_list(),
            false => gateway.services.add_public_list_of(claims["sub"].as_str().unwrap()),
        };
        if operation.contains(" list(") {
            variables["id"] = json!(list);
        }
        let is_new = operation.contains("createList(");
        variables["listId"] = json!(if is_new { uuid::Uuid::now_v7().to_string() } else { list });
        variables["movieIds"] = json!([]);
        variables["version"] = json!(1);
        variables["title"] = json!("good");
        variables["public"] = json!(true);
        variables["contains"] = json!(id);
        variables["handle"] = json!("mina");
        variables["group"] = json!("GENRE");
        variables["key"] = json!("drama");
        variables["sessionId"] = json!(id);
        variables["settings"] = json!({"displayName": "Mina", "language": "KO", "titleLanguage": "PAGE", "ratings": "PUBLIC",
            "shelf": "PUBLIC", "comments": "PUBLIC", "taste": "PUBLIC"});
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            variables[name] = json!(id);
        }
        let declared = operation.split('{').next().unwrap();
        variables
            .as_object_mut()
            .unwrap()
            .retain(|name, _| declared.contains(&format!("${name}:")));
        let answer = gateway.query_as(&token, &query, variables).await;
        assert_eq!(answer["errors"], json!(null), "{operation}");
    }
}
