-- lock --
-- Waits for whoever does the same at this moment.
select pg_advisory_xact_lock(hashtextextended($1, 0))

-- find --
-- $1 user, $2 what was asked. The answer to it of the last day; no row when there is none.
select body_hash, status, answer from api_answers
where user_id = $1 and request_key = $2 and created_at > now() - interval '1 day'

-- keep --
insert into api_answers (user_id, request_key, body_hash, status, answer) values ($1, $2, $3, $4, $5)
on conflict (user_id, request_key) do update set
    body_hash = excluded.body_hash, status = excluded.status, answer = excluded.answer, created_at = now()
