-- offer --
-- $1 user, $2 conversation, $3 token. What the server named there, and whether it still may be taken.
select o.*, o.expires_at > now() as fresh, o.starts_at > now() as ahead
from offers o where o.user_id = $1 and o.conversation_id = $2 and o.token = $3

-- alone --
-- $1 user, $2 host and local day. Limits of a day are counted by one at a time.
select pg_advisory_xact_lock(hashtextextended($1 || '/' || $2, 13))

-- taken --
-- $1 user, $2 token. The meeting that took an offer.
select * from meetings where user_id = $1 and token = $2 and state <> 'released'

-- meeting --
-- $1 user, $2 meeting. Holds it.
select * from meetings where user_id = $1 and meeting_id = $2 for update

-- expire --
-- $1 user, $2 host, $3 since, $4 until. Holds that ran out make room.
update meetings set state = 'released', due_at = null
where user_id = $1 and host_range && host_range($1, $2) and busy && tstzrange($3, $4) and state = 'held'
    and hold_until <= now()

-- counted --
-- $1 user, $2 host, $3 since, $4 until, $5 a meeting that does not count. How many begin in a span.
select count(*)::integer from meetings
where user_id = $1 and host = $2 and meeting_time >= $3 and meeting_time < $4 and meeting_id <> $5
    and (state in ('booking', 'scheduled', 'moving', 'completed') or (state = 'held' and hold_until > now()))

-- hold --
-- Keeps a time: $1 user, $2 meeting, $3 conversation, $4 agent, $5 customer, $6 turn, $7 token, $8 message, $9 host, $10 event,
-- $11 calendar, $12 title, $13 name, $14 e-mail, $15 begin, $16 minutes, $17 zone, $18 gap in minutes, $19 language,
-- $20 version of the rules, $21 version of the zones, $22 wall time, $23 seconds that it is kept, $24 who books, $25 minutes
-- until its guest is invited, $26 minutes before it begins from which on the customer can't change it.
insert into meetings (
    user_id, meeting_id, conversation_id, agent_id, customer_id, turn_id, token, accepted_no, host, google_event_id,
    calendar_id, title, customer_name, customer_email, meeting_time, duration_minutes, timezone, host_range, busy, language,
    rules_version, tz_version, wall_time, state, status, hold_until, due_at, by,
    grace_minutes, late_minutes)
values ($1::text, $2, $3, $4, $5, $6, $7, $8, $9::text, $10, $11, $12, $13, $14, $15::timestamptz, $16::integer, $17,
    host_range($1::text, $9::text), tstzrange($15::timestamptz, $15::timestamptz + ($16::integer + $18::integer) * interval '1 minute'), $19, $20, $21, $22, 'held', null,
    now() + $23 * interval '1 second', now() + $23 * interval '1 second', $24, $25, $26)

-- begin --
-- held becomes booking, while it is still kept: $1 user, $2 meeting, $3 seconds until the sweeper looks.
update meetings set state = 'booking', fence = fence + 1, hold_until = null, due_at = now() + $3 * interval '1 second'
where user_id = $1 and meeting_id = $2 and state = 'held' and hold_until > now()
returning *

-- stand --
-- Google has it: $1 user, $2 meeting, $3 fence, $4 etag, $5 link, $6 state of the link, $7 turn or null. Now it is booked.
update meetings set
    state = 'scheduled', status = 'scheduled', etag = $4, meet_link = nullif($5, ''), meet_state = $6, problem = '',
    turn_id = coalesce($7, turn_id), change = change + 1, tries = 0, lease_owner = null, lease_until = null,
    invite_at = case when customer_email is not null and grace_minutes > 0
        then now() + grace_minutes * interval '1 minute' end,
    invited_at = case when customer_email is not null and grace_minutes = 0 then now() end,
    due_at = now() + interval '60 seconds'
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'booking'
returning *

-- release --
-- It never stood: $1 user, $2 meeting, $3 fence, $4 why.
update meetings set state = 'released', problem = left($4, 100), due_at = null, lease_owner = null, lease_until = null
where user_id = $1 and meeting_id = $2 and fence = $3 and state in ('held', 'booking')
returning meeting_id

-- later --
-- Nobody knows yet: $1 user, $2 meeting, $3 fence, $4 why, $5 seconds until somebody looks again.
update meetings set
    problem = left($4, 100), tries = least(tries + 1, 1000), due_at = now() + $5 * interval '1 second', lease_owner = null,
    lease_until = null
where user_id = $1 and meeting_id = $2 and fence = $3
returning meeting_id

-- move --
-- A meeting takes another time, as one row, so that it is never in its own way: $1 user, $2 meeting, $3 begin, $4 minutes,
-- $5 gap, $6 zone, $7 wall time, $8 token, $9 turn, $10 message, $11 seconds until the sweeper looks, $12 who moves it.
update meetings set
    moved_from = meeting_time, before = jsonb_build_object('minutes', duration_minutes, 'zone', timezone, 'wall', wall_time,
        'token', token, 'gap', extract(epoch from upper(busy) - meeting_time)::integer / 60 - duration_minutes),
    meeting_time = $3::timestamptz, duration_minutes = $4::integer,
    busy = tstzrange($3, $3 + ($4 + $5::integer) * interval '1 minute'), timezone = $6, wall_time = $7, token = $8,
    turn_id = coalesce($9, turn_id), accepted_no = coalesce($10, accepted_no), state = 'moving', by = $12, fence = fence + 1, tries = 0,
    due_at = now() + $11 * interval '1 second'
where user_id = $1 and meeting_id = $2 and state = 'scheduled'
returning *

-- moved --
-- Google has the new time: $1 user, $2 meeting, $3 fence, $4 etag.
update meetings set
    state = 'scheduled', etag = $4, sequence = sequence + 1, change = change + 1, moved_from = null, before = null, problem = '', tries = 0,
    lease_owner = null, lease_until = null, due_at = now() + interval '60 seconds'
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'moving'
returning *

-- back --
-- The new time is taken after all: $1 user, $2 meeting, $3 fence, $4 why, $5 whether that is news for its customer. It is
-- what it was, unless somebody has that time by now.
update meetings set
    state = 'scheduled', meeting_time = moved_from, duration_minutes = (before ->> 'minutes')::integer,
    timezone = before ->> 'zone', wall_time = before ->> 'wall', token = before ->> 'token',
    busy = tstzrange(moved_from, moved_from
        + ((before ->> 'minutes')::integer + (before ->> 'gap')::integer) * interval '1 minute'),
    moved_from = null, before = null, problem = left($4, 100), lease_owner = null, lease_until = null, due_at = now(),
    change = change + ($5::boolean and by = 'customer')::integer,
    stays_change = case when $5::boolean and by = 'customer' then change + 1 else stays_change end
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'moving'
returning *

-- cancel --
-- $1 user, $2 meeting, $3 turn, $4 who, $5 seconds until the sweeper looks, $6 whether it is never too late. The time is
-- free at once. One that was on its way elsewhere is off where its customer knows it.
update meetings set
    state = 'cancelling', turn_id = coalesce($3, turn_id), by = $4, fence = fence + 1, tries = 0,
    due_at = now() + $5 * interval '1 second', meeting_time = coalesce(moved_from, meeting_time),
    timezone = coalesce(before ->> 'zone', timezone), wall_time = coalesce(before ->> 'wall', wall_time),
    duration_minutes = coalesce((before ->> 'minutes')::integer, duration_minutes), moved_from = null, before = null
where user_id = $1 and meeting_id = $2 and state in ('scheduled', 'moving')
    and ($6::boolean or $4 <> 'customer' or meeting_time - late_minutes * interval '1 minute' > now())
returning *

-- cancelled --
-- Google has forgotten it: $1 user, $2 meeting, $3 fence, $4 why it could not be told, if so.
update meetings set
    state = 'cancelled', status = 'cancelled', sequence = sequence + 1, change = change + 1, problem = $4, tries = 0,
    lease_owner = null, lease_until = null, due_at = now() + interval '60 seconds'
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'cancelling'
returning *

-- emit --
-- $1 user, $2 type, $3 conversation, $4 data.
select emit($1, $2, $3, $4::jsonb)

-- coming --
-- $1 user, $2 customer. What is ahead of a customer, soonest first.
select * from meetings
where user_id = $1 and customer_id = $2 and state in ('booking', 'scheduled', 'moving') and meeting_time > now()
order by meeting_time limit 10

-- offered --
-- $1 user, $2 conversation. What can still be taken there, the newest first; what is being booked by a turn that ended
-- halfway is taken by the next.
select token, starts_at, zone from offers o
where user_id = $1 and conversation_id = $2 and expires_at > now() and starts_at > now()
    and not exists (select from meetings m where m.user_id = o.user_id and m.token = o.token
        and m.state in ('cancelling', 'cancelled', 'completed'))
order by created_at desc, starts_at limit 12

-- untold --
-- $1 user, $2 conversation. What the customer was not told yet. Of what is on its way nobody knows what to tell.
select * from meetings
where user_id = $1 and conversation_id = $2 and change > told_change
    and state not in ('moving', 'cancelling')
order by meeting_time

-- asked --
-- $1 user, $2 conversation, $3 agent. Who it is that books, and by whose rules.
select a.agent_id, c.customer_id, c.last_inbound_no, coalesce(t.name, u.name) as name, t.email, u.language,
    b.company_name, a.booking::text, a.revision
from conversations c
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join users b on b.user_id = c.user_id
join agents a on a.user_id = c.user_id and a.agent_id = $3
left join contacts t on t.user_id = u.user_id and t.contact_id = u.contact_id
where c.user_id = $1 and c.conversation_id = $2
