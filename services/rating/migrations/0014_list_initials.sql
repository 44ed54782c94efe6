-- The title of a list by its initial consonants, as ㅂㅇㄴ is typed for 비 오는 날.
alter table lists add column initials text not null default '';

-- Of the lists there are. NFKD takes syllables apart into leads (U+1100 and on), vowels and trails; a list that is saved again is
-- read by the program itself.
update lists set initials = (
    select coalesce(string_agg(case
               when ascii(letter) between 4352 and 4370
                   then substr('ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ', ascii(letter) - 4351, 1)
               when ascii(letter) between 4449 and 4546 then ''
               when ascii(letter) between 768 and 879 then ''
               when ascii(letter) < 128 and letter !~ '[A-Za-z0-9]' then ''
               else lower(letter) end, '' order by place), '')
    from regexp_split_to_table(normalize(title, NFKD), '') with ordinality as letters (letter, place));

-- Whatever contains a query has all of the query's pairs, in either spelling.
update lists set grams = array(
    select unnest(grams)
    union
    select substr(initials, place, 2) from generate_series(1, length(initials) - 1) as place);
