//! Operator bulk import of members, such as those of a public data set. Idempotent: members that exist stay as they are.

use std::collections::{HashMap, HashSet};

use matcha_protos::user::v1 as proto;
use messaging::{events::Event, outbox, postgres};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Service,
    error::Error,
    members::{Member, MemberId, find, parse_member_id},
    names::{Email, Handle, parse_display_name, parse_language},
    passwords::Password,
};

/// Members in one request.
const MAX_MEMBERS: usize = 2_000;
/// New members with a password in one request: each costs a hash, and the call has a deadline.
const MAX_WITH_PASSWORD: usize = 20;

struct ImportedMember {
    id: MemberId,
    handle: Handle,
    email: Option<Email>,
    display_name: String,
    language: &'static str,
    synthetic: bool,
    password: Option<Password>,
}

impl TryFrom<proto::ImportMember> for ImportedMember {
    type Error = Error;

    fn try_from(member: proto::ImportMember) -> Result<Self, Error> {
        let handle = Handle::parse(&member.handle)?;
        let email = Some(&member.email).filter(|email| !email.is_empty());
        let email = email.map(|email| Email::parse(email)).transpose()?;
        let password = Some(&member.password).filter(|password| !password.is_empty());
        let email_text = email.as_ref().map(|email| email.0.as_str());
        let password = password.map(|password| Password::parse_new(password, &handle.0, email_text));
        Ok(Self {
            id: parse_member_id("id", &member.id)?,
            password: password.transpose()?,
            handle,
            email,
            display_name: parse_display_name(&member.display_name)?,
            language: parse_language(&member.language)?,
            synthetic: member.synthetic,
        })
    }
}

pub(crate) async fn import_members(
    service: &Service,
    request: proto::ImportMembersRequest,
) -> Result<proto::ImportMembersResponse, Error> {
    if request.members.len() > MAX_MEMBERS {
        let message = format!("at most {MAX_MEMBERS} members");
        return Err(Error::invalid("members", message));
    }
    let members = request.members.into_iter().map(ImportedMember::try_from);
    let mut members = members.collect::<Result<Vec<_>, _>>()?;
    // Sorted, so that two imports of the same members lock rows in one order and cannot deadlock.
    members.sort_unstable_by_key(|member| member.id);
    let hashes = hash_new_passwords(service, &members).await?;
    let created = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let created = insert_new(tx, &members, &hashes).await?;
            let registered: Vec<Event> = created.iter().map(Member::registered_event).collect();
            outbox::push_all(tx, &registered).await?;
            Ok::<_, Error>(created.len())
        })
    })
    .await?;
    service.nudge.nudge();
    tracing::info!(created, "imported members");
    Ok(proto::ImportMembersResponse {
        created: created.try_into().unwrap_or(i32::MAX),
    })
}

/// Hashes the passwords of new members only, so that a repeated import costs no hash.
async fn hash_new_passwords(service: &Service, members: &[ImportedMember]) -> Result<HashMap<MemberId, String>, Error> {
    let with_password = members.iter().filter(|member| member.password.is_some());
    let ids: Vec<MemberId> = with_password.map(|member| member.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let known = find(&service.db, &ids).await?;
    if ids.len() - known.len() > MAX_WITH_PASSWORD {
        let message = format!("at most {MAX_WITH_PASSWORD} members with a password");
        return Err(Error::invalid("members", message));
    }
    let mut hashes = HashMap::new();
    for member in members.iter().filter(|member| !known.contains_key(&member.id)) {
        if let Some(password) = &member.password {
            hashes.insert(member.id, service.hasher.hash(password.clone()).await?);
        }
    }
    Ok(hashes)
}

/// Inserts the new members in one statement and returns them.
async fn insert_new(
    connection: &mut PgConnection,
    members: &[ImportedMember],
    hashes: &HashMap<MemberId, String>,
) -> Result<Vec<Member>, Error> {
    fn column<'a, T>(members: &'a [ImportedMember], field: impl Fn(&'a ImportedMember) -> T) -> Vec<T> {
        members.iter().map(field).collect()
    }
    // No conflict target: with `(id)`, the second of two concurrent imports of one member could conflict in the index of
    // handles first, and fail instead of doing nothing.
    let created = sqlx::query_as!(
        Member,
        "insert into members (id, handle, email, display_name, language, synthetic, password_hash)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::text[])
         on conflict do nothing
         returning id, handle, email, display_name, language, synthetic, registered_at, version",
        &column(members, |member| member.id.0),
        &column(members, |member| member.handle.0.as_str()) as &[&str],
        &column(members, |member| member.email.as_ref().map(|email| email.0.as_str())) as &[Option<&str>],
        &column(members, |member| member.display_name.as_str()) as &[&str],
        &column(members, |member| member.language) as &[&str],
        &column(members, |member| member.synthetic),
        &column(members, |member| hashes.get(&member.id).map(String::as_str)) as &[Option<&str>]
    )
    .fetch_all(&mut *connection)
    .await?;
    ensure_all_exist(connection, members, &created).await?;
    Ok(created)
}

/// Skipping is right only for a member who exists already. A member who was skipped because another one has the handle or the
/// email is an error: otherwise ratings of a member who does not exist would be imported later.
async fn ensure_all_exist(
    connection: &mut PgConnection,
    members: &[ImportedMember],
    created: &[Member],
) -> Result<(), Error> {
    let created: HashSet<MemberId> = created.iter().map(|member| member.id).collect();
    let skipped = members.iter().filter(|member| !created.contains(&member.id));
    let (ids, handles): (Vec<Uuid>, Vec<String>) = skipped.map(|member| (member.id.0, member.handle.0.clone())).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    let missing = sqlx::query!(
        r#"select imported.handle as "handle!",
                  exists (select from members where lower(members.handle) = imported.handle) as "handle_taken!"
           from unnest($1::uuid[], $2::text[]) as imported (id, handle)
           where not exists (select from members where members.id = imported.id) limit 1"#,
        &ids,
        &handles
    )
    .fetch_optional(connection)
    .await?;
    match missing {
        None => Ok(()),
        Some(row) => {
            let field = if row.handle_taken { "handle" } else { "email" };
            let handle = row.handle;
            let message = format!("{handle} cannot be imported: this {field} belongs to another member");
            Err(Error::conflict(field, message))
        }
    }
}
