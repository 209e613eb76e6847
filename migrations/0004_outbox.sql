-- The outbox: parts of replies, sent in order within a conversation, each at most once.
-- 'sending' is committed before the request leaves. What was 'sending' when its process died is 'unknown': it may have
-- been taken, so it is never sent again; only the provider's own word moves it on.

create type claimed_part as (
    user_id         varchar,
    part_id         varchar,
    conversation_id varchar,
    phone_number_id varchar,
    platform        varchar,
    address         varchar,
    access_token    text,
    settings        jsonb,
    customer_phone  varchar,
    author          varchar,
    text            text,
    attempts        smallint,
    created_at      timestamptz
);

create function claim_parts(
    _owner text, _lease_seconds double precision, _limit integer, _unknown_seconds double precision
) returns setof claimed_part language plpgsql as $$
declare
    _p message_parts;
    _r claimed_part;
begin
    for _p in
        select * from message_parts p
        where p.state = 'queued' and p.next_attempt_at <= now() and not exists (
            select 1 from message_parts e
            where e.user_id = p.user_id and e.conversation_id = p.conversation_id
                and e.state in ('queued', 'sending', 'unknown')
                and (e.state <> 'unknown' or e.updated_at > now() - _unknown_seconds * interval '1 second')
                and (e.sequence_no, e.part_no) < (p.sequence_no, p.part_no))
        order by p.next_attempt_at limit _limit for update skip locked
    loop
        update message_parts set
            state = 'sending', attempts = attempts + 1, lease_owner = _owner,
            lease_until = now() + _lease_seconds * interval '1 second', updated_at = now()
        where user_id = _p.user_id and part_id = _p.part_id;
        select _p.user_id, _p.part_id, _p.conversation_id, _p.phone_number_id, n.platform, n.meta_phone_number_id,
               n.access_token, n.settings, c.customer_phone, m.author, _p.text, _p.attempts + 1, m.timestamp
        into _r
        from phone_numbers n
        join conversations c on c.user_id = n.user_id and c.conversation_id = _p.conversation_id
        join messages m on m.user_id = n.user_id and m.message_id = _p.message_id
        where n.user_id = _p.user_id and n.id = _p.phone_number_id;
        return next _r;
    end loop;
end $$;

-- The words of the provider on a part whose id we have only now, and that came before we had it.
create function apply_parked(_user_id varchar, _part_id varchar) returns void language plpgsql as $$
declare
    _s record;
begin
    for _s in
        delete from parked_statuses s using message_parts p, phone_numbers n
        where p.user_id = _user_id and p.part_id = _part_id and n.user_id = p.user_id and n.id = p.phone_number_id
            and s.platform = n.platform and s.address = n.meta_phone_number_id
            and s.platform_message_id = p.platform_message_id
        returning s.*
    loop
        perform move_part(_user_id, _part_id, _s.platform_message_id, _s.state, _s.error_code, _s.error_message);
    end loop;
end $$;

-- Records what became of parts: sent, retry (after _delay seconds), failed, unknown.
create function settle_parts(
    _user text[], _part text[], _outcome text[], _provider_id text[], _code text[], _detail text[],
    _delay double precision[]
) returns setof text language plpgsql as $$
declare
    _p message_parts;
    i  integer;
begin
    for i in
        select o from generate_series(1, coalesce(array_length(_user, 1), 0)) o
        order by _user[o] collate "C", _part[o] collate "C"
    loop
        update message_parts set
            state = case
                when _outcome[i] = 'sent' or delivery is not null then 'sent'
                when state = 'unknown' then 'unknown'
                when _outcome[i] = 'retry' then 'queued'
                else _outcome[i]
            end,
            delivery = case when _outcome[i] = 'sent' then coalesce(delivery, 'sent') else delivery end,
            platform_message_id = coalesce(nullif(_provider_id[i], ''), platform_message_id),
            next_attempt_at = now() + _delay[i] * interval '1 second',
            error_code = nullif(_code[i], ''), error_message = nullif(_detail[i], ''),
            lease_owner = null, lease_until = null, updated_at = now()
        where user_id = _user[i] and part_id = _part[i] and state in ('sending', 'unknown')
        returning * into _p;
        if not found then
            continue;
        end if;
        if _p.state in ('sent', 'failed') then
            update messages m set
                status = case
                    when _p.state = 'failed' then 'failed'
                    when m.status = 'pending' and not exists (
                        select 1 from message_parts o
                        where o.user_id = _p.user_id and o.conversation_id = _p.conversation_id
                            and o.sequence_no = _p.sequence_no and o.state <> 'sent') then 'sent'
                    else m.status
                end,
                platform_message_id = coalesce(m.platform_message_id, _p.platform_message_id)
            where m.user_id = _p.user_id and m.message_id = _p.message_id;
        end if;
        if _p.state = 'sent' then
            perform apply_parked(_p.user_id, _p.part_id);
        end if;
        return next _p.conversation_id;
    end loop;
end $$;

-- Parts that a dead process was sending: its name is given, or its lease ran out.
create function bury_parts(_owner text) returns setof text language plpgsql as $$
declare
    _p record;
begin
    for _p in
        select user_id, part_id, conversation_id from message_parts
        where state = 'sending' and (lease_owner = _owner or lease_until <= now())
        order by user_id collate "C", part_id collate "C" for update skip locked
    loop
        update message_parts set
            state = case when delivery is null then 'unknown' else 'sent' end,
            lease_owner = null, lease_until = null, updated_at = now()
        where user_id = _p.user_id and part_id = _p.part_id;
        return next _p.conversation_id;
    end loop;
end $$;

-- Statuses that were parked while their message was just being recorded.
create function settle_parked(_limit integer) returns integer language plpgsql as $$
declare
    _p record;
    _count integer := 0;
begin
    for _p in
        select p.user_id, p.part_id
        from parked_statuses s
        join routes r on r.platform = s.platform and r.address = s.address
        join message_parts p on p.user_id = r.user_id and p.phone_number_id = r.phone_number_id
            and p.platform_message_id = s.platform_message_id
        group by 1, 2
        order by p.user_id collate "C", p.part_id collate "C" limit _limit
    loop
        perform apply_parked(_p.user_id, _p.part_id);
        _count := _count + 1;
    end loop;
    return _count;
end $$;
