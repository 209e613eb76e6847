-- claim --
-- $1 owner, $2 lease in seconds, $3 most turns, $4 most messages of history, $5 numbers that have their share. Empty:
-- nothing is due.
select * from claim_turns($1, $2, $3, $4, $5)

-- commit --
-- Columns of drafts, then $13 the most supersedes. One row a draft, in any order.
select * from commit_turns($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- renew --
-- Columns of turns, then $6 the lease in seconds. Returns the conversations whose lease still stands.
select renew_turns($1, $2, $3, $4, $5, $6)

-- bury --
-- $1 the name of a process that is known to be dead.
select bury_turns($1)

-- next_due --
-- Seconds until a conversation is due that nobody works on; null when none is.
select extract(epoch from min(due_at) - now())::float8 from conversations where due_at is not null and lease_until is null

-- orphan --
-- $1 user, $2 copy of a transcript at the provider that nobody wants.
insert into provider_orphans (user_id, openai_conversation_id) values ($1, $2) on conflict do nothing
