-- now --
select now()

-- behind --
-- $1 user, $2 an event. When it happened; no row for one that is not there.
select created_at from events where user_id = $1 and event_id = $2

-- since --
-- $1 user, $2 a moment. What happened since then, in order.
select event_id, type, conversation_id, data::text, created_at from events
where user_id = $1 and created_at >= $2 order by created_at, seq limit 500
