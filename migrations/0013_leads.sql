-- Leads: when a conversation is read as one, what was proved and by which words, and the person behind it.

create table lead_settings (
    user_id       varchar(50)  primary key references users,
    hot           smallint     not null default 12,
    warm          smallint     not null default 8,
    rise          smallint     not null default 2 check (rise between 1 and 10),      -- points that are worth telling
    quiet_seconds integer      not null default 300 check (quiet_seconds between 1 and 86400),
    region        varchar(2)   not null default '',           -- where a phone number without a country belongs
    criteria      text         not null default '',           -- whom the business looks for, in its own words
    model         varchar(100),
    buttons       jsonb        not null default '{}',         -- {title of a choice: flag that a tap on it sets}
    updated_at    timestamptz  not null default now(),
    check (warm between 6 and 14 and hot between 7 and 15 and warm < hot)
);

-- A conversation that has grown is looked at when it has been quiet; set once for a burst, because it is indexed.
alter table conversations add column lead_at timestamptz;
create index conversations_lead on conversations (lead_at) where lead_at is not null;

-- How far a conversation has been read as a lead, and who is reading. `told_score` and `told_tag` are the most that the
-- business was told.
create table lead_readings (
    user_id         varchar(50)  not null,
    conversation_id varchar(50)  not null,
    state           varchar(10)  not null default 'due' check (state in ('due', 'read', 'nothing', 'failed', 'held')),
    reason          varchar(20)  not null default 'quiet',
    due_at          timestamptz,
    read_no         integer      not null default 0,
    tries           smallint     not null default 0,
    error           varchar(100),
    told_score      smallint     not null default 0,
    told_tag        varchar(20)  not null default '',
    fence           bigint       not null default 0,
    lease_owner     varchar(100),
    lease_until     timestamptz,
    read_at         timestamptz,
    updated_at      timestamptz  not null default now(),
    primary key (user_id, conversation_id),
    foreign key (user_id, conversation_id) references conversations
);
create index lead_readings_due on lead_readings (due_at) where due_at is not null;
create index lead_readings_leased on lead_readings (lease_until) where lease_until is not null;
create index lead_readings_failed on lead_readings (user_id, updated_at) where state = 'failed';

-- One person, over channels and conversations. `evidence` says for each value which words proved it, or who set it.
create table contacts (
    user_id     varchar(50)  not null references users,
    contact_id  varchar(50)  not null,
    name        varchar(255),
    email       varchar(255),
    company     varchar(255),
    phone       varchar(20),
    evidence    jsonb        not null default '{}',
    locked      jsonb        not null default '{}',           -- {column: {"by", "at"}}: a person set it, and it stays
    stage       varchar(20)  not null default 'new'
        check (stage in ('new', 'contacted', 'qualified', 'meeting', 'won', 'lost')),
    owner       varchar(255),
    tags        text[]       not null default '{}',
    next_step   text,
    merged_into varchar(50),
    created_at  timestamptz  not null default now(),
    updated_at  timestamptz  not null default now(),
    primary key (user_id, contact_id),
    foreign key (user_id, merged_into) references contacts
);
create index contacts_list on contacts (user_id, created_at desc, contact_id desc) where merged_into is null;
create index contacts_email on contacts (user_id, lower(email)) where merged_into is null and email is not null;
create index contacts_phone on contacts (user_id, phone) where merged_into is null and phone is not null;

-- Which contact went into which, why, and what both were before, so that it can be undone.
create table contact_merges (
    user_id    varchar(50)  not null,
    merge_id   varchar(50)  not null,
    kept       varchar(50)  not null,
    gone       varchar(50)  not null,
    why        varchar(10)  not null check (why in ('email', 'phone', 'human')),
    value      varchar(255) not null default '',
    customers  text[]       not null,                         -- whom it moved
    before     jsonb        not null,                         -- {"kept": row, "gone": row}
    created_at timestamptz  not null default now(),
    undone_at  timestamptz,
    primary key (user_id, merge_id),
    foreign key (user_id, kept) references contacts,
    foreign key (user_id, gone) references contacts
);
create index contact_merges_kept on contact_merges (user_id, kept);
create index contact_merges_gone on contact_merges (user_id, gone);

alter table customers add column contact_id varchar(50);
alter table customers add foreign key (user_id, contact_id) references contacts;
create index customers_contact on customers (user_id, contact_id) where contact_id is not null;

alter table extractions
    add column phone           varchar(20),
    add column next_step       text,
    add column agent_id        varchar(50),
    add column phone_number_id varchar(50),
    add column source          varchar(10) not null default 'model' check (source in ('model', 'human', 'event')),
    add column reason          varchar(20) not null default 'quiet',
    add column model           varchar(100),
    add column evidence        jsonb       not null default '{}',   -- {column: [{"sequence_no", "quote"} or our own event]}
    add column locked          jsonb       not null default '{}',   -- {column: {"by", "at"}}: a person set it, and it stays
    add column rejected        jsonb       not null default '{}';   -- {column: why what the model said was not taken}
create index extractions_list on extractions (user_id, created_at desc, extraction_id desc) where is_latest;
create index extractions_history on extractions (user_id, conversation_id, created_at desc);

create function arm_lead() returns trigger language plpgsql as $$
begin
    new.lead_at := now() + interval '10 seconds';
    return new;
end $$;
create trigger arm_lead before update on conversations for each row
    when (new.lead_at is null and new.last_inbound_no > old.last_inbound_no) execute function arm_lead();
create trigger arm_new_lead before insert on conversations for each row
    when (new.last_inbound_no > 0) execute function arm_lead();

-- Asks for a reading now, whatever goes on: one that runs already is followed by another, which finds nothing new.
create function want_reading(_user_id text, _conversation_id text, _reason text) returns void language plpgsql as $$
begin
    insert into lead_readings (user_id, conversation_id, due_at, reason)
    values (_user_id, _conversation_id, now(), _reason)
    on conflict (user_id, conversation_id) do update set
        due_at = least(lead_readings.due_at, excluded.due_at),
        reason = case when lead_readings.due_at <= now() and lead_readings.reason <> 'quiet'
                      then lead_readings.reason else excluded.reason end,
        state = 'due', tries = 0, updated_at = now();
end $$;

create function want_reading_of_row() returns trigger language plpgsql as $$
begin
    if tg_argv[0] <> 'amended' or exists (
        select 1 from lead_readings r
        where r.user_id = new.user_id and r.conversation_id = new.conversation_id
            and r.read_no >= (to_jsonb(new) ->> 'sequence_no')::integer
    ) then
        perform want_reading(new.user_id, new.conversation_id, tg_argv[0]);
    end if;
    return null;
end $$;
-- Something that looks like an address or a phone number; whether it is one is for the reading to prove.
create trigger want_reading after insert on messages for each row
    when (new.sender = 'user' and new.text ~ '@|(\d\W{0,2}){7}') execute function want_reading_of_row('contact');
-- Words that prove something may be gone, or say something else now.
create trigger want_reading_again after update of revoked_at, edited_at on messages for each row
    when (new.sender = 'user') execute function want_reading_of_row('amended');
create trigger want_reading after insert on handovers for each row execute function want_reading_of_row('handover');
create trigger want_reading after insert on meetings for each row
    when (new.status is not null) execute function want_reading_of_row('booking');
create trigger want_reading_again after update on meetings for each row
    when (new.status is distinct from old.status or new.meeting_time <> old.meeting_time)
    execute function want_reading_of_row('booking');

create type claimed_reading as (
    user_id varchar, conversation_id varchar, fence bigint, reason varchar, tries smallint, read_no integer
);

-- Moves conversations that have been quiet for long enough to the readings that are due.
create function note_quiet(_limit integer) returns integer language plpgsql as $$
declare
    _c     record;
    _quiet interval;
    _count integer := 0;
begin
    for _c in
        select user_id, conversation_id, last_message_at, last_inbound_no from conversations
        where lead_at <= now() order by lead_at limit _limit for update skip locked
    loop
        select s.quiet_seconds * interval '1 second' into _quiet from lead_settings s where s.user_id = _c.user_id;
        _quiet := coalesce(_quiet, interval '5 minutes');
        if _c.last_message_at + _quiet > now() then
            update conversations set lead_at = _c.last_message_at + _quiet
            where user_id = _c.user_id and conversation_id = _c.conversation_id;
            continue;
        end if;
        update conversations set lead_at = null
        where user_id = _c.user_id and conversation_id = _c.conversation_id;
        if not exists (
            select 1 from lead_readings r
            where r.user_id = _c.user_id and r.conversation_id = _c.conversation_id and r.read_no >= _c.last_inbound_no
        ) then
            perform want_reading(_c.user_id, _c.conversation_id, 'quiet');
            _count := _count + 1;
        end if;
    end loop;
    return _count;
end $$;

-- Takes readings that are due, and those whose reader died.
create function claim_readings(_owner text, _lease_seconds double precision, _limit integer)
returns setof claimed_reading language plpgsql as $$
declare
    _r lead_readings;
begin
    for _r in
        select * from lead_readings
        where (due_at <= now() and (lease_until is null or lease_until <= now())) or lease_until <= now()
        order by coalesce(due_at, lease_until) limit _limit for update skip locked
    loop
        update lead_readings set
            due_at = null, tries = least(tries + 1, 100), fence = fence + 1, lease_owner = _owner,
            lease_until = now() + _lease_seconds * interval '1 second', updated_at = now()
        where user_id = _r.user_id and conversation_id = _r.conversation_id;
        return next row(_r.user_id, _r.conversation_id, _r.fence + 1, _r.reason, least(_r.tries + 1, 100)::smallint,
                        _r.read_no)::claimed_reading;
    end loop;
end $$;

-- Whether a lead is one of those that a query wants; what the query does not name does not matter.
create function lead_fits(_e extractions, _platform text, _contact_id text, _q jsonb) returns boolean
language plpgsql stable as $$
begin
    return (_q ->> 'tag' is null or _e.lead_status_tag = _q ->> 'tag')
        and (_q ->> 'min_score' is null or _e.total_score >= (_q ->> 'min_score')::integer)
        and (_q ->> 'min_intent' is null or _e.intent_score >= (_q ->> 'min_intent')::integer)
        and (_q ->> 'min_urgency' is null or _e.urgency_score >= (_q ->> 'min_urgency')::integer)
        and (_q ->> 'min_budget' is null or _e.budget_score >= (_q ->> 'min_budget')::integer)
        and (_q ->> 'min_fit' is null or _e.fit_score >= (_q ->> 'min_fit')::integer)
        and (_q ->> 'min_engagement' is null or _e.engagement_score >= (_q ->> 'min_engagement')::integer)
        and (_q ->> 'agent_id' is null or _e.agent_id = _q ->> 'agent_id')
        and (_q ->> 'phone_number_id' is null or _e.phone_number_id = _q ->> 'phone_number_id')
        and (_q ->> 'channel' is null or _platform = _q ->> 'channel')
        and (_q ->> 'contact_id' is null or _contact_id = _q ->> 'contact_id')
        and (_q ->> 'has_email' is null or (_e.email is not null) = (_q ->> 'has_email')::boolean)
        and (_q ->> 'has_phone' is null or (_e.phone is not null) = (_q ->> 'has_phone')::boolean)
        and (_q ->> 'has_meeting' is null or (_e.demo_book_datetime is not null) = (_q ->> 'has_meeting')::boolean)
        and (_q ->> 'since' is null or _e.created_at >= (_q ->> 'since')::timestamptz)
        and (_q ->> 'until' is null or _e.created_at < (_q ->> 'until')::timestamptz);
end $$;

do $$
declare
    _table text;
begin
    foreach _table in array array['lead_settings', 'lead_readings', 'contacts'] loop
        execute format('create trigger touch before update on %I for each row
                        execute function update_updated_at_column()', _table);
    end loop;
    foreach _table in array array['lead_settings', 'lead_readings', 'contacts', 'contact_merges'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
end $$;
