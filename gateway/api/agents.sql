-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select agent_id, user_id, phone_number_id, prompt_id, name, model, quiet_ms, max_wait_ms, fallback_text, fallback_model, language, hours::text, outside_hours,
    away_text, media_wait_ms, state, tools, variables::text, moderation, fresh_minutes, most_turns_a_day, most_micros_a_day, booking::text, created_at, updated_at
from agents
where user_id = $1 and ($2::timestamptz is null or (created_at, agent_id) < ($2, $3))
order by created_at desc, agent_id desc limit $4

-- get --
select agent_id, user_id, phone_number_id, prompt_id, name, model, quiet_ms, max_wait_ms, fallback_text, fallback_model, language, hours::text, outside_hours,
    away_text, media_wait_ms, state, tools, variables::text, moderation, fresh_minutes, most_turns_a_day, most_micros_a_day, booking::text, created_at, updated_at
from agents where user_id = $1 and agent_id = $2

-- add --
insert into agents (user_id, agent_id, prompt_id, name) values ($1, $2, $3, $4)

-- change --
-- $1 user, $2 agent, $3 a JSON object of the columns to set.
update agents a set
    name = n.name, prompt_id = n.prompt_id, model = n.model, quiet_ms = n.quiet_ms, max_wait_ms = n.max_wait_ms,
    fallback_text = n.fallback_text, fallback_model = n.fallback_model, language = n.language, hours = n.hours,
    outside_hours = n.outside_hours, away_text = n.away_text, media_wait_ms = n.media_wait_ms, state = n.state,
    tools = n.tools, variables = n.variables, moderation = n.moderation, fresh_minutes = n.fresh_minutes,
    most_turns_a_day = n.most_turns_a_day, most_micros_a_day = n.most_micros_a_day, booking = n.booking
from agents o, jsonb_populate_record(o, $3::jsonb) n
where a.user_id = $1 and a.agent_id = $2 and o.user_id = a.user_id and o.agent_id = a.agent_id

-- prompt --
-- $1 user, $2 an id of ours, or of a stored prompt of the provider.
select prompt_id from prompts where user_id = $1 and (prompt_id = $2 or legacy_id = $2)

-- declared --
-- $1 user, $2 prompt. What the versions that conversations may run declare.
select v.variables::text from prompts p
join prompt_versions v on v.user_id = p.user_id and v.prompt_id = p.prompt_id
    and v.version in (p.active_version, case when p.trial_percent > 0 then p.trial_version end)
where p.user_id = $1 and p.prompt_id = $2

-- holder --
-- $1 user, $2 number. The agent on a number; no row: the number is free, or not there.
select agent_id from agents where user_id = $1 and phone_number_id = $2

-- has_number --
select exists (select 1 from phone_numbers where user_id = $1 and id = $2)

-- link --
-- Archives the active conversations of both sides; how many.
select link_agent($1, $2, $3, $4, $5)

-- undo --
-- $1 user, $2 relink. undone, or why not; and how many conversations are open again.
select * from undo_link($1, $2)

-- archive --
-- $1 user, $2 relink.
select archive_id, old_agent_id, new_agent_id, phone_number_id, archived_conversations_count, archived_at, reason, undone_at
from conversation_archives where user_id = $1 and archive_id = $2

-- archives --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select archive_id, old_agent_id, new_agent_id, phone_number_id, archived_conversations_count, archived_at,
    archived_at as created_at, reason, undone_at
from conversation_archives
where user_id = $1 and ($2::timestamptz is null or (archived_at, archive_id) < ($2, $3))
order by archived_at desc, archive_id desc limit $4
