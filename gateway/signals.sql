-- last --
-- $1 user, $2 conversation. The last message of the customer, and who shows something on it.
select m.platform_message_id, c.user_id, c.phone_number_id, c.customer_phone, n.platform,
    n.meta_phone_number_id as address, n.access_token, n.settings
from conversations c
join messages m on m.user_id = c.user_id and m.conversation_id = c.conversation_id and m.sequence_no = c.last_inbound_no
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
where c.user_id = $1 and c.conversation_id = $2 and m.sender = 'user'
