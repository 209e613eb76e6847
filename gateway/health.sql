-- queues --
-- How much waits, and for how long the oldest (seconds).
select 'turns' as queue, count(*) as length, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as age
from conversations where due_at <= now() and lease_until is null
union all
select 'outbox', count(*), coalesce(extract(epoch from now() - min(next_attempt_at)), 0)::float8
from message_parts where state = 'queued' and next_attempt_at <= now()
union all
select 'unknown', count(*), coalesce(extract(epoch from now() - min(updated_at)), 0)::float8
from message_parts where state = 'unknown'
union all
select 'parked', count(*), coalesce(extract(epoch from now() - min(received_at)), 0)::float8
from envelopes where state = 'parked'

-- events --
-- What waits for a webhook or a letter though its time has come, and for how long the oldest (seconds).
select count(*) as length, coalesce(extract(epoch from now() - min(next_attempt_at)), 0)::float8 as age
from event_deliveries where state = 'pending' and next_attempt_at <= now() and lease_owner is null
