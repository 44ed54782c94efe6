//! Signing in and out: registration, password, refresh token.

use chassis::client::request;
use matcha_protos::user::v1::{self as proto, RefreshRequest, RegisterRequest, SignInRequest, SignOutRequest, Tokens};
use serde::Deserialize;
use tonic::Status;
use utoipa::ToSchema;

use crate::{
    features::members::Member,
    http::{
        client_addr::Peer,
        problem::{Kind, Problem},
    },
    upstream::clients::{Clients, own},
};

/// Somebody who wants to become a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    /// 3 to 30 letters a-z, digits or underscores. Those that could pass for the site itself, such as admin, are reserved.
    #[schema(example = "mina", pattern = "^[A-Za-z0-9_]{3,30}$")]
    handle: String,
    #[schema(example = "mina@example.org", format = Email, max_length = 254)]
    email: String,
    /// 15 to 128 characters.
    #[schema(min_length = 15, max_length = 128)]
    password: String,
    /// 1 to 50 characters, all visible.
    #[schema(min_length = 1, max_length = 50, pattern = "\\S")]
    display_name: String,
    /// `ko` or `en`.
    #[schema(example = "ko", pattern = "^(ko|en)$")]
    language: String,
}

/// A member's login and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Handle or email.
    #[schema(example = "demo")]
    login: String,
    password: String,
}

/// A member who has just signed in, with the tokens of the session.
pub(crate) struct SignedInMember {
    pub(crate) member: Member,
    pub(crate) tokens: Tokens,
}

impl SignedInMember {
    fn new(member: Option<proto::Member>, tokens: Option<Tokens>) -> Result<Self, Problem> {
        let (Some(member), Some(tokens)) = (member, tokens) else {
            tracing::error!("user answered a sign-in without a member or tokens");
            return Err(Problem::new(Kind::Internal, "internal error"));
        };
        Ok(Self {
            member: (&member).into(),
            tokens,
        })
    }
}

/// Creates a member and a first session.
pub(crate) async fn register(
    clients: &Clients,
    peer: Peer,
    registration: Registration,
) -> Result<SignedInMember, Problem> {
    let message = RegisterRequest {
        handle: registration.handle,
        email: registration.email,
        password: registration.password,
        display_name: registration.display_name,
        language: registration.language,
        peer_address: peer.address.to_string(),
        user_agent: peer.user_agent,
    };
    let answer = clients.user.clone().register(request(message, &own())).await?;
    let answer = answer.into_inner();
    SignedInMember::new(answer.member, answer.tokens)
}

/// Creates a session.
pub(crate) async fn sign_in(
    clients: &Clients,
    peer: Peer,
    credentials: Credentials,
) -> Result<SignedInMember, Problem> {
    let message = SignInRequest {
        login: credentials.login,
        password: credentials.password,
        peer_address: peer.address.to_string(),
        user_agent: peer.user_agent,
    };
    let answer = clients.user.clone().sign_in(request(message, &own())).await?;
    let answer = answer.into_inner();
    SignedInMember::new(answer.member, answer.tokens)
}

/// Exchanges a refresh token for new tokens of the same session.
pub(crate) async fn refresh(clients: &Clients, peer: Peer, refresh_token: String) -> Result<SignedInMember, Problem> {
    let message = RefreshRequest {
        refresh_token,
        peer_address: peer.address.to_string(),
        user_agent: peer.user_agent,
    };
    let answer = clients.user.clone().refresh(request(message, &own())).await?;
    let answer = answer.into_inner();
    SignedInMember::new(answer.member, answer.tokens)
}

/// Ends the session of a refresh token.
pub(crate) async fn sign_out(clients: &Clients, refresh_token: String) -> Result<(), Status> {
    let message = SignOutRequest { refresh_token };
    clients.user.clone().sign_out(request(message, &own())).await?;
    Ok(())
}
