-- What a rating took off the shelf, and since when it had been there: clearing the rating puts it back. It holds for one version
-- of the row only: whoever moves the movie on the shelf meanwhile has decided otherwise.
alter table shelf
    add column rated_state smallint check (rated_state in (1, 2)),
    add column rated_since timestamptz,
    add column rated_version bigint;
