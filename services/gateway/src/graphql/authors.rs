//! The member beside what a member wrote or did.

use super::request_context::RequestContext;
use crate::{features::authors::Author, id::Id};

/// Reads an author; null if members cannot be read at the moment.
pub(super) async fn author(context: &RequestContext, id: Id) -> Option<Author> {
    let member = context.part("user", context.loaders.members.load_one(id.0).await)??;
    Some(Author::from(member.as_ref()))
}
