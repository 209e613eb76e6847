-- facts --
-- $1 user, $2 number, $3 its endpoint. Everything that is known of how far a number is.
select n.id, n.user_id, n.id as phone_number_id, n.platform, n.meta_phone_number_id, n.meta_phone_number_id as address,
    n.access_token, n.settings::text as settings, h.last_webhook_at, h.last_sent_at, h.signature_failed_at,
    h.signature_reason, h.auth_failed_at, h.auth_error, h.page_seen_at, h.page_refused_at, h.page_origin,
    coalesce(h.checks, '{}')::text as checks, c.seen_at as challenge_seen_at, c.refused_at as challenge_refused_at, (
        select v.created_at from conversations v
        where v.user_id = n.user_id and v.phone_number_id = n.id and v.last_inbound_no > 0 limit 1) as message_at, (
        select v.last_message_at from conversations v
        where v.user_id = n.user_id and v.phone_number_id = n.id and v.last_sequence_no > v.last_inbound_no
            and v.answered_no > 0 limit 1) as answered_at, (
        select p.updated_at from (
            select delivery, updated_at from message_parts
            where user_id = n.user_id and phone_number_id = n.id and platform_message_id is not null limit 200) p
        where p.delivery in ('delivered', 'read') limit 1) as delivered_at, (
        select f.error_code || ' ' || left(f.error_message, 150) from message_parts f
        where f.user_id = n.user_id and f.phone_number_id = n.id and f.state = 'failed'
            and f.updated_at > now() - interval '1 day' limit 1) as send_error
from phone_numbers n
left join channel_health h on h.user_id = n.user_id and h.phone_number_id = n.id
left join hook_challenges c on c.endpoint = $3
where n.user_id = $1 and n.id = $2

-- keep --
-- $1 user, $2 number, $3 what was found, $4 whether the credentials were taken.
insert into channel_health (user_id, phone_number_id, checks) values ($1, $2, $3::jsonb)
on conflict (user_id, phone_number_id) do update set
    checks = channel_health.checks || excluded.checks,
    auth_error = case when $4 then null else channel_health.auth_error end,
    auth_failed_at = case when $4 then null else channel_health.auth_failed_at end
