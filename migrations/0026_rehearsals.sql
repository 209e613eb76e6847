-- Rehearsals: stored turns of a prompt tried with another of its versions, from the console or a program. What the
-- customer wrote and what was answered then stay where they are; only what would be answered now is kept, for a while.
create table rehearsals (
    user_id       varchar(50)  not null references users,
    rehearsal_id  varchar(50)  not null,
    prompt_id     varchar(100) not null,
    version       integer      not null,
    state         varchar(10)  not null default 'running' check (state in ('running', 'done', 'stopped', 'failed')),
    problem       varchar(200) not null default '',
    tries         integer      not null default 0,
    lease_owner   varchar(100),
    lease_until   timestamptz,
    fence         bigint       not null default 0,
    created_at    timestamptz  not null default now(),
    ended_at      timestamptz,
    primary key (user_id, rehearsal_id),
    foreign key (user_id, prompt_id, version) references prompt_versions
);
create unique index rehearsals_open on rehearsals (user_id) where state = 'running';
create index rehearsals_running on rehearsals (created_at) where state = 'running';
create index rehearsals_prompt on rehearsals (user_id, prompt_id, created_at desc);

-- One turn of a rehearsal. `outcome` is {"text", "action", "tools", "language", "cost_micros", "failure"}.
create table rehearsal_turns (
    user_id         varchar(50) not null,
    trial_id        varchar(50) not null,
    rehearsal_id    varchar(50) not null,
    turn_id         varchar(50) not null,
    conversation_id varchar(50) not null,
    outcome         jsonb,
    primary key (user_id, trial_id),
    unique (user_id, rehearsal_id, turn_id),
    foreign key (user_id, rehearsal_id) references rehearsals on delete cascade,
    foreign key (user_id, turn_id) references turns on delete cascade
);
create index rehearsal_turns_turn on rehearsal_turns (user_id, turn_id);
create index rehearsal_turns_conversation on rehearsal_turns (user_id, conversation_id);

alter table model_calls
    drop constraint model_calls_kind_check,
    add constraint model_calls_kind_check
        check (kind in ('reply', 'transcription', 'moderation', 'extraction', 'rehearsal'));

do $$
declare
    _table text;
begin
    foreach _table in array array['rehearsals', 'rehearsal_turns'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
end $$;
