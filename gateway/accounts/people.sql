-- by_email --
select * from people where email = $1

-- get --
select * from people where person_id = $1

-- by_token --
-- $1 the hash of a token. Whose it is, without using it.
select p.email, p.name from person_tokens t join people p on p.person_id = t.person_id where t.token_hash = $1

-- business_with --
select user_id from users where email = $1

-- add --
insert into people (person_id, email, password_hash, name, language, waiting) values ($1, $2, $3, $4, $5, $6)

-- sign_up_again --
update people set password_hash = $2, name = $3, language = $4 where person_id = $1 and waiting

-- company --
update users set company_name = $2 where email = $1

-- add_business --
insert into users (user_id, email, company_name, language) values ($1, $2, $3, $4)

-- add_member --
insert into members (user_id, member_id, person_id, role, invited_by) values ($1, $2, $3, $4, $5)

-- credit --
insert into credit_ledger (user_id, entry_id, delta, reason) values ($1, $2, $3, 'Welcome')

-- use_step --
-- $1 person, $2 the step of a code. No row when that code, or a later one, was used.
update people set totp_counter = $2 where person_id = $1 and totp_since is not null and totp_counter < $2
returning person_id

-- use_recovery --
-- $1 person, $2 the hash of a code. No row when there is none such any more.
update people set recovery_codes = array_remove(recovery_codes, $2)
where person_id = $1 and totp_since is not null and $2 = any(recovery_codes) returning person_id

-- verified --
update people set email_verified_at = coalesce(email_verified_at, now()), waiting = false where person_id = $1 returning email

-- proven --
-- By the letter that sets a password. What was set before the address was proven may be a stranger's: his app ends with it.
update people set email_verified_at = coalesce(email_verified_at, now()), waiting = false,
    totp_secret = case when email_verified_at is not null then totp_secret end,
    totp_since = case when email_verified_at is not null then totp_since end,
    totp_counter = case when email_verified_at is not null then totp_counter else 0 end,
    recovery_codes = case when email_verified_at is not null then recovery_codes else '{}' end
where person_id = $1

-- email --
select email from people where person_id = $1

-- set_password --
update people set password_hash = $2 where person_id = $1

-- change --
update people set name = $2, language = $3, preferences = $4::jsonb where person_id = $1

-- begin_totp --
-- $1 person, $2 sealed secret. No row when one is in use.
update people set totp_secret = $2, totp_counter = 0 where person_id = $1 and totp_since is null returning person_id

-- confirm_totp --
-- $1 person, $2 the secret that the code was of, $3 its step, $4 hashes of recovery codes.
update people set totp_since = now(), totp_counter = $3, recovery_codes = $4
where person_id = $1 and totp_secret = $2 and totp_since is null returning person_id

-- end_totp --
update people set totp_secret = null, totp_since = null, totp_counter = 0, recovery_codes = '{}'
where person_id = $1 and totp_since is not null returning person_id

-- businesses --
-- $1 person.
select m.user_id, coalesce(u.company_name, u.email) as company_name, m.role
from members m join users u on u.user_id = m.user_id
where m.person_id = $1 and m.suspended_at is null and u.suspended_at is null order by m.created_at

-- sessions --
-- $1 person.
select session_id, created_at, last_seen_at, least(expires_at, last_seen_at + interval '7 days') as expires_at, user_agent, address
from sessions where person_id = $1 and expires_at > now() and last_seen_at > now() - interval '7 days'
order by last_seen_at desc

-- switch --
-- $1 session, $2 person, $3 business. No row when he does not belong to it.
update sessions set acts_for = $3 where session_id = $1 and person_id = $2 and exists (
    select from members m join users u on u.user_id = m.user_id
    where m.user_id = $3 and m.person_id = $2 and m.suspended_at is null and u.suspended_at is null)
returning session_id

-- for_change --
select email, name, language, preferences, password_hash from people where person_id = $1 for update

-- taken --
select person_id from people where email = $1
