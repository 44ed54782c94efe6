//! Stand-ins for the four services: a few movies, a few answers, a count of calls, and a switch that makes any call fail or
//! dawdle.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use matcha_protos::{
    movie::v1::{movie_service_server::*, search_movies_request::Among, *},
    rating::v1::{
        import_service_server::*, list_service_server::*, rating_service_server::*, watch_service_server::*, *,
    },
    recommendation::v1::{recommendation_service_server::*, *},
    user::v1::{user_service_server::*, *},
};
use tokio_stream::Empty;
use tonic::{Request, Response, Status};
use uuid::Uuid;

#[derive(Clone, Default)]
pub(crate) struct Services(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) jwks: String,
    pub(crate) ended: Vec<String>,
    pub(crate) movies: Vec<Movie>,
    pub(crate) people: Vec<Person>,
    /// What the member rated, 1-10.
    pub(crate) rated: HashMap<String, i32>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) replies: Vec<Reply>,
    /// With all their movies in `first_movie_ids`.
    pub(crate) lists: Vec<List>,
    pub(crate) watches: Vec<Watch>,
    /// Of the one import there is.
    pub(crate) import_rows: Vec<ImportRow>,
    pub(crate) calls: BTreeMap<&'static str, usize>,
    failures: HashMap<&'static str, Status>,
    delays: HashMap<&'static str, Duration>,
    /// What the last sign-in said about the browser.
    pub(crate) peer: String,
    /// Whose taste was asked for last.
    pub(crate) taste_of: String,
    /// Whose tags were asked for last.
    pub(crate) tags_of: String,
    /// Whose ratings, shelf or comments were asked for last; empty: the asker's own.
    pub(crate) lists_of: String,
    /// What others may see of Mina, and whether everybody follows her.
    pub(crate) visible: Vec<i32>,
    pub(crate) followed: bool,
    pub(crate) settings: Settings,
    pub(crate) sessions: Vec<Session>,
}

impl Services {
    pub(crate) fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    /// From now on this call, or every call of this service, fails so.
    pub(crate) fn fail(&self, call: &'static str, status: Status) {
        self.state(|state| state.failures.insert(call, status));
    }

    pub(crate) fn delay(&self, call: &'static str, by: Duration) {
        self.state(|state| state.delays.insert(call, by));
    }

    pub(crate) fn calls(&self, call: &'static str) -> usize {
        self.state(|state| state.calls.get(call).copied().unwrap_or_default())
    }

    pub(crate) fn forget_calls(&self) {
        self.state(|state| state.calls.clear());
    }

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

    async fn enter(&self, call: &'static str) -> Result<(), Status> {
        let service = call.split('.').next().unwrap();
        let (delay, failure) = self.state(|state| {
            *state.calls.entry(call).or_default() += 1;
            let failure = state.failures.get(call).or(state.failures.get(service));
            (state.delays.get(call).copied(), failure.cloned())
        });
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        failure.map_or(Ok(()), Err)
    }

    fn known(&self, ids: &[String]) -> Vec<Movie> {
        self.state(|state| {
            let movies = state.movies.iter();
            movies.filter(|movie| ids.contains(&movie.id)).cloned().collect()
        })
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn answer<T>(message: T) -> Answer<T> {
    Ok(Response::new(message))
}

/// Whom the gateway speaks for; the stand-ins believe it.
fn asking<T>(request: &Request<T>) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = request.metadata().get("authorization").unwrap().to_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"].as_str().unwrap_or_default().to_owned()
}

fn member() -> Option<Member> {
    Some(Member {
        id: Uuid::from_u128(7).to_string(),
        handle: "mina".to_owned(),
        display_name: "Mina".to_owned(),
        language: "ko".to_owned(),
        email: "mina@example.org".to_owned(),
        ..Member::default()
    })
}

fn tokens() -> Option<Tokens> {
    Some(Tokens {
        access_token: "access".to_owned(),
        expires_in: 600,
        refresh_token: "refresh".to_owned(),
        refresh_expires_in: 2_592_000,
    })
}

#[tonic::async_trait]
impl UserService for Services {
    async fn register(&self, request: Request<RegisterRequest>) -> Answer<RegisterResponse> {
        self.enter("user.Register").await?;
        self.state(|state| state.peer = request.into_inner().peer_address);
        let (member, tokens) = (member(), tokens());
        answer(RegisterResponse { member, tokens })
    }

    async fn sign_in(&self, request: Request<SignInRequest>) -> Answer<SignInResponse> {
        self.enter("user.SignIn").await?;
        self.state(|state| state.peer = request.into_inner().peer_address);
        let (member, tokens) = (member(), tokens());
        answer(SignInResponse { member, tokens })
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Answer<RefreshResponse> {
        self.enter("user.Refresh").await?;
        if request.into_inner().refresh_token != "refresh" {
            return Err(Status::unauthenticated("the session has ended"));
        }
        let (member, tokens) = (member(), tokens());
        answer(RefreshResponse { member, tokens })
    }

    async fn sign_out(&self, _: Request<SignOutRequest>) -> Answer<SignOutResponse> {
        self.enter("user.SignOut").await?;
        answer(SignOutResponse {})
    }

    async fn get_members(&self, request: Request<GetMembersRequest>) -> Answer<GetMembersResponse> {
        self.enter("user.GetMembers").await?;
        let ids = request.into_inner().ids.into_iter();
        let members = ids.map(|id| Member {
            id,
            ..member().unwrap()
        });
        answer(GetMembersResponse {
            members: members.collect(),
        })
    }

    /// Mina is the only one.
    async fn get_members_by_handle(
        &self,
        request: Request<GetMembersByHandleRequest>,
    ) -> Answer<GetMembersByHandleResponse> {
        self.enter("user.GetMembersByHandle").await?;
        let mina = member().map(|mina| Member {
            email: String::new(),
            ..mina
        });
        let handles = request.into_inner().handles;
        answer(GetMembersByHandleResponse {
            members: mina.into_iter().filter(|mina| handles.contains(&mina.handle)).collect(),
        })
    }

    async fn get_signing_keys(&self, _: Request<GetSigningKeysRequest>) -> Answer<GetSigningKeysResponse> {
        self.enter("user.GetSigningKeys").await?;
        let jwks_json = self.state(|state| state.jwks.clone());
        answer(GetSigningKeysResponse { jwks_json })
    }

    async fn list_ended_sessions(&self, _: Request<ListEndedSessionsRequest>) -> Answer<ListEndedSessionsResponse> {
        self.enter("user.ListEndedSessions").await?;
        let session_ids = self.state(|state| state.ended.clone());
        answer(ListEndedSessionsResponse { session_ids })
    }

    async fn follow(&self, request: Request<FollowRequest>) -> Answer<FollowResponse> {
        self.enter("user.Follow").await?;
        if request.get_ref().member_id == asking(&request) {
            return Err(Status::invalid_argument("nobody follows themself"));
        }
        self.state(|state| state.followed = true);
        answer(FollowResponse { follower_count: 1 })
    }

    async fn unfollow(&self, _: Request<UnfollowRequest>) -> Answer<UnfollowResponse> {
        self.enter("user.Unfollow").await?;
        self.state(|state| state.followed = false);
        answer(UnfollowResponse { follower_count: 0 })
    }

    /// Thirty of them.
    async fn list_followers(&self, request: Request<ListFollowersRequest>) -> Answer<ListFollowersResponse> {
        self.enter("user.ListFollowers").await?;
        let most = request.into_inner().limit.min(30);
        let member = |number: i32| Member {
            id: Uuid::from_u128(100 + number as u128).to_string(),
            handle: format!("fan_{number}"),
            email: String::new(),
            ..member().unwrap()
        };
        answer(ListFollowersResponse {
            members: (0..most).map(member).collect(),
            next_cursor: String::new(),
            total: 30,
        })
    }

    async fn list_following(&self, _: Request<ListFollowingRequest>) -> Answer<ListFollowingResponse> {
        self.enter("user.ListFollowing").await?;
        answer(ListFollowingResponse::default())
    }

    /// Mina, where the query begins like her handle.
    async fn search_members(&self, request: Request<SearchMembersRequest>) -> Answer<SearchMembersResponse> {
        self.enter("user.SearchMembers").await?;
        let request = request.into_inner();
        if !request.cursor.is_empty() {
            return Err(Status::invalid_argument("the cursor does not belong to this list"));
        }
        let mina = member().map(|mina| Member {
            email: String::new(),
            ..mina
        });
        let like = |mina: &Member| !request.query.is_empty() && mina.handle.starts_with(&request.query);
        answer(SearchMembersResponse {
            members: mina.into_iter().filter(like).collect(),
            next_cursor: String::new(),
        })
    }

    async fn suggest_members(&self, request: Request<SuggestMembersRequest>) -> Answer<SuggestMembersResponse> {
        self.enter("user.SuggestMembers").await?;
        let star = |number: i32| Member {
            id: Uuid::from_u128(200 + number as u128).to_string(),
            handle: format!("star_{number}"),
            email: String::new(),
            ..member().unwrap()
        };
        answer(SuggestMembersResponse {
            members: (0..request.into_inner().limit).map(star).collect(),
        })
    }

    async fn list_followed(&self, _: Request<ListFollowedRequest>) -> Answer<ListFollowedResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn get_profiles(&self, request: Request<GetProfilesRequest>) -> Answer<GetProfilesResponse> {
        self.enter("user.GetProfiles").await?;
        let (visible, followed) = self.state(|state| (state.visible.clone(), state.followed));
        let profile = |member_id: &String| matcha_protos::user::v1::Profile {
            member_id: member_id.clone(),
            follower_count: i64::from(followed),
            following_count: 2,
            followed,
            visible: visible.clone(),
        };
        answer(GetProfilesResponse {
            profiles: request.get_ref().member_ids.iter().map(profile).collect(),
        })
    }

    async fn check_access(&self, _: Request<CheckAccessRequest>) -> Answer<CheckAccessResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn get_settings(&self, _: Request<GetSettingsRequest>) -> Answer<GetSettingsResponse> {
        self.enter("user.GetSettings").await?;
        answer(GetSettingsResponse {
            settings: Some(self.state(|state| state.settings.clone())),
        })
    }

    async fn put_settings(&self, request: Request<PutSettingsRequest>) -> Answer<PutSettingsResponse> {
        self.enter("user.PutSettings").await?;
        let settings = request.into_inner().settings;
        self.state(|state| state.settings = settings.clone().unwrap_or_default());
        answer(PutSettingsResponse { settings })
    }

    async fn list_sessions(&self, _: Request<ListSessionsRequest>) -> Answer<ListSessionsResponse> {
        self.enter("user.ListSessions").await?;
        answer(ListSessionsResponse {
            sessions: self.state(|state| state.sessions.clone()),
        })
    }

    async fn end_session(&self, request: Request<EndSessionRequest>) -> Answer<EndSessionResponse> {
        self.enter("user.EndSession").await?;
        let id = request.into_inner().session_id;
        self.state(|state| state.sessions.retain(|session| session.id != id));
        answer(EndSessionResponse {})
    }

    async fn end_other_sessions(&self, _: Request<EndOtherSessionsRequest>) -> Answer<EndOtherSessionsResponse> {
        self.enter("user.EndOtherSessions").await?;
        let ended = self.state(|state| {
            let before = state.sessions.len();
            state.sessions.retain(|session| session.current);
            before - state.sessions.len()
        });
        answer(EndOtherSessionsResponse { ended: ended as i32 })
    }

    async fn import_members(&self, _: Request<ImportMembersRequest>) -> Answer<ImportMembersResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn import_follows(&self, _: Request<ImportFollowsRequest>) -> Answer<ImportFollowsResponse> {
        Err(Status::unimplemented("not the gateway's"))
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
        let SearchMoviesRequest { limit, among, .. } = request.into_inner();
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
            return Err(Status::invalid_argument("the cursor is not one of ours"));
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

    async fn suggest(&self, _: Request<SuggestRequest>) -> Answer<SuggestResponse> {
        self.enter("movie.Suggest").await?;
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

    async fn list_movie_facts(&self, _: Request<ListMovieFactsRequest>) -> Answer<ListMovieFactsResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn match_movies(&self, request: Request<MatchMoviesRequest>) -> Answer<MatchMoviesResponse> {
        self.enter("movie.MatchMovies").await?;
        let one = |clue: MovieClue| {
            let fits = |movie: &&Movie| {
                movie.id == clue.movie_id
                    || movie.imdb_id == clue.imdb_id && !clue.imdb_id.is_empty()
                    || movie.title_en == clue.title
                    || movie.title_ko == clue.title
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
        let movie_ids = request.into_inner().clues.into_iter().map(one).collect();
        answer(MatchMoviesResponse { movie_ids })
    }

    async fn put_movies(&self, _: Request<PutMoviesRequest>) -> Answer<PutMoviesResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }
}

/// One import at a time, and no opinion about its rows.
#[tonic::async_trait]
impl ImportService for Services {
    async fn begin_import(&self, _: Request<BeginImportRequest>) -> Answer<BeginImportResponse> {
        self.enter("rating.BeginImport").await?;
        self.state(|state| state.import_rows.clear());
        answer(BeginImportResponse {})
    }

    async fn add_import_rows(&self, request: Request<AddImportRowsRequest>) -> Answer<AddImportRowsResponse> {
        self.enter("rating.AddImportRows").await?;
        self.state(|state| state.import_rows.extend(request.into_inner().rows));
        answer(AddImportRowsResponse {})
    }

    async fn complete_import(&self, _: Request<CompleteImportRequest>) -> Answer<CompleteImportResponse> {
        self.enter("rating.CompleteImport").await?;
        answer(CompleteImportResponse {})
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Answer<GetImportResponse> {
        self.enter("rating.GetImport").await?;
        let import = self.import(request.into_inner().import_id, ImportState::Ready);
        answer(GetImportResponse { import: Some(import) })
    }

    async fn list_imports(&self, _: Request<ListImportsRequest>) -> Answer<ListImportsResponse> {
        self.enter("rating.ListImports").await?;
        answer(ListImportsResponse::default())
    }

    async fn list_import_rows(&self, _: Request<ListImportRowsRequest>) -> Answer<ListImportRowsResponse> {
        self.enter("rating.ListImportRows").await?;
        let rows = self.state(|state| state.import_rows.clone());
        let next_cursor = String::new();
        answer(ListImportRowsResponse { rows, next_cursor })
    }

    async fn fix_import_row(&self, request: Request<FixImportRowRequest>) -> Answer<FixImportRowResponse> {
        self.enter("rating.FixImportRow").await?;
        let fix = request.into_inner();
        let row = self.state(|state| {
            let row = state.import_rows.iter_mut().find(|row| row.position == fix.position)?;
            row.movie_id = fix.movie_id;
            Some(row.clone())
        });
        let row = row.ok_or_else(|| Status::not_found("the import has no such row"))?;
        answer(FixImportRowResponse { row: Some(row) })
    }

    async fn apply_import(&self, request: Request<ApplyImportRequest>) -> Answer<ApplyImportResponse> {
        self.enter("rating.ApplyImport").await?;
        let request = request.into_inner();
        let policy = request.policy;
        let import = self.import(request.import_id, ImportState::Applying);
        let import = Some(Import { policy, ..import });
        answer(ApplyImportResponse { import })
    }

    async fn undo_import(&self, request: Request<UndoImportRequest>) -> Answer<UndoImportResponse> {
        self.enter("rating.UndoImport").await?;
        let import = self.import(request.into_inner().import_id, ImportState::Undoing);
        answer(UndoImportResponse { import: Some(import) })
    }
}

/// One diary for everybody, in the order in which it was written.
#[tonic::async_trait]
impl WatchService for Services {
    async fn put_watch(&self, request: Request<PutWatchRequest>) -> Answer<PutWatchResponse> {
        self.enter("rating.PutWatch").await?;
        let watch = request.into_inner().watch.unwrap_or_default();
        if self.known(std::slice::from_ref(&watch.movie_id)).is_empty() {
            return Err(Status::not_found("there is no such movie"));
        }
        self.state(|state| {
            state.watches.retain(|other| other.id != watch.id);
            state.watches.push(watch.clone());
        });
        answer(PutWatchResponse { watch: Some(watch) })
    }

    async fn delete_watch(&self, request: Request<DeleteWatchRequest>) -> Answer<DeleteWatchResponse> {
        self.enter("rating.DeleteWatch").await?;
        let id = request.into_inner().watch_id;
        self.state(|state| state.watches.retain(|watch| watch.id != id));
        answer(DeleteWatchResponse {})
    }

    async fn list_watches(&self, request: Request<ListWatchesRequest>) -> Answer<ListWatchesResponse> {
        self.enter("rating.ListWatches").await?;
        let ListWatchesRequest {
            member_id,
            movie_id,
            tag,
            ..
        } = request.into_inner();
        let watches = self.state(|state| {
            state.lists_of = member_id;
            let of = |watch: &&Watch| {
                (movie_id.is_empty() || watch.movie_id == movie_id) && (tag.is_empty() || watch.tags.contains(&tag))
            };
            state.watches.iter().filter(of).cloned().collect::<Vec<_>>()
        });
        answer(ListWatchesResponse {
            total: watches.len() as i64,
            watches,
            next_cursor: String::new(),
        })
    }

    /// One tag that was given stars, and one that was not.
    async fn list_tags(&self, request: Request<ListTagsRequest>) -> Answer<ListTagsResponse> {
        self.enter("rating.ListTags").await?;
        self.state(|state| state.tags_of = request.into_inner().member_id);
        let tag = |name: &str, score| Tag {
            name: name.to_owned(),
            movie_count: 3,
            score,
        };
        answer(ListTagsResponse {
            tags: vec![tag("극장", Some(71)), tag("IMAX", None)],
        })
    }

    async fn count_watches(&self, request: Request<CountWatchesRequest>) -> Answer<CountWatchesResponse> {
        self.enter("rating.CountWatches").await?;
        let watches = self.state(|state| state.watches.clone());
        let counts = request.into_inner().movie_ids.into_iter().map(|movie_id| WatchCount {
            count: watches.iter().filter(|watch| watch.movie_id == movie_id).count() as i64,
            movie_id,
        });
        answer(CountWatchesResponse {
            counts: counts.filter(|of| of.count > 0).collect(),
        })
    }
}

impl Services {
    fn import(&self, id: String, state: ImportState) -> Import {
        Import {
            id,
            source: ImportSource::WatchaPedia.into(),
            file_name: "ratings.csv".to_owned(),
            state: state.into(),
            row_count: self.state(|state| state.import_rows.len() as i64),
            ..Import::default()
        }
    }
}

impl Services {
    pub(crate) fn add_list(&self, list: List) -> String {
        let id = list.id.clone();
        self.state(|state| state.lists.push(List { version: 1, ..list }));
        id
    }

    /// An empty one of Mina's.
    pub(crate) fn add_public_list(&self) -> String {
        self.add_list(List {
            id: Uuid::now_v7().to_string(),
            member_id: member().unwrap().id,
            title: "A list".to_owned(),
            is_public: true,
            ..List::default()
        })
    }

    /// Does something with a list that the asker may see.
    fn with_list<T>(
        &self,
        asker: &str,
        id: &str,
        with: impl FnOnce(&mut List) -> Result<T, Status>,
    ) -> Result<T, Status> {
        self.state(|state| {
            let mut lists = state.lists.iter_mut();
            let list = lists.find(|list| list.id == id && (list.is_public || list.member_id == asker));
            with(list.ok_or_else(|| Status::not_found("there is no such list"))?)
        })
    }

    /// The lists that the asker may see and that this is true of.
    fn lists_where(&self, asker: &str, is_wanted: impl Fn(&List) -> bool) -> Vec<List> {
        self.state(|state| {
            let lists = state.lists.iter();
            let lists = lists.filter(|list| list.is_public || list.member_id == asker);
            lists.filter(|list| is_wanted(list)).map(shown_list).collect()
        })
    }
}

fn shown_list(list: &List) -> List {
    let mut shown = list.clone();
    shown.movie_count = list.first_movie_ids.len() as i64;
    shown.first_movie_ids.truncate(4);
    shown
}

#[tonic::async_trait]
impl ListService for Services {
    async fn create_list(&self, request: Request<CreateListRequest>) -> Answer<CreateListResponse> {
        self.enter("rating.CreateList").await?;
        let member_id = asking(&request);
        let request = request.into_inner();
        let there = self.state(|state| state.lists.iter().find(|list| list.id == request.list_id).cloned());
        match there {
            Some(list) if list.is_public || list.member_id == member_id => {
                return Err(Status::already_exists("there is another list"));
            }
            Some(_) => return Err(Status::not_found("there is no such list")),
            None => {}
        }
        let list = List {
            id: request.list_id,
            member_id,
            title: request.title,
            text: request.text,
            is_public: request.is_public,
            version: 1,
            first_movie_ids: request.movie_ids,
            ..List::default()
        };
        self.add_list(list.clone());
        answer(CreateListResponse {
            list: Some(shown_list(&list)),
        })
    }

    async fn update_list(&self, request: Request<UpdateListRequest>) -> Answer<UpdateListResponse> {
        self.enter("rating.UpdateList").await?;
        let asker = asking(&request);
        let request = request.into_inner();
        let list = self.with_list(&asker, &request.list_id, |list| {
            list.title = request.title;
            list.text = request.text;
            list.is_public = request.is_public;
            Ok(shown_list(list))
        })?;
        answer(UpdateListResponse { list: Some(list) })
    }

    async fn delete_list(&self, request: Request<DeleteListRequest>) -> Answer<DeleteListResponse> {
        self.enter("rating.DeleteList").await?;
        let id = request.into_inner().list_id;
        self.state(|state| state.lists.retain(|list| list.id != id));
        answer(DeleteListResponse {})
    }

    async fn add_list_movie(&self, request: Request<AddListMovieRequest>) -> Answer<AddListMovieResponse> {
        self.enter("rating.AddListMovie").await?;
        let asker = asking(&request);
        let AddListMovieRequest { list_id, movie_id } = request.into_inner();
        let (movie_count, version) = self.with_list(&asker, &list_id, |list| {
            list.first_movie_ids.push(movie_id);
            list.version += 1;
            Ok((list.first_movie_ids.len() as i64, list.version))
        })?;
        answer(AddListMovieResponse { movie_count, version })
    }

    async fn remove_list_movie(&self, request: Request<RemoveListMovieRequest>) -> Answer<RemoveListMovieResponse> {
        self.enter("rating.RemoveListMovie").await?;
        let asker = asking(&request);
        let RemoveListMovieRequest { list_id, movie_id } = request.into_inner();
        let (movie_count, version) = self.with_list(&asker, &list_id, |list| {
            list.first_movie_ids.retain(|movie| *movie != movie_id);
            list.version += 1;
            Ok((list.first_movie_ids.len() as i64, list.version))
        })?;
        answer(RemoveListMovieResponse { movie_count, version })
    }

    async fn order_list_movies(&self, request: Request<OrderListMoviesRequest>) -> Answer<OrderListMoviesResponse> {
        self.enter("rating.OrderListMovies").await?;
        let asker = asking(&request);
        let request = request.into_inner();
        let version = self.with_list(&asker, &request.list_id, |list| {
            if list.version != request.version {
                let mut changed = Status::already_exists("the list was changed meanwhile; read it again");
                changed
                    .metadata_mut()
                    .insert("matcha-field", "version".parse().unwrap());
                return Err(changed);
            }
            list.first_movie_ids = request.movie_ids;
            list.version += 1;
            Ok(list.version)
        })?;
        answer(OrderListMoviesResponse { version })
    }

    async fn like_list(&self, request: Request<LikeListRequest>) -> Answer<LikeListResponse> {
        self.enter("rating.LikeList").await?;
        let asker = asking(&request);
        let like_count = self.with_list(&asker, &request.into_inner().list_id, |list| {
            if list.member_id == asker {
                return Err(Status::permission_denied("nobody likes their own list"));
            }
            list.like_count += 1;
            Ok(list.like_count)
        })?;
        answer(LikeListResponse { like_count })
    }

    async fn unlike_list(&self, request: Request<UnlikeListRequest>) -> Answer<UnlikeListResponse> {
        self.enter("rating.UnlikeList").await?;
        let asker = asking(&request);
        let id = request.into_inner().list_id;
        let like_count = self.with_list(&asker, &id, |list| Ok(list.like_count))?;
        answer(UnlikeListResponse { like_count })
    }

    async fn get_lists(&self, request: Request<GetListsRequest>) -> Answer<GetListsResponse> {
        self.enter("rating.GetLists").await?;
        let asker = asking(&request);
        let ids = request.into_inner().list_ids;
        let lists = self.lists_where(&asker, |list| ids.contains(&list.id));
        answer(GetListsResponse { lists })
    }

    async fn get_list_movies(&self, request: Request<GetListMoviesRequest>) -> Answer<GetListMoviesResponse> {
        self.enter("rating.GetListMovies").await?;
        let asker = asking(&request);
        let list = self.with_list(&asker, &request.into_inner().list_id, |list| Ok(list.clone()))?;
        answer(GetListMoviesResponse {
            total: list.first_movie_ids.len() as i64,
            movie_ids: list.first_movie_ids,
            next_cursor: String::new(),
            version: list.version,
        })
    }

    async fn list_member_lists(&self, request: Request<ListMemberListsRequest>) -> Answer<ListMemberListsResponse> {
        self.enter("rating.ListMemberLists").await?;
        let asker = asking(&request);
        let request = request.into_inner();
        let member = Some(request.member_id).filter(|id| !id.is_empty());
        let member = member.unwrap_or_else(|| asker.clone());
        let mut lists = self.lists_where(&asker, |list| list.member_id == member);
        for list in &mut lists {
            list.contains_movie = list.first_movie_ids.contains(&request.contains_movie_id);
        }
        answer(ListMemberListsResponse {
            total: lists.len() as i64,
            lists,
            next_cursor: String::new(),
        })
    }

    async fn list_movie_lists(&self, request: Request<ListMovieListsRequest>) -> Answer<ListMovieListsResponse> {
        self.enter("rating.ListMovieLists").await?;
        let movie = request.into_inner().movie_id;
        let lists = self.lists_where("", |list| list.first_movie_ids.contains(&movie));
        answer(ListMovieListsResponse {
            total: lists.len() as i64,
            lists,
            next_cursor: String::new(),
        })
    }

    async fn search_lists(&self, request: Request<SearchListsRequest>) -> Answer<SearchListsResponse> {
        self.enter("rating.SearchLists").await?;
        let query = request.into_inner().query.to_lowercase();
        let lists = self.lists_where("", |list| list.title.to_lowercase().contains(&query));
        answer(SearchListsResponse {
            lists,
            next_cursor: String::new(),
        })
    }
}

#[tonic::async_trait]
impl RatingService for Services {
    async fn rate(&self, request: Request<RateRequest>) -> Answer<RateResponse> {
        self.enter("rating.Rate").await?;
        let RateRequest { movie_id, stars } = request.into_inner();
        if self.known(std::slice::from_ref(&movie_id)).is_empty() {
            return Err(Status::not_found("there is no such movie"));
        }
        let rated_count = self.state(|state| {
            state.rated.insert(movie_id, stars);
            state.rated.len() as i64
        });
        answer(RateResponse {
            stars,
            version: 1,
            rated_count,
        })
    }

    async fn clear_rating(&self, request: Request<ClearRatingRequest>) -> Answer<ClearRatingResponse> {
        self.enter("rating.ClearRating").await?;
        let rated_count = self.state(|state| {
            state.rated.remove(&request.into_inner().movie_id);
            state.rated.len() as i64
        });
        answer(ClearRatingResponse { rated_count })
    }

    async fn put_shelf(&self, _: Request<PutShelfRequest>) -> Answer<PutShelfResponse> {
        self.enter("rating.PutShelf").await?;
        answer(PutShelfResponse { version: 1 })
    }

    async fn clear_shelf(&self, _: Request<ClearShelfRequest>) -> Answer<ClearShelfResponse> {
        self.enter("rating.ClearShelf").await?;
        answer(ClearShelfResponse {})
    }

    async fn get_statistics(&self, request: Request<GetStatisticsRequest>) -> Answer<GetStatisticsResponse> {
        self.enter("rating.GetStatistics").await?;
        let ids = request.into_inner().movie_ids.into_iter();
        let statistics = ids.map(|movie_id| MovieStatistics {
            movie_id,
            count: 3,
            sum: 23,
            histogram: vec![0, 0, 0, 0, 0, 1, 0, 1, 1, 0],
            comment_count: 2,
        });
        answer(GetStatisticsResponse {
            statistics: statistics.collect(),
        })
    }

    async fn get_mine(&self, request: Request<GetMineRequest>) -> Answer<GetMineResponse> {
        self.enter("rating.GetMine").await?;
        let ids = request.into_inner().movie_ids.into_iter();
        let rated = self.state(|state| state.rated.clone());
        let mine = ids.filter_map(|movie_id| {
            let stars = *rated.get(&movie_id)?;
            Some(Mine {
                movie_id,
                stars: Some(stars),
                ..Mine::default()
            })
        });
        answer(GetMineResponse {
            mine: mine.collect(),
            rated_count: rated.len() as i64,
        })
    }

    async fn list_ratings(&self, request: Request<ListRatingsRequest>) -> Answer<ListRatingsResponse> {
        self.enter("rating.ListRatings").await?;
        let ListRatingsRequest {
            stars: only, member_id, ..
        } = request.into_inner();
        self.state(|state| state.lists_of = member_id);
        let ratings = self.state(|state| {
            let rated = state.rated.iter();
            let rated = rated.filter(|(_, stars)| only.is_none_or(|only| only == **stars));
            let ratings = rated.map(|(movie_id, stars)| Rating {
                movie_id: movie_id.clone(),
                stars: *stars,
                rated_at: 1_700_000_000,
                rated_at_micros: 250_000,
            });
            ratings.collect::<Vec<_>>()
        });
        answer(ListRatingsResponse {
            total: ratings.len() as i64,
            ratings,
            next_cursor: String::new(),
        })
    }

    async fn list_rated_movies(&self, _: Request<ListRatedMoviesRequest>) -> Answer<ListRatedMoviesResponse> {
        self.enter("rating.ListRatedMovies").await?;
        answer(ListRatedMoviesResponse {
            movie_ids: self.state(|state| state.rated.keys().cloned().collect()),
        })
    }

    async fn list_shelf(&self, request: Request<ListShelfRequest>) -> Answer<ListShelfResponse> {
        self.enter("rating.ListShelf").await?;
        self.state(|state| state.lists_of = request.into_inner().member_id);
        answer(ListShelfResponse::default())
    }

    type StreamRatingsStream = Empty<Result<StreamRatingsResponse, Status>>;
    async fn stream_ratings(&self, _: Request<StreamRatingsRequest>) -> Answer<Self::StreamRatingsStream> {
        Err(Status::unimplemented("not the gateway's"))
    }

    type StreamShelfStream = Empty<Result<StreamShelfResponse, Status>>;
    async fn stream_shelf(&self, _: Request<StreamShelfRequest>) -> Answer<Self::StreamShelfStream> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn import_ratings(&self, _: Request<ImportRatingsRequest>) -> Answer<ImportRatingsResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }

    async fn put_comment(&self, request: Request<PutCommentRequest>) -> Answer<PutCommentResponse> {
        self.enter("rating.PutComment").await?;
        let member_id = asking(&request);
        let PutCommentRequest {
            movie_id,
            text,
            spoiler,
        } = request.into_inner();
        if self.known(std::slice::from_ref(&movie_id)).is_empty() {
            return Err(Status::not_found("there is no such movie"));
        }
        let comment = Comment {
            id: Uuid::now_v7().to_string(),
            movie_id,
            member_id,
            text,
            spoiler,
            state: CommentState::Checking.into(),
            created_at: 1_700_000_000,
            ..Comment::default()
        };
        self.state(|state| state.comments.push(comment.clone()));
        answer(PutCommentResponse { comment: Some(comment) })
    }

    async fn delete_comment(&self, request: Request<DeleteCommentRequest>) -> Answer<DeleteCommentResponse> {
        self.enter("rating.DeleteComment").await?;
        let member = asking(&request);
        let movie = request.into_inner().movie_id;
        let mine = |comment: &Comment| comment.member_id == member && comment.movie_id == movie;
        self.state(|state| state.comments.retain(|comment| !mine(comment)));
        answer(DeleteCommentResponse {})
    }

    async fn get_my_comments(&self, request: Request<GetMyCommentsRequest>) -> Answer<GetMyCommentsResponse> {
        self.enter("rating.GetMyComments").await?;
        let member = asking(&request);
        let movies = request.into_inner().movie_ids;
        if movies.len() > 50 {
            return Err(Status::invalid_argument("too many"));
        }
        let mine = |comment: &&Comment| comment.member_id == member && movies.contains(&comment.movie_id);
        let comments = self.state(|state| state.comments.iter().filter(mine).cloned().collect());
        answer(GetMyCommentsResponse { comments })
    }

    async fn get_comments(&self, request: Request<GetCommentsRequest>) -> Answer<GetCommentsResponse> {
        self.enter("rating.GetComments").await?;
        let ids = request.into_inner().comment_ids;
        let wanted = |comment: &&Comment| ids.contains(&comment.id);
        let comments = self.state(|state| state.comments.iter().filter(wanted).cloned().collect());
        answer(GetCommentsResponse { comments })
    }

    /// All there are, whatever the movie.
    async fn list_comments(&self, request: Request<ListCommentsRequest>) -> Answer<ListCommentsResponse> {
        self.enter("rating.ListComments").await?;
        let request = request.into_inner();
        if !request.cursor.is_empty() {
            return Err(Status::invalid_argument("the cursor does not belong to this list"));
        }
        let most = request.limit as usize;
        let comments = self.state(|state| state.comments.iter().take(most).cloned().collect::<Vec<_>>());
        answer(ListCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    async fn list_my_comments(&self, request: Request<ListMyCommentsRequest>) -> Answer<ListMyCommentsResponse> {
        self.enter("rating.ListMyComments").await?;
        let member = asking(&request);
        let mine = |comment: &&Comment| comment.member_id == member;
        let comments = self.state(|state| state.comments.iter().filter(mine).cloned().collect::<Vec<_>>());
        answer(ListMyCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    async fn list_member_comments(
        &self,
        request: Request<ListMemberCommentsRequest>,
    ) -> Answer<ListMemberCommentsResponse> {
        self.enter("rating.ListMemberComments").await?;
        let member = request.into_inner().member_id;
        let theirs = |comment: &&Comment| comment.member_id == member;
        let comments = self.state(|state| {
            state.lists_of = member.clone();
            state.comments.iter().filter(theirs).cloned().collect::<Vec<_>>()
        });
        answer(ListMemberCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    /// Mina did one thing after the other with the first movie.
    async fn list_feed(&self, request: Request<ListFeedRequest>) -> Answer<ListFeedResponse> {
        self.enter("rating.ListFeed").await?;
        let request = request.into_inner();
        if !request.cursor.is_empty() {
            return Err(Status::invalid_argument("the cursor does not belong to this list"));
        }
        let Some(movie) = self.state(|state| state.movies.first().cloned()) else {
            return answer(ListFeedResponse::default());
        };
        let member_id = Uuid::from_u128(7).to_string();
        let comment = Comment {
            id: Uuid::from_u128(8).to_string(),
            movie_id: movie.id.clone(),
            member_id: member_id.clone(),
            text: "They die at the end.".to_owned(),
            spoiler_suspected: true,
            ..Comment::default()
        };
        let kinds = [
            act::Kind::Rated(9),
            act::Kind::Commented(comment),
            act::Kind::Wished(Wished {}),
        ];
        let acts = kinds.into_iter().map(|kind| Act {
            member_id: member_id.clone(),
            movie_id: movie.id.clone(),
            acted_at: 1_700_000_000,
            kind: Some(kind),
        });
        answer(ListFeedResponse {
            acts: acts.take(request.limit as usize).collect(),
            next_cursor: String::new(),
            following_count: 1,
        })
    }

    async fn get_activity(&self, request: Request<GetActivityRequest>) -> Answer<GetActivityResponse> {
        self.enter("rating.GetActivity").await?;
        let member = request.into_inner().member_id;
        let (rated, commented) = self.state(|state| {
            let theirs = state.comments.iter().filter(|comment| comment.member_id == member);
            (state.rated.len() as i64, theirs.count() as i64)
        });
        answer(GetActivityResponse {
            rated_count: Some(rated),
            comment_count: Some(commented),
            likes_received: Some(commented * 2),
        })
    }

    async fn like_comment(&self, _: Request<LikeCommentRequest>) -> Answer<LikeCommentResponse> {
        self.enter("rating.LikeComment").await?;
        answer(LikeCommentResponse { like_count: 3 })
    }

    async fn unlike_comment(&self, _: Request<UnlikeCommentRequest>) -> Answer<UnlikeCommentResponse> {
        self.enter("rating.UnlikeComment").await?;
        answer(UnlikeCommentResponse { like_count: 2 })
    }

    async fn put_reply(&self, request: Request<PutReplyRequest>) -> Answer<PutReplyResponse> {
        self.enter("rating.PutReply").await?;
        let member_id = asking(&request);
        let request = request.into_inner();
        let reply = Reply {
            id: request.reply_id,
            comment_id: request.comment_id,
            member_id,
            text: request.text,
            ..Reply::default()
        };
        self.state(|state| state.replies.push(reply.clone()));
        answer(PutReplyResponse { reply: Some(reply) })
    }

    async fn delete_reply(&self, _: Request<DeleteReplyRequest>) -> Answer<DeleteReplyResponse> {
        self.enter("rating.DeleteReply").await?;
        answer(DeleteReplyResponse {})
    }

    async fn list_replies(&self, request: Request<ListRepliesRequest>) -> Answer<ListRepliesResponse> {
        self.enter("rating.ListReplies").await?;
        let comment = request.into_inner().comment_id;
        let of = |reply: &&Reply| reply.comment_id == comment;
        let replies = self.state(|state| state.replies.iter().filter(of).cloned().collect::<Vec<_>>());
        answer(ListRepliesResponse {
            total: replies.len() as i64,
            replies,
            next_cursor: String::new(),
        })
    }
}

#[tonic::async_trait]
impl RecommendationService for Services {
    /// Everything is predicted, what is rated too: the gateway must not show that.
    async fn predict(&self, request: Request<PredictRequest>) -> Answer<PredictResponse> {
        self.enter("recommendation.Predict").await?;
        let ids = request.into_inner().movie_ids.into_iter();
        let because: Vec<String> = self.state(|state| state.rated.keys().cloned().collect());
        let predictions = ids.map(|movie_id| Prediction {
            movie_id,
            stars: 3.649,
            confidence: Confidence::Medium.into(),
            because_movie_ids: because.clone(),
        });
        answer(PredictResponse {
            predictions: predictions.collect(),
            rated_count: because.len() as i64,
            unlock_at: 10,
        })
    }

    /// What is not rated, the last movie first, once ten are rated.
    async fn list_predicted(&self, request: Request<ListPredictedRequest>) -> Answer<ListPredictedResponse> {
        self.enter("recommendation.ListPredicted").await?;
        let most = request.into_inner().limit as usize;
        let (movies, rated) = self.state(|state| (state.movies.clone(), state.rated.clone()));
        let open = movies.iter().rev().filter(|movie| !rated.contains_key(&movie.id));
        let predictions = open.take(most).map(|movie| Prediction {
            movie_id: movie.id.clone(),
            stars: 4.249,
            confidence: Confidence::High.into(),
            because_movie_ids: Vec::new(),
        });
        let unlocked = rated.len() >= 10;
        answer(ListPredictedResponse {
            predictions: predictions.filter(|_| unlocked).collect(),
            next_cursor: if unlocked { "on".to_owned() } else { String::new() },
            rated_count: rated.len() as i64,
            unlock_at: 10,
        })
    }

    async fn recommend(&self, request: Request<RecommendRequest>) -> Answer<RecommendResponse> {
        self.enter("recommendation.Recommend").await?;
        let most = request.into_inner().limit as usize;
        let movies = self.state(|state| state.movies.clone());
        let liked: Vec<String> = movies.last().map(|movie| movie.id.clone()).into_iter().collect();
        let movies = movies.into_iter().take(most).map(|movie| Recommended {
            movie_id: movie.id,
            prediction: None,
            because_movie_ids: liked.clone(),
        });
        answer(RecommendResponse {
            movies: movies.collect(),
            personal: true,
            because_movie_id: String::new(),
        })
    }

    async fn similar(&self, request: Request<SimilarRequest>) -> Answer<SimilarResponse> {
        self.enter("recommendation.Similar").await?;
        let id = request.into_inner().movie_id;
        let movies = self.state(|state| state.movies.clone()).into_iter();
        let movie_ids = movies.map(|movie| movie.id).filter(|other| *other != id).take(12);
        answer(SimilarResponse {
            movie_ids: movie_ids.collect(),
        })
    }

    async fn list_to_rate(&self, request: Request<ListToRateRequest>) -> Answer<ListToRateResponse> {
        self.enter("recommendation.ListToRate").await?;
        let most = request.into_inner().limit as usize;
        let movies = self.state(|state| state.movies.clone()).into_iter();
        answer(ListToRateResponse {
            movie_ids: movies.map(|movie| movie.id).take(most).collect(),
        })
    }

    /// One genre and one director, of the first movie.
    async fn get_taste(&self, request: Request<GetTasteRequest>) -> Answer<GetTasteResponse> {
        self.enter("recommendation.GetTaste").await?;
        self.state(|state| state.taste_of = request.into_inner().member_id);
        let Some(movie) = self.state(|state| state.movies.first().cloned()) else {
            return answer(GetTasteResponse::default());
        };
        let preference = |key: &str| Preference {
            key: key.to_owned(),
            score: 84,
            count: 10,
            movie_ids: vec![movie.id.clone()],
        };
        let person = movie.credits.first().and_then(|credit| credit.person.as_ref());
        answer(GetTasteResponse {
            rated_count: 10,
            minutes_watched: 1234,
            mean: 3.5,
            distribution: vec![0, 0, 0, 0, 2, 3, 3, 2, 0, 0],
            persona: "band_6".to_owned(),
            genres: vec![preference("drama")],
            directors: person.map(|person| preference(&person.id)).into_iter().collect(),
            ..GetTasteResponse::default()
        })
    }

    /// Everything that was rated, whatever the figure; the figure comes back as the cursor.
    async fn list_taste_movies(&self, request: Request<ListTasteMoviesRequest>) -> Answer<ListTasteMoviesResponse> {
        self.enter("recommendation.ListTasteMovies").await?;
        let request = request.into_inner();
        let movies = self.state(|state| {
            state.taste_of = request.member_id.clone();
            let rated = state.rated.iter();
            let movies = rated.map(|(movie_id, stars)| TasteMovie {
                movie_id: movie_id.clone(),
                stars: *stars,
            });
            movies.collect::<Vec<_>>()
        });
        answer(ListTasteMoviesResponse {
            total: movies.len() as i64,
            movies,
            next_cursor: format!("{} {}", request.group().as_str_name(), request.key),
        })
    }

    async fn get_match(&self, request: Request<GetMatchRequest>) -> Answer<GetMatchResponse> {
        self.enter("recommendation.GetMatch").await?;
        if request.get_ref().member_id == asking(&request) {
            return Err(Status::invalid_argument("nobody is compared with themself"));
        }
        answer(GetMatchResponse {
            percent: Some(72),
            common_count: 31,
            needed: 5,
        })
    }

    async fn get_model(&self, _: Request<GetModelRequest>) -> Answer<GetModelResponse> {
        self.enter("recommendation.GetModel").await?;
        answer(GetModelResponse {
            version: "1".to_owned(),
            held_out_rmse: 1.6,
            ..GetModelResponse::default()
        })
    }

    async fn describe_profiles(&self, _: Request<DescribeProfilesRequest>) -> Answer<DescribeProfilesResponse> {
        Err(Status::unimplemented("not the gateway's"))
    }
}
