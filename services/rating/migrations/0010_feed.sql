-- The feed reads the newest acts of each followed member: one descent of an index for each, whatever else the member did.
-- Ratings have such an index already (ratings_by_time). On the shelf and among comments only these acts are told.
create index shelf_wishes_by_time on shelf (member_id, changed_at, movie_id) where state = 1;
create index comments_of_member_public on comments (member_id, created_at, movie_id) where state = 2;
