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

-- resume --
-- $1 user, $2 number. What waited for better credentials goes at once.
with ended as (
    delete from number_pauses where user_id = $1 and phone_number_id = $2
)
update message_parts set next_attempt_at = now()
where user_id = $1 and phone_number_id = $2 and state = 'queued' and next_attempt_at > now()

-- remove --
delete from phone_numbers where user_id = $1 and id = $2

-- token --
select access_token from phone_numbers where user_id = $1 and id = $2

-- health --
-- $1 user, $2 number.
select h.last_webhook_at, h.last_sent_at, h.auth_failed_at, h.auth_error, h.token_expires_at, h.token_refreshed_at,
    h.caught_up_at, coalesce(h.notices, '{}')::text as notices, z.until as paused_until, z.reason as pause_reason,
    (select count(*) from message_parts p
     where p.user_id = n.user_id and p.phone_number_id = n.id and p.state = 'queued') as queued_parts,
    (select count(*) from message_parts p
     where p.user_id = n.user_id and p.phone_number_id = n.id and p.state = 'failed'
        and p.updated_at > now() - interval '1 day') as failed_parts
from phone_numbers n
left join channel_health h on h.user_id = n.user_id and h.phone_number_id = n.id
left join number_pauses z on z.user_id = n.user_id and z.phone_number_id = n.id and z.until > now()
where n.user_id = $1 and n.id = $2

-- rejected --
-- $1 the endpoints, as a pattern. Of the last day.
select url, secrets, reason, count, last_at from hook_failures
where endpoint like $1 and last_at > now() - interval '1 day' order by last_at desc limit 20
