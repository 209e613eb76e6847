-- Booking: the connection to a business's calendars, times that were offered, meetings from the hold to the end.

-- Tokens are sealed, bound to their row. `generation` grows with every connection, so that a refresh of an older one
-- writes nothing.
alter table google_calendar_tokens
    add column state           varchar(12)  not null default 'connected' check (state in ('connected', 'revoked')),
    add column account         varchar(255) not null default '',
    add column generation      integer      not null default 1,
    add column write_calendar  varchar(255) not null default 'primary',
    add column check_calendars text[]       not null default '{primary}',
    add column zone            varchar(64)  not null default 'UTC',       -- of the calendar that is written to
    add column problem         varchar(200) not null default '';

-- One visit to the consent page: single use, for ten minutes, bound to whoever began it.
create table oauth_states (
    user_id      varchar(50)  not null references users,
    state_hash   bytea        not null,
    verifier     text         not null,                                    -- sealed
    session_hash bytea        not null,
    redirect_uri varchar(500) not null,
    back_to      varchar(500) not null default '',
    expires_at   timestamptz  not null default now() + interval '10 minutes',
    used_at      timestamptz,
    created_at   timestamptz  not null default now(),
    primary key (user_id, state_hash)
);

-- When an agent may book: see gateway/booking/rules.py. Null: it books nothing.
alter table agents add column booking jsonb;
create index agents_page on agents (agent_id);   -- a booking page is named by its agent alone

-- A time that the server named in a conversation. Only what stands here can be booked.
create table offers (
    user_id         varchar(50)  not null,
    token           varchar(40)  not null,
    conversation_id varchar(50)  not null,
    agent_id        varchar(50)  not null,
    turn_id         varchar(50),
    host            varchar(60)  not null default '',
    kind            varchar(60)  not null default '',
    starts_at       timestamptz  not null,
    minutes         smallint     not null check (minutes between 5 and 1440),
    gap_minutes     smallint     not null default 0,
    zone            varchar(64)  not null,
    label           varchar(200) not null,                                  -- as the customer read it
    created_at      timestamptz  not null default now(),
    expires_at      timestamptz  not null,
    primary key (user_id, token),
    foreign key (user_id, conversation_id) references conversations
);
create index offers_conversation on offers (user_id, conversation_id, created_at desc);
create index offers_old on offers (expires_at);

-- `status` is what outsiders see, null until it stands; `state` is where it is on its way: held (kept while the customer
-- decides), booking (Google is being told, or nobody knows whether it was), scheduled, moving (the new time is being
-- told), cancelling, then cancelled, completed, or released (it never stood).
alter table meetings
    alter column status drop not null,
    add column state         varchar(12) not null default 'scheduled'
        check (state in ('held', 'booking', 'scheduled', 'moving', 'cancelling', 'cancelled', 'completed', 'released')),
    add column agent_id      varchar(50),
    add column customer_id   varchar(50),
    add column turn_id       varchar(50),
    add column token         varchar(40),                                   -- the offer that was taken
    add column accepted_no   integer,                                       -- the message that took it
    add column host          varchar(60)  not null default '',
    add column host_range    int8range    not null default 'empty',
    add column busy          tstzrange    not null default 'empty',         -- the meeting and the gap behind it
    add column calendar_id   varchar(255) not null default 'primary',
    add column etag          varchar(100),
    add column sequence      integer      not null default 0,               -- of the invitation (RFC 5545)
    add column rules_version bigint,
    add column tz_version    varchar(20)  not null default '',
    add column wall_time     varchar(40)  not null default '',              -- as it was promised
    add column language      varchar(10)  not null default 'en',
    add column moved_from    timestamptz,
    add column before        jsonb,                                          -- the rest of what it was before a move
    add column by            varchar(10)  not null default 'customer',      -- who moved or cancelled it last
    add column no_show       boolean      not null default false,
    add column meet_state    varchar(10)  not null default 'none' check (meet_state in ('none', 'pending', 'ready', 'failed')),
    add column problem       varchar(100) not null default '',
    add column change        integer      not null default 0,               -- grows with what the customer has to be told
    add column told_change   integer      not null default 0,
    add column hold_until    timestamptz,
    add column tries         smallint     not null default 0,
    add column due_at        timestamptz,                                    -- when the sweeper looks at it
    add column lease_owner   varchar(100),
    add column lease_until   timestamptz,
    add column fence         bigint       not null default 0,
    -- No two at once on one host. A range of one number stands for the host, so that no extension is needed.
    add constraint meetings_apart exclude using gist (host_range with &&, busy with &&)
        where (state in ('held', 'booking', 'scheduled', 'moving'));
create index meetings_due on meetings (due_at) where due_at is not null;
create index meetings_conversation on meetings (user_id, conversation_id);
create index meetings_time on meetings (user_id, meeting_time);
create unique index meetings_token on meetings (user_id, token) where token is not null and state <> 'released';

-- A message that tells of meetings carries them as {"meetings": {id: change}}: once it stands, they have been told.
create function mark_told() returns trigger language plpgsql as $$
begin
    update meetings m set told_change = greatest(m.told_change, t.value::integer)
    from jsonb_each_text(new.content -> 'meetings') t
    where m.user_id = new.user_id and m.meeting_id = t.key;
    return null;
end $$;
create trigger mark_told after insert on messages for each row
    when (new.sender = 'agent' and new.content ? 'meetings') execute function mark_told();

create function host_range(_user_id text, _host text) returns int8range language sql immutable as $$
    select int8range(h, h, '[]')
    from (select hashtextextended(_user_id || '/' || _host, 11) & 4611686018427387903 as h) hashed
$$;

do $$
declare
    _table text;
begin
    foreach _table in array array['oauth_states', 'offers'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
end $$;

-- Takes meetings at which somebody has to look. The fence keeps out whoever was at it before.
create function claim_meetings(_owner text, _lease_seconds double precision, _limit integer) returns setof meetings
language plpgsql as $$
declare
    _m meetings;
begin
    for _m in
        select * from meetings
        where due_at <= now() and (lease_until is null or lease_until <= now())
        order by due_at limit _limit for update skip locked
    loop
        update meetings set
            lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second', fence = fence + 1
        where user_id = _m.user_id and meeting_id = _m.meeting_id
        returning * into _m;
        return next _m;
    end loop;
end $$;

-- Tells a customer of a meeting between two turns; null while a turn runs, 0 when he knows already.
create function tell_of_meeting(_user_id text, _meeting_id text, _change integer, _platform text, _message jsonb)
returns integer language plpgsql as $$
declare
    _c conversations;
    _m meetings;
begin
    select c.* into _c from conversations c
    join meetings m on m.user_id = c.user_id and m.conversation_id = c.conversation_id
    where m.user_id = _user_id and m.meeting_id = _meeting_id for update of c;
    select * into _m from meetings where user_id = _user_id and meeting_id = _meeting_id for update;
    if _m.told_change >= _m.change or _m.change <> _change then
        return 0;
    elsif _c.lease_until > now() then
        return null;
    end if;
    perform say(_c, _platform, _message, null, _c.last_sequence_no + 1);
    update conversations set last_sequence_no = last_sequence_no + 1, last_message_at = now()
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    return _c.last_sequence_no + 1;
end $$;
