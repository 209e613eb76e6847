-- is_member --
-- $1 user, $2 an address.
select m.member_id from members m join people p on p.person_id = m.person_id where m.user_id = $1 and p.email = $2

-- replace --
update invitations set revoked_at = now()
where user_id = $1 and email = $2 and accepted_at is null and revoked_at is null

-- count --
select count(*) from invitations
where user_id = $1 and accepted_at is null and revoked_at is null and expires_at > now()

-- add --
insert into invitations (user_id, invitation_id, email, role, invited_by, token_hash) values ($1, $2, $3, $4, $5, $6)

-- find --
-- $1 user, $2 the hash of a token.
select i.user_id, i.invitation_id, i.email, i.role, i.expires_at, u.language, coalesce(u.company_name, u.email) as company_name,
    exists (select from people p where p.email = i.email) as has_account
from invitations i join users u on u.user_id = i.user_id
where i.user_id = $1 and i.token_hash = $2 and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
    and u.suspended_at is null

-- take --
-- $1 user, $2 invitation. Of two at once one has it.
update invitations set accepted_at = now()
where user_id = $1 and invitation_id = $2 and accepted_at is null and revoked_at is null and expires_at > now()
returning role, invited_by

-- admins --
-- $1 user. Those who can act, locked in one order.
select member_id from members where user_id = $1 and role = 'admin' and suspended_at is null
order by member_id for update
