-- conversation --
-- $1 user, $2 number, $3 visitor. The visitor's conversation that is open, else the last one.
select conversation_id, last_sequence_no from conversations
where user_id = $1 and phone_number_id = $2 and customer_phone = $3
order by is_active desc, created_at desc limit 1

-- messages --
-- $1 user, $2 conversation, $3 the last number that is known. At most 200 in order.
select message_id, sequence_no, sender, author, text, timestamp, platform_message_id
from messages where user_id = $1 and conversation_id = $2 and sequence_no > $3 order by sequence_no limit 200

-- seen --
-- $1 user, $2 conversation, $3 the last number that the visitor saw.
update message_parts set delivery = 'read', updated_at = now()
where user_id = $1 and conversation_id = $2 and sequence_no <= $3 and state = 'sent' and delivery <> 'read'
