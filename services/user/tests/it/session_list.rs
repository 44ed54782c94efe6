//! The list of own sessions, and ending sessions from it.

use chassis::identity::Caller;
use matcha_protos::user::v1::{
    EndOtherSessionsRequest, EndSessionRequest, ListSessionsRequest, Session, SignInResponse,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{PASSWORD, Users, field, request_as, session_id_of};

async fn sessions(users: &Users, caller: &Caller) -> Vec<Session> {
    let answer = users
        .client()
        .list_sessions(request_as(ListSessionsRequest {}, caller))
        .await;
    answer.unwrap().into_inner().sessions
}

async fn end(users: &Users, caller: &Caller, session_id: &str) -> Result<(), Status> {
    let message = EndSessionRequest {
        session_id: session_id.to_owned(),
    };
    users.client().end_session(request_as(message, caller)).await.map(drop)
}

async fn end_others(users: &Users, caller: &Caller) -> Result<i32, Status> {
    let answer = users
        .client()
        .end_other_sessions(request_as(EndOtherSessionsRequest {}, caller))
        .await?;
    Ok(answer.into_inner().ended)
}

/// Signs the member in from another browser.
async fn another(users: &Users, handle: &str) -> (Caller, String) {
    let SignInResponse { member, tokens } = users.sign_in(handle, PASSWORD).await.unwrap();
    let (member, tokens) = (member.unwrap(), tokens.unwrap());
    (users.in_session(&member, &tokens), tokens.refresh_token)
}

#[tokio::test]
async fn the_list_begins_with_the_callers_session_and_has_only_own_ones() {
    let users = Users::start().await;
    let (_, laptop) = users.register_as_caller("mina").await;
    let (phone, token) = another(&users, "mina").await;
    users.register("joon").await;
    let list = sessions(&users, &laptop).await;
    assert_eq!(list.iter().map(|one| one.current).collect::<Vec<_>>(), [true, false]);
    assert_eq!(
        (list[1].user_agent.as_str(), list[1].peer_address.as_str()),
        ("test", "198.51.100.7")
    );
    assert!(list[1].last_used_at >= list[1].created_at && list[1].created_at > 1_700_000_000);
    assert!(sessions(&users, &phone).await[0].current);

    users
        .execute("update refresh_tokens set issued_at = issued_at - interval '1 day'")
        .await;
    let before = sessions(&users, &laptop).await[1].last_used_at;
    users.refresh(&token).await.unwrap();
    let after = sessions(&users, &laptop).await[1].last_used_at;
    assert!(after > before, "renewing is using: {before} {after}");

    users.sign_out(&token).await;
    assert_eq!(sessions(&users, &laptop).await.len(), 1, "what ended is not listed");
    users
        .execute("update refresh_tokens set expires_at = now() - interval '1 minute'")
        .await;
    assert!(
        sessions(&users, &laptop).await.is_empty(),
        "nor what nobody can go on with"
    );
}

#[tokio::test]
async fn an_ended_session_cannot_be_refreshed_and_is_listed_as_ended() {
    let users = Users::start().await;
    let registered = users.register("mina").await;
    let (mina, tokens) = (registered.member.unwrap(), registered.tokens.unwrap());
    let laptop = users.in_session(&mina, &tokens);
    let (_, token) = another(&users, "mina").await;
    let phone = sessions(&users, &laptop).await[1].id.clone();
    for _ in 0..2 {
        end(&users, &laptop, &phone).await.expect("ended already is as good");
    }
    assert_eq!(users.refresh(&token).await.unwrap_err().code(), Code::Unauthenticated);
    assert!(users.list_ended_sessions().await.contains(&phone));
    users.refresh(&tokens.refresh_token).await.expect("this one goes on");
    assert_eq!(
        users
            .rows("select end_reason from sessions where ended_at is not null")
            .await,
        ["revoked"]
    );
}

#[tokio::test]
async fn ending_other_sessions_ends_all_own_ones_but_the_callers() {
    let users = Users::start().await;
    let (_, laptop) = users.register_as_caller("mina").await;
    let (phone, _) = another(&users, "mina").await;
    another(&users, "mina").await;
    let joon = users.register("joon").await.tokens.unwrap();
    assert_eq!(end_others(&users, &laptop).await.unwrap(), 2);
    assert_eq!(end_others(&users, &laptop).await.unwrap(), 0);
    assert_eq!(sessions(&users, &laptop).await.len(), 1);
    assert!(
        !users
            .list_ended_sessions()
            .await
            .contains(&session_id_of(&joon.access_token).to_string())
    );
    // The access token of the ended session is valid for some more minutes, but must not end the other session.
    let refused = end_others(&users, &phone).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(sessions(&users, &laptop).await.len(), 1);
}

#[tokio::test]
async fn one_of_two_sessions_that_end_each_other_concurrently_stays() {
    let users = Users::start().await;
    for round in 0..5 {
        let handle = format!("mina_{round}");
        let (_, laptop) = users.register_as_caller(&handle).await;
        let (phone, _) = another(&users, &handle).await;
        let (one, other) = tokio::join!(end_others(&users, &laptop), end_others(&users, &phone));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn the_session_of_another_member_is_not_found() {
    let users = Users::start().await;
    let (_, as_mina) = users.register_as_caller("mina").await;
    let joon = users.register("joon").await.tokens.unwrap();
    let theirs = session_id_of(&joon.access_token).to_string();
    for unknown in [theirs, Uuid::now_v7().to_string()] {
        assert_eq!(
            end(&users, &as_mina, &unknown).await.unwrap_err().code(),
            Code::NotFound
        );
    }
    let refused = end(&users, &as_mina, "1").await.unwrap_err();
    assert_eq!(
        (refused.code(), field(&refused)),
        (Code::InvalidArgument, Some("session_id"))
    );
    users.refresh(&joon.refresh_token).await.expect("untouched");
    for caller in [users.as_anonymous(), users.as_service()] {
        let refused = users
            .client()
            .list_sessions(request_as(ListSessionsRequest {}, &caller))
            .await;
        assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    }
}
