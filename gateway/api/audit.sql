-- list --
-- $1 user, $2 actor, $3 action, $4 target, $5 since, $6 and $7 the row behind which the page begins, $8 how many.
select audit_id, at, at as created_at, actor_kind, actor_id, actor_name, action, target, changed, changes::text, request_id, address
from audit_log
where user_id = $1 and ($2::text is null or actor_id = $2 or actor_kind = $2) and ($3::text is null or action = $3)
    and ($4::text is null or $4 = any(target)) and ($5::timestamptz is null or at >= $5)
    and ($6::timestamptz is null or (at, audit_id) < ($6, $7))
order by at desc, audit_id desc limit $8
