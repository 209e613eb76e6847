-- claim --
-- $1 owner, $2 lease in seconds, $3 most files.
select * from claim_files($1, $2, $3)

-- next_due --
-- Seconds until a file may be fetched again; null when none waits for later.
select extract(epoch from min(next_attempt_at) - now())::float8 from media
where state = 'pending' and next_attempt_at > now()

-- ready --
-- $1 user, $2 file, $3 SHA-256, $4 size, $5 MIME type, $6 file name, $7 whether voice notes are written down.
update media set
    state = 'ready', sha256 = $3, size_bytes = $4, mime_type = $5, filename = case when filename = '' then $6 else filename end,
    problem = null, lease_owner = null, lease_until = null, attempts = 0, next_attempt_at = now(),
    transcript_state = case when kind = 'audio' and conversation_id is not null and $7 then 'pending' else 'none' end
where user_id = $1 and media_id = $2 and state = 'pending'

-- problem --
-- $1 user, $2 file, $3 the state it is in now, $4 why, $5 seconds until it is tried again.
update media set
    state = $3, problem = $4, next_attempt_at = now() + $5 * interval '1 second', lease_owner = null, lease_until = null
where user_id = $1 and media_id = $2 and state = 'pending'

-- free --
-- $1 the name of a process that is known to be dead.
update media set lease_owner = null, lease_until = null where state = 'pending' and lease_owner = $1

-- get --
-- $1 user, $2 file.
select media_id, kind, state, sha256, mime_type, filename, size_bytes from media where user_id = $1 and media_id = $2
