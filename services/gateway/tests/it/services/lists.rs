//! Stands in for the rating service's lists: who may see one, what is in it and in which order, and who likes it.

use matcha_protos::rating::v1::{list_service_server::*, *};
use tonic::{Code, Request, Status};
use uuid::Uuid;

use super::{Answer, Services, answer, asking, member, not_found, refusal};

impl Services {
    pub(crate) fn add_list(&self, list: List) -> String {
        let id = list.id.clone();
        self.state(|state| state.lists.push(List { version: 1, ..list }));
        id
    }

    /// An empty one of Mina's.
    pub(crate) fn add_public_list(&self) -> String {
        self.add_public_list_of(&member().unwrap().id)
    }

    pub(crate) fn add_public_list_of(&self, member_id: &str) -> String {
        self.add_list(List {
            id: Uuid::now_v7().to_string(),
            member_id: member_id.to_owned(),
            title: "A list".to_owned(),
            is_public: true,
            ..List::default()
        })
    }

    /// Calls `with` with a list that the caller may see.
    fn with_list<T>(
        &self,
        caller: &str,
        id: &str,
        with: impl FnOnce(&mut List) -> Result<T, Status>,
    ) -> Result<T, Status> {
        self.state(|state| {
            let mut lists = state.lists.iter_mut();
            let list = lists.find(|list| list.id == id && (list.is_public || list.member_id == caller));
            with(list.ok_or_else(|| not_found("list_id"))?)
        })
    }

    /// Calls `with` with a list that the caller may change.
    fn with_own_list<T>(
        &self,
        caller: &str,
        id: &str,
        with: impl FnOnce(&mut List) -> Result<T, Status>,
    ) -> Result<T, Status> {
        self.with_list(caller, id, |list| {
            if list.member_id != caller {
                return Err(Status::permission_denied("this list is somebody else's"));
            }
            with(list)
        })
    }

    /// The lists that the caller may see and for which `is_wanted` is true.
    fn lists_where(&self, caller: &str, is_wanted: impl Fn(&List) -> bool) -> Vec<List> {
        self.state(|state| {
            let lists = state.lists.iter();
            let lists = lists.filter(|list| list.is_public || list.member_id == caller);
            let shown = |list: &List| List {
                liked: state.list_likes.contains(&(list.id.clone(), caller.to_owned())),
                ..shown_list(list)
            };
            lists.filter(|list| is_wanted(list)).map(shown).collect()
        })
    }
}

impl Services {
    /// Whether this member likes the list from now on; answers how many do.
    fn set_like(&self, member: &str, id: &str, likes: bool) -> i64 {
        self.state(|state| {
            let like = (id.to_owned(), member.to_owned());
            let was = state.list_likes.contains(&like);
            state.list_likes.retain(|other| *other != like);
            if likes {
                state.list_likes.push(like);
            }
            let list = state.lists.iter_mut().find(|list| list.id == id).unwrap();
            list.like_count += i64::from(likes) - i64::from(was);
            list.like_count
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
            // The same call again: nothing is made.
            Some(list) if list.member_id == member_id && list.title == request.title => {
                return answer(CreateListResponse {
                    list: Some(shown_list(&list)),
                });
            }
            Some(list) if list.is_public || list.member_id == member_id => {
                return Err(refusal(Code::AlreadyExists, "list_id", "there is another list"));
            }
            Some(_) => return Err(not_found("list_id")),
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
        let caller = asking(&request);
        let request = request.into_inner();
        let list = self.with_own_list(&caller, &request.list_id, |list| {
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
        let caller = asking(&request);
        let AddListMovieRequest { list_id, movie_id } = request.into_inner();
        let (movie_count, version) = self.with_own_list(&caller, &list_id, |list| {
            if !list.first_movie_ids.contains(&movie_id) {
                list.first_movie_ids.push(movie_id);
                list.version += 1;
            }
            Ok((list.first_movie_ids.len() as i64, list.version))
        })?;
        answer(AddListMovieResponse { movie_count, version })
    }

    async fn remove_list_movie(&self, request: Request<RemoveListMovieRequest>) -> Answer<RemoveListMovieResponse> {
        self.enter("rating.RemoveListMovie").await?;
        let caller = asking(&request);
        let RemoveListMovieRequest { list_id, movie_id } = request.into_inner();
        let (movie_count, version) = self.with_own_list(&caller, &list_id, |list| {
            list.first_movie_ids.retain(|movie| *movie != movie_id);
            list.version += 1;
            Ok((list.first_movie_ids.len() as i64, list.version))
        })?;
        answer(RemoveListMovieResponse { movie_count, version })
    }

    async fn order_list_movies(&self, request: Request<OrderListMoviesRequest>) -> Answer<OrderListMoviesResponse> {
        self.enter("rating.OrderListMovies").await?;
        let caller = asking(&request);
        let request = request.into_inner();
        let version = self.with_own_list(&caller, &request.list_id, |list| {
            if list.version != request.version {
                let changed = "the list was changed meanwhile; read it again";
                return Err(refusal(Code::AlreadyExists, "version", changed));
            }
            list.first_movie_ids = request.movie_ids;
            list.version += 1;
            Ok(list.version)
        })?;
        answer(OrderListMoviesResponse { version })
    }

    async fn like_list(&self, request: Request<LikeListRequest>) -> Answer<LikeListResponse> {
        self.enter("rating.LikeList").await?;
        let caller = asking(&request);
        let id = request.into_inner().list_id;
        self.with_list(&caller, &id, |list| {
            if list.member_id == caller {
                return Err(Status::permission_denied("nobody likes their own list"));
            }
            Ok(())
        })?;
        let like_count = self.set_like(&caller, &id, true);
        answer(LikeListResponse { like_count })
    }

    async fn unlike_list(&self, request: Request<UnlikeListRequest>) -> Answer<UnlikeListResponse> {
        self.enter("rating.UnlikeList").await?;
        let caller = asking(&request);
        let id = request.into_inner().list_id;
        self.with_list(&caller, &id, |_| Ok(()))?;
        let like_count = self.set_like(&caller, &id, false);
        answer(UnlikeListResponse { like_count })
    }

    async fn get_lists(&self, request: Request<GetListsRequest>) -> Answer<GetListsResponse> {
        self.enter("rating.GetLists").await?;
        let caller = asking(&request);
        let ids = request.into_inner().list_ids;
        let lists = self.lists_where(&caller, |list| ids.contains(&list.id));
        answer(GetListsResponse { lists })
    }

    async fn get_list_movies(&self, request: Request<GetListMoviesRequest>) -> Answer<GetListMoviesResponse> {
        self.enter("rating.GetListMovies").await?;
        let caller = asking(&request);
        let list = self.with_list(&caller, &request.into_inner().list_id, |list| Ok(list.clone()))?;
        answer(GetListMoviesResponse {
            total: list.first_movie_ids.len() as i64,
            movie_ids: list.first_movie_ids,
            next_cursor: String::new(),
            version: list.version,
        })
    }

    async fn list_member_lists(&self, request: Request<ListMemberListsRequest>) -> Answer<ListMemberListsResponse> {
        self.enter("rating.ListMemberLists").await?;
        let caller = asking(&request);
        let request = request.into_inner();
        let member = Some(request.member_id).filter(|id| !id.is_empty());
        let member = member.unwrap_or_else(|| caller.clone());
        let mut lists = self.lists_where(&caller, |list| list.member_id == member);
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
