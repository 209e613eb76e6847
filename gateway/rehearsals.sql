-- claim --
-- $1 owner, $2 lease in seconds, $3 most rehearsals.
with due as (
    select user_id, rehearsal_id from rehearsals
    where state = 'running' and (lease_until is null or lease_until <= now())
    order by created_at limit $3 for update skip locked
)
update rehearsals r set
    lease_owner = $1, lease_until = now() + $2 * interval '1 second', fence = fence + 1, tries = tries + 1
from due where r.user_id = due.user_id and r.rehearsal_id = due.rehearsal_id
returning r.user_id, r.rehearsal_id, r.prompt_id, r.version, r.tries, r.fence

-- next_due --
-- Seconds until one that somebody held is free again; null when there is none.
select extract(epoch from min(lease_until) - now())::float8 from rehearsals where state = 'running'

-- free --
-- $1 the name of a process that is known to be dead.
update rehearsals set lease_owner = null, lease_until = null where lease_owner = $1 and state = 'running'

-- renew --
-- $1 owner, $2 lease in seconds, $3 those that are worked on.
update rehearsals set lease_until = now() + $2 * interval '1 second'
where lease_owner = $1 and rehearsal_id = any ($3) and state = 'running' and lease_until > now()

-- expire --
-- $1 days.
delete from rehearsals where ended_at < now() - $1 * interval '1 day'

-- left --
-- $1 user, $2 rehearsal. Turns that were not tried yet.
select turn_id, trial_id from rehearsal_turns where user_id = $1 and rehearsal_id = $2 and outcome is null

-- leave_out --
-- $1 user, $2 rehearsal, $3 turns that can't be tried any more.
delete from rehearsal_turns where user_id = $1 and rehearsal_id = $2 and turn_id = any ($3) and outcome is null

-- goes_on --
-- $1 user, $2 rehearsal, $3 fence. Whether it is still ours and nobody stopped it, and there are credits.
select true from rehearsals r join credits b on b.user_id = r.user_id and b.remaining_credits > 0
where r.user_id = $1 and r.rehearsal_id = $2 and r.fence = $3 and r.state = 'running'

-- meter --
-- $1 user, $2 trial, $3 the calls. What a turn that was tried cost.
select meter($1, $2, c, $3::jsonb)
from rehearsal_turns t
join conversations c on c.user_id = t.user_id and c.conversation_id = t.conversation_id
where t.user_id = $1 and t.trial_id = $2

-- apart --
-- $1 user, $2 trial. A trial uses up nothing of what an agent may spend on customers in a day.
update model_calls set agent_id = null where user_id = $1 and subject_id = $2 and kind = 'rehearsal'

-- tried --
-- $1 user, $2 rehearsal, $3 fence, $4 trial, $5 how it went, $6 whether the model was asked: then it costs a credit.
with held as (
    select user_id, rehearsal_id from rehearsals
    where user_id = $1 and rehearsal_id = $2 and fence = $3 and state = 'running' for update
), stored as (
    update rehearsal_turns t set outcome = $5::jsonb from held
    where t.user_id = held.user_id and t.trial_id = $4 and t.outcome is null returning t.user_id, t.trial_id
)
insert into credit_ledger (user_id, entry_id, delta, reason)
select s.user_id, s.trial_id, -1, 'rehearsal' from stored s
join credits b on b.user_id = s.user_id and b.remaining_credits > 0
where $6

-- ended --
-- $1 user, $2 rehearsal, $3 fence, $4 done or failed, $5 why.
update rehearsals set state = $4, problem = $5, ended_at = now(), lease_owner = null, lease_until = null
where user_id = $1 and rehearsal_id = $2 and fence = $3 and state = 'running'
    and ($4 <> 'done' or not exists (
        select from rehearsal_turns t where t.user_id = $1 and t.rehearsal_id = $2 and t.outcome is null))
returning true
