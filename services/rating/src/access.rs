//! Which sections of a member another member may see. The user service decides, and is called each time a member reads another's
//! section: a copy of follows and privacy settings would be wrong while an event is in flight. Without its answer nothing is shown.

use chassis::client::{Channel, Channels};
use matcha_protos::user::v1::{
    CheckAccessRequest, ListFollowedRequest, Section, user_service_client::UserServiceClient,
};

use crate::{error::Error, ids::MemberId};

/// A member whom the caller follows.
pub(crate) struct Followed {
    pub(crate) member: MemberId,
    /// The sections that the caller may see.
    pub(crate) visible: Vec<Section>,
}

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
    pub(crate) async fn visible(&self, caller: Option<MemberId>, member: MemberId) -> Result<Vec<Section>, Error> {
        if caller == Some(member) {
            return Ok(vec![
                Section::Ratings,
                Section::Shelf,
                Section::Comments,
                Section::Taste,
            ]);
        }
        // The call is made in the name of this service, so the request has to name the caller.
        let request = CheckAccessRequest {
            viewer_id: caller.map(|caller| caller.to_string()).unwrap_or_default(),
            member_ids: vec![member.to_string()],
        };
        let answer = self.user.clone().check_access(request).await;
        let answer = answer.map_err(|status| Error::AccessUnknown(Box::new(status)))?;
        let access = answer.into_inner().access.into_iter();
        let mut access = access.filter(|access| access.member_id == member.to_string());
        let access = access
            .next()
            .ok_or_else(|| Error::not_found("member_id", "there is no such member"))?;
        Ok(access.visible().collect())
    }

    /// The 1,000 members that were followed last, and what each shows to the follower.
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

    /// PERMISSION_DENIED unless the caller may see all of these sections.
    pub(crate) async fn require(
        &self,
        caller: Option<MemberId>,
        member: MemberId,
        sections: &[Section],
    ) -> Result<(), Error> {
        let visible = self.visible(caller, member).await?;
        if sections.iter().all(|section| visible.contains(section)) {
            Ok(())
        } else {
            Err(Error::forbidden("the member does not show this to the caller"))
        }
    }
}
