//! Of whom somebody may see what. user knows, and is asked each time; without an answer nothing is shown.

use chassis::client::{Channel, Channels};
use matcha_protos::user::v1::{CheckAccessRequest, Section, user_service_client::UserServiceClient};
use uuid::Uuid;

use crate::error::Error;

/// Asks user. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    user: UserServiceClient<Channel>,
}

impl Access {
    pub fn new(channels: &Channels) -> Self {
        Self {
            user: UserServiceClient::new(channels.channel("user")),
        }
    }

    /// Refuses a viewer (none: a visitor) who may not see all of these sections of this member.
    pub async fn require(&self, viewer: Option<Uuid>, member: Uuid, sections: &[Section]) -> Result<(), Error> {
        let seen = self.seen(viewer, member).await?;
        seen.has(sections).then_some(()).ok_or(Error::NotShown)
    }

    /// What this viewer may see of this member.
    pub async fn seen(&self, viewer: Option<Uuid>, member: Uuid) -> Result<Seen, Error> {
        if viewer == Some(member) {
            return Ok(Seen::EVERYTHING);
        }
        let request = CheckAccessRequest {
            viewer_id: viewer.map(|viewer| viewer.to_string()).unwrap_or_default(),
            member_ids: vec![member.to_string()],
        };
        let answer = self.user.clone().check_access(request).await;
        let answer = answer.map_err(|status| Error::AccessUnknown(Box::new(status)))?;
        let access = answer.into_inner().access.into_iter();
        let mut access = access.filter(|access| access.member_id == member.to_string());
        let access = access.next().ok_or(Error::UnknownMember)?;
        Ok(Seen(Some(access.visible().collect())))
    }
}

/// The sections of a member that somebody may see; without them, it is the member.
pub struct Seen(Option<Vec<Section>>);

impl Seen {
    pub const EVERYTHING: Self = Self(None);

    pub fn has(&self, sections: &[Section]) -> bool {
        let Some(visible) = &self.0 else {
            return true;
        };
        sections.iter().all(|wanted| visible.contains(wanted))
    }
}
