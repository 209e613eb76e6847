-- What a business is told: events, its webhook endpoints and e-mail recipients, and every delivery to them.

create sequence events_seq;
create sequence event_deliveries_seq;

create table webhook_endpoints (
    user_id         varchar(50)   not null references users,
    endpoint_id     varchar(50)   not null,
    url             varchar(2000) not null,
    secret          text          not null,                     -- sealed, bound to its row
    previous_secret text,                                       -- signs too, until previous_until
    previous_until  timestamptz,
    types           text[],                                     -- null: all
    enabled         boolean       not null default true,
    disabled_reason varchar(200),
    description     varchar(500)  not null default '',
    failures        integer       not null default 0,           -- attempts in a row that failed
    rest_until      timestamptz,                                -- nothing is sent before
    created_at      timestamptz   not null default now(),
    updated_at      timestamptz   not null default now(),
    primary key (user_id, endpoint_id)
);

create table mail_recipients (
    user_id    varchar(50)  not null references users,
    address    varchar(254) not null,
    types      text[],                                          -- null: all
    created_at timestamptz  not null default now(),
    primary key (user_id, address)
);

create table events (
    user_id         varchar(50) not null references users,
    event_id        varchar(50) not null,
    seq             bigint      not null default nextval('events_seq'),
    type            varchar(50) not null,
    conversation_id varchar(50),
    data            jsonb       not null,
    created_at      timestamptz not null default clock_timestamp(),    -- several in one transaction have an order
    primary key (user_id, event_id)
);
create index events_time on events (user_id, created_at, event_id);
create index events_conversation on events (user_id, conversation_id, created_at) where conversation_id is not null;
create index events_old on events (created_at);

-- One event on its way to one place. `seq` orders the deliveries of a place: within a conversation one waits until those
-- before it are sent or failed. `fence` tells the attempt that may settle it from one whose lease ran out. No foreign key
-- leads to the endpoint: one that is removed just now must not make fail what is being told.
create table event_deliveries (
    user_id         varchar(50)  not null,
    delivery_id     varchar(50)  not null,
    event_id        varchar(50)  not null,
    endpoint_id     varchar(50),
    address         varchar(254),
    target          varchar(254) not null generated always as (coalesce(endpoint_id, address)) stored,
    conversation_id varchar(50),
    seq             bigint       not null default nextval('event_deliveries_seq'),
    state           varchar(10)  not null default 'pending' check (state in ('pending', 'sent', 'failed')),
    attempts        integer      not null default 0,
    next_attempt_at timestamptz  not null default now(),
    lease_owner     varchar(100),
    lease_until     timestamptz,
    fence           bigint       not null default 0,
    last_status     integer,
    last_error      varchar(200),
    log             jsonb        not null default '[]',         -- the last 10 attempts: [{at, status, error, ms}]
    delivered_at    timestamptz,
    created_at      timestamptz  not null default clock_timestamp(),
    primary key (user_id, delivery_id),
    foreign key (user_id, event_id) references events on delete cascade
);
create index event_deliveries_due on event_deliveries (user_id, target, next_attempt_at, seq) where state = 'pending';
create index event_deliveries_next on event_deliveries (next_attempt_at) where state = 'pending';
create index event_deliveries_lane on event_deliveries (user_id, target, conversation_id, seq) where state = 'pending';
create index event_deliveries_leased on event_deliveries (user_id, target) where lease_owner is not null;
create index event_deliveries_event on event_deliveries (user_id, event_id);
create index event_deliveries_target on event_deliveries (user_id, target, created_at, delivery_id);

create function event_key(_prefix text) returns text language sql volatile as $$
    select _prefix || replace(gen_random_uuid()::text, '-', '')
$$;

-- Tells a business something: one event, and a delivery to each place that wants it. Part of the caller's transaction, so
-- that nothing is told that did not happen; the caller wakes "events" once it is committed.
create or replace function emit(_user_id text, _type text, _conversation_id text, _data jsonb) returns text
language plpgsql as $$
declare
    _event text := event_key('evt_');
begin
    insert into events (user_id, event_id, type, conversation_id, data)
    values (_user_id, _event, _type, _conversation_id, coalesce(_data, '{}'));
    insert into event_deliveries (user_id, delivery_id, event_id, endpoint_id, conversation_id)
    select _user_id, event_key('dlv_'), _event, endpoint_id, _conversation_id from webhook_endpoints
    where user_id = _user_id and enabled and (types is null or _type = any (types));
    -- A person who steps in himself needs no mail about it.
    if _type = 'webhook.test'
            or _type = 'conversation.handed_over' and coalesce(_data ->> 'by', '') not in ('agent', 'gateway') then
        return _event;
    end if;
    insert into event_deliveries (user_id, delivery_id, event_id, address, conversation_id)
    select _user_id, event_key('dlv_'), _event, address, _conversation_id from mail_recipients
    where user_id = _user_id and (types is null or _type = any (types));
    return _event;
end $$;

-- A hand-over comes first: what goes wrong here is left out, never the hand-over.
create function emit_handover() returns trigger language plpgsql as $$
begin
    perform emit(new.user_id, 'conversation.handed_over', new.conversation_id, jsonb_build_object(
        'handover_id', new.handover_id, 'by', new."by", 'reason', new.reason, 'note', new.note, 'from_no', new.from_no,
        'customer_phone', c.customer_phone, 'agent_id', c.agent_id))
    from conversations c where c.user_id = new.user_id and c.conversation_id = new.conversation_id;
    return null;
exception when others then
    raise warning 'no event for hand-over %: %', new.handover_id, sqlstate;
    return null;
end $$;
create trigger emit after insert on handovers for each row execute function emit_handover();

-- Gives up what waits for a place and is not on its way just now; what is, settles itself. Never waits for a lock.
create function stop_deliveries(_user_id text, _target text, _why text) returns integer language plpgsql as $$
declare
    _count integer;
begin
    update event_deliveries set state = 'failed', last_error = left(_why, 200), lease_owner = null, lease_until = null
    where user_id = _user_id and delivery_id in (
        select delivery_id from event_deliveries
        where user_id = _user_id and target = _target and state = 'pending'
            and (lease_owner is null or lease_until <= now())
        for update skip locked);
    get diagnostics _count = row_count;
    return _count;
end $$;

-- Places with something due, longest due first. One step in the index for each place, however much waits for it.
create function due_targets() returns table (user_id varchar, target varchar, endpoint_id varchar, due_at timestamptz)
language sql stable as $$
    with recursive t as (
        (select d.user_id, d.target, d.endpoint_id, d.next_attempt_at from event_deliveries d
         where d.state = 'pending' order by d.user_id, d.target, d.next_attempt_at limit 1)
        union all
        select n.* from t, lateral (
            select d.user_id, d.target, d.endpoint_id, d.next_attempt_at from event_deliveries d
            where d.state = 'pending' and (d.user_id, d.target) > (t.user_id, t.target)
            order by d.user_id, d.target, d.next_attempt_at limit 1) n
    )
    select * from t where next_attempt_at <= now() order by next_attempt_at
$$;

create type claimed_delivery as (
    user_id varchar, delivery_id varchar, event_id varchar, type varchar, conversation_id varchar, data text,
    emitted_at timestamptz, endpoint_id varchar, url varchar, secret text, previous_secret text, address varchar,
    attempts integer, failures integer, fence bigint, created_at timestamptz
);

-- The due deliveries of one place that nothing of their conversation is before, oldest due first. Those that wait for one
-- that is to be tried later are put off until then, so that nobody looks at them again and again. A row loop, because it
-- ends early: the same as one query reads all that waits for a dead endpoint.
create function ready_deliveries(_user_id text, _target text, _room integer) returns setof event_deliveries
language plpgsql as $$
declare
    _d event_deliveries;
    _head event_deliveries;
    _found integer := 0;
begin
    for _d in
        select * from event_deliveries
        where user_id = _user_id and target = _target and state = 'pending' and next_attempt_at <= now()
        order by user_id, target, next_attempt_at, seq limit 1000
    loop
        exit when _found >= _room;
        if _d.conversation_id is not null then
            select * into _head from event_deliveries
            where user_id = _user_id and target = _target and conversation_id = _d.conversation_id and state = 'pending'
            order by seq limit 1;
            if _head.seq < _d.seq then
                -- One that is on its way moves those behind it when it is settled.
                if _head.lease_owner is null and _head.next_attempt_at > _d.next_attempt_at then
                    perform from event_deliveries
                    where user_id = _user_id and delivery_id = _d.delivery_id for update skip locked;
                    if found then
                        update event_deliveries set next_attempt_at = _head.next_attempt_at
                        where user_id = _user_id and delivery_id = _d.delivery_id and state = 'pending';
                    end if;
                end if;
                continue;
            end if;
        end if;
        select * into _d from event_deliveries
        where user_id = _user_id and delivery_id = _d.delivery_id and state = 'pending' and next_attempt_at <= now()
        for update skip locked;
        if found then
            _found := _found + 1;
            return next _d;
        end if;
    end loop;
end $$;

-- Takes deliveries that are due: of each place at most so many at once, so that a slow one holds up nobody else, and one
-- alone while it fails; of each conversation the first alone.
create function claim_deliveries(
    _owner text, _lease_seconds double precision, _limit integer, _each integer, _mails integer
) returns setof claimed_delivery language plpgsql as $$
declare
    _t record;
    _e webhook_endpoints;
    _d event_deliveries;
    _room integer;
    _left integer := _limit;
    _n claimed_delivery;
begin
    for _t in select * from due_targets() loop
        exit when _left <= 0;
        _e := null;
        if _t.endpoint_id is null then
            continue when _mails <= 0;
            if not exists (select from mail_recipients where user_id = _t.user_id and address = _t.target) then
                perform stop_deliveries(_t.user_id, _t.target, 'the recipient was removed');
                continue;
            end if;
            _room := least(_left, _mails);
        else
            select * into _e from webhook_endpoints
            where user_id = _t.user_id and endpoint_id = _t.endpoint_id for no key update skip locked;
            if not found and not exists (
                select from webhook_endpoints where user_id = _t.user_id and endpoint_id = _t.endpoint_id
            ) then
                perform stop_deliveries(_t.user_id, _t.target, 'the endpoint was removed');
            end if;
            continue when _e.endpoint_id is null or _e.rest_until > now();
            if not _e.enabled then
                perform stop_deliveries(_t.user_id, _t.target, 'the endpoint is disabled');
                continue;
            end if;
            _room := least(_left, case when _e.failures > 0 then 1 else _each end - (
                select count(*)::integer from event_deliveries
                where user_id = _t.user_id and target = _t.target and lease_owner is not null
                    and lease_until > now()));
        end if;
        continue when _room <= 0;
        for _d in select * from ready_deliveries(_t.user_id, _t.target, _room) loop
            update event_deliveries set
                attempts = attempts + 1, fence = fence + 1, lease_owner = _owner,
                lease_until = now() + _lease_seconds * interval '1 second',
                next_attempt_at = now() + _lease_seconds * interval '1 second'
            where user_id = _d.user_id and delivery_id = _d.delivery_id;
            select _d.user_id, _d.delivery_id, _d.event_id, v.type, _d.conversation_id, v.data::text, v.created_at,
                   _d.endpoint_id, _e.url, _e.secret,
                   case when _e.previous_until > now() then _e.previous_secret end, _d.address,
                   _d.attempts + 1, coalesce(_e.failures, 0), _d.fence + 1, _d.created_at
            into _n from events v where v.user_id = _d.user_id and v.event_id = _d.event_id;
            _left := _left - 1;
            _mails := _mails - (_d.endpoint_id is null)::integer;
            return next _n;
        end loop;
    end loop;
end $$;

-- What became of an attempt: sent, retry (in _delay seconds), failed, or gone, which is failed and ends the endpoint. An
-- attempt whose lease was given to another says nothing any more. Returns the state that it has now.
create function settle_delivery(
    _user_id text, _delivery_id text, _fence bigint, _outcome text, _delay double precision, _rest double precision,
    _status integer, _error text, _ms integer
) returns text language plpgsql as $$
declare
    _d event_deliveries;
    _e webhook_endpoints;
begin
    select e.* into _e from event_deliveries d join webhook_endpoints e using (user_id, endpoint_id)
    where d.user_id = _user_id and d.delivery_id = _delivery_id;
    -- Whoever locks an endpoint and deliveries locks the endpoint first.
    if _e.endpoint_id is not null and (_outcome <> 'sent' or _e.failures > 0) then
        select * into _e from webhook_endpoints
        where user_id = _user_id and endpoint_id = _e.endpoint_id for no key update;
    end if;
    if _outcome = 'retry' and not _e.enabled then
        _outcome := 'failed';
    end if;
    update event_deliveries set
        state = case _outcome when 'sent' then 'sent' when 'retry' then 'pending' else 'failed' end,
        next_attempt_at = now() + _delay * interval '1 second', lease_owner = null, lease_until = null,
        last_status = _status, last_error = nullif(left(_error, 200), ''),
        delivered_at = case when _outcome = 'sent' then now() end,
        log = (case when jsonb_array_length(log) >= 10 then log - 0 else log end) || jsonb_build_object(
            'at', now(), 'status', _status, 'error', nullif(left(_error, 200), ''), 'ms', _ms)
    where user_id = _user_id and delivery_id = _delivery_id and fence = _fence and state = 'pending'
    returning * into _d;
    if not found then
        return null;
    end if;
    -- Those behind it in its conversation wait as long as it does, and go on when it is done.
    if _d.conversation_id is not null then
        update event_deliveries set next_attempt_at = case _outcome when 'retry' then _d.next_attempt_at else now() end
        where user_id = _user_id and target = _d.target and conversation_id = _d.conversation_id and seq > _d.seq
            and state = 'pending';
    end if;
    if _e.endpoint_id is not null then
        perform note_endpoint(_e, _outcome, _rest, _d);
    elsif _outcome = 'sent' then
        perform resolve_notice(_user_id, 'mail_failed', left(_d.address, 100));
    elsif _d.state = 'failed' then
        perform notify_business(_user_id, 'mail_failed', left(_d.address, 100), jsonb_build_object(
            'delivery_id', _d.delivery_id, 'event_id', _d.event_id, 'reason', _d.last_error));
    end if;
    return _d.state;
end $$;

-- How an endpoint is after an attempt. It rests while it fails again and again; the business is told what was given up.
create function note_endpoint(_e webhook_endpoints, _outcome text, _rest double precision, _d event_deliveries)
returns void language plpgsql as $$
begin
    if _outcome = 'sent' then
        if _e.failures > 0 then
            update webhook_endpoints set failures = 0, rest_until = null
            where user_id = _e.user_id and endpoint_id = _e.endpoint_id;
            perform resolve_notice(_e.user_id, 'webhook_failed', _e.endpoint_id);
        end if;
        return;
    end if;
    update webhook_endpoints set
        failures = least(failures + 1, 1000000), rest_until = now() + _rest * interval '1 second',
        enabled = enabled and _outcome <> 'gone',
        disabled_reason = case when _outcome = 'gone' and enabled then 'it answered 410 Gone' else disabled_reason end,
        updated_at = case when _outcome = 'gone' and enabled then now() else updated_at end
    where user_id = _e.user_id and endpoint_id = _e.endpoint_id;
    if _outcome = 'gone' then
        perform stop_deliveries(_e.user_id, _e.endpoint_id, 'the endpoint answered 410 Gone');
        perform notify_business(_e.user_id, 'webhook_disabled', _e.endpoint_id,
                                jsonb_build_object('reason', 'it answered 410 Gone'));
    elsif _outcome = 'failed' and _e.enabled then
        perform notify_business(_e.user_id, 'webhook_failed', _e.endpoint_id,
                                jsonb_build_object('delivery_id', _d.delivery_id, 'event_id', _d.event_id,
                                                   'reason', _d.last_error));
    end if;
end $$;

-- One event once more to one endpoint, behind what waits for it already.
create function deliver_again(_user_id text, _endpoint_id text, _event_id text) returns text language sql volatile as $$
    insert into event_deliveries (user_id, delivery_id, event_id, endpoint_id, conversation_id)
    select user_id, event_key('dlv_'), event_id, _endpoint_id, conversation_id from events
    where user_id = _user_id and event_id = _event_id
    returning delivery_id
$$;

do $$
declare
    _table text;
begin
    foreach _table in array array['webhook_endpoints', 'mail_recipients', 'events', 'event_deliveries'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
    grant usage on sequence events_seq, event_deliveries_seq to frontdesk_tenant;
end $$;
