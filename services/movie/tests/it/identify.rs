//! Identifying the movies of another site's rows.

use chassis::identity::Caller;
use matcha_protos::movie::v1::{MatchMoviesRequest, MovieClue};
use testing::request;
use tonic::{Code, Status};

use crate::harness::{Catalogue, field, put_movie};

fn titled(title: &str, year: i32) -> MovieClue {
    MovieClue {
        title: title.to_owned(),
        year,
        ..MovieClue::default()
    }
}

async fn find(catalogue: &Catalogue, clues: Vec<MovieClue>) -> Result<Vec<String>, Status> {
    let request = request(MatchMoviesRequest { clues }, &Caller::Anonymous, "movie");
    Ok(catalogue
        .client
        .clone()
        .match_movies(request)
        .await?
        .into_inner()
        .movie_ids)
}

#[tokio::test]
async fn a_row_is_identified_by_id_by_imdb_id_or_by_title_and_year() {
    let mut parasite = put_movie("기생충", "Parasite", 2019);
    parasite.imdb_id = "tt6751668".to_owned();
    let (older, newer) = (
        put_movie("더 씽", "The Thing", 1982),
        put_movie("더 씽", "The Thing", 2011),
    );
    let catalogue = Catalogue::with(&[parasite.clone(), older.clone(), newer.clone()]).await;
    let by_id = MovieClue {
        movie_id: older.id.clone(),
        ..titled("Parasite", 2019)
    };
    let by_imdb = MovieClue {
        imdb_id: "tt6751668".to_owned(),
        ..titled("Something else", 1950)
    };
    let unknown_ids = MovieClue {
        movie_id: "0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f".to_owned(),
        imdb_id: "tt0000001".to_owned(),
        ..titled("기생충", 2020)
    };
    let clues = vec![
        by_id,
        by_imdb,
        unknown_ids,
        titled("the thing", 2011),
        titled("The Thing", 0),
        titled("Parasite", 2016),
        titled("", 2019),
    ];
    let found = find(&catalogue, clues).await.unwrap();
    let none = String::new();
    let expected = [&older.id, &parasite.id, &parasite.id, &newer.id, &none, &none, &none];
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);

    let status = find(&catalogue, vec![titled("x", 0); 501]).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "clues"));
}
