-- One row for each pair of member and movie that was ever rated. A cleared rating stays as a row without stars, because
-- its version must go on growing: a consumer that kept version 3 would refuse a new rating that began again at 1.
create table ratings (
    member_id uuid not null,
    movie_id uuid not null,
    -- Half stars, doubled. Null: cleared.
    stars smallint check (stars between 1 and 10),
    -- What `stars` was before the last change: an upsert cannot return the row it replaced, and the event must name it.
    previous_stars smallint,
    version bigint not null check (version > 0),
    rated_at timestamptz not null,
    -- What `movie_stats` has counted of this row, and by which version. This makes the projector safe against
    -- events that come twice or out of order, and says what to take away when a newer one comes.
    projected_stars smallint,
    projected_version bigint not null default 0,
    primary key (member_id, movie_id),
    check (projected_version between 0 and version)
)
-- Room on each page for the projector's update, which touches no index and so stays on its page.
with (fillfactor = 85);

-- A member's list by time. Both serve the count of a member's ratings too.
create index ratings_by_time on ratings (member_id, rated_at, movie_id) where stars is not null;
-- A member's list by stars, read backwards for the highest first.
create index ratings_by_stars on ratings (member_id, stars, rated_at, movie_id) where stars is not null;

-- The materialised view of all ratings of a movie, built from this service's own events. A write does not update it in its
-- own transaction: everyone who rates the same popular movie would queue for one row.
create table movie_stats (
    movie_id uuid primary key,
    -- How many gave 1, 2, … 10. No check for negative bars: an upsert checks the proposed row, which holds a difference.
    histogram bigint[] not null check (cardinality(histogram) = 10),
    -- Derived from the bars, so that they cannot disagree.
    rating_count bigint not null generated always as (
        histogram[1] + histogram[2] + histogram[3] + histogram[4] + histogram[5]
        + histogram[6] + histogram[7] + histogram[8] + histogram[9] + histogram[10]) stored,
    stars_sum bigint not null generated always as (
        histogram[1] + 2 * histogram[2] + 3 * histogram[3] + 4 * histogram[4] + 5 * histogram[5]
        + 6 * histogram[6] + 7 * histogram[7] + 8 * histogram[8] + 9 * histogram[9] + 10 * histogram[10]) stored
)
with (fillfactor = 85);
