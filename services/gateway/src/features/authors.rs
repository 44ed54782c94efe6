//! The members beside what they wrote or did.

use std::collections::HashMap;

use async_graphql::SimpleObject;
use chassis::identity::Caller;
use matcha_protos::user::v1 as user;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    id::Id,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// A member's id and names, which everybody may see.
#[derive(Clone, SimpleObject, Serialize, ToSchema)]
pub(crate) struct Author {
    #[schema(value_type = Uuid)]
    id: Id,
    handle: String,
    display_name: String,
}

impl From<&user::Member> for Author {
    fn from(member: &user::Member) -> Self {
        Self {
            id: Id::from_proto(&member.id),
            handle: member.handle.clone(),
            display_name: member.display_name.clone(),
        }
    }
}

/// Whether the member with this id is the caller.
pub(crate) fn is_caller(caller: &Caller, member: Id) -> bool {
    caller.member_if_any() == Some(member.0)
}

/// The authors of a page, read with one call.
pub(crate) struct Authors(HashMap<Uuid, user::Member>);

impl Authors {
    /// If the user service is down, there are no authors, and `degraded` names it.
    pub(crate) async fn read(
        clients: &Clients,
        caller: &Caller,
        ids: impl Iterator<Item = Id>,
        degraded: &Degraded,
    ) -> Self {
        let mut ids: Vec<Uuid> = ids.map(|Id(id)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        let members = batch_reads::members(clients, caller, &ids).await;
        Self(degraded.part("user", members).unwrap_or_default())
    }

    /// The author with this id, unless the account is gone or members cannot be read.
    pub(crate) fn get(&self, Id(id): Id) -> Option<Author> {
        self.0.get(&id).map(Author::from)
    }
}

/// Reads one author for an answer that is useful without it.
pub(crate) async fn read_one(clients: &Clients, caller: &Caller, id: Id) -> Option<Author> {
    let degraded = Degraded::default();
    let authors = Authors::read(clients, caller, [id].into_iter(), &degraded).await;
    authors.get(id)
}
