-- contact --
-- $1 user, $2 contact. Who it is in the end, after every merge; no row: there is none.
with recursive up as (
    select contact_id, merged_into from contacts where user_id = $1 and contact_id = $2
    union select c.contact_id, c.merged_into from contacts c join up on c.contact_id = up.merged_into where c.user_id = $1
)
select contact_id from up where merged_into is null

-- customer --
-- $1 user, $2 conversation. Whose it is, and its contact if there is one yet; held.
select u.customer_id, u.contact_id, n.platform, c.customer_phone
from conversations c
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
where c.user_id = $1 and c.conversation_id = $2 for update of u

-- begin --
-- $1 user, $2 job, $3 kind, $4 contact, $5 what becomes of meetings in the calendar. Nothing when one is on its way already.
insert into rights_jobs (user_id, job_id, kind, contact_id, calendar) values ($1, $2, $3, $4, $5)
on conflict (user_id, contact_id, kind) where state = 'running' do nothing

-- newest --
-- $1 user, $2 contact, $3 kind.
select j.job_id, j.*, m.size_bytes from rights_jobs j left join media m on m.user_id = j.user_id and m.media_id = j.media_id
where j.user_id = $1 and j.contact_id = $2 and j.kind = $3 order by j.created_at desc, j.job_id desc limit 1

-- erasure --
-- $1 user, $2 erasure.
select j.*, c.erased_at,
    (select count(*)::integer from rights_items i
     where i.user_id = j.user_id and i.job_id = j.job_id and i.done_at is null) as waiting
from rights_jobs j left join erasure_certificates c on c.user_id = j.user_id and c.job_id = j.job_id
where j.user_id = $1 and j.job_id = $2 and j.kind = 'erase'

-- erasures --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select j.*, c.erased_at,
    (select count(*)::integer from rights_items i
     where i.user_id = j.user_id and i.job_id = j.job_id and i.done_at is null) as waiting
from rights_jobs j left join erasure_certificates c on c.user_id = j.user_id and c.job_id = j.job_id
where j.user_id = $1 and j.kind = 'erase' and ($2::timestamptz is null or (j.created_at, j.job_id) < ($2, $3))
order by j.created_at desc, j.job_id desc limit $4

-- choose --
-- $1 user, $2 erasure, $3 what becomes of meetings in the calendar. What waits is tried at once.
with hurried as (
    update rights_items set due_at = least(due_at, now()) where user_id = $1 and job_id = $2 and kind = 'event'
)
update rights_jobs set calendar = $3, due_at = case when lease_until is null then now() else due_at end
where user_id = $1 and job_id = $2 and kind = 'erase' and state = 'running' returning job_id

-- privacy --
select conversation_days, media_days, trace_days, event_days from privacy_settings where user_id = $1

-- keep_privacy --
-- $1 user, then the days of conversations, files, traces and events.
insert into privacy_settings (user_id, conversation_days, media_days, trace_days, event_days) values ($1, $2, $3, $4, $5)
on conflict (user_id) do update set
    conversation_days = excluded.conversation_days, media_days = excluded.media_days, trace_days = excluded.trace_days,
    event_days = excluded.event_days
