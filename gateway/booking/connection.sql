-- find --
-- $1 user. Empty: nothing was ever connected.
select state, account, write_calendar, check_calendars, zone, problem from google_calendar_tokens where user_id = $1

-- access --
-- $1 user. A token that ends within four minutes is stale: a call may take a while, and clocks differ.
select state, generation, access_token, refresh_token, problem, account,
    token_expiry < now() + interval '4 minutes' as stale
from google_calendar_tokens where user_id = $1

-- lock --
-- $1 user. The same, and the row is ours until the transaction ends.
select state, generation, access_token, refresh_token, problem, account, write_calendar, check_calendars,
    token_expiry < now() + interval '4 minutes' as stale
from google_calendar_tokens where user_id = $1 for update

-- refreshed --
-- $1 user, $2 generation, $3 sealed access token, $4 seconds that it lasts, $5 sealed refresh token or null for the one
-- that is there.
update google_calendar_tokens set
    access_token = $3, token_expiry = now() + make_interval(secs => $4), refresh_token = coalesce($5, refresh_token)
where user_id = $1 and generation = $2 and state = 'connected'

-- revoked --
-- $1 user, $2 generation, $3 why. Empty: somebody connected anew, or it is known.
update google_calendar_tokens set state = 'revoked', problem = $3
where user_id = $1 and generation = $2 and state = 'connected' returning user_id

-- trouble --
-- $1 user, $2 what is wrong, "" for nothing any more. Empty: that is known.
update google_calendar_tokens set problem = $2
where user_id = $1 and state = 'connected' and problem <> $2 returning user_id

-- notify --
-- $1 user, $2 detail.
select raise_alert($1, google_alert($2::jsonb ->> 'problem'), '', $2::jsonb)

-- resolve --
-- $1 user.
select bool_or(resolve_alert($1, t, null))
from unnest(array['google_disconnected', 'google_scope_missing', 'google_refused', 'calendar_gone']) t

-- connect --
-- $1 user, $2 sealed access token, $3 sealed refresh token or null for the one that is there, $4 seconds, $5 scope,
-- $6 account, $7 calendar to write to, $8 calendars to check, $9 zone.
insert into google_calendar_tokens (
    user_id, access_token, refresh_token, token_expiry, scope, account, write_calendar, check_calendars, zone
) values ($1, $2, coalesce($3, ''), now() + make_interval(secs => $4), $5, $6, $7, $8, $9)
on conflict (user_id) do update set
    access_token = excluded.access_token, refresh_token = coalesce($3, google_calendar_tokens.refresh_token),
    token_expiry = excluded.token_expiry, scope = excluded.scope, account = excluded.account,
    write_calendar = excluded.write_calendar, check_calendars = excluded.check_calendars, zone = excluded.zone,
    state = 'connected', problem = '', generation = google_calendar_tokens.generation + 1

-- shared --
-- $1 user, $2 account. Whether another business here stands on the same account: Google ends all its grants at once.
select exists (
    select 1 from google_calendar_tokens where account = $2 and user_id <> $1 and state = 'connected'
)

-- forget --
-- $1 user.
delete from google_calendar_tokens where user_id = $1
