-- balance --
select user_id, remaining_credits, total_used, last_updated from credits where user_id = $1

-- ledger --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select entry_id, delta, reason, turn_id, created_at from credit_ledger
where user_id = $1 and ($2::timestamptz is null or (created_at, entry_id) < ($2, $3))
order by created_at desc, entry_id desc limit $4

-- business --
select user_id, email, company_name, zone, created_at from users where user_id = $1

-- change --
update users set company_name = coalesce($2, company_name), zone = coalesce($3, zone) where user_id = $1
returning user_id, email, company_name, zone, created_at
