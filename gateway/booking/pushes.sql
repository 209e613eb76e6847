-- due --
-- $1 seconds until another tries, $2 most. Calendars that need a channel; who takes one has it for so long.
update calendar_syncs set channel_due_at = now() + $1 * interval '1 second'
where (user_id, calendar_id) in (
    select s.user_id, s.calendar_id from calendar_syncs s
    join google_calendar_tokens t on t.user_id = s.user_id and t.state = 'connected'
    where s.channel_due_at <= now() order by s.channel_due_at limit $2 for update of s skip locked)
returning user_id, calendar_id

-- opening --
-- $1 user, $2 channel, $3 calendar, $4 hash of its token, $5 seconds that it lasts at most.
insert into calendar_channels (user_id, channel_id, calendar_id, token_hash, expires_at)
values ($1, $2, $3, $4, now() + $5 * interval '1 second')

-- opened --
-- $1 user, $2 channel, $3 calendar, $4 resource, $5 end, $6 seconds before it at which the next is opened. The ones before
-- it are over.
with mine as (
    update calendar_channels set resource_id = $4, expires_at = $5 where user_id = $1 and channel_id = $2
), former as (
    update calendar_channels set over = true where user_id = $1 and calendar_id = $3 and channel_id <> $2
)
update calendar_syncs set channel_due_at = greatest(now() + interval '1 minute', $5 - $6 * interval '1 second')
where user_id = $1 and calendar_id = $3

-- rest --
-- $1 user, $2 calendar, $3 seconds. It can't have a channel for now.
update calendar_syncs set channel_due_at = now() + $3 * interval '1 second' where user_id = $1 and calendar_id = $2

-- over --
-- $1 most. Channels that nobody needs any more.
select c.user_id, c.channel_id, c.resource_id, c.expires_at > now() as live from calendar_channels c
where c.over or c.expires_at <= now() or not exists (
    select 1 from calendar_syncs s where s.user_id = c.user_id and s.calendar_id = c.calendar_id)
order by c.expires_at limit $1

-- all --
-- $1 user. Every channel of a business.
select user_id, channel_id, resource_id, expires_at > now() as live from calendar_channels where user_id = $1

-- forget --
-- $1 user, $2 channel.
delete from calendar_channels where user_id = $1 and channel_id = $2
