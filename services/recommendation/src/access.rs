//! Which sections of a member another member may see. The user service decides, and is called each time a caller reads
//! another member's section: a copy of follows and privacy settings would be wrong while an event is in flight. Without
//! its answer nothing is shown.

use chassis::client::{Channel, Channels};
use matcha_protos::user::v1::{CheckAccessRequest, Section, user_service_client::UserServiceClient};
use uuid::Uuid;

use crate::error::Error;

/// A client of the user service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Access {
    user: UserServiceClient<Channel>,
}

impl Access {
    pub(crate) fn new(channels: &Channels) -> Self {
        Self {
            user: UserServiceClient::new(channels.channel("user")),
        }
    }

    /// The sections of a member that the caller may see; `None` is a visitor.
    pub(crate) async fn visible(&self, caller: Option<Uuid>, member: Uuid) -> Result<VisibleSections, Error> {
        if caller == Some(member) {
            return Ok(VisibleSections::ALL);
        }
        let request = CheckAccessRequest {
            viewer_id: caller.map(|caller| caller.to_string()).unwrap_or_default(),
            member_ids: vec![member.to_string()],
        };
        let answer = self.user.clone().check_access(request).await;
        let answer = answer.map_err(|status| Error::AccessUnknown(Box::new(status)))?;
        let access = answer.into_inner().access.into_iter();
        let mut access = access.filter(|access| access.member_id == member.to_string());
        let access = access.next().ok_or_else(Error::unknown_member)?;
        Ok(VisibleSections(Some(access.visible().collect())))
    }
}

/// The sections of a member that a caller may see; `None` stands for all of them, which the member sees.
pub(crate) struct VisibleSections(Option<Vec<Section>>);

impl VisibleSections {
    pub(crate) const ALL: Self = Self(None);

    pub(crate) fn contains(&self, section: Section) -> bool {
        self.0.as_ref().is_none_or(|visible| visible.contains(&section))
    }

    /// Fails unless all of these sections are visible.
    pub(crate) fn require(&self, sections: &[Section]) -> Result<(), Error> {
        if sections.iter().all(|section| self.contains(*section)) {
            return Ok(());
        }
        Err(Error::hidden())
    }
}
