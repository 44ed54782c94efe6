//! The loop over REST: sign up, rate, see predictions, and the rest of what a member does.

use matcha_tests::member::{Member, PASSWORD, popular_movies};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::eventually;

#[tokio::test]
async fn initial_consonants_find_the_movie_first() {
    let found = Member::stranger().get("/api/v1/movies?q=ㄱㅅㅊ").await;
    assert_eq!(found["items"][0]["title"]["ko"], "기생충");
    let suggested = Member::stranger().get("/api/v1/suggest?q=기새").await;
    assert!(suggested.to_string().contains("기생충"), "{suggested}");
}

#[tokio::test]
async fn a_director_is_found_by_initials_and_leads_to_every_movie_and_back() {
    let stranger = Member::stranger();
    let found = stranger.get("/api/v1/people?q=ㅂㅈㅎ").await;
    let bong = &found["items"][0]["person"];
    assert_eq!(bong["name_ko"], "봉준호");
    let path = format!("/api/v1/people/{}", bong["id"].as_str().unwrap());
    let page = stranger.get(&path).await;
    let movies = stranger.get(&format!("{path}/movies?role=director&limit=50")).await;
    let movies = movies["items"].as_array().unwrap();
    assert_eq!(page["directed"], movies.len());
    assert!(
        movies
            .iter()
            .all(|movie| movie["directors"].as_array().unwrap().contains(bong))
    );
    assert!(movies.iter().any(|movie| movie["title"]["ko"] == "기생충"));
    let years: Vec<i64> = movies.iter().map(|movie| movie["year"].as_i64().unwrap()).collect();
    assert!(years.is_sorted_by(|newer, older| newer >= older), "{years:?}");
}

#[tokio::test]
async fn ten_ratings_switch_on_predictions_and_personal_recommendations() {
    let member = Member::sign_up().await;
    let movies = popular_movies(40).await;
    let (rated, rest) = movies.split_at(10);

    let before = member.get(&format!("/api/v1/movies/{}", rest[0])).await;
    assert_eq!(before["mine"]["predicted"], Value::Null);
    assert_eq!(member.get("/api/v1/me/recommendations").await["personal"], false);

    for (index, movie) in rated.iter().enumerate() {
        member.rate(movie, if index % 2 == 0 { 5.0 } else { 1.5 }).await;
    }
    let page = async |movie: &String| member.get(&format!("/api/v1/movies/{movie}")).await;
    eventually("there is a prediction", async || {
        page(&rest[0]).await["mine"]["predicted"].is_object()
    })
    .await;
    let predicted = page(&rest[0]).await["mine"]["predicted"].clone();
    let stars = predicted["stars"].as_f64().unwrap();
    assert!((0.5..=5.0).contains(&stars), "{stars}");
    assert!(["low", "medium", "high"].contains(&predicted["confidence"].as_str().unwrap()));
    assert!(predicted["because"].is_array());
    assert_eq!(
        page(&rated[0]).await["mine"]["predicted"],
        Value::Null,
        "never for a movie the member has rated"
    );

    let recommended = member.get("/api/v1/me/recommendations").await;
    assert_eq!(recommended["personal"], true);
    let items = recommended["items"].as_array().unwrap();
    assert!(items.len() >= 10);
    for item in items {
        let id = item["movie"]["id"].as_str().or(item["id"].as_str()).unwrap();
        assert!(!rated.iter().any(|movie| movie == id), "recommended a rated movie");
    }
}

#[tokio::test]
async fn a_rating_is_read_back_changed_and_cleared() {
    let member = Member::sign_up().await;
    let movie = &popular_movies(1).await[0];
    let path = format!("/api/v1/movies/{movie}");
    member.rate(movie, 4.5).await;
    assert_eq!(member.get(&path).await["mine"]["stars"], 4.5);
    member.rate(movie, 2.0).await;
    assert_eq!(member.get(&path).await["mine"]["stars"], 2.0);
    let ratings = member.get("/api/v1/me/ratings").await;
    assert_eq!(ratings["items"].as_array().unwrap().len(), 1);
    for _ in 0..2 {
        let cleared = member.send(Method::DELETE, &format!("{path}/rating"), None).await;
        assert!(cleared.status().is_success(), "clearing twice is no error");
    }
    assert_eq!(member.get(&path).await["mine"]["stars"], Value::Null);
}

#[tokio::test]
async fn statistics_follow_a_rating() {
    let member = Member::sign_up().await;
    let movie = popular_movies(60).await.pop().unwrap();
    let path = format!("/api/v1/movies/{movie}");
    let before = member.get(&path).await["statistics"].clone();
    let fives = |statistics: &Value| statistics["histogram"][9].as_i64().unwrap();
    member.rate(&movie, 5.0).await;
    eventually("the histogram has one more", async || {
        fives(&member.get(&path).await["statistics"]) > fives(&before)
    })
    .await;
    let after = member.get(&path).await["statistics"].clone();
    let total: i64 = after["histogram"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bar| bar.as_i64().unwrap())
        .sum();
    assert_eq!(total, after["count"].as_i64().unwrap());
}

#[tokio::test]
async fn what_is_not_interesting_is_on_the_shelf_and_never_recommended() {
    let member = Member::sign_up().await;
    let first = member.get("/api/v1/me/recommendations").await;
    let item = &first["items"][0];
    let id = item["movie"]["id"].as_str().or(item["id"].as_str()).unwrap().to_owned();
    let put = member
        .send(
            Method::PUT,
            &format!("/api/v1/movies/{id}/shelf"),
            Some(json!({ "state": "not_interested" })),
        )
        .await;
    assert!(put.status().is_success());
    let shelf = member.get("/api/v1/me/shelf").await;
    assert_eq!(shelf["items"].as_array().unwrap().len(), 1);
    eventually("it is gone from the recommendations", async || {
        !member.get("/api/v1/me/recommendations").await.to_string().contains(&id)
    })
    .await;
}

#[tokio::test]
async fn pages_of_the_catalogue_neither_overlap_nor_skip() {
    let (stranger, mut seen, mut cursor) = (Member::stranger(), Vec::new(), String::new());
    for _ in 0..5 {
        let page = stranger
            .get(&format!(
                "/api/v1/movies?country=KR&sort=title&limit=30&cursor={cursor}"
            ))
            .await;
        for item in page["items"].as_array().unwrap() {
            seen.push(item["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = next.to_owned();
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all);
    assert!(all >= 120, "at least 120 Korean movies, not {all}");
}

#[tokio::test]
async fn a_refresh_rotates_and_signing_out_ends_the_session_for_its_access_token_too() {
    let member = Member::sign_up().await;
    let refreshed = member.send(Method::POST, "/api/v1/sessions/refresh", None).await;
    assert_eq!(refreshed.status(), StatusCode::OK);
    let token = refreshed.json::<Value>().await.unwrap()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let member = member.with_token(&token);
    member.get("/api/v1/me").await;
    let out = member.send(Method::DELETE, "/api/v1/sessions/current", None).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    eventually("the access token is refused", async || {
        member.send(Method::GET, "/api/v1/me", None).await.status() == StatusCode::UNAUTHORIZED
    })
    .await;
    let again = member.send(Method::POST, "/api/v1/sessions/refresh", None).await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_member_signs_in_by_handle_and_by_email_and_not_with_another_password() {
    let member = Member::sign_up().await;
    let sign_in = async |login: &str, password: &str| {
        let body = json!({ "login": login, "password": password });
        Member::stranger()
            .send(Method::POST, "/api/v1/sessions", Some(body))
            .await
            .status()
    };
    assert_eq!(sign_in(&member.handle, PASSWORD).await, StatusCode::CREATED);
    assert_eq!(
        sign_in(&format!("{}@example.org", member.handle), PASSWORD).await,
        StatusCode::CREATED
    );
    assert_eq!(
        sign_in(&member.handle, "not the right one, sorry").await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(sign_in("nobody_of_this_name", PASSWORD).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_contract_and_its_readable_page_are_served() {
    let contract = Member::stranger().get("/api/v1/openapi.json").await;
    assert!(contract["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in [
        "/api/v1/members",
        "/api/v1/movies",
        "/api/v1/movies/{id}/rating",
        "/api/v1/me/recommendations",
    ] {
        assert!(contract["paths"][path].is_object(), "{path}");
    }
    let docs = Member::stranger().send(Method::GET, "/api/docs", None).await;
    assert_eq!(docs.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_loved_movie_lifts_a_similar_one_at_once_and_is_named_as_the_reason() {
    let member = Member::sign_up().await;
    let movies = popular_movies(60).await;
    let (rated, rest) = movies.split_at(10);
    for movie in rated {
        member.rate(movie, 3.0).await;
    }
    let predicted = async |movie: &String| {
        let page = member.get(&format!("/api/v1/movies/{movie}")).await;
        page["mine"]["predicted"].clone()
    };
    eventually("there are predictions", async || predicted(&rest[1]).await.is_object()).await;
    let mut before = Vec::new();
    for movie in &rest[1..] {
        before.push(predicted(movie).await["stars"].as_f64().unwrap());
    }

    let loved = &rest[0];
    member.rate(loved, 5.0).await;
    let began = std::time::Instant::now();
    let lifted = async || {
        for (movie, before) in rest[1..].iter().zip(&before) {
            let now = predicted(movie).await;
            let because = now["because"].as_array().unwrap();
            if now["stars"].as_f64().unwrap() > *before && because.iter().any(|reason| reason["id"] == *loved) {
                return true;
            }
        }
        false
    };
    eventually("a prediction rose because of the loved movie", lifted).await;
    println!("seen after {:?}, looking at up to 49 pages one by one", began.elapsed());

    let row = async |kind: &str| {
        let answer = member.get(&format!("/api/v1/me/recommendations?row={kind}")).await;
        let items = answer["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["movie"]["id"].to_string())
            .collect::<Vec<_>>()
    };
    let (own, best) = (row("especially_you").await, row("best_rated").await);
    let shared = own.iter().filter(|movie| best.contains(movie)).count();
    assert!(
        !own.is_empty() && shared * 2 < own.len(),
        "especially you is not what everybody likes best: {shared} of {} are in both",
        own.len()
    );
}

#[tokio::test]
async fn the_status_of_the_model_says_how_good_stars_and_lists_are() {
    let status = Member::stranger().get("/api/v1/status/model").await;
    let model = &status["model"];
    let (error, average) = (model["held_out_rmse"].as_f64(), model["held_out_rmse_average"].as_f64());
    assert!(error.unwrap() < average.unwrap(), "{status}");
    for figure in ["recall_at_20", "ndcg_at_100", "coverage", "diversity"] {
        let value = model["lists"][figure].as_f64().unwrap();
        assert!(value > 0.0 && value <= 1.0, "{figure} of {status}");
    }
    let ended = model["training"]["state"].as_str().unwrap();
    assert!(["training", "published", "refused"].contains(&ended), "{ended}");
}

#[tokio::test]
async fn a_comment_is_read_by_others_once_it_is_checked_and_is_liked_and_answered() {
    let (author, reader) = (Member::sign_up().await, Member::sign_up().await);
    let movie = &popular_movies(1).await[0];
    author.rate(movie, 4.5).await;
    let own = format!("/api/v1/movies/{movie}/comment");
    let text = format!("오래 남는 영화 <b>{}</b>", author.handle);
    let written = author.send(Method::PUT, &own, Some(json!({ "text": text }))).await;
    assert_eq!(written.status(), StatusCode::OK);
    eventually("everybody reads it", async || {
        author.get(&own).await["state"] == "public"
    })
    .await;

    let all = format!("/api/v1/movies/{movie}/comments?sort=newest");
    let found = async |who: &Member| {
        let page = who.get(&all).await;
        let items = page["items"].as_array().unwrap().clone();
        items.into_iter().find(|comment| comment["text"] == *text)
    };
    let comment = found(&Member::stranger()).await.expect("it is on the first page");
    assert_eq!(comment["member"]["handle"], author.handle);
    assert_eq!((&comment["stars"], &comment["state"]), (&json!(4.5), &Value::Null));

    let id = comment["id"].as_str().unwrap();
    let like = format!("/api/v1/comments/{id}/like");
    for _ in 0..2 {
        let liked = reader.send(Method::PUT, &like, None).await;
        assert_eq!(liked.json::<Value>().await.unwrap()["likes"], 1);
    }
    assert_eq!(
        author.send(Method::PUT, &like, None).await.status(),
        StatusCode::FORBIDDEN
    );
    let replies = format!("/api/v1/comments/{id}/replies");
    let reply = json!({ "id": uuid::Uuid::new_v4(), "text": "저도 그렇게 봤어요" });
    for _ in 0..2 {
        let sent = reader.send(Method::POST, &replies, Some(reply.clone())).await;
        assert_eq!(sent.status(), StatusCode::CREATED);
    }
    let seen = found(&reader).await.unwrap();
    assert_eq!((&seen["liked_by_me"], &seen["reply_count"]), (&json!(true), &json!(1)));

    assert_eq!(
        author.send(Method::DELETE, &own, None).await.status(),
        StatusCode::NO_CONTENT
    );
    assert!(found(&reader).await.is_none());
    assert_eq!(
        author.send(Method::GET, &own, None).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_somebody_does_is_in_the_feed_of_who_follows_until_it_is_hidden_and_the_same_stars_match() {
    let (author, fan) = (Member::sign_up().await, Member::sign_up().await);
    let movies = popular_movies(6).await;
    for movie in &movies {
        author.rate(movie, 4.0).await;
        fan.rate(movie, 4.0).await;
    }
    let feed = async || fan.get("/api/v1/me/feed").await["items"].as_array().unwrap().clone();
    assert!(feed().await.is_empty(), "nobody is followed yet");
    let offered = fan.get("/api/v1/me/suggested-members").await;
    assert!(!offered["items"].as_array().unwrap().is_empty());

    let follow = format!("/api/v1/members/{}/follow", author.handle);
    assert_eq!(
        fan.send(Method::PUT, &follow, None).await.status(),
        StatusCode::NO_CONTENT
    );
    let acts = feed().await;
    let told: Vec<&Value> = acts.iter().map(|act| &act["movie"]["id"]).collect();
    assert_eq!(told, movies.iter().rev().collect::<Vec<_>>(), "the newest first");
    assert!(
        acts.iter()
            .all(|act| act["stars"] == 4.0 && act["member"]["handle"] == author.handle)
    );
    let profile = format!("/api/v1/members/{}/profile", author.handle);
    eventually("the two are compared", async || {
        let matching = fan.get(&profile).await["taste_match"].clone();
        matching == json!({ "percent": 77, "common_count": 6, "needed": 5 })
    })
    .await;
    let found = fan.get(&format!("/api/v1/members?q={}", author.handle)).await;
    assert_eq!(found["items"][0]["handle"], author.handle);

    let path = "/api/v1/me/settings";
    let mut settings = author.get(path).await;
    settings["ratings"] = json!("private");
    assert!(
        author
            .send(Method::PUT, path, Some(settings))
            .await
            .status()
            .is_success()
    );
    assert!(feed().await.is_empty(), "hidden from the next question on");
    // The taste was not hidden, but hidden ratings could be computed back from it.
    let hidden = fan.get(&profile).await;
    assert_eq!(
        (&hidden["taste_match"], &hidden["rated_count"]),
        (&Value::Null, &Value::Null)
    );
    let taste = format!("/api/v1/members/{}/taste", author.handle);
    assert_eq!(
        fan.send(Method::GET, &taste, None).await.status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_seeded_community_has_something_to_say_and_the_demo_member_hears_it() {
    let reader = Member::stranger();
    let found = reader.get("/api/v1/movies?q=Parasite&limit=1").await;
    let movie = found["items"][0]["id"].as_str().unwrap();
    eventually("the filters are done with the comments of the seed", async || {
        let page = reader
            .get(&format!("/api/v1/movies/{movie}/comments?sort=newest"))
            .await;
        page["items"].as_array().unwrap().len() >= 4
    })
    .await;
    let lists = reader.get(&format!("/api/v1/movies/{movie}/lists")).await;
    assert!(!lists["items"].as_array().unwrap().is_empty());

    let body = json!({ "login": "demo", "password": "matcha-demo-popcorn" });
    let answer = reader.send(Method::POST, "/api/v1/sessions", Some(body)).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let session: Value = answer.json().await.unwrap();
    let demo = Member::stranger().with_token(session["access_token"].as_str().unwrap());
    let feed = demo.get("/api/v1/me/feed").await;
    assert!(!feed["items"].as_array().unwrap().is_empty());
    for own in ["/api/v1/me/watches", "/api/v1/me/comments", "/api/v1/me/lists"] {
        assert!(!demo.get(own).await["items"].as_array().unwrap().is_empty(), "{own}");
    }
}
