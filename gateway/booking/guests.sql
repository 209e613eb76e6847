-- inviting --
-- $1 user, $2 meeting, $3 fence. From now on its guest may have been written to; null when it is no longer ours.
update meetings set invited_at = coalesce(invited_at, now())
where user_id = $1 and meeting_id = $2 and fence = $3 and state = 'scheduled' and invite_at <= now()
returning true

-- invited --
-- $1 user, $2 meeting, $3 fence.
update meetings set invite_at = null where user_id = $1 and meeting_id = $2 and fence = $3
