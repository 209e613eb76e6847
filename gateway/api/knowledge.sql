-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select * from knowledge
where user_id = $1 and ($2::timestamptz is null or (created_at, entry_id) < ($2, $3))
order by created_at desc, entry_id desc limit $4

-- get --
select * from knowledge where user_id = $1 and entry_id = $2

-- lock --
-- Holds the entry while it is changed.
select * from knowledge where user_id = $1 and entry_id = $2 for update

-- store --
-- $1 user, $2 entry, $3 kind, $4 question, $5 text, $6 source, $7 language, $8 text search configuration; the words of
-- the question as written ($9) and bare ($10), those of the text ($11, $12). Words that say nothing in the language of
-- the entry are left out, also bare: an unaccented "nao" finds no "não".
with config as (
    select coalesce((
        select oid::regconfig from pg_ts_config where cfgname = $8 and pg_ts_config_is_visible(oid)
    ), 'simple') as name
), kept as (
    select given.weight, string_agg(given.word, ' ' order by given.n) as words,
        string_agg(given.bare, ' ' order by given.n) as bare
    from (
        select 'A'::"char" as weight, * from unnest($9::text[], $10::text[]) with ordinality q (word, bare, n)
        union all select 'B', * from unnest($11::text[], $12::text[]) with ordinality t (word, bare, n)
    ) given
    cross join config c
    where length(to_tsvector(c.name, given.word)) > 0 and length(to_tsvector(c.name, given.bare)) > 0
    group by given.weight
), indexed as (
    select k.weight, setweight(
        to_tsvector(c.name, k.words) || to_tsvector(c.name, k.bare) || to_tsvector('simple', k.bare), k.weight
    ) as words
    from kept k cross join config c
)
insert into knowledge (user_id, entry_id, kind, question, text, source, language, words)
values ($1, $2, $3, $4, $5, $6, $7,
        coalesce((select words from indexed where weight = 'A'), '')
        || coalesce((select words from indexed where weight = 'B'), ''))
on conflict (user_id, entry_id) do update set
    kind = excluded.kind, question = excluded.question, text = excluded.text, source = excluded.source,
    language = excluded.language, words = excluded.words

-- remove --
delete from knowledge where user_id = $1 and entry_id = $2 returning entry_id
