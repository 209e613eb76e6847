-- claim --
-- $1 owner, $2 lease in seconds, $3 most voice notes.
select * from claim_notes($1, $2, $3)

-- next_due --
-- Seconds until a voice note may be heard again; null when none waits.
select extract(epoch from min(next_attempt_at) - now())::float8 from media
where transcript_state = 'pending' and state = 'ready' and next_attempt_at > now()

-- heard --
-- $1 user, $2 file, $3 ready or failed, $4 the words.
update media set transcript_state = $3, transcript = $4, lease_owner = null, lease_until = null
where user_id = $1 and media_id = $2 and transcript_state = 'pending'

-- later --
-- $1 user, $2 file, $3 seconds until it is heard again.
update media set next_attempt_at = now() + $3 * interval '1 second', lease_owner = null, lease_until = null
where user_id = $1 and media_id = $2 and transcript_state = 'pending'

-- meter --
-- What hearing it cost: $1 user, $2 file, $3 attempt, $4 conversation, $5 agent, $6 model, $7 outcome, $8 request,
-- $9 input tokens, $10 output tokens, $11 audio tokens, $12 audio seconds, $13 millionths of a dollar or null.
insert into model_calls (user_id, subject_id, call_no, kind, conversation_id, agent_id, model, outcome, request_id,
                         input_tokens, output_tokens, audio_tokens, audio_seconds, cost_micros)
values ($1, $2, $3, 'transcription', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing

-- free --
-- $1 the name of a process that is known to be dead.
update media set lease_owner = null, lease_until = null, next_attempt_at = now()
where transcript_state = 'pending' and state = 'ready' and lease_owner = $1
