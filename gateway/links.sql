-- link --
-- Holds the link while it is sent, so that two sends at once agree on one address.
select link_id, url, cta from links where user_id = $1 and name = $2 for update

-- names --
select name from links where user_id = $1 order by name

-- sent --
-- $1 user, $2 conversation, $3 link, $4 url, $5 cta. The address that was sent there before, unless it now leads elsewhere.
select token from link_sends
where user_id = $1 and conversation_id = $2 and link_id = $3 and url = $4 and cta is not distinct from $5
order by created_at limit 1

-- send --
-- $1 user, $2 token, $3 conversation, $4 link, $5 url, $6 cta, $7 turn.
insert into link_sends (user_id, token, conversation_id, link_id, url, cta, turn_id)
values ($1, $2, $3, $4, $5, $6, $7)

-- behind --
-- $1 a token. Where it leads.
select user_id, url, conversation_id from link_sends where token = $1

-- click --
-- $1 user, $2 token. Counts a click; true for the first. The first says something about the customer.
with clicked as (
    update link_sends set clicks = clicks + 1, first_click_at = coalesce(first_click_at, now())
    where user_id = $1 and token = $2
    returning user_id, conversation_id, cta, clicks
), told as materialized (
    select want_reading(user_id, conversation_id, 'click') from clicked where clicks = 1 and cta is not null
)
select clicks = 1 and (select count(want_reading) from told) >= 0 from clicked
