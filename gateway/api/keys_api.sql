-- list --
-- $1 user, $2 and $3 the row behind which the page begins, $4 how many.
select key_id, name, scopes, created_by, created_at, last_used_at, revoked_at from api_keys
where user_id = $1 and ($2::timestamptz is null or (created_at, key_id) < ($2, $3))
order by created_at desc, key_id desc limit $4

-- count --
select count(*) from api_keys where user_id = $1 and revoked_at is null

-- get --
select key_id, name, scopes, created_by, created_at, last_used_at, revoked_at from api_keys
where user_id = $1 and key_id = $2

-- revoke --
update api_keys set revoked_at = now() where user_id = $1 and key_id = $2 and revoked_at is null returning key_id
