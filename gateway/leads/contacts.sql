-- customer --
-- $1 user, $2 conversation. Holds the customer of a conversation.
select u.customer_id, u.contact_id, n.platform, c.customer_phone
from conversations c
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
where c.user_id = $1 and c.conversation_id = $2
for update of u

-- alone --
-- $1 user, $2 what identifies a person. Whoever is about to look for it and to store it comes one at a time.
select pg_advisory_xact_lock(hashtextextended($1 || '/' || $2, 7))

-- same --
-- $1 user, $2 contact, $3 e-mail or null, $4 phone or null. Other contacts that have it, but for those that a person
-- took apart.
select contact_id, case when lower(email) = lower($3) then 'email' else 'phone' end as why
from contacts c
where user_id = $1 and contact_id <> $2 and merged_into is null and (lower(email) = lower($3) or phone = $4)
    and not exists (
        select 1 from contact_merges m
        where m.user_id = c.user_id and m.undone_at is not null
            and ((m.kept = c.contact_id and m.gone = $2) or (m.gone = c.contact_id and m.kept = $2)))
order by created_at, contact_id

-- lock --
-- $1 user, $2 contacts. The oldest first.
select contact_id, name, email, company, phone, evidence::text, locked::text, stage, owner, tags, next_step, merged_into,
    created_at, updated_at
from (
    select * from contacts where user_id = $1 and contact_id = any($2) order by contact_id for update
) held
order by created_at, contact_id

-- add --
-- $1 user, $2 contact, $3 phone or null, $4 evidence.
insert into contacts (user_id, contact_id, phone, evidence) values ($1, $2, $3, $4::jsonb)

-- belongs --
-- $1 user, $2 customers, $3 contact.
update customers set contact_id = $3 where user_id = $1 and customer_id = any($2)

-- write --
-- $1 user, $2 contact, then its values; $12 what it went into or null.
update contacts set
    name = $3, email = $4, company = $5, phone = $6, evidence = $7::jsonb, locked = $8::jsonb, stage = $9, owner = $10,
    tags = $11, next_step = $12
where user_id = $1 and contact_id = $2

-- gone --
-- $1 user, $2 contact, $3 what it went into; null brings it back.
update contacts set merged_into = $3 where user_id = $1 and contact_id = $2

-- customers --
-- $1 user, $2 contact. Its customers, held.
select customer_id from customers where user_id = $1 and contact_id = $2 order by customer_id for update

-- merged --
-- $1 user, $2 merge, $3 kept, $4 gone, $5 why, $6 value, $7 customers, $8 both before.
insert into contact_merges (user_id, merge_id, kept, gone, why, value, customers, before)
values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)

-- merge --
-- $1 user, $2 merge. Holds it.
select merge_id, kept, gone, why, value, customers, before::text, created_at, undone_at from contact_merges
where user_id = $1 and merge_id = $2 for update

-- undone --
update contact_merges set undone_at = now() where user_id = $1 and merge_id = $2
