-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select * from webhook_endpoints
where user_id = $1 and ($2::timestamptz is null or (created_at, endpoint_id) < ($2, $3))
order by created_at desc, endpoint_id desc limit $4

-- get --
select * from webhook_endpoints where user_id = $1 and endpoint_id = $2

-- lock --
-- Holds the endpoint while it is changed.
select * from webhook_endpoints where user_id = $1 and endpoint_id = $2 for no key update

-- count --
select count(*) from webhook_endpoints where user_id = $1

-- add --
-- $1 user, $2 endpoint, $3 url, $4 sealed secret, $5 types or null, $6 enabled, $7 description.
insert into webhook_endpoints (user_id, endpoint_id, url, secret, types, enabled, description)
values ($1, $2, $3, $4, $5, $6, $7)

-- change --
-- $3 url, $4 types or null, $5 enabled, $6 description: the whole endpoint. It gets a fresh chance.
update webhook_endpoints set
    url = $3, types = $4, enabled = $5, description = $6, failures = 0, rest_until = null,
    disabled_reason = case when $5 then null else disabled_reason end, updated_at = now()
where user_id = $1 and endpoint_id = $2

-- stop --
select stop_deliveries($1, $2, $3)

-- resolve --
-- Ends an alert: $1 user, $2 type, $3 subject.
select resolve_alert($1, $2, $3)

-- rotate --
-- $3 the new secret and $4 the former one, sealed for their places; $5 hours for which both sign.
update webhook_endpoints set
    secret = $3, previous_secret = $4, previous_until = now() + $5 * interval '1 hour', updated_at = now()
where user_id = $1 and endpoint_id = $2

-- remove --
delete from webhook_endpoints where user_id = $1 and endpoint_id = $2 returning endpoint_id

-- forget --
-- The deliveries of an endpoint that was removed.
delete from event_deliveries where user_id = $1 and target = $2

-- test --
-- An event for one endpoint alone: $1 user, $2 event, $3 data.
insert into events (user_id, event_id, type, data) values ($1, $2, 'webhook.test', $3::jsonb)

-- deliver --
-- One event once more: $1 user, $2 endpoint, $3 event. The delivery; null when there is no such event.
select deliver_again($1, $2, $3)

-- delivery --
select d.delivery_id, d.event_id, e.type, d.conversation_id, d.state, d.attempts, d.next_attempt_at, d.last_status,
    d.last_error, d.log::text, d.delivered_at, d.created_at
from event_deliveries d join events e using (user_id, event_id)
where d.user_id = $1 and d.delivery_id = $2

-- deliveries --
-- $1 user, $2 endpoint or address, $3 $4 the position or nulls, $5 limit, $6 state or null.
select d.delivery_id, d.event_id, e.type, d.conversation_id, d.state, d.attempts, d.next_attempt_at, d.last_status,
    d.last_error, d.log::text, d.delivered_at, d.created_at
from event_deliveries d join events e using (user_id, event_id)
where d.user_id = $1 and d.target = $2 and ($3::timestamptz is null or (d.created_at, d.delivery_id) < ($3, $4))
    and ($6::text is null or d.state = $6)
order by d.created_at desc, d.delivery_id desc limit $5

-- replay --
-- Events that an endpoint wants, from a time on, in order: $1 user, $2 endpoint, $3 from, $4 types or null, $5 most. Those
-- that wait for it are left out. How many.
with made as (
    insert into event_deliveries (user_id, delivery_id, event_id, endpoint_id, conversation_id)
    select v.user_id, event_key('dlv_'), v.event_id, $2::text, v.conversation_id from events v
    where v.user_id = $1 and v.created_at >= $3 and v.type <> 'webhook.test'
        and ($4::text[] is null or v.type = any ($4)) and not exists (
            select from event_deliveries d
            where d.user_id = v.user_id and d.event_id = v.event_id and d.endpoint_id = $2::text and d.state = 'pending')
    order by v.seq limit $5
    returning 1)
select count(*) from made
