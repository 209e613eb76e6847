-- take --
-- $1 the hash of an address, $2 how many tries, $3 in how many minutes. 0, or the seconds to wait.
select take_try($1, $2, $3)

-- give_back --
update sign_in_tries set tries = greatest(tries - 1, 0), closed_until = null where email_hash = $1

-- forget --
delete from sign_in_tries where email_hash = $1

-- old_tries --
delete from sign_in_tries where since < now() - interval '1 day' and coalesce(closed_until, since) < now()

-- old_sessions --
delete from sessions where expires_at < now() - interval '1 day' or last_seen_at < now() - interval '8 days'

-- old_tokens --
delete from person_tokens where expires_at < now() - interval '7 days'
