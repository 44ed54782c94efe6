//! Malformed input: it is refused by field, and nothing is stored.

use matcha_protos::user::v1::{ImportMember, RegisterRequest};
use tonic::Code;

use crate::harness::{PASSWORD, Users, field, registration};

#[tokio::test]
async fn bad_registrations_are_refused_by_field() {
    let users = Users::start().await;
    let endless = "a".repeat(1_000_000);
    type Set = fn(&mut RegisterRequest, String);
    let table: [(&str, Set, &[&str]); 5] = [
        (
            "handle",
            |r, v| r.handle = v,
            &[
                "",
                "ab",
                "a\0b",
                "mina kim",
                "민아",
                "mina@kim",
                "'; drop table members",
            ],
        ),
        (
            "email",
            |r, v| r.email = v,
            &[
                "",
                "@",
                "mina",
                "a@b",
                "mina\0@example.com",
                "a@b@example.com",
                "\u{feff}@x.y",
            ],
        ),
        (
            "password",
            |r, v| r.password = v,
            &["", " ", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "fourteen chars"],
        ),
        (
            "display_name",
            |r, v| r.display_name = v,
            &["", "  ", "a\0b", "\u{202e}abc", "\n", "\u{200b}", "\u{3164}\u{3164}"],
        ),
        ("language", |r, v| r.language = v, &["", "KO", "fr", "ko\0"]),
    ];
    for (name, set, values) in table {
        for value in values.iter().copied().chain([endless.as_str()]) {
            let mut request = registration("mina");
            set(&mut request, value.to_owned());
            let shown: String = value.chars().take(40).collect();
            let refused = users.try_register(request).await.expect_err(&shown);
            assert_eq!(refused.code(), Code::InvalidArgument, "{name} {shown:?}: {refused:?}");
            assert_eq!(field(&refused), Some(name), "{shown:?}");
            assert!(refused.message().len() < 200, "the answer does not repeat what came");
        }
    }
    assert_eq!(users.count("select count(*) from members").await, 0);
}

#[tokio::test]
async fn a_malformed_user_agent_or_address_does_not_stop_a_registration() {
    let users = Users::start().await;
    let mut request = registration("mina");
    request.peer_address = "not an address \0".to_owned();
    request.user_agent = format!("Mozilla\0\u{1b}[31m {}", "x".repeat(100_000));
    users.try_register(request).await.expect("registered");
    let kept = users.rows("select user_agent from sessions where peer is null").await;
    assert_eq!(kept[0].chars().count(), 300);
    assert!(kept[0].starts_with("Mozilla[31m xxx"));
}

#[tokio::test]
async fn malformed_names_and_passwords_are_wrong_credentials() {
    let users = Users::start().await;
    users.register("mina").await;
    let endless = "a".repeat(1_000_000);
    for login in ["\0", "mina\0", "' or 1=1 --", "%", "m_na", "@", &endless] {
        let refused = users.sign_in(login, PASSWORD).await.unwrap_err();
        let shown: String = login.chars().take(40).collect();
        assert_eq!(refused.code(), Code::Unauthenticated, "{shown:?}");
    }
    for password in ["\0", "x", &endless, "\u{301}"] {
        let refused = users.sign_in("mina", password).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
    }
    for (login, password) in [("", PASSWORD), ("mina", "")] {
        let refused = users.sign_in(login, password).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn malformed_refresh_tokens_are_ended_sessions() {
    let users = Users::start().await;
    let token = users.register("mina").await.tokens.unwrap().refresh_token;
    let endless = "a".repeat(1_000_000);
    let cut = &token[..42];
    for bad in [
        "",
        "\0",
        "a",
        cut,
        &format!("{token}a"),
        &format!("{token}="),
        &"!".repeat(43),
        &"A".repeat(43),
        &endless,
    ] {
        let refused = users.refresh(bad).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        users.sign_out(bad).await;
    }
    users.refresh(&token).await.expect("the right one still works");
}

#[tokio::test]
async fn bad_ids_are_refused() {
    let users = Users::start().await;
    for bad in ["", "1", "\0", "not-a-uuid", &"a".repeat(1_000_000)] {
        let refused = users.get_members(users.as_service(), &[bad]).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(field(&refused), Some("ids"));
        let member = ImportMember {
            id: bad.to_owned(),
            handle: "member".to_owned(),
            display_name: "member".to_owned(),
            language: "en".to_owned(),
            ..ImportMember::default()
        };
        let refused = users.import(users.as_operator(), vec![member]).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
