-- limit --
-- However common a word is, one kind takes no longer than this.
set local statement_timeout = '250ms'

-- unlimit --
set local statement_timeout = 0

-- messages --
-- $1 user, $2 words, $3 most.
select m.message_id as id, m.conversation_id, m.sequence_no, m.author, m."timestamp" as at, m.text,
    coalesce(k.name, c.customer_phone) as title
from find_messages($2, $3) f (id)
join messages m on m.user_id = $1 and m.message_id = f.id and m.revoked_at is null
join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
join customers k on k.user_id = c.user_id and k.customer_id = c.customer_id
order by m."timestamp" desc

-- conversations --
select c.conversation_id as id, c.conversation_id, c.last_message_at as at, coalesce(k.name, c.customer_phone) as title,
    concat_ws(' · ', k.name, c.customer_phone) as text
from find_rows('conversations', $2, $3) f (id)
join conversations c on c.user_id = $1 and c.conversation_id = f.id
join customers k on k.user_id = c.user_id and k.customer_id = c.customer_id
order by c.last_message_at desc

-- contacts --
select c.contact_id as id, c.created_at as at, coalesce(c.name, c.email, c.phone, c.contact_id) as title,
    concat_ws(' · ', c.name, c.email, c.company, c.phone) as text
from find_rows('contacts', $2, $3) f (id) join contacts c on c.user_id = $1 and c.contact_id = f.id
order by c.created_at desc

-- leads --
select e.extraction_id::text as id, e.conversation_id, e.created_at as at,
    coalesce(e.name, e.email, e.customer_phone) as title,
    concat_ws(' · ', e.name, e.email, e.company, e.phone, e.intent, e.notes) as text
from find_rows('leads', $2, $3) f (id) join extractions e on e.user_id = $1 and e.conversation_id = f.id and e.is_latest
order by e.created_at desc

-- meetings --
select m.meeting_id as id, m.conversation_id, m.meeting_time as at, m.title,
    concat_ws(' · ', m.title, m.customer_name, m.customer_email) as text
from find_rows('meetings', $2, $3) f (id) join meetings m on m.user_id = $1 and m.meeting_id = f.id
order by m.meeting_time desc

-- agents --
-- $1 user, $2 words, $3 most. A business has few of these: each is looked at.
select a.agent_id as id, a.created_at as at, a.name as title, a.name as text from agents a
where a.user_id = $1 and search_vector(a.user_id, a.name) @@ search_query(a.user_id, $2)
order by a.created_at desc limit $3

-- prompts --
select p.prompt_id as id, p.created_at as at, p.name as title, p.name || E'\n' || v.instructions as text
from prompts p
join prompt_versions v on v.user_id = p.user_id and v.prompt_id = p.prompt_id and v.version = p.active_version
where p.user_id = $1
    and search_vector(p.user_id, p.name || ' ' || v.instructions) @@ search_query(p.user_id, $2)
order by p.created_at desc limit $3

-- numbers --
select n.id, n.created_at as at, coalesce(n.display_name, n.meta_phone_number_id) as title,
    concat_ws(' · ', n.display_name, n.meta_phone_number_id, n.platform) as text
from phone_numbers n
where n.user_id = $1
    and search_vector(n.user_id, concat_ws(' ', n.display_name, n.meta_phone_number_id, n.platform))
        @@ search_query(n.user_id, $2)
order by n.created_at desc limit $3
