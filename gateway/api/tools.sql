-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select tool_id, name, description, method, url, headers, parameters::text, effect, receipt, seconds, budget, enabled,
    created_at, updated_at
from http_tools
where user_id = $1 and ($2::timestamptz is null or (created_at, tool_id) < ($2, $3))
order by created_at desc, tool_id desc limit $4

-- get --
select tool_id, name, description, method, url, headers, parameters::text, effect, receipt, seconds, budget, enabled,
    created_at, updated_at
from http_tools where user_id = $1 and tool_id = $2

-- put --
-- Adds a tool or replaces it whole.
insert into http_tools (user_id, tool_id, name, description, method, url, headers, parameters, effect, receipt, seconds,
                        budget, enabled)
values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13)
on conflict (user_id, tool_id) do update set
    name = excluded.name, description = excluded.description, method = excluded.method, url = excluded.url,
    headers = excluded.headers, parameters = excluded.parameters, effect = excluded.effect, receipt = excluded.receipt,
    seconds = excluded.seconds, budget = excluded.budget, enabled = excluded.enabled

-- remove --
delete from http_tools where user_id = $1 and tool_id = $2 returning tool_id
