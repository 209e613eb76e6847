-- find --
-- $1 user, $2 the SHA-256 of the key's text.
select k.key_id, k.name, k.scopes, k.revoked_at, u.suspended_at,
    (k.last_used_at is null or k.last_used_at < now() - interval '1 minute') as stale
from api_keys k join users u on u.user_id = k.user_id
where k.user_id = $1 and k.key_hash = $2

-- touch --
update api_keys set last_used_at = now() where user_id = $1 and key_id = $2

-- add --
insert into api_keys (user_id, key_id, name, key_hash, scopes, created_by) values ($1, $2, $3, $4, $5, $6)

-- lasts --
-- No row for a key that was revoked, or whose business is suspended.
select k.key_id from api_keys k join users u on u.user_id = k.user_id
where k.user_id = $1 and k.key_id = $2 and k.revoked_at is null and u.suspended_at is null
