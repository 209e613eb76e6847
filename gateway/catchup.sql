-- due --
-- $1 seconds. The numbers that were not polled for so long, with the time from which on they are to be asked.
select n.user_id, n.id as phone_number_id, n.platform, n.meta_phone_number_id as address, n.access_token, n.settings, n.created_at, now() as asked_at,
    coalesce(h.caught_up_at, n.created_at) as since
from phone_numbers n
left join channel_health h on h.user_id = n.user_id and h.phone_number_id = n.id
where n.platform = 'sms' and n.meta_phone_number_id like '+%'
    and (h.caught_up_at is null or h.caught_up_at <= now() - $1::float8 * interval '1 second')
order by n.user_id, n.id

-- done --
-- $1 user, $2 number, $3 when it was asked. Only now, so that what a dying process asked for is asked for again.
insert into channel_health (user_id, phone_number_id, caught_up_at) values ($1, $2, $3)
on conflict (user_id, phone_number_id) do update set
    caught_up_at = greatest(channel_health.caught_up_at, excluded.caught_up_at)
