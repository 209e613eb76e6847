-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select * from links
where user_id = $1 and ($2::timestamptz is null or (created_at, link_id) < ($2, $3))
order by created_at desc, link_id desc limit $4

-- get --
select * from links where user_id = $1 and link_id = $2

-- lock --
-- Holds the link while it is changed.
select * from links where user_id = $1 and link_id = $2 for update

-- add --
insert into links (user_id, link_id, name, url, cta) values ($1, $2, $3, $4, $5)

-- change --
-- $3 name, $4 url, $5 cta: the whole link. What was sent keeps its own address.
update links set name = $3, url = $4, cta = $5 where user_id = $1 and link_id = $2

-- remove --
delete from links where user_id = $1 and link_id = $2 returning link_id

-- sends --
-- $1 user, $2 link, $3 $4 the position or nulls, $5 limit.
select token, conversation_id, clicks, first_click_at, created_at from link_sends
where user_id = $1 and link_id = $2 and ($3::timestamptz is null or (created_at, token) < ($3, $4))
order by created_at desc, token desc limit $5
