-- user --
insert into users (user_id, email, company_name, onboarding_step, onboarding_completed)
values ($1, 'demo@example.com', 'Bloom Dental', 5, true)
on conflict do nothing

-- person_missing --
-- $1 addresses.
select count(*) < cardinality($1::text[]) from people where email = any($1)

-- person --
insert into people (person_id, email, password_hash, name, email_verified_at) values ($1, $2, $3, $4, now())
on conflict do nothing

-- member --
-- $1 user, $2 member, $3 an address, $4 role.
insert into members (user_id, member_id, person_id, role) select $1, $2, person_id, $4 from people where email = $3
on conflict do nothing

-- prompt --
insert into prompts (user_id, prompt_id, name) values ($1, $2, 'Receptionist') on conflict do nothing

-- prompt_version --
insert into prompt_versions (user_id, prompt_id, version, instructions) values ($1, $2, 1, $3) on conflict do nothing

-- number --
insert into phone_numbers (user_id, id, platform, meta_phone_number_id, access_token, display_name, settings)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
on conflict (user_id, id) do update set settings = excluded.settings

-- agent --
insert into agents (user_id, agent_id, phone_number_id, prompt_id, name, quiet_ms)
values ($1, $2, $3, $4, 'Ada', $5)
on conflict do nothing

-- credits --
insert into credit_ledger (user_id, entry_id, delta, reason) values ($1, 'ent_demo', 1000000, 'Demo') on conflict do nothing

-- leads --
-- Nobody who tries it waits five minutes for a lead.
insert into lead_settings (user_id, quiet_seconds) values ($1, 15) on conflict do nothing

-- booking --
-- $1 user, $2 rules. Agents that have rules of their own keep them.
update agents set booking = $2::jsonb where user_id = $1 and booking is null

-- meetings --
-- $1 user. What is ahead and stands.
select * from meetings where user_id = $1 and state = 'scheduled' and meeting_time > now()
