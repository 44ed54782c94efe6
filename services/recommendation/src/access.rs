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

    /// PERMISSION_DENIED unless the caller may see both the taste and the ratings of the member; `None` is a visitor. All
    /// figures of this service are computed from ratings, and a caller who compares them over time can compute the ratings
    /// back. Hidden ratings therefore hide the taste too.
    pub(crate) async fn require_taste(&self, caller: Option<Uuid>, member: Uuid) -> Result<(), Error> {
        if caller == Some(member) {
            return Ok(());
        }
        let visible = self.visible(caller, member).await?;
        let needed = [Section::Taste, Section::Ratings];
        if needed.iter().all(|section| visible.contains(section)) {
            return Ok(());
        }
        Err(Error::hidden())
    }

    /// The sections of another member that the caller may see.
    async fn visible(&self, caller: Option<Uuid>, member: Uuid) -> Result<Vec<Section>, Error> {
        let request = CheckAccessRequest {
            viewer_id: caller.map(|caller| caller.to_string()).unwrap_or_default(),
            member_ids: vec![member.to_string()],
        };
        let answer = self.user.clone().check_access(request).await;
        let answer = answer.map_err(|status| Error::AccessUnknown(Box::new(status)))?;
        let access = answer.into_inner().access.into_iter();
        let mut access = access.filter(|access| access.member_id == member.to_string());
        let access = access.next().ok_or_else(Error::unknown_member)?;
        Ok(access.visible().collect())
    }
}
