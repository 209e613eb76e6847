-- taken --
-- $1 an address, $2 the person who wants it. In which language somebody else reads who has it, as a person or as a
-- business that is not the asker's; no row when nobody has.
select p.language from people p where p.email = $1
union all
select u.language from users u
where u.email = $1 and not exists (
    select from members m where m.user_id = u.user_id and m.person_id = $2 and m.role = 'admin')
limit 1

-- move --
-- $1 person, $2 the new address, which he has just proven. What he had before, and his language.
update people p set email = $2, email_verified_at = now(), waiting = false
from (select person_id, email from people where person_id = $1 for update) o
where p.person_id = o.person_id returning o.email, p.language

-- move_business --
-- $1 person, $2 the old address, $3 the new one. A business that is named by its admin's address goes along.
update users u set email = $3
where u.email = $2
    and exists (select from members m where m.user_id = u.user_id and m.person_id = $1 and m.role = 'admin')
