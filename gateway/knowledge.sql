-- search --
-- $1 user, $2 the customer's words, $3 the same without accents, $4 text search configuration, $5 most passages. Any word
-- may match but those that say nothing in that language, and one in the question weighs more than one in the text. The
-- entries of one business are few enough to be ranked one by one: "offset 0" keeps the planner from looking a word up
-- among the entries of everybody.
with asked as (
    select string_agg(distinct quote_literal(w.lexeme), ' | ')::tsquery as query
    from (
        select coalesce((
            select oid::regconfig from pg_ts_config where cfgname = $4 and pg_ts_config_is_visible(oid)
        ), 'simple') as name
    ) config
    cross join unnest($2::text[], $3::text[]) given (word, bare)
    cross join lateral unnest(
        to_tsvector(config.name, given.word) || to_tsvector(config.name, given.bare)
        || to_tsvector('simple', given.bare)
    ) w
    where length(to_tsvector(config.name, given.word)) > 0 and length(to_tsvector(config.name, given.bare)) > 0
), own as (
    select entry_id, question, text, source, words from knowledge where user_id = $1 offset 0
)
select k.entry_id, k.question, k.text, k.source, ts_rank_cd('{0.1, 0.3, 0.6, 1.0}', k.words, a.query, 1) as rank
from asked a join own k on k.words @@ a.query
order by rank desc, k.entry_id limit $5
