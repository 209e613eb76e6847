-- Reminders before a meeting and a word after it: one row for each, made with the meeting and ended with it.

alter table meetings add column confirmed_at timestamptz;      -- when the customer said that he will be there

-- `kind` plan stands for the meeting itself: it is due when the meeting has changed and its reminders have to be thought
-- about again. The others wait until they are due, then are sent or skipped; `ended` is one whose time is not the meeting's
-- any more. `minutes` is before the beginning or after the end, `for_time` when the meeting began as this was planned.
-- `since` is when it changed last: who books later than a reminder would have come has not forgotten yet.
create table meeting_reminders (
    user_id     varchar(50)  not null,
    reminder_id varchar(50)  not null,
    meeting_id  varchar(50)  not null,
    kind        varchar(10)  not null check (kind in ('plan', 'reminder', 'follow_up')),
    minutes     integer      not null default 0,
    for_time    timestamptz  not null default '-infinity',
    rule        jsonb        not null default '{}',
    since       timestamptz  not null default now(),
    state       varchar(10)  not null default 'waiting' check (state in ('waiting', 'sent', 'skipped', 'ended')),
    reason      varchar(40)  not null default '',             -- why it was skipped
    via         varchar(10)  not null default '' check (via in ('', 'chat', 'template', 'mail')),
    message_id  varchar(100),
    sent_at     timestamptz,
    due_at      timestamptz,                                   -- when somebody looks at it; null for never
    tries       smallint     not null default 0,
    lease_owner varchar(100),
    lease_until timestamptz,
    fence       bigint       not null default 0,
    created_at  timestamptz  not null default now(),
    updated_at  timestamptz  not null default now(),
    primary key (user_id, reminder_id),
    unique (user_id, meeting_id, kind, minutes, for_time),
    foreign key (user_id, meeting_id) references meetings on delete cascade
);
create index meeting_reminders_due on meeting_reminders (due_at) where due_at is not null;
create trigger touch before update on meeting_reminders for each row execute function update_updated_at_column();
alter table meeting_reminders enable row level security;
create policy own_rows on meeting_reminders to frontdesk_tenant
    using (user_id = current_setting('frontdesk.user_id', true));
grant select, insert, update, delete on meeting_reminders to frontdesk_tenant;

-- Part of every transaction that books, moves, cancels or ends a meeting, whoever does it.
create function plan_reminders(_user_id text, _meeting_id text) returns void language sql as $$
    insert into meeting_reminders (user_id, reminder_id, meeting_id, kind, due_at)
    values (_user_id, event_key('rmd_'), _meeting_id, 'plan', now())
    on conflict (user_id, meeting_id, kind, minutes, for_time) do update set
        since = now(), due_at = now(), tries = 0, fence = meeting_reminders.fence + 1, lease_owner = null,
        lease_until = null
$$;

create function plan_meeting() returns trigger language plpgsql as $$
begin
    perform plan_reminders(new.user_id, new.meeting_id);
    return null;
end $$;
create trigger plan_new after insert on meetings for each row
    when (new.state = 'scheduled') execute function plan_meeting();
create trigger plan_changed after update of state, meeting_time, duration_minutes on meetings for each row
    when (new.state in ('scheduled', 'cancelling', 'cancelled', 'completed')
        and (old.state, old.meeting_time, old.duration_minutes)
            is distinct from (new.state, new.meeting_time, new.duration_minutes))
    execute function plan_meeting();

-- Who said that he will be there said it of that time.
create function forget_confirmation() returns trigger language plpgsql as $$
begin
    new.confirmed_at := null;
    return new;
end $$;
create trigger forget_confirmation before update of meeting_time on meetings for each row
    when (old.meeting_time <> new.meeting_time and old.confirmed_at is not null) execute function forget_confirmation();

-- New rules count for what is ahead already.
create function plan_agent() returns trigger language plpgsql as $$
begin
    perform plan_reminders(m.user_id, m.meeting_id) from (
        select user_id, meeting_id from meetings
        where user_id = new.user_id and agent_id = new.agent_id and state = 'scheduled' and meeting_time > now()
        order by meeting_id) m;
    return null;
end $$;
create trigger plan_agent after update of booking on agents for each row
    when (old.booking is distinct from new.booking) execute function plan_agent();

select plan_reminders(user_id, meeting_id) from meetings where state = 'scheduled' and meeting_time > now();

-- Takes what is due. The fence keeps out whoever was at it before.
create function claim_reminders(_owner text, _lease_seconds double precision, _limit integer)
returns setof meeting_reminders language plpgsql as $$
declare
    _r meeting_reminders;
begin
    for _r in
        select * from meeting_reminders
        where due_at <= now() and (lease_until is null or lease_until <= now())
        order by due_at limit _limit for update skip locked
    loop
        update meeting_reminders set
            lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second', fence = fence + 1
        where user_id = _r.user_id and reminder_id = _r.reminder_id
        returning * into _r;
        return next _r;
    end loop;
end $$;

-- Says a reminder in its conversation, in one transaction with the row that says so: the number of the message. Nothing is
-- said when the meeting is not as it was read (_seen is its updated_at) or the reminder is somebody else's by now: 0; nor
-- while a turn runs, which may be about to change it: null.
create function remind(
    _user_id text, _reminder_id text, _fence bigint, _seen timestamptz, _via text, _platform text, _message jsonb
) returns integer language plpgsql as $$
declare
    _c conversations;
    _m meetings;
    _r meeting_reminders;
begin
    select c.* into _c from conversations c
    join meetings m on m.user_id = c.user_id and m.conversation_id = c.conversation_id
    join meeting_reminders r on r.user_id = m.user_id and r.meeting_id = m.meeting_id
    where r.user_id = _user_id and r.reminder_id = _reminder_id for update of c;
    select m.* into _m from meetings m join meeting_reminders r on r.user_id = m.user_id and r.meeting_id = m.meeting_id
    where r.user_id = _user_id and r.reminder_id = _reminder_id for update of m;
    select * into _r from meeting_reminders where user_id = _user_id and reminder_id = _reminder_id for update;
    if _r.state is distinct from 'waiting' or _r.fence <> _fence or _m.updated_at <> _seen
            or _m.meeting_time <> _r.for_time then
        return 0;
    elsif _c.lease_until > now() then
        return null;
    end if;
    perform say(_c, _platform, _message, null, _c.last_sequence_no + 1);
    update conversations set last_sequence_no = last_sequence_no + 1, last_message_at = now()
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    update meeting_reminders set
        state = 'sent', via = _via, message_id = _message ->> 'message_id', sent_at = now(), due_at = null,
        lease_owner = null, lease_until = null
    where user_id = _user_id and reminder_id = _reminder_id;
    return _c.last_sequence_no + 1;
end $$;

insert into alert_types (alert_type, cause, alert_level, about, by_hand, message) values
('reminder_not_sent', '', 'warning', 'agent', true, 'A customer of agent {agent} was not told of his meeting: nothing may be sent to him unasked any more. Name an approved template in the agent''s rules for reminders, or ask customers for their e-mail.'),
('reminder_not_sent', 'mail_refused', 'warning', 'agent', true, 'A customer of agent {agent} was not reminded of his meeting: no e-mail server took the letter.');
