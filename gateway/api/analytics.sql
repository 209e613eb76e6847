-- In each: $1 user, $2 the edges of the buckets, the first to the last; $3 number or null, $4 agent or null. `n` counts
-- the buckets from 1.

-- messages --
select width_bucket(m.at, $2::timestamptz[]) as n, m.author, sum(m.messages)::int as messages from message_counts m
where m.user_id = $1 and m.at >= ($2::timestamptz[])[1] and m.at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or m.phone_number_id = $3) and ($4::varchar is null or m.agent_id = $4)
group by 1, 2

-- conversations --
select width_bucket(c.created_at, $2::timestamptz[]) as n, count(*)::int as opened,
    count(*) filter (where exists (
        select from handovers h where h.user_id = c.user_id and h.conversation_id = c.conversation_id))::int as taken_over
from conversations c
where c.user_id = $1 and c.created_at >= ($2::timestamptz[])[1]
    and c.created_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or c.phone_number_id = $3) and ($4::varchar is null or c.agent_id = $4)
group by 1

-- answers --
-- Besides the buckets one row for all of them, with a null for n.
select width_bucket(a.asked_at, $2::timestamptz[]) as n, count(*)::int as answered,
    percentile_cont(array[0.5, 0.9]) within group (order by extract(epoch from a.answered_at - a.asked_at)) as seconds
from first_answers a
where a.user_id = $1 and a.asked_at >= ($2::timestamptz[])[1]
    and a.asked_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or a.phone_number_id = $3) and ($4::varchar is null or a.agent_id = $4)
group by grouping sets ((1), ())

-- leads --
select width_bucket(e.created_at, $2::timestamptz[]) as n, coalesce(e.lead_status_tag, 'none') as tag,
    count(*)::int as leads
from extractions e
where e.user_id = $1 and e.is_latest and e.created_at >= ($2::timestamptz[])[1]
    and e.created_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or e.phone_number_id = $3) and ($4::varchar is null or e.agent_id = $4)
group by 1, 2

-- booked --
select width_bucket(m.created_at, $2::timestamptz[]) as n, count(*)::int as meetings
from meetings m join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
where m.user_id = $1 and m.status is not null and m.created_at >= ($2::timestamptz[])[1]
    and m.created_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or c.phone_number_id = $3) and ($4::varchar is null or c.agent_id = $4)
group by 1

-- cancelled --
-- A cancelled meeting changes no more: when it last changed is when it was cancelled.
select width_bucket(m.updated_at, $2::timestamptz[]) as n, count(*)::int as meetings
from meetings m join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
where m.user_id = $1 and m.status = 'cancelled' and m.updated_at >= ($2::timestamptz[])[1]
    and m.updated_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or c.phone_number_id = $3) and ($4::varchar is null or c.agent_id = $4)
group by 1

-- missed --
select width_bucket(m.meeting_time, $2::timestamptz[]) as n, count(*)::int as meetings
from meetings m join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
where m.user_id = $1 and m.no_show and m.meeting_time >= ($2::timestamptz[])[1]
    and m.meeting_time < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or c.phone_number_id = $3) and ($4::varchar is null or c.agent_id = $4)
group by 1

-- cost --
select width_bucket(m.created_at, $2::timestamptz[]) as n, coalesce(sum(m.cost_micros), 0)::bigint as micros
from model_calls m
left join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
where m.user_id = $1 and m.created_at >= ($2::timestamptz[])[1]
    and m.created_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or c.phone_number_id = $3) and ($4::varchar is null or m.agent_id = $4)
group by 1

-- credits --
select width_bucket(l.created_at, $2::timestamptz[]) as n, -sum(l.delta)::int as credits
from credit_ledger l
left join turns t on t.user_id = l.user_id and t.turn_id = l.turn_id
left join conversations c on c.user_id = t.user_id and c.conversation_id = t.conversation_id
where l.user_id = $1 and l.delta < 0 and l.created_at >= ($2::timestamptz[])[1]
    and l.created_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and ($3::varchar is null or c.phone_number_id = $3) and ($4::varchar is null or t.agent_id = $4)
group by 1

-- failures --
select width_bucket(p.updated_at, $2::timestamptz[]) as n, count(distinct p.message_id)::int as messages
from message_parts p join conversations c on c.user_id = p.user_id and c.conversation_id = p.conversation_id
where p.user_id = $1 and p.state = 'failed' and p.updated_at >= ($2::timestamptz[])[1]
    and p.updated_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
    and p.phone_number_id = any (array(select n.id from phone_numbers n where n.user_id = $1
                                       and ($3::varchar is null or n.id = $3)))
    and ($4::varchar is null or c.agent_id = $4)
group by 1
