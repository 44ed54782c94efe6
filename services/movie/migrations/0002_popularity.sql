-- A copy of rating's statistics, for ranking. It is apart from the movies because it changes with every rating, and it has
-- no foreign key because a rating's event may arrive before the movie does. Counts may be negative for a moment, when a
-- clearing arrives before the rating it clears; the sum of all deltas is right in any order.
create table popularity (
    movie_id uuid primary key,
    rating_count bigint not null,
    -- Of stars 1-10.
    rating_sum bigint not null,
    generation bigint not null
);
-- Replicas ask which figures changed since the generation they know.
create index popularity_generation on popularity (generation);
