-- list --
-- $1 user, $2 resolved or not, or null; $3 level, $4 type, $5 number, or nulls; $6 $7 the position or nulls, $8 limit.
select a.id, a.alert_type, a.alert_level, a.message, a.subject, a.phone_number_id, a.detail::text, a.resolved,
    a.resolved_at, a.created_at, a.last_at, a.times, coalesce(t.by_hand, true) as by_hand
from system_alerts a
left join alert_types t on t.alert_type = a.alert_type and t.cause = ''
where a.user_id = $1 and ($2::boolean is null or a.resolved = $2) and ($3::text is null or a.alert_level = $3)
    and ($4::text is null or a.alert_type = $4) and ($5::text is null or a.phone_number_id = $5)
    and ($6::timestamptz is null or (a.created_at, a.id) < ($6, $7))
order by a.created_at desc, a.id desc limit $8

-- get --
select a.id, a.alert_type, a.alert_level, a.message, a.subject, a.phone_number_id, a.detail::text, a.resolved,
    a.resolved_at, a.created_at, a.last_at, a.times, coalesce(t.by_hand, true) as by_hand
from system_alerts a
left join alert_types t on t.alert_type = a.alert_type and t.cause = ''
where a.user_id = $1 and a.id = $2

-- resolve --
-- $1 user, $2 type, $3 subject.
select resolve_alert($1, $2, $3)
