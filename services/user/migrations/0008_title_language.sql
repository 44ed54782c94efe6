-- What movies are called for a member: one language, as they were called at home, or in whatever language the page is.
alter table members
    add column title_language text not null default 'page' check (title_language in ('page', 'ko', 'en', 'original'));
