-- list --
-- $1 user, $2 reader, $3 $4 the position or nulls, $5 limit, then filters, null for any: $6 number, $7 agent, $8 owner,
-- $9 channel, $10 whether it waits for an answer, $11 assignee ('' is nobody), $12 tag of the lead, $13 active,
-- $14 whether there is something unread, $15 conversations that a search found, $16 whether it is held, $17 one alone.
select i.last_message_at as created_at, c.conversation_id, c.phone_number_id, n.platform, n.display_name as number_name,
    c.agent_id, a.name as agent_name, c.customer_id, c.customer_phone, k.contact_id,
    coalesce(t.name, k.name) as customer_name, c.is_active, c.owner, c.assignee, c.held_for, c.last_sequence_no,
    c.last_inbound_no, c.answered_no, i.last_message_at, c.last_inbound_at, m.author as last_author,
    m.kind as last_kind, left(m.text, 160) as preview, e.lead_status_tag, coalesce(r.read_no, 0) as read_no, (
        select count(*)::int from (
            select from messages u
            where u.user_id = c.user_id and u.conversation_id = c.conversation_id and u.sender = 'user'
                and u.sequence_no > coalesce(r.read_no, 0) limit 100) u
    ) as unread
from inbox i
join conversations c on c.user_id = i.user_id and c.conversation_id = i.conversation_id
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join agents a on a.user_id = c.user_id and a.agent_id = c.agent_id
join customers k on k.user_id = c.user_id and k.customer_id = c.customer_id
left join contacts t on t.user_id = k.user_id and t.contact_id = k.contact_id
left join messages m on m.user_id = c.user_id and m.conversation_id = c.conversation_id
    and m.sequence_no = c.last_sequence_no
left join extractions e on e.user_id = c.user_id and e.conversation_id = c.conversation_id and e.is_latest
left join conversation_reads r on r.user_id = c.user_id and r.reader = $2 and r.conversation_id = c.conversation_id
where i.user_id = $1 and ($3::timestamptz is null or (i.last_message_at, i.conversation_id) < ($3, $4))
    and ($6::varchar is null or c.phone_number_id = $6) and ($7::varchar is null or c.agent_id = $7)
    and ($8::varchar is null or c.owner = $8) and ($9::varchar is null or n.platform = $9)
    and ($10::boolean is null or (c.last_inbound_no > c.answered_no) = $10)
    and ($11::varchar is null or coalesce(c.assignee, '') = $11)
    and ($12::varchar is null or e.lead_status_tag = $12) and ($13::boolean is null or c.is_active = $13)
    and ($14::boolean is null or (c.last_inbound_no > coalesce(r.read_no, 0)) = $14)
    and ($15::varchar[] is null or c.conversation_id = any ($15))
    and ($16::boolean is null or (c.held_for is not null) = $16)
    and ($17::varchar is null or i.conversation_id = $17)
order by i.last_message_at desc, i.conversation_id desc limit $5

-- found --
-- $1 user, $2 words. Conversations in which they were written, or that are with somebody of that name.
select find_rows('conversations', $2, 200) as conversation_id
union
select m.conversation_id from find_messages($2, 200) f (id)
join messages m on m.user_id = $1 and m.message_id = f.id

-- read --
-- $1 user, $2 reader, $3 conversation, $4 the last number that was read. No row when there is no such conversation.
insert into conversation_reads (user_id, reader, conversation_id, read_no)
select c.user_id, $2, c.conversation_id, least($4, c.last_sequence_no) from conversations c
where c.user_id = $1 and c.conversation_id = $3
on conflict (user_id, reader, conversation_id) do update set read_no = excluded.read_no, read_at = now()
returning read_no

-- cost --
-- $1 user, $2 conversation. No row when there is none.
select c.conversation_id,
    (select count(*)::int from turns t where t.user_id = c.user_id and t.conversation_id = c.conversation_id) as turns,
    (select coalesce(-sum(l.delta), 0)::int from turns t
     join credit_ledger l on l.user_id = t.user_id and l.entry_id = t.turn_id
     where t.user_id = c.user_id and t.conversation_id = c.conversation_id) as credits,
    (select coalesce(sum(m.cost_micros), 0)::bigint from turns t
     join model_calls m on m.user_id = t.user_id and m.subject_id = t.turn_id
     where t.user_id = c.user_id and t.conversation_id = c.conversation_id) as cost_micros
from conversations c where c.user_id = $1 and c.conversation_id = $2
