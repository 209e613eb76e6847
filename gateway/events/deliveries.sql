-- claim --
-- $1 owner, $2 lease in seconds, $3 most deliveries, $4 most to one endpoint at once, $5 most e-mails.
select * from claim_deliveries($1, $2, $3, $4, $5)

-- settle --
-- $1 user, $2 delivery, $3 fence, $4 sent, retry, failed or gone, $5 seconds until the next attempt, $6 seconds for which
-- the endpoint rests, $7 status, $8 error, $9 milliseconds. The state that it has now; null when it is not ours any more.
select settle_delivery($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- next_due --
-- Seconds until a delivery may go; null when none waits for later.
select extract(epoch from min(next_attempt_at) - now())::float8 from event_deliveries
where state = 'pending' and next_attempt_at > now()

-- free --
-- $1 the name of a process that is known to be dead. What it was sending may have arrived, and is sent again.
update event_deliveries set lease_owner = null, lease_until = null, next_attempt_at = now(), fence = fence + 1
where state = 'pending' and lease_owner = $1

-- prune --
-- $1 days for which events are kept, $2 most to remove. Events whose deliveries are all done.
delete from events where (user_id, event_id) in (
    select v.user_id, v.event_id from events v
    where v.created_at < now() - $1 * interval '1 day' and not exists (
        select from event_deliveries d
        where d.user_id = v.user_id and d.event_id = v.event_id and d.state = 'pending')
    order by v.created_at limit $2)
returning event_id
