-- The ledger of tools: what is to be done is written before it is done. And what workers of the runtime take: voice
-- notes, and copies at the provider.

create type begun_call as (
    state   text,      -- begun: go on; done: it was done before, with this result; unknown: nobody knows; stop: not ours
    result  text,
    receipt text
);

-- Writes that a tool is about to run. A write that was done for these unanswered messages is not done again, whichever
-- turn asks; one that was begun and never ended is not either, because nobody knows how it ended. A turn that lost its
-- conversation, to a human or another process, does nothing any more.
create function begin_tool_call(
    _user_id text, _turn_id text, _call_no integer, _tool text, _effect text, _arguments jsonb, _fingerprint text
) returns begun_call language plpgsql as $$
declare
    _t turns;
    _c conversations;
    _k tool_calls;
begin
    select * into _t from turns where user_id = _user_id and turn_id = _turn_id;
    -- 'again' is a write that guards itself: done twice it is the same one.
    if _effect <> 'read' then
        select * into _c from conversations
        where user_id = _user_id and conversation_id = _t.conversation_id for share;
        if _t.state <> 'running' or _c.fence <> _t.fence or _c.owner <> 'agent' then
            return row('stop'::text, null::text, null::text);
        end if;
        select * into _k from tool_calls
        where user_id = _user_id and conversation_id = _t.conversation_id and after_no = _t.after_no
            and fingerprint = _fingerprint and effect = 'write' and state <> 'failed';
        if found and _effect = 'write' then
            return row(case _k.state when 'done' then 'done' else 'unknown' end::text, _k.result, _k.receipt::text);
        end if;
    end if;
    insert into tool_calls (user_id, turn_id, call_no, conversation_id, after_no, tool, effect, arguments, fingerprint)
    values (_user_id, _turn_id, _call_no, _t.conversation_id, _t.after_no, _tool, _effect, _arguments, _fingerprint)
    on conflict do nothing;
    if not found then
        return row('unknown'::text, null::text, null::text);
    end if;
    return row('begun'::text, null::text, null::text);
end $$;

-- Notes a fact of a customer, under a name; an empty value takes it back.
create function note_fact(_user_id text, _conversation_id text, _turn_id text, _name text, _value text) returns boolean
language plpgsql as $$
declare
    _person varchar;
begin
    select customer_id into _person from conversations
    where user_id = _user_id and conversation_id = _conversation_id;
    if _value = '' then
        update customers set facts = facts - _name where user_id = _user_id and customer_id = _person;
        return found;
    end if;
    update customers set facts = facts || jsonb_build_object(_name, jsonb_build_object(
        'value', _value, 'turn_id', _turn_id, 'at', now()))
    where user_id = _user_id and customer_id = _person
        and (facts ? _name or (select count(*) from jsonb_object_keys(facts)) < 40);
    return found;
end $$;

-- Takes voice notes that wait to be written down.
create type claimed_note as (
    user_id varchar, media_id varchar, conversation_id varchar, agent_id varchar, mime_type varchar, sha256 varchar,
    size_bytes bigint, language varchar, attempts smallint
);

create function claim_notes(_owner text, _lease_seconds double precision, _limit integer) returns setof claimed_note
language plpgsql as $$
declare
    _f media;
    _n claimed_note;
begin
    for _f in
        select * from media
        where transcript_state = 'pending' and state = 'ready' and next_attempt_at <= now()
            and (lease_until is null or lease_until <= now())
        order by next_attempt_at limit _limit for update skip locked
    loop
        update media set
            attempts = attempts + 1, lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second',
            next_attempt_at = now() + _lease_seconds * interval '1 second'
        where user_id = _f.user_id and media_id = _f.media_id;
        select _f.user_id, _f.media_id, _f.conversation_id, c.agent_id, _f.mime_type, _f.sha256, _f.size_bytes,
               u.language, _f.attempts + 1
        into _n
        from conversations c left join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
        where c.user_id = _f.user_id and c.conversation_id = _f.conversation_id;
        return next _n;
    end loop;
end $$;

-- Takes copies of transcripts that are to be deleted at the provider.
create function claim_orphans(_limit integer) returns setof provider_orphans language plpgsql as $$
declare
    _o provider_orphans;
begin
    for _o in
        select * from provider_orphans where next_attempt_at <= now() order by next_attempt_at limit _limit
        for update skip locked
    loop
        update provider_orphans set
            attempts = least(attempts + 1, 1000),
            next_attempt_at = now() + least(3600, 30 * 2 ^ least(_o.attempts, 8)) * interval '1 second'
        where user_id = _o.user_id and openai_conversation_id = _o.openai_conversation_id;
        return next _o;
    end loop;
end $$;
