-- stop --
-- $1 user, $2 job. The person's names are forgotten and what goes on ends.
select stop_person($1, $2)

-- settled --
-- $1 user, $2 job, $3 seconds after which what still runs is taken for dead.
select person_settled($1, $2, $3)

-- alone --
-- The writer of the inbox comes before or after: both lock conversations.
select pg_advisory_xact_lock(hashtext('frontdesk inbox'))

-- next_conversation --
-- $1 user, $2 contact. One that is left, held.
select * from conversations
where user_id = $1 and conversation_id in (select conversations_of($1, $2))
order by agent_id collate "C", customer_phone collate "C", conversation_id collate "C" limit 1 for update

-- files --
-- $1 user, $2 job, $3 conversation. Its files are to be removed.
insert into rights_items (user_id, job_id, kind, ref)
select distinct user_id, $2, 'file', sha256 from media where user_id = $1 and conversation_id = $3 and sha256 is not null
on conflict do nothing

-- let_go --
-- $1 user, $2 conversation. Whoever sweeps looks whether anything else names its files.
insert into blob_holds (sha256, until)
select distinct sha256, now() from media where user_id = $1 and conversation_id = $2 and sha256 is not null

-- calendar --
-- $1 user, $2 job, $3 conversation, $4 seconds that a call to the calendar may still be on its way. Its meetings.
insert into rights_items (user_id, job_id, kind, ref, place, due_at)
select user_id, $2, 'event', google_event_id, calendar_id,
    now() + case when state in ('booking', 'moving', 'cancelling') or hold_until > now() then $4 else 0 end
        * interval '1 second'
from meetings where user_id = $1 and conversation_id = $3 on conflict do nothing

-- transcripts --
-- $1 user, $2 job, $3 conversation. The copy at the model's provider; and those left behind before, whosever they are.
with mine as (
    select openai_conversation_id as ref from conversations
    where user_id = $1 and conversation_id = $3 and openai_conversation_id is not null
), orphaned as (
    insert into provider_orphans (user_id, openai_conversation_id) select $1, ref from mine on conflict do nothing
)
insert into rights_items (user_id, job_id, kind, ref)
select $1, $2, 'transcript', ref from mine
union select $1, $2, 'transcript', openai_conversation_id from provider_orphans where user_id = $1
on conflict do nothing

-- of_rehearsal_turns --
delete from rehearsal_turns where user_id = $1 and conversation_id = $2

-- of_tool_calls --
delete from tool_calls where user_id = $1 and conversation_id = $2

-- of_link_sends --
delete from link_sends where user_id = $1 and conversation_id = $2

-- of_offers --
delete from offers where user_id = $1 and conversation_id = $2

-- of_alerts --
-- What the business was alerted of about a conversation or its meetings, and that it was told so.
with subjects as materialized (
    select $2::text as subject
    union select meeting_id from meetings where user_id = $1 and conversation_id = $2
), gone as (
    delete from system_alerts a using subjects s
    where a.user_id = $1 and (a.subject = s.subject or a.detail ->> 'conversation_id' = s.subject)
)
delete from events e using subjects s
where e.user_id = $1 and e.type in ('alert.raised', 'alert.resolved')
    and (e.data ->> 'subject' = s.subject or e.data #>> '{detail,conversation_id}' = s.subject)

-- of_meetings --
delete from meetings where user_id = $1 and conversation_id = $2

-- of_handovers --
delete from handovers where user_id = $1 and conversation_id = $2

-- of_extractions --
delete from extractions where user_id = $1 and conversation_id = $2

-- of_lead_readings --
delete from lead_readings where user_id = $1 and conversation_id = $2

-- of_events --
delete from events where user_id = $1 and conversation_id = $2

-- of_held_echoes --
delete from held_echoes where user_id = $1 and conversation_id = $2

-- of_early_amendments --
delete from early_amendments e using messages m
where m.user_id = $1 and m.conversation_id = $2 and m.kind in ('edit', 'revoke') and e.user_id = m.user_id
    and e.phone_number_id = m.phone_number_id and e.target = m.reply_to

-- of_parked_statuses --
delete from parked_statuses s using message_parts p, phone_numbers n
where p.user_id = $1 and p.conversation_id = $2 and n.user_id = p.user_id and n.id = p.phone_number_id
    and s.platform = n.platform and s.address = n.meta_phone_number_id and s.platform_message_id = p.platform_message_id

-- of_model_calls --
-- What they cost stays, without whom it was for.
update model_calls set conversation_id = null where user_id = $1 and conversation_id = $2

-- of_media --
delete from media where user_id = $1 and conversation_id = $2

-- of_message_parts --
delete from message_parts where user_id = $1 and conversation_id = $2

-- of_messages --
delete from messages where user_id = $1 and conversation_id = $2

-- of_turns --
delete from turns where user_id = $1 and conversation_id = $2

-- of_conversations --
delete from conversations where user_id = $1 and conversation_id = $2

-- names --
-- $1 user, $2 contact. Names that somebody gave him again while he was being forgotten.
delete from customer_aliases where user_id = $1 and customer_id in (select customers_of($1, $2))

-- asides --
-- $1 user, $2 addresses. What webhooks said of him beside conversations and nobody could do.
delete from asides where user_id = $1 and exists (
    select from jsonb_path_query(what, '$.**') v
    where jsonb_typeof(v) = 'string' and ltrim(v #>> '{}', '+') = any ($2::text[]))

-- told --
-- $1 user, $2 contact. What the business was told of him outside of conversations.
delete from events where user_id = $1 and (data ->> 'contact_id' in (select contacts_of($1, $2))
    or data ->> 'customer_id' in (select customers_of($1, $2)))

-- exports --
-- $1 user, $2 job, $3 contact. Earlier exports of him: their files are to be removed.
with files as (
    delete from media m using rights_jobs j
    where j.user_id = $1 and j.kind = 'export' and j.contact_id in (select contacts_of($1, $3)) and m.user_id = $1
        and m.media_id = j.media_id
    returning m.sha256
), ended as (
    update rights_jobs set media_id = null, expires_at = null
    where user_id = $1 and kind = 'export' and contact_id in (select contacts_of($1, $3))
)
insert into rights_items (user_id, job_id, kind, ref) select distinct $1, $2, 'file', sha256 from files
where sha256 is not null on conflict do nothing

-- ledger --
delete from consent_ledger where user_id = $1 and customer_id in (select customers_of($1, $2))

-- merges --
delete from contact_merges where user_id = $1
    and (kept in (select contacts_of($1, $2)) or gone in (select contacts_of($1, $2)))

-- customers --
delete from customers where user_id = $1 and customer_id in (select customers_of($1, $2))

-- contacts --
delete from contacts where user_id = $1 and contact_id in (select contacts_of($1, $2))

-- envelopes --
-- $1 the last one seen, $2 most to look at, $3 addresses. Those that may name one, and in `last` how far this looked.
with batch as materialized (
    select envelope_id, body from envelopes where envelope_id > $1 order by envelope_id limit $2
)
select (select max(envelope_id) from batch) as last, s.envelope_id, s.body
from (select 1) one left join batch s on exists (
    select from unnest($3::text[]) n where position(convert_to(n, 'UTF8') in s.body) > 0)

-- rewrite --
-- $1 envelope, $2 what is left of it.
update envelopes set body = $2 where envelope_id = $1

-- remove --
delete from envelopes where envelope_id = $1

-- open_items --
-- $1 user, $2 job, $3 kind. What is still to be removed, and whether it is time.
select ref, place, due_at <= now() as due from rights_items
where user_id = $1 and job_id = $2 and kind = $3 and done_at is null order by due_at limit 200

-- done_item --
-- $1 user, $2 job, $3 kind, $4 which.
update rights_items set done_at = now(), problem = '' where user_id = $1 and job_id = $2 and kind = $3 and ref = $4

-- late_item --
-- $1 user, $2 job, $3 kind, $4 which, $5 why, $6 seconds.
update rights_items set problem = left($5, 100), due_at = now() + $6 * interval '1 second'
where user_id = $1 and job_id = $2 and kind = $3 and ref = $4

-- orphan --
-- $1 user, $2 transcript. Whether it still waits to be deleted at the provider.
select exists (select from provider_orphans where user_id = $1 and openai_conversation_id = $2)

-- certify --
-- $1 user, $2 job. The end: what is left says that somebody was erased, and not whom.
with cleared as (delete from rights_items where user_id = $1 and job_id = $2),
ended as (
    update rights_jobs set state = 'done', step = 'done', needles = '{}', problem = '', due_at = null, lease_owner = null,
        lease_until = null
    where user_id = $1 and job_id = $2 and state = 'running'
    returning *
)
insert into erasure_certificates (user_id, job_id, contact_id, counts, asked_at)
select user_id, job_id, contact_id, counts, created_at from ended on conflict do nothing

-- say_done --
-- $1 user, $2 job, $3 contact.
select emit($1, 'contact.erased', null, jsonb_build_object('erasure_id', $2::text, 'contact_id', $3::text))

-- resolve --
select resolve_notice($1, 'erasure_late', $2)

-- late --
-- $1 user, $2 job, $3 step.
select notify_business($1, 'erasure_late', $2, jsonb_build_object('step', $3::text))
