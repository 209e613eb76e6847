-- quiet --
-- Makes conversations that have been quiet for long enough due; $1 the most at once. Returns how many.
select note_quiet($1)

-- claim --
-- $1 owner, $2 lease in seconds, $3 most readings.
select * from claim_readings($1, $2, $3)

-- next_due --
-- Seconds until something is to be looked at; null when nothing waits.
select extract(epoch from min(at) - now())::float8 from (
    select min(lead_at) as at from conversations where lead_at is not null
    union all
    select min(due_at) from lead_readings where due_at is not null and lease_until is null
) waiting

-- free --
-- $1 the name of a process that is known to be dead.
update lead_readings set lease_until = now(), lease_owner = null where lease_owner = $1

-- case --
-- $1 user, $2 conversation. What a reading has to know besides what was said.
select c.last_sequence_no, c.last_inbound_no, c.customer_phone, c.customer_id, c.agent_id, c.phone_number_id, n.platform,
    u.company_name, u.zone, a.model as agent_model, a.most_micros_a_day,
    s.model, s.criteria, coalesce(s.region, '') as region,
    coalesce((a.most_micros_a_day is not null and (
        select coalesce(sum(m.cost_micros), 0) from model_calls m
        where m.user_id = c.user_id and m.agent_id = a.agent_id
            and m.created_at >= date_trunc('day', now() at time zone 'utc') at time zone 'utc'
    ) >= a.most_micros_a_day), false) as capped
from conversations c
join users u on u.user_id = c.user_id
join agents a on a.user_id = c.user_id and a.agent_id = c.agent_id
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
left join lead_settings s on s.user_id = c.user_id
where c.user_id = $1 and c.conversation_id = $2

-- said --
-- $1 user, $2 conversation, $3 most messages, $4 numbers that are wanted however old they are. Newest first.
select m.sequence_no, m.author,
    case when m.kind = 'audio' then coalesce(nullif((
        select string_agg(f.transcript, ' ' order by f.place) from media f
        where f.user_id = m.user_id and f.message_id = m.message_id), ''), m.text) else m.text end as text
from messages m
where m.user_id = $1 and m.conversation_id = $2 and m.revoked_at is null
    and (m.sender <> 'user' or wants_answer(m.kind))
    and (m.sequence_no = any($4) or m.sequence_no > (
        select last_sequence_no - $3 from conversations where user_id = $1 and conversation_id = $2))
order by m.sequence_no desc

-- settle --
-- Ends a reading: $1 user, $2 conversation, $3 fence, $4 read, nothing, held or failed, $5 how far it read, $6 an error or
-- null, $7 seconds until it is tried again or null. No row: somebody else has it.
update lead_readings set
    state = case when due_at is null then $4 else 'due' end, read_no = greatest(read_no, $5), error = $6,
    due_at = coalesce(due_at, now() + $7 * interval '1 second'), tries = case when $7::float8 is null then 0 else tries end,
    lease_owner = null, lease_until = null, read_at = case when $4 in ('read', 'nothing') then now() else read_at end
where user_id = $1 and conversation_id = $2 and fence = $3
returning true

-- meter --
-- What a reading cost: $1 user, $2 conversation, $3 the name of the run, $4 the calls.
select meter($1, $3, c, $4::jsonb) from conversations c where c.user_id = $1 and c.conversation_id = $2

-- well --
-- $1 user. Leads can be read again.
select resolve_alert($1, 'leads_broken', null)

-- alert --
-- $1 user, $2 type, $3 subject, $4 detail.
select raise_alert($1, $2, $3, $4::jsonb)
