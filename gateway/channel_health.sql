-- heard --
-- Columns: $1 platforms, $2 addresses, $3 times.
insert into channel_health (user_id, phone_number_id, last_webhook_at)
select r.user_id, r.phone_number_id, max(h.at)
from unnest($1::text[], $2::text[], $3::timestamptz[]) h (platform, address, at)
join routes r on r.platform = h.platform and r.address = h.address
group by r.user_id, r.phone_number_id
order by r.user_id collate "C", r.phone_number_id collate "C"
on conflict (user_id, phone_number_id) do update set
    last_webhook_at = greatest(channel_health.last_webhook_at, excluded.last_webhook_at)

-- sent --
-- Columns: $1 users, $2 numbers, $3 times.
insert into channel_health (user_id, phone_number_id, last_sent_at)
select n.user_id, n.id, h.at
from unnest($1::text[], $2::text[], $3::timestamptz[]) h (user_id, id, at)
join phone_numbers n on n.user_id = h.user_id and n.id = h.id
order by n.user_id collate "C", n.id collate "C"
on conflict (user_id, phone_number_id) do update set
    last_sent_at = greatest(channel_health.last_sent_at, excluded.last_sent_at)

-- auth --
-- Columns: $1 users, $2 numbers, $3 what the provider said of the credentials, '' for well.
insert into channel_health (user_id, phone_number_id, auth_failed_at, auth_error)
select n.user_id, n.id, case when h.error <> '' then now() end, nullif(h.error, '')
from unnest($1::text[], $2::text[], $3::text[]) h (user_id, id, error)
join phone_numbers n on n.user_id = h.user_id and n.id = h.id
order by n.user_id collate "C", n.id collate "C"
on conflict (user_id, phone_number_id) do update set
    auth_failed_at = excluded.auth_failed_at, auth_error = excluded.auth_error

-- rejected --
-- $1 endpoint, $2 URL, $3 fingerprints of the secrets tried, $4 reason, $5 how often.
insert into hook_failures (endpoint, url, secrets, reason, count) values ($1, $2, $3, $4, $5)
on conflict (endpoint, url, secrets) do update set
    count = hook_failures.count + excluded.count, reason = excluded.reason, last_at = now()
