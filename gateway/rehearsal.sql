-- version --
-- $1 prompt, $2 version. Whose it is.
select user_id from prompt_versions where prompt_id = $1 and version = $2

-- turns --
-- $1 user, $2 prompt, $3 the version that is tried, $4 most turns, $5 which ones, null for any. The newest committed turns of other versions, as they
-- were claimed: what was said until then, and what was noted of the customer by then.
select t.user_id, t.conversation_id, t.turn_id, t.after_no, t.to_no, t.fence, c.owner_epoch, c.phone_number_id,
    n.platform, t.agent_id, c.customer_phone, c.customer_id, a.revision, t.prompt_id, $3::integer as prompt_version,
    t.prompt_version as former_version, (
        select json_agg(json_build_array(h.author, h.kind, h.text, h.sequence_no, h.sent) order by h.sequence_no)::text
        from (
            select m.author, case when m.revoked_at is not null then 'revoked' else m.kind end as kind,
                   case when m.kind = 'audio' and m.revoked_at is null then coalesce((
                       select string_agg(f.transcript, ' ' order by f.place) from media f
                       where f.user_id = m.user_id and f.message_id = m.message_id), m.text)
                   when m.kind = 'choices' then concat_ws(' ', m.text, (
                       select '[' || string_agg(o.ordinality || '. ' || (o.value ->> 'title'), ' ' order by o.ordinality)
                           || ']'
                       from jsonb_array_elements(m.content -> 'options') with ordinality o))
                   else m.text end as text,
                   m.sequence_no, extract(epoch from m.sent_at)::bigint as sent
            from messages m
            where m.user_id = t.user_id and m.conversation_id = t.conversation_id and m.sequence_no <= t.to_no
            order by m.sequence_no desc limit 40
        ) h
    ) as history,
    c.last_inbound_at, u.name as customer_name, u.language as customer_language, (
        select jsonb_object_agg(f.key, f.value)::text from jsonb_each(u.facts) f
        where (f.value ->> 'at')::timestamptz <= t.started_at
    ) as customer_facts, (
        select json_agg(json_build_array(h.from_no, h.to_no, h.reason, h.return_note) order by h.from_no)::text
        from handovers h
        where h.user_id = t.user_id and h.conversation_id = t.conversation_id and h.ended_at <= t.started_at
    ) as handled,
    null::text as openai_conversation_id, 0 as kept_no, 0 as media_no, t.started_at, t.action, t.language, (
        select json_agg(json_build_array(k.tool, k.arguments, k.state, k.result, k.receipt) order by k.call_no)::text
        from tool_calls k where k.user_id = t.user_id and k.turn_id = t.turn_id
    ) as tools, (
        select string_agg(m.text, E'\n\n' order by m.sequence_no) from messages m
        where m.user_id = t.user_id and m.turn_id = t.turn_id
    ) as said, (
        select sum(k.cost_micros)::bigint from model_calls k where k.user_id = t.user_id and k.subject_id = t.turn_id
    ) as cost_micros
from turns t
join conversations c on c.user_id = t.user_id and c.conversation_id = t.conversation_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join agents a on a.user_id = t.user_id and a.agent_id = t.agent_id and a.prompt_id = t.prompt_id
where t.user_id = $1 and t.prompt_id = $2 and t.prompt_version <> $3 and t.state = 'committed' and t.failure is null
    and ($5::text[] is null or t.turn_id = any ($5))
order by t.started_at desc limit $4

-- coming --
-- $1 user, $2 customer, $3 a moment. What was ahead of him then, as it is written down today.
select * from meetings
where user_id = $1 and customer_id = $2 and created_at < $3 and meeting_time > $3 and status is not null
    and (status <> 'cancelled' or updated_at > $3)
order by meeting_time limit 10

-- offered --
-- $1 user, $2 conversation, $3 a moment. What could be taken there then, as far as it is still known.
select token, starts_at, zone from offers
where user_id = $1 and conversation_id = $2 and created_at < $3 and expires_at > $3 and starts_at > $3
order by created_at desc, starts_at limit 12
