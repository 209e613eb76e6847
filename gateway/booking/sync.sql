-- watch --
-- Rows for the calendars that are to be looked at, and for no others. With a new connection a look begins anew.
with watched as materialized (select * from watched_calendars()),
ended as (
    delete from calendar_syncs s
    where not exists (select 1 from watched w where w.user_id = s.user_id and w.calendar_id = s.calendar_id)
),
renewed as (
    update calendar_syncs s set
        generation = w.generation, sync_token = null, due_at = now(), tries = 0, problem = '', fence = fence + 1,
        lease_owner = null, lease_until = null
    from watched w
    where w.user_id = s.user_id and w.calendar_id = s.calendar_id and w.generation <> s.generation
)
insert into calendar_syncs (user_id, calendar_id, generation)
select w.user_id, w.calendar_id, w.generation from watched w
where not exists (select 1 from calendar_syncs s where s.user_id = w.user_id and s.calendar_id = w.calendar_id)
on conflict do nothing

-- claim --
-- $1 owner, $2 lease in seconds, $3 most calendars.
select * from claim_calendar_syncs($1, $2, $3)

-- next_due --
-- Seconds until a calendar has to be looked at; null when there is none.
select extract(epoch from min(due_at) - now())::float8 from calendar_syncs where lease_until is null

-- free --
-- $1 the name of a process that is known to be dead.
update calendar_syncs set lease_owner = null, lease_until = null where lease_owner = $1

-- done --
-- $1 user, $2 calendar, $3 fence, $4 token for the next look, $5 seconds until then. Sooner when it changed meanwhile.
update calendar_syncs set
    sync_token = $4, synced_at = now(), tries = 0, problem = '', lease_owner = null, lease_until = null,
    due_at = now() + case when woken_at > begun_at then 1.0 else $5::float8 end * interval '1 second'
where user_id = $1 and calendar_id = $2 and fence = $3

-- later --
-- $1 user, $2 calendar, $3 fence, $4 why, $5 seconds. The token stays: what was seen is seen again.
update calendar_syncs set
    problem = left($4, 100), tries = least(tries + 1, 1000), lease_owner = null, lease_until = null,
    due_at = now() + $5::float8 * interval '1 second'
where user_id = $1 and calendar_id = $2 and fence = $3

-- concerned --
-- $1 user, $2 calendar, $3 ids of events, $4 ids of meetings, $5 whether to take all that are scheduled. Those that the business
-- was told of as out of step are among them, in whatever state, each time; so are those that were given up, if there is an
-- event of theirs.
select m.*, n.id is not null as disputed
from meetings m
left join system_alerts n on n.user_id = m.user_id and n.alert_type = 'booking_conflict' and n.subject = m.meeting_id
    and n.resolved_at is null
where m.user_id = $1 and m.calendar_id = $2
    and (n.id is not null
        or m.state in ('booking', 'scheduled', 'moving', 'cancelling')
            and (m.google_event_id = any ($3::text[]) or m.meeting_id = any ($4::text[]))
        or (m.state = 'released' or m.state = 'cancelled' and m.problem <> '') and m.google_event_id = any ($3::text[])
        or $5 and m.state = 'scheduled' and m.meeting_time > now() - interval '1 day')
order by m.meeting_time, m.meeting_id

-- meeting --
-- $1 user, $2 meeting. As it is now; nobody is kept from it while the calendar is asked.
select *, now() as read_at, meeting_time + duration_minutes * interval '1 minute' <= now() as over from meetings
where user_id = $1 and meeting_id = $2

-- ours --
-- $1 user, $2 calendar, $3 fence. Empty: another looks at this calendar by now.
select true from calendar_syncs where user_id = $1 and calendar_id = $2 and fence = $3 for share

-- follow --
-- The owner moved it: $1 user, $2 meeting, $3 sequence, $4 time and $5 minutes that it is known by, $6 begin, $7 minutes,
-- $8 gap, $9 wall time, $10 etag, $11 whether the customer has to be told. Empty: it changed meanwhile. Violates
-- meetings_apart when another meeting stands there.
select * from follow_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- called_off --
-- The owner took it out of the calendar: $1 user, $2 meeting, $3 sequence, $4 time and $5 minutes that it is known by.
-- Empty: it changed meanwhile.
update meetings set
    state = 'cancelled', status = 'cancelled', by = 'owner', sequence = sequence + 1, change = change + 1,
    fence = fence + 1, tries = 0, problem = '', due_at = now(), lease_owner = null, lease_until = null
where user_id = $1 and meeting_id = $2 and state = 'scheduled' and sequence = $3 and meeting_time = $4
    and duration_minutes = $5
returning *

-- emit --
-- $1 user, $2 type, $3 conversation, $4 data.
select emit($1, $2, $3, $4::jsonb)

-- dispute --
-- $1 user, $2 meeting, $3 detail. The business has to sort it out.
select raise_alert($1, 'booking_conflict', $2, $3::jsonb)

-- resolve --
-- $1 user, $2 meeting.
select resolve_alert($1, 'booking_conflict', $2)

-- channel --
-- $1 channel. Whose it is.
select user_id, calendar_id, token_hash from calendar_channels where channel_id = $1 and not over

-- hasten --
-- $1 user, $2 calendar. Many at once are one look, and what was told to wait waits.
update calendar_syncs set
    woken_at = clock_timestamp(),
    due_at = case
        when tries > 0 then due_at
        else least(due_at, greatest(now() + interval '1 second', coalesce(begun_at, now()) + interval '5 seconds')) end
where user_id = $1 and calendar_id = $2
