-- list --
-- $1 user, $2 words or null, $3 stage or null, $4 owner or null, $5 tag or null, $6 $7 the position or nulls, $8 limit.
select contact_id, name, email, company, phone, evidence::text, locked::text, stage, owner, tags, next_step, merged_into,
    created_at, updated_at
from contacts
where user_id = $1 and merged_into is null
    and ($2::text is null or strpos(lower(concat_ws(' ', name, email, company, phone)), lower($2)) > 0)
    and ($3::text is null or stage = $3) and ($4::text is null or owner = $4)
    and ($5::text is null or $5 = any (tags))
    and ($6::timestamptz is null or (created_at, contact_id) < ($6, $7))
order by created_at desc, contact_id desc limit $8

-- get --
-- $1 user, $2 contact.
select contact_id, name, email, company, phone, evidence::text, locked::text, stage, owner, tags, next_step, merged_into,
    created_at, updated_at
from contacts where user_id = $1 and contact_id = $2

-- customers --
-- $1 user, $2 contact. Whom it holds: their names on the channels, and their conversations.
select u.customer_id, u.name, u.language,
    coalesce((select json_agg(json_build_object('kind', a.kind, 'value', a.value) order by a.kind, a.value)
              from customer_aliases a where a.user_id = u.user_id and a.customer_id = u.customer_id), '[]')::text as aliases,
    coalesce((select array_agg(c.conversation_id order by c.created_at)
              from conversations c where c.user_id = u.user_id and c.customer_id = u.customer_id), '{}') as conversations
from customers u where u.user_id = $1 and u.contact_id = $2 order by u.created_at, u.customer_id limit 200

-- trend --
-- $1 user, $2 contact. Its scores over time, oldest first, over all conversations; the last 200.
select * from (
    select e.extraction_id::text, e.conversation_id, e.extracted_at, e.total_score, e.lead_status_tag, e.source
    from customers u
    join conversations c on c.user_id = u.user_id and c.customer_id = u.customer_id
    join extractions e on e.user_id = c.user_id and e.conversation_id = c.conversation_id
    where u.user_id = $1 and u.contact_id = $2
    order by e.extracted_at desc, e.created_at desc limit 200
) last order by extracted_at

-- merges --
-- $1 user, $2 contact.
select merge_id, kept, gone, why, value, customers, created_at, undone_at from contact_merges
where user_id = $1 and (kept = $2 or gone = $2) order by created_at desc, merge_id desc limit 200

-- merge --
-- $1 user, $2 merge.
select merge_id, kept, gone, why, value, customers, created_at, undone_at from contact_merges
where user_id = $1 and merge_id = $2

-- newest --
-- $1 user, $2 contact, $3 contact. The last merge of the two.
select merge_id, kept, gone, why, value, customers, created_at, undone_at from contact_merges
where user_id = $1 and ((kept = $2 and gone = $3) or (kept = $3 and gone = $2))
order by created_at desc, merge_id desc limit 1
