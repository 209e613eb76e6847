-- claim --
-- $1 owner, $2 lease in seconds, $3 most parts, $4 seconds for which an unknown part holds up those behind it.
select * from claim_parts($1, $2, $3, $4)

-- settle --
-- Columns of outcomes. Returns the conversations that were settled.
select settle_parts($1, $2, $3, $4, $5, $6, $7)

-- requeue --
-- $1 the name of a process that is known to be dead, $2 its notes of what left: `user part attempt` each.
select requeue_parts($1, $2)

-- bury --
-- $1 the name of a process that is known to be dead, or '' for those whose lease ran out alone.
select bury_parts($1)

-- settle_parked --
select settle_parked(500)

-- next_due --
-- Seconds until a queued part may go; null when none is queued for later.
select extract(epoch from min(next_attempt_at) - now())::float8 from message_parts
where state = 'queued' and next_attempt_at > now()

-- settle_echoes --
-- Echoes that were held while something was being sent.
select settle_echoes(200)

-- pause --
-- $1 user, $2 number, $3 seconds, $4 why.
select pause_number($1, $2, $3, $4)

-- opt_out --
-- $1 user, $2 conversation, $3 platform, $4 scope. The provider says that the customer wants nothing more.
select record_consent(c.user_id, $3, (
        select jsonb_agg(jsonb_build_array(a.kind, a.value)) from customer_aliases a
        where a.user_id = c.user_id and a.customer_id = c.customer_id and a.kind <> 'username'
    ), $4, false, 'provider')
from conversations c
where c.user_id = $1 and c.conversation_id = $2
