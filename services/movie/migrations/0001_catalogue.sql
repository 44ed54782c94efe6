-- Who changes facts or popularity takes the next number here and holds the row until the commit. So numbers become visible
-- in order, and a replica that asks for "everything after the last number I saw" misses nothing; a sequence's numbers are
-- handed out before the commit and would not allow that. It also lines writers up, which is what keeps two overlapping
-- batches from deadlocking.
create table generation (
    of text primary key,
    value bigint not null
);
insert into generation (of, value) values ('facts', 0), ('popularity', 0);

-- Filters and sorts are answered from the search index in memory, so no column but these keys has an index here.
create table movie (
    id uuid primary key,
    title_ko text not null,
    title_en text not null,
    title_original text not null,
    year int not null check (year between 1870 and 2100),
    -- Minutes; 0: not known.
    runtime int not null check (runtime between 0 and 2000),
    countries text[] not null,
    genres text[] not null,
    -- Empty: not known.
    imdb_id text not null,
    poster_url text not null,
    version bigint not null,
    -- Of the last change, of the credits' names included.
    generation bigint not null
);
-- Replicas ask which movies changed since the generation they know.
create index movie_generation on movie (generation);

-- A person is known by the English name: the id is made from it (UUIDv5), so every import arrives at the same person.
create table person (
    id uuid primary key,
    name_en text not null,
    -- Empty: not known.
    name_ko text not null
);

create table credit (
    movie_id uuid not null references movie (id) on delete cascade,
    -- 1: director, 2: actor, as in the contract.
    role smallint not null check (role in (1, 2)),
    position int not null,
    person_id uuid not null references person (id),
    primary key (movie_id, role, position)
);
-- For building the index person by person.
create index credit_person on credit (person_id);
