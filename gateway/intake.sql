-- intake --
-- $1..$4 envelopes; $5..$19 messages, $5 the number of their envelope or 0; $20..$27 statuses, likewise.
-- One row for each message that is to be told, and for each event that was not simply accepted.
select ordinal, outcome, user_id, phone_number_id, conversation_id, message_id, sequence_no, due_at
from intake($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
            $25, $26, $27)
