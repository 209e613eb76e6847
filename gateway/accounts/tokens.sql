-- lock --
-- $1 person. Of two letters at once only the later one is good. No lock of the person's row: who opens a letter locks his
-- token first and the person then.
select pg_advisory_xact_lock(hashtextextended('frontdesk letter ' || $1::text, 0))

-- void --
update person_tokens set used_at = now() where person_id = $1 and purpose = $2 and used_at is null

-- give --
-- $1 hash, $2 person, $3 purpose, $4 by mail, $5 how long, $6 the address to move to, for "email" alone.
insert into person_tokens (token_hash, person_id, purpose, by_mail, expires_at, new_email)
values ($1, $2, $3, $4, now() + $5::interval, $6)

-- take --
-- $1 hash, $2 purpose. Of two at once one has it.
update person_tokens set used_at = now()
where token_hash = $1 and purpose = $2 and used_at is null and expires_at > now()
returning person_id, by_mail

-- take_email --
-- $1 hash, $2 whose it has to be.
update person_tokens set used_at = now()
where token_hash = $1 and purpose = 'email' and person_id = $2 and used_at is null and expires_at > now()
returning new_email
