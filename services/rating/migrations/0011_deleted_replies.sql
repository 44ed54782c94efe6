-- Ids of replies that were deleted. Whoever replies draws the id, so that the same request again is no second reply; without
-- this one that comes late would bring a deleted reply back. Nothing else is kept of it.
create table deleted_replies (
    id uuid primary key,
    deleted_at timestamptz not null
);
