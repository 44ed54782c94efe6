-- Members, their sessions and refresh tokens. Only this service opens this database.

create table members (
    -- UUID v7: grows with time, so that new members land on the same index page.
    id            uuid primary key,
    handle        text not null check (handle ~ '^[a-z0-9_]{3,30}$'),
    -- Absent for members of a community that was loaded from files.
    email         text check (length(email) <= 254),
    display_name  text not null check (length(display_name) between 1 and 50),
    language      text not null check (language in ('ko', 'en')),
    -- A PHC string of argon2id. Absent: the member cannot sign in.
    password_hash text,
    -- Drawn by the seed, not a person.
    synthetic     boolean not null default false,
    registered_at timestamptz not null default now(),
    -- Grows by one at each change; events carry it.
    version       bigint not null default 1
);

-- A handle and an email belong to one member, however they are cased. The service reads these two names when an insert
-- is refused, to say which field is taken.
create unique index members_handle_key on members (lower(handle));
create unique index members_email_key on members (lower(email));

-- A session is the family of refresh tokens that goes back to one sign-in.
create table sessions (
    id         uuid primary key,
    member_id  uuid not null references members (id) on delete cascade,
    created_at timestamptz not null default now(),
    ended_at   timestamptz,
    end_reason text check (end_reason in ('sign_out', 'reuse', 'expired')),
    -- Of the browser that signed in, for the member's list of sessions.
    user_agent text,
    peer       text,
    constraint sessions_end_has_a_reason check ((ended_at is null) = (end_reason is null))
);

-- For "all sessions of this member" and for the cascade.
create index sessions_member on sessions (member_id);
-- For the list of sessions that ended just now, which every gateway asks for every few seconds, and for the sweeper.
create index sessions_ended on sessions (ended_at) where ended_at is not null;

create table refresh_tokens (
    -- SHA-256 of the token. The token has 256 random bits, so a slow hash would protect nothing more.
    hash        bytea primary key check (length(hash) = 32),
    session_id  uuid not null references sessions (id) on delete cascade,
    issued_at   timestamptz not null default now(),
    expires_at  timestamptz not null,
    -- When the token was first exchanged for the next one.
    used_at     timestamptz,
    -- The token that the first exchange gave; a retry inside the window gets another one, which is not named here.
    replaced_by bytea
);

-- For the cascade, and for finding sessions that have no token left.
create index refresh_tokens_session on refresh_tokens (session_id);
-- For the sweeper.
create index refresh_tokens_expiry on refresh_tokens (expires_at);
