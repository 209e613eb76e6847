-- list --
-- $1 user, $2 the query as JSON, $3 $4 the position or nulls, $5 limit.
select e.*, n.platform, u.customer_id, u.contact_id,
    e.reasoning::text as reasoning_text, e.evidence::text as evidence_text, e.locked::text as locked_text,
    e.rejected::text as rejected_text
from extractions e
join conversations c on c.user_id = e.user_id and c.conversation_id = e.conversation_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join phone_numbers n on n.user_id = c.user_id and n.id = coalesce(e.phone_number_id, c.phone_number_id)
where e.user_id = $1 and lead_fits(e, n.platform, u.contact_id, $2::jsonb)
    and (e.is_latest or not ($2::jsonb ->> 'latest')::boolean)
    and ($3::timestamptz is null or (e.created_at, e.extraction_id) < ($3, $4::text::uuid))
order by e.created_at desc, e.extraction_id desc limit $5

-- get --
-- $1 user, $2 lead.
select e.*, n.platform, u.customer_id, u.contact_id,
    e.reasoning::text as reasoning_text, e.evidence::text as evidence_text, e.locked::text as locked_text,
    e.rejected::text as rejected_text
from extractions e
join conversations c on c.user_id = e.user_id and c.conversation_id = e.conversation_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join phone_numbers n on n.user_id = c.user_id and n.id = coalesce(e.phone_number_id, c.phone_number_id)
where e.user_id = $1 and e.extraction_id = $2::text::uuid

-- history --
-- $1 user, $2 conversation, $3 $4 the position or nulls, $5 limit.
select e.*, n.platform, u.customer_id, u.contact_id,
    e.reasoning::text as reasoning_text, e.evidence::text as evidence_text, e.locked::text as locked_text,
    e.rejected::text as rejected_text
from extractions e
join conversations c on c.user_id = e.user_id and c.conversation_id = e.conversation_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join phone_numbers n on n.user_id = c.user_id and n.id = coalesce(e.phone_number_id, c.phone_number_id)
where e.user_id = $1 and e.conversation_id = $2
    and ($3::timestamptz is null or (e.created_at, e.extraction_id) < ($3, $4::text::uuid))
order by e.created_at desc, e.extraction_id desc limit $5

-- reading --
-- $1 user, $2 conversation. How far it has been read; a row of nulls when it never was, none for no conversation.
select c.conversation_id, coalesce(r.state, 'none') as state, r.reason, r.due_at, coalesce(r.read_no, 0) as read_no,
    c.last_inbound_no, r.tries, r.error, r.read_at, (r.lease_until > now()) is true as running
from conversations c
left join lead_readings r on r.user_id = c.user_id and r.conversation_id = c.conversation_id
where c.user_id = $1 and c.conversation_id = $2

-- readings --
-- $1 user, $2 state or null, $3 $4 the position or nulls, $5 limit.
select r.conversation_id, r.state, r.reason, r.due_at, r.read_no, c.last_inbound_no, r.tries, r.error, r.read_at,
    (r.lease_until > now()) is true as running, c.created_at
from lead_readings r
join conversations c on c.user_id = r.user_id and c.conversation_id = r.conversation_id
where r.user_id = $1 and ($2::text is null or r.state = $2)
    and ($3::timestamptz is null or (c.created_at, c.conversation_id) < ($3, $4))
order by c.created_at desc, c.conversation_id desc limit $5

-- retry --
-- $1 user. Reads again whatever failed; returns how many.
select count(want_reading(user_id, conversation_id, 'request'))::integer from lead_readings
where user_id = $1 and state = 'failed'
