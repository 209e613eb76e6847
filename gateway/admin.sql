-- add_user --
insert into users (user_id, email, company_name) values ($1, $2, $3)

-- user --
select u.user_id, u.email, u.company_name, u.zone, u.language, u.onboarding_step, u.onboarding_completed, u.suspended_at,
    coalesce(c.remaining_credits, 0) as credits, coalesce(c.total_used, 0) as credits_used,
    (select count(*) from members m where m.user_id = u.user_id) as members,
    (select count(*) from phone_numbers n where n.user_id = u.user_id) as numbers,
    (select count(*) from api_keys k where k.user_id = u.user_id and k.revoked_at is null) as keys, u.created_at
from users u left join credits c on c.user_id = u.user_id where u.user_id = $1

-- person --
select person_id from people where email = $1

-- lock_person --
-- $1 an address, $2 true or false.
update people set locked_at = case when $2 then coalesce(locked_at, now()) end where email = $1 returning person_id

-- members --
select m.member_id, p.email, p.name, m.role, m.suspended_at, p.locked_at, p.totp_since is not null as totp_enabled,
    (select max(s.last_seen_at) from sessions s where s.person_id = p.person_id) as last_seen_at
from members m join people p on p.person_id = m.person_id where m.user_id = $1 order by m.created_at

-- member --
-- $1 user, $2 an address.
select m.member_id from members m join people p on p.person_id = m.person_id where m.user_id = $1 and p.email = $2

-- change_member --
update members set role = $3, suspended_at = null where user_id = $1 and member_id = $2

-- remove_member --
delete from members where user_id = $1 and member_id = $2

-- take_back_of --
update invitations set revoked_at = now()
where user_id = $1 and invited_by = $2 and accepted_at is null and revoked_at is null

-- users --
select u.user_id, u.email, u.company_name, u.suspended_at, coalesce(c.remaining_credits, 0) as credits, u.created_at
from users u left join credits c on c.user_id = u.user_id order by u.created_at

-- suspend --
-- $2 true or false. Returns the business, or nothing when there is none.
update users set suspended_at = case when $2 then now() end where user_id = $1 returning user_id

-- keys --
select key_id, name, array_to_string(scopes, ' ') as scopes, created_at, last_used_at, revoked_at
from api_keys where user_id = $1 order by created_at

-- revoke --
update api_keys set revoked_at = now() where user_id = $1 and key_id = $2 and revoked_at is null returning key_id

-- credit --
insert into credit_ledger (user_id, entry_id, delta, reason) values ($1, $2, $3, $4)

-- resume --
select resume_held($1)

-- balance --
select remaining_credits, total_used from credits where user_id = $1
