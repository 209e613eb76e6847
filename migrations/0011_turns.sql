-- Turns, whole: hand-overs with their reasons, turns that are put off, metering, fair claims, media that is waited for.

drop function claim_turns(text, double precision, integer, integer);
drop type claimed_turn;
drop function commit_turns(text[], text[], text[], text[], text[], bigint[], integer[], integer[], text[], text[], text[],
    text[], text[], text[], integer[], integer[], integer);
drop function human_reply(text, text, text, jsonb);
drop function change_owner(text, text, text);

-- Tells a business something once for as long as it lasts; true when that is news.
create function notify_business(_user_id text, _kind text, _subject text, _detail jsonb) returns boolean
language plpgsql as $$
begin
    update notices set last_at = now(), times = times + 1
    where user_id = _user_id and kind = _kind and subject = _subject and resolved_at is null
        and last_at < now() - interval '1 minute';   -- not a row that every turn writes
    if found or exists (
        select 1 from notices
        where user_id = _user_id and kind = _kind and subject = _subject and resolved_at is null
    ) then
        return false;
    end if;
    insert into notices (user_id, notice_id, kind, subject, detail)
    values (_user_id, 'ntc_' || replace(gen_random_uuid()::text, '-', ''), _kind, _subject, _detail)
    on conflict (user_id, kind, subject) where resolved_at is null do nothing;
    return found;
end $$;

create function resolve_notice(_user_id text, _kind text, _subject text) returns boolean language plpgsql as $$
begin
    update notices set resolved_at = now()
    where user_id = _user_id and kind = _kind and (_subject is null or subject = _subject) and resolved_at is null;
    return found;
end $$;

-- Gives a conversation to a human of the business. The caller has locked it, and stores its numbers and times.
create function take_over(_c conversations, _by text, _reason text, _note text) returns conversations
language plpgsql as $$
begin
    if _c.owner <> 'human' then
        insert into handovers (user_id, handover_id, conversation_id, from_no, by, reason, note)
        values (_c.user_id, 'hnd_' || replace(gen_random_uuid()::text, '-', ''), _c.conversation_id, _c.last_sequence_no,
                _by, _reason, coalesce(_note, ''))
        on conflict (user_id, conversation_id) where ended_at is null do nothing;
    end if;
    update conversations set
        owner = 'human', owner_epoch = owner_epoch + 1, held_for = null, supersedes = 0, parks = 0, parked_since = null,
        told = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    _c.owner := 'human';
    _c.owner_epoch := _c.owner_epoch + 1;
    _c.held_for := null;
    _c.supersedes := 0;
    _c.parks := 0;
    _c.parked_since := null;
    _c.told := null;
    _c.waiting_since := null;
    _c.quiet_until := null;
    _c.due_at := null;
    return _c;
end $$;

-- The provider's copy of the transcript is not what was said, or nobody wants it: a new one is made when it is needed.
create function forget_copy(_c conversations) returns conversations language plpgsql as $$
begin
    if _c.openai_conversation_id is not null then
        insert into provider_orphans (user_id, openai_conversation_id) values (_c.user_id, _c.openai_conversation_id)
        on conflict do nothing;
        update conversations set openai_conversation_id = null, kept_no = 0
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        _c.openai_conversation_id := null;
        _c.kept_no := 0;
    end if;
    return _c;
end $$;

create or replace function keep_media(
    _user_id text, _message_id text, _conversation_id text, _phone_number_id text, _media jsonb, _days double precision
) returns void language plpgsql as $$
begin
    insert into media (user_id, media_id, message_id, conversation_id, phone_number_id, place, kind, provider_id, url,
                       mime_type, filename, state, sha256, expires_at, transcript_state)
    select _user_id, f.value ->> 'media_id', _message_id, _conversation_id, _phone_number_id, f.ordinality,
           f.value ->> 'kind', left(f.value ->> 'id', 255), f.value ->> 'url', left(f.value ->> 'mime_type', 255),
           left(f.value ->> 'filename', 255), case when f.value ->> 'id' like 'blob:%' then 'ready' else 'pending' end,
           case when f.value ->> 'id' like 'blob:%' then substr(f.value ->> 'id', 6) end,
           now() + _days * interval '1 day',
           case when f.value ->> 'id' like 'blob:%' and f.value ->> 'kind' = 'audio' then 'pending' else 'none' end
    from jsonb_array_elements(_media) with ordinality f;
    update conversations set media_no = m.sequence_no
    from messages m
    where m.user_id = _user_id and m.message_id = _message_id and conversations.user_id = _user_id
        and conversations.conversation_id = _conversation_id and conversations.media_no < m.sequence_no;
end $$;

create or replace function hear_own_side(
    _c conversations, _phone_number_id text, _provider_id text, _kind text, _text text, _content jsonb, _media jsonb,
    _sent_at timestamptz, _message_id text
) returns conversations language plpgsql as $$
declare
    _before integer := _c.last_sequence_no;
begin
    _c.last_sequence_no := _c.last_sequence_no + 1;
    insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, kind, text, content,
                          sent_at, sequence_no, platform_message_id)
    values (_c.user_id, _message_id, _c.conversation_id, _phone_number_id, 'agent', 'human', _kind, _text, _content,
            _sent_at, _c.last_sequence_no, _provider_id);
    insert into message_parts (user_id, part_id, message_id, conversation_id, phone_number_id, sequence_no, part_no,
                               text, kind, state, delivery, platform_message_id)
    values (_c.user_id, 'prt_' || substr(_message_id, 5), _message_id, _c.conversation_id, _phone_number_id,
            _c.last_sequence_no, 1, _text, _kind, 'sent', 'sent', _provider_id);
    if _media is not null then
        perform keep_media(_c.user_id, _message_id, _c.conversation_id, _phone_number_id, _media, 7);
    end if;
    if wants_answer(_kind) then
        _c := cancel_turn(_c);
        _c.last_sequence_no := _before;
        _c := take_over(_c, 'echo', 'answered_elsewhere', '');
        _c.last_sequence_no := _before + 1;
        _c.answered_no := greatest(_c.answered_no, _c.last_inbound_no);
        update conversations set answered_no = _c.answered_no
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
    end if;
    return _c;
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
    _c := take_over(_c, 'human', 'replied', '');
    update conversations set
        last_sequence_no = _c.last_sequence_no + 1, last_message_at = now(),
        answered_no = greatest(answered_no, last_inbound_no), waiting_since = null, quiet_until = null, due_at = null
    where user_id = _user_id and conversation_id = _conversation_id;
    return _c.last_sequence_no + 1;
end $$;

-- Hands a conversation over ('human') or back ('agent'), and names who is to look after it; nulls leave what is. What
-- nobody answered meanwhile is due at once.
create function change_owner(_user_id text, _conversation_id text, _owner text, _reason text, _note text, _assignee text)
returns boolean language plpgsql as $$
declare
    _c conversations;
begin
    select * into _c from conversations c
    where c.user_id = _user_id and c.conversation_id = _conversation_id for update;
    if not found then
        return false;
    end if;
    if _assignee is not null then
        update conversations set assignee = nullif(_assignee, '')
        where user_id = _user_id and conversation_id = _conversation_id;
    end if;
    if _owner = 'human' and _c.owner <> 'human' then
        _c := take_over(_c, 'human', coalesce(_reason, 'taken_over'), _note);
        update conversations set waiting_since = null, quiet_until = null, due_at = null
        where user_id = _user_id and conversation_id = _conversation_id;
    elsif _owner = 'agent' and _c.owner <> 'agent' then
        update handovers set ended_at = now(), to_no = _c.last_sequence_no, return_note = coalesce(_note, '')
        where user_id = _user_id and conversation_id = _conversation_id and ended_at is null;
        update conversations set
            owner = 'agent', owner_epoch = owner_epoch + 1, held_for = null, supersedes = 0, quiet_until = null,
            assignee = case when _assignee is null then null else assignee end,
            waiting_since = case when last_inbound_no > answered_no then now() end,
            due_at = case when last_inbound_no > answered_no then now() end
        where user_id = _user_id and conversation_id = _conversation_id;
    end if;
    return true;
end $$;

create or replace function resume_held(_user_id text) returns integer language plpgsql as $$
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
    perform resolve_notice(_user_id, 'credits', null);
    return _count;
end $$;

-- Ends the leases of a process that is known to be dead, so that nobody waits for them to run out. Its last commit may
-- still be on the way: the fence keeps it out.
create or replace function bury_turns(_owner text) returns integer language plpgsql as $$
declare
    _c conversations;
    _count integer := 0;
begin
    for _c in
        select * from conversations
        where lease_until is not null and lease_owner = _owner
        order by user_id collate "C", agent_id collate "C", customer_phone collate "C", conversation_id collate "C"
        for update
    loop
        update turns set state = 'lost', ended_at = now()
        where user_id = _c.user_id and conversation_id = _c.conversation_id and state = 'running';
        if found then
            _c := forget_copy(_c);
        end if;
        update conversations set fence = fence + 1, lease_owner = null, lease_until = null
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        _count := _count + 1;
    end loop;
    return _count;
end $$;

create type claimed_turn as (
    user_id                varchar,
    conversation_id        varchar,
    turn_id                varchar,
    after_no               integer,
    to_no                  integer,
    fence                  bigint,
    owner_epoch            integer,
    phone_number_id        varchar,
    platform               varchar,
    agent_id               varchar,
    customer_phone         varchar,
    customer_id            varchar,
    revision               bigint,
    max_wait_ms            integer,
    quiet_ms               integer,
    prompt_id              varchar,
    prompt_version         integer,
    history                text,
    last_inbound_at        timestamptz,
    customer_name          varchar,
    customer_language      varchar,
    customer_facts         text,
    handled                text,
    openai_conversation_id varchar,
    kept_no                integer,
    media_no               integer,
    parks                  smallint,
    parked_since           timestamptz,
    told                   varchar,
    waiting_since          timestamptz
);

-- Whether a business has a credit that no running turn has spoken for. Far from zero nobody is asked; near it the row is
-- locked, so that two workers never sell the last credit twice. Null: somebody else is deciding at this moment.
create function has_credit(_user_id text) returns boolean language plpgsql as $$
declare
    _left integer;
begin
    select remaining_credits into _left from credits where user_id = _user_id;
    if coalesce(_left, 0) <= 0 then
        return false;
    elsif _left > 3000 then
        return true;
    end if;
    select remaining_credits into _left from credits where user_id = _user_id for update skip locked;
    if not found then
        return null;
    end if;
    select _left - count(*) into _left
    from turns t join conversations c on c.user_id = t.user_id and c.conversation_id = t.conversation_id
    where t.user_id = _user_id and t.state = 'running' and c.lease_until > now();
    return case when _left > 0 then true end;
end $$;

-- Why a conversation can't have a turn now, or null. 'busy' and 'media' pass by themselves in a moment.
create function turn_hold(_c conversations, _platform text, _a agents) returns text language plpgsql as $$
declare
    _credit boolean := has_credit(_c.user_id);
begin
    if _credit is null then
        return 'busy';
    elsif not _credit then
        return 'credits';
    end if;
    if exists (
        select 1 from opt_outs o
        where o.user_id = _c.user_id and o.customer_id = _c.customer_id and o.scope = 'all' and o.platform = _platform
    ) then
        return 'opted_out';
    end if;
    if _c.media_no > _c.answered_no and now() < _c.waiting_since + _a.media_wait_ms * interval '1 millisecond'
            and exists (
        select 1 from media f
        where f.user_id = _c.user_id and f.conversation_id = _c.conversation_id
            and (f.state = 'pending' or f.transcript_state = 'pending')
    ) then
        return 'media';
    end if;
    -- Two machines that answer each other never tire.
    if _c.last_inbound_no > 40 and (
        select count(*) from turns t
        where t.user_id = _c.user_id and t.conversation_id = _c.conversation_id and t.to_no > _c.last_inbound_no - 60
            and t.state = 'committed' and t.started_at > now() - interval '2 minutes'
    ) >= 20 then
        return 'loop';
    end if;
    if _a.most_turns_a_day is not null and (
        select count(*) from turns t
        where t.user_id = _c.user_id and t.conversation_id = _c.conversation_id and t.state = 'committed'
            and t.started_at > now() - interval '1 day'
    ) >= _a.most_turns_a_day then
        return 'conversation_cap';
    end if;
    if _a.most_micros_a_day is not null and (
        select coalesce(sum(m.cost_micros), 0) from model_calls m
        where m.user_id = _c.user_id and m.agent_id = _a.agent_id
            and m.created_at >= date_trunc('day', now() at time zone 'utc') at time zone 'utc'
    ) >= _a.most_micros_a_day then
        return 'spend_cap';
    end if;
    return null;
end $$;

-- Applies a hold. 'loop' and 'conversation_cap' give the conversation to a human; the others wait for what they wait for.
create function hold_turn(_c conversations, _hold text) returns void language plpgsql as $$
begin
    if _hold in ('busy', 'media') then
        update conversations set
            due_at = now() + case _hold when 'busy' then interval '50 milliseconds' else interval '300 milliseconds' end,
            lease_owner = null, lease_until = null
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        return;
    end if;
    if _hold in ('loop', 'conversation_cap') then
        _c := take_over(_c, 'gateway', _hold, '');
        update conversations set waiting_since = null, quiet_until = null, due_at = null, lease_owner = null,
            lease_until = null
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        perform notify_business(_c.user_id, _hold, _c.conversation_id, '{}');
        return;
    end if;
    update conversations set
        due_at = case when _hold = 'spend_cap'
                      then (date_trunc('day', now() at time zone 'utc') + interval '1 day') at time zone 'utc' end,
        held_for = _hold, lease_owner = null, lease_until = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    if _hold <> 'opted_out' then
        perform notify_business(_c.user_id, _hold, case when _hold = 'spend_cap' then _c.agent_id else '' end, '{}');
    end if;
end $$;

-- The version that a conversation runs: the same one each time, for as long as the trial lasts.
create function version_of(_p prompts, _conversation_id text) returns integer language plpgsql immutable as $$
begin
    if _p.trial_version is not null and _p.trial_percent > 0
            and mod(hashtextextended(_conversation_id || _p.prompt_id, _p.trial_version) & 2147483647, 100)
                < _p.trial_percent then
        return _p.trial_version;
    end if;
    return _p.active_version;
end $$;

-- What was said, as the model is to read it: [author, kind, text, number, seconds since 1970 or null].
create function history_of(_c conversations, _limit integer) returns text language plpgsql stable as $$
begin
    return json_agg(json_build_array(h.author, h.kind, h.text, h.sequence_no, h.sent) order by h.sequence_no)::text
    from (
        select m.author, case
                   when m.revoked_at is not null then 'revoked'
                   when m.status = 'failed' then 'undelivered'
                   else m.kind
               end as kind,
               case when m.kind = 'audio' and m.revoked_at is null then coalesce(nullif((
                   select string_agg(f.transcript, ' ' order by f.place) from media f
                   where f.user_id = m.user_id and f.message_id = m.message_id), ''), m.text)
               -- Numbered, because where a channel has no buttons the customer answers with a number.
               when m.kind = 'choices' then concat_ws(' ', m.text, (
                   select '[' || string_agg(o.ordinality || '. ' || (o.value ->> 'title'), ' ' order by o.ordinality) || ']'
                   from jsonb_array_elements(m.content -> 'options') with ordinality o))
               else m.text end as text,
               m.sequence_no, extract(epoch from m.sent_at)::bigint as sent
        from messages m
        where m.user_id = _c.user_id and m.conversation_id = _c.conversation_id
        order by m.sequence_no desc limit _limit
    ) h;
end $$;

-- Takes due conversations, oldest first, but none of the numbers in _busy: those have their share already.
create function claim_turns(
    _owner text, _lease_seconds double precision, _limit integer, _history integer, _busy text[]
) returns setof claimed_turn language plpgsql as $$
declare
    _c    conversations;
    _a    agents;
    _p    prompts;
    _n    phone_numbers;
    _u    customers;
    _t    claimed_turn;
    _hold text;
    _lost boolean;
begin
    for _c in
        select * from conversations
        where due_at <= now() and (lease_until is null or lease_until <= now())
            and (cardinality(_busy) = 0 or phone_number_id <> all (_busy))
        order by due_at limit _limit for update skip locked
    loop
        if _c.owner = 'agent' and _c.quiet_until > now() and _c.last_inbound_no > _c.answered_no then
            update conversations set due_at = quiet_until, lease_owner = null, lease_until = null
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
            continue;
        end if;
        if _c.owner <> 'agent' or _c.answered_no >= _c.last_inbound_no then
            update conversations set due_at = null, waiting_since = null, lease_owner = null, lease_until = null
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
            continue;
        end if;
        select * into _a from agents where user_id = _c.user_id and agent_id = _c.agent_id;
        select * into _n from phone_numbers where user_id = _c.user_id and id = _c.phone_number_id;
        _hold := turn_hold(_c, _n.platform, _a);
        if _hold is not null then
            perform hold_turn(_c, _hold);
            continue;
        end if;
        select * into _p from prompts where user_id = _a.user_id and prompt_id = _a.prompt_id;
        select * into _u from customers where user_id = _c.user_id and customer_id = _c.customer_id;
        update turns set state = 'lost', ended_at = now()
        where user_id = _c.user_id and conversation_id = _c.conversation_id and state = 'running';
        if found then
            _c := forget_copy(_c);   -- whoever ran it may have left half a turn there
        end if;
        update conversations set
            fence = fence + 1, lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second',
            held_for = null
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        _t := row(
            _c.user_id, _c.conversation_id, 'trn_' || replace(gen_random_uuid()::text, '-', ''), _c.answered_no,
            _c.last_inbound_no, _c.fence + 1, _c.owner_epoch, _c.phone_number_id, _n.platform, _c.agent_id,
            _c.customer_phone, _c.customer_id, _a.revision, _a.max_wait_ms, _a.quiet_ms, _p.prompt_id,
            version_of(_p, _c.conversation_id), history_of(_c, _history), _c.last_inbound_at, _u.name, _u.language,
            nullif(_u.facts, '{}')::text, null, _c.openai_conversation_id, _c.kept_no, _c.media_no, _c.parks,
            _c.parked_since, _c.told, _c.waiting_since);
        if _c.owner_epoch > 0 then
            select json_agg(json_build_array(h.from_no, h.to_no, h.reason, h.return_note) order by h.from_no)::text
            into _t.handled from (
                select * from handovers
                where user_id = _c.user_id and conversation_id = _c.conversation_id and ended_at is not null
                order by from_no desc limit 3
            ) h;
        end if;
        insert into turns (user_id, turn_id, conversation_id, agent_id, after_no, to_no, fence, prompt_id, prompt_version)
        values (_t.user_id, _t.turn_id, _t.conversation_id, _c.agent_id, _t.after_no, _t.to_no, _t.fence, _t.prompt_id,
                _t.prompt_version);
        return next _t;
    end loop;
end $$;

-- The requests to the provider that a turn made. Said twice they are stored once.
create function meter(_user_id text, _turn_id text, _c conversations, _calls jsonb) returns void language plpgsql as $$
begin
    insert into model_calls (user_id, subject_id, call_no, kind, conversation_id, agent_id, model, prompt_id,
                             prompt_version, outcome, request_id, input_tokens, cached_tokens, cache_write_tokens,
                             output_tokens, reasoning_tokens, audio_tokens, audio_seconds, cost_micros)
    select _user_id, _turn_id, x.ordinality, x.value ->> 'kind', _c.conversation_id, _c.agent_id, x.value ->> 'model',
           t.prompt_id, t.prompt_version, left(x.value ->> 'outcome', 60), left(x.value ->> 'request_id', 200),
           (x.value ->> 'input_tokens')::integer, (x.value ->> 'cached_tokens')::integer,
           (x.value ->> 'cache_write_tokens')::integer, (x.value ->> 'output_tokens')::integer,
           (x.value ->> 'reasoning_tokens')::integer, coalesce((x.value ->> 'audio_tokens')::integer, 0),
           coalesce((x.value ->> 'audio_seconds')::real, 0), (x.value ->> 'cost_micros')::bigint
    from jsonb_array_elements(_calls) with ordinality x
    left join turns t on t.user_id = _user_id and t.turn_id = _turn_id
    on conflict do nothing;
end $$;

-- Commits drafts in a batch. An outcome other than 'committed' and 'parked' means that nothing of that reply was stored:
-- superseded (a newer message came in time), overtaken (a human stepped in), lost (the lease went to somebody else).
-- A draft is {"messages", "failure", "action": none|silent|handoff|park, "reason", "note", "language", "park_seconds",
-- "told", "model", "request_id", "usage", "trace", "calls", "kept": {"id", "no"} or null, "left_behind", "charge",
-- "notice"}.
create function commit_turns(
    _user text[], _conversation text[], _agent text[], _customer text[], _turn text[], _fence bigint[],
    _epoch integer[], _to_no integer[], _platform text[], _max_wait_ms integer[], _quiet_ms integer[], _draft text[],
    _max_supersedes integer
) returns setof committed_turn language plpgsql as $$
declare
    _order    integer[];
    _c        conversations;
    _d        jsonb;
    _message  jsonb;
    _result   committed_turn;
    _state    text;
    _action   text;
    _charged  integer[] := '{}';
    _spoke    text[] := array_fill(null::text, array[greatest(coalesce(array_length(_user, 1), 0), 1)]);
    _person   text[] := _spoke;
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
        if _state in ('committed', 'superseded', 'overtaken', 'parked') then
            -- The commit of an earlier try came through although its answer did not.
            _result := row(i, _state, _c.last_sequence_no, _c.due_at);
            return next _result;
            continue;
        end if;
        _d := _draft[i]::jsonb;
        _action := _d ->> 'action';
        if _c.fence is distinct from _fence[i] or _state is null then
            _result.outcome := 'lost';
        elsif _c.owner <> 'agent' or _c.owner_epoch <> _epoch[i] then
            _result.outcome := 'overtaken';
        elsif _c.last_inbound_no > _to_no[i] and _c.supersedes < _max_supersedes and _action <> 'park'
                and now() < _c.waiting_since + _max_wait_ms[i] * interval '1 millisecond' then
            _result.outcome := 'superseded';
        else
            _result.outcome := case when _action = 'park' then 'parked' else 'committed' end;
        end if;
        if _state is not null then
            perform meter(_user[i], _turn[i], _c, _d -> 'calls');
            insert into provider_orphans (user_id, openai_conversation_id)
            select _user[i], x.value from jsonb_array_elements_text(_d -> 'left_behind') x on conflict do nothing;
            update turns set
                state = _result.outcome, failure = nullif(_d ->> 'failure', ''), usage = _d -> 'usage',
                model = _d ->> 'model', request_id = left(_d ->> 'request_id', 200), action = _action,
                reason = left(nullif(_d ->> 'reason', ''), 200), language = left(_d ->> 'language', 10),
                trace = _d -> 'trace', ended_at = now()
            where user_id = _user[i] and turn_id = _turn[i] and state in ('running', 'lost');
        end if;
        if _result.outcome in ('committed', 'parked') then
            for _message in select value from jsonb_array_elements(_d -> 'messages') loop
                _c.last_sequence_no := _c.last_sequence_no + 1;
                perform say(_c, _platform[i], _message, _turn[i], _c.last_sequence_no);
            end loop;
            if jsonb_typeof(_d -> 'notice') = 'object' then
                perform notify_business(_user[i], _d #>> '{notice,kind}', _d #>> '{notice,subject}',
                                        _d #> '{notice,detail}');
            end if;
        end if;
        if _result.outcome = 'committed' then
            if _c.parks > 0 and _d ->> 'failure' = '' then
                perform resolve_notice(_user[i], k, null) from unnest(array['outage', 'quota', 'key']) k;
            end if;
            _c.answered_no := _to_no[i];
            _c.supersedes := 0;
            _c.parks := 0;
            _c.parked_since := null;
            _c.told := null;
            if (_d ->> 'charge')::boolean then
                _charged := _charged || i;
            end if;
            _spoke[i] := nullif(_d ->> 'language', '');
            _person[i] := _c.customer_id;
            if jsonb_typeof(_d -> 'kept') = 'object' then
                if _c.openai_conversation_id <> (_d #>> '{kept,id}') then
                    _c := forget_copy(_c);
                end if;
                _c.openai_conversation_id := _d #>> '{kept,id}';
                _c.kept_no := (_d #>> '{kept,no}')::integer;
            else
                _c := forget_copy(_c);
            end if;
        elsif _result.outcome = 'parked' then
            _c.parks := least(_c.parks + 1, 1000);
            _c.parked_since := coalesce(_c.parked_since, now());
            _c.told := left(_d ->> 'told', 40);
            _c := forget_copy(_c);
        elsif _result.outcome <> 'lost' then
            _c.supersedes := _c.supersedes + (_result.outcome = 'superseded')::integer;
            _c := forget_copy(_c);
            if jsonb_typeof(_d -> 'kept') = 'object' then
                insert into provider_orphans (user_id, openai_conversation_id) values (_user[i], _d #>> '{kept,id}')
                on conflict do nothing;
            end if;
        end if;
        if _result.outcome = 'parked' then
            _c.due_at := now() + (_d ->> 'park_seconds')::double precision * interval '1 second';
            _c.waiting_since := _c.due_at;
            _c.quiet_until := null;
        elsif _result.outcome in ('committed', 'superseded') then
            if _c.last_inbound_no > _c.answered_no then
                _c.waiting_since := case when _result.outcome = 'committed' then now() else _c.waiting_since end;
                _c.quiet_until := least(_c.waiting_since + _max_wait_ms[i] * interval '1 millisecond',
                                        now() + _quiet_ms[i] * interval '1 millisecond');
                _c.due_at := _c.quiet_until;
            else
                _c.waiting_since := null;
                _c.due_at := null;
            end if;
            if _result.outcome = 'committed' and _action = 'handoff' then
                _c := take_over(_c, 'agent', coalesce(nullif(left(_d ->> 'reason', 60), ''), 'asked'), _d ->> 'note');
            end if;
        end if;
        if _result.outcome <> 'lost' then
            update conversations set
                last_sequence_no = _c.last_sequence_no, answered_no = _c.answered_no, supersedes = _c.supersedes,
                waiting_since = _c.waiting_since, quiet_until = _c.quiet_until, due_at = _c.due_at,
                lease_owner = null, lease_until = null, parks = _c.parks, parked_since = _c.parked_since,
                told = _c.told, openai_conversation_id = _c.openai_conversation_id, kept_no = _c.kept_no,
                last_message_at = case when _result.outcome in ('committed', 'parked') then now() else last_message_at end
            where user_id = _user[i] and conversation_id = _conversation[i];
        end if;
        _result.ordinal := i;
        _result.last_sequence_no := _c.last_sequence_no;
        _result.due_at := _c.due_at;
        return next _result;
    end loop;
    -- Customers and balances last, each in their order: one row of either may stand behind several conversations.
    foreach i in array coalesce((
        select array_agg(o order by _user[o] collate "C", _person[o] collate "C", o)
        from generate_subscripts(_spoke, 1) o where _spoke[o] is not null), '{}')
    loop
        update customers set language = left(_spoke[i], 10)
        where user_id = _user[i] and customer_id = _person[i] and language is distinct from left(_spoke[i], 10);
    end loop;
    insert into credit_ledger (user_id, entry_id, delta, reason, turn_id)
    select _user[o], _turn[o], -1, 'turn', _turn[o]
    from unnest(_charged) o
    join credits b on b.user_id = _user[o] and b.remaining_credits > 0
    order by _user[o] collate "C", _turn[o];
end $$;
