//! The gRPC services, a file for each: one method per RPC, which finds out who calls and hands over to the feature.

mod bulk_import;
mod comments;
mod imports;
mod lists;
mod ratings;
mod watches;

use matcha_protos::user::v1::Section;
use tonic::{Request, Status};

use crate::{Service, error::Error, ids::MemberId};

/// The member of the verified token. No request names the member it acts for.
fn require_member<T>(request: &Request<T>) -> Result<MemberId, Status> {
    Ok(MemberId(chassis::identity::caller(request)?.member()?))
}

/// The caller of what visitors may read too; `None` is a visitor.
fn member_if_any<T>(request: &Request<T>) -> Result<Option<MemberId>, Status> {
    Ok(chassis::identity::caller(request)?.member_if_any().map(MemberId))
}

/// The named member, if this caller may see that section of theirs.
async fn authorize_section(
    service: &Service,
    caller: Option<MemberId>,
    member_id: &str,
    section: Section,
) -> Result<MemberId, Error> {
    let member = MemberId::parse(member_id)?;
    service.access.require(caller, member, &[section]).await?;
    Ok(member)
}
