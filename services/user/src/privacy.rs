//! Who may see what of a member. The choice is kept here, beside the followers it speaks of, and so is the one rule that reads
//! it; the services that own the data of a section ask before they give it away.
//!
//! They ask by RPC and keep no copy: a copy fed by events would go on showing for a moment, or for as long as an event is
//! lost, what a member has just hidden. An answer that cannot be had is a no.

use chassis::identity::Caller;
use matcha_protos::user::v1::{self as proto, Section};
use sqlx::PgPool;

use crate::{
    Users,
    error::Error,
    members::{MOST_READ, MemberId, member_id, member_ids},
};

/// Profiles in one answer: each counts two lists.
const MOST_PROFILES: usize = 100;

/// Whom a section is for; the numbers are those of the contract.
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

    pub(crate) fn outside(self) -> proto::Audience {
        match self {
            Self::Public => proto::Audience::Public,
            Self::Followers => proto::Audience::Followers,
            Self::Private => proto::Audience::Private,
        }
    }
}

/// A member's choices, and how somebody stands to them.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Standing {
    id: MemberId,
    ratings_for: Audience,
    shelf_for: Audience,
    comments_for: Audience,
    taste_for: Audience,
    /// Whether it is the viewer's own profile.
    own: bool,
    /// Whether the viewer follows the member.
    followed: bool,
}

impl Standing {
    fn visible(&self) -> Vec<i32> {
        let sections = [
            (Section::Ratings, self.ratings_for),
            (Section::Shelf, self.shelf_for),
            (Section::Comments, self.comments_for),
            (Section::Taste, self.taste_for),
        ];
        let may = |audience| match audience {
            Audience::Public => true,
            Audience::Followers => self.own || self.followed,
            Audience::Private => self.own,
        };
        let visible = sections.into_iter().filter(|(_, audience)| may(*audience));
        visible.map(|(section, _)| section.into()).collect()
    }
}

pub(crate) async fn check_access(
    users: &Users,
    request: proto::CheckAccessRequest,
) -> Result<proto::CheckAccessResponse, Error> {
    let viewer = match request.viewer_id.as_str() {
        "" => None,
        id => Some(member_id("viewer_id", id)?),
    };
    let ids = member_ids("member_ids", &request.member_ids, MOST_READ)?;
    let standings = standings(&users.db, viewer, ids).await?;
    let access = standings.into_iter().map(|standing| proto::Access {
        member_id: standing.id.to_string(),
        visible: standing.visible(),
    });
    Ok(proto::CheckAccessResponse {
        access: access.collect(),
    })
}

async fn standings(db: &PgPool, viewer: Option<MemberId>, ids: Vec<MemberId>) -> Result<Vec<Standing>, Error> {
    let standings = sqlx::query_as(
        "select id, ratings_for, shelf_for, comments_for, taste_for, id is not distinct from $1 as own,
                exists (select from follows where follower_id = $1 and followed_id = id) as followed
         from members where id = any($2)",
    );
    Ok(standings.bind(viewer).bind(ids).fetch_all(db).await?)
}

/// Whose acts are gathered for one follower. Who follows more sees what those followed last do.
const MOST_GATHERED: i64 = 1_000;

/// Two questions in one: whom somebody follows, and what of each of them. A follower sees what is for followers, by the same rule
/// as everywhere.
pub(crate) async fn list_followed(
    users: &Users,
    request: proto::ListFollowedRequest,
) -> Result<proto::ListFollowedResponse, Error> {
    let follower = member_id("follower_id", &request.follower_id)?;
    let standings: Vec<Standing> = sqlx::query_as(
        "select id, ratings_for, shelf_for, comments_for, taste_for, false as own, true as followed
         from follows join members on id = followed_id
         where follower_id = $1 order by followed_at desc, followed_id desc limit $2",
    )
    .bind(follower)
    .bind(MOST_GATHERED)
    .fetch_all(&users.db)
    .await?;
    let followed = standings.into_iter().map(|standing| proto::Access {
        member_id: standing.id.to_string(),
        visible: standing.visible(),
    });
    Ok(proto::ListFollowedResponse {
        followed: followed.collect(),
    })
}

pub(crate) async fn get_profiles(
    users: &Users,
    caller: &Caller,
    request: proto::GetProfilesRequest,
) -> Result<proto::GetProfilesResponse, Error> {
    let ids = member_ids("member_ids", &request.member_ids, MOST_PROFILES)?;
    let viewer = caller.member_if_any().map(MemberId);
    let standings = standings(&users.db, viewer, ids.clone()).await?;
    let counts: Vec<(MemberId, i64, i64)> = sqlx::query_as(
        "select id, (select count(*) from follows where followed_id = id),
                (select count(*) from follows where follower_id = id)
         from members where id = any($1)",
    )
    .bind(ids)
    .fetch_all(&users.db)
    .await?;
    let profiles = standings.into_iter().map(|standing| {
        let counted = counts.iter().find(|(id, ..)| *id == standing.id);
        let (followers, following) = counted.map_or((0, 0), |(_, followers, following)| (*followers, *following));
        proto::Profile {
            member_id: standing.id.to_string(),
            follower_count: followers,
            following_count: following,
            followed: standing.followed,
            visible: standing.visible(),
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
    fn each_audience_is_a_part_of_the_one_before() {
        let seen = |own, followed| {
            let standing = Standing {
                id: MemberId(Uuid::nil()),
                ratings_for: Audience::Public,
                shelf_for: Audience::Followers,
                comments_for: Audience::Private,
                taste_for: Audience::Followers,
                own,
                followed,
            };
            standing.visible()
        };
        let sections = |sections: &[Section]| sections.iter().map(|one| i32::from(*one)).collect::<Vec<_>>();
        let followers = [Section::Ratings, Section::Shelf, Section::Taste];
        let all = [Section::Ratings, Section::Shelf, Section::Comments, Section::Taste];
        assert_eq!(seen(false, false), sections(&[Section::Ratings]));
        assert_eq!(seen(false, true), sections(&followers));
        assert_eq!(seen(true, false), sections(&all));
    }
}
