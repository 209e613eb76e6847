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
insert into prompts (user_id, prompt_id, name) values ($1, $2, $3)

-- add_version --
insert into prompt_versions (user_id, prompt_id, version, instructions)
select $1::varchar, $2::varchar, coalesce(max(version), 0) + 1, $3 from prompt_versions
where user_id = $1 and prompt_id = $2
returning *

-- versions --
-- $1 user, $2 prompt. Newest first.
select * from prompt_versions where user_id = $1 and prompt_id = $2 order by version desc limit 200

-- change --
-- $3 name, $4 active version: null leaves as it is.
update prompts set name = coalesce($3, name), active_version = coalesce($4, active_version)
where user_id = $1 and prompt_id = $2
