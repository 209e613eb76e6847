-- claim --
-- $1 owner, $2 lease in seconds, $3 most meetings.
select * from claim_meetings($1, $2, $3)

-- next_due --
-- Seconds until somebody has to look at a meeting; null when nobody has to.
select extract(epoch from min(due_at) - now())::float8 from meetings where due_at is not null and lease_until is null

-- free --
-- $1 the name of a process that is known to be dead.
update meetings set lease_owner = null, lease_until = null where lease_owner = $1

-- expired --
-- $1 user, $2 meeting, $3 fence. A hold that nobody took up.
update meetings set state = 'released', due_at = null, lease_owner = null, lease_until = null
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'held' and hold_until <= now()

-- linked --
-- $1 user, $2 meeting, $3 fence, $4 link, $5 state of the link.
update meetings set meet_link = nullif($4, ''), meet_state = $5::text,
    link_change = case when $5::text = 'ready' then change + 1 else link_change end,
    change = change + case when $5::text = 'ready' then 1 else 0 end
where user_id = $1 and meeting_id = $2 and fence = $3

-- rest --
-- Puts a meeting down: $1 user, $2 meeting, $3 fence, $4 seconds until somebody looks again, null for never.
update meetings set due_at = now() + $4 * interval '1 second', lease_owner = null, lease_until = null,
    tries = case when $4::float8 is null then 0 else least(tries + 1, 1000) end
where user_id = $1 and meeting_id = $2 and fence = $3

-- completed --
-- $1 user, $2 meeting, $3 fence. It is over.
update meetings set state = 'completed', status = 'completed', due_at = null, lease_owner = null, lease_until = null
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'scheduled'

-- given_up --
-- $1 user, $2 meeting, $3 fence, $4 why. Nobody could book it; the customer is told.
update meetings set state = 'released', problem = left($4, 100), change = change + 1, lease_owner = null, lease_until = null,
    due_at = now()
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'booking'

-- about --
-- $1 user, $2 meeting. The meeting as it is now, and where its customer is.
select m.*, n.platform, c.conversation_id as conversation, u.language as customer_language
from meetings m
join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
where m.user_id = $1 and m.meeting_id = $2

-- tell --
-- $1 user, $2 meeting, $3 change, $4 change that he was told before, $5 platform, $6 message.
select tell_of_meeting($1, $2, $3, $4, $5, $6::jsonb)

-- hand_over --
-- $1 user, $2 conversation, $3 why.
select change_owner($1, $2, 'human', $3, null, null)

-- regret --
-- $1 user, $2 meeting, $3 fence. A booking that was released after the customer was told to wait: he hears of it.
update meetings set change = change + 1, due_at = now() where user_id = $1 and meeting_id = $2 and fence = $3
    and state = 'released'

-- forget --
-- $1 days. Offers that ran out so long ago; what was booked of them says so itself.
delete from offers where (user_id, token) in (
    select user_id, token from offers where expires_at < now() - $1 * interval '1 day' order by expires_at limit 10000)
