//! The catalogue: MovieService.

use chassis::{client::request, identity::Caller};
use matcha_protos::movie::v1::{
    GetMoviesRequest, GetPeopleRequest, ListFilmographyRequest, MatchMoviesRequest, MovieClue, MovieSet,
    SearchMoviesRequest, SuggestRequest, search_movies_request::Among,
};
use tonic::Code;

use super::{World, refused, unknown};

/// The catalogue leaves out what it does not know.
pub async fn movies(world: &World) {
    let (mut movie, anyone) = (world.movie(), &Caller::Anonymous);
    let message = GetMoviesRequest {
        ids: vec![world.movies[0].clone(), unknown()],
    };
    let found = movie
        .get_movies(request(message, anyone))
        .await
        .unwrap()
        .into_inner()
        .movies;
    assert_eq!(
        found.iter().map(|movie| &movie.id).collect::<Vec<_>>(),
        [&world.movies[0]]
    );

    let search = |among, cursor: &str| {
        let cursor = cursor.to_owned();
        request(
            SearchMoviesRequest {
                limit: 2,
                among,
                cursor,
                ..Default::default()
            },
            anyone,
        )
    };
    assert_eq!(
        movie
            .search_movies(search(None, ""))
            .await
            .unwrap()
            .into_inner()
            .movies
            .len(),
        2
    );
    let only = Among::Only(MovieSet {
        movie_ids: vec![world.movies[2].clone()],
    });
    let found = movie
        .search_movies(search(Some(only), ""))
        .await
        .unwrap()
        .into_inner()
        .movies;
    assert_eq!(
        found.iter().map(|movie| &movie.id).collect::<Vec<_>>(),
        [&world.movies[2]]
    );
    refused(
        movie.search_movies(search(None, "no cursor")).await,
        Code::InvalidArgument,
        "cursor",
    );

    let people = GetPeopleRequest { ids: vec![unknown()] };
    assert!(
        movie
            .get_people(request(people, anyone))
            .await
            .unwrap()
            .into_inner()
            .people
            .is_empty()
    );
    let filmography = ListFilmographyRequest {
        person_id: unknown(),
        limit: 20,
        ..Default::default()
    };
    refused(
        movie.list_filmography(request(filmography, anyone)).await,
        Code::NotFound,
        "",
    );
    let reference = |movie_id: String| MovieClue {
        movie_id,
        ..Default::default()
    };
    let message = MatchMoviesRequest {
        clues: vec![reference(world.movies[0].clone()), reference(unknown())],
    };
    let matched = movie
        .match_movies(request(message, &world.member))
        .await
        .unwrap()
        .into_inner()
        .movie_ids;
    assert_eq!(
        matched,
        [world.movies[0].clone(), String::new()],
        "an answer for each reference, in order"
    );
    let suggest = SuggestRequest {
        query: "x".repeat(201),
        ..Default::default()
    };
    refused(
        movie.suggest(request(suggest, anyone)).await,
        Code::InvalidArgument,
        "query",
    );
}
