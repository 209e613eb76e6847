-- number --
-- $1 user, $2 number. The number, and its templates where they are known.
select n.user_id, n.id as phone_number_id, n.platform, n.meta_phone_number_id as address, n.access_token,
    n.settings::text as settings, t.templates::text as templates, t.fetched_at,
    extract(epoch from now() - t.fetched_at)::float8 as age_seconds
from phone_numbers n
left join number_templates t on t.user_id = n.user_id and t.phone_number_id = n.id
where n.user_id = $1 and n.id = $2

-- keep --
-- $1 user, $2 number, $3 the templates. When that was.
insert into number_templates (user_id, phone_number_id, templates) values ($1, $2, $3::jsonb)
on conflict (user_id, phone_number_id) do update set templates = excluded.templates, fetched_at = now()
returning fetched_at
