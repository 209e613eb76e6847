-- mint --
-- Columns of offers: $1 user, $2 tokens, $3 conversation, $4 agent, $5 turn, $6 hosts, $7 kind, $8 begins, $9 minutes, $10 gap,
-- $11 zone, $12 labels, $13 hours that they hold.
insert into offers (user_id, token, conversation_id, agent_id, turn_id, host, kind, starts_at, minutes, gap_minutes, zone,
                    label, expires_at)
select $1, o.token, $3, $4, $5, o.host, $7, o.starts_at, $9, $10, $11, o.label, now() + $13::float8 * interval '1 hour'
from unnest($2::text[], $6::text[], $8::timestamptz[], $12::text[]) o (token, host, starts_at, label)
