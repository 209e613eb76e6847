-- intake --
-- $1..$4 envelopes; $5..$23 messages, $5 the number of their envelope or 0; $24..$32 statuses and $33..$37 what is said
-- beside them, likewise. One row for each message that is to be told, and for each event that was not simply accepted.
select ordinal, outcome, user_id, phone_number_id, conversation_id, message_id, sequence_no, due_at
from intake($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
            $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)

-- settle_aside --
select settle_aside()
