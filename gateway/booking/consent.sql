-- begin --
-- $1 user, $2 hash of the ticket, $3 where Google sends the browser, $4 where we send it then. Nobody has opened it yet:
-- there is no session and no verifier.
insert into oauth_states (user_id, state_hash, verifier, session_hash, redirect_uri, back_to)
values ($1, $2, '', '', $3, $4)

-- sweep --
-- $1 user. What ended, but for what could still be tried again and be told that it was used.
delete from oauth_states where user_id = $1 and expires_at < now() - interval '1 hour'

-- asked --
-- $1 user, $2 hash of the ticket. Empty: it is none, or it ended, or somebody went on with it.
select u.company_name from oauth_states s join users u using (user_id)
where s.user_id = $1 and s.state_hash = $2 and s.session_hash = '' and s.expires_at > now() and u.suspended_at is null

-- start --
-- $1 user, $2 hash of the ticket, $3 hash of the state, $4 hash of the session, $5 sealed verifier. The ticket is gone
-- with that. Empty as above.
update oauth_states s set
    state_hash = $3, session_hash = $4, verifier = $5, expires_at = now() + interval '10 minutes'
where s.user_id = $1 and s.state_hash = $2 and s.session_hash = '' and s.expires_at > now()
    and exists (select 1 from users u where u.user_id = $1 and u.suspended_at is null)
returning redirect_uri

-- use --
-- $1 user, $2 hash of the state, $3 hash of the session. Empty: it is none, or of another browser, or it ended, or it
-- was used.
update oauth_states set used_at = now()
where user_id = $1 and state_hash = $2 and session_hash = $3 and session_hash <> '' and used_at is null
    and expires_at > now()
returning verifier, redirect_uri, back_to
