-- Finding members by how a name begins. By code point, whatever the database's own order is: what begins alike then stands
-- together, and half-typed Hangul syllables are a range.
create index members_by_handle on members (handle collate "C");
create index members_by_display_name on members (lower(display_name) collate "C", id);
-- Who was followed lately, and who has been here longest: for suggestions.
create index follows_by_time on follows (followed_at);
create index members_by_registration on members (registered_at, id);
