//! Who may see what of a member. user knows, and is asked each time a member reads another's list: a copy of who follows whom
//! and shows what would be wrong for as long as an event is under way. Without an answer nothing is shown.

use chassis::client::{Channel, Channels};
use matcha_protos::user::v1::{
    CheckAccessRequest, ListFollowedRequest, Section, user_service_client::UserServiceClient,
};

use crate::{error::Error, ids::MemberId};

/// A member whom somebody follows.
pub(crate) struct Followed {
    pub(crate) member: MemberId,
    /// What that follower may see of them.
    pub(crate) visible: Vec<Section>,
}

/// Asks user. Cheap to clone.
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

    /// The sections of a member that the viewer (none: a visitor) may see.
    pub(crate) async fn visible(&self, viewer: Option<MemberId>, member: MemberId) -> Result<Vec<Section>, Error> {
        if viewer == Some(member) {
            return Ok(vec![
                Section::Ratings,
                Section::Shelf,
                Section::Comments,
                Section::Taste,
            ]);
        }
        let request = CheckAccessRequest {
            viewer_id: viewer.map(|viewer| viewer.to_string()).unwrap_or_default(),
            member_ids: vec![member.to_string()],
        };
        let answer = self.user.clone().check_access(request).await;
        let answer = answer.map_err(|status| Error::AccessUnknown(Box::new(status)))?;
        let access = answer.into_inner().access.into_iter();
        let mut access = access.filter(|access| access.member_id == member.to_string());
        let access = access
            .next()
            .ok_or_else(|| Error::not_found("member_id", format!("there is no member {member}")))?;
        Ok(access.visible().collect())
    }

    /// Whom a member follows (the 1,000 followed last), and what they show to that member.
    pub(crate) async fn followed(&self, follower: MemberId) -> Result<Vec<Followed>, Error> {
        let request = ListFollowedRequest {
            follower_id: follower.to_string(),
        };
        let answer = self.user.clone().list_followed(request).await;
        let answer = answer.map_err(|status| Error::AccessUnknown(Box::new(status)))?;
        let followed = answer.into_inner().followed.into_iter().map(|access| {
            Ok(Followed {
                member: MemberId::parse(&access.member_id)?,
                visible: access.visible().collect(),
            })
        });
        followed.collect()
    }

    /// Refuses who may not see all of these sections of the member.
    pub(crate) async fn require(
        &self,
        viewer: Option<MemberId>,
        member: MemberId,
        sections: &[Section],
    ) -> Result<(), Error> {
        let visible = self.visible(viewer, member).await?;
        if sections.iter().all(|section| visible.contains(section)) {
            Ok(())
        } else {
            Err(Error::forbidden("the member does not show this to the caller"))
        }
    }
}
