-- files --
-- $1 user, $2 conversation, $3 after number, $4 to number. The files of the messages in between.
select m.sequence_no, f.media_id, f.kind, f.mime_type, f.filename, f.state, f.sha256, f.size_bytes, f.transcript_state
from messages m join media f on f.user_id = m.user_id and f.message_id = m.message_id
where m.user_id = $1 and m.conversation_id = $2 and m.sequence_no > $3 and m.sequence_no <= $4 and m.sender = 'user'
    and m.revoked_at is null
order by m.sequence_no, f.place
