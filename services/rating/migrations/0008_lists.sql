-- A member's lists of movies. Nobody else keeps a copy of them, so no event tells of them.
create table lists (
    -- Drawn by whoever makes the list, so that a repeated request is no second list.
    id uuid primary key,
    member_id uuid not null,
    title text not null,
    text text not null,
    is_public boolean not null,
    -- The title as the search compares it: letters and digits only, syllables taken apart.
    key text not null,
    -- Its single letters and pairs of neighbours: whatever contains a query has all of the query's.
    grams text[] not null,
    -- Grows whenever a movie comes, goes or changes places; who orders them says which version they have seen.
    version bigint not null default 1 check (version > 0),
    movie_count integer not null default 0 check (movie_count between 0 and 500),
    like_count integer not null default 0 check (like_count >= 0),
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now()
);
create index lists_of_member on lists (member_id, created_at, id);
-- A private list cannot be found, so the search need not step over it.
create index lists_by_grams on lists using gin (grams) where is_public;

create table list_movies (
    list_id uuid not null references lists on delete cascade,
    movie_id uuid not null,
    -- Grows from the first movie to the last, with gaps where one was removed.
    position integer not null,
    primary key (list_id, movie_id),
    -- Checked when a statement is done: a new order gives one movie the place that another still has.
    unique (list_id, position) deferrable initially immediate
);
-- The lists that contain a movie.
create index list_movies_by_movie on list_movies (movie_id, list_id);

create table list_likes (
    list_id uuid not null references lists on delete cascade,
    member_id uuid not null,
    liked_at timestamptz not null,
    primary key (list_id, member_id)
);
