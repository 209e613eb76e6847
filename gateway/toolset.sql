-- begin --
-- $1 user, $2 turn, $3 the call's number in the turn, $4 tool, $5 read or write, $6 arguments, $7 fingerprint.
select * from begin_tool_call($1, $2, $3, $4, $5, $6::jsonb, $7)

-- end --
-- $1 user, $2 turn, $3 number, $4 done or failed, $5 the result that the model was told, $6 receipt.
update tool_calls set state = $4, result = $5, receipt = $6, ended_at = now()
where user_id = $1 and turn_id = $2 and call_no = $3

-- note_fact --
-- $1 user, $2 conversation, $3 turn, $4 name, $5 value, empty to take it back.
select note_fact($1, $2, $3, $4, $5)
