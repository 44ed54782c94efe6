-- What a list was made of, as a digest: the same request again is answered with the list, and another one with the same id is
-- not taken for it. The list itself may have changed since. Null: it came from a file, or from before there was this column.
alter table lists add column made_of uuid;
