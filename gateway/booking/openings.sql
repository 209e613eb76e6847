-- rules --
-- $1 user, $2 agent. When it may book, and for whom. Empty: there is no such agent.
select a.booking::text, a.language, a.phone_number_id, u.company_name
from agents a join users u on u.user_id = a.user_id
where a.user_id = $1 and a.agent_id = $2

-- booked --
-- $1 user, $2 since, $3 until, $4 a meeting that is not in the way. What stands or is kept, by host.
select host, meeting_time, duration_minutes, upper(busy) as kept_until from meetings
where user_id = $1 and meeting_time >= $2 and meeting_time < $3 and meeting_id <> $4
    and (state in ('booking', 'scheduled', 'moving', 'completed') or (state = 'held' and hold_until > now()))

-- mint --
-- $1 user, $2 token, $3 conversation, $4 agent, $5 host, $6 kind, $7 begin, $8 minutes, $9 gap, $10 zone, $11 label,
-- $12 seconds that it holds.
insert into offers (
    user_id, token, conversation_id, agent_id, host, kind, starts_at, minutes, gap_minutes, zone, label, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + $12::float8 * interval '1 second')
on conflict (user_id, token) do update set expires_at = excluded.expires_at, host = excluded.host
where offers.conversation_id = excluded.conversation_id
