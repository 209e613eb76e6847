-- version --
-- $1 user, $2 prompt, $3 version. No row: there is no such prompt.
select v.version is not null as found, coalesce(c.remaining_credits, 0) as credits
from prompts p
left join prompt_versions v on v.user_id = p.user_id and v.prompt_id = p.prompt_id and v.version = $3
left join credits c on c.user_id = p.user_id
where p.user_id = $1 and p.prompt_id = $2

-- add --
-- No row: another one is still running.
insert into rehearsals (user_id, rehearsal_id, prompt_id, version) values ($1, $2, $3, $4)
on conflict (user_id) where state = 'running' do nothing returning true

-- turns --
-- $1 user, $2 prompt, $3 the version that is tried, $4 most turns. As gateway/rehearsal.sql chooses them.
select t.turn_id from turns t
join agents a on a.user_id = t.user_id and a.agent_id = t.agent_id and a.prompt_id = t.prompt_id
where t.user_id = $1 and t.prompt_id = $2 and t.prompt_version <> $3 and t.state = 'committed' and t.failure is null
order by t.started_at desc limit $4

-- add_turns --
-- $1 user, $2 rehearsal, $3 trials, $4 turns.
insert into rehearsal_turns (user_id, trial_id, rehearsal_id, turn_id, conversation_id)
select t.user_id, n.trial_id, $2, t.turn_id, t.conversation_id
from unnest($3::text[], $4::text[]) n (trial_id, turn_id)
join turns t on t.user_id = $1 and t.turn_id = n.turn_id

-- get --
select r.rehearsal_id, r.prompt_id, r.version, r.state, r.problem, r.created_at, r.ended_at, t.turns, t.done
from rehearsals r cross join lateral (
    select count(*)::integer as turns, count(outcome)::integer as done from rehearsal_turns t
    where t.user_id = r.user_id and t.rehearsal_id = r.rehearsal_id) t
where r.user_id = $1 and r.rehearsal_id = $2

-- list --
select r.rehearsal_id, r.prompt_id, r.version, r.state, r.problem, r.created_at, r.ended_at, t.turns, t.done
from rehearsals r cross join lateral (
    select count(*)::integer as turns, count(outcome)::integer as done from rehearsal_turns t
    where t.user_id = r.user_id and t.rehearsal_id = r.rehearsal_id) t
where r.user_id = $1 and r.prompt_id = $2 order by r.created_at desc limit 20

-- tried --
-- $1 user, $2 rehearsal. What the customer wrote and was answered, as it stands today, and what would be said now.
select r.turn_id, r.conversation_id, t.to_no, t.prompt_version as former_version, t.action, t.language,
    r.outcome::text, (
        select string_agg(case when m.kind = 'audio' then coalesce((
                select string_agg(f.transcript, ' ' order by f.place) from media f
                where f.user_id = m.user_id and f.message_id = m.message_id), m.text) else m.text end,
            E'\n' order by m.sequence_no)
        from messages m
        where m.user_id = t.user_id and m.conversation_id = t.conversation_id and m.author = 'customer'
            and m.sequence_no > t.after_no and m.sequence_no <= t.to_no and m.revoked_at is null
    ) as asked, (
        select string_agg(m.text, E'\n\n' order by m.sequence_no) from messages m
        where m.user_id = t.user_id and m.turn_id = t.turn_id
    ) as said, coalesce((
        select array_agg(k.tool order by k.call_no) from tool_calls k where k.user_id = t.user_id and k.turn_id = t.turn_id
    ), '{}') as tools, (
        select sum(k.cost_micros)::bigint from model_calls k where k.user_id = t.user_id and k.subject_id = t.turn_id
    ) as cost_micros
from rehearsal_turns r
join turns t on t.user_id = r.user_id and t.turn_id = r.turn_id
where r.user_id = $1 and r.rehearsal_id = $2 order by t.started_at desc

-- stop --
update rehearsals set state = 'stopped', ended_at = now(), lease_owner = null, lease_until = null
where user_id = $1 and rehearsal_id = $2 and state = 'running'
