-- now --
select now()

-- behind --
-- $1 user, $2 an event. When it happened; no row for one that is not there.
select created_at from events where user_id = $1 and event_id = $2

-- events --
-- $1 user, $2 a moment, $3 events that were told. What happened since then, in order.
select event_id, type, conversation_id, data::text, created_at from events
where user_id = $1 and created_at >= $2 and event_id <> all ($3) order by created_at, seq limit 500

-- numbered --
-- $1 user, $2 a moment. The last change of the inbox before it.
select coalesce(max(change_no), 0) from (
    select change_no from inbox where user_id = $1 and changed_at < $2 order by change_no desc limit 1) i

-- last_change --
select coalesce(max(change_no), 0) from inbox where user_id = $1

-- conversations --
-- $1 user, $2 the last change that was told. Those changed since, in the order of their changes.
select i.change_no, i.changed_at, c.conversation_id, c.phone_number_id, n.platform, c.agent_id, c.customer_phone,
    k.contact_id, coalesce(t.name, k.name) as customer_name, c.is_active, c.owner, c.assignee, c.held_for,
    c.last_sequence_no, c.last_inbound_no, c.answered_no, c.last_message_at, m.author as last_author,
    m.kind as last_kind, left(m.text, 160) as preview
from inbox i
join conversations c on c.user_id = i.user_id and c.conversation_id = i.conversation_id
join phone_numbers n on n.user_id = c.user_id and n.id = c.phone_number_id
join customers k on k.user_id = c.user_id and k.customer_id = c.customer_id
left join contacts t on t.user_id = k.user_id and t.contact_id = k.contact_id
left join messages m on m.user_id = c.user_id and m.conversation_id = c.conversation_id
    and m.sequence_no = c.last_sequence_no
where i.user_id = $1 and i.change_no > $2 order by i.change_no limit 200

-- statuses --
-- $1 user, $2 a moment. Messages of ours whose delivery moved since, among the last twenty of the hundred conversations
-- that were written to last: what somebody may be looking at. No index leads here by time, because each status would
-- have to write it.
with recent as (
    select conversation_id, last_sequence_no from inbox
    where user_id = $1 order by last_message_at desc, conversation_id desc limit 100
), moved as (
    select p.message_id, p.conversation_id, p.sequence_no, max(p.updated_at) as moved_at from recent r
    join message_parts p on p.user_id = $1 and p.conversation_id = r.conversation_id
        and p.sequence_no > r.last_sequence_no - 20
    where p.updated_at >= $2 group by 1, 2, 3
)
select m.message_id, m.conversation_id, m.sequence_no, m.moved_at, s.status, s.error_message
from moved m join message_delivery_status s on s.user_id = $1 and s.message_id = m.message_id
order by m.moved_at limit 500

-- meetings --
-- $1 user, $2 a moment. Meetings that changed since.
select meeting_id, conversation_id, status, state, meeting_time, duration_minutes, no_show, updated_at as moved_at
from meetings where user_id = $1 and updated_at >= $2 order by updated_at limit 500

-- alerts --
-- $1 user, $2 a moment. Alerts that came, came again, or ended since.
select id as alert_id, alert_type, alert_level, message, subject, phone_number_id, times, created_at, last_at,
    resolved_at, greatest(last_at, resolved_at) as moved_at
from system_alerts where user_id = $1 and greatest(last_at, resolved_at) >= $2
order by greatest(last_at, resolved_at) limit 500
