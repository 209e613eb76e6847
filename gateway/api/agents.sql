-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select * from agents
where user_id = $1 and ($2::timestamptz is null or (created_at, agent_id) < ($2, $3))
order by created_at desc, agent_id desc limit $4

-- get --
select * from agents where user_id = $1 and agent_id = $2

-- add --
insert into agents (user_id, agent_id, prompt_id, name, model, quiet_ms, max_wait_ms, fallback_text)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- change --
-- Null leaves as it is.
update agents set
    name = coalesce($3, name), prompt_id = coalesce($4, prompt_id), model = coalesce($5, model),
    quiet_ms = coalesce($6, quiet_ms), max_wait_ms = coalesce($7, max_wait_ms),
    fallback_text = coalesce($8, fallback_text)
where user_id = $1 and agent_id = $2

-- holder --
-- $1 user, $2 number. The agent on a number; no row: the number is free, or not there.
select agent_id from agents where user_id = $1 and phone_number_id = $2

-- has_number --
select exists (select 1 from phone_numbers where user_id = $1 and id = $2)

-- link --
-- Archives the active conversations of both sides; how many.
select link_agent($1, $2, $3, $4, $5)

-- archives --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select archive_id, old_agent_id, new_agent_id, phone_number_id, archived_conversations_count, archived_at,
    archived_at as created_at, reason
from conversation_archives
where user_id = $1 and ($2::timestamptz is null or (archived_at, archive_id) < ($2, $3))
order by archived_at desc, archive_id desc limit $4
