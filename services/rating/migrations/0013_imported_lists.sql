-- Lists in a file: a row for the list (kind 5) and one for each movie in it (kind 6).
alter table import_rows
    drop constraint import_rows_kind_check,
    add constraint import_rows_kind_check check (kind between 0 and 6),
    -- Of the list, in the file.
    add column list_id uuid,
    -- What it is called here where that id is somebody else's.
    add column own_list_id uuid,
    add column is_public boolean not null default false,
    add column created_at timestamptz,
    add column place integer not null default 0,
    -- What a list was before, for the undoing; its text and its date stand where those of others do.
    add column previous_title text,
    add column previous_public boolean,
    add column previous_movies uuid[],
    add constraint import_rows_list_check check (kind not in (5, 6) or list_id is not null or reason is not null);
-- A list with its movies.
create index import_rows_by_list on import_rows (import_id, list_id, kind, place, position) where list_id is not null;
