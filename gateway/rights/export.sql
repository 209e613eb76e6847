-- Each block names a file of the export and takes $1 user and $2 contact. What our own workers keep for themselves (leases,
-- fences, attempts) is left out, and so are secrets: there are none in these tables.

-- contacts --
select to_jsonb(t) from contacts t where user_id = $1 and contact_id in (select contacts_of($1, $2)) order by created_at

-- contact_merges --
select to_jsonb(t) from contact_merges t
where user_id = $1 and (kept in (select contacts_of($1, $2)) or gone in (select contacts_of($1, $2))) order by created_at

-- customers --
select to_jsonb(t) from customers t where user_id = $1 and customer_id in (select customers_of($1, $2)) order by created_at

-- customer_aliases --
select to_jsonb(t) from customer_aliases t
where user_id = $1 and customer_id in (select customers_of($1, $2)) order by created_at

-- consent_ledger --
select to_jsonb(t) from consent_ledger t
where user_id = $1 and customer_id in (select customers_of($1, $2)) order by entry_id

-- opt_outs --
select to_jsonb(t) from opt_outs t where user_id = $1 and customer_id in (select customers_of($1, $2)) order by created_at

-- conversations --
select to_jsonb(t) - '{lease_owner,lease_until,fence,owner_epoch,supersedes}'::text[] from conversations t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at

-- messages --
select to_jsonb(t) from messages t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by conversation_id, sequence_no

-- message_parts --
select to_jsonb(t) - '{lease_owner,lease_until}'::text[] from message_parts t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by conversation_id, sequence_no, part_no

-- media --
select to_jsonb(t) - '{lease_owner,lease_until}'::text[] from media t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at, media_id

-- held_echoes --
select to_jsonb(t) from held_echoes t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at

-- handovers --
select to_jsonb(t) from handovers t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by started_at

-- extractions --
select to_jsonb(t) from extractions t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at

-- lead_readings --
select to_jsonb(t) - '{lease_owner,lease_until,fence}'::text[] from lead_readings t
where user_id = $1 and conversation_id in (select conversations_of($1, $2))

-- rehearsal_turns --
select to_jsonb(t) from rehearsal_turns t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by trial_id

-- offers --
select to_jsonb(t) from offers t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at

-- meetings --
select to_jsonb(t) - '{lease_owner,lease_until,fence,host_range,busy}'::text[] from meetings t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by meeting_time

-- meeting_reminders --
select to_jsonb(t) - '{lease_owner,lease_until,fence}'::text[] from meeting_reminders t
where user_id = $1 and meeting_id in (
    select meeting_id from meetings
    where user_id = $1 and conversation_id in (select conversations_of($1, $2))) order by created_at

-- link_sends --
select to_jsonb(t) from link_sends t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at

-- turns --
select to_jsonb(t) - '{fence}'::text[] from turns t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by started_at

-- tool_calls --
select to_jsonb(t) from tool_calls t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by started_at, turn_id, call_no

-- model_calls --
select to_jsonb(t) from model_calls t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at, subject_id, call_no

-- events --
select to_jsonb(t) from events t
where user_id = $1 and (conversation_id in (select conversations_of($1, $2))
    or data ->> 'contact_id' in (select contacts_of($1, $2))) order by created_at

-- event_deliveries --
select to_jsonb(t) - '{lease_owner,lease_until,fence}'::text[] from event_deliveries t
where user_id = $1 and conversation_id in (select conversations_of($1, $2)) order by created_at

-- asides --
select to_jsonb(t) from asides t
where user_id = $1 and exists (
    select from customer_aliases a
    where a.user_id = $1 and a.customer_id in (select customers_of($1, $2)) and strpos(t.what::text, to_json(a.value)::text) > 0)

-- system_alerts --
select to_jsonb(t) from system_alerts t
where user_id = $1 and (detail ->> 'conversation_id' in (select conversations_of($1, $2))
    or subject in (select conversations_of($1, $2))
    or subject in (select meeting_id from meetings
                   where user_id = $1 and conversation_id in (select conversations_of($1, $2)))) order by created_at
