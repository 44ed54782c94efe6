//! A member's own file over REST, and everything in one ZIP.

use std::{
    io::{Cursor, Read as _, Write as _},
    time::Duration,
};

use matcha_protos::rating::v1::{ImportKind, Watch};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::harness::{Answer, Gateway};

const FILE: &str = "\u{feff}type,title,year,rating,genres,countries,content_code\r\n\
    movie,영화 0,1990,4.5,드라마,한국,a\r\nmovie,영화 1,1990,3.7,드라마,한국,b\r\nmovie,다른 영화,1990,3.0,드라마,한국,c\r\n";
const UPLOAD: &str = "/api/v1/me/imports";

async fn upload(gateway: &Gateway, name: &str, body: impl Into<bytes::Bytes>) -> Answer {
    let bearer = format!("Bearer {}", gateway.signer.token());
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/octet-stream"),
    ];
    let path = format!("{UPLOAD}?name={name}");
    gateway.send("POST", &path, &headers, body).await
}

#[tokio::test]
async fn a_file_becomes_rows_with_their_movies_and_its_mistakes() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(2);
    let answer = upload(&gateway, "watcha.csv", FILE).await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    let import = answer.json();
    assert_eq!((&import["state"], &import["rows"]), (&json!("ready"), &json!(3)));

    let path = format!("{UPLOAD}/{}", import["id"].as_str().unwrap());
    let rows = gateway
        .get_as(&gateway.signer.token(), &format!("{path}/rows"))
        .await
        .json();
    let rows = rows["items"].as_array().unwrap();
    let said = |row: usize| {
        (
            &rows[row]["line"],
            &rows[row]["stars"],
            &rows[row]["reason"],
            &rows[row]["movie"]["id"],
        )
    };
    assert_eq!(said(0), (&json!(2), &json!(4.5), &json!(null), &json!(movies[0])));
    assert_eq!(said(1), (&json!(3), &json!(null), &json!("stars"), &json!(null)));
    assert_eq!(said(2), (&json!(4), &json!(3.0), &json!(null), &json!(null)));

    let meant = json!({"movie_id": movies[1]}).to_string();
    let fixed = gateway.json("PUT", &format!("{path}/rows/2"), meant).await.json();
    assert_eq!(fixed["movie"]["title_ko"], "영화 1");
    let applied = gateway
        .json("PUT", &format!("{path}/apply"), r#"{"policy":"newest"}"#)
        .await;
    assert_eq!(
        (applied.status.as_u16(), &applied.json()["policy"]),
        (202, &json!("newest"))
    );
    let report = gateway.get_as(&gateway.signer.token(), &format!("{path}/report")).await;
    assert_eq!(report.header("content-type"), "text/csv; charset=utf-8");
    let report = String::from_utf8(report.body.to_vec()).unwrap();
    assert_eq!(report.lines().count(), 4, "{report}");
    assert!(
        report.contains("\"watcha.csv\",2,\"영화 0\",1990,rating,4.5"),
        "{report}"
    );
}

#[tokio::test]
async fn the_answer_names_what_is_not_read_of_an_archive() {
    let gateway = Gateway::start().await;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [("ratings.csv", FILE), ("lists/best.csv", ""), ("likes/reviews.csv", "")] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let archive = zip.finish().unwrap().into_inner();
    let import = upload(&gateway, "letterboxd.zip", archive).await.json();
    assert_eq!(import["skipped"], json!(["likes/", "lists/"]));
}

#[tokio::test]
async fn what_is_no_file_of_anybodys_is_refused_before_a_service_is_asked() {
    let gateway = Gateway::start().await;
    for (name, body) in [
        ("ratings.csv", b"".to_vec()),
        ("ratings.csv", b"a,b\n1,2\n".to_vec()),
        ("movies.zip", b"PK\x03\x04".to_vec()),
        (
            "ratings.csv",
            b"Date,Name,Year,Letterboxd URI,Rating\n\xb1\xe2,2019\n".to_vec(),
        ),
    ] {
        let problem = upload(&gateway, name, body).await.problem(400);
        assert_eq!(problem["errors"][0]["field"], "file", "{problem}");
    }
    // The client sends all of it before it reads the answer.
    for size in [20 * 1024 * 1024 + 1, 48 * 1024 * 1024] {
        upload(&gateway, "ratings.csv", vec![b'a'; size]).await.problem(413);
    }
    gateway
        .send("POST", &format!("{UPLOAD}?name=x.csv"), &[], FILE)
        .await
        .problem(401);
    assert_eq!(gateway.services.calls("rating.BeginImport"), 0);
    for (path, body) in [
        ("rows/x", r#"{"movie_id":null}"#),
        ("rows/-1", r#"{"movie_id":null}"#),
        ("apply", r#"{"policy":"coin"}"#),
    ] {
        let path = format!("{UPLOAD}/0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f/{path}");
        gateway.json("PUT", &path, body).await.problem(400);
    }
}

#[tokio::test]
async fn who_asks_before_sending_too_much_is_told_before_sending_it() {
    let gateway = Gateway::start().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let token = gateway.signer.token();
    let head = format!(
        "POST {UPLOAD}?name=a.csv HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\nexpect: 100-continue\r\n\
         content-length: 1000000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
}

/// An upload whose file never arrives whole: its status line, or nothing if the gateway waits for the rest.
async fn begin_slow_upload(gateway: &Gateway, token: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head = format!(
        "POST {UPLOAD}?name=a.csv HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\ncontent-length: 1000\r\n\r\na,b"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut answer)).await;
    answer.truncate(read.map_or(0, |read| read.unwrap()));
    (stream, String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn slow_files_of_one_member_leave_room_for_those_of_others() {
    let gateway = Gateway::start().await;
    gateway.services.add_movies(2);
    let slow = gateway.signer.token();
    let mut uploads = Vec::new();
    for _ in 0..8 {
        uploads.push(begin_slow_upload(&gateway, &slow).await);
    }
    for (place, (_, answer)) in uploads.iter().enumerate() {
        if place < 2 {
            assert_eq!(answer, "", "the gateway waits for the rest of the file");
        } else {
            assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
            assert!(answer.contains("retry-after: 5"), "{answer}");
        }
    }
    // Each token of the harness is another member's.
    assert_eq!(upload(&gateway, "watcha.csv", FILE).await.status, 201);
    drop(uploads);
    testing::eventually("the member's places are free again", async || {
        begin_slow_upload(&gateway, &slow).await.1.is_empty()
    })
    .await;
}

/// Of two files at once the newer one stays. The other was fine, so it is told what came between.
#[tokio::test]
async fn a_file_that_gave_way_to_another_says_so() {
    for step in ["rating.AddImportRows", "rating.CompleteImport", "rating.GetImport"] {
        let gateway = Gateway::start().await;
        let gone = tonic::Status::not_found("there is no such import");
        gateway.services.fail(step, gone);
        let problem = upload(&gateway, "watcha.csv", FILE).await.problem(409);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("another file"), "{step}: {detail}");
    }
}

#[tokio::test]
async fn everything_of_ones_own_comes_in_one_archive_and_goes_back_in() {
    let gateway = Gateway::start().await;
    let movies = gateway.services.add_movies(2);
    gateway.services.state(|state| {
        state.rated.insert(movies[0].clone(), 9);
        state.rated.insert(movies[1].clone(), 1);
        for (day, rewatch) in [("2026-03-04", true), ("", false)] {
            state.watches.push(Watch {
                movie_id: movies[0].clone(),
                watched_on: day.to_owned(),
                rewatch,
                tags: vec!["극장".to_owned(), "a b".to_owned()],
                ..Watch::default()
            });
        }
    });
    let archive = gateway.get_as(&gateway.signer.token(), "/api/v1/me/export").await;
    assert_eq!(archive.header("content-type"), "application/zip");
    let mut zip = ZipArchive::new(Cursor::new(archive.body.clone())).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let ratings = text("ratings.csv");
    assert!(
        ratings.contains(&format!(
            "{},,영화 0,Movie 0,1990,4.5,2023-11-14T22:13:20.25Z",
            movies[0]
        )),
        "{ratings}"
    );
    assert!(text("letterboxd.csv").contains(",,,Movie 1,1990,,0.5,,,,,"));
    assert!(text("letterboxd.csv").contains(",,,Movie 0,1990,,,,2026-03-04,true,\"극장, a b\",\r\n"));
    assert!(text("letterboxd.csv").contains(",,,Movie 0,1990,,,,,,\"극장, a b\",\r\n"));
    let watches = text("watches.csv");
    let line = format!("{},,영화 0,Movie 0,1990,2026-03-04,true,\"극장,a b\"\r\n", movies[0]);
    assert!(watches.contains(&line), "{watches}");
    let whole: serde_json::Value = serde_json::from_str(&text("matcha.json")).unwrap();
    assert_eq!(whole["ratings"].as_array().unwrap().len(), 2);
    let days = [&whole["watches"][0]["watched_on"], &whole["watches"][1]["watched_on"]];
    assert_eq!(days, [&json!("2026-03-04"), &json!(null)]);

    let again = upload(&gateway, "matcha.zip", archive.body).await;
    assert_eq!(again.status, 201, "{:?}", again.body);
    let rows = gateway.services.state(|state| state.import_rows.clone());
    let (watches, mut rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.kind() == ImportKind::Watch);
    let back: Vec<_> = watches
        .iter()
        .map(|row| {
            (
                row.movie_id.as_str(),
                row.watched_on.as_str(),
                row.rewatch,
                row.tags.len(),
            )
        })
        .collect();
    assert_eq!(
        back,
        [
            (movies[0].as_str(), "2026-03-04", true, 2),
            (movies[0].as_str(), "", false, 2)
        ]
    );
    rows.sort_by_key(|row| row.stars);
    let said: Vec<_> = rows
        .iter()
        .map(|row| {
            let dated_at = row.dated_at.map(|at| (at, row.dated_at_micros));
            (row.movie_id.as_str(), row.stars, dated_at)
        })
        .collect();
    let at = Some((1_700_000_000, 250_000));
    assert_eq!(said, [(movies[1].as_str(), 1, at), (movies[0].as_str(), 9, at)]);

    gateway
        .services
        .fail("rating.ListRatings", tonic::Status::unavailable("away"));
    gateway
        .get_as(&gateway.signer.token(), "/api/v1/me/export")
        .await
        .problem(503);
}
