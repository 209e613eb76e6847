-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit, $5 type or null, $6 conversation or null.
select event_id, type, conversation_id, data::text, created_at from events
where user_id = $1 and ($2::timestamptz is null or (created_at, event_id) < ($2, $3))
    and ($5::text is null or type = $5) and ($6::text is null or conversation_id = $6)
order by created_at desc, event_id desc limit $4

-- recipients --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select address, types, created_at from mail_recipients
where user_id = $1 and ($2::timestamptz is null or (created_at, address) < ($2, $3))
order by created_at desc, address desc limit $4

-- is_recipient --
select exists (select from mail_recipients where user_id = $1 and address = $2)

-- recipients_count --
-- Besides one: $1 user, $2 address.
select count(*) from mail_recipients where user_id = $1 and address <> $2

-- put_recipient --
insert into mail_recipients (user_id, address, types) values ($1, $2, $3)
on conflict (user_id, address) do update set types = excluded.types
returning address, types, created_at

-- remove_recipient --
-- Gives up what waits for it, too. Null when there is none.
with gone as (delete from mail_recipients where user_id = $1 and address = $2 returning address)
select stop_deliveries($1, address, 'the recipient was removed') from gone
