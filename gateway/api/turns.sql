-- list --
-- $1 user, $2 conversation, $3 $4 the position or nulls, $5 limit. Newest first.
select turn_id, conversation_id, agent_id, after_no, to_no, state, failure, action, reason, language, prompt_id,
    prompt_version, model, request_id, started_at, ended_at, started_at as created_at from turns
where user_id = $1 and conversation_id = $2 and ($3::timestamptz is null or (started_at, turn_id) < ($3, $4))
order by started_at desc, turn_id desc limit $5

-- has_conversation --
select exists (select 1 from conversations where user_id = $1 and conversation_id = $2)

-- get --
select turn_id, conversation_id, agent_id, after_no, to_no, state, failure, action, reason, language, prompt_id,
    prompt_version, model, request_id, started_at, ended_at, trace::text from turns where user_id = $1 and turn_id = $2

-- calls --
-- $1 user, $2 the turn. What it asked of the provider.
select call_no, kind, model, outcome, request_id, input_tokens, cached_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, audio_tokens, audio_seconds, cost_micros, created_at
from model_calls where user_id = $1 and subject_id = $2 order by call_no

-- tools --
select call_no, tool, effect, arguments::text, state, result, receipt, started_at, ended_at
from tool_calls where user_id = $1 and turn_id = $2 order by call_no

-- usage --
-- $1 user, $2 from, $3 to. The provider's cost by day, kind and model; unpriced counts calls whose price nobody knows.
select (created_at at time zone 'utc')::date as day, kind, model, count(*) as calls,
    sum(input_tokens)::bigint as input_tokens, sum(cached_tokens)::bigint as cached_tokens,
    sum(output_tokens)::bigint as output_tokens, sum(audio_seconds)::float8 as audio_seconds,
    coalesce(sum(cost_micros), 0)::bigint as cost_micros, count(*) filter (where cost_micros is null) as unpriced
from model_calls where user_id = $1 and created_at >= $2 and created_at < $3
group by 1, 2, 3 order by 1, 2, 3 limit 2000
