-- What the providers' protocols need besides text: files, edits, deletions, consent, moved names, windows, health.

create domain media_state as varchar(10) check (value in ('pending', 'ready', 'failed', 'expired'));

alter table conversations add column last_inbound_at timestamptz;
update conversations c set last_inbound_at = coalesce(m.sent_at, m.timestamp)
from messages m
where m.user_id = c.user_id and m.conversation_id = c.conversation_id and m.sequence_no = c.last_inbound_no;
alter table messages add column edited_at timestamptz, add column revoked_at timestamptz;
alter table message_parts add column kind varchar(20) not null default 'text', add column content jsonb;

-- An edit or a deletion may come before the message that it speaks of; a reaction never changes one.
create index messages_amending on messages (user_id, phone_number_id, reply_to) where kind in ('edit', 'revoke');
create index message_parts_failed on message_parts (user_id, phone_number_id, updated_at) where state = 'failed';
create index conversations_person on conversations (user_id, customer_id) where is_active;

-- Edits and deletions of messages that have not come yet. A table of its own and nearly empty, because every message asks
-- it whether somebody has spoken of it already.
create table early_amendments (
    user_id         varchar(50)  not null,
    phone_number_id varchar(50)  not null,
    target          varchar(255) not null,
    primary key (user_id, phone_number_id, target)
);

-- A file: one that a customer sent, fetched from the provider, or one that the business uploaded (no message then).
create table media (
    user_id         varchar(50)  not null references users,
    media_id        varchar(50)  not null,
    message_id      varchar(100),
    conversation_id varchar(50),
    phone_number_id varchar(50),
    place           smallint     not null default 1,
    kind            varchar(20)  not null,
    provider_id     varchar(255) not null default '',
    url             text         not null default '',
    mime_type       varchar(255) not null default '',
    filename        varchar(255) not null default '',
    state           media_state  not null default 'pending',
    sha256          varchar(64),
    size_bytes      bigint,
    problem         varchar(200),
    attempts        smallint     not null default 0,
    next_attempt_at timestamptz  not null default now(),
    lease_owner     varchar(100),
    lease_until     timestamptz,
    expires_at      timestamptz,
    created_at      timestamptz  not null default now(),
    primary key (user_id, media_id),
    foreign key (user_id, message_id) references messages
);

create index media_message on media (user_id, message_id) where message_id is not null;
create index media_pending on media (next_attempt_at) where state = 'pending';

-- Consent: the ledger says what a customer said and when; opt_outs what holds now.
create table consent_ledger (
    user_id     varchar(50) not null,
    entry_id    bigint      generated always as identity,
    customer_id varchar(50) not null,
    platform    varchar(20) not null,
    scope       varchar(20) not null check (scope in ('all', 'marketing')),
    granted     boolean     not null,
    source      varchar(20) not null,
    created_at  timestamptz not null default now(),
    primary key (user_id, entry_id),
    foreign key (user_id, customer_id) references customers
);

create table opt_outs (
    user_id     varchar(50) not null,
    customer_id varchar(50) not null,
    platform    varchar(20) not null,
    scope       varchar(20) not null check (scope in ('all', 'marketing')),
    source      varchar(20) not null,
    created_at  timestamptz not null default now(),
    primary key (user_id, customer_id, platform, scope),
    foreign key (user_id, customer_id) references customers
);

create trigger consent_ledger_immutable before update on consent_ledger
    for each row execute function refuse_change();

-- A number that its provider told to be slower, or whose credentials it refused: nothing leaves until then.
create table number_pauses (
    user_id         varchar(50)  not null,
    phone_number_id varchar(50)  not null,
    until           timestamptz  not null,
    reason          varchar(200) not null,
    primary key (user_id, phone_number_id),
    foreign key (user_id, phone_number_id) references phone_numbers on delete cascade
);

create table channel_health (
    user_id            varchar(50) not null,
    phone_number_id    varchar(50) not null,
    last_webhook_at    timestamptz,
    last_sent_at       timestamptz,
    auth_failed_at     timestamptz,
    auth_error         text,
    token_expires_at   timestamptz,
    token_refreshed_at timestamptz,
    caught_up_at       timestamptz,
    notices            jsonb       not null default '{}',
    primary key (user_id, phone_number_id),
    foreign key (user_id, phone_number_id) references phone_numbers on delete cascade
);

-- Webhooks whose signature did not match, by where they were sent and which secrets were tried (their fingerprints).
create table hook_failures (
    endpoint     varchar(50)  not null,
    url          varchar(500) not null,
    secrets      varchar(200) not null,
    reason       varchar(300) not null,
    count        bigint       not null default 1,
    first_at     timestamptz  not null default now(),
    last_at      timestamptz  not null default now(),
    primary key (endpoint, url, secrets)
);

-- The provider's echo of something that may be ours and is being sent at this moment.
create table held_echoes (
    user_id             varchar(50)  not null,
    conversation_id     varchar(50)  not null,
    phone_number_id     varchar(50)  not null,
    platform_message_id varchar(255) not null,
    message_id          varchar(100) not null,
    kind                varchar(20)  not null,
    text                text         not null,
    content             jsonb,
    media               jsonb,
    sent_at             timestamptz,
    created_at          timestamptz  not null default now(),
    primary key (user_id, phone_number_id, platform_message_id),
    foreign key (user_id, conversation_id) references conversations
);

-- What a webhook says about a customer or a number, and not in a conversation. It is stored with its envelope, and done
-- right after in a transaction of its own: names and conversations are then locked one at a time. What can't be done keeps
-- its problem and stays to be seen.
create table asides (
    user_id         varchar(50) not null,
    aside_id        bigint      generated always as identity,
    phone_number_id varchar(50) not null,
    platform        varchar(20) not null,
    what            jsonb       not null,
    problem         text,
    created_at      timestamptz not null default now(),
    primary key (user_id, aside_id)
);

-- One messaging service serves a pool of numbers: where nobody has the pool's number, its service is asked.
create or replace function keep_route() returns trigger language plpgsql security definer set search_path from current as $$
begin
    if tg_op <> 'INSERT' then
        delete from routes where platform = old.platform and user_id = old.user_id and phone_number_id = old.id;
    end if;
    if tg_op <> 'DELETE' then
        insert into routes values (new.platform, new.meta_phone_number_id, new.user_id, new.id);
        if new.platform = 'sms' and new.settings ->> 'messaging_service_sid' like 'MG%' then
            insert into routes values (new.platform, new.settings ->> 'messaging_service_sid', new.user_id, new.id)
            on conflict do nothing;
        end if;
    end if;
    return null;
end $$;

drop trigger keep_route on phone_numbers;
create trigger keep_route
    after insert or delete or update of platform, meta_phone_number_id, settings on phone_numbers
    for each row execute function keep_route();

do $$
declare
    _table text;
begin
    foreach _table in array array['media', 'consent_ledger', 'opt_outs', 'number_pauses', 'channel_health',
                                  'held_echoes', 'asides', 'early_amendments'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
    grant select on hook_failures to frontdesk_tenant;
end $$;
