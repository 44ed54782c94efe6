-- Who sees which section of a member's profile: 1 everybody, 2 followers, 3 nobody else, as the contract numbers it.
alter table members
    add column ratings_for  smallint not null default 1 check (ratings_for between 1 and 3),
    add column shelf_for    smallint not null default 1 check (shelf_for between 1 and 3),
    add column comments_for smallint not null default 1 check (comments_for between 1 and 3),
    add column taste_for    smallint not null default 1 check (taste_for between 1 and 3);
