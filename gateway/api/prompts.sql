-- list --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select * from prompts
where user_id = $1 and ($2::timestamptz is null or (created_at, prompt_id) < ($2, $3))
order by created_at desc, prompt_id desc limit $4

-- get --
select * from prompts where user_id = $1 and prompt_id = $2

-- lock --
-- Holds the prompt while a version is numbered.
select active_version from prompts where user_id = $1 and prompt_id = $2 for update

-- add --
insert into prompts (user_id, prompt_id, name, legacy_id) values ($1, $2, $3, $4)

-- imported --
select prompt_id from prompts where user_id = $1 and legacy_id = $2

-- agents --
select agent_id, variables::text from agents where user_id = $1 and prompt_id = $2

-- add_version --
-- $3 instructions, $4 variables, $5 legacy, $6 note.
insert into prompt_versions (user_id, prompt_id, version, instructions, variables, legacy, note)
select $1::varchar, $2::varchar, coalesce(max(version), 0) + 1, $3, $4::jsonb, $5::jsonb, $6 from prompt_versions
where user_id = $1 and prompt_id = $2
returning prompt_id, version, instructions, variables::text, legacy::text, note, created_at

-- versions --
-- $1 user, $2 prompt. Newest first.
select prompt_id, version, instructions, variables::text, legacy::text, note, created_at from prompt_versions
where user_id = $1 and prompt_id = $2 order by version desc limit 200

-- version --
select version, variables::text from prompt_versions where user_id = $1 and prompt_id = $2 and version = $3

-- change --
-- $3 name, $4 active version, $5 version on trial, $6 its percentage: null leaves as it is.
update prompts set
    name = coalesce($3, name), active_version = coalesce($4, active_version),
    trial_version = case when $6 = 0 then null else coalesce($5, trial_version) end,
    trial_percent = coalesce($6, trial_percent)
where user_id = $1 and prompt_id = $2
