-- businesses --
-- How long each business keeps what: who said nothing keeps it for the usual time.
select u.user_id, p.conversation_days, p.media_days,
    case when p.user_id is null then 90 else p.trace_days end as trace_days,
    case when p.user_id is null then 90 else p.event_days end as event_days
from users u left join privacy_settings p on p.user_id = u.user_id order by u.user_id

-- silent --
-- $1 user, $2 days, $3 most. Conversations in which nobody wrote for so long and nothing is to come, the oldest first.
select conversation_id from conversations c
where user_id = $1 and created_at < now() - $2 * interval '1 day' and last_message_at < now() - $2 * interval '1 day'
    and (lease_until is null or lease_until <= now()) and not exists (
        select from meetings m
        where m.user_id = c.user_id and m.conversation_id = c.conversation_id
            and m.state in ('held', 'booking', 'scheduled', 'moving', 'cancelling')
            and m.meeting_time > now() - interval '1 day')
order by created_at limit $3

-- still_silent --
-- $1 user, $2 conversation, $3 days. Holds it, if nobody wrote meanwhile.
select * from conversations
where user_id = $1 and conversation_id = $2 and last_message_at < now() - $3 * interval '1 day' for update

-- media --
-- $1 user, $2 days, $3 most. Old files are let go; that there was one stays. How many.
with old as (
    select media_id, sha256 from media
    where user_id = $1 and created_at < now() - $2 * interval '1 day' and sha256 is not null and conversation_id is not null
    order by created_at limit $3 for update skip locked
), held as (
    insert into blob_holds (sha256, until) select distinct sha256, now() from old
), ended as (
    update media m set state = 'expired', problem = 'retention', sha256 = null, filename = '', url = '', transcript = null,
        transcript_state = 'none'
    from old where m.user_id = $1 and m.media_id = old.media_id
    returning m.media_id
)
select count(*)::integer from ended

-- traces --
-- $1 user, $2 days, $3 most. What turns saw, and what their tools were asked and answered. How many turns.
with old as (
    select turn_id from turns
    where user_id = $1 and ended_at < now() - $2 * interval '1 day' and trace is not null
    order by ended_at limit $3 for update skip locked
), tools as (
    update tool_calls k set arguments = '{}', result = null from old where k.user_id = $1 and k.turn_id = old.turn_id
), ended as (
    update turns t set trace = null from old where t.user_id = $1 and t.turn_id = old.turn_id returning t.turn_id
)
select count(*)::integer from ended

-- events --
-- $1 user, $2 days, $3 most. Events whose deliveries are all done. How many.
with gone as (
    delete from events where user_id = $1 and event_id in (
        select v.event_id from events v
        where v.user_id = $1 and v.created_at < now() - $2 * interval '1 day' and not exists (
            select from event_deliveries d
            where d.user_id = v.user_id and d.event_id = v.event_id and d.state = 'pending')
        order by v.created_at limit $3)
    returning event_id
)
select count(*)::integer from gone

-- envelopes --
-- $1 the last one seen, $2 most to look at, $3 days that are kept; what could not be read is kept three times as long. How
-- many went, how far this looked, and whether what comes next is old too.
with batch as materialized (
    select envelope_id, received_at, state from envelopes where envelope_id > $1 order by envelope_id limit $2
), gone as (
    delete from envelopes e using batch s
    where e.envelope_id = s.envelope_id
        and s.received_at < now() - $3 * case s.state when 'parked' then 3 else 1 end * interval '1 day'
    returning e.envelope_id
)
select (select count(*)::integer from gone) as gone, max(envelope_id) as last,
    count(*) = $2 and min(received_at) < now() - $3 * interval '1 day' as more
from batch

-- statuses --
-- $1 days. Words of providers on messages that never came.
delete from parked_statuses where at < now() - $1 * interval '1 day'

-- would --
-- $1 user, $2 days of conversations, $3 of files, $4 of traces, $5 of events; null is for ever. How many would go now.
select
    (select count(*) from conversations c
     where c.user_id = $1 and c.last_message_at < now() - $2::integer * interval '1 day' and not exists (
        select from meetings m
        where m.user_id = c.user_id and m.conversation_id = c.conversation_id
            and m.state in ('held', 'booking', 'scheduled', 'moving', 'cancelling')
            and m.meeting_time > now() - interval '1 day')) as conversations,
    (select count(*) from media
     where user_id = $1 and created_at < now() - $3::integer * interval '1 day' and sha256 is not null
        and conversation_id is not null) as media,
    (select count(*) from turns
     where user_id = $1 and ended_at < now() - $4::integer * interval '1 day' and trace is not null) as traces,
    (select count(*) from events where user_id = $1 and created_at < now() - $5::integer * interval '1 day') as events

-- orphan --
-- $1 user, $2 transcript at the model's provider.
insert into provider_orphans (user_id, openai_conversation_id) values ($1, $2) on conflict do nothing
