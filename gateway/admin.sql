-- add_user --
insert into users (user_id, email, company_name) values ($1, $2, $3)

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
