-- What changes messages that are there: edits, deletions, echoes of our own side; and what is said beside conversations.
-- Callers of the functions on a conversation have locked it, and store it afterwards.

-- Whether a message of this kind wants an answer.
create function wants_answer(_kind text) returns boolean language sql immutable as $$
    select _kind not in ('reaction', 'edit', 'revoke', 'system', 'group', 'standby', 'echo')
$$;

-- Frees the conversation of the turn that runs on it: what that turn read is no longer what was said.
create function cancel_turn(_c conversations) returns conversations language plpgsql as $$
begin
    if _c.lease_owner is not null then
        update conversations set fence = fence + 1, lease_owner = null, lease_until = null
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        _c.fence := _c.fence + 1;
        _c.lease_owner := null;
        _c.lease_until := null;
    end if;
    return _c;
end $$;

-- Applies an edit or a deletion to the message it speaks of. Nothing happens when that has not come yet: then it is
-- applied by `amend_late`. An edit of a message that nobody has answered makes the turn read it anew; a deletion takes
-- the message out of what is to be answered.
create function amend(
    _c conversations, _phone_number_id text, _kind text, _target text, _text text, _sequence_no integer
) returns conversations language plpgsql as $$
declare
    _m messages;
begin
    select * into _m from messages m
    where m.user_id = _c.user_id and m.phone_number_id = _phone_number_id and m.platform_message_id = _target
        and m.sender = 'user';
    if not found and _target <> '' then
        insert into early_amendments (user_id, phone_number_id, target)
        values (_c.user_id, _phone_number_id, _target) on conflict do nothing;
        return _c;
    end if;
    if _m.message_id is null or _m.conversation_id <> _c.conversation_id or _m.revoked_at is not null then
        return _c;
    end if;
    if _kind = 'edit' then
        update messages set
            text = _text, edited_at = now(),
            content = coalesce(content, '{}') || jsonb_build_object('edits', coalesce(content -> 'edits', '[]')
                || jsonb_build_array(jsonb_build_object('text', _m.text, 'until', now())))
        where user_id = _m.user_id and message_id = _m.message_id;
    else
        update messages set text = '', content = null, revoked_at = now()
        where user_id = _m.user_id and message_id = _m.message_id;
        update media set state = 'expired', problem = 'revoked', sha256 = null
        where user_id = _m.user_id and message_id = _m.message_id;
    end if;
    if _c.owner <> 'agent' or _m.sequence_no <= _c.answered_no or not wants_answer(_m.kind) then
        return _c;
    end if;
    _c := cancel_turn(_c);
    select coalesce(max(m.sequence_no), _c.answered_no) into _c.last_inbound_no from messages m
    where m.user_id = _c.user_id and m.conversation_id = _c.conversation_id and m.sequence_no > _c.answered_no
        and m.sender = 'user' and m.revoked_at is null and wants_answer(m.kind);
    if _c.last_inbound_no <= _c.answered_no then
        _c.waiting_since := null;
        _c.quiet_until := null;
        _c.due_at := null;
    else
        _c.due_at := coalesce(_c.due_at, now());
    end if;
    return _c;
end $$;

-- The edits and deletions of a message that came before it.
create function amend_late(_c conversations, _phone_number_id text, _provider_id text) returns conversations
language plpgsql as $$
declare
    _m record;
begin
    delete from early_amendments
    where user_id = _c.user_id and phone_number_id = _phone_number_id and target = _provider_id;
    for _m in
        select m.kind, m.text, m.sequence_no from messages m
        where m.user_id = _c.user_id and m.phone_number_id = _phone_number_id and m.reply_to = _provider_id
            and m.kind in ('edit', 'revoke')
        order by m.sequence_no
    loop
        _c := amend(_c, _phone_number_id, _m.kind, _provider_id, _m.text, _m.sequence_no);
    end loop;
    return _c;
end $$;

-- The files of a message, fetched by a worker. _media is a list of {media_id, kind, id, url, mime_type, filename}; an id
-- of a file that we have already is "blob:" and its hash.
create function keep_media(
    _user_id text, _message_id text, _conversation_id text, _phone_number_id text, _media jsonb, _days double precision
) returns void language sql as $$
    insert into media (user_id, media_id, message_id, conversation_id, phone_number_id, place, kind, provider_id, url,
                       mime_type, filename, state, sha256, expires_at)
    select _user_id, f.value ->> 'media_id', _message_id, _conversation_id, _phone_number_id, f.ordinality,
           f.value ->> 'kind', left(f.value ->> 'id', 255), f.value ->> 'url', left(f.value ->> 'mime_type', 255),
           left(f.value ->> 'filename', 255), case when f.value ->> 'id' like 'blob:%' then 'ready' else 'pending' end,
           case when f.value ->> 'id' like 'blob:%' then substr(f.value ->> 'id', 6) end,
           now() + _days * interval '1 day'
    from jsonb_array_elements(_media) with ordinality f
$$;

-- A human of the business wrote from elsewhere: his words stand in the transcript, and the agent rests.
create function hear_own_side(
    _c conversations, _phone_number_id text, _provider_id text, _kind text, _text text, _content jsonb, _media jsonb,
    _sent_at timestamptz, _message_id text
) returns conversations language plpgsql as $$
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
        update conversations set
            owner = 'human', owner_epoch = owner_epoch + 1, answered_no = _c.last_inbound_no, held_for = null,
            supersedes = 0
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        _c.owner := 'human';
        _c.owner_epoch := _c.owner_epoch + 1;
        _c.answered_no := _c.last_inbound_no;
        _c.waiting_since := null;
        _c.quiet_until := null;
        _c.due_at := null;
    end if;
    return _c;
end $$;

-- What an echo is: 'ours' (and then the part has its id and is sent), 'held' (it may be what is being sent now), or
-- 'foreign'. The provider's id decides; an unknown part is recognised by its words, because nothing else came back.
create function place_echo(
    _user_id text, _conversation_id text, _phone_number_id text, _provider_id text, _kind text, _text text
) returns text language plpgsql as $$
declare
    _id varchar;
begin
    select p.part_id into _id from message_parts p
    where p.user_id = _user_id and p.phone_number_id = _phone_number_id and p.platform_message_id = _provider_id
    order by p.part_id limit 1;
    if found then
        perform move_part(_user_id, _id, _provider_id, 'sent', null, null);
        return 'ours';
    end if;
    select p.part_id into _id from message_parts p
    where p.user_id = _user_id and p.conversation_id = _conversation_id and p.state = 'unknown'
        and p.platform_message_id is null
        and case when _text <> '' then btrim(p.text) = btrim(_text) else p.kind = _kind end
    order by p.sequence_no, p.part_no limit 1 for update skip locked;
    if found then
        perform move_part(_user_id, _id, _provider_id, 'sent', null, null);
        return 'ours';
    end if;
    if exists (
        select 1 from message_parts p
        where p.user_id = _user_id and p.conversation_id = _conversation_id and p.state = 'sending'
            and case when _text <> '' then btrim(p.text) = btrim(_text) else p.kind = _kind end
    ) then
        return 'held';
    end if;
    return 'foreign';
end $$;

-- Looks again at echoes that were held while something was being sent.
create function settle_echoes(_limit integer) returns setof text language plpgsql as $$
declare
    _e held_echoes;
    _c conversations;
    _place text;
begin
    for _e in
        select h.* from held_echoes h order by h.user_id collate "C", h.conversation_id collate "C", h.created_at
        limit _limit
    loop
        select * into _c from conversations c
        where c.user_id = _e.user_id and c.conversation_id = _e.conversation_id for update skip locked;
        continue when not found;
        _place := place_echo(_e.user_id, _e.conversation_id, _e.phone_number_id, _e.platform_message_id, _e.kind, _e.text);
        continue when _place = 'held';
        delete from held_echoes
        where user_id = _e.user_id and phone_number_id = _e.phone_number_id
            and platform_message_id = _e.platform_message_id;
        continue when not found;
        if _place = 'foreign' then
            _c := hear_own_side(_c, _e.phone_number_id, _e.platform_message_id, _e.kind, _e.text, _e.content, _e.media,
                                _e.sent_at, _e.message_id);
            update conversations set
                last_sequence_no = _c.last_sequence_no, last_message_at = now(), waiting_since = _c.waiting_since,
                quiet_until = _c.quiet_until, due_at = _c.due_at
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
        end if;
        return next _e.conversation_id;
    end loop;
end $$;

-- The customer whom one of these names names; names that others may take over (username) do not count.
-- A loop, because its plans are cached, which those of a function in SQL are not.
create function known_person(_user_id text, _aliases jsonb) returns varchar language plpgsql stable as $$
declare
    _found varchar;
    _kind  text;
begin
    for i in 0 .. jsonb_array_length(_aliases) - 1 loop
        _kind := _aliases -> i ->> 0;
        continue when _kind = 'username';
        select a.customer_id into _found from customer_aliases a
        where a.user_id = _user_id and a.kind = _kind and a.value = _aliases -> i ->> 1;
        if found then
            return _found;
        end if;
    end loop;
    return null;
end $$;

create function move_person(_user_id text, _phone_number_id text, _before jsonb, _after jsonb, _address text)
returns void language plpgsql as $$
declare
    _person varchar := known_person(_user_id, _before);
    _alias record;
    _c record;
begin
    if _person is null then
        return;
    end if;
    for _alias in
        select n.value ->> 0 as kind, n.value ->> 1 as value, n.old from (
            select value, true as old from jsonb_array_elements(_before)
            union all select value, false from jsonb_array_elements(_after)
        ) n
        order by (n.value ->> 0) collate "C", (n.value ->> 1) collate "C"
    loop
        if not _alias.old then
            insert into customer_aliases (user_id, kind, value, customer_id)
            values (_user_id, _alias.kind, _alias.value, _person)
            on conflict (user_id, kind, value) do update set customer_id = excluded.customer_id;
        elsif exists (select 1 from jsonb_array_elements(_after) a where a.value ->> 0 = _alias.kind) then
            -- The old name may be given to somebody else one day.
            delete from customer_aliases
            where user_id = _user_id and kind = _alias.kind and value = _alias.value and customer_id = _person
                and not exists (
                    select 1 from jsonb_array_elements(_after) a
                    where a.value ->> 0 = _alias.kind and a.value ->> 1 = _alias.value);
        end if;
    end loop;
    if coalesce(_address, '') = '' then
        return;
    end if;
    for _c in
        select c.conversation_id, c.agent_id from conversations c
        where c.user_id = _user_id and c.customer_id = _person and c.is_active
            and c.phone_number_id = _phone_number_id
            and c.customer_phone in (select value ->> 1 from jsonb_array_elements(_before))
        order by c.agent_id collate "C", c.customer_phone collate "C", c.conversation_id collate "C" for update
    loop
        update conversations set customer_phone = _address
        where user_id = _user_id and conversation_id = _c.conversation_id and not exists (
            select 1 from conversations o
            where o.user_id = _user_id and o.agent_id = _c.agent_id and o.customer_phone = _address and o.is_active);
    end loop;
end $$;

create function record_consent(
    _user_id text, _platform text, _aliases jsonb, _scope text, _granted boolean, _source text
) returns void language plpgsql as $$
declare
    _person varchar := known_person(_user_id, _aliases);
    _c record;
begin
    if _person is null then
        _person := 'cst_' || replace(gen_random_uuid()::text, '-', '');
        insert into customers (user_id, customer_id) values (_user_id, _person);
        insert into customer_aliases (user_id, kind, value, customer_id)
        select _user_id, a.value ->> 0, a.value ->> 1, _person from jsonb_array_elements(_aliases) a
        order by (a.value ->> 0) collate "C", (a.value ->> 1) collate "C" on conflict do nothing;
        _person := known_person(_user_id, _aliases);
    end if;
    if _granted = not exists (
        select 1 from opt_outs
        where user_id = _user_id and customer_id = _person and platform = _platform and scope = _scope
    ) then
        return;   -- nothing new
    end if;
    insert into consent_ledger (user_id, customer_id, platform, scope, granted, source)
    values (_user_id, _person, _platform, _scope, _granted, _source);
    if not _granted then
        insert into opt_outs (user_id, customer_id, platform, scope, source)
        values (_user_id, _person, _platform, _scope, _source) on conflict do nothing;
        return;
    end if;
    delete from opt_outs
    where user_id = _user_id and customer_id = _person and platform = _platform and scope = _scope;
    for _c in
        select conversation_id from conversations
        where user_id = _user_id and customer_id = _person and is_active and held_for = 'opted_out'
        order by agent_id collate "C", customer_phone collate "C", conversation_id collate "C" for update
    loop
        update conversations set held_for = null, due_at = now(), quiet_until = null, waiting_since = now()
        where user_id = _user_id and conversation_id = _c.conversation_id;
    end loop;
end $$;

-- Does one aside: moved names, consent, or the provider's word on the number.
create function do_aside(_a asides) returns void language plpgsql as $$
begin
    case _a.what ->> 'is'
        when 'moved' then
            perform move_person(_a.user_id, _a.phone_number_id, _a.what -> 'before', _a.what -> 'after',
                                _a.what ->> 'customer');
        when 'consent' then
            perform record_consent(_a.user_id, _a.platform, _a.what -> 'aliases', _a.what ->> 'scope',
                                   (_a.what ->> 'granted')::boolean, _a.what ->> 'source');
        when 'notice' then
            insert into channel_health (user_id, phone_number_id, notices)
            values (_a.user_id, _a.phone_number_id, jsonb_build_object(_a.what ->> 'topic',
                    jsonb_build_object('at', _a.created_at, 'detail', _a.what -> 'detail')))
            on conflict (user_id, phone_number_id) do update set notices = channel_health.notices || excluded.notices;
    end case;
end $$;

-- Does the oldest aside that nobody else does. False when there is none left.
create function settle_aside() returns boolean language plpgsql as $$
declare
    _a asides;
begin
    select * into _a from asides where problem is null order by aside_id limit 1 for update skip locked;
    if not found then
        return false;
    end if;
    begin
        perform do_aside(_a);
        delete from asides where user_id = _a.user_id and aside_id = _a.aside_id;
    exception
        when deadlock_detected or serialization_failure or unique_violation then
            raise;
        when others then
            update asides set problem = sqlerrm where user_id = _a.user_id and aside_id = _a.aside_id;
    end;
    return true;
end $$;
