-- place --
-- $1 agent. What its page needs: its rules, and the webchat number through which visitors come: its own, else the oldest of
-- the business that somebody answers and that does not want visitors to sign in. Empty: there is no such agent.
select a.user_id, a.agent_id, a.booking::text, a.language, u.company_name, n.meta_phone_number_id as number_key
from agents a
join users u on u.user_id = a.user_id and u.suspended_at is null
left join lateral (
    select p.meta_phone_number_id from phone_numbers p
    join agents w on w.user_id = p.user_id and w.phone_number_id = p.id
    where p.user_id = a.user_id and p.platform = 'webchat'
        and (p.settings #>> '{identity,required}') is distinct from 'true'
    order by (p.id = a.phone_number_id) is true desc, p.created_at limit 1
) n on true
where a.agent_id = $1

-- mine --
-- $1 user, $2 visitor, $3 begin. The meeting that this visitor has then: the form was sent before.
select m.meeting_id from meetings m
join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
where m.user_id = $1 and c.customer_phone = $2 and m.meeting_time = $3
    and m.state in ('held', 'booking', 'scheduled', 'moving')
order by m.created_at limit 1

-- ahead --
-- $1 user, $2 e-mail address. How many meetings are booked for it.
select count(*)::integer from meetings
where user_id = $1 and meeting_time > now() and lower(customer_email) = $2
    and state in ('held', 'booking', 'scheduled', 'moving')

-- noted --
-- $1 user, $2 token, $3 number of the message by which it was taken.
update meetings set accepted_no = $3 where user_id = $1 and token = $2 and state <> 'released'
