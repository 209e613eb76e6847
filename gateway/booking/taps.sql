-- waiting --
-- $1 user, $2 conversation, $3 after, $4 to. What the customer wrote that nobody answered, two at most, and what he could tap
-- in the last message before it.
select m.kind, m.text, m.content::text, (
    select o.content ->> 'options' from messages o
    where o.user_id = m.user_id and o.conversation_id = m.conversation_id and o.sequence_no < m.sequence_no
        and o.sender = 'agent'
    order by o.sequence_no desc limit 1) as options
from messages m
where m.user_id = $1 and m.conversation_id = $2 and m.sequence_no > $3 and m.sequence_no <= $4 and m.sender = 'user'
    and m.revoked_at is null and wants_answer(m.kind)
order by m.sequence_no limit 2

-- meeting --
-- $1 user, $2 conversation, $3 reminder. The meeting of a reminder that was sent there, as it is now.
select m.*, r.for_time, u.language as customer_language, m.meeting_time > now() as ahead, a.booking::text,
    case when n.platform in ('whatsapp', 'sms') then c.customer_phone end as phone
from meeting_reminders r
join meetings m on m.user_id = r.user_id and m.meeting_id = r.meeting_id
join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
left join agents a on a.user_id = m.user_id and a.agent_id = m.agent_id
where r.user_id = $1 and m.conversation_id = $2 and r.reminder_id = $3

-- confirm --
-- $1 user, $2 meeting, $3 time. The customer will be there then. Empty: it is not then any more.
update meetings set confirmed_at = coalesce(confirmed_at, now())
where user_id = $1 and meeting_id = $2 and meeting_time = $3 and state = 'scheduled'
returning meeting_id
