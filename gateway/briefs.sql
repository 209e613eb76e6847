-- brief --
-- $1 user, $2 agent, $3 the version of its prompt.
select a.agent_id, a.name, a.model, a.fallback_model, a.language, a.hours::text, a.outside_hours, a.away_text,
    a.fallback_text, a.fresh_minutes, a.state, a.moderation, a.tools, a.variables::text, a.booking::text, a.prompt_id, u.company_name,
    u.zone, n.platform, (n.settings -> 'consent')::text as consent, v.instructions, v.variables::text as declared, v.legacy::text,
    exists (select 1 from knowledge k where k.user_id = a.user_id) as has_knowledge,
    exists (select 1 from http_tools t where t.user_id = a.user_id and t.enabled) as has_tools,
    (select array_agg(l.name order by l.name) from links l where l.user_id = a.user_id) as links
from agents a
join users u on u.user_id = a.user_id
join prompt_versions v on v.user_id = a.user_id and v.prompt_id = a.prompt_id and v.version = $3
left join phone_numbers n on n.user_id = a.user_id and n.id = a.phone_number_id
where a.user_id = $1 and a.agent_id = $2
