//! The same loop over GraphQL, one query a screen.

use matcha_tests::member::Member;
use serde_json::{Value, json};
use testing::eventually;

const CARD: &str = "id title { ko en } year average { stars count } mine { stars predicted { stars confidence } }";

#[tokio::test]
async fn a_member_rates_what_the_rate_page_offers_and_the_home_page_becomes_personal() {
    let member = Member::sign_up().await;
    let offered = member.graphql("{ toRate(first: 12) { id } }", json!({})).await;
    let ids: Vec<&str> = offered["data"]["toRate"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 12, "{offered}");
    let rate = "mutation($id: ID!, $stars: Float!) { rate(movieId: $id, stars: $stars) { ratedCount movie { mine { stars } } } }";
    for (index, id) in ids.iter().enumerate() {
        let rated = member
            .graphql(rate, json!({ "id": id, "stars": 0.5 + (index % 10) as f64 / 2.0 }))
            .await;
        assert_eq!(rated["data"]["rate"]["ratedCount"], index + 1, "{rated}");
    }
    let home = format!(
        "{{ me {{ ratedCount unlockAt }} home(first: 10) {{ degraded rows {{ kind personal movies {{ {CARD} }} }} }} }}"
    );
    let personal = async || {
        let answer = member.graphql(&home, json!({})).await;
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        let rows = answer["data"]["home"]["rows"].as_array().unwrap().clone();
        rows.iter()
            .any(|row| row["kind"] == "FOR_YOU" && row["personal"] == true)
    };
    eventually("the home page is personal", personal).await;
    let offered = member.graphql("{ toRate(first: 20) { id } }", json!({})).await;
    for movie in offered["data"]["toRate"].as_array().unwrap() {
        assert!(!ids.contains(&movie["id"].as_str().unwrap()), "offers what is rated");
    }
}

#[tokio::test]
async fn a_movie_page_is_one_query() {
    let found = Member::stranger()
        .graphql("{ movies(q: \"ㄱㅅㅊ\", first: 1) { items { id } } }", json!({}))
        .await;
    let id = found["data"]["movies"]["items"][0]["id"].as_str().unwrap().to_owned();
    let query = format!(
        "query($id: ID!) {{ movie(id: $id) {{ {CARD} runtime countries genres histogram directors {{ nameKo }} cast {{ nameKo }} similar(first: 6) {{ {CARD} }} }} }}"
    );
    let page = Member::stranger().graphql(&query, json!({ "id": id })).await;
    assert_eq!(page["errors"], Value::Null, "{page}");
    let movie = &page["data"]["movie"];
    assert_eq!(movie["title"]["ko"], "기생충");
    assert_eq!(movie["histogram"].as_array().unwrap().len(), 10);
    assert_eq!(movie["directors"][0]["nameKo"], "봉준호");
    assert_eq!(movie["similar"].as_array().unwrap().len(), 6);
    assert_eq!(movie["mine"], Value::Null, "signed out");
}

#[tokio::test]
async fn wrong_input_is_a_typed_error() {
    let member = Member::sign_up().await;
    for (stars, code) in [(3.3, "INVALID"), (0.0, "INVALID"), (5.5, "INVALID")] {
        let query = "mutation($s: Float!) { rate(movieId: \"00000000-0000-4000-8000-000000000000\", stars: $s) { ratedCount } }";
        let answer = member.graphql(query, json!({ "s": stars })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{stars}: {answer}");
    }
    let query = "mutation { rate(movieId: \"00000000-0000-4000-8000-000000000000\", stars: 4) { ratedCount } }";
    assert_eq!(
        member.graphql(query, json!({})).await["errors"][0]["extensions"]["code"],
        "NOT_FOUND"
    );
    assert_eq!(
        Member::stranger().graphql(query, json!({})).await["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}
