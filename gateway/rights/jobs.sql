-- claim --
-- $1 owner, $2 lease in seconds, $3 most jobs.
select * from claim_rights($1, $2, $3)

-- next_due --
-- Seconds until a job may go on; null when none waits.
select extract(epoch from min(due_at) - now())::float8 from rights_jobs
where due_at is not null and state = 'running' and lease_until is null

-- free --
-- $1 the name of a process that is known to be dead.
update rights_jobs set lease_owner = null, lease_until = null, due_at = now() where lease_owner = $1

-- read --
select * from rights_jobs where user_id = $1 and job_id = $2

-- held --
-- $1 user, $2 job, $3 fence, $4 lease in seconds. Whether the job is still ours; then for so long again.
update rights_jobs set lease_until = now() + $4 * interval '1 second'
where user_id = $1 and job_id = $2 and fence = $3 and state = 'running' returning true

-- went --
-- $1 user, $2 job, $3 fence, $4 step it was at, $5 step it is at now, $6 what was counted, $7 progress, $8 problem.
update rights_jobs j set
    step = $5, progress = $7, problem = left($8, 200), tries = case when $8 = '' then 0 else least(tries + 1, 1000000) end,
    counts = j.counts || coalesce((
        select jsonb_object_agg(n.key, coalesce((j.counts ->> n.key)::bigint, 0) + n.value::bigint)
        from jsonb_each_text($6::jsonb) n where n.value <> '0'), '{}')
where user_id = $1 and job_id = $2 and fence = $3 and step = $4 and state = 'running'

-- rest --
-- Puts a job down: $1 user, $2 job, $3 fence, $4 seconds until somebody goes on with it.
update rights_jobs set due_at = now() + $4 * interval '1 second', lease_owner = null, lease_until = null
where user_id = $1 and job_id = $2 and fence = $3 and state = 'running'

-- late --
-- $1 user, $2 job, $3 step, $4 hours. The business is told of an erasure that does not come to its end.
select notify_business(user_id, 'erasure_late', job_id, jsonb_build_object('step', $3::text))
from rights_jobs where user_id = $1 and job_id = $2 and created_at < now() - $4 * interval '1 hour' and kind = 'erase'

-- exported --
-- $1 user, $2 job, $3 fence, $4 file, $5 SHA-256, $6 size, $7 name, $8 seconds until it is removed, $9 counts. The file of
-- an export; nothing when it was ended meanwhile.
with ended as (
    update rights_jobs set
        state = 'done', step = 'done', problem = '', counts = $9::jsonb, media_id = $4, due_at = null, lease_owner = null,
        lease_until = null, expires_at = now() + $8 * interval '1 second'
    where user_id = $1 and job_id = $2 and fence = $3 and state = 'running' returning user_id
), named as (
    delete from blob_holds using ended where sha256 = $5      -- no two exports are the same bytes
)
insert into media (user_id, media_id, kind, mime_type, filename, state, sha256, size_bytes)
select user_id, $4, 'export', 'application/zip', $7, 'ready', $5, $6 from ended

-- failed --
-- $1 user, $2 job, $3 fence, $4 why.
update rights_jobs set state = 'failed', problem = left($4, 200), due_at = null, lease_owner = null, lease_until = null
where user_id = $1 and job_id = $2 and fence = $3 and state = 'running'

-- stumbled --
-- $1 user, $2 job, $3 fence, $4 why, $5 seconds until it is tried again, $6 tries after which an export is given up.
update rights_jobs set
    problem = left($4, 200), tries = tries + 1, lease_owner = null, lease_until = null,
    state = case when kind = 'export' and tries >= $6 then 'failed' else state end,
    due_at = case when kind = 'export' and tries >= $6 then null else now() + $5 * interval '1 second' end
where user_id = $1 and job_id = $2 and fence = $3 and state = 'running'

-- expire --
-- Exports whose time is over: their files are let go.
with over as (
    update rights_jobs j set expires_at = null, media_id = null
    from (select user_id, job_id, media_id from rights_jobs where expires_at <= now() limit 100 for update skip locked) o
    where j.user_id = o.user_id and j.job_id = o.job_id returning o.user_id, o.media_id
), gone as (
    delete from media m using over where m.user_id = over.user_id and m.media_id = over.media_id returning m.sha256
)
insert into blob_holds (sha256, until) select distinct sha256, now() from gone
