-- Who follows whom.
create table follows (
    follower_id uuid not null references members (id) on delete cascade,
    followed_id uuid not null references members (id) on delete cascade,
    followed_at timestamptz not null default now(),
    primary key (follower_id, followed_id),
    constraint follows_nobody_themself check (follower_id <> followed_id)
);

-- For the two lists of a member, newest first, and for counting them.
create index follows_followers on follows (followed_id, followed_at, follower_id);
create index follows_following on follows (follower_id, followed_at, followed_id);
