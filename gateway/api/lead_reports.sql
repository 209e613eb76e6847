-- stats --
-- $1 user, $2 the query as JSON, $3 what to group by: day, week, month, channel, agent, number or tag.
select case $3
        when 'channel' then n.platform::text
        when 'agent' then coalesce(e.agent_id, c.agent_id)
        when 'number' then coalesce(e.phone_number_id, c.phone_number_id)
        when 'tag' then e.lead_status_tag
        else to_char(date_trunc($3, e.created_at at time zone w.zone), 'YYYY-MM-DD')
    end as key,
    count(*)::integer as leads,
    count(*) filter (where e.lead_status_tag = 'Hot')::integer as hot,
    count(*) filter (where e.lead_status_tag = 'Warm')::integer as warm,
    count(*) filter (where e.lead_status_tag = 'Cold')::integer as cold,
    round(avg(e.total_score), 2)::float8 as average_score,
    count(*) filter (where e.email is not null)::integer as with_email,
    count(*) filter (where e.phone is not null)::integer as with_phone,
    count(*) filter (where e.demo_book_datetime is not null)::integer as with_meeting
from extractions e
join users w on w.user_id = e.user_id
join conversations c on c.user_id = e.user_id and c.conversation_id = e.conversation_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join phone_numbers n on n.user_id = c.user_id and n.id = coalesce(e.phone_number_id, c.phone_number_id)
where e.user_id = $1 and e.is_latest and lead_fits(e, n.platform, u.contact_id, $2::jsonb)
group by 1 order by 1 limit 1000

-- scores --
-- $1 user, $2 the query as JSON. How many latest leads have each total, and the averages of the five dimensions.
select e.total_score, count(*)::integer as leads,
    count(*) filter (where e.lead_status_tag = 'Hot')::integer as hot,
    count(*) filter (where e.lead_status_tag = 'Warm')::integer as warm,
    count(*) filter (where e.lead_status_tag = 'Cold')::integer as cold,
    avg(e.intent_score)::float8 as intent,
    avg(e.urgency_score)::float8 as urgency, avg(e.budget_score)::float8 as budget, avg(e.fit_score)::float8 as fit,
    avg(e.engagement_score)::float8 as engagement
from extractions e
join conversations c on c.user_id = e.user_id and c.conversation_id = e.conversation_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join phone_numbers n on n.user_id = c.user_id and n.id = coalesce(e.phone_number_id, c.phone_number_id)
where e.user_id = $1 and e.is_latest and lead_fits(e, n.platform, u.contact_id, $2::jsonb)
group by 1 order by 1

-- settings --
select hot, warm, rise, quiet_seconds, region, criteria, model, buttons::text from lead_settings where user_id = $1

-- set --
-- $1 user, $2 the settings as JSON.
insert into lead_settings (user_id, hot, warm, rise, quiet_seconds, region, criteria, model, buttons)
select $1, r.hot, r.warm, r.rise, r.quiet_seconds, r.region, r.criteria, r.model, r.buttons
from jsonb_populate_record(null::lead_settings, $2::jsonb) r
on conflict (user_id) do update set
    hot = excluded.hot, warm = excluded.warm, rise = excluded.rise, quiet_seconds = excluded.quiet_seconds,
    region = excluded.region, criteria = excluded.criteria, model = excluded.model, buttons = excluded.buttons

-- export --
-- $1 user, $2 the query as JSON. Newest first.
select e.*, n.platform, u.customer_id, u.contact_id,
    e.reasoning::text as reasoning_text, e.evidence::text as evidence_text, e.locked::text as locked_text,
    e.rejected::text as rejected_text
from extractions e
join conversations c on c.user_id = e.user_id and c.conversation_id = e.conversation_id
join customers u on u.user_id = c.user_id and u.customer_id = c.customer_id
join phone_numbers n on n.user_id = c.user_id and n.id = coalesce(e.phone_number_id, c.phone_number_id)
where e.user_id = $1 and lead_fits(e, n.platform, u.contact_id, $2::jsonb)
    and (e.is_latest or not ($2::jsonb ->> 'latest')::boolean)
order by e.created_at desc, e.extraction_id desc
