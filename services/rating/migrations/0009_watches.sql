-- The diary of a member: a movie and the day it was seen. The id is the client's, so that logging again is no second watch.
create table watches (
    id uuid primary key,
    member_id uuid not null,
    movie_id uuid not null,
    -- Null: the day is not known, as it is of what was brought from a list of films seen.
    watched_on date check (watched_on >= date '1888-01-01'),
    rewatch boolean not null,
    tags text[] not null check (cardinality(tags) <= 10),
    -- An import that is undone leaves what was changed since.
    version bigint not null check (version > 0)
);

-- A day says the same of a movie only once, and so does no day at all; it is also how an import finds what is there.
create unique index watches_by_movie on watches (member_id, movie_id, coalesce(watched_on, date '0001-01-01'));

-- A member's watches, the latest day first and those without one last.
create index watches_by_day on watches (member_id, coalesce(watched_on, date '0001-01-01'), id);

-- What a row of a file says of a watch.
alter table import_rows
    add column watched_on date,
    add column rewatch boolean not null default false,
    add column tags text[] not null default '{}';
