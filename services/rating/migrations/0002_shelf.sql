-- Where a member put a movie. Taken off: a row without state, for the version's sake (see ratings).
create table shelf (
    member_id uuid not null,
    movie_id uuid not null,
    -- 1 wish, 2 watching, 3 not interested: the numbers of the contract. Null: taken off.
    state smallint check (state between 1 and 3),
    version bigint not null check (version > 0),
    changed_at timestamptz not null,
    primary key (member_id, movie_id)
);

-- A member's shelf, newest first.
create index shelf_by_time on shelf (member_id, changed_at, movie_id) where state is not null;
