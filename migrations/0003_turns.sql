-- Turns: one run of the agent over the messages (after_no, to_no] of one conversation.
-- The lease says who runs it, the fence that nobody else has run since, the epoch that no human stepped in. All three,
-- and the newest message, are checked in the transaction that stores the reply.

create type claimed_turn as (
    user_id         varchar,
    conversation_id varchar,
    turn_id         varchar,
    after_no        integer,
    to_no           integer,
    fence           bigint,
    owner_epoch     integer,
    phone_number_id varchar,
    platform        varchar,
    agent_id        varchar,
    customer_phone  varchar,
    customer_id     varchar,
    agent_name      varchar,
    company_name    varchar,
    model           varchar,
    max_wait_ms     integer,
    quiet_ms        integer,
    fallback_text   text,
    prompt_id       varchar,
    prompt_version  integer,
    instructions    text,
    history         text
);

create function claim_turns(
    _owner text, _lease_seconds double precision, _limit integer, _history integer
) returns setof claimed_turn language plpgsql as $$
declare
    _c conversations;
    _t claimed_turn;
begin
    for _c in
        select * from conversations
        where due_at <= now() and (lease_until is null or lease_until <= now())
        order by due_at limit _limit for update skip locked
    loop
        if _c.quiet_until > now() and _c.last_inbound_no > _c.answered_no then
            update conversations set due_at = quiet_until, lease_owner = null, lease_until = null
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
            continue;
        end if;
        if _c.answered_no >= _c.last_inbound_no then
            update conversations set due_at = null, waiting_since = null, lease_owner = null, lease_until = null
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
            continue;
        end if;
        if not exists (select 1 from credits where user_id = _c.user_id and remaining_credits > 0) then
            update conversations set due_at = null, held_for = 'credits', lease_owner = null, lease_until = null
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
            continue;
        end if;
        update turns set state = 'lost', ended_at = now()
        where user_id = _c.user_id and conversation_id = _c.conversation_id and state = 'running';
        update conversations set
            fence = fence + 1, lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second'
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        select
            _c.user_id, _c.conversation_id, 'trn_' || replace(gen_random_uuid()::text, '-', ''),
            _c.answered_no, _c.last_inbound_no, _c.fence + 1, _c.owner_epoch, _c.phone_number_id, n.platform,
            _c.agent_id, _c.customer_phone, _c.customer_id, a.name, u.company_name, a.model, a.max_wait_ms, a.quiet_ms, a.fallback_text,
            p.prompt_id, v.version, v.instructions, (
                select json_agg(json_build_array(h.author, h.kind, h.text, h.sequence_no) order by h.sequence_no)::text
                from (
                    select m.author, m.kind, m.text, m.sequence_no from messages m
                    where m.user_id = _c.user_id and m.conversation_id = _c.conversation_id
                    order by m.sequence_no desc limit _history
                ) h
            )
        into _t
        from agents a
        join users u on u.user_id = a.user_id
        join phone_numbers n on n.user_id = _c.user_id and n.id = _c.phone_number_id
        join prompts p on p.user_id = a.user_id and p.prompt_id = a.prompt_id
        join prompt_versions v on v.user_id = p.user_id and v.prompt_id = p.prompt_id and v.version = p.active_version
        where a.user_id = _c.user_id and a.agent_id = _c.agent_id;
        insert into turns (user_id, turn_id, conversation_id, agent_id, after_no, to_no, fence, prompt_id, prompt_version)
        values (_t.user_id, _t.turn_id, _t.conversation_id, _c.agent_id, _t.after_no, _t.to_no, _t.fence, _t.prompt_id,
                _t.prompt_version);
        return next _t;
    end loop;
end $$;

-- Keeps the leases of turns that still run. Returns the turns whose lease is held.
create function renew_turns(
    _user text[], _conversation text[], _agent text[], _customer text[], _fence bigint[],
    _lease_seconds double precision
) returns setof text language plpgsql as $$
declare
    i integer;
begin
    for i in
        select o from generate_series(1, coalesce(array_length(_user, 1), 0)) o
        order by _user[o] collate "C", _agent[o] collate "C", _customer[o] collate "C", _conversation[o] collate "C"
    loop
        update conversations set lease_until = now() + _lease_seconds * interval '1 second'
        where user_id = _user[i] and conversation_id = _conversation[i] and fence = _fence[i]
            and lease_owner is not null;
        if found then
            return next _conversation[i];
        end if;
    end loop;
end $$;

-- Ends the leases of a process that is known to be dead, so that nobody waits for them to run out.
create function bury_turns(_owner text) returns integer language plpgsql as $$
declare
    _c record;
    _count integer := 0;
begin
    for _c in
        select user_id, conversation_id from conversations
        where lease_until is not null and lease_owner = _owner
        order by user_id collate "C", agent_id collate "C", customer_phone collate "C", conversation_id collate "C"
        for update
    loop
        update conversations set lease_owner = null, lease_until = null
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        _count := _count + 1;
    end loop;
    return _count;
end $$;

create type committed_turn as (
    ordinal          integer,
    outcome          text,
    last_sequence_no integer,
    due_at           timestamptz
);

-- Numbers and stores one message of our side, with its parts, in a conversation that the caller has locked.
-- _message is {"message_id", "author", "text", "parts": [{"part_id", "text"}]}.
create function say(_c conversations, _platform text, _message jsonb, _turn_id text, _sequence_no integer)
returns void language plpgsql as $$
declare
    _immediate boolean := _platform = 'webchat';   -- the customer's own socket fetches it
begin
    insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, text, status,
                          sequence_no, turn_id)
    values (_c.user_id, _message ->> 'message_id', _c.conversation_id, _c.phone_number_id, 'agent',
            _message ->> 'author', _message ->> 'text', case when _immediate then 'sent' else 'pending' end,
            _sequence_no, _turn_id);
    insert into message_parts (user_id, part_id, message_id, conversation_id, phone_number_id, sequence_no, part_no,
                               text, state, delivery)
    select _c.user_id, p.value ->> 'part_id', _message ->> 'message_id', _c.conversation_id, _c.phone_number_id,
           _sequence_no, p.ordinality, p.value ->> 'text', case when _immediate then 'sent' else 'queued' end,
           case when _immediate then 'sent' end
    from jsonb_array_elements(_message -> 'parts') with ordinality p;
end $$;

-- Commits replies in a batch. An outcome other than 'committed' means that nothing of that reply was stored:
-- superseded (a newer message came in time), overtaken (a human stepped in), lost (the lease went to somebody else).
create function commit_turns(
    _user text[], _conversation text[], _agent text[], _customer text[], _turn text[], _fence bigint[],
    _epoch integer[], _to_no integer[], _platform text[], _messages text[], _failure text[], _usage text[], _model text[], _request_id text[],
    _max_wait_ms integer[], _quiet_ms integer[], _max_supersedes integer
) returns setof committed_turn language plpgsql as $$
declare
    _order    integer[];
    _c        conversations;
    _message  jsonb;
    _result   committed_turn;
    _state    text;
    _charged  integer[] := '{}';
    i         integer;
begin
    select array_agg(o order by _user[o] collate "C", _agent[o] collate "C", _customer[o] collate "C",
                                _conversation[o] collate "C", o) into _order
    from generate_series(1, coalesce(array_length(_user, 1), 0)) o;
    foreach i in array coalesce(_order, '{}') loop
        perform 1 from conversations c where c.user_id = _user[i] and c.conversation_id = _conversation[i] for update;
    end loop;
    foreach i in array coalesce(_order, '{}') loop
        select * into _c from conversations c where c.user_id = _user[i] and c.conversation_id = _conversation[i];
        select state into _state from turns where user_id = _user[i] and turn_id = _turn[i];
        if _state in ('committed', 'superseded', 'overtaken') then
            -- The commit of an earlier try came through although its answer did not.
            _result := row(i, _state, _c.last_sequence_no, _c.due_at);
            return next _result;
            continue;
        elsif _c.fence is distinct from _fence[i] or _state is null then
            _result.outcome := 'lost';
        elsif _c.owner <> 'agent' or _c.owner_epoch <> _epoch[i] then
            _result.outcome := 'overtaken';
        elsif _c.last_inbound_no > _to_no[i] and _c.supersedes < _max_supersedes
                and now() < _c.waiting_since + _max_wait_ms[i] * interval '1 millisecond' then
            _result.outcome := 'superseded';
        else
            _result.outcome := 'committed';
        end if;
        update turns set
            state = _result.outcome, failure = nullif(_failure[i], ''), usage = _usage[i]::jsonb, model = _model[i],
            request_id = _request_id[i], ended_at = now()
        where user_id = _user[i] and turn_id = _turn[i] and state in ('running', 'lost');
        if _result.outcome = 'committed' then
            for _message in select value from jsonb_array_elements(_messages[i]::jsonb) loop
                _c.last_sequence_no := _c.last_sequence_no + 1;
                perform say(_c, _platform[i], _message, _turn[i], _c.last_sequence_no);
            end loop;
            _c.answered_no := _to_no[i];
            _c.supersedes := 0;
            if coalesce(_failure[i], '') = '' then
                _charged := _charged || i;
            end if;
        elsif _result.outcome = 'superseded' then
            _c.supersedes := _c.supersedes + 1;
        end if;
        if _result.outcome in ('committed', 'superseded') then
            if _c.last_inbound_no > _c.answered_no then
                _c.waiting_since := case when _result.outcome = 'committed' then now() else _c.waiting_since end;
                _c.quiet_until := least(_c.waiting_since + _max_wait_ms[i] * interval '1 millisecond',
                                        now() + _quiet_ms[i] * interval '1 millisecond');
                _c.due_at := _c.quiet_until;
            else
                _c.waiting_since := null;
                _c.due_at := null;
            end if;
        end if;
        if _result.outcome <> 'lost' then
            update conversations set
                last_sequence_no = _c.last_sequence_no, answered_no = _c.answered_no, supersedes = _c.supersedes,
                waiting_since = _c.waiting_since, quiet_until = _c.quiet_until, due_at = _c.due_at,
                lease_owner = null, lease_until = null,
                last_message_at = case when _result.outcome = 'committed' then now() else last_message_at end
            where user_id = _user[i] and conversation_id = _conversation[i];
        end if;
        _result.ordinal := i;
        _result.last_sequence_no := _c.last_sequence_no;
        _result.due_at := _c.due_at;
        return next _result;
    end loop;
    -- Last, and in the order of the businesses: the balance is one row that every turn of a business shares.
    insert into credit_ledger (user_id, entry_id, delta, reason, turn_id)
    select _user[o], _turn[o], -1, 'turn', _turn[o]
    from unnest(_charged) o
    join credits b on b.user_id = _user[o] and b.remaining_credits > 0
    order by _user[o] collate "C", _turn[o];
end $$;

-- A human speaks. That is a takeover: the epoch grows, so a turn that runs now can't commit, and the agent rests.
create function human_reply(_user_id text, _conversation_id text, _platform text, _message jsonb)
returns integer language plpgsql as $$
declare
    _c conversations;
begin
    select * into _c from conversations c
    where c.user_id = _user_id and c.conversation_id = _conversation_id for update;
    if not found then
        return null;
    end if;
    perform say(_c, _platform, _message, null, _c.last_sequence_no + 1);
    update conversations set
        last_sequence_no = _c.last_sequence_no + 1, last_message_at = now(), answered_no = last_inbound_no,
        owner = 'human', owner_epoch = owner_epoch + 1, waiting_since = null, due_at = null, held_for = null,
        supersedes = 0
    where user_id = _user_id and conversation_id = _conversation_id;
    return _c.last_sequence_no + 1;
end $$;

-- Hands a conversation over ('human') or back ('agent'). What nobody answered meanwhile is due at once.
create function change_owner(_user_id text, _conversation_id text, _owner text)
returns boolean language plpgsql as $$
declare
    _c conversations;
begin
    select * into _c from conversations c
    where c.user_id = _user_id and c.conversation_id = _conversation_id for update;
    if not found then
        return false;
    end if;
    if _c.owner = _owner then
        return true;
    end if;
    update conversations set
        owner = _owner, owner_epoch = owner_epoch + 1, held_for = null, supersedes = 0, quiet_until = null,
        waiting_since = case when _owner = 'agent' and last_inbound_no > answered_no then now() end,
        due_at = case when _owner = 'agent' and last_inbound_no > answered_no then now() end
    where user_id = _user_id and conversation_id = _conversation_id;
    return true;
end $$;

-- Credits came: the conversations that waited for them are due.
create function resume_held(_user_id text) returns integer language plpgsql as $$
declare
    _c record;
    _count integer := 0;
begin
    for _c in
        select conversation_id from conversations
        where user_id = _user_id and held_for = 'credits'
        order by agent_id collate "C", customer_phone collate "C", conversation_id collate "C" for update
    loop
        update conversations set held_for = null, due_at = now(), quiet_until = null, waiting_since = now()
        where user_id = _user_id and conversation_id = _c.conversation_id;
        _count := _count + 1;
    end loop;
    return _count;
end $$;

-- Links an agent to a number. The number's former agent steps back and its active conversations are archived, all in
-- one transaction; incoming messages wait for it or come before it (see open_conversation).
create function link_agent(_user_id text, _agent_id text, _phone_number_id text, _archive_id text, _reason text)
returns integer language plpgsql as $$
declare
    _old   record;
    _c     record;
    _count integer := 0;
    _from  varchar;
begin
    perform 1 from agents where user_id = _user_id and (agent_id = _agent_id or phone_number_id = _phone_number_id)
    order by agent_id collate "C" for update;
    select phone_number_id into _from from agents where user_id = _user_id and agent_id = _agent_id;
    if _from = _phone_number_id then
        return 0;
    end if;
    select agent_id into _old from agents where user_id = _user_id and phone_number_id = _phone_number_id;
    for _c in
        select conversation_id from conversations
        where user_id = _user_id and is_active and agent_id in (_agent_id, coalesce(_old.agent_id, _agent_id))
        order by agent_id collate "C", customer_phone collate "C", conversation_id collate "C" for update
    loop
        update conversations set is_active = false where user_id = _user_id and conversation_id = _c.conversation_id;
        _count := _count + 1;
    end loop;
    if _old.agent_id is not null then
        update agents set phone_number_id = null where user_id = _user_id and agent_id = _old.agent_id;
    end if;
    update agents set phone_number_id = _phone_number_id where user_id = _user_id and agent_id = _agent_id;
    if _old.agent_id is not null or _count > 0 then
        insert into conversation_archives (user_id, archive_id, old_agent_id, new_agent_id, phone_number_id,
                                           archived_conversations_count, reason)
        values (_user_id, _archive_id, coalesce(_old.agent_id, _agent_id), _agent_id, _phone_number_id, _count, _reason);
    end if;
    return _count;
end $$;
