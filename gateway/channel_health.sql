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

-- inbound --
-- Columns: $1 platforms, $2 addresses, $3 times. Customers wrote.
with heard as (
    select r.user_id, r.phone_number_id, max(h.at) as at
    from unnest($1::text[], $2::text[], $3::timestamptz[]) h (platform, address, at)
    join routes r on r.platform = h.platform and r.address = h.address
    group by r.user_id, r.phone_number_id
    order by r.user_id collate "C", r.phone_number_id collate "C"
), kept as (
    insert into channel_health (user_id, phone_number_id, last_inbound_at) select * from heard
    on conflict (user_id, phone_number_id) do update set
        last_inbound_at = greatest(channel_health.last_inbound_at, excluded.last_inbound_at)
)
select note_hour(user_id, phone_number_id, at) from heard

-- sent --
-- Columns: $1 users, $2 numbers, $3 times, $4 how many. Counted by quarters of an hour.
insert into channel_health as c (user_id, phone_number_id, last_sent_at, sends_quarter, sends_now)
select n.user_id, n.id, h.at, floor(extract(epoch from h.at) / 900)::bigint, h.many
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::integer[]) h (user_id, id, at, many)
join phone_numbers n on n.user_id = h.user_id and n.id = h.id
order by n.user_id collate "C", n.id collate "C"
on conflict (user_id, phone_number_id) do update set
    last_sent_at = greatest(c.last_sent_at, excluded.last_sent_at),
    sends_before = case excluded.sends_quarter - c.sends_quarter
        when 0 then c.sends_before when 1 then c.sends_now else 0 end,
    sends_now = excluded.sends_now + case when excluded.sends_quarter = c.sends_quarter then c.sends_now else 0 end,
    sends_quarter = excluded.sends_quarter

-- auth --
-- Columns: $1 users, $2 numbers, $3 what the provider said of the credentials, '' for well.
insert into channel_health (user_id, phone_number_id, auth_failed_at, auth_error)
select n.user_id, n.id, case when h.error <> '' then now() end, nullif(h.error, '')
from unnest($1::text[], $2::text[], $3::text[]) h (user_id, id, error)
join phone_numbers n on n.user_id = h.user_id and n.id = h.id
order by n.user_id collate "C", n.id collate "C"
on conflict (user_id, phone_number_id) do update set
    auth_failed_at = excluded.auth_failed_at, auth_error = excluded.auth_error

-- doubted --
-- $1 endpoint, $2 the body, $3 URL, $4 why it was rejected. The numbers that it names.
insert into channel_health (user_id, phone_number_id, signature_failed_at, signature_reason, signature_url)
select r.user_id, r.phone_number_id, now(), $4, $3
from unnest(addresses_in($1, $2)) a (name)
join routes r on r.platform = split_part(a.name, ':', 1) and r.address = substr(a.name, strpos(a.name, ':') + 1)
order by r.user_id collate "C", r.phone_number_id collate "C"
on conflict (user_id, phone_number_id) do update set
    signature_failed_at = excluded.signature_failed_at, signature_reason = excluded.signature_reason,
    signature_url = excluded.signature_url

-- challenged --
-- $1 endpoint, $2 why it was refused, '' when it was answered.
insert into hook_challenges as c (endpoint, seen_at, refused_at, reason)
values ($1, case when $2::text = '' then now() end, case when $2::text <> '' then now() end, $2)
on conflict (endpoint) do update set
    seen_at = coalesce(excluded.seen_at, c.seen_at), refused_at = coalesce(excluded.refused_at, c.refused_at),
    reason = excluded.reason

-- page --
-- $1 user, $2 number, $3 origin, $4 whether it may.
insert into channel_health as c (user_id, phone_number_id, page_seen_at, page_refused_at, page_origin)
select user_id, id, case when $4 then now() end, case when not $4 then now() end, $3
from phone_numbers where user_id = $1 and id = $2
on conflict (user_id, phone_number_id) do update set
    page_seen_at = coalesce(excluded.page_seen_at, c.page_seen_at),
    page_refused_at = coalesce(excluded.page_refused_at, c.page_refused_at), page_origin = excluded.page_origin

-- rejected --
-- $1 endpoint, $2 URL, $3 fingerprints of the secrets tried, $4 reason, $5 how often.
insert into hook_failures (endpoint, url, secrets, reason, count) values ($1, $2, $3, $4, $5)
on conflict (endpoint, url, secrets) do update set
    count = hook_failures.count + excluded.count, reason = excluded.reason, last_at = now()
