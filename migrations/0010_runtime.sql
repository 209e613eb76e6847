-- What the agent runtime keeps: prompts in drafts and rollouts, knowledge, tools, links, hand-overs, model calls, notices.

alter table users add column zone varchar(64) not null default 'UTC';

alter table agents
    add column revision       bigint      not null default 1,   -- grows when anything changes that its turns read
    add column fallback_model varchar(100),
    add column language       varchar(10) not null default 'en',
    add column hours          jsonb,
    add column outside_hours  varchar(10) not null default 'answer' check (outside_hours in ('answer', 'away')),
    add column away_text      text,
    add column media_wait_ms  integer     not null default 20000 check (media_wait_ms between 0 and 120000),
    add column state          varchar(12) not null default 'local' check (state in ('local', 'conversation')),
    add column tools          text[],                           -- null: every tool of the business
    add column variables      jsonb       not null default '{}',
    add column moderation     varchar(10) not null default 'off' check (moderation in ('off', 'score', 'block')),
    add column fresh_minutes  integer     not null default 60 check (fresh_minutes between 0 and 1440),
    add column most_turns_a_day integer   check (most_turns_a_day > 0),      -- of one conversation
    add column most_micros_a_day bigint   check (most_micros_a_day > 0),     -- of the agent, at the provider
    alter column fallback_text drop not null,
    alter column fallback_text drop default;
update agents set fallback_text = null where fallback_text
    = 'Sorry, I cannot answer right now. Your message is safe with us and someone will get back to you.';

alter table customers
    add column language varchar(10),
    add column facts    jsonb not null default '{}';            -- {name: {"value", "turn_id", "at"}}

alter table conversations
    add column assignee     varchar(255),
    add column media_no     integer  not null default 0,        -- the last message that brought a file
    add column kept_no      integer  not null default 0,        -- how far the provider's copy of the transcript reaches
    add column parks        smallint not null default 0,        -- turns put off in a row
    add column parked_since timestamptz,
    add column told         varchar(40);                        -- the fixed line that was said for what is the matter now

-- Prompts: drafts, a share of the conversations for a version on trial, and prompts that were stored at the provider.
alter table prompts
    add column trial_version integer,
    add column trial_percent smallint not null default 0 check (trial_percent between 0 and 100),
    add column legacy_id     varchar(100);
create unique index prompts_legacy on prompts (user_id, legacy_id) where legacy_id is not null;
alter table prompt_versions
    add column variables jsonb not null default '[]',           -- [{"name", "type", "default"?}]
    add column legacy    jsonb,                                  -- {"id", "version"?}: the provider holds the text
    add column note      text  not null default '';

-- What a business knows, searched by words.
create table knowledge (
    user_id    varchar(50)  not null references users,
    entry_id   varchar(50)  not null,
    kind       varchar(10)  not null default 'fact' check (kind in ('fact', 'faq')),
    question   text         not null default '',
    text       text         not null,
    source     varchar(500) not null default '',
    language   varchar(10)  not null default 'en',
    words      tsvector     not null,
    created_at timestamptz  not null default now(),
    updated_at timestamptz  not null default now(),
    primary key (user_id, entry_id)
);
create index knowledge_words on knowledge using gin (words);

-- Links that are followed: what the click says about the customer goes into the extraction.
create table links (
    user_id    varchar(50)   not null references users,
    link_id    varchar(50)   not null,
    name       varchar(60)   not null,
    url        varchar(2000) not null,
    cta        varchar(20)   check (cta in ('pricing', 'demo', 'followup', 'sample', 'website')),
    created_at timestamptz   not null default now(),
    primary key (user_id, link_id),
    unique (user_id, name)
);

create table link_sends (
    user_id         varchar(50)   not null,
    token           varchar(40)   not null,
    link_id         varchar(50)   not null,
    conversation_id varchar(50)   not null,
    turn_id         varchar(50),
    url             varchar(2000) not null,
    cta             varchar(20),
    clicks          integer       not null default 0,
    first_click_at  timestamptz,
    created_at      timestamptz   not null default now(),
    primary key (user_id, token),
    foreign key (user_id, conversation_id) references conversations
);
-- A click names only the token, which is too random to be given twice.
create index link_sends_token on link_sends (token);
create index link_sends_conversation on link_sends (user_id, conversation_id);

-- Tools that a business defines: one HTTP request each.
create table http_tools (
    user_id     varchar(50)   not null references users,
    tool_id     varchar(50)   not null,
    name        varchar(64)   not null,
    description text          not null,
    method      varchar(10)   not null check (method in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')),
    url         varchar(2000) not null,
    headers     text          not null default '',              -- sealed JSON: secrets live here
    parameters  jsonb         not null,
    effect      varchar(10)   not null default 'read' check (effect in ('read', 'write')),
    receipt     varchar(20),
    seconds     real          not null default 10 check (seconds between 1 and 30),
    budget      smallint      not null default 5 check (budget between 1 and 20),
    enabled     boolean       not null default true,
    created_at  timestamptz   not null default now(),
    updated_at  timestamptz   not null default now(),
    primary key (user_id, tool_id),
    unique (user_id, name)
);

-- What a tool did, written before it does it.
create table tool_calls (
    user_id         varchar(50)  not null,
    turn_id         varchar(50)  not null,
    call_no         smallint     not null,
    conversation_id varchar(50)  not null,
    after_no        integer      not null,                       -- of the turn: what it answers begins behind this number
    tool            varchar(64)  not null,
    effect          varchar(10)  not null check (effect in ('read', 'write', 'again')),
    arguments       jsonb        not null,
    fingerprint     varchar(64)  not null,                       -- of tool and arguments
    state           varchar(10)  not null default 'begun' check (state in ('begun', 'done', 'failed')),
    result          text,
    receipt         varchar(20),
    started_at      timestamptz  not null default now(),
    ended_at        timestamptz,
    primary key (user_id, turn_id, call_no),
    foreign key (user_id, turn_id) references turns
);
-- The same effect on the same unanswered messages happens once, whichever turn asks for it.
create unique index tool_calls_once on tool_calls (user_id, conversation_id, after_no, fingerprint)
    where effect = 'write' and state <> 'failed';

-- Who of our side had a conversation, from when to when, and why.
create table handovers (
    user_id         varchar(50) not null,
    handover_id     varchar(50) not null,
    conversation_id varchar(50) not null,
    from_no         integer     not null,                        -- the last number when it began
    to_no           integer,
    by              varchar(10) not null check (by in ('agent', 'human', 'echo', 'gateway')),
    reason          varchar(60) not null,
    note            text        not null default '',
    return_note     text        not null default '',
    started_at      timestamptz not null default now(),
    ended_at        timestamptz,
    primary key (user_id, handover_id),
    foreign key (user_id, conversation_id) references conversations
);
create unique index handovers_open on handovers (user_id, conversation_id) where ended_at is null;
create index handovers_conversation on handovers (user_id, conversation_id, from_no);

alter table turns
    add column action   varchar(10),
    add column reason   varchar(200),
    add column language varchar(10),
    add column trace    jsonb,
    drop constraint turns_state_check,
    add constraint turns_state_check
        check (state in ('running', 'committed', 'superseded', 'overtaken', 'lost', 'parked'));

-- Every request to the model's provider, in the provider's own token classes. cost_micros is millionths of a US dollar, by
-- the prices of that day; null where the price is not known. subject_id is the turn, or the file that was transcribed.
create table model_calls (
    user_id            varchar(50)  not null references users,
    subject_id         varchar(50)  not null,
    call_no            smallint     not null,
    kind               varchar(20)  not null check (kind in ('reply', 'transcription', 'moderation', 'extraction')),
    conversation_id    varchar(50),
    agent_id           varchar(50),
    model              varchar(100) not null default '',
    prompt_id          varchar(100),
    prompt_version     integer,
    outcome            varchar(60)  not null default 'ok',
    request_id         varchar(200) not null default '',
    input_tokens       integer      not null default 0,
    cached_tokens      integer      not null default 0,
    cache_write_tokens integer      not null default 0,
    output_tokens      integer      not null default 0,
    reasoning_tokens   integer      not null default 0,
    audio_tokens       integer      not null default 0,
    audio_seconds      real         not null default 0,
    cost_micros        bigint,
    created_at         timestamptz  not null default now(),
    primary key (user_id, subject_id, call_no)
);
create index model_calls_time on model_calls (user_id, created_at);

-- What a business should know, told once for as long as it lasts.
create table notices (
    user_id     varchar(50)  not null references users,
    notice_id   varchar(50)  not null,
    kind        varchar(30)  not null,
    subject     varchar(100) not null default '',
    detail      jsonb        not null default '{}',
    created_at  timestamptz  not null default now(),
    last_at     timestamptz  not null default now(),
    times       integer      not null default 1,
    resolved_at timestamptz,
    primary key (user_id, notice_id)
);
create unique index notices_open on notices (user_id, kind, subject) where resolved_at is null;

-- Copies of transcripts at the provider that are no longer wanted; they are deleted there, item by item.
create table provider_orphans (
    user_id                varchar(50)  not null,
    openai_conversation_id varchar(100) not null,
    attempts               smallint     not null default 0,
    next_attempt_at        timestamptz  not null default now(),
    primary key (user_id, openai_conversation_id)
);

alter table media
    add column transcript       text,
    add column transcript_state varchar(10) not null default 'none'
        check (transcript_state in ('none', 'pending', 'ready', 'failed'));
create index media_to_transcribe on media (next_attempt_at) where transcript_state = 'pending';
create index media_awaited on media (user_id, conversation_id) where state = 'pending' or transcript_state = 'pending';

-- An agent's turns read its settings once for each revision.
create function touch_agents() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'users' then
        if new.company_name is not distinct from old.company_name and new.zone = old.zone then
            return null;
        end if;
    end if;
    update agents set revision = revision + 1 where user_id = coalesce(new.user_id, old.user_id);
    return null;
end $$;

create function touch_agent() returns trigger language plpgsql as $$
begin
    if new.revision = old.revision then
        new.revision := old.revision + 1;
    end if;
    return new;
end $$;

create trigger revise before update on agents for each row execute function touch_agent();
create trigger revise after update on users for each row execute function touch_agents();
create trigger revise after insert or update or delete on links for each row execute function touch_agents();
create trigger revise after insert or update or delete on http_tools for each row execute function touch_agents();
-- Only whether there is any knowledge matters to the settings.
create function touch_agents_by_knowledge() returns trigger language plpgsql as $$
declare
    _user varchar := coalesce(new.user_id, old.user_id);
begin
    if (select count(*) from (select 1 from knowledge where user_id = _user limit 2) k) < 2 then
        update agents set revision = revision + 1 where user_id = _user;
    end if;
    return null;
end $$;
create trigger revise after insert or delete on knowledge for each row execute function touch_agents_by_knowledge();

do $$
declare
    _table text;
begin
    foreach _table in array array['knowledge', 'http_tools'] loop
        execute format('create trigger touch before update on %I for each row
                        execute function update_updated_at_column()', _table);
    end loop;
    foreach _table in array array['knowledge', 'links', 'link_sends', 'http_tools', 'tool_calls', 'handovers',
                                  'model_calls', 'notices', 'provider_orphans'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
end $$;
