-- People who sign in, what each of them is to a business, and what was changed by whom.
-- A person may belong to several businesses, so these rows stand outside of them; members ties the two together.

alter table users
    add column business_email       varchar(255),
    add column website              varchar(500),
    add column industry             varchar(100),
    add column team_size            varchar(50),
    add column language             varchar(10)  not null default 'en',
    add column onboarding_step      integer      not null default 1 check (onboarding_step between 1 and 5),
    add column onboarding_completed boolean      not null default false;

-- What was set up before there was a console needs nobody to lead through it.
update users set onboarding_completed = true, onboarding_step = 5;

alter table api_keys add column created_by varchar(255);

create table people (
    person_id         varchar(50)  primary key,
    email             varchar(255) not null unique check (email = lower(email)),
    password_hash     varchar(255),                      -- null: nobody signs in before a password was set by a letter
    name              varchar(255) not null default '',
    language          varchar(10)  not null default 'en',
    email_verified_at timestamptz,
    waiting           boolean      not null default false, -- signs in only when the letter to the address was answered
    locked_at         timestamptz,                       -- by the operator
    totp_secret       text,                              -- sealed
    totp_since        timestamptz,                       -- null: begun and not confirmed
    totp_counter      bigint       not null default 0,   -- of the last code that was taken
    recovery_codes    bytea[]      not null default '{}',
    preferences       jsonb        not null default '{}',
    created_at        timestamptz  not null default now(),
    updated_at        timestamptz  not null default now()
);

create trigger touch before update on people for each row execute function update_updated_at_column();

create table members (
    user_id      varchar(50) not null references users,
    member_id    varchar(50) not null,
    person_id    varchar(50) not null references people,
    role         varchar(20) not null check (role in ('admin', 'manager', 'sales_rep', 'marketing', 'viewer')),
    invited_by   varchar(50),
    suspended_at timestamptz,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (user_id, member_id),
    unique (user_id, person_id)
);

create index members_of_person on members (person_id, created_at);
create trigger touch before update on members for each row execute function update_updated_at_column();

-- acts_for is the business that the person looks at in this session.
create table sessions (
    token_hash   bytea        primary key,
    session_id   varchar(50)  not null unique,
    person_id    varchar(50)  not null references people on delete cascade,
    acts_for     varchar(50)  references users,
    created_at   timestamptz  not null default now(),
    last_seen_at timestamptz  not null default now(),
    expires_at   timestamptz  not null,
    user_agent   varchar(300) not null default '',
    address      varchar(60)  not null default ''
);

create index sessions_of_person on sessions (person_id, created_at);
create index sessions_over on sessions (expires_at);

create table invitations (
    user_id       varchar(50)  not null references users,
    invitation_id varchar(50)  not null,
    email         varchar(255) not null check (email = lower(email)),
    role          varchar(20)  not null check (role in ('admin', 'manager', 'sales_rep', 'marketing', 'viewer')),
    invited_by    varchar(50),                            -- a member; null: a key or the operator
    token_hash    bytea        not null,
    created_at    timestamptz  not null default now(),
    expires_at    timestamptz  not null default now() + interval '7 days',
    accepted_at   timestamptz,
    revoked_at    timestamptz,
    primary key (user_id, invitation_id),
    unique (user_id, token_hash)
);

create unique index invitations_open on invitations (user_id, email) where accepted_at is null and revoked_at is null;

-- What a letter or the operator gave a person: good for one thing, once. by_mail: having it proves the address.
create table person_tokens (
    token_hash bytea       primary key,
    person_id  varchar(50) not null references people on delete cascade,
    purpose    varchar(20) not null check (purpose in ('verify', 'password')),
    by_mail    boolean     not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);

create index person_tokens_of_person on person_tokens (person_id, purpose);

-- Wrong passwords, counted for addresses that nobody has just as for those that somebody has.
create table sign_in_tries (
    email_hash   bytea       primary key,
    tries        integer     not null,
    since        timestamptz not null,
    closed_until timestamptz
);

-- What was done to a business, and by whom. A sign-in stands in each business that the person belongs to.
create table audit_log (
    user_id    varchar(50)  not null references users,
    audit_id   varchar(50)  not null,
    at         timestamptz  not null default clock_timestamp(),
    actor_kind varchar(10)  not null check (actor_kind in ('member', 'key', 'operator', 'customer', 'system')),
    actor_id   varchar(50)  not null default '',
    actor_name varchar(255) not null default '',
    action     varchar(60)  not null,                     -- an operation's id, or a word such as sign_in
    target     text[]       not null default '{}',        -- the ids in the path
    changed    text[]       not null default '{}',        -- names of fields
    changes    jsonb        not null default '{}',        -- values of harmless ones
    request_id varchar(64)  not null default '',
    address    varchar(60)  not null default '',
    primary key (user_id, audit_id)
);

create index audit_log_newest on audit_log (user_id, at desc, audit_id desc);
create trigger audit_log_immutable before update on audit_log for each row execute function refuse_change();

-- Takes one try to sign in. Returns the seconds until the next one is taken, 0 when this one is.
create function take_try(_email_hash bytea, _most integer, _minutes integer) returns integer language plpgsql as $$
declare
    _t sign_in_tries;
begin
    insert into sign_in_tries values (_email_hash, 0, now(), null) on conflict do nothing;
    select * into _t from sign_in_tries where email_hash = _email_hash for update;
    if _t.closed_until > now() then
        return ceil(extract(epoch from _t.closed_until - now()));
    end if;
    if _t.closed_until is not null or _t.since < now() - _minutes * interval '1 minute' then
        _t.tries := 0;
        _t.since := now();
    end if;
    update sign_in_tries set tries = _t.tries + 1, since = _t.since,
        closed_until = case when _t.tries + 1 >= _most then now() + _minutes * interval '1 minute' end
    where email_hash = _email_hash;
    return 0;
end $$;

do $$
declare
    _table text;
begin
    foreach _table in array array['members', 'invitations', 'audit_log'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
    end loop;
    grant select, insert, update, delete on members, invitations to frontdesk_tenant;
    grant select, insert on audit_log to frontdesk_tenant;
end $$;

-- A business sees who its members are, and of them no more than this.
alter table people enable row level security;
create policy own_members on people for select to frontdesk_tenant
    using (exists (select from members m where m.person_id = people.person_id));
grant select (person_id, email, name, language, email_verified_at, totp_since) on people to frontdesk_tenant;
