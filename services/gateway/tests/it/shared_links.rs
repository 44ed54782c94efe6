//! What programs without JavaScript get of the site's pages: link previews, search engines, curl.

use matcha_protos::rating::v1::List;
use serde_json::Value;
use tonic::Status;
use uuid::Uuid;

use crate::{
    harness::{Answer, Gateway, ISSUER},
    site::{Folder, folder, write},
};

const INDEX: &str = "<!doctype html><html lang=\"ko\"><head><!-- page head --><title>matcha</title><!-- end of page head -->\
                     <script>start()</script></head><noscript><!-- page facts -->none<!-- end of page facts --></noscript>";

async fn gateway() -> (Gateway, Folder) {
    let folder = folder();
    write(&folder.0, "index.html", INDEX);
    let at = folder.0.clone();
    (Gateway::with(|config| config.site_dir = at).await, folder)
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

async fn page(gateway: &Gateway, path: &str, status: u16) -> String {
    // As curl and most link previews ask.
    let answer = gateway.send("GET", path, &[("accept", "*/*")], "").await;
    assert_eq!(answer.status, status, "{path}: {}", text(&answer));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
    text(&answer)
}

fn assert_has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
}

#[tokio::test]
async fn the_page_of_a_movie_says_what_it_is_about_in_both_languages() {
    let (gateway, _folder) = gateway().await;
    let ids = gateway.services.add_movies(2);
    gateway.services.add_person();
    let id = &ids[0];
    let korean = page(&gateway, &format!("/movies/{id}"), 200).await;
    assert_has(
        &korean,
        &[
            "<html lang=\"ko\">",
            "<title>영화 0 (1990) · matcha</title>",
            "<meta name=\"description\" content=\"봉준호 감독 · 드라마\">",
            &format!("<link rel=\"canonical\" href=\"{ISSUER}/movies/{id}\">"),
            &format!("hreflang=\"en\" href=\"{ISSUER}/movies/{id}?lang=en\">"),
            "<meta property=\"og:type\" content=\"video.movie\">",
            &format!("<meta property=\"og:image\" content=\"{ISSUER}/posters/{id}.png?lang=ko\">"),
            "<h1>영화 0 (1990)</h1>",
            "<script>start()</script>",
        ],
    );
    let english = page(&gateway, &format!("/movies/{id}?lang=en"), 200).await;
    assert_has(
        &english,
        &[
            "<html lang=\"en\">",
            "<title>Movie 0 (1990) · matcha</title>",
            "Directed by Bong Joon-ho · Drama",
        ],
    );
    let (_, data) = english.split_once("<script type=\"application/ld+json\">").unwrap();
    let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
    assert_eq!((&data["@type"], &data["name"]), (&"Movie".into(), &"Movie 0".into()));
    assert_eq!(data["director"][0]["name"], "Bong Joon-ho");

    let english = [("accept", "*/*"), ("accept-language", "en-GB,ko;q=0.5")];
    let answer = gateway
        .send("GET", &format!("/movies/{id}/comments"), &english, "")
        .await;
    assert_has(&text(&answer), &["<title>Comments on Movie 0 (1990) · matcha</title>"]);
    assert_eq!(answer.header("vary").to_ascii_lowercase(), "accept, accept-language");
}

#[tokio::test]
async fn pages_of_people_lists_members_and_tastes_say_what_everybody_may_see() {
    let (gateway, _folder) = gateway().await;
    let movies = gateway.services.add_movies(3);
    let person = gateway.services.add_person();
    assert_has(
        &page(&gateway, &format!("/people/{person}?lang=en"), 200).await,
        &[
            "<title>Bong Joon-ho · matcha</title>",
            "3 movies: Movie 0",
            "<a href=\"/movies/",
        ],
    );
    assert_has(
        &page(&gateway, "/members/mina?lang=en", 200).await,
        &[
            "<title>Mina (@mina) · matcha</title>",
            "<meta property=\"og:type\" content=\"profile\">",
        ],
    );
    assert_has(
        &page(&gateway, "/members/mina/taste", 200).await,
        &["<title>Mina 님의 취향 분석 · matcha</title>", "평가 10편", "드라마"],
    );
    let list = List {
        id: Uuid::now_v7().to_string(),
        member_id: Uuid::from_u128(7).to_string(),
        title: "비 오는 날 <b>".to_owned(),
        is_public: true,
        first_movie_ids: movies,
        ..List::default()
    };
    let id = gateway.services.add_list(list.clone());
    let found = page(&gateway, &format!("/lists/{id}"), 200).await;
    assert_has(
        &found,
        &["<title>비 오는 날 &lt;b&gt; · matcha</title>", "<a href=\"/movies/"],
    );
    assert!(!found.contains("<b>"), "{found}");

    // Only what somebody sees who is signed out, even to the owner.
    let private = gateway.services.add_list(List {
        is_public: false,
        id: Uuid::now_v7().to_string(),
        ..list
    });
    let token = format!("Bearer {}", gateway.signer.token());
    let headers = [("accept", "*/*"), ("authorization", token.as_str())];
    let answer = gateway.send("GET", &format!("/lists/{private}"), &headers, "").await;
    assert_eq!(answer.status, 404);
    gateway
        .services
        .fail("recommendation.GetTaste", Status::permission_denied("hidden"));
    let hidden = page(&gateway, "/members/mina/taste", 200).await;
    assert!(
        hidden.contains("<title>matcha</title>") && !hidden.contains("10편"),
        "{hidden}"
    );
}

#[tokio::test]
async fn what_is_not_there_answers_404_with_the_site() {
    let (gateway, _folder) = gateway().await;
    let nobody = Uuid::now_v7();
    for path in [
        "/wp-login",
        "/movies/1",
        &format!("/movies/{nobody}"),
        &format!("/movies/{nobody}/comments"),
        &format!("/people/{nobody}"),
        &format!("/lists/{nobody}"),
        "/members/joon",
        "/members/joon/taste",
        "/members/a",
    ] {
        let missing = page(&gateway, path, 404).await;
        assert_has(
            &missing,
            &["<script>start()</script>", "<meta name=\"robots\" content=\"noindex\">"],
        );
        assert!(!missing.contains("canonical"), "{path}: {missing}");
        let json = [("accept", "application/json")];
        gateway.send("GET", path, &json, "").await.problem(404);
    }
}

#[tokio::test]
async fn a_service_that_is_away_or_slow_leaves_the_page_without_its_facts() {
    let (gateway, _folder) = gateway().await;
    let id = gateway.services.add_movies(1).remove(0);
    gateway.services.fail("movie.GetMovies", Status::unavailable("down"));
    let away = page(&gateway, &format!("/movies/{id}"), 200).await;
    assert_eq!(away, INDEX);
}

#[tokio::test]
async fn the_pages_of_a_member_are_not_for_search_engines() {
    let (gateway, _folder) = gateway().await;
    for path in ["/me", "/settings/import", "/feed"] {
        assert_has(
            &page(&gateway, path, 200).await,
            &["<meta name=\"robots\" content=\"noindex\">"],
        );
    }
    for path in ["/", "/search", "/lists"] {
        assert!(!page(&gateway, path, 200).await.contains("noindex"), "{path}");
    }
}

#[tokio::test]
async fn a_shared_search_keeps_its_words_and_a_movie_is_one_page_with_any_query() {
    let (gateway, _folder) = gateway().await;
    let search = page(&gateway, "/search?q=x&lang=en", 200).await;
    let address = format!("<meta property=\"og:url\" content=\"{ISSUER}/search?q=x&amp;lang=en\">");
    assert_has(&search, &[&address, "noindex"]);
    let id = gateway.services.add_movies(1).remove(0);
    let movie = page(&gateway, &format!("/movies/{id}?utm_source=y"), 200).await;
    assert_has(
        &movie,
        &[&format!("<link rel=\"canonical\" href=\"{ISSUER}/movies/{id}\">")],
    );
    assert!(!movie.contains("noindex"));
}

#[tokio::test]
async fn robots_and_sitemaps_name_every_movie_and_person() {
    let (gateway, _folder) = gateway().await;
    let ids = gateway.services.add_movies(3);
    let person = gateway.services.add_person();
    let robots = text(&gateway.get("/robots.txt").await);
    assert_has(&robots, &["Disallow: /api/", &format!("Sitemap: {ISSUER}/sitemap.xml")]);
    let index = gateway.get("/sitemap.xml").await;
    assert_eq!(index.header("content-type"), "application/xml");
    assert_has(&text(&index), &[&format!("<loc>{ISSUER}/sitemaps/movies.xml</loc>")]);
    let movies = text(&gateway.get("/sitemaps/movies.xml").await);
    assert_eq!(movies.matches("<url>").count(), 3);
    for id in ids {
        assert_has(&movies, &[&format!("<loc>{ISSUER}/movies/{id}</loc>")]);
    }
    let people = text(&gateway.get("/sitemaps/people.xml").await);
    assert_has(&people, &[&format!("<loc>{ISSUER}/people/{person}</loc>")]);
    gateway.get("/sitemaps/members.xml").await.problem(404);
}

#[tokio::test]
async fn a_poster_is_drawn_once_and_a_drawing_that_does_not_end_is_stopped() {
    let (gateway, folder) = gateway().await;
    let id = gateway.services.add_movies(1).remove(0);
    let path = format!("/posters/{id}.png?lang=en");
    gateway.get(&path).await.problem(503);
    write(&folder.0, "poster.js", "var poster = { posterSvg() { for (;;); } }");
    gateway.get(&path).await.problem(503);
    let drawing = "var poster = { posterSvg: ({ title }) => '<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" \
                   height=\"300\"><rect width=\"200\" height=\"300\" fill=\"' + (title === 'Movie 0' ? 'red' : 'blue') + '\"/></svg>' }";
    write(&folder.0, "poster.js", drawing);
    let drawn = gateway.get(&path).await;
    assert_eq!(
        (drawn.status.as_u16(), drawn.header("content-type")),
        (200, "image/png")
    );
    assert_eq!(&drawn.body[..8], b"\x89PNG\r\n\x1a\n");
    // Width and height in the header of the PNG.
    assert_eq!(&drawn.body[16..24], [0, 0, 2, 88, 0, 0, 3, 132]);
    assert_eq!(drawn.header("cross-origin-resource-policy"), "cross-origin");

    std::fs::remove_file(folder.0.join("poster.js")).unwrap();
    let kept = gateway.get(&path).await;
    assert_eq!(kept.body, drawn.body, "kept in memory");
    let etag = drawn.header("etag").to_owned();
    let again = gateway
        .send("GET", &path, &[("if-none-match", etag.as_str())], "")
        .await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    gateway
        .get(&format!("/posters/{}.png", Uuid::now_v7()))
        .await
        .problem(404);
    gateway.get("/posters/x.png").await.problem(404);
}
