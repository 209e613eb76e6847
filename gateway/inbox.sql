-- horizon --
-- What was written before this moment is there to be read, or never will be: every transaction that began before is over.
-- One that lasts longer than half a minute reads. A process may have been put aside between its clock and its first word.
select greatest(least(min(xact_start), now() - interval '200 milliseconds'), now() - interval '30 seconds')
from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()

-- keep --
-- $1 the horizon, $2 most messages. Whose inboxes changed; null when there is more.
select keep_inbox($1, $2)

-- file --
-- $1 the horizon, $2 most messages. Whether there is more.
select file_messages($1, $2)

-- forget --
-- Answers to repeated requests are kept for a day.
delete from api_answers where created_at < now() - interval '1 day'
