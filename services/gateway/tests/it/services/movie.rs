//! Stands in for the movie service: the movies and people that a test added, found by nearly any question.

use matcha_protos::movie::v1::{movie_service_server::*, search_movies_request::Among, *};
use tonic::{Request, Status};
use uuid::Uuid;

use super::{Answer, Services, answer, first_page_only, invalid};

impl Services {
    pub(crate) fn add_movies(&self, count: usize) -> Vec<String> {
        let ids: Vec<String> = (0..count).map(|_| Uuid::now_v7().to_string()).collect();
        for (number, id) in ids.iter().enumerate() {
            let movie = Movie {
                id: id.clone(),
                title_ko: format!("영화 {number}"),
                title_en: format!("Movie {number}"),
                title_original: format!("Movie {number}"),
                year: 1990,
                genres: vec!["drama".to_owned()],
                ..Movie::default()
            };
            self.state(|state| state.movies.push(movie));
        }
        ids
    }

    /// Somebody who directed all the movies that there are and acted in the first; answers the id.
    pub(crate) fn add_person(&self) -> String {
        let person = Person {
            id: Uuid::now_v7().to_string(),
            name_ko: "봉준호".to_owned(),
            name_en: "Bong Joon-ho".to_owned(),
            counts: None,
        };
        self.state(|state| {
            let credit = |role: CreditRole| Credit {
                person: Some(person.clone()),
                role: role.into(),
                position: 0,
            };
            for (place, movie) in state.movies.iter_mut().enumerate() {
                movie.credits.push(credit(CreditRole::Director));
                if place == 0 {
                    movie.credits.push(credit(CreditRole::Actor));
                }
            }
            let movies = state.movies.len() as i32;
            let counts = PersonCounts {
                movies,
                directed: movies,
                acted: movies.min(1),
            };
            state.people.push(Person {
                counts: Some(counts),
                ..person.clone()
            });
        });
        person.id
    }
}

#[tonic::async_trait]
impl MovieService for Services {
    async fn get_movies(&self, request: Request<GetMoviesRequest>) -> Answer<GetMoviesResponse> {
        self.enter("movie.GetMovies").await?;
        let movies = self.known(&request.into_inner().ids);
        answer(GetMoviesResponse { movies })
    }

    async fn search_movies(&self, request: Request<SearchMoviesRequest>) -> Answer<SearchMoviesResponse> {
        self.enter("movie.SearchMovies").await?;
        let SearchMoviesRequest {
            limit, among, cursor, ..
        } = request.into_inner();
        first_page_only(&cursor)?;
        let fits = |movie: &&Movie| match &among {
            None => true,
            Some(Among::Only(set)) => set.movie_ids.contains(&movie.id),
            Some(Among::Except(set)) => !set.movie_ids.contains(&movie.id),
        };
        let movies = self.state(|state| {
            let movies = state.movies.iter().filter(fits);
            movies.take(limit as usize).cloned().collect()
        });
        let next_cursor = String::new();
        answer(SearchMoviesResponse { movies, next_cursor })
    }

    async fn get_people(&self, request: Request<GetPeopleRequest>) -> Answer<GetPeopleResponse> {
        self.enter("movie.GetPeople").await?;
        let ids = request.into_inner().ids;
        let people = self.state(|state| state.people.clone()).into_iter();
        answer(GetPeopleResponse {
            people: people.filter(|person| ids.contains(&person.id)).collect(),
        })
    }

    async fn search_people(&self, request: Request<SearchPeopleRequest>) -> Answer<SearchPeopleResponse> {
        self.enter("movie.SearchPeople").await?;
        let most = request.into_inner().limit as usize;
        let people = self.state(|state| state.people.iter().take(most).cloned().collect());
        let next_cursor = String::new();
        answer(SearchPeopleResponse { people, next_cursor })
    }

    /// The cursor is the place of the page's first movie.
    async fn list_filmography(&self, request: Request<ListFilmographyRequest>) -> Answer<ListFilmographyResponse> {
        self.enter("movie.ListFilmography").await?;
        let request = request.into_inner();
        let (people, movies) = self.state(|state| (state.people.clone(), state.movies.clone()));
        if people.iter().all(|person| person.id != request.person_id) {
            return Err(Status::not_found("there is no such person"));
        }
        let Ok(from) = format!("0{}", request.cursor).parse::<usize>() else {
            return Err(invalid("cursor"));
        };
        let most = request.limit as usize;
        let role = request.role();
        let theirs = movies.into_iter().filter(|movie| {
            movie.credits.iter().any(|credit| {
                let person = credit.person.as_ref().map(|person| &person.id);
                person == Some(&request.person_id) && (role == CreditRole::Unspecified || credit.role() == role)
            })
        });
        let mut movies: Vec<Movie> = theirs.skip(from).collect();
        let more = movies.len() > most;
        movies.truncate(most);
        let next_cursor = if more { (from + most).to_string() } else { String::new() };
        answer(ListFilmographyResponse { movies, next_cursor })
    }

    async fn suggest(&self, request: Request<SuggestRequest>) -> Answer<SuggestResponse> {
        self.enter("movie.Suggest").await?;
        if request.into_inner().query.chars().count() > 200 {
            return Err(invalid("query"));
        }
        let movies = self.state(|state| state.movies.clone()).into_iter().take(2);
        let movies = movies.map(suggestion::Kind::Movie);
        let person = self.state(|state| state.people.first().cloned());
        let person = suggestion::Kind::Person(person.unwrap_or_default());
        let suggestions = movies.chain([person]).map(|kind| Suggestion { kind: Some(kind) });
        answer(SuggestResponse {
            suggestions: suggestions.collect(),
        })
    }

    async fn list_facets(&self, _: Request<ListFacetsRequest>) -> Answer<ListFacetsResponse> {
        self.enter("movie.ListFacets").await?;
        answer(ListFacetsResponse::default())
    }

    /// A page of two movies.
    async fn list_movie_facts(&self, request: Request<ListMovieFactsRequest>) -> Answer<ListMovieFactsResponse> {
        self.enter("movie.ListMovieFacts").await?;
        let after = request.into_inner().after_id;
        let mut movies = self.state(|state| state.movies.clone());
        movies.sort_by(|a, b| a.id.cmp(&b.id));
        movies.retain(|movie| movie.id > after);
        movies.truncate(2);
        answer(ListMovieFactsResponse { movies })
    }

    async fn match_movies(&self, request: Request<MatchMoviesRequest>) -> Answer<MatchMoviesResponse> {
        self.enter("movie.MatchMovies").await?;
        let identify = |reference: MovieClue| {
            let fits = |movie: &&Movie| {
                movie.id == reference.movie_id
                    || movie.imdb_id == reference.imdb_id && !reference.imdb_id.is_empty()
                    || movie.title_en == reference.title
                    || movie.title_ko == reference.title
            };
            self.state(|state| {
                state
                    .movies
                    .iter()
                    .find(fits)
                    .map(|movie| movie.id.clone())
                    .unwrap_or_default()
            })
        };
        let movie_ids = request.into_inner().clues.into_iter().map(identify).collect();
        answer(MatchMoviesResponse { movie_ids })
    }

    async fn put_movies(&self, _: Request<PutMoviesRequest>) -> Answer<PutMoviesResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }
}
