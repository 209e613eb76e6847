-- The outbox, whole: parts of every kind, consent, pauses of a number, and a message that stops at its failed part.

drop function claim_parts(text, double precision, integer, double precision);
drop type claimed_part;

create type claimed_part as (
    user_id         varchar,
    part_id         varchar,
    message_id      varchar,
    conversation_id varchar,
    phone_number_id varchar,
    platform        varchar,
    address         varchar,
    access_token    text,
    settings        jsonb,
    customer_phone  varchar,
    author          varchar,
    kind            varchar,
    text            text,
    content         jsonb,
    attempts        smallint,
    created_at      timestamptz,
    last_inbound_at timestamptz,
    barred          boolean
);

-- What a customer forbids: everything on the platform where he said so, and there or anywhere else what he did not ask
-- for, which a template is.
create function is_barred(_user_id text, _customer_id text, _platform text, _kind text) returns boolean
language sql stable as $$
    select exists (
        select 1 from opt_outs o
        where o.user_id = _user_id and o.customer_id = _customer_id
            and (_kind = 'template' or (o.scope = 'all' and o.platform = _platform)))
$$;

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
            and not exists (
                select 1 from number_pauses z
                where z.user_id = p.user_id and z.phone_number_id = p.phone_number_id and z.until > now())
        order by p.next_attempt_at limit _limit for update skip locked
    loop
        update message_parts set
            state = 'sending', attempts = attempts + 1, lease_owner = _owner,
            lease_until = now() + _lease_seconds * interval '1 second', updated_at = now()
        where user_id = _p.user_id and part_id = _p.part_id;
        select _p.user_id, _p.part_id, _p.message_id, _p.conversation_id, _p.phone_number_id, n.platform,
               n.meta_phone_number_id, n.access_token, n.settings, c.customer_phone, m.author, _p.kind, _p.text,
               _p.content, _p.attempts + 1, m.timestamp, c.last_inbound_at,
               exists (
                   select 1 from opt_outs o
                   where o.user_id = c.user_id and o.customer_id = c.customer_id
                       and (_p.kind = 'template' or (o.scope = 'all' and o.platform = n.platform)))
        into _r
        from phone_numbers n
        join conversations c on c.user_id = n.user_id and c.conversation_id = _p.conversation_id
        join messages m on m.user_id = n.user_id and m.message_id = _p.message_id
        where n.user_id = _p.user_id and n.id = _p.phone_number_id;
        return next _r;
    end loop;
end $$;

-- Records what became of parts: sent, retry (after _delay seconds), failed, unknown. A message stops at a part that
-- failed for good: what stood behind it in the same message fails with it, and `retry_message` goes on from there.
create or replace function settle_parts(
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
        if _p.state = 'failed' then
            update message_parts set
                state = 'failed', error_code = 'not_tried', error_message = 'an earlier part failed', updated_at = now()
            where user_id = _p.user_id and conversation_id = _p.conversation_id and sequence_no = _p.sequence_no
                and part_no > _p.part_no and state = 'queued';
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

-- Sends what failed of a message again, from the failed part on; what was sent stays sent. How many parts.
create function retry_message(_user_id text, _message_id text) returns integer language plpgsql as $$
declare
    _count integer;
begin
    perform 1 from message_parts p
    where p.user_id = _user_id and p.message_id = _message_id order by p.part_id collate "C" for update;
    update message_parts set
        state = 'queued', attempts = 0, next_attempt_at = now(), error_code = null, error_message = null,
        updated_at = now()
    where user_id = _user_id and message_id = _message_id and state = 'failed' and delivery is null;
    get diagnostics _count = row_count;
    if _count > 0 then
        update messages set status = 'pending' where user_id = _user_id and message_id = _message_id;
    end if;
    return _count;
end $$;

-- Nothing more leaves a number for a while. A pause only grows.
create function pause_number(_user_id text, _phone_number_id text, _seconds double precision, _reason text)
returns void language sql as $$
    insert into number_pauses (user_id, phone_number_id, until, reason)
    values (_user_id, _phone_number_id, now() + _seconds * interval '1 second', _reason)
    on conflict (user_id, phone_number_id) do update set
        until = greatest(number_pauses.until, excluded.until), reason = excluded.reason
$$;

-- Files that are due to be fetched, leased to one worker.
create type claimed_file as (
    user_id         varchar,
    media_id        varchar,
    conversation_id varchar,
    phone_number_id varchar,
    platform        varchar,
    address         varchar,
    access_token    text,
    settings        jsonb,
    kind            varchar,
    provider_id     varchar,
    url             text,
    mime_type       varchar,
    filename        varchar,
    attempts        smallint,
    expires_at      timestamptz
);

create function claim_files(_owner text, _lease_seconds double precision, _limit integer) returns setof claimed_file
language plpgsql as $$
declare
    _f media;
    _r claimed_file;
begin
    for _f in
        select * from media f
        where f.state = 'pending' and f.next_attempt_at <= now() and (f.lease_until is null or f.lease_until <= now())
        order by f.next_attempt_at limit _limit for update skip locked
    loop
        update media set
            attempts = attempts + 1, lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second'
        where user_id = _f.user_id and media_id = _f.media_id;
        select _f.user_id, _f.media_id, _f.conversation_id, _f.phone_number_id, n.platform, n.meta_phone_number_id,
               n.access_token, n.settings, _f.kind, _f.provider_id, _f.url, _f.mime_type, _f.filename, _f.attempts + 1,
               _f.expires_at
        into _r from phone_numbers n where n.user_id = _f.user_id and n.id = _f.phone_number_id;
        return next _r;
    end loop;
end $$;
