//! Importing the members of a community that was loaded from files: many at a time, and the same again changes nothing.

use std::collections::{HashMap, HashSet};

use matcha_protos::user::v1 as proto;
use messaging::{events::Event, outbox, postgres};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Users,
    error::Error,
    members::{Member, MemberId, find, member_id},
    names::{Email, Handle, display_name, language},
    passwords::Password,
};

/// Members in one import.
const MOST_IMPORTED: usize = 2_000;
/// Members with a password in one import: each costs a hash, and the call has a deadline.
const MOST_IMPORTED_WITH_PASSWORD: usize = 20;

struct Import {
    id: MemberId,
    handle: Handle,
    email: Option<Email>,
    display_name: String,
    language: &'static str,
    synthetic: bool,
    password: Option<Password>,
}

impl TryFrom<proto::ImportMember> for Import {
    type Error = Error;

    fn try_from(member: proto::ImportMember) -> Result<Self, Error> {
        let handle = Handle::parse(&member.handle)?;
        let email = Some(&member.email).filter(|email| !email.is_empty());
        let email = email.map(|email| Email::parse(email)).transpose()?;
        let password = Some(&member.password).filter(|password| !password.is_empty());
        let email_text = email.as_ref().map(|email| email.0.as_str());
        let password = password.map(|password| Password::choose(password, &handle.0, email_text));
        Ok(Self {
            id: member_id("id", &member.id)?,
            password: password.transpose()?,
            handle,
            email,
            display_name: display_name(&member.display_name)?,
            language: language(&member.language)?,
            synthetic: member.synthetic,
        })
    }
}

pub(crate) async fn import(
    users: &Users,
    request: proto::ImportMembersRequest,
) -> Result<proto::ImportMembersResponse, Error> {
    if request.members.len() > MOST_IMPORTED {
        let message = format!("at most {MOST_IMPORTED} members");
        return Err(Error::invalid("members", message));
    }
    let members = request.members.into_iter().map(Import::try_from);
    let mut members = members.collect::<Result<Vec<_>, _>>()?;
    // In one order, so that two imports of the same file wait for each other instead of in a circle.
    members.sort_unstable_by_key(|member| member.id);
    let hashes = hash_passwords(users, &members).await?;
    let created = postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            let created = insert_new(tx, &members, &hashes).await?;
            let registered: Vec<Event> = created.iter().map(Member::registered).collect();
            outbox::push_all(tx, &registered).await?;
            Ok::<_, Error>(created.len())
        })
    })
    .await?;
    users.nudge.nudge();
    tracing::info!(created, "imported members");
    Ok(proto::ImportMembersResponse {
        created: created.try_into().unwrap_or(i32::MAX),
    })
}

/// Hashes of the passwords of those who are not there yet, so that the same import again costs nothing.
async fn hash_passwords(users: &Users, members: &[Import]) -> Result<HashMap<MemberId, String>, Error> {
    let with_password = members.iter().filter(|member| member.password.is_some());
    let ids: Vec<MemberId> = with_password.map(|member| member.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let known = find(&users.db, ids.clone()).await?;
    if ids.len() - known.len() > MOST_IMPORTED_WITH_PASSWORD {
        let message = format!("at most {MOST_IMPORTED_WITH_PASSWORD} members with a password");
        return Err(Error::invalid("members", message));
    }
    let mut hashes = HashMap::new();
    for member in members.iter().filter(|member| !known.contains_key(&member.id)) {
        if let Some(password) = &member.password {
            hashes.insert(member.id, users.hasher.hash(password.clone()).await?);
        }
    }
    Ok(hashes)
}

/// Inserts in one statement those who are not there yet.
async fn insert_new(
    connection: &mut PgConnection,
    members: &[Import],
    hashes: &HashMap<MemberId, String>,
) -> Result<Vec<Member>, Error> {
    fn column<'a, T>(members: &'a [Import], field: impl Fn(&'a Import) -> T) -> Vec<T> {
        members.iter().map(field).collect()
    }
    // No conflict target: with `(id)`, two imports of one member at the same moment can meet in the index of handles
    // first, and there the second would fail instead of doing nothing.
    let created: Vec<Member> = sqlx::query_as(
        "insert into members (id, handle, email, display_name, language, synthetic, password_hash)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::text[])
         on conflict do nothing
         returning id, handle, email, display_name, language, synthetic, registered_at, version",
    )
    .bind(column(members, |member| member.id.0))
    .bind(column(members, |member| member.handle.0.as_str()))
    .bind(column(members, |member| {
        member.email.as_ref().map(|email| email.0.as_str())
    }))
    .bind(column(members, |member| member.display_name.as_str()))
    .bind(column(members, |member| member.language))
    .bind(column(members, |member| member.synthetic))
    .bind(column(members, |member| hashes.get(&member.id).map(String::as_str)))
    .fetch_all(&mut *connection)
    .await?;
    refuse_lost(connection, members, &created).await?;
    Ok(created)
}

/// Doing nothing is right for a member who is there already. Where it was the handle or the email of somebody else, it is
/// an error: passing over it would leave ratings of a member who does not exist.
async fn refuse_lost(connection: &mut PgConnection, members: &[Import], created: &[Member]) -> Result<(), Error> {
    let created: HashSet<MemberId> = created.iter().map(|member| member.id).collect();
    let others = members.iter().filter(|member| !created.contains(&member.id));
    let (ids, handles): (Vec<Uuid>, Vec<&str>) = others.map(|member| (member.id.0, member.handle.0.as_str())).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    let lost: Option<(String, bool)> = sqlx::query_as(
        "select wanted.handle, exists (select from members where lower(members.handle) = wanted.handle)
         from unnest($1::uuid[], $2::text[]) as wanted (id, handle)
         where not exists (select from members where members.id = wanted.id) limit 1",
    )
    .bind(ids)
    .bind(handles)
    .fetch_optional(connection)
    .await?;
    match lost {
        None => Ok(()),
        Some((handle, true)) => Err(Error::NotImported {
            handle,
            field: "handle",
        }),
        Some((handle, false)) => Err(Error::NotImported { handle, field: "email" }),
    }
}
