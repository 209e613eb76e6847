-- claim --
-- $1 most copies.
select * from claim_orphans($1)

-- erased --
delete from provider_orphans where user_id = $1 and openai_conversation_id = $2
