-- leader --
-- One process at a time looks.
select pg_try_advisory_xact_lock(hashtext('frontdesk alerts'))

-- keep --
-- $1 type, $2..$5 columns of what was found: users, subjects, details, whether it is news; $6 whether what was not found
-- is over. How many changed.
select keep_alerts($1, $2, $3, $4, $5, $6)

-- tell_late --
select tell_late_alerts()

-- ended --
-- $1 user, $2 type, $3 subject.
select resolve_alert($1, $2, $3)

-- token_dying --
-- Tokens at their last week, gone, or refused.
select user_id, phone_number_id as subject, jsonb_strip_nulls(jsonb_build_object(
        'cause', case when auth_error is not null then 'refused' when token_expires_at < now() then 'expired' end,
        'error', left(auth_error, 200), 'expires_on', to_char(token_expires_at, 'YYYY-MM-DD')))::text as detail,
    true as news
from channel_health
where auth_error is not null or token_expires_at < now() + interval '7 days'

-- channel_silent --
-- $1 hours, $2 the chance below which a silence is no chance: numbers whose silence is that unlikely by their own last
-- weeks, and those that their provider has never called.
select n.user_id, n.id as subject, jsonb_build_object(
        'since', to_char(h.last_inbound_at at time zone u.zone, 'YYYY-MM-DD HH24:MI'))::text as detail, true as news
from phone_numbers n
join users u on u.user_id = n.user_id and u.suspended_at is null
join channel_health h on h.user_id = n.user_id and h.phone_number_id = n.id
cross join lateral (
    select sum(ln(1 - 0.9 * length(replace((w.weeks & known.mask)::integer::bit(8)::text, '0', ''))::float8 / known.weeks)) as chance
    from (select least(extract(epoch from now() - n.created_at)::bigint / 604800, 7)::integer as weeks) age
    cross join lateral (select age.weeks, (1 << age.weeks) - 1 as mask) known
    cross join lateral generate_series(
        greatest(hours_of(h.last_inbound_at) + 1, hours_of(now()) - 168), hours_of(now()) - 1) o (hour)
    cross join lateral (
        -- As seen from that hour's week: this one is empty, those before it count.
        select (q.weeks::integer << greatest(least((o.hour / 168 - q.week)::integer, 8), 0)) >> 1 as weeks
        from number_hours q
        where q.user_id = n.user_id and q.phone_number_id = n.id and q.hour = o.hour % 168
    ) w
    where known.weeks >= 2
) s
where h.last_inbound_at < now() - $1::float8 * interval '1 hour' and s.chance < ln($2::float8)
union all
select n.user_id, n.id, '{"cause": "never"}', true
from phone_numbers n
join users u on u.user_id = n.user_id and u.suspended_at is null
left join channel_health h on h.user_id = n.user_id and h.phone_number_id = n.id
where h.last_webhook_at is null and n.created_at < now() - interval '24 hours' and n.platform <> 'webchat'
    and (n.platform <> 'sms' or n.meta_phone_number_id like '+%')

-- webhook_signature_wrong --
-- Numbers for which a webhook came that proved nothing, and none that did since.
select user_id, phone_number_id as subject, jsonb_build_object(
        'reason', signature_reason, 'url', signature_url)::text as detail, true as news
from channel_health
where signature_failed_at > now() - interval '1 day' and (last_webhook_at is null or last_webhook_at < signature_failed_at)

-- model_down --
-- Businesses whose turns have been put off for five minutes, and whom the model answered nothing meanwhile.
select c.user_id, '' as subject, '{}' as detail, true as news
from (select distinct user_id from conversations
      where parked_since is not null and parked_since < now() - interval '5 minutes') c
where not exists (
        select from model_calls m
        where m.user_id = c.user_id and m.created_at > now() - interval '5 minutes' and m.kind = 'reply' and m.outcome = 'ok')
    and not exists (
        select from system_alerts a
        where a.user_id = c.user_id and a.alert_type in ('model_quota', 'model_key_refused') and a.resolved_at is null)

-- sends_failing --
-- Numbers of whose messages, of this quarter of an hour and the one before, half failed, to three customers at least; no
-- news, and not over, while it is still a fifth. What one customer brought about is not counted.
with quarter as (select floor(extract(epoch from now()) / 900)::bigint - 1 as before)
select n.user_id, n.id as subject, jsonb_build_object(
        'failed', f.failed, 'sends', f.refused + s.sent, 'error', f.error)::text as detail,
    f.failed >= 3 and f.customers >= 3 and f.failed * 2 >= f.refused + s.sent as news
from phone_numbers n
cross join quarter q
left join channel_health h on h.user_id = n.user_id and h.phone_number_id = n.id
cross join lateral (
    select count(*) as failed, count(*) filter (where state = 'failed') as refused,
        count(distinct conversation_id) as customers, max(concat_ws(' ', error_code, left(error_message, 150))) as error
    from (
        (select part_id, conversation_id, state, error_code, error_message from message_parts
         where user_id = n.user_id and phone_number_id = n.id and state = 'failed'
            and updated_at >= to_timestamp(q.before * 900)
            and coalesce(error_code, '') not in ('not_tried', 'window_closed', 'opted_out', 'file', 'unsupported')
         limit 500)
        union
        (select part_id, conversation_id, state, error_code, error_message from message_parts
         where user_id = n.user_id and phone_number_id = n.id and delivery = 'failed'
            and updated_at >= to_timestamp(q.before * 900)
         limit 500)
    ) p
) f
cross join lateral (
    select case h.sends_quarter when q.before + 1 then h.sends_now + h.sends_before when q.before then h.sends_now else 0 end
        as sent
) s
where f.failed > 0 and f.failed * 5 >= f.refused + coalesce(s.sent, 0)

-- number_paused --
-- Numbers that have paused for five minutes, with hardly a breath between.
select user_id, phone_number_id as subject, jsonb_build_object('reason', reason)::text as detail, true as news
from number_pauses
where until > now() - interval '90 seconds' and greatest(until, now()) > since + interval '5 minutes'

-- booking_unknown --
-- Meetings of which nobody could say several times whether the calendar has them so.
select m.user_id, m.meeting_id as subject, jsonb_build_object(
        'title', m.title, 'starts', to_char(m.meeting_time at time zone u.zone, 'YYYY-MM-DD HH24:MI'))::text as detail,
    m.tries >= 3 as news
from meetings m join users u on u.user_id = m.user_id
where m.state in ('booking', 'moving', 'cancelling')

-- rules --
-- Each agent's booking rules.
select user_id, agent_id as subject, booking from agents where booking is not null

-- media_failing --
-- Numbers three of whose files could not be had within a day, with none after the last of them that could.
select n.user_id, n.id as subject, jsonb_build_object('failed', f.failed, 'error', f.error)::text as detail, true as news
from phone_numbers n
cross join lateral (
    select count(*) as failed, max(created_at) as last, max(problem) as error from (
        select created_at, problem from media
        where user_id = n.user_id and phone_number_id = n.id and state in ('failed', 'expired')
            and created_at > now() - interval '1 day'
        order by created_at desc limit 100
    ) m
) f
where f.failed >= 3 and not exists (
    select from media r
    where r.user_id = n.user_id and r.phone_number_id = n.id and r.created_at > f.last and r.state = 'ready')

-- over_model --
-- The model has answered since.
select a.user_id, a.alert_type, a.subject from system_alerts a
where a.resolved_at is null and a.alert_type in ('model_down', 'model_quota', 'model_key_refused', 'agent_broken')
    and exists (
        select from model_calls m
        where m.user_id = a.user_id and m.created_at > a.last_at and m.kind = 'reply' and m.outcome = 'ok'
            and (a.alert_type <> 'agent_broken' or m.agent_id = a.subject))

-- over_day --
-- A new day has begun.
select user_id, alert_type, subject from system_alerts
where resolved_at is null and alert_type = 'spend_cap'
    and last_at < date_trunc('day', now() at time zone 'utc') at time zone 'utc'

-- over_conversation --
-- The agent has the conversation again, or it has ended.
select a.user_id, a.alert_type, a.subject from system_alerts a
left join conversations c on c.user_id = a.user_id and c.conversation_id = a.subject
where a.resolved_at is null and a.alert_type in ('loop', 'conversation_cap')
    and (c.conversation_id is null or c.owner = 'agent' or not c.is_active)

-- over_parked --
-- Nothing is put aside for the number any more.
select a.user_id, a.alert_type, a.subject from system_alerts a
join phone_numbers n on n.user_id = a.user_id and n.id = a.subject
where a.resolved_at is null and a.alert_type = 'messages_parked' and not exists (
    select from envelopes e where e.state = 'parked' and e.addresses @> array[n.platform || ':' || n.meta_phone_number_id])

-- over_place --
-- The endpoint or the address is no longer told anything.
select a.user_id, a.alert_type, a.subject from system_alerts a
where a.resolved_at is null and (
    a.alert_type in ('webhook_failing', 'webhook_disabled') and not exists (
        select from webhook_endpoints w where w.user_id = a.user_id and w.endpoint_id = a.subject)
    or a.alert_type = 'mail_failing' and not exists (
        select from mail_recipients r where r.user_id = a.user_id and left(r.address, 100) = a.subject))
