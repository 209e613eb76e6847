-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select id, user_id, platform, meta_phone_number_id, display_name, settings, created_at, updated_at
from phone_numbers
where user_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
order by created_at desc, id desc limit $4

-- get --
select id, user_id, platform, meta_phone_number_id, display_name, settings, created_at, updated_at
from phone_numbers where user_id = $1 and id = $2

-- add --
insert into phone_numbers (user_id, id, platform, meta_phone_number_id, access_token, display_name, settings)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)

-- change --
-- $3 token, $4 display name, $5 settings: null leaves as it is.
update phone_numbers set
    access_token = coalesce($3, access_token), display_name = coalesce($4, display_name),
    settings = coalesce($5::jsonb, settings)
where user_id = $1 and id = $2

-- remove --
delete from phone_numbers where user_id = $1 and id = $2
