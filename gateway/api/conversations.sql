-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit, then filters, null for any: number, customer, agent, active.
select * from conversations
where user_id = $1 and ($2::timestamptz is null or (created_at, conversation_id) < ($2, $3))
    and ($5::varchar is null or phone_number_id = $5) and ($6::varchar is null or customer_phone = $6)
    and ($7::varchar is null or agent_id = $7) and ($8::boolean is null or is_active = $8)
order by created_at desc, conversation_id desc limit $4

-- get --
select * from conversations where user_id = $1 and conversation_id = $2

-- messages --
-- $1 user, $2 conversation, $3 the last number that is known, $4 limit, $5 one message alone, or null. In order.
select m.message_id, m.conversation_id, m.sender, m.author, m.kind, m.text, m.content::text, m.timestamp, m.sent_at,
    m.status, m.sequence_no, m.platform_message_id, m.reply_to, m.turn_id, t.prompt_id, t.prompt_version, m.edited_at,
    m.revoked_at, w.name as author_name,
    d.status as delivery_status, d.error_message, case when m.reply_to is not null then coalesce((
        select q.sequence_no from messages q
        where q.user_id = m.user_id and q.phone_number_id = m.phone_number_id and q.sender = 'user'
            and q.platform_message_id = m.reply_to and q.conversation_id = m.conversation_id
    ), (
        select q.sequence_no from message_parts q
        where q.user_id = m.user_id and q.phone_number_id = m.phone_number_id
            and q.platform_message_id = m.reply_to and q.conversation_id = m.conversation_id limit 1
    )) end as reply_no, (
        select json_agg(json_build_object('media_id', f.media_id, 'kind', f.kind, 'state', f.state,
            'mime_type', f.mime_type, 'filename', f.filename, 'size_bytes', f.size_bytes, 'problem', f.problem,
            'transcript', f.transcript)
            order by f.place)::text
        from media f where f.user_id = m.user_id and f.message_id = m.message_id
    ) as media
from messages m
left join turns t on t.user_id = m.user_id and t.turn_id = m.turn_id
left join lateral (
    select s.status, s.error_message from message_delivery_status s
    where m.sender = 'agent' and s.user_id = m.user_id and s.message_id = m.message_id
) d on true
left join lateral (
    select p.name from members b join people p on p.person_id = b.person_id
    where m.member_id is not null and b.user_id = m.user_id and b.member_id = m.member_id
) w on true
where m.user_id = $1 and m.conversation_id = $2 and m.sequence_no > $3
    and ($5::varchar is null or m.message_id = $5)
order by m.sequence_no limit $4

-- message --
select text, sequence_no, conversation_id from messages where user_id = $1 and message_id = $2

-- place --
-- $1 user, $2 conversation. What decides on what may be sent.
select n.platform, c.last_inbound_at, is_barred(c.user_id, c.customer_id, n.platform, 'text') as barred,
    is_barred(c.user_id, c.customer_id, n.platform, 'template') as template_barred
from conversations c
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
where c.user_id = $1 and c.conversation_id = $2

-- others --
-- $1 user, $2 conversation. The customer's other open conversations, the last written to first.
select o.conversation_id from conversations c
join conversations o on o.user_id = c.user_id and o.customer_id = c.customer_id and o.is_active
    and o.conversation_id <> c.conversation_id
where c.user_id = $1 and c.conversation_id = $2
order by o.last_inbound_at desc nulls last limit 20

-- quoted --
-- $1 user, $2 conversation, $3 message.
select coalesce(m.platform_message_id, p.platform_message_id) as platform_message_id
from messages m
left join message_parts p on p.user_id = m.user_id and p.message_id = m.message_id and p.part_no = 1
where m.user_id = $1 and m.conversation_id = $2 and m.message_id = $3

-- file_ready --
select exists (select 1 from media where user_id = $1 and media_id = $2 and state = 'ready')

-- retry --
select retry_message($1, $2)

-- reply --
select human_reply($1, $2, $3, $4::jsonb)

-- said_by --
-- $1 user, $2 message, $3 the member who wrote it; he looks after a conversation that nobody else does.
with said as (
    update messages set member_id = $3 where user_id = $1 and message_id = $2 returning user_id, conversation_id
)
update conversations c set assignee = $3 from said s
where c.user_id = s.user_id and c.conversation_id = s.conversation_id and c.assignee is null

-- owner --
-- $1 user, $2 conversation, $3 owner, $4 reason, $5 note, $6 assignee: null leaves as it is.
select change_owner($1, $2, $3, $4, $5, $6)

-- handovers --
select handover_id, from_no, to_no, by, reason, note, return_note, started_at, ended_at from handovers
where user_id = $1 and conversation_id = $2 order by from_no desc, started_at desc limit 200
