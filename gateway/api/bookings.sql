-- place --
-- $1 user, $2 conversation or null, $3 contact or null: its open conversation in which it wrote last.
select c.conversation_id, c.agent_id, c.is_active, u.language
from conversations c join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
where c.user_id = $1 and ($2::varchar is null or c.conversation_id = $2)
    and ($3::varchar is null or (u.contact_id = $3 and c.is_active))
order by c.last_inbound_at desc nulls last limit 1

-- contact --
-- $1 user, $2 contact. Whether there is such a person.
select true from contacts where user_id = $1 and contact_id = $2
