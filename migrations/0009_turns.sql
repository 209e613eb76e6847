-- Turns know what was deleted, until when they may speak freely, and who wants to hear nothing.

drop function claim_turns(text, double precision, integer, integer);
alter type claimed_turn add attribute last_inbound_at timestamptz;

create function claim_turns(
    _owner text, _lease_seconds double precision, _limit integer, _history integer
) returns setof claimed_turn language plpgsql as $$
declare
    _c    conversations;
    _t    claimed_turn;
    _hold text;
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
        select
            _c.user_id, _c.conversation_id, 'trn_' || replace(gen_random_uuid()::text, '-', ''),
            _c.answered_no, _c.last_inbound_no, _c.fence + 1, _c.owner_epoch, _c.phone_number_id, n.platform,
            _c.agent_id, _c.customer_phone, _c.customer_id, a.name, u.company_name, a.model, a.max_wait_ms, a.quiet_ms, a.fallback_text,
            p.prompt_id, v.version, v.instructions, (
                select json_agg(json_build_array(h.author, h.kind, h.text, h.sequence_no, h.sent) order by h.sequence_no)
                    ::text
                from (
                    select m.author, case
                               when m.revoked_at is not null then 'revoked'
                               when m.status = 'failed' then 'undelivered'
                               else m.kind
                           end as kind, m.text, m.sequence_no, extract(epoch from m.sent_at)::bigint as sent
                    from messages m
                    where m.user_id = _c.user_id and m.conversation_id = _c.conversation_id
                    order by m.sequence_no desc limit _history
                ) h
            ), _c.last_inbound_at
        into _t
        from agents a
        join users u on u.user_id = a.user_id
        join phone_numbers n on n.user_id = _c.user_id and n.id = _c.phone_number_id
        join prompts p on p.user_id = a.user_id and p.prompt_id = a.prompt_id
        join prompt_versions v on v.user_id = p.user_id and v.prompt_id = p.prompt_id and v.version = p.active_version
        where a.user_id = _c.user_id and a.agent_id = _c.agent_id;
        _hold := case
            when not exists (select 1 from credits where user_id = _c.user_id and remaining_credits > 0) then 'credits'
            when exists (
                select 1 from opt_outs o
                where o.user_id = _c.user_id and o.customer_id = _c.customer_id and o.scope = 'all'
                    and o.platform = _t.platform
            ) then 'opted_out'
        end;
        if _hold is not null then
            update conversations set due_at = null, held_for = _hold, lease_owner = null, lease_until = null
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
            continue;
        end if;
        update turns set state = 'lost', ended_at = now()
        where user_id = _c.user_id and conversation_id = _c.conversation_id and state = 'running';
        update conversations set
            fence = fence + 1, lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second'
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        insert into turns (user_id, turn_id, conversation_id, agent_id, after_no, to_no, fence, prompt_id, prompt_version)
        values (_t.user_id, _t.turn_id, _t.conversation_id, _c.agent_id, _t.after_no, _t.to_no, _t.fence, _t.prompt_id,
                _t.prompt_version);
        return next _t;
    end loop;
end $$;

-- Numbers and stores one message of our side, with its parts, in a conversation that the caller has locked.
-- _message is {"message_id", "author", "text", "kind"?, "content"?, "parts": [{"part_id", "text", "kind"?, "content"?}]}.
create or replace function say(_c conversations, _platform text, _message jsonb, _turn_id text, _sequence_no integer)
returns void language plpgsql as $$
declare
    _immediate boolean := _platform = 'webchat';   -- the customer's own socket fetches it
begin
    insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, kind, text, content,
                          status, sequence_no, turn_id, reply_to)
    values (_c.user_id, _message ->> 'message_id', _c.conversation_id, _c.phone_number_id, 'agent',
            _message ->> 'author', coalesce(_message ->> 'kind', 'text'), _message ->> 'text', nullif(_message -> 'content', 'null'),
            case when _immediate then 'sent' else 'pending' end, _sequence_no, _turn_id, _message ->> 'reply_to');
    insert into message_parts (user_id, part_id, message_id, conversation_id, phone_number_id, sequence_no, part_no,
                               text, kind, content, state, delivery)
    select _c.user_id, p.value ->> 'part_id', _message ->> 'message_id', _c.conversation_id, _c.phone_number_id,
           _sequence_no, p.ordinality, coalesce(p.value ->> 'text', ''), coalesce(p.value ->> 'kind', 'text'),
           nullif(p.value -> 'content', 'null'), case when _immediate then 'sent' else 'queued' end,
           case when _immediate then 'sent' end
    from jsonb_array_elements(_message -> 'parts') with ordinality p;
end $$;
