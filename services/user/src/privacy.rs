//! Privacy: which sections of a member's profile a caller may see. This module holds the members' choices and the one rule
//! that reads them; the services that own the data of a section call `CheckAccess` before they serve it.
//!
//! Those services keep no copy: a copy fed by events would go on serving what a member has just hidden until the event
//! arrives. If the call fails, they deny access.

use chassis::identity::Caller;
use matcha_protos::user::v1::{self as proto, Section};
use sqlx::PgPool;

use crate::{
    Service,
    error::Error,
    members::{MAX_IDS, MemberId, parse_member_id, parse_member_ids},
};

/// Profiles in one response, fewer than members, because each counts two lists.
const MAX_PROFILES: usize = 100;

/// Who may see a section; the numbers are those of the proto enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(crate) enum Audience {
    Public = 1,
    Followers = 2,
    Private = 3,
}

impl Audience {
    pub(crate) fn parse(field: &'static str, audience: i32) -> Result<Self, Error> {
        match proto::Audience::try_from(audience) {
            Ok(proto::Audience::Public) => Ok(Self::Public),
            Ok(proto::Audience::Followers) => Ok(Self::Followers),
            Ok(proto::Audience::Private) => Ok(Self::Private),
            Ok(proto::Audience::Unspecified) | Err(_) => {
                Err(Error::invalid(field, "a section is public, for followers or private"))
            }
        }
    }

    pub(crate) fn to_proto(self) -> proto::Audience {
        match self {
            Self::Public => proto::Audience::Public,
            Self::Followers => proto::Audience::Followers,
            Self::Private => proto::Audience::Private,
        }
    }
}

/// The audiences that a member chose, and the caller's relation to the member.
#[derive(Clone, Debug)]
struct ProfileAccess {
    id: MemberId,
    ratings_for: Audience,
    shelf_for: Audience,
    comments_for: Audience,
    taste_for: Audience,
    /// The profile is the caller's own.
    own: bool,
    /// The caller follows the member.
    followed: bool,
}

impl ProfileAccess {
    fn visible_sections(&self) -> Vec<i32> {
        let may_see = |audience| match audience {
            Audience::Public => true,
            Audience::Followers => self.own || self.followed,
            Audience::Private => self.own,
        };
        let sections = [
            (Section::Ratings, may_see(self.ratings_for)),
            (Section::Shelf, may_see(self.shelf_for)),
            (Section::Comments, may_see(self.comments_for)),
            // Taste is computed from the ratings, which could be computed back from it.
            (Section::Taste, may_see(self.taste_for) && may_see(self.ratings_for)),
        ];
        let visible = sections.into_iter().filter(|(_, is_visible)| *is_visible);
        visible.map(|(section, _)| section.into()).collect()
    }
}

pub(crate) async fn check_access(
    service: &Service,
    request: proto::CheckAccessRequest,
) -> Result<proto::CheckAccessResponse, Error> {
    let caller = match request.viewer_id.as_str() {
        "" => None,
        id => Some(parse_member_id("viewer_id", id)?),
    };
    let ids = parse_member_ids("member_ids", &request.member_ids, MAX_IDS)?;
    let profiles = profile_accesses(&service.db, caller, &ids).await?;
    let access = profiles.into_iter().map(|profile| proto::Access {
        member_id: profile.id.to_string(),
        visible: profile.visible_sections(),
    });
    Ok(proto::CheckAccessResponse {
        access: access.collect(),
    })
}

async fn profile_accesses(
    db: &PgPool,
    caller: Option<MemberId>,
    ids: &[MemberId],
) -> Result<Vec<ProfileAccess>, Error> {
    let profiles = sqlx::query_as!(
        ProfileAccess,
        r#"select id, ratings_for as "ratings_for: Audience", shelf_for as "shelf_for: Audience",
                  comments_for as "comments_for: Audience", taste_for as "taste_for: Audience",
                  id is not distinct from $1 as "own!",
                  exists (select from follows where follower_id = $1 and followed_id = id) as "followed!"
           from members where id = any($2)"#,
        caller as Option<MemberId>,
        ids as &[MemberId]
    );
    Ok(profiles.fetch_all(db).await?)
}

/// Followed members whose feed items one follower reads: the latest followed ones.
const MAX_FEED_SOURCES: i64 = 1_000;

/// Returns whom a member follows and which sections of each the member may see, for the feed.
pub(crate) async fn list_followed(
    service: &Service,
    request: proto::ListFollowedRequest,
) -> Result<proto::ListFollowedResponse, Error> {
    let follower = parse_member_id("follower_id", &request.follower_id)?;
    let profiles = sqlx::query_as!(
        ProfileAccess,
        r#"select id, ratings_for as "ratings_for: Audience", shelf_for as "shelf_for: Audience",
                  comments_for as "comments_for: Audience", taste_for as "taste_for: Audience",
                  false as "own!", true as "followed!"
           from follows join members on id = followed_id
           where follower_id = $1 order by followed_at desc, followed_id desc limit $2"#,
        follower as MemberId,
        MAX_FEED_SOURCES
    )
    .fetch_all(&service.db)
    .await?;
    let followed = profiles.into_iter().map(|profile| proto::Access {
        member_id: profile.id.to_string(),
        visible: profile.visible_sections(),
    });
    Ok(proto::ListFollowedResponse {
        followed: followed.collect(),
    })
}

pub(crate) async fn get_profiles(
    service: &Service,
    caller: &Caller,
    request: proto::GetProfilesRequest,
) -> Result<proto::GetProfilesResponse, Error> {
    let ids = parse_member_ids("member_ids", &request.member_ids, MAX_PROFILES)?;
    let caller = caller.member_if_any().map(MemberId);
    let profiles = profile_accesses(&service.db, caller, &ids).await?;
    let counts = sqlx::query!(
        r#"select id, (select count(*) from follows where followed_id = id) as "followers!",
                  (select count(*) from follows where follower_id = id) as "following!"
           from members where id = any($1)"#,
        &ids as &[MemberId]
    )
    .fetch_all(&service.db)
    .await?;
    let profiles = profiles.into_iter().map(|profile| {
        let counted = counts.iter().find(|row| row.id == profile.id.0);
        let (followers, following) = counted.map_or((0, 0), |row| (row.followers, row.following));
        proto::Profile {
            member_id: profile.id.to_string(),
            follower_count: followers,
            following_count: following,
            followed: profile.followed,
            visible: profile.visible_sections(),
        }
    });
    Ok(proto::GetProfilesResponse {
        profiles: profiles.collect(),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn followers_see_more_than_the_public_and_the_owner_sees_all() {
        let seen = |own, followed| {
            let profile = ProfileAccess {
                id: MemberId(Uuid::nil()),
                ratings_for: Audience::Public,
                shelf_for: Audience::Followers,
                comments_for: Audience::Private,
                taste_for: Audience::Followers,
                own,
                followed,
            };
            profile.visible_sections()
        };
        let sections = |sections: &[Section]| sections.iter().map(|one| i32::from(*one)).collect::<Vec<_>>();
        let followers = [Section::Ratings, Section::Shelf, Section::Taste];
        let all = [Section::Ratings, Section::Shelf, Section::Comments, Section::Taste];
        assert_eq!(seen(false, false), sections(&[Section::Ratings]));
        assert_eq!(seen(false, true), sections(&followers));
        assert_eq!(seen(true, false), sections(&all));
    }

    #[test]
    fn a_taste_is_visible_to_callers_who_see_the_ratings_too() {
        for (ratings_for, followed, visible) in [
            (Audience::Public, false, true),
            (Audience::Followers, false, false),
            (Audience::Followers, true, true),
            (Audience::Private, true, false),
        ] {
            let profile = ProfileAccess {
                id: MemberId(Uuid::nil()),
                ratings_for,
                shelf_for: Audience::Private,
                comments_for: Audience::Private,
                taste_for: Audience::Public,
                own: false,
                followed,
            };
            let taste = profile.visible_sections().contains(&Section::Taste.into());
            assert_eq!(taste, visible, "{ratings_for:?}, followed: {followed}");
        }
    }
}
