-- due --
-- Numbers whose token ages: a day old, and at its last ten days or of unknown age.
select n.user_id, n.id from phone_numbers n
left join channel_health h on h.user_id = n.user_id and h.phone_number_id = n.id
where n.platform = 'instagram' and coalesce(n.settings ->> 'flavour', 'instagram') = 'instagram'
    and coalesce(h.token_refreshed_at, n.updated_at) < now() - interval '1 day'
    and (h.token_expires_at is null or h.token_expires_at < now() + interval '10 days')
order by n.user_id, n.id limit 500

-- lock --
-- $1 user, $2 number. Nothing when somebody else renews it at this moment.
select user_id, id as phone_number_id, platform, meta_phone_number_id as address, access_token, settings
from phone_numbers
where user_id = $1 and id = $2 for update skip locked

-- renewed --
-- $1 user, $2 number, $3 the sealed token, $4 how many seconds it lives.
with changed as (
    update phone_numbers set access_token = $3 where user_id = $1 and id = $2
)
insert into channel_health (user_id, phone_number_id, token_expires_at, token_refreshed_at)
values ($1, $2, now() + $4::float8 * interval '1 second', now())
on conflict (user_id, phone_number_id) do update set
    token_expires_at = excluded.token_expires_at, token_refreshed_at = excluded.token_refreshed_at,
    auth_failed_at = null, auth_error = null
