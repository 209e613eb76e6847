-- claim --
-- $1 owner, $2 lease in seconds, $3 most rows.
select * from claim_reminders($1, $2, $3)

-- next_due --
-- Seconds until something is due; null when nothing is.
select extract(epoch from min(due_at) - now())::float8 from meeting_reminders
where due_at is not null and lease_until is null

-- free --
-- $1 the name of a process that is known to be dead.
update meeting_reminders set lease_owner = null, lease_until = null where lease_owner = $1

-- hold --
-- $1 user, $2 meeting. Holds a meeting while its reminders are planned.
select 1 from meetings where user_id = $1 and meeting_id = $2 for update

-- about --
-- $1 user, $2 meeting. The meeting as it is now, where its customer is, what may be sent to him, and the rules.
select m.*, n.platform, c.last_inbound_at, c.lease_until > now() as talking, u.language as customer_language,
    u.name as known_name, b.company_name, a.booking::text, a.agent_id as ruling_agent,
    is_barred(m.user_id, c.customer_id, n.platform, 'text') as barred,
    is_barred(m.user_id, c.customer_id, n.platform, 'template') as barred_template,
    case when n.platform in ('whatsapp', 'sms') and c.customer_phone ~ '^\+?[0-9]+$' then c.customer_phone
         else (select s.value from customer_aliases s
               where s.user_id = u.user_id and s.customer_id = u.customer_id and s.kind in ('phone', 'wa_id') limit 1)
    end as phone
from meetings m
join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join users b on b.user_id = m.user_id
left join agents a on a.user_id = m.user_id and a.agent_id = m.agent_id
where m.user_id = $1 and m.meeting_id = $2

-- put --
-- Columns of plans for a meeting: $1 user, $2 meeting, $3 ids, $4 kinds, $5 minutes, $6 time of the meeting, $7 rules, $8 due
-- or null, $9 why not. One that was sent for this time stays as it is, and one that waits is not late for being planned anew.
insert into meeting_reminders (user_id, reminder_id, meeting_id, kind, minutes, for_time, rule, state, due_at, reason)
select $1, p.id, $2, p.kind, p.minutes, $6, p.rule::jsonb, case when p.due_at is null then 'skipped' else 'waiting' end,
    p.due_at, p.why
from unnest($3::text[], $4::text[], $5::integer[], $7::text[], $8::timestamptz[], $9::text[])
    p (id, kind, minutes, rule, due_at, why)
on conflict (user_id, meeting_id, kind, minutes, for_time) do update set
    rule = excluded.rule, tries = 0, fence = meeting_reminders.fence + 1, lease_owner = null, lease_until = null,
    state = case when meeting_reminders.state = 'waiting' and excluded.reason = 'late' then 'waiting' else excluded.state end,
    reason = case when meeting_reminders.state = 'waiting' and excluded.reason = 'late' then '' else excluded.reason end,
    due_at = case when meeting_reminders.state = 'waiting' and excluded.reason = 'late' then meeting_reminders.due_at
                  else excluded.due_at end
where meeting_reminders.state in ('waiting', 'ended')

-- end_others --
-- $1 user, $2 meeting, $3 time, $4 kinds, $5 minutes. Those that are not wanted any more.
update meeting_reminders r set
    state = 'ended', due_at = null, fence = fence + 1, lease_owner = null, lease_until = null
where r.user_id = $1 and r.meeting_id = $2 and r.kind <> 'plan' and r.state = 'waiting' and not exists (
    select 1 from unnest($4::text[], $5::integer[]) p (kind, minutes)
    where p.kind = r.kind and p.minutes = r.minutes and r.for_time = $3)

-- planned --
-- $1 user, $2 reminder, $3 fence. A meeting that changed again meanwhile is planned again.
update meeting_reminders set due_at = null, tries = 0, lease_owner = null, lease_until = null
where user_id = $1 and reminder_id = $2 and fence = $3

-- rest --
-- $1 user, $2 reminder, $3 fence, $4 seconds until somebody looks again.
update meeting_reminders set due_at = now() + $4::float8 * interval '1 second', tries = least(tries + 1, 1000),
    lease_owner = null, lease_until = null
where user_id = $1 and reminder_id = $2 and fence = $3 and state = 'waiting'

-- put_off --
-- $1 user, $2 reminder, $3 fence, $4 when somebody looks again.
update meeting_reminders set due_at = $4, lease_owner = null, lease_until = null
where user_id = $1 and reminder_id = $2 and fence = $3 and state = 'waiting'

-- skip --
-- $1 user, $2 reminder, $3 fence, $4 state (skipped or ended), $5 why. The id when it was still to be sent.
update meeting_reminders set state = $4, reason = $5, due_at = null, lease_owner = null, lease_until = null
where user_id = $1 and reminder_id = $2 and fence = $3 and state = 'waiting'
returning reminder_id

-- alert --
-- $1 user, $2 agent, $3 detail. The business has to know that its customers are not reminded.
select raise_alert($1, 'reminder_not_sent', $2, $3::jsonb)

-- remind --
-- $1 user, $2 reminder, $3 fence, $4 the meeting's updated_at as it was read, $5 how, $6 platform, $7 message.
select remind($1, $2, $3, $4, $5, $6, $7::jsonb)

-- mailed --
-- $1 user, $2 reminder, $3 fence. A letter was taken.
update meeting_reminders set state = 'sent', via = 'mail', sent_at = now(), due_at = null, lease_owner = null,
    lease_until = null
where user_id = $1 and reminder_id = $2 and fence = $3 and state = 'waiting'

-- reminded --
-- $1 user, $2 conversation. The meetings ahead of which its customer was reminded there, and when.
select r.meeting_id, max(r.sent_at) as sent_at from meeting_reminders r
join meetings m on m.user_id = r.user_id and m.meeting_id = r.meeting_id
where m.user_id = $1 and m.conversation_id = $2 and r.kind = 'reminder' and r.state = 'sent' and m.state = 'scheduled'
    and m.meeting_time > now() and r.for_time = m.meeting_time
group by r.meeting_id
