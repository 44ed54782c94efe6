//! Member search, follow suggestions, and the list of followed members that services read.

use chassis::identity::Caller;
use matcha_protos::user::v1::{
    Audience, FollowRequest, ListFollowedRequest, Member, PutSettingsRequest, RegisterRequest, SearchMembersRequest,
    SearchMembersResponse, Section, Settings, SuggestMembersRequest,
};
use tonic::{Code, Status};

use crate::harness::{Users, field, registration, request_as};

async fn named(users: &Users, handle: &str, display_name: &str) -> Member {
    let request = RegisterRequest {
        display_name: display_name.to_owned(),
        ..registration(handle)
    };
    users.try_register(request).await.unwrap().member.unwrap()
}

async fn page(users: &Users, query: &str, cursor: &str, limit: i32) -> Result<SearchMembersResponse, Status> {
    let message = SearchMembersRequest {
        query: query.to_owned(),
        cursor: cursor.to_owned(),
        limit,
    };
    let answer = users
        .client()
        .search_members(request_as(message, &Caller::Anonymous))
        .await?;
    Ok(answer.into_inner())
}

async fn found(users: &Users, query: &str) -> Vec<String> {
    handles(&page(users, query, "", 0).await.unwrap().members)
}

fn handles(members: &[Member]) -> Vec<String> {
    members.iter().map(|member| member.handle.clone()).collect()
}

async fn follow(users: &Users, caller: &Caller, member: &Member) {
    let message = FollowRequest {
        member_id: member.id.clone(),
    };
    users.client().follow(request_as(message, caller)).await.unwrap();
}

async fn shows(users: &Users, caller: &Caller, audience: Audience) {
    let settings = Settings {
        display_name: "Somebody".to_owned(),
        language: "ko".to_owned(),
        title_language: "page".to_owned(),
        ratings: audience.into(),
        shelf: audience.into(),
        comments: audience.into(),
        taste: Audience::Public.into(),
    };
    let message = PutSettingsRequest {
        settings: Some(settings),
    };
    users.client().put_settings(request_as(message, caller)).await.unwrap();
}

#[tokio::test]
async fn members_are_found_by_a_prefix_of_their_names_and_handles_come_first() {
    let users = Users::start().await;
    named(&users, "mina_kim", "김민아").await;
    named(&users, "mina", "Zoe").await;
    named(&users, "joon", "Mina Fan").await;
    named(&users, "sora", "김민지").await;
    assert_eq!(found(&users, "mina").await, ["mina", "mina_kim", "joon"]);
    assert_eq!(found(&users, "@MINA_").await, ["mina_kim"]);
    assert_eq!(found(&users, "mina f").await, ["joon"]);
    for query in ["김", "김ㅁ", "김미", "김민"] {
        assert_eq!(found(&users, query).await, ["mina_kim", "sora"], "{query}");
    }
    assert_eq!(found(&users, "김민ㅈ").await, ["sora"]);
    named(&users, "dahye", "김미나").await;
    named(&users, "yuna", "김미다").await;
    assert_eq!(
        found(&users, "김민").await,
        ["dahye", "mina_kim", "sora"],
        "on the way to 김미나"
    );
    for query in ["", "  ", "민아", "%", "_", "minas", "\\"] {
        assert!(found(&users, query).await.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn the_email_is_neither_searched_nor_returned() {
    let users = Users::start().await;
    let mina = RegisterRequest {
        email: "secret@example.org".to_owned(),
        ..registration("mina")
    };
    users.try_register(mina).await.unwrap();
    for query in ["secret", "secret@example.org", "@example"] {
        assert!(found(&users, query).await.is_empty(), "{query}");
    }
    let members = page(&users, "mina", "", 0).await.unwrap().members;
    assert_eq!((members.len(), members[0].email.as_str()), (1, ""));
}

#[tokio::test]
async fn pages_continue_from_handles_to_names_without_repeating() {
    let users = Users::start().await;
    for number in 0..3 {
        named(&users, &format!("kim_{number}"), "Kim of the handles").await;
        named(&users, &format!("other_{number}"), "Kim").await;
    }
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let next = page(&users, "kim", &cursor, 2).await.unwrap();
        read.extend(handles(&next.members));
        cursor = next.next_cursor;
        if cursor.is_empty() {
            break;
        }
        let foreign = page(&users, "ki", &cursor, 2).await.unwrap_err();
        assert_eq!(field(&foreign), Some("cursor"), "a cursor belongs to its query");
    }
    assert_eq!(read, ["kim_0", "kim_1", "kim_2", "other_0", "other_1", "other_2"]);
    let long = "가".repeat(201);
    for (query, cursor, limit, blamed) in [
        ("kim", "x", 0, "cursor"),
        ("kim", "", 51, "limit"),
        ("kim", "", -1, "limit"),
        ("a\0", "", 0, "query"),
        (long.as_str(), "", 0, "query"),
    ] {
        let refused = page(&users, query, cursor, limit).await.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, Some(blamed)));
    }
}

#[tokio::test]
async fn suggestions_are_the_most_followed_without_the_caller_followed_and_private_members() {
    let users = Users::start().await;
    let (old, _) = users.register_as_caller("old").await;
    let (_, as_mina) = users.register_as_caller("mina").await;
    let (joon, as_joon) = users.register_as_caller("joon").await;
    let (sora, as_sora) = users.register_as_caller("sora").await;
    let (_, as_new) = users.register_as_caller("newest").await;
    for caller in [&as_joon, &as_mina] {
        follow(&users, caller, &sora).await;
    }
    follow(&users, &as_sora, &joon).await;
    let suggested = async |caller: &Caller, limit| {
        let message = SuggestMembersRequest { limit };
        let answer = users.client().suggest_members(request_as(message, caller)).await?;
        Ok::<_, Status>(handles(&answer.into_inner().members))
    };
    assert_eq!(suggested(&as_new, 0).await.unwrap(), ["sora", "joon", "old", "mina"]);
    assert_eq!(suggested(&as_new, 2).await.unwrap(), ["sora", "joon"]);
    assert_eq!(suggested(&as_mina, 0).await.unwrap(), ["joon", "old", "newest"]);
    follow(&users, &as_new, &sora).await;
    follow(&users, &as_new, &old).await;
    assert_eq!(suggested(&as_new, 0).await.unwrap(), ["joon", "mina"]);
    shows(&users, &as_joon, Audience::Private).await;
    assert_eq!(suggested(&as_new, 0).await.unwrap(), ["mina"]);
    shows(&users, &as_joon, Audience::Followers).await;
    assert_eq!(suggested(&as_new, 0).await.unwrap(), ["joon", "mina"]);
    for limit in [-1, 21] {
        let refused = suggested(&as_new, limit).await.unwrap_err();
        assert_eq!(
            (refused.code(), field(&refused)),
            (Code::InvalidArgument, Some("limit"))
        );
    }
    let visitor = suggested(&users.as_anonymous(), 0).await.unwrap_err();
    assert_eq!(visitor.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_service_lists_followed_members_and_what_each_shows_a_follower() {
    let users = Users::start().await;
    let (mina, as_mina) = users.register_as_caller("mina").await;
    let (joon, as_joon) = users.register_as_caller("joon").await;
    let (sora, as_sora) = users.register_as_caller("sora").await;
    follow(&users, &as_mina, &joon).await;
    follow(&users, &as_mina, &sora).await;
    shows(&users, &as_joon, Audience::Followers).await;
    shows(&users, &as_sora, Audience::Private).await;
    let followed = async |caller: &Caller, follower_id: &str| {
        let message = ListFollowedRequest {
            follower_id: follower_id.to_owned(),
        };
        let answer = users.client().list_followed(request_as(message, caller)).await?;
        let followed = answer.into_inner().followed.into_iter();
        let followed = followed.map(|one| (one.member_id.clone(), one.visible().collect::<Vec<_>>()));
        Ok::<_, Status>(followed.collect::<Vec<_>>())
    };
    let rating = Caller::Service("rating".to_owned());
    let all = vec![Section::Ratings, Section::Shelf, Section::Comments, Section::Taste];
    let expected = [(sora.id, Vec::new()), (joon.id.clone(), all)];
    assert_eq!(
        followed(&rating, &mina.id).await.unwrap(),
        expected,
        "followed last, first"
    );
    assert!(followed(&rating, &joon.id).await.unwrap().is_empty());
    for caller in [&as_mina, &users.as_anonymous()] {
        assert_eq!(
            followed(caller, &mina.id).await.unwrap_err().code(),
            Code::PermissionDenied
        );
    }
    let refused = followed(&rating, "mina").await.unwrap_err();
    assert_eq!(
        (refused.code(), field(&refused)),
        (Code::InvalidArgument, Some("follower_id"))
    );
}
