-- One comment for each pair of member and movie. Unlike a rating, a deleted comment leaves no row behind: its text is gone, and
-- the next comment on that movie has an id, and so versions, of its own.
create table comments (
    id uuid primary key,
    member_id uuid not null,
    movie_id uuid not null,
    text text not null,
    -- What is equal in texts that say the same: the spam filter looks for it among the member's other comments.
    fingerprint uuid not null,
    -- What the author says, and what the spoiler filter thinks; either puts the veil on.
    spoiler boolean not null,
    spoiler_suspected boolean not null default false,
    -- Which text this is; the filters' verdicts name it, and one about an older text is dropped.
    revision bigint not null check (revision > 0),
    -- Grows at each change of the row, verdicts included; tells events apart.
    version bigint not null check (version > 0),
    -- The filter that has the text next: 1 spam, 2 language, 3 spoiler. Null: the pipeline is done with it.
    next_filter smallint check (next_filter between 1 and 3),
    -- Which filter held it back: 1 spam, 2 language. Null: none.
    hidden_for smallint check (hidden_for between 1 and 2),
    -- Checking, public, hidden: the numbers of the contract, derived so that they cannot disagree.
    state smallint not null generated always as (
        case when next_filter is not null then 1 when hidden_for is not null then 3 else 2 end) stored,
    like_count integer not null default 0 check (like_count >= 0),
    reply_count integer not null default 0 check (reply_count >= 0),
    created_at timestamptz not null,
    edited_at timestamptz,
    -- When this text was handed to the filters, and when one of them last moved it on.
    submitted_at timestamptz not null,
    moved_at timestamptz not null,
    unique (member_id, movie_id),
    check (next_filter is null or hidden_for is null)
);

-- A movie's comments by likes and by time. By stars they are sorted when asked for: the stars are the ratings' and change there.
create index comments_by_likes on comments (movie_id, like_count, created_at, id) where state = 2;
create index comments_by_time on comments (movie_id, created_at, id) where state = 2;
-- A member's own comments.
create index comments_of_member on comments (member_id, created_at, id);
-- The same text by the same member.
create index comments_by_fingerprint on comments (member_id, fingerprint, submitted_at, id);
-- What the filters have not finished; nearly always empty.
create index comments_unfinished on comments (moved_at) where next_filter is not null;

create table comment_likes (
    comment_id uuid not null references comments on delete cascade,
    member_id uuid not null,
    liked_at timestamptz not null,
    primary key (comment_id, member_id)
);

create table replies (
    id uuid primary key,
    comment_id uuid not null references comments on delete cascade,
    member_id uuid not null,
    text text not null,
    spoiler_suspected boolean not null,
    created_at timestamptz not null
);
create index replies_by_time on replies (comment_id, created_at, id);

-- How many public comments a movie has. Kept in the transaction that publishes or withdraws one: unlike ratings, comments are
-- rare enough for a row that all of a movie's share.
create table comment_counts (
    movie_id uuid primary key,
    -- No check for negative counts: an upsert checks the proposed row, which holds a difference.
    comment_count bigint not null
);
