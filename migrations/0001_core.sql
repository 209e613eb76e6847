-- The tables of the messaging gateway. Names and columns follow the schema that the product was specified with; where
-- it could not hold what it meant, docs/data_model.md says what was built instead and why.
-- user_id is first in every key of a table that belongs to a business, so that the store can be cut by business.

do $$
begin
    create role frontdesk_tenant nologin;
exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        raise exception 'The database role % may not create roles.', current_user
            using hint = 'Run once as an administrator: create role frontdesk_tenant nologin; grant frontdesk_tenant to '
                         || quote_ident(current_user) || ';';
end $$;

do $$
begin
    execute format('grant frontdesk_tenant to %I', current_user);
exception
    when others then null;   -- granted already, by an administrator or at this moment by another database's migration
end $$;

do $$
begin
    set local role frontdesk_tenant;
    reset role;
exception
    when insufficient_privilege then
        raise exception 'The database role % may not act as frontdesk_tenant.', current_user
            using hint = 'Run once as an administrator: grant frontdesk_tenant to ' || quote_ident(current_user) || ';';
end $$;

create function update_updated_at_column() returns trigger language plpgsql as $$
begin
    new.updated_at = now();
    return new;
end $$;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% rows never change', tg_table_name using errcode = 'restrict_violation';
end $$;

-- What a word in a column may be. Domains and not CHECKs of the table, because a table's CHECKs are parsed again for each
-- statement that writes, which on the busy tables costs a tenth of the whole write.
create domain message_sender as varchar(20) check (value in ('user', 'agent'));
create domain message_author as varchar(20) check (value in ('customer', 'ai', 'human', 'fallback'));
create domain message_status as varchar(20) check (value in ('sent', 'failed', 'pending'));
create domain positive as integer check (value > 0);
create domain conversation_owner as varchar(10) check (value in ('agent', 'human'));
create domain part_state as varchar(10) check (value in ('queued', 'sending', 'sent', 'failed', 'unknown'));
create domain part_delivery as varchar(10) check (value in ('sent', 'failed', 'delivered', 'read'));

-- Businesses and what they own ------------------------------------------------------------------------------------

create table users (
    user_id      varchar(50)  primary key,
    email        varchar(255) not null unique,
    company_name varchar(255),
    suspended_at timestamptz,
    created_at   timestamptz  not null default now(),
    updated_at   timestamptz  not null default now()
);

create table api_keys (
    user_id      varchar(50)  not null references users,
    key_id       varchar(50)  not null,
    name         varchar(255) not null,
    key_hash     bytea        not null,
    scopes       text[]       not null,
    created_at   timestamptz  not null default now(),
    last_used_at timestamptz,
    revoked_at   timestamptz,
    primary key (user_id, key_id),
    unique (user_id, key_hash)
);

create table phone_numbers (
    user_id              varchar(50)  not null references users,
    id                   varchar(50)  not null,
    platform             varchar(20)  not null check (platform in ('whatsapp', 'instagram', 'webchat', 'sms')),
    meta_phone_number_id varchar(100) not null,
    access_token         text         not null,
    display_name         varchar(255),
    settings             jsonb        not null default '{}',
    created_at           timestamptz  not null default now(),
    updated_at           timestamptz  not null default now(),
    primary key (user_id, id),
    unique (user_id, meta_phone_number_id, platform)
);

-- A provider names only our address, so one address belongs to one business in the whole installation.
create table routes (
    platform        varchar(20)  not null,
    address         varchar(100) not null,
    user_id         varchar(50)  not null,
    phone_number_id varchar(50)  not null,
    primary key (platform, address)
);

create function keep_route() returns trigger language plpgsql security definer set search_path from current as $$
begin
    if tg_op <> 'INSERT' then
        delete from routes where platform = old.platform and address = old.meta_phone_number_id;
    end if;
    if tg_op <> 'DELETE' then
        insert into routes values (new.platform, new.meta_phone_number_id, new.user_id, new.id);
    end if;
    return null;
end $$;

create trigger keep_route after insert or delete or update of platform, meta_phone_number_id on phone_numbers
    for each row execute function keep_route();

create table prompts (
    user_id        varchar(50)  not null references users,
    prompt_id      varchar(100) not null,
    name           varchar(255) not null,
    active_version integer      not null default 1,
    created_at     timestamptz  not null default now(),
    updated_at     timestamptz  not null default now(),
    primary key (user_id, prompt_id)
);

create table prompt_versions (
    user_id      varchar(50)  not null,
    prompt_id    varchar(100) not null,
    version      integer      not null,
    instructions text         not null,
    created_at   timestamptz  not null default now(),
    primary key (user_id, prompt_id, version),
    foreign key (user_id, prompt_id) references prompts
);

create trigger prompt_versions_immutable before update on prompt_versions
    for each row execute function refuse_change();

create table agents (
    user_id         varchar(50)  not null references users,
    agent_id        varchar(50)  not null,
    phone_number_id varchar(50),
    prompt_id       varchar(100) not null,
    name            varchar(255) not null,
    model           varchar(100),
    quiet_ms        integer      not null default 800 check (quiet_ms between 0 and 60000),
    max_wait_ms     integer      not null default 8000 check (max_wait_ms between 0 and 300000),
    fallback_text   text         not null
        default 'Sorry, I cannot answer right now. Your message is safe with us and someone will get back to you.',
    created_at      timestamptz  not null default now(),
    updated_at      timestamptz  not null default now(),
    primary key (user_id, agent_id),
    unique (user_id, phone_number_id),
    foreign key (user_id, phone_number_id) references phone_numbers,
    foreign key (user_id, prompt_id) references prompts
);

-- Customers -------------------------------------------------------------------------------------------------------

create table customers (
    user_id     varchar(50) not null references users,
    customer_id varchar(50) not null,
    name        varchar(255),
    created_at  timestamptz not null default now(),
    primary key (user_id, customer_id)
);

create table customer_aliases (
    user_id     varchar(50)  not null,
    kind        varchar(20)  not null,
    value       varchar(255) not null,
    customer_id varchar(50)  not null,
    created_at  timestamptz  not null default now(),
    primary key (user_id, kind, value),
    foreign key (user_id, customer_id) references customers
);

create index customer_aliases_customer on customer_aliases (user_id, customer_id);

-- Conversations ---------------------------------------------------------------------------------------------------

create table conversations (
    user_id                varchar(50)  not null references users,
    conversation_id        varchar(50)  not null,
    agent_id               varchar(50)  not null,
    phone_number_id        varchar(50)  not null,
    customer_phone         varchar(200) not null,
    customer_id            varchar(50)  not null,
    openai_conversation_id varchar(100),
    created_at             timestamptz  not null default now(),
    last_message_at        timestamptz  not null default now(),
    last_extraction_at     timestamptz,
    is_active              boolean      not null default true,
    -- numbering: the last number given, the last that a customer wrote, the last that was answered
    last_sequence_no       integer      not null default 0,
    last_inbound_no        integer      not null default 0,
    answered_no            integer      not null default 0,
    -- who speaks for the business; the epoch grows at every change of hands
    owner                  conversation_owner not null default 'agent',
    owner_epoch            integer      not null default 0,
    -- when the next turn is due, and who runs it. due_at is indexed, so it is written once for a burst; each further
    -- message moves quiet_until alone, and the claim looks again when that is later
    waiting_since          timestamptz,
    quiet_until            timestamptz,
    due_at                 timestamptz,
    held_for               varchar(20),
    supersedes             smallint     not null default 0,
    lease_owner            varchar(100),
    lease_until            timestamptz,
    fence                  bigint       not null default 0,
    primary key (user_id, conversation_id),
    foreign key (user_id, agent_id) references agents,
    foreign key (user_id, phone_number_id) references phone_numbers,
    foreign key (user_id, customer_id) references customers
) with (fillfactor = 70);

create unique index conversations_active on conversations (user_id, agent_id, customer_phone) where is_active;
create index conversations_due on conversations (due_at) where due_at is not null;
create index conversations_leased on conversations (lease_until) where lease_until is not null;
create index conversations_inbox on conversations (user_id, created_at desc, conversation_id desc);
create index conversations_customer on conversations (user_id, phone_number_id, customer_phone);

create table turns (
    user_id         varchar(50)  not null,
    turn_id         varchar(50)  not null,
    conversation_id varchar(50)  not null,
    agent_id        varchar(50)  not null,
    after_no        integer      not null,
    to_no           integer      not null,
    fence           bigint       not null,
    state           varchar(20)  not null default 'running'
        check (state in ('running', 'committed', 'superseded', 'overtaken', 'lost')),
    failure         text,
    prompt_id       varchar(100),
    prompt_version  integer,
    model           varchar(100),
    request_id      varchar(200),
    usage           jsonb,
    started_at      timestamptz  not null default now(),
    ended_at        timestamptz,
    primary key (user_id, turn_id),
    foreign key (user_id, conversation_id) references conversations,
    check (after_no < to_no)
);

create index turns_conversation on turns (user_id, conversation_id, to_no);
-- The second wall behind the lease: a conversation never has two turns at once.
create unique index turns_running on turns (user_id, conversation_id) where state = 'running';

create table messages (
    user_id             varchar(50)  not null,
    message_id          varchar(100) not null,
    conversation_id     varchar(50)  not null,
    phone_number_id     varchar(50)  not null,
    sender              message_sender not null,
    author              message_author not null,
    kind                varchar(20)  not null default 'text',
    text                text         not null,
    content             jsonb,
    timestamp           timestamptz  not null default now(),
    sent_at             timestamptz,
    status              message_status not null default 'sent',
    sequence_no         positive     not null,
    platform_message_id varchar(255),
    reply_to            varchar(255),
    turn_id             varchar(50),
    primary key (user_id, message_id),
    unique (user_id, conversation_id, sequence_no),
    foreign key (user_id, conversation_id) references conversations
);

-- One provider message is one row, for ever.
create unique index messages_provider on messages (user_id, phone_number_id, platform_message_id) where sender = 'user';

create table message_parts (
    user_id             varchar(50)  not null,
    part_id             varchar(50)  not null,
    message_id          varchar(100) not null,
    conversation_id     varchar(50)  not null,
    phone_number_id     varchar(50)  not null,
    sequence_no         integer      not null,
    part_no             smallint     not null,
    text                text         not null,
    state               part_state   not null default 'queued',
    delivery            part_delivery,
    platform_message_id varchar(255),
    attempts            smallint     not null default 0,
    next_attempt_at     timestamptz  not null default now(),
    lease_owner         varchar(100),
    lease_until         timestamptz,
    error_code          varchar(50),
    error_message       text,
    updated_at          timestamptz  not null default now(),
    primary key (user_id, part_id),
    unique (user_id, conversation_id, sequence_no, part_no),
    foreign key (user_id, message_id) references messages
) with (fillfactor = 60);

create index message_parts_queued on message_parts (next_attempt_at) where state = 'queued';
create index message_parts_open on message_parts (user_id, conversation_id, sequence_no, part_no)
    where state in ('queued', 'sending', 'unknown');
create index message_parts_provider on message_parts (user_id, phone_number_id, platform_message_id)
    where platform_message_id is not null;

-- A status that came before the message it speaks of.
create table parked_statuses (
    platform            varchar(20)  not null,
    address             varchar(100) not null,
    platform_message_id varchar(255) not null,
    state               varchar(10)  not null,
    error_code          varchar(50),
    error_message       text,
    at                  timestamptz  not null default now(),
    primary key (platform, address, platform_message_id, state)
);

create function delivery_rank(_state text) returns integer language sql immutable as $$
    select case _state when 'sent' then 1 when 'failed' then 2 when 'delivered' then 3 when 'read' then 4 else 0 end
$$;

-- The delivery of a whole message: as far as its slowest part, or failed when a part failed.
create view message_delivery_status with (security_invoker = true) as
select
    user_id,
    message_id,
    (array_agg(platform_message_id order by part_no))[1] as platform_message_id,
    case
        when bool_or(state = 'failed' or delivery = 'failed') then 'failed'
        when bool_or(state in ('queued', 'sending', 'unknown')) then 'pending'
        else (array_agg(coalesce(delivery, 'sent') order by delivery_rank(coalesce(delivery, 'sent'))))[1]
    end as status,
    (array_agg(error_message order by part_no) filter (where error_message is not null))[1] as error_message,
    max(updated_at) as updated_at
from message_parts
group by user_id, message_id;

create table conversation_archives (
    user_id                      varchar(50)  not null references users,
    archive_id                   varchar(50)  not null,
    old_agent_id                 varchar(50)  not null,
    new_agent_id                 varchar(50),
    phone_number_id              varchar(50)  not null,
    archived_conversations_count integer      not null default 0,
    archived_at                  timestamptz  not null default now(),
    reason                       varchar(255) not null default 'Agent relinked',
    primary key (user_id, archive_id),
    foreign key (user_id, new_agent_id) references agents,
    foreign key (user_id, phone_number_id) references phone_numbers
);

-- Webhooks as they arrived ----------------------------------------------------------------------------------------

create table envelopes (
    envelope_id bigint      generated always as identity primary key,
    received_at timestamptz not null default now(),
    endpoint    varchar(50) not null,
    url         text        not null,
    body        bytea       not null,
    state       varchar(10) not null default 'done' check (state in ('done', 'parked')),
    problem     text,
    addresses   text[],
    replayed_at timestamptz
);

create index envelopes_parked on envelopes (envelope_id) where state = 'parked';

-- Credits: the ledger is the truth, the balance follows it ---------------------------------------------------------

create table credits (
    user_id           varchar(50) primary key references users,
    remaining_credits integer     not null default 0 check (remaining_credits >= 0),
    total_used        integer     not null default 0 check (total_used >= 0),
    last_updated      timestamptz not null default now()
);

create table credit_ledger (
    user_id    varchar(50)  not null references users,
    entry_id   varchar(60)  not null,
    delta      integer      not null,
    reason     varchar(255) not null,
    turn_id    varchar(50),
    created_at timestamptz  not null default now(),
    primary key (user_id, entry_id)
);

create index credit_ledger_time on credit_ledger (user_id, created_at);

create function keep_credits() returns trigger language plpgsql security definer set search_path from current as $$
declare
    _sum record;
begin
    for _sum in
        select user_id, sum(delta) as delta, sum(greatest(-delta, 0)) as used
        from added group by user_id order by user_id
    loop
        update credits set
            remaining_credits = remaining_credits + _sum.delta,
            total_used = total_used + _sum.used,
            last_updated = now()
        where user_id = _sum.user_id;
        if not found then
            insert into credits (user_id, remaining_credits, total_used) values (_sum.user_id, _sum.delta, _sum.used);
        end if;
    end loop;
    return null;
end $$;

create trigger keep_credits after insert on credit_ledger
    referencing new table as added for each statement execute function keep_credits();
create trigger credit_ledger_immutable before update on credit_ledger
    for each row execute function refuse_change();

-- Leads, Google and meetings --------------------------------------------------------------------------------------

create table extractions (
    user_id                     varchar(50)  not null references users,
    extraction_id               uuid         not null default gen_random_uuid(),
    conversation_id             varchar(50)  not null,
    customer_phone              varchar(200) not null,
    extracted_at                timestamptz  not null default now(),
    is_latest                   boolean      not null default true,
    message_count_at_extraction integer      not null default 0,
    name                        varchar(255),
    email                       varchar(255),
    company                     varchar(255),
    intent                      text,
    intent_level                varchar(20)  check (intent_level in ('Low', 'Medium', 'High')),
    intent_score                integer      check (intent_score between 1 and 3),
    urgency_level               varchar(20)  check (urgency_level in ('Low', 'Medium', 'High')),
    urgency_score               integer      check (urgency_score between 1 and 3),
    budget_constraint           varchar(20)  check (budget_constraint in ('Yes', 'No', 'Maybe')),
    budget_score                integer      check (budget_score between 1 and 3),
    fit_alignment               varchar(20)  check (fit_alignment in ('Low', 'Medium', 'High')),
    fit_score                   integer      check (fit_score between 1 and 3),
    engagement_health           varchar(20)  check (engagement_health in ('Low', 'Medium', 'High')),
    engagement_score            integer      check (engagement_score between 1 and 3),
    cta_pricing_clicked         varchar(10)  check (cta_pricing_clicked in ('Yes', 'No')),
    cta_demo_clicked            varchar(10)  check (cta_demo_clicked in ('Yes', 'No')),
    cta_followup_clicked        varchar(10)  check (cta_followup_clicked in ('Yes', 'No')),
    cta_sample_clicked          varchar(10)  check (cta_sample_clicked in ('Yes', 'No')),
    cta_website_clicked         varchar(10)  check (cta_website_clicked in ('Yes', 'No')),
    cta_escalated_to_human      varchar(10)  check (cta_escalated_to_human in ('Yes', 'No')),
    total_score                 integer      check (total_score between 5 and 15),
    lead_status_tag             varchar(20)  check (lead_status_tag in ('Hot', 'Warm', 'Cold')),
    demo_book_datetime          timestamptz,
    reasoning                   jsonb,
    smart_notification          text,
    notes                       text,
    created_at                  timestamptz  not null default now(),
    updated_at                  timestamptz  not null default now(),
    primary key (user_id, extraction_id),
    foreign key (user_id, conversation_id) references conversations
);

create unique index extractions_latest on extractions (user_id, conversation_id) where is_latest;

create table google_calendar_tokens (
    user_id       varchar(50) primary key references users,
    access_token  text        not null,
    refresh_token text        not null,
    token_expiry  timestamptz not null,
    scope         text        not null,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);

create table meetings (
    user_id          varchar(50)  not null references users,
    meeting_id       varchar(50)  not null,
    conversation_id  varchar(50)  not null,
    google_event_id  varchar(255) not null,
    title            varchar(255) not null,
    customer_name    varchar(255),
    customer_email   varchar(255),
    participants     text[],
    meeting_time     timestamptz  not null,
    duration_minutes integer      not null default 30,
    timezone         varchar(100),
    meet_link        text,
    status           varchar(20)  not null check (status in ('scheduled', 'cancelled', 'completed')),
    created_at       timestamptz  not null default now(),
    updated_at       timestamptz  not null default now(),
    primary key (user_id, meeting_id),
    unique (user_id, google_event_id),
    foreign key (user_id, conversation_id) references conversations
);

-- updated_at, and the second wall between businesses ---------------------------------------------------------------

do $$
declare
    _table text;
begin
    foreach _table in array array['users', 'phone_numbers', 'prompts', 'agents', 'extractions',
                                  'google_calendar_tokens', 'meetings'] loop
        execute format('create trigger touch before update on %I for each row
                        execute function update_updated_at_column()', _table);
    end loop;
    foreach _table in array array['users', 'api_keys', 'phone_numbers', 'prompts', 'prompt_versions', 'agents',
                                  'customers', 'customer_aliases', 'conversations', 'turns', 'messages', 'message_parts',
                                  'conversation_archives', 'credits', 'credit_ledger', 'extractions',
                                  'google_calendar_tokens', 'meetings'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
    grant select on message_delivery_status to frontdesk_tenant;
    execute format('grant usage on schema %I to frontdesk_tenant', current_schema());
end $$;
