-- meeting --
-- $1 user, $2 meeting. As its customer may see it, with the rules of the agent that offered its time. Empty: there is none.
select m.*, u.company_name, c.language as customer_language, a.agent_id as offering_agent, a.booking::text,
    m.meeting_time > now() as ahead, m.meeting_time + m.duration_minutes * interval '1 minute' <= now() as over
from meetings m
join users u on u.user_id = m.user_id and u.suspended_at is null
left join customers c on c.user_id = m.user_id and c.customer_id = m.customer_id
left join offers o on o.user_id = m.user_id and o.token = m.token
left join agents a on a.user_id = m.user_id and a.agent_id = coalesce(o.agent_id, m.agent_id)
where m.user_id = $1 and m.meeting_id = $2
