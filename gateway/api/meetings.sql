-- list --
-- $1 user, $2 since, $3 until, $4 status, $5 agent, $6 conversation, $7 customer (each of them null for any), $8 $9 the
-- position or nulls, $10 limit. Soonest first.
select * from meetings
where user_id = $1 and state not in ('held', 'released')
    and ($2::timestamptz is null or meeting_time >= $2) and ($3::timestamptz is null or meeting_time < $3)
    and ($4::text is null or status = $4) and ($5::text is null or agent_id = $5)
    and ($6::text is null or conversation_id = $6) and ($7::text is null or customer_id = $7)
    and ($8::timestamptz is null or (meeting_time, meeting_id) > ($8, $9::text))
order by meeting_time, meeting_id limit $10

-- list_back --
-- The same, the latest first.
select * from meetings
where user_id = $1 and state not in ('held', 'released')
    and ($2::timestamptz is null or meeting_time >= $2) and ($3::timestamptz is null or meeting_time < $3)
    and ($4::text is null or status = $4) and ($5::text is null or agent_id = $5)
    and ($6::text is null or conversation_id = $6) and ($7::text is null or customer_id = $7)
    and ($8::timestamptz is null or (meeting_time, meeting_id) < ($8, $9::text))
order by meeting_time desc, meeting_id desc limit $10

-- get --
-- $1 user, $2 meeting. With the offer that was taken, for as long as offers are kept, and the message that took it.
select m.*, o.label as offer_label, o.created_at as offered_at, o.turn_id as offer_turn_id, s.message_id as accepted_message_id,
    u.company_name
from meetings m
join users u on u.user_id = m.user_id
left join offers o on o.user_id = m.user_id and o.token = m.token
left join messages s on s.user_id = m.user_id and s.conversation_id = m.conversation_id and s.sequence_no = m.accepted_no
where m.user_id = $1 and m.meeting_id = $2 and m.state not in ('held', 'released')

-- no_show --
-- $1 user, $2 meeting, $3 whether nobody came. Empty: it has not begun, or did not stand.
update meetings set no_show = $3
where user_id = $1 and meeting_id = $2 and status in ('scheduled', 'completed') and meeting_time <= now()
returning meeting_id

-- reminders --
-- $1 user, $2 meeting. What was or will be sent before and after it, soonest first.
select r.*, s.status::text as message_status from meeting_reminders r
left join messages s on s.user_id = r.user_id and s.message_id = r.message_id
where r.user_id = $1 and r.meeting_id = $2 and r.kind <> 'plan'
order by r.for_time, r.kind desc, r.minutes desc
