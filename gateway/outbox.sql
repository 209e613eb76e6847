-- claim --
-- $1 owner, $2 lease in seconds, $3 most parts, $4 seconds for which an unknown part holds up those behind it.
select * from claim_parts($1, $2, $3, $4)

-- settle --
-- Columns of outcomes. Returns the conversations that were settled.
select settle_parts($1, $2, $3, $4, $5, $6, $7)

-- bury --
-- $1 the name of a process that is known to be dead, or '' for those whose lease ran out alone.
select bury_parts($1)

-- settle_parked --
select settle_parked(500)

-- next_due --
-- Seconds until a queued part may go; null when none is queued for later.
select extract(epoch from min(next_attempt_at) - now())::float8 from message_parts
where state = 'queued' and next_attempt_at > now()
