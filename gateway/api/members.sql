-- list --
-- $1 user, $2 and $3 the row behind which the page begins, $4 how many.
select m.member_id, p.email, p.name, m.role, p.email_verified_at is not null as email_verified,
    p.totp_since is not null as totp_enabled, m.invited_by, m.suspended_at, m.created_at
from members m join people p on p.person_id = m.person_id
where m.user_id = $1 and ($2::timestamptz is null or (m.created_at, m.member_id) < ($2, $3))
order by m.created_at desc, m.member_id desc limit $4

-- get --
select m.member_id, p.email, p.name, m.role, p.email_verified_at is not null as email_verified,
    p.totp_since is not null as totp_enabled, m.invited_by, m.suspended_at, m.created_at
from members m join people p on p.person_id = m.person_id
where m.user_id = $1 and m.member_id = $2

-- change --
-- $1 user, $2 member, $3 role, $4 whether suspended.
update members set role = $3, suspended_at = case when $4 then coalesce(suspended_at, now()) end
where user_id = $1 and member_id = $2

-- remove --
delete from members where user_id = $1 and member_id = $2

-- take_back_of --
-- $1 user, $2 a member. What he invited others to ends with what he was.
update invitations set revoked_at = now()
where user_id = $1 and invited_by = $2 and accepted_at is null and revoked_at is null

-- invitations --
-- $1 user, $2 and $3 the row behind which the page begins, $4 how many.
select invitation_id, email, role, invited_by, created_at, expires_at from invitations
where user_id = $1 and accepted_at is null and revoked_at is null and expires_at > now()
    and ($2::timestamptz is null or (created_at, invitation_id) < ($2, $3))
order by created_at desc, invitation_id desc limit $4

-- invitation --
select invitation_id, email, role, invited_by, created_at, expires_at from invitations
where user_id = $1 and invitation_id = $2

-- inviting --
-- $1 user, $2 the member who invites; a key has none, and is the business's own.
select coalesce(u.company_name, u.email) as company_name, u.language,
    coalesce((select p.email_verified_at is not null from members m join people p on p.person_id = m.person_id
              where m.user_id = u.user_id and m.member_id = $2), $2 = '') as email_verified
from users u where u.user_id = $1

-- take_back --
update invitations set revoked_at = now()
where user_id = $1 and invitation_id = $2 and accepted_at is null and revoked_at is null
returning invitation_id
