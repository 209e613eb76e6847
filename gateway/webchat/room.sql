-- conversation --
-- $1 user, $2 number, $3 visitor. The visitor's conversation that is open, else the last one. A member is told by his
-- first name.
select conversation_id, last_sequence_no, owner, coalesce((
    select split_part(p.name, ' ', 1) from members m join people p on p.person_id = m.person_id
    where m.user_id = c.user_id and m.member_id = c.assignee), assignee) as assignee
from conversations c
where user_id = $1 and phone_number_id = $2 and customer_phone = $3
order by is_active desc, created_at desc limit 1

-- messages --
-- $1 user, $2 conversation, $3 the last number that is known. At most 200 in order.
select m.message_id, m.sequence_no, m.sender, m.author, m.kind, m.text, m.content::text, m.timestamp,
    m.platform_message_id, (
        select json_agg(json_build_object('media_id', f.media_id, 'kind', f.kind, 'state', f.state,
            'mime_type', f.mime_type, 'filename', f.filename) order by f.place)::text
        from media f where f.user_id = m.user_id and f.message_id = m.message_id
    ) as media
from messages m where m.user_id = $1 and m.conversation_id = $2 and m.sequence_no > $3
order by m.sequence_no limit 200

-- seen --
-- $1 user, $2 conversation, $3 the last number that the visitor saw.
update message_parts set delivery = 'read', updated_at = now()
where user_id = $1 and conversation_id = $2 and sequence_no <= $3 and state = 'sent' and delivery <> 'read'
