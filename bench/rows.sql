-- customer --
insert into customers (user_id, customer_id) values ($1, 'cst')

-- conversation --
insert into conversations (user_id, conversation_id, agent_id, phone_number_id, customer_phone, customer_id)
values ($1, 'cnv', 'agt', $2, '1', 'cst')

-- messages --
-- $1 user, $2 number, $3 how many messages of ours.
insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, text, sequence_no)
select $1, 'm' || n, 'cnv', $2, 'agent', 'ai', 'x', n + 1 from generate_series(0, $3::int - 1) n

-- parts --
-- The parts of those messages, sent: the provider knows them as out.0, out.1, …
insert into message_parts (user_id, part_id, message_id, conversation_id, phone_number_id, sequence_no, part_no, text,
                           state, delivery, platform_message_id)
select $1, 'p' || n, 'm' || n, 'cnv', $2, n + 1, 1, 'x', 'sent', 'sent', 'out.' || n
from generate_series(0, $3::int - 1) n

-- stored --
select count(*) from messages where sender = 'user'

-- deadlocks --
select deadlocks from pg_stat_database where datname = current_database()

-- gaps --
select count(*) from (
    select 1 from messages group by user_id, conversation_id having max(sequence_no) <> count(*)
) g
