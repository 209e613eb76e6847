-- get --
-- $1 user. Empty: nothing is connected.
select state, account, write_calendar, check_calendars, zone, problem from google_calendar_tokens where user_id = $1

-- choose --
-- $1 user, $2 calendar to write to, $3 calendars to check, $4 zone of the first. What was wrong may be mended by that.
-- Empty: it was disconnected meanwhile.
update google_calendar_tokens set write_calendar = $2, check_calendars = $3, zone = $4, problem = ''
where user_id = $1 and state = 'connected' returning user_id

-- resolve --
-- $1 user.
select bool_or(resolve_alert($1, t, null))
from unnest(array['google_disconnected', 'google_scope_missing', 'google_refused', 'calendar_gone']) t
