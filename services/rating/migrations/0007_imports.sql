-- A member's own file, between its preview and its end: kept so that it can be looked at, applied bit by bit, and undone.
create table imports (
    id uuid primary key,
    member_id uuid not null,
    -- The numbers of the contract, as everywhere below.
    source smallint not null,
    file_name text not null,
    -- 1 loading, 2 ready, 3 applying, 4 applied, 5 undoing, 6 undone.
    state smallint not null check (state between 1 and 6),
    policy smallint check (policy between 1 and 3),
    row_count bigint not null default 0,
    -- How many rows the applying or the undoing has before it, and how many are through.
    to_do bigint not null default 0,
    done bigint not null default 0,
    created_at timestamptz not null default now(),
    -- When a worker last did a bit of it: the one that waited longest is next.
    moved_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '7 days'
);
create index imports_of_member on imports (member_id, created_at);
create index imports_at_work on imports (moved_at) where state in (3, 5);
create index imports_by_expiry on imports (expires_at);

create table import_rows (
    import_id uuid not null references imports on delete cascade,
    position integer not null,
    file text not null,
    line integer not null,
    title text not null,
    year integer not null,
    -- 0 nothing readable, 1 rating, 2 shelf, 3 comment, 4 watch.
    kind smallint not null check (kind between 0 and 4),
    stars smallint check (stars between 1 and 10),
    shelf smallint check (shelf between 1 and 3),
    text text,
    spoiler boolean not null default false,
    dated_at timestamptz,
    movie_id uuid,
    reason smallint,
    -- Another row of the file says something later of the same movie.
    superseded boolean not null default false,
    -- How it compared when it was applied; before that it is compared whenever somebody looks.
    class smallint,
    -- 1 applied, 2 kept, 3 undone, 4 left. It is written in the transaction of the change itself, so no row is applied twice.
    outcome smallint,
    -- What the change replaced, for the undoing.
    previous_stars smallint,
    previous_shelf smallint,
    previous_text text,
    previous_spoiler boolean,
    previous_at timestamptz,
    -- The version that the change made (of a comment: its revision, and its id). Another one now: changed since.
    made_version bigint,
    made_id uuid,
    primary key (import_id, position),
    check (kind <> 1 or stars is not null or reason is not null),
    check (kind <> 2 or shelf is not null or reason is not null),
    check (kind <> 3 or text is not null or reason is not null)
);
-- Which rows are about one movie, and which are unmatched.
create index import_rows_by_movie on import_rows (import_id, kind, movie_id) where reason is null;
