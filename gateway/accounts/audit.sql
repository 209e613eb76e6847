-- add --
-- $1 user, $2 audit, $3 kind, $4 id and $5 name of the actor, $6 action, $7 target, $8 changed, $9 changes, $10 request, $11 address.
insert into audit_log (user_id, audit_id, actor_kind, actor_id, actor_name, action, target, changed, changes, request_id, address)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11)

-- add_person --
-- $1 person, $2 audit, $3 kind of the actor, $4 action, $5 target, $6 changed, $7 changes, $8 request, $9 address.
-- A row for each membership; what the operator did names whom he did it to.
insert into audit_log (user_id, audit_id, actor_kind, actor_id, actor_name, action, target, changed, changes, request_id, address)
select m.user_id, $2, $3::text, case $3::text when 'member' then m.member_id else '' end,
    case $3::text when 'member' then coalesce(nullif(p.name, ''), p.email) else 'operator' end, $4,
    case $3::text when 'member' then $5::text[] else array[m.member_id] end, $6, $7::jsonb, $8, $9
from members m join people p on p.person_id = m.person_id where m.person_id = $1
