-- What an owner should know, from the notices of 0010: one row for each thing, for as long as it lasts; told once when it
-- begins and once when it is over. And what the alerts and the checks of a number are judged by.

alter table notices rename to system_alerts;
alter table system_alerts rename column notice_id to id;
alter table system_alerts rename column kind to alert_type;
drop index notices_open;
alter table system_alerts
    alter column alert_type type varchar(100),
    alter column subject type varchar(255),
    add column alert_level     varchar(20) not null default 'warning' check (alert_level in ('info', 'warning', 'critical')),
    add column message         text        not null default '',
    add column phone_number_id varchar(50),
    add column resolved        boolean     not null generated always as (resolved_at is not null) stored,
    add column told            varchar(10) not null default 'warning',   -- the level that was told, or "over"
    add column told_at         timestamptz not null default now();

-- What each alert says, by its cause. {…} stands for what its detail says. `about` is what its subject names; `by_hand`
-- says that a person may put it away: of the others the gateway itself knows when they are over.
create table alert_types (
    alert_type  varchar(100) not null,
    cause       varchar(30)  not null default '',
    alert_level varchar(20)  not null check (alert_level in ('info', 'warning', 'critical')),
    about       varchar(20)  not null default '',
    by_hand     boolean      not null default false,
    message     text         not null,
    primary key (alert_type, cause)
);
grant select on alert_types to frontdesk_tenant;

insert into alert_types (alert_type, cause, alert_level, about, by_hand, message) values
('token_dying', '', 'warning', 'number', false, 'The access token of {number} ends on {expires_on}. Connect the account again before that day: without a token no reply leaves.'),
('token_dying', 'expired', 'critical', 'number', false, 'The access token of {number} has ended. Replies wait; connect the account again. What customers write still arrives.'),
('token_dying', 'refused', 'critical', 'number', false, 'The provider refuses the access token of {number} ({error}). Replies wait; give the number a new token. What customers write still arrives.'),
('google_disconnected', '', 'critical', '', false, 'Google ended the connection to the calendar. Meetings can''t be booked until the account is connected again.'),
('google_scope_missing', '', 'critical', '', false, 'Google does not let us use the calendar ({problem}). Choose a calendar of your own, or connect the account again and leave every box ticked.'),
('google_refused', '', 'critical', '', false, 'Google refuses the calendar ({problem}). Look at it in Google Calendar, or choose another one.'),
('calendar_gone', '', 'critical', '', false, 'A calendar is no longer there ({problem}). Choose another one in the settings.'),
('credits_low', '', 'warning', '', false, 'Only {remaining_credits} credits are left. Agents stop answering when they are used up.'),
('credits_out', '', 'critical', '', false, 'The credits are used up. Agents answer nobody until there is a top-up; the messages wait.'),
('channel_silent', '', 'warning', 'number', false, '{number} has had no message since {since}, which is unusual at these hours. Write to it yourself; if nothing arrives, check the webhook.'),
('channel_silent', 'never', 'warning', 'number', false, '{number} was added more than a day ago and its provider has never called. Check the webhook in the guide of the number.'),
('webhook_signature_wrong', '', 'critical', 'number', false, 'Webhooks for {number} come in with a signature that does not match, and are refused. Check the secret and that PUBLIC_URL is the address that the provider calls.'),
('model_down', '', 'critical', '', false, 'The AI model does not answer ({code}). Messages wait or go to a person; agents go on by themselves when it is back.'),
('model_quota', '', 'critical', '', false, 'The account at the AI model''s provider has no money left or has reached its limit. Who runs this installation has to raise it.'),
('model_key_refused', '', 'critical', '', false, 'The AI model''s provider refuses our key. Who runs this installation has to give it a new one.'),
('agent_broken', '', 'critical', 'agent', true, 'The model refuses what agent {agent} asks ({code}). Check its model and prompt; until then its conversations go to a person.'),
('leads_broken', '', 'warning', '', true, 'Leads can''t be read: the model refuses the request ({code}). Check the model that reads leads.'),
('loop', '', 'warning', 'conversation', true, 'A conversation went round in circles, with another robot perhaps, and was given to a person.'),
('conversation_cap', '', 'warning', 'conversation', true, 'A conversation reached its limit of turns for one day and was given to a person.'),
('spend_cap', '', 'warning', 'agent', false, 'Agent {agent} has spent what it may in one day. It goes on tomorrow (UTC), or when its limit is raised.'),
('sends_failing', '', 'critical', 'number', false, '{failed} of the last {sends} messages from {number} failed ({error}).'),
('number_paused', '', 'warning', 'number', false, 'Sending from {number} has been paused for minutes: {reason}.'),
('number_quality', '', 'warning', 'number', true, 'The provider lowers its trust in {number} ({event}), because customers block or report it. Send less that they did not ask for.'),
('template_missing', '', 'warning', 'template', true, 'The template {subject} can''t be sent from {number} ({error}). Create it at the provider, or have it approved.'),
('messages_parked', '', 'critical', 'number', true, 'Something came in for {number} that could not be read. It is kept, and can be replayed once that is mended.'),
('messages_parked', 'no_agent', 'critical', 'number', true, 'Customers write to {number}, and no agent is linked to it. Link one: what came in is answered then.'),
('webhook_failing', '', 'warning', 'webhook', true, 'Your webhook {subject} did not take an event for days ({reason}). The event was given up.'),
('webhook_disabled', '', 'critical', 'webhook', true, 'Your webhook {subject} was switched off: {reason}.'),
('mail_failing', '', 'warning', 'mail', true, 'E-mail to {subject} does not get through ({reason}).'),
('booking_conflict', '', 'critical', 'meeting', true, 'A meeting and the calendar do not agree ({why}). Look at both and decide.'),
('booking_unknown', '', 'warning', 'meeting', false, 'We can''t tell whether the calendar took a change of the meeting "{title}" on {starts}. It is tried again and again.'),
('media_failing', '', 'warning', 'number', true, 'Files that customers send to {number} can''t be fetched ({error}).');

-- What was told by its old name.
create function alert_named(_kind text) returns text language sql immutable as $$
    select case _kind
        when 'credits' then 'credits_out' when 'outage' then 'model_down' when 'quota' then 'model_quota'
        when 'key' then 'model_key_refused' when 'mail_failed' then 'mail_failing'
        when 'webhook_failed' then 'webhook_failing' else _kind end
$$;

-- Which alert a problem of Google's is.
create function google_alert(_problem text) returns text language sql immutable as $$
    select case
        when _problem ~ '^(read|write) notFound' then 'calendar_gone'
        when _problem ~ '^(read|write) insufficientPermissions' then 'google_scope_missing'
        when _problem ~ '^(read|write) ' then 'google_refused'
        else 'google_disconnected' end
$$;

create function alert_rank(_level text) returns integer language sql immutable as $$
    select case _level when 'info' then 1 when 'warning' then 2 when 'critical' then 3 else 0 end
$$;

update system_alerts set alert_type = case when alert_type = 'google' then google_alert(detail ->> 'problem')
                                           else alert_named(alert_type) end;
update system_alerts a set alert_level = t.alert_level, told = t.alert_level, message = t.message,
    phone_number_id = case when t.about = 'number' then left(a.subject, 50) end
from alert_types t where t.alert_type = a.alert_type and t.cause = '';
update system_alerts set told = 'over' where resolved_at is not null;

create unique index system_alerts_open on system_alerts (user_id, alert_type, subject) where resolved_at is null;
create index system_alerts_now on system_alerts (alert_type, user_id) where resolved_at is null;
create index system_alerts_same on system_alerts (user_id, alert_type, subject, resolved_at desc);
create index system_alerts_list on system_alerts (user_id, created_at desc, id desc);

-- The row of an alert as its detail makes it: what it is called, how grave it is, what it says.
create function alert_said(_a system_alerts) returns system_alerts language plpgsql stable as $$
declare
    _t alert_types;
    _d record;
begin
    select * into _t from alert_types
    where alert_type = _a.alert_type and cause in ('', _a.detail ->> 'cause') order by cause desc limit 1;
    _a.alert_level := coalesce(_t.alert_level, 'warning');
    _a.message := coalesce(_t.message, replace(_a.alert_type, '_', ' '));
    _a.phone_number_id := left(case when _t.about = 'number' then _a.subject else _a.detail ->> 'phone_number_id' end, 50);
    if _a.phone_number_id is not null then
        _a.detail := _a.detail || coalesce((
            select jsonb_build_object('number', coalesce(nullif(display_name, ''), meta_phone_number_id), 'platform', platform)
            from phone_numbers where user_id = _a.user_id and id = _a.phone_number_id), '{"number": "a number"}');
    end if;
    if _t.about = 'agent' then
        _a.detail := _a.detail || jsonb_build_object('agent_id', _a.subject, 'agent', coalesce((
            select name from agents where user_id = _a.user_id and agent_id = _a.subject), 'of that name'));
    end if;
    -- What stands for nothing is left out, and a value never brings in a {…} of its own.
    for _d in
        select f[1] as name, left(translate(case when f[1] = 'subject' then _a.subject else coalesce(_a.detail ->> f[1], '') end,
                                            '{}', '()'), 200) as value
        from regexp_matches(_a.message, '\{(\w+)\}', 'g') f
    loop
        _a.message := replace(_a.message, '{' || _d.name || '}', _d.value);
    end loop;
    _a.message := replace(_a.message, ' ()', '');
    return _a;
end $$;

-- Tells everybody who wants to know how an alert is now.
create function tell_alert(_a system_alerts) returns void language plpgsql as $$
begin
    update system_alerts set
        told = case when _a.resolved_at is null then _a.alert_level else 'over' end, told_at = now()
    where user_id = _a.user_id and id = _a.id;
    perform emit(_a.user_id, case when _a.resolved_at is null then 'alert.raised' else 'alert.resolved' end, null,
        jsonb_build_object(
            'alert_id', _a.id, 'alert_type', _a.alert_type, 'alert_level', _a.alert_level, 'message', _a.message,
            'subject', _a.subject, 'phone_number_id', _a.phone_number_id, 'detail', _a.detail,
            'raised_at', _a.created_at, 'resolved_at', _a.resolved_at));
end $$;

-- Says that something is wrong, as often as one likes; true when that is news. Within an hour after it was over it is the
-- same alert again, and nobody is told at once: what comes and goes would be told of all day (see tell_late_alerts).
create function raise_alert(_user_id text, _type text, _subject text, _detail jsonb) returns boolean language plpgsql as $$
declare
    _a   system_alerts;
    _now system_alerts;
begin
    _subject := left(_subject, 255);
    select * into _a from system_alerts
    where user_id = _user_id and alert_type = _type and subject = _subject and resolved_at is null;
    -- An open one is not a row that every message writes.
    if found and _a.last_at > now() - interval '1 minute' and _a.detail ->> 'cause' is not distinct from _detail ->> 'cause' then
        return false;
    end if;
    if not found then
        select * into _a from system_alerts
        where user_id = _user_id and alert_type = _type and subject = _subject and resolved_at > now() - interval '1 hour'
        order by resolved_at desc limit 1;
    end if;
    if found then
        _now := _a;
        _now.detail := coalesce(_detail, '{}');
        _now := alert_said(_now);
        update system_alerts set
            resolved_at = null, last_at = now(), times = times + 1, detail = _now.detail, message = _now.message,
            alert_level = _now.alert_level
        where user_id = _user_id and id = _a.id
            and (resolved_at is null or resolved_at = _a.resolved_at)
        returning * into _now;
        -- Worse than what was told is told.
        if found and _now.told <> 'over' and alert_rank(_now.alert_level) > alert_rank(_now.told) then
            perform tell_alert(_now);
            return true;
        end if;
        return false;
    end if;
    _a.user_id := _user_id;
    _a.alert_type := _type;
    _a.subject := _subject;
    _a.detail := coalesce(_detail, '{}');
    _a := alert_said(_a);
    insert into system_alerts (user_id, id, alert_type, subject, detail, alert_level, message, phone_number_id, told)
    values (_user_id, event_key('alr_'), _type, _subject, _a.detail, _a.alert_level, _a.message, _a.phone_number_id,
            _a.alert_level)
    on conflict (user_id, alert_type, subject) where resolved_at is null do nothing
    returning * into _a;
    if not found then
        return false;
    end if;
    perform tell_alert(_a);
    return true;
end $$;

-- Says that it is over; null is every subject. True when something was open.
create function resolve_alert(_user_id text, _type text, _subject text) returns boolean language plpgsql as $$
declare
    _a system_alerts;
    _any boolean := false;
begin
    for _a in
        update system_alerts set resolved_at = now()
        where user_id = _user_id and alert_type = _type and (_subject is null or subject = _subject) and resolved_at is null
        returning *
    loop
        _any := true;
        if _a.told <> 'over' then
            perform tell_alert(_a);
        end if;
    end loop;
    return _any;
end $$;

-- One that came back within the hour and stayed is told of now. How many.
create function tell_late_alerts() returns integer language plpgsql as $$
declare
    _a system_alerts;
    _count integer := 0;
begin
    for _a in
        select * from system_alerts where resolved_at is null and told = 'over' and told_at < now() - interval '1 hour'
        order by user_id collate "C", id for update skip locked
    loop
        perform tell_alert(_a);
        _count := _count + 1;
    end loop;
    return _count;
end $$;

-- All that a look found of one type: what is wrong is raised where _raise says so, and what is not among it is over when
-- _ends. How many changed.
create function keep_alerts(
    _type text, _user text[], _subject text[], _detail text[], _raise boolean[], _ends boolean
) returns integer language plpgsql as $$
declare
    _a record;
    _count integer := 0;
begin
    if _ends then
        for _a in
            select a.user_id, a.subject from system_alerts a
            where a.alert_type = _type and a.resolved_at is null and not exists (
                select from unnest(_user, _subject) f (user_id, subject)
                where f.user_id = a.user_id and f.subject = a.subject)
            order by a.user_id collate "C", a.subject collate "C"
        loop
            _count := _count + resolve_alert(_a.user_id, _type, _a.subject)::integer;
        end loop;
    end if;
    for _a in
        select * from unnest(_user, _subject, _detail, _raise) f (user_id, subject, detail, news)
        where news order by user_id collate "C", subject collate "C"
    loop
        _count := _count + raise_alert(_a.user_id, _type, _a.subject, _a.detail::jsonb)::integer;
    end loop;
    return _count;
end $$;

-- What turns and deliveries call it.
create or replace function notify_business(_user_id text, _kind text, _subject text, _detail jsonb) returns boolean
language sql as $$ select raise_alert(_user_id, alert_named(_kind), _subject, _detail) $$;
create or replace function resolve_notice(_user_id text, _kind text, _subject text) returns boolean
language sql as $$ select resolve_alert(_user_id, alert_named(_kind), _subject) $$;

-- As before, but what is wrong with one place is not told to that place.
create or replace function emit(_user_id text, _type text, _conversation_id text, _data jsonb) returns text
language plpgsql as $$
declare
    _event text := event_key('evt_');
    _broken text := case when _type like 'alert.%' then coalesce(_data ->> 'subject', '') else '' end;
begin
    insert into events (user_id, event_id, type, conversation_id, data)
    values (_user_id, _event, _type, _conversation_id, coalesce(_data, '{}'));
    insert into event_deliveries (user_id, delivery_id, event_id, endpoint_id, conversation_id)
    select _user_id, event_key('dlv_'), _event, endpoint_id, _conversation_id from webhook_endpoints
    where user_id = _user_id and enabled and (types is null or _type = any (types)) and endpoint_id <> _broken;
    -- A person who steps in himself needs no mail about it.
    if _type = 'webhook.test'
            or _type = 'conversation.handed_over' and coalesce(_data ->> 'by', '') not in ('agent', 'gateway') then
        return _event;
    end if;
    insert into event_deliveries (user_id, delivery_id, event_id, address, conversation_id)
    select _user_id, event_key('dlv_'), _event, address, _conversation_id from mail_recipients
    where user_id = _user_id and (types is null or _type = any (types)) and left(address, 100) <> _broken;
    return _event;
end $$;

-- Credits: low_at is a tenth of the last top-up, or what the business chose.
alter table credits
    add column low_at  integer not null default 100 check (low_at >= 0),
    add column low_own integer check (low_own >= 0);
update credits c set low_at = greatest((
    select delta from credit_ledger l where l.user_id = c.user_id and delta > 0 order by created_at desc limit 1) / 10, 1)
where exists (select from credit_ledger l where l.user_id = c.user_id and delta > 0);

create or replace function keep_credits() returns trigger language plpgsql security definer set search_path from current
as $$
declare
    _sum record;
begin
    for _sum in
        select user_id, sum(delta) as delta, sum(greatest(-delta, 0)) as used, max(delta) / 10 as low
        from added group by user_id order by user_id
    loop
        update credits set
            remaining_credits = remaining_credits + _sum.delta,
            total_used = total_used + _sum.used,
            low_at = case when low_own is not null then low_own when _sum.low > 0 then _sum.low else low_at end,
            last_updated = now()
        where user_id = _sum.user_id;
        if not found then
            insert into credits (user_id, remaining_credits, total_used, low_at)
            values (_sum.user_id, _sum.delta, _sum.used, greatest(_sum.low, 1));
        end if;
    end loop;
    return null;
end $$;

create function judge_credits() returns trigger language plpgsql as $$
declare
    _detail jsonb := jsonb_build_object('remaining_credits', new.remaining_credits, 'low_at', new.low_at);
begin
    if new.remaining_credits = 0 then
        perform raise_alert(new.user_id, 'credits_out', '', _detail);
    else
        perform resolve_alert(new.user_id, 'credits_out', '');
    end if;
    if new.remaining_credits between 1 and new.low_at then
        perform raise_alert(new.user_id, 'credits_low', '', _detail);
    else
        perform resolve_alert(new.user_id, 'credits_low', '');
    end if;
    return null;
end $$;
create trigger judge_credits after update on credits for each row
    when ((old.remaining_credits > old.low_at) <> (new.remaining_credits > new.low_at)
          or (old.remaining_credits > 0) <> (new.remaining_credits > 0))
    execute function judge_credits();

-- Numbers: what the alerts and the checks of a number are judged by.
alter table channel_health
    add column last_inbound_at     timestamptz,
    add column signature_failed_at timestamptz,                          -- a webhook that named this number, and proved nothing
    add column signature_reason    varchar(300),
    add column signature_url       varchar(500),
    add column sends_quarter       bigint  not null default 0,           -- a quarter of an hour, counted from 1970
    add column sends_now           integer not null default 0,           -- what the provider took in that one
    add column sends_before        integer not null default 0,           -- and in the one before
    add column page_seen_at        timestamptz,                          -- webchat: loaded where it may be
    add column page_refused_at     timestamptz,                          -- webchat: loaded where it may not be
    add column page_origin         varchar(255),
    add column checks              jsonb   not null default '{}';        -- {name: {"state", "at", "sentence"}}: what was asked
update channel_health set last_inbound_at = last_webhook_at;

-- Who asked an endpoint to prove that it is ours.
create table hook_challenges (
    endpoint   varchar(50) primary key,
    seen_at    timestamptz,
    refused_at timestamptz,
    reason     varchar(300)
);
grant select on hook_challenges to frontdesk_tenant;

-- Whether customers wrote to a number in each hour of the week (UTC; 0 is Monday, midnight) of the last eight weeks: bit 0
-- of `weeks` stands for week number `week`, bit 1 for the one before.
create table number_hours (
    user_id         varchar(50) not null,
    phone_number_id varchar(50) not null,
    hour            smallint    not null check (hour between 0 and 167),
    week            integer     not null,
    weeks           smallint    not null,
    primary key (user_id, phone_number_id, hour),
    foreign key (user_id, phone_number_id) references phone_numbers on delete cascade
);
alter table number_hours enable row level security;
create policy own_rows on number_hours to frontdesk_tenant using (user_id = current_setting('frontdesk.user_id', true));
grant select, insert, update, delete on number_hours to frontdesk_tenant;

-- Hours since a Monday at midnight, UTC.
create function hours_of(_at timestamptz) returns bigint language sql immutable as $$
    select floor((extract(epoch from _at) - 345600) / 3600)::bigint
$$;

create function note_hour(_user_id text, _phone_number_id text, _at timestamptz) returns void language sql as $$
    insert into number_hours (user_id, phone_number_id, hour, week, weeks)
    values (_user_id, _phone_number_id, hours_of(_at) % 168, hours_of(_at) / 168, 1)
    on conflict (user_id, phone_number_id, hour) do update set
        week = excluded.week, weeks = ((number_hours.weeks::integer << least(excluded.week - number_hours.week, 8)) | 1) & 255
    where number_hours.week < excluded.week
$$;

alter table number_pauses add column since timestamptz not null default now();
-- Pauses that follow one another are one.
create or replace function pause_number(_user_id text, _phone_number_id text, _seconds double precision, _reason text)
returns void language sql as $$
    insert into number_pauses (user_id, phone_number_id, until, reason)
    values (_user_id, _phone_number_id, now() + _seconds * interval '1 second', _reason)
    on conflict (user_id, phone_number_id) do update set
        since = case when number_pauses.until < now() - interval '2 minutes' then now() else number_pauses.since end,
        until = greatest(number_pauses.until, excluded.until), reason = excluded.reason
$$;

-- A token that is refused, or renewed, and what the provider thinks of the number.
create function judge_health() returns trigger language plpgsql as $$
declare
    _quality text := new.notices #>> '{quality,detail,event}';
    _before  text := case when tg_op = 'UPDATE' then old.notices #>> '{quality,detail,event}' end;
begin
    if new.auth_error is not null then
        perform raise_alert(new.user_id, 'token_dying', new.phone_number_id,
                            jsonb_build_object('cause', 'refused', 'error', left(new.auth_error, 200)));
    elsif new.token_expires_at is null or new.token_expires_at > now() + interval '7 days' then
        perform resolve_alert(new.user_id, 'token_dying', new.phone_number_id);
    end if;
    if _quality is distinct from _before then
        if _quality in ('FLAGGED', 'DOWNGRADE') then
            perform raise_alert(new.user_id, 'number_quality', new.phone_number_id, jsonb_build_object('event', _quality));
        else
            perform resolve_alert(new.user_id, 'number_quality', new.phone_number_id);
        end if;
    end if;
    return null;
end $$;
create trigger judge_new after insert on channel_health for each row
    when (new.auth_error is not null or new.notices <> '{}') execute function judge_health();
create trigger judge after update on channel_health for each row
    when (new.auth_error is distinct from old.auth_error or new.token_expires_at is distinct from old.token_expires_at
          or new.notices <> old.notices) execute function judge_health();

-- A template that the provider does not have, until one of that name is taken.
create function judge_template() returns trigger language plpgsql as $$
declare
    _name text := coalesce(new.content ->> 'name', '');
begin
    if new.state = 'sent' then
        perform resolve_alert(new.user_id, 'template_missing', _name);
    elsif new.error_code in ('132001', '132005', '132007', '132015', '132016', '63027', '63028') then
        perform raise_alert(new.user_id, 'template_missing', _name, jsonb_build_object(
            'phone_number_id', new.phone_number_id, 'error', new.error_code || ' ' || left(new.error_message, 150)));
    end if;
    return null;
end $$;
create trigger judge_template after update on message_parts for each row
    when (new.kind = 'template' and new.state in ('sent', 'failed') and new.state is distinct from old.state)
    execute function judge_template();

-- The numbers that a webhook which can't be read seems to be for.
create function addresses_in(_endpoint text, _body bytea) returns text[] language sql immutable as $$
    select array_agg(distinct address) from (
        select 'whatsapp:' || m[1] as address
        from regexp_matches(encode(substring(_body for 65536), 'escape'), '"phone_number_id"\s*:\s*"([0-9]{1,40})"', 'g') m
        where _endpoint = 'meta'
        union all
        select 'instagram:' || m[1]
        from regexp_matches(encode(substring(_body for 65536), 'escape'), '"id"\s*:\s*"([0-9]{1,40})"', 'g') m
        where _endpoint = 'meta' and encode(substring(_body for 65536), 'escape') ~ '"object"\s*:\s*"instagram"'
        union all
        select 'sms:+' || m[1]
        from regexp_matches(encode(substring(_body for 65536), 'escape'), '(?:^|&)To=%2B([0-9]{1,20})(?:&|$)', 'g') m
        where _endpoint like 'twilio/%'
    ) a
$$;

-- What was put aside is told to those whom it is for. The envelope comes first: what goes wrong here is left out.
create function tell_parked() returns trigger language plpgsql security definer set search_path from current as $$
declare
    _r record;
begin
    new.addresses := coalesce(new.addresses, addresses_in(new.endpoint, new.body));
    for _r in
        select r.user_id, r.phone_number_id, exists (
            select from agents a where a.user_id = r.user_id and a.phone_number_id = r.phone_number_id) as answered
        from unnest(new.addresses) a (name)
        join routes r on r.platform = split_part(a.name, ':', 1) and r.address = substr(a.name, strpos(a.name, ':') + 1)
        order by r.user_id collate "C", r.phone_number_id collate "C"
    loop
        perform raise_alert(_r.user_id, 'messages_parked', _r.phone_number_id, jsonb_build_object(
            'problem', new.problem, 'cause', case when _r.answered then '' else 'no_agent' end));
    end loop;
    return new;
exception when others then
    raise warning 'no alert for a parked envelope: %', sqlstate;
    return new;
end $$;
create trigger tell_parked before insert on envelopes for each row when (new.state = 'parked')
    execute function tell_parked();

-- Nothing is wrong any more with a number that is gone.
create function forget_alerts() returns trigger language plpgsql as $$
begin
    perform resolve_alert(user_id, alert_type, subject) from system_alerts
    where user_id = old.user_id and phone_number_id = old.id and resolved_at is null;
    return null;
end $$;
create trigger forget_alerts after delete on phone_numbers for each row execute function forget_alerts();

-- What the watcher looks through, each minute: small, however many messages there are.
create index envelopes_parked_for on envelopes using gin (addresses) where state = 'parked';
create index conversations_parked on conversations (user_id, parked_since) where parked_since is not null;
create index message_parts_undelivered on message_parts (user_id, phone_number_id, updated_at) where delivery = 'failed';
create index meetings_unsettled on meetings (user_id, meeting_id) where state in ('booking', 'moving', 'cancelling');
create index media_of_number on media (user_id, phone_number_id, created_at) where phone_number_id is not null;
create index media_failed on media (user_id, phone_number_id, created_at) where state in ('failed', 'expired');
