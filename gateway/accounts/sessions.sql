-- find --
-- $1 the SHA-256 of the token. Whoever it is of; no row when it ended, by itself or by somebody.
select s.session_id, s.person_id, p.name, p.email, p.locked_at, s.acts_for as user_id, m.member_id, m.role,
    m.suspended_at as member_suspended_at, u.suspended_at, s.last_seen_at < now() - interval '1 minute' as stale
from sessions s
join people p on p.person_id = s.person_id
left join members m on m.user_id = s.acts_for and m.person_id = s.person_id
left join users u on u.user_id = m.user_id
where s.token_hash = $1 and s.expires_at > now() and s.last_seen_at > now() - interval '7 days'

-- again --
-- $1 a session. The same, for one that was read before.
select p.locked_at, s.acts_for as user_id, m.role, m.suspended_at as member_suspended_at, u.suspended_at
from sessions s
join people p on p.person_id = s.person_id
left join members m on m.user_id = s.acts_for and m.person_id = s.person_id
left join users u on u.user_id = m.user_id
where s.session_id = $1 and s.expires_at > now() and s.last_seen_at > now() - interval '7 days'

-- touch --
update sessions set last_seen_at = now() where token_hash = $1

-- open --
-- $1 hash, $2 session, $3 person, $4 business or null for the one of the last session, $5 how long, $6 user agent, $7 address,
-- $8 the hash of the password that was right a moment ago, or null. No row when it is another one by now.
insert into sessions (token_hash, session_id, person_id, acts_for, expires_at, user_agent, address)
select $1, $2, p.person_id, coalesce($4, (
    select m.user_id from members m
    join users u on u.user_id = m.user_id
    left join sessions s on s.person_id = m.person_id and s.acts_for = m.user_id
    where m.person_id = p.person_id
    group by m.user_id, m.created_at, m.suspended_at, u.suspended_at
    order by m.suspended_at is not null or u.suspended_at is not null, max(s.last_seen_at) desc nulls last, m.created_at
    limit 1
)), now() + $5::interval, $6, $7
from people p where p.person_id = $3 and ($8::text is null or (p.password_hash = $8 and p.locked_at is null))
for share of p
returning session_id

-- trim --
-- $1 person, $2 how many may stay. What is over goes, and the oldest above the limit.
delete from sessions s using (
    select token_hash, row_number() over (order by created_at desc) as place from sessions where person_id = $1
) o
where s.person_id = $1 and s.token_hash = o.token_hash
    and (o.place > $2 or s.expires_at <= now() or s.last_seen_at <= now() - interval '7 days')

-- end --
delete from sessions where person_id = $1 and session_id = $2 returning session_id

-- end_token --
delete from sessions where token_hash = $1 returning person_id, session_id, acts_for

-- end_all --
delete from sessions where person_id = $1
