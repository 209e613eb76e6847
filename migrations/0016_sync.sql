-- What the owner changes in Google comes back: one row for each calendar that is looked at.

-- `sync_token` is null until everything was looked at once. `generation` is the connection's that it was given to.
-- `woken_at` is later than `begun_at` when Google said "changed" while somebody was looking: then he looks again.
create table calendar_syncs (
    user_id            varchar(50)  not null references users,
    calendar_id        varchar(255) not null,
    generation         integer      not null,
    sync_token         text,
    synced_at          timestamptz,                                       -- when a look was last complete
    due_at             timestamptz  not null default now(),
    begun_at           timestamptz,
    woken_at           timestamptz,
    tries              smallint     not null default 0,
    problem            varchar(100) not null default '',
    lease_owner        varchar(100),
    lease_until        timestamptz,
    fence              bigint       not null default 0,
    channel_id         varchar(64),                                       -- under which Google says "changed"
    channel_token_hash bytea,
    resource_id        varchar(200),
    channel_expires_at timestamptz,
    created_at         timestamptz  not null default now(),
    updated_at         timestamptz  not null default now(),
    primary key (user_id, calendar_id)
);
create index calendar_syncs_due on calendar_syncs (due_at);
create index calendar_syncs_channel on calendar_syncs (channel_id) where channel_id is not null;
create trigger touch before update on calendar_syncs for each row execute function update_updated_at_column();
alter table calendar_syncs enable row level security;
create policy own_rows on calendar_syncs to frontdesk_tenant
    using (user_id = current_setting('frontdesk.user_id', true));
grant select, insert, update, delete on calendar_syncs to frontdesk_tenant;

-- The calendars to look at: those that are written to, and those in which a meeting of ours stands.
create function watched_calendars() returns table (user_id varchar, calendar_id varchar, generation integer)
language sql stable as $$
    select t.user_id, c.calendar_id, t.generation
    from google_calendar_tokens t
    cross join lateral (
        select t.write_calendar as calendar_id
        union
        select m.calendar_id from meetings m
        where m.user_id = t.user_id and m.meeting_time > now() - interval '1 day'
            and m.state in ('booking', 'scheduled', 'moving', 'cancelling')
    ) c
    where t.state = 'connected'
$$;

-- Takes calendars that are due, for one at a time. The fence keeps out whoever was at it before.
create function claim_calendar_syncs(_owner text, _lease_seconds double precision, _limit integer)
returns setof calendar_syncs language plpgsql as $$
declare
    _s calendar_syncs;
begin
    for _s in
        select * from calendar_syncs
        where due_at <= now() and (lease_until is null or lease_until <= now())
        order by due_at limit _limit for update skip locked
    loop
        update calendar_syncs set
            lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second', fence = fence + 1,
            begun_at = clock_timestamp()
        where user_id = _s.user_id and calendar_id = _s.calendar_id
        returning * into _s;
        return next _s;
    end loop;
end $$;

-- The owner moved a meeting that is still the one that was read: none when it is not. His own times go before the gaps
-- that we keep: they shrink, both the one behind it and the one behind whatever comes before it. Two meetings never
-- overlap all the same.
create function follow_event(
    _user_id text, _meeting_id text, _sequence integer, _time timestamptz, _known_minutes integer, _start timestamptz,
    _minutes integer, _gap integer, _wall text, _etag text, _tell boolean
) returns setof meetings language plpgsql as $$
declare
    _m meetings;
    _end timestamptz := _start + _minutes * interval '1 minute';
    _free_until timestamptz := _end + _gap * interval '1 minute';
begin
    select * into _m from meetings
    where user_id = _user_id and meeting_id = _meeting_id and state = 'scheduled' and sequence = _sequence
        and meeting_time = _time and duration_minutes = _known_minutes
    for update;
    if not found then
        return;
    end if;
    update meetings set state = 'released', due_at = null                -- holds that ran out
    where user_id = _user_id and host_range && _m.host_range and busy && tstzrange(_start, _free_until)
        and state = 'held' and hold_until <= now();
    update meetings set
        busy = tstzrange(lower(busy), greatest(meeting_time + duration_minutes * interval '1 minute', _start))
    where user_id = _user_id and meeting_id <> _meeting_id and host_range && _m.host_range
        and busy && tstzrange(_start, _end) and state in ('held', 'booking', 'scheduled', 'moving')
        and meeting_time + duration_minutes * interval '1 minute' <= _start;
    select least(_free_until, min(meeting_time)) into _free_until from meetings
    where user_id = _user_id and meeting_id <> _meeting_id and host_range && _m.host_range
        and busy && tstzrange(_end, _free_until) and state in ('held', 'booking', 'scheduled', 'moving')
        and meeting_time >= _end;
    update meetings set
        meeting_time = _start, duration_minutes = _minutes, busy = tstzrange(_start, _free_until), wall_time = _wall,
        etag = _etag, "by" = 'owner', sequence = sequence + 1, change = change + _tell::integer, fence = fence + 1,
        tries = 0, problem = '', due_at = now(), lease_owner = null, lease_until = null
    where user_id = _user_id and meeting_id = _meeting_id
    returning * into _m;
    -- One on its way elsewhere may have to come back. Asked behind the update, which waits for whoever is leaving just now.
    if exists (
        select 1 from meetings
        where user_id = _user_id and meeting_id <> _meeting_id and host_range && _m.host_range and state = 'moving'
            and moved_from < _end and moved_from + duration_minutes * interval '1 minute' > _start
    ) then
        raise exclusion_violation using message = 'a meeting may come back there';
    end if;
    return next _m;
end $$;
