-- customers --
-- $1 user, $2 number, $3 the first of the customers, $4 the last: 4670 and seven digits, each with a conversation of $5
-- messages, all answered.
with people as (
    select n, '4670' || lpad(n::text, 7, '0') as address from generate_series($3::integer, $4::integer) n
), person as (
    insert into customers (user_id, customer_id, name) select $1, 'cst-' || n, 'Kim' from people
), alias as (
    insert into customer_aliases (user_id, kind, value, customer_id) select $1, 'wa_id', address, 'cst-' || n from people
)
insert into conversations (user_id, conversation_id, agent_id, phone_number_id, customer_phone, customer_id,
                           last_sequence_no, last_inbound_no, answered_no, last_inbound_at)
select $1, 'cnv-' || n, 'agt-' || $2::text, $2, address, 'cst-' || n, $5::integer, $5 - 1, $5 - 1, now() from people

-- history --
-- The messages of those conversations, in turn of the customer and of the agent.
insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, text, sequence_no,
                      platform_message_id)
select $1, 'msg-' || n || '-' || k, 'cnv-' || n, $2, said.sender, said.author, said.text, k,
       case when said.sender = 'user' then 'wamid.' || n || '.' || k end
from generate_series($3::integer, $4::integer) n, generate_series(1, $5::integer) k, (values
    (1, 'user', 'customer', 'Do you have time for a cleaning next week, maybe on Tuesday after five?'),
    (0, 'agent', 'ai', 'Yes, on Tuesday at half past five. Shall I book it for you? It takes about half an hour.')
) said (place, sender, author, text)
where k % 2 = said.place

-- sent_conversations --
-- $1 user, $2 number, $3 and $4 the first and the last of messages of ours, twenty in a conversation.
with person as (
    insert into customers (user_id, customer_id) values ($1, 'cst-parts') on conflict do nothing
)
insert into conversations (user_id, conversation_id, agent_id, phone_number_id, customer_phone, customer_id,
                           last_sequence_no)
select $1, 'cnv-parts-' || n, 'agt-' || $2::text, $2, 'parts-' || n, 'cst-parts', 20
from generate_series($3::integer / 20, $4::integer / 20) n

-- sent_messages --
insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, text, sequence_no)
select $1, 'm' || n, 'cnv-parts-' || n / 20, $2, 'agent', 'ai', 'On Tuesday at five?', n % 20 + 1
from generate_series($3::integer, $4::integer) n

-- sent_parts --
-- Their parts are p0, p1, …; the provider knows them as out.0, out.1, …
insert into message_parts (user_id, part_id, message_id, conversation_id, phone_number_id, sequence_no, part_no, text,
                           state, delivery, platform_message_id)
select $1, 'p' || n, 'm' || n, 'cnv-parts-' || n / 20, $2, n % 20 + 1, 1, 'On Tuesday at five?', 'sent', 'sent',
       'out.' || n
from generate_series($3::integer, $4::integer) n

-- safety --
select
    (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks,
    (select count(*) from messages where sender = 'user') as stored,
    (select count(*) from (select 1 from messages where sender = 'user'
        group by user_id, phone_number_id, platform_message_id having count(*) > 1) d) as doubled,
    (select count(*) from (select 1 from messages group by user_id, conversation_id
        having min(sequence_no) <> 1 or max(sequence_no) <> count(*)) g) as gaps

-- sends --
select
    (select count(*) from message_parts where state = 'sent') as claimed,
    (select count(*) from conversations where last_inbound_no > answered_no) as waiting
