-- booked --
-- $1 user, $2 since, $3 until. Meetings of ours that stand or are kept, by host.
select host, meeting_time, duration_minutes from meetings
where user_id = $1 and meeting_time >= $2 and meeting_time < $3
    and (state in ('booking', 'scheduled', 'moving', 'completed') or (state = 'held' and hold_until > now()))

-- mint --
-- Columns of offers: $1 user, $2 tokens, $3 conversation, $4 agent, $5 turn, $6 hosts, $7 kind, $8 begins, $9 minutes, $10 gap,
-- $11 zone, $12 labels, $13 hours that they hold.
insert into offers (user_id, token, conversation_id, agent_id, turn_id, host, kind, starts_at, minutes, gap_minutes, zone,
                    label, expires_at)
select $1, o.token, $3, $4, $5, o.host, $7, o.starts_at, $9, $10, $11, o.label, now() + $13::float8 * interval '1 hour'
from unnest($2::text[], $6::text[], $8::timestamptz[], $12::text[]) o (token, host, starts_at, label)

-- sweep --
-- Offers that nobody can take any more, $1 at most.
delete from offers where (user_id, token) in (
    select user_id, token from offers where expires_at < now() - interval '30 days' limit $1)
