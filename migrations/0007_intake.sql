-- Intake, whole: files, edits and deletions, echoes, pools of numbers, customers under several names.
-- The order of locks is that of 0002: names of customers, then conversations by user_id, agent_id, customer_phone,
-- conversation_id, then what belongs to them.

drop function intake(text[], text[], bytea[], text[], integer[], text[], text[], text[], text[], text[], text[], text[],
    text[], text[], text[], timestamptz[], boolean[], text[], boolean[], integer[], text[], text[], text[], text[], text[],
    text[], text[]);
drop function intake_messages(text[], text[], text[], text[], text[], text[], text[], text[], text[], text[],
    timestamptz[], boolean[], text[], boolean[]);
drop function intake_statuses(text[], text[], text[], text[], text[], text[], text[]);

-- Whose number an address is: its own row, else the pool that it belongs to.
create function route_of(_platform text, _address text, _fallback text) returns routes language plpgsql stable as $$
declare
    _r routes;
begin
    select * into _r from routes r where r.platform = _platform and r.address = _address;
    if not found and _fallback <> '' then
        select * into _r from routes r where r.platform = _platform and r.address = _fallback;
    end if;
    return _r;
end $$;

create or replace function name_customers(
    _user varchar[], _name text[], _aliases text[], _message_id text[], _new integer[]
) returns void language plpgsql as $$
declare
    _person varchar[] := array_fill(null::varchar, array[greatest(array_length(_user, 1), 1)]);
    _fresh  boolean[] := array_fill(false, array[greatest(array_length(_user, 1), 1)]);
    _found  varchar;
    _alias  record;
    _last   integer;
    i       integer;
begin
    foreach i in array _new loop
        -- A burst of one customer stands together here, and is one customer.
        continue when _user[i] = _user[_last] and _aliases[i] = _aliases[_last];
        _last := i;
        _person[i] := known_person(_user[i], _aliases[i]::jsonb);
        if _person[i] is null then
            _person[i] := 'cst_' || substr(_message_id[i], 5);
            _fresh[i] := true;
            insert into customers (user_id, customer_id, name) values (_user[i], _person[i], nullif(_name[i], ''));
        end if;
    end loop;
    for _alias in
        select o, a.value ->> 0 as kind, a.value ->> 1 as value
        from unnest(_new) o, jsonb_array_elements(_aliases[o]::jsonb) a
        where _person[o] is not null
        order by _user[o] collate "C", (a.value ->> 0) collate "C", (a.value ->> 1) collate "C", o
    loop
        insert into customer_aliases (user_id, kind, value, customer_id)
        values (_user[_alias.o], _alias.kind, _alias.value, _person[_alias.o])
        on conflict (user_id, kind, value) do update set customer_id = excluded.customer_id
            where customer_aliases.kind = 'username' and customer_aliases.customer_id <> excluded.customer_id;
        if not found and _fresh[_alias.o] and _alias.kind <> 'username' then
            -- Somebody has this name already, here or in another batch: the person just made is he.
            select a.customer_id into _found from customer_aliases a
            where a.user_id = _user[_alias.o] and a.kind = _alias.kind and a.value = _alias.value;
            continue when _found = _person[_alias.o];
            update customer_aliases set customer_id = _found
            where user_id = _user[_alias.o] and customer_id = _person[_alias.o];
            delete from customers where user_id = _user[_alias.o] and customer_id = _person[_alias.o];
            _person[_alias.o] := _found;
            _fresh[_alias.o] := false;
        end if;
    end loop;
end $$;

create or replace function open_conversation(
    _user_id varchar, _agent_id varchar, _phone_number_id varchar, _customer_phone varchar, _message_id varchar,
    _aliases jsonb
) returns conversations language plpgsql as $$
declare
    _conversation conversations;
begin
    insert into conversations (user_id, conversation_id, agent_id, phone_number_id, customer_phone, customer_id)
    values (_user_id, 'cnv_' || substr(_message_id, 5), _agent_id, _phone_number_id, _customer_phone,
            known_person(_user_id, _aliases))
    on conflict do nothing;
    -- The foreign key above holds the agent's row, so a relink has either been seen by now or waits for this commit.
    perform 1 from agents
    where user_id = _user_id and agent_id = _agent_id and phone_number_id = _phone_number_id;
    if not found then
        raise exception 'the number was relinked meanwhile' using errcode = 'serialization_failure';
    end if;
    select * into _conversation from conversations c
    where c.user_id = _user_id and c.agent_id = _agent_id and c.customer_phone = _customer_phone and c.is_active
    for update;
    if not found then
        raise exception 'the conversation was archived meanwhile' using errcode = 'serialization_failure';
    end if;
    return _conversation;
end $$;

-- One person who opens two conversations with an agent in one batch, under two names, opens one.
create function under_one_name(
    _user varchar[], _agent varchar[], _customer varchar[], _aliases text[], _new integer[]
) returns varchar[] language plpgsql as $$
declare
    _person varchar[] := array_fill(null::varchar, array[array_length(_user, 1)]);
    i integer;
    j integer;
begin
    if array_length(_new, 1) = 1 then
        return _customer;
    end if;
    foreach i in array _new loop
        _person[i] := known_person(_user[i], _aliases[i]::jsonb);
        select o into j from unnest(_new) o
        where o < i and _user[o] = _user[i] and _agent[o] = _agent[i] and _person[o] = _person[i] limit 1;
        if found then
            _customer[i] := _customer[j];
        end if;
    end loop;
    return _customer;
end $$;

-- An echo finds its place: a part of ours, or words that our side wrote elsewhere, or it waits to be told apart.
create function hear_echo(
    _c conversations, _phone_number_id text, _provider_id text, _kind text, _text text, _content jsonb, _media jsonb,
    _sent_at timestamptz, _message_id text
) returns conversations language plpgsql as $$
begin
    case place_echo(_c.user_id, _c.conversation_id, _phone_number_id, _provider_id, _kind, _text)
        when 'foreign' then
            _c := hear_own_side(_c, _phone_number_id, _provider_id, _kind, _text, _content, _media, _sent_at,
                                _message_id);
        when 'held' then
            insert into held_echoes (user_id, conversation_id, phone_number_id, platform_message_id, message_id, kind,
                                     text, content, media, sent_at)
            values (_c.user_id, _c.conversation_id, _phone_number_id, _provider_id, _message_id, _kind, _text, _content,
                    _media, _sent_at)
            on conflict do nothing;
        else null;
    end case;
    return _c;
end $$;

create function intake_messages(
    _platform text[], _address text[], _fallback text[], _customer varchar[], _provider_id text[], _kind text[],
    _text text[], _content text[], _media text[], _customer_name text[], _aliases text[], _reply_to text[],
    _sent_at timestamptz[], _echo boolean[], _opens boolean[], _wants_answer boolean[], _message_id text[],
    _told boolean[]
) returns setof intake_result language plpgsql as $$
declare
    _n        integer := coalesce(array_length(_platform, 1), 0);
    _user     varchar[] := array_fill(null::varchar, array[greatest(_n, 1)]);
    _number   varchar[] := _user;
    _agent    varchar[] := _user;
    _known    varchar[] := _user;
    _quiet    integer[] := array_fill(0, array[greatest(_n, 1)]);
    _max_wait integer[] := _quiet;
    _sorted   integer[];
    _new      integer[];
    _result   intake_result;
    _route    record;
    _found    record;
    _before   integer;
    _person   varchar;
    _c        conversations;       -- the conversation in hand, locked
    _in_hand  boolean := false;
    _next     integer;
    i         integer;
begin
    for i in 1 .. _n loop
        if i > 1 and _address[i] = _address[i - 1] and _platform[i] = _platform[i - 1]
                and _fallback[i] = _fallback[i - 1] then
            _user[i] := _user[i - 1]; _number[i] := _number[i - 1]; _agent[i] := _agent[i - 1];
            _quiet[i] := _quiet[i - 1]; _max_wait[i] := _max_wait[i - 1];
        else
            select r.user_id, r.phone_number_id, a.agent_id, a.quiet_ms, a.max_wait_ms into _route
            from routes r left join agents a on a.user_id = r.user_id and a.phone_number_id = r.phone_number_id
            where r.platform = _platform[i] and r.address = _address[i];
            if not found and _fallback[i] <> '' then
                select r.user_id, r.phone_number_id, a.agent_id, a.quiet_ms, a.max_wait_ms into _route
                from routes r left join agents a on a.user_id = r.user_id and a.phone_number_id = r.phone_number_id
                where r.platform = _platform[i] and r.address = _fallback[i];
            end if;
            _user[i] := _route.user_id; _number[i] := _route.phone_number_id; _agent[i] := _route.agent_id;
            _quiet[i] := _route.quiet_ms; _max_wait[i] := _route.max_wait_ms;
        end if;
        if _agent[i] is not null then
            select c.conversation_id, c.customer_phone into _found from conversations c
            where c.user_id = _user[i] and c.agent_id = _agent[i] and c.customer_phone = _customer[i] and c.is_active;
            if not found then
                -- The same person under another name goes on where he was.
                _person := known_person(_user[i], _aliases[i]::jsonb);
                if _person is not null then
                    select c.conversation_id, c.customer_phone into _found from conversations c
                    where c.user_id = _user[i] and c.customer_id = _person and c.is_active
                        and c.agent_id = _agent[i]
                    order by c.created_at desc limit 1;
                    _customer[i] := coalesce(_found.customer_phone, _customer[i]);
                end if;
            end if;
            _known[i] := _found.conversation_id;
        end if;
    end loop;
    select array_agg(o order by _user[o] collate "C", _agent[o] collate "C", _customer[o] collate "C", o)
    into _new from generate_series(1, _n) o where _agent[o] is not null and _known[o] is null;
    if _new is not null then
        perform name_customers(_user, _customer_name, _aliases, _message_id, _new);
        _customer := under_one_name(_user, _agent, _customer, _aliases, _new);
    end if;
    select array_agg(o order by _user[o] collate "C", _agent[o] collate "C", _customer[o] collate "C", o)
    into _sorted from generate_series(1, _n) o;

    for place in 1 .. _n loop
        i := _sorted[place];
        _next := _sorted[place + 1];
        _result := row(i, null, _user[i], _number[i], null, null, null, null);
        if _agent[i] is null then
            _result.outcome := case when _user[i] is null then 'unknown_number' else 'no_agent' end;
            return next _result;
            continue;
        end if;
        if not _in_hand then
            if _known[i] is null then
                _c := open_conversation(_user[i], _agent[i], _number[i], _customer[i], _message_id[i],
                                        _aliases[i]::jsonb);
            else
                select * into _c from conversations c
                where c.user_id = _user[i] and c.conversation_id = _known[i] for update;
                if not _c.is_active then
                    raise exception 'the conversation was archived meanwhile' using errcode = 'serialization_failure';
                end if;
            end if;
            _in_hand := true;
        end if;

        select m.message_id, m.sequence_no, m.conversation_id
        into _result.message_id, _result.sequence_no, _result.conversation_id from messages m
        where m.user_id = _user[i] and m.phone_number_id = _number[i] and m.platform_message_id = _provider_id[i]
            and m.sender = 'user';
        if found then
            _result.outcome := 'duplicate';
        elsif _echo[i] then
            _before := _c.last_sequence_no;
            _c := hear_echo(_c, _number[i], _provider_id[i], _kind[i], _text[i], _content[i]::jsonb, _media[i]::jsonb,
                            _sent_at[i], _message_id[i]);
            _result := row(i, case when _c.last_sequence_no > _before then 'accepted' else 'status' end, _user[i],
                           _number[i], _c.conversation_id, _message_id[i], _c.last_sequence_no, null);
        else
            _c.last_sequence_no := _c.last_sequence_no + 1;
            insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, kind, text,
                                  content, sent_at, sequence_no, platform_message_id, reply_to)
            values (_user[i], _message_id[i], _c.conversation_id, _number[i], 'user', 'customer', _kind[i], _text[i],
                    _content[i]::jsonb, _sent_at[i], _c.last_sequence_no, _provider_id[i], nullif(_reply_to[i], ''));
            _result := row(i, 'accepted', _user[i], _number[i], _c.conversation_id, _message_id[i],
                           _c.last_sequence_no, null);
            if _media[i] is not null then
                perform keep_media(_user[i], _message_id[i], _c.conversation_id, _number[i], _media[i]::jsonb, 7);
            end if;
            if _opens[i] then
                _c.last_inbound_at := greatest(_c.last_inbound_at, least(_sent_at[i], now()));
            end if;
            if _wants_answer[i] then
                _c.last_inbound_no := _c.last_sequence_no;
                if _c.owner = 'agent' then
                    _c.waiting_since := coalesce(_c.waiting_since, now());
                    _c.quiet_until := least(_c.waiting_since + _max_wait[i] * interval '1 millisecond',
                                            now() + _quiet[i] * interval '1 millisecond');
                    _c.due_at := coalesce(_c.due_at, _c.quiet_until);
                end if;
                if exists (
                    select 1 from early_amendments a
                    where a.user_id = _user[i] and a.phone_number_id = _number[i] and a.target = _provider_id[i]
                ) then
                    _c := amend_late(_c, _number[i], _provider_id[i]);
                end if;
            elsif _kind[i] in ('edit', 'revoke') then
                _c := amend(_c, _number[i], _kind[i], _reply_to[i], _text[i], _c.last_sequence_no);
            end if;
            _result.due_at := _c.quiet_until;
        end if;
        if _told[i] or _result.outcome not in ('accepted', 'status') then
            return next _result;
        end if;

        if _next is null or _agent[_next] is distinct from _agent[i] or _customer[_next] <> _customer[i]
                or _user[_next] <> _user[i] then
            update conversations set
                last_sequence_no = _c.last_sequence_no, last_inbound_no = _c.last_inbound_no, last_message_at = now(),
                last_inbound_at = _c.last_inbound_at, waiting_since = _c.waiting_since, quiet_until = _c.quiet_until,
                due_at = _c.due_at
            where user_id = _c.user_id and conversation_id = _c.conversation_id
                and last_sequence_no <> _c.last_sequence_no;
            _in_hand := false;
        end if;
    end loop;
end $$;

create function intake_statuses(
    _platform text[], _address text[], _fallback text[], _provider_id text[], _part text[], _state text[], _code text[],
    _detail text[]
) returns setof intake_result language plpgsql as $$
declare
    _n      integer := coalesce(array_length(_platform, 1), 0);
    _user   varchar[] := array_fill(null::varchar, array[greatest(_n, 1)]);
    _number varchar[] := _user;
    _found  varchar[] := _user;
    _route  record;
    _id     varchar;
    _result intake_result;
    i       integer;
begin
    for i in 1 .. _n loop
        if i > 1 and _address[i] = _address[i - 1] and _platform[i] = _platform[i - 1]
                and _fallback[i] = _fallback[i - 1] then
            _user[i] := _user[i - 1]; _number[i] := _number[i - 1];
        else
            select r.user_id, r.phone_number_id into _route from route_of(_platform[i], _address[i], _fallback[i]) r;
            _user[i] := _route.user_id; _number[i] := _route.phone_number_id;
        end if;
        _id := null;
        if _user[i] is not null and _part[i] <> '' then
            select p.part_id into _id from message_parts p
            where p.user_id = _user[i] and p.part_id = _part[i] and p.phone_number_id = _number[i];
        end if;
        if _user[i] is not null and _id is null then
            select p.part_id into _id from message_parts p
            where p.user_id = _user[i] and p.phone_number_id = _number[i] and p.platform_message_id = _provider_id[i]
            order by p.part_id limit 1;
        end if;
        _found[i] := _id;
    end loop;
    for i in select o from generate_series(1, _n) o order by _user[o] collate "C", _found[o] collate "C", o loop
        _result := row(i, 'status', _user[i], _number[i], null, null, null, null);
        if _user[i] is null then
            _result.outcome := 'unknown_number';
        elsif _found[i] is not null then
            perform move_part(_user[i], _found[i], _provider_id[i], _state[i], _code[i], _detail[i]);
        else
            -- Under the address of the row: that is where the part will look for it.
            insert into parked_statuses (platform, address, platform_message_id, state, error_code, error_message)
            select n.platform, n.meta_phone_number_id, _provider_id[i], _state[i], _code[i], _detail[i]
            from phone_numbers n where n.user_id = _user[i] and n.id = _number[i]
            on conflict do nothing;
            _result.outcome := 'parked_status';
        end if;
        if _result.outcome <> 'status' then
            return next _result;
        end if;
    end loop;
end $$;

-- The whole of one batch: messages, statuses, what is said beside them, and the envelopes that they came in, where 0
-- stands for no envelope. It answers a row for each message whose fate somebody waits for (_told), and for whatever did
-- not simply go well. An event that found no place parks its envelope, with the reason, for a replay.
create function intake(
    _endpoint text[], _url text[], _body bytea[], _problem text[],
    _m_envelope integer[], _m_platform text[], _m_address text[], _m_fallback text[], _customer text[],
    _m_provider_id text[], _kind text[], _text text[], _content text[], _media text[], _customer_name text[],
    _aliases text[], _reply_to text[], _sent_at timestamptz[], _echo boolean[], _opens boolean[],
    _wants_answer boolean[], _message_id text[], _told boolean[],
    _s_envelope integer[], _s_platform text[], _s_address text[], _s_fallback text[], _s_provider_id text[],
    _part text[], _state text[], _code text[], _detail text[],
    _a_envelope integer[], _a_platform text[], _a_address text[], _a_fallback text[], _what text[]
) returns setof intake_result language plpgsql as $$
declare
    _r         intake_result;
    _route     routes;
    _why       text[] := _problem;
    _addresses text[] := array_fill(null::text, array[greatest(coalesce(array_length(_endpoint, 1), 0), 1)]);
    _e         integer;
begin
    if array_length(_m_platform, 1) > 0 then
        for _r in select * from intake_messages(
            _m_platform, _m_address, _m_fallback, _customer, _m_provider_id, _kind, _text, _content, _media,
            _customer_name, _aliases, _reply_to, _sent_at, _echo, _opens, _wants_answer, _message_id, _told)
        loop
            _e := _m_envelope[_r.ordinal];
            if _r.conversation_id is null and _e > 0 then
                _why[_e] := coalesce(nullif(_why[_e], ''), _r.outcome);
                _addresses[_e] := concat_ws(' ', _addresses[_e],
                                            _m_platform[_r.ordinal] || ':' || _m_address[_r.ordinal]);
            end if;
            return next _r;
        end loop;
    end if;
    if array_length(_s_platform, 1) > 0 then
        for _r in select * from intake_statuses(
            _s_platform, _s_address, _s_fallback, _s_provider_id, _part, _state, _code, _detail)
        loop
            _e := _s_envelope[_r.ordinal];
            if _r.outcome = 'unknown_number' and _e > 0 then
                _why[_e] := coalesce(nullif(_why[_e], ''), _r.outcome);
                _addresses[_e] := concat_ws(' ', _addresses[_e],
                                            _s_platform[_r.ordinal] || ':' || _s_address[_r.ordinal]);
            end if;
            _r.ordinal := -_r.ordinal;
            return next _r;
        end loop;
    end if;
    for i in 1 .. coalesce(array_length(_a_platform, 1), 0) loop
        _route := route_of(_a_platform[i], _a_address[i], _a_fallback[i]);
        _e := _a_envelope[i];
        if _route.user_id is not null then
            insert into asides (user_id, phone_number_id, platform, what)
            values (_route.user_id, _route.phone_number_id, _a_platform[i], _what[i]::jsonb);
        elsif _e > 0 then
            _why[_e] := coalesce(nullif(_why[_e], ''), 'unknown_number');
            _addresses[_e] := concat_ws(' ', _addresses[_e], _a_platform[i] || ':' || _a_address[i]);
        end if;
    end loop;
    insert into envelopes (endpoint, url, body, state, problem, addresses)
    select _endpoint[o], _url[o], _body[o], case when coalesce(_why[o], '') = '' then 'done' else 'parked' end,
           nullif(_why[o], ''), string_to_array(_addresses[o], ' ')
    from generate_series(1, coalesce(array_length(_endpoint, 1), 0)) o;
end $$;
