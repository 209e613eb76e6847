-- tell_now --
-- $1 user, $2 meeting. Has the customer told of what he does not know yet.
update meetings set due_at = now()
where user_id = $1 and meeting_id = $2 and change > told_change and lease_until is null
