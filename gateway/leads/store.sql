-- lock --
-- $1 user, $2 conversation. Whoever changes a lead holds its conversation, then its reading.
select agent_id, phone_number_id, customer_phone, customer_id, last_sequence_no
from conversations where user_id = $1 and conversation_id = $2 for update

-- reading --
-- $1 user, $2 conversation.
select fence, told_score, told_tag from lead_readings where user_id = $1 and conversation_id = $2 for update

-- latest --
select extraction_id::text, name, email, company, phone, intent, intent_level, urgency_level, budget_constraint, fit_alignment,
    engagement_health, cta_pricing_clicked, cta_demo_clicked, cta_followup_clicked, cta_sample_clicked,
    cta_website_clicked, cta_escalated_to_human, total_score, lead_status_tag, demo_book_datetime, reasoning::text,
    smart_notification, notes, next_step, evidence::text, locked::text, rejected::text
from extractions where user_id = $1 and conversation_id = $2 and is_latest

-- thresholds --
select hot, warm, rise from lead_settings where user_id = $1

-- clicks --
-- Which flags were set by links that were followed, and when.
select 'cta_' || cta || '_clicked' as flag, min(first_click_at) as at, min(token) as token from link_sends
where user_id = $1 and conversation_id = $2 and cta is not null and clicks > 0 group by cta

-- taps --
-- Which flags were set by a choice that was tapped.
select 'cta_' || (b.value #>> '{}') || '_clicked' as flag, min(m.sequence_no) as sequence_no, min(m.text) as quote
from messages m
join lead_settings s on s.user_id = m.user_id
join jsonb_each(s.buttons) b on lower(b.key) = lower(m.text)
where m.user_id = $1 and m.conversation_id = $2 and m.sender = 'user' and m.kind in ('button', 'interactive')
    and m.revoked_at is null and b.value #>> '{}' in ('pricing', 'demo', 'followup', 'sample', 'website')
group by 1

-- escalated --
-- When the agent gave the conversation to a person because it was wanted, and not because it broke.
select handover_id, started_at from handovers
where user_id = $1 and conversation_id = $2 and by = 'agent' and reason not in ('outage', 'too_long', 'refused',
    'unusable', 'agent_broken', 'claim_without_receipt')
order by started_at limit 1

-- meeting --
-- The next meeting that stands, else the last that did.
select meeting_id, meeting_time from meetings
where user_id = $1 and conversation_id = $2 and status <> 'cancelled'
order by (status = 'scheduled') desc, meeting_time desc limit 1

-- seize --
-- $1 user, $2 conversation. A person steps in: whoever reads now stores nothing, and it is read again.
insert into lead_readings (user_id, conversation_id, state, fence) values ($1, $2, 'read', 1)
on conflict (user_id, conversation_id) do update set
    fence = lead_readings.fence + 1, lease_owner = null, lease_until = null,
    due_at = case when lead_readings.lease_owner is null then lead_readings.due_at else now() end

-- retire --
update extractions set is_latest = false where user_id = $1 and conversation_id = $2 and is_latest

-- add --
-- $1 the row.
insert into extractions (
    user_id, extraction_id, conversation_id, customer_phone, agent_id, phone_number_id, message_count_at_extraction, source,
    reason, model, name, email, company, phone, intent, intent_level, intent_score, urgency_level, urgency_score,
    budget_constraint, budget_score, fit_alignment, fit_score, engagement_health, engagement_score, cta_pricing_clicked,
    cta_demo_clicked, cta_followup_clicked, cta_sample_clicked, cta_website_clicked, cta_escalated_to_human, total_score,
    lead_status_tag, demo_book_datetime, reasoning, smart_notification, notes, next_step, evidence, locked, rejected)
select
    r.user_id, r.extraction_id, r.conversation_id, r.customer_phone, r.agent_id, r.phone_number_id,
    r.message_count_at_extraction, r.source, r.reason, r.model, r.name, r.email, r.company, r.phone, r.intent,
    r.intent_level, r.intent_score, r.urgency_level, r.urgency_score, r.budget_constraint, r.budget_score,
    r.fit_alignment, r.fit_score, r.engagement_health, r.engagement_score, r.cta_pricing_clicked, r.cta_demo_clicked,
    r.cta_followup_clicked, r.cta_sample_clicked, r.cta_website_clicked, r.cta_escalated_to_human, r.total_score,
    r.lead_status_tag, r.demo_book_datetime, r.reasoning, r.smart_notification, r.notes, r.next_step, r.evidence, r.locked,
    r.rejected
from jsonb_populate_record(null::extractions, $1::jsonb) r

-- touched --
update conversations set last_extraction_at = now() where user_id = $1 and conversation_id = $2

-- told --
-- $3 score, $4 tag: the most that the business was told.
update lead_readings set told_score = greatest(told_score, $3),
    told_tag = case when $4 = 'Hot' or told_tag in ('', 'Cold') then $4 else told_tag end
where user_id = $1 and conversation_id = $2

-- emit --
-- $1 user, $2 type, $3 conversation, $4 data.
select emit($1, $2, $3, $4::jsonb)

-- want --
-- $1 user, $2 conversation, $3 why.
select want_reading($1, $2, $3)
