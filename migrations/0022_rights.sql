-- Data rights: export and erasure of one person, how long things are kept, what a customer is told before he writes.
-- And linking that can be taken back.

-- How long a business keeps what it has, in days; null is for as long as nobody erases it.
create table privacy_settings (
    user_id           varchar(50) primary key references users,
    conversation_days integer     check (conversation_days between 1 and 36500),
    media_days        integer     check (media_days between 1 and 36500),
    trace_days        integer     default 90 check (trace_days between 1 and 36500),
    event_days        integer     default 90 check (event_days between 1 and 90),
    updated_at        timestamptz not null default now()
);

-- An export or an erasure on its way. `needles` are the person's addresses, for as long as webhooks are searched for them.
create table rights_jobs (
    user_id     varchar(50)  not null references users,
    job_id      varchar(50)  not null,
    kind        varchar(10)  not null check (kind in ('export', 'erase')),
    contact_id  varchar(50)  not null,
    state       varchar(10)  not null default 'running' check (state in ('running', 'done', 'failed')),
    step        varchar(12)  not null default 'begin',
    calendar    varchar(10)  not null default 'delete' check (calendar in ('delete', 'anonymise', 'keep')),
    needles     text[]       not null default '{}',
    counts      jsonb        not null default '{}',            -- what was found or erased so far
    progress    bigint       not null default 0,               -- of a search: how far
    problem     varchar(200) not null default '',
    stopped_at  timestamptz,
    media_id    varchar(50),                                   -- the file of an export
    expires_at  timestamptz,
    tries       integer      not null default 0,
    due_at      timestamptz  default now(),
    lease_owner varchar(100),
    lease_until timestamptz,
    fence       bigint       not null default 0,
    created_at  timestamptz  not null default now(),
    updated_at  timestamptz  not null default now(),
    primary key (user_id, job_id)
);
create unique index rights_jobs_open on rights_jobs (user_id, contact_id, kind) where state = 'running';
create index rights_jobs_due on rights_jobs (due_at) where due_at is not null;
create index rights_jobs_contact on rights_jobs (user_id, contact_id, created_at desc);
create index rights_jobs_ending on rights_jobs (expires_at) where expires_at is not null;

-- What an erasure still has to remove elsewhere: a file, an event at Google, a transcript at OpenAI.
create table rights_items (
    user_id  varchar(50)  not null,
    job_id   varchar(50)  not null,
    kind     varchar(10)  not null check (kind in ('file', 'event', 'transcript')),
    ref      varchar(255) not null,
    place    varchar(255) not null default '',                 -- the calendar of an event
    due_at   timestamptz  not null default now(),
    done_at  timestamptz,
    problem  varchar(100) not null default '',
    primary key (user_id, job_id, kind, ref),
    foreign key (user_id, job_id) references rights_jobs on delete cascade
);

-- That somebody was erased: what, where and when, and nothing of whom.
create table erasure_certificates (
    user_id     varchar(50) not null references users,
    job_id      varchar(50) not null,
    contact_id  varchar(50) not null,
    counts      jsonb       not null,
    asked_at    timestamptz not null,
    erased_at   timestamptz not null default now(),
    primary key (user_id, job_id)
);
create trigger erasure_certificates_immutable before update on erasure_certificates
    for each row execute function refuse_change();

-- Whoever said stop is not written to again after he was erased. Only hashes are kept, made with a secret of the business
-- and so many rounds that reading them says nothing; who has the whole store and tries every number can still tell.
create table privacy_peppers (
    user_id varchar(50) primary key references users,
    pepper  bytea       not null default sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))
);

create table suppressions (
    user_id    varchar(50) not null references users,
    hash       bytea       not null,
    platform   varchar(20) not null,
    scope      varchar(20) not null check (scope in ('all', 'marketing')),
    created_at timestamptz not null default now(),
    primary key (user_id, hash, platform, scope)
);

-- What an erased person allowed and forbade, and when: the proof that is left of the consent ledger.
create table consent_proofs (
    user_id    varchar(50) not null references users,
    hash       bytea       not null,
    platform   varchar(20) not null,
    scope      varchar(20) not null,
    granted    boolean     not null,
    source     varchar(20) not null,
    version    varchar(40) not null default '',
    created_at timestamptz not null
);
create index consent_proofs_hash on consent_proofs (user_id, hash);

-- Files that were just stored, and for whom perhaps: nobody removes them until then, because a row that names them may be
-- on its way. A row of the past asks that somebody looks whether anything names the file.
create table blob_holds (
    hold_id bigint       generated always as identity primary key,
    sha256  varchar(64)  not null,
    until   timestamptz  not null,
    visitor varchar(255) not null default ''
);
create index blob_holds_file on blob_holds (sha256);
create index blob_holds_until on blob_holds (until);
create index blob_holds_visitor on blob_holds (visitor) where visitor <> '';
create index media_blob on media (sha256) where sha256 is not null;
create index media_old on media (user_id, created_at) where sha256 is not null;
create index turns_traced on turns (user_id, ended_at) where trace is not null;

create function hold_blob(_sha256 text, _seconds double precision, _visitor text) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended(_sha256, 22));
    insert into blob_holds (sha256, until, visitor)
    values (_sha256, now() + _seconds * interval '1 second', _visitor);
end $$;

-- Whether a file may go: gone when nothing names it, shared when something does, held when somebody may be about to. The
-- caller removes it in this transaction, whose lock keeps out whoever would store the same bytes meanwhile.
create function blob_fate(_sha256 text) returns text language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(_sha256, 22));
    delete from blob_holds where sha256 = _sha256 and until <= now();
    if exists (select from media where sha256 = _sha256) then
        return 'shared';
    elsif exists (select from blob_holds where sha256 = _sha256) then
        return 'held';
    end if;
    return 'gone';
end $$;

-- Whom a contact is ------------------------------------------------------------------------------------------------

create function contacts_of(_user_id text, _contact_id text) returns setof varchar language sql stable as $$
    with recursive t as (
        select contact_id from contacts where user_id = _user_id and contact_id = _contact_id
        union select c.contact_id from contacts c join t on c.merged_into = t.contact_id where c.user_id = _user_id
    )
    select contact_id from t
$$;

create function customers_of(_user_id text, _contact_id text) returns setof varchar language sql stable as $$
    select customer_id from customers
    where user_id = _user_id and contact_id in (select contacts_of(_user_id, _contact_id))
$$;

create function conversations_of(_user_id text, _contact_id text) returns setof varchar language sql stable as $$
    select conversation_id from conversations
    where user_id = _user_id and customer_id in (select customers_of(_user_id, _contact_id))
$$;
create index conversations_whose on conversations (user_id, customer_id);

-- Opt-outs that outlive a person ------------------------------------------------------------------------------------

create function alias_hash(_user_id text, _kind text, _value text) returns bytea language plpgsql stable as $$
declare
    _pepper bytea;
    _hash   bytea;
begin
    select pepper into _pepper from privacy_peppers where user_id = _user_id;
    _hash := convert_to(case when _kind in ('phone', 'wa_id') then 'number:' || regexp_replace(_value, '\D', '', 'g')
                        else _kind || ':' || _value end, 'UTF8');
    for _round in 1..1000 loop
        _hash := sha256(_pepper || _hash);
    end loop;
    return _hash;
end $$;

-- A new person under a name that said stop has said so too.
create function heed_suppressions() returns trigger language plpgsql as $$
declare
    _hash bytea;
begin
    if new.kind = 'username' or not exists (select from suppressions where user_id = new.user_id) then
        return null;
    end if;
    _hash := alias_hash(new.user_id, new.kind, new.value);
    insert into opt_outs (user_id, customer_id, platform, scope, source)
    select new.user_id, new.customer_id, s.platform, s.scope, 'kept' from suppressions s
    where s.user_id = new.user_id and s.hash = _hash on conflict do nothing;
    return null;
end $$;
create trigger heed_suppressions after insert or update of customer_id on customer_aliases
    for each row execute function heed_suppressions();

-- Who says start again is no longer one who said stop.
create function lift_suppressions() returns trigger language plpgsql as $$
begin
    if exists (select from suppressions where user_id = new.user_id) then
        delete from suppressions s using customer_aliases a
        where a.user_id = new.user_id and a.customer_id = new.customer_id and s.user_id = new.user_id
            and s.hash = alias_hash(new.user_id, a.kind, a.value) and s.platform = new.platform
            and s.scope = new.scope;
    end if;
    return null;
end $$;
create trigger lift_suppressions after insert on consent_ledger
    for each row when (new.granted) execute function lift_suppressions();

alter table opt_outs drop constraint opt_outs_user_id_customer_id_fkey,
    add foreign key (user_id, customer_id) references customers on delete cascade;

-- Consent texts ----------------------------------------------------------------------------------------------------

alter table consent_ledger
    add column version varchar(40) not null default '',
    drop constraint consent_ledger_scope_check,
    add constraint consent_ledger_scope_check check (scope in ('all', 'marketing', 'notice'));
create index consent_ledger_customer on consent_ledger (user_id, customer_id);

-- A message that carries {"consent": {"version"}} proves that a text was agreed to before it, or is that text itself.
create function note_consent() returns trigger language plpgsql as $$
begin
    insert into consent_ledger (user_id, customer_id, platform, scope, granted, source, version)
    select new.user_id, c.customer_id, n.platform, 'notice', true,
           case new.sender when 'user' then 'prechat' else 'first_line' end, left(new.content #>> '{consent,version}', 40)
    from conversations c
    join phone_numbers n on n.user_id = c.user_id and n.id = new.phone_number_id
    where c.user_id = new.user_id and c.conversation_id = new.conversation_id and not exists (
        select from consent_ledger l
        where l.user_id = c.user_id and l.customer_id = c.customer_id and l.scope = 'notice'
            and l.platform = n.platform and l.version = left(new.content #>> '{consent,version}', 40));
    return null;
end $$;
create trigger note_consent after insert on messages for each row
    when (jsonb_typeof(new.content #> '{consent,version}') = 'string') execute function note_consent();

create trigger revise after update of settings on phone_numbers for each row
    when (old.settings -> 'consent' is distinct from new.settings -> 'consent') execute function touch_agents();

-- Erasing ----------------------------------------------------------------------------------------------------------

-- Ends what happens in a conversation now: the turn at work is kept out by the fence, what is queued does not leave. The
-- caller has locked it.
create function stop_conversation(_c conversations) returns void language plpgsql as $$
begin
    update turns set state = 'lost'       -- without an end: whoever runs it still has to notice
    where user_id = _c.user_id and conversation_id = _c.conversation_id and state = 'running';
    update message_parts set state = 'failed', error_code = 'erased', error_message = null, updated_at = now()
    where user_id = _c.user_id and conversation_id = _c.conversation_id and state = 'queued';
    update media set state = 'expired', problem = 'erased', transcript_state = 'none', lease_owner = null,
        lease_until = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id
        and (state = 'pending' or transcript_state = 'pending');
    update meetings set fence = fence + 1, due_at = null, lease_owner = null, lease_until = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    update lead_readings set fence = fence + 1, due_at = null, lease_owner = null, lease_until = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    update conversations set
        is_active = false, fence = fence + 1, owner_epoch = owner_epoch + 1, lease_owner = null, lease_until = null,
        due_at = null, waiting_since = null, quiet_until = null, lead_at = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
end $$;

-- The first step of an erasure, whole or not at all: nobody is known by the person's names any more, so that whatever
-- comes after begins somebody new, and nothing of his goes on.
create function stop_person(_user_id text, _job_id text) returns void language plpgsql as $$
declare
    _j rights_jobs;
    _a record;
    _c conversations;
begin
    select * into _j from rights_jobs where user_id = _user_id and job_id = _job_id for update;
    insert into privacy_peppers (user_id) values (_user_id) on conflict do nothing;
    for _a in
        select a.* from customer_aliases a
        where a.user_id = _user_id and a.customer_id in (select customers_of(_user_id, _j.contact_id))
        order by a.kind collate "C", a.value collate "C" for update
    loop
        insert into suppressions (user_id, hash, platform, scope)
        select _user_id, alias_hash(_user_id, _a.kind, _a.value), o.platform, o.scope from opt_outs o
        where o.user_id = _user_id and o.customer_id = _a.customer_id and _a.kind <> 'username'
        on conflict do nothing;
        insert into consent_proofs
        select _user_id, alias_hash(_user_id, _a.kind, _a.value), l.platform, l.scope, l.granted, l.source, l.version,
               l.created_at
        from consent_ledger l
        where l.user_id = _user_id and l.customer_id = _a.customer_id and _a.kind <> 'username';
        _j.needles := _j.needles || _a.value::text;
        delete from blob_holds where visitor = _a.value and _a.kind = 'visitor';
    end loop;
    delete from customer_aliases
    where user_id = _user_id and customer_id in (select customers_of(_user_id, _j.contact_id));
    for _c in
        select c.* from conversations c
        where c.user_id = _user_id and c.conversation_id in (select conversations_of(_user_id, _j.contact_id))
        order by c.agent_id collate "C", c.customer_phone collate "C", c.conversation_id collate "C" for update
    loop
        perform stop_conversation(_c);
        _j.needles := _j.needles || _c.customer_phone::text;
    end loop;
    update rights_jobs set state = 'failed', problem = 'erased', due_at = null, fence = fence + 1
    where user_id = _user_id and kind = 'export' and state = 'running'
        and contact_id in (select contacts_of(_user_id, _j.contact_id));
    update rights_jobs set
        needles = array(select distinct ltrim(n, '+') from unnest(_j.needles) n where n <> ''), step = 'settle'
    where user_id = _user_id and job_id = _job_id;
end $$;

insert into alert_types (alert_type, alert_level, about, by_hand, message) values
('erasure_late', 'critical', 'erasure', false, 'The erasure of a customer has not come to its end for a day: a place does not answer ({step}). It is tried again and again; see GET /v1/erasures.');

-- Whether everything that began before the names were forgotten has ended: transactions that may have read them, turns,
-- messages that are being sent. After `_patience` seconds a turn or message is taken for dead.
create function person_settled(_user_id text, _job_id text, _patience double precision) returns boolean
language plpgsql as $$
declare
    _j rights_jobs;
begin
    select * into _j from rights_jobs where user_id = _user_id and job_id = _job_id;
    if _j.stopped_at is null then
        -- Only now is it certain that nobody begins who still sees the names.
        update rights_jobs set stopped_at = clock_timestamp() where user_id = _user_id and job_id = _job_id;
        return false;
    end if;
    if exists (
        select from pg_stat_activity a
        where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
            and a.xact_start <= _j.stopped_at
    ) then
        return false;
    end if;
    return _j.stopped_at < now() - _patience * interval '1 second' or not exists (
        select from conversations_of(_user_id, _j.contact_id) c
        where exists (
            select from turns t where t.user_id = _user_id and t.conversation_id = c and t.state = 'lost'
                and t.ended_at is null and t.started_at > now() - _patience * interval '1 second'
        ) or exists (
            select from message_parts p where p.user_id = _user_id and p.conversation_id = c and p.state = 'sending'
        ));
end $$;

-- Takes jobs that are due.
create function claim_rights(_owner text, _lease_seconds double precision, _limit integer) returns setof rights_jobs
language plpgsql as $$
declare
    _j rights_jobs;
begin
    for _j in
        select * from rights_jobs
        where due_at <= now() and state = 'running' and (lease_until is null or lease_until <= now())
        order by due_at limit _limit for update skip locked
    loop
        update rights_jobs set
            lease_owner = _owner, lease_until = now() + _lease_seconds * interval '1 second', fence = fence + 1
        where user_id = _j.user_id and job_id = _j.job_id
        returning * into _j;
        return next _j;
    end loop;
end $$;

-- Linking ----------------------------------------------------------------------------------------------------------

alter table conversations add column archive_id varchar(50);   -- the relink that closed it, while that can be taken back
create index conversations_archived on conversations (user_id, archive_id) where archive_id is not null;
alter table conversation_archives
    add column moved_from varchar(50),                          -- the number that the new agent answered before
    add column undone_at  timestamptz;

-- Closes a conversation. Whoever was to answer in it does not any more; what nobody has answered is for a person. The
-- caller has locked it.
create function archive_conversation(_c conversations, _archive_id text) returns void language plpgsql as $$
begin
    _c := cancel_turn(_c);
    update turns set state = 'lost', ended_at = now()
    where user_id = _c.user_id and conversation_id = _c.conversation_id and state = 'running';
    if found then
        _c := forget_copy(_c);
    end if;
    if _c.owner = 'agent' and _c.last_inbound_no > _c.answered_no then
        _c := take_over(_c, 'gateway', 'relinked', '');
    end if;
    update conversations set
        is_active = false, archive_id = _archive_id, due_at = null, waiting_since = null, quiet_until = null,
        held_for = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
end $$;

-- Opens a conversation again that a relink had closed. The caller has locked it.
create function reopen_conversation(_c conversations) returns void language plpgsql as $$
begin
    update conversations set is_active = true, archive_id = null
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    if exists (
        select from handovers
        where user_id = _c.user_id and conversation_id = _c.conversation_id and ended_at is null
            and "by" = 'gateway' and reason = 'relinked'
    ) then
        perform change_owner(_c.user_id, _c.conversation_id, 'agent', null, null, null);
    end if;
end $$;

create function archive_active(_user_id text, _archive_id text, _agents text[]) returns integer language plpgsql as $$
declare
    _c     conversations;
    _count integer := 0;
begin
    for _c in
        select * from conversations
        where user_id = _user_id and is_active and agent_id = any (_agents)
        order by agent_id collate "C", customer_phone collate "C", conversation_id collate "C" for update
    loop
        perform archive_conversation(_c, _archive_id);
        _count := _count + 1;
    end loop;
    return _count;
end $$;

-- Links an agent to a number, or with no number takes it off the one that it answers. The number's former agent steps
-- back and the active conversations of both are archived, all in one transaction; incoming messages wait for it or come
-- before it (see open_conversation). Null: it answers that number already.
create or replace function link_agent(
    _user_id text, _agent_id text, _phone_number_id text, _archive_id text, _reason text
) returns integer language plpgsql as $$
declare
    _old   varchar;
    _count integer;
    _from  varchar;
begin
    perform 1 from agents where user_id = _user_id and (agent_id = _agent_id or phone_number_id = _phone_number_id)
    order by agent_id collate "C" for update;
    select phone_number_id into _from from agents where user_id = _user_id and agent_id = _agent_id;
    if _from is not distinct from _phone_number_id then
        return 0;
    end if;
    select agent_id into _old from agents where user_id = _user_id and phone_number_id = _phone_number_id;
    _count := archive_active(_user_id, _archive_id, array[_agent_id, _old]);
    update agents set phone_number_id = null where user_id = _user_id and agent_id in (_old, _agent_id);
    update agents set phone_number_id = _phone_number_id
    where user_id = _user_id and agent_id = _agent_id and _phone_number_id is not null;
    if _old is not null or _count > 0 or _phone_number_id is null then
        insert into conversation_archives (user_id, archive_id, old_agent_id, new_agent_id, phone_number_id,
                                           archived_conversations_count, reason, moved_from)
        values (_user_id, _archive_id, coalesce(_old, _agent_id),
                case when _phone_number_id is not null then _agent_id end, coalesce(_phone_number_id, _from), _count,
                _reason, case when _phone_number_id is not null then _from end);
    end if;
    return _count;
end $$;

create type undone_link as (outcome text, reopened integer);

-- Takes a relink back: undone, or why not: none, again (it was undone already), late (seven days are over), or since
-- (something was linked after it). Who wrote meanwhile keeps the newer conversation, which the former agent goes on with;
-- the others are where they were.
create function undo_link(_user_id text, _archive_id text) returns undone_link language plpgsql as $$
declare
    _a     conversation_archives;
    _c     conversations;
    _count integer := 0;
    _moved boolean;
    _since boolean;
begin
    select * into _a from conversation_archives where user_id = _user_id and archive_id = _archive_id;
    if not found then
        return row('none'::text, 0);
    end if;
    perform 1 from agents
    where user_id = _user_id and (agent_id in (_a.old_agent_id, _a.new_agent_id)
        or phone_number_id in (_a.phone_number_id, _a.moved_from))
    order by agent_id collate "C" for update;
    select * into _a from conversation_archives where user_id = _user_id and archive_id = _archive_id for update;
    _moved := _a.new_agent_id is not null and _a.new_agent_id <> _a.old_agent_id;
    if _a.undone_at is not null then
        return row('again'::text, 0);
    elsif _a.archived_at < now() - interval '7 days' then
        return row('late'::text, 0);
    end if;
    select exists (
        select from agents a
        where a.user_id = _user_id and (
            -- The number is no longer whose it became by this, or one that is needed is somebody's.
            a.agent_id = _a.new_agent_id and a.phone_number_id is distinct from _a.phone_number_id
            or a.agent_id is distinct from _a.new_agent_id and a.phone_number_id in (_a.phone_number_id, _a.moved_from)
            or a.agent_id is distinct from _a.new_agent_id and a.agent_id = _a.old_agent_id
                and a.phone_number_id is not null)
    ) or exists (
        select from conversation_archives l
        where l.user_id = _user_id and l.archived_at > _a.archived_at and l.undone_at is null
            and (l.phone_number_id in (_a.phone_number_id, _a.moved_from)
                or l.old_agent_id in (_a.old_agent_id, _a.new_agent_id)
                or l.new_agent_id in (_a.old_agent_id, _a.new_agent_id))
    ) into _since;
    if _since then
        return row('since'::text, 0);
    end if;
    update agents set phone_number_id = null where user_id = _user_id and agent_id = _a.new_agent_id;
    if _moved or _a.new_agent_id is null then
        update agents set phone_number_id = _a.phone_number_id
        where user_id = _user_id and agent_id = _a.old_agent_id;
    end if;
    if _a.moved_from is not null then
        update agents set phone_number_id = _a.moved_from where user_id = _user_id and agent_id = _a.new_agent_id;
    end if;
    for _c in
        select * from conversations
        where user_id = _user_id and (archive_id = _archive_id
            or is_active and agent_id = _a.new_agent_id and phone_number_id = _a.phone_number_id)
        order by is_active desc, agent_id collate "C", customer_phone collate "C", conversation_id collate "C" for update
    loop
        if _c.is_active and _moved then
            _c := cancel_turn(_c);
            update turns set state = 'lost', ended_at = now()
            where user_id = _user_id and conversation_id = _c.conversation_id and state = 'running';
            update conversations set
                agent_id = _a.old_agent_id,
                due_at = case when owner = 'agent' and last_inbound_no > answered_no then now() end
            where user_id = _user_id and conversation_id = _c.conversation_id;
        elsif _c.is_active then
            perform archive_conversation(_c, null);
        elsif not exists (
            select from conversations o
            where o.user_id = _user_id and o.is_active and o.agent_id = _c.agent_id
                and (o.customer_phone = _c.customer_phone or o.customer_id = _c.customer_id)
        ) then
            perform reopen_conversation(_c);
            _count := _count + 1;
        else
            update conversations set archive_id = null where user_id = _user_id and conversation_id = _c.conversation_id;
        end if;
    end loop;
    update conversation_archives set undone_at = now() where user_id = _user_id and archive_id = _archive_id;
    return row('undone'::text, _count);
end $$;

do $$
declare
    _table text;
begin
    foreach _table in array array['privacy_settings', 'rights_jobs'] loop
        execute format('create trigger touch before update on %I for each row
                        execute function update_updated_at_column()', _table);
    end loop;
    foreach _table in array array['privacy_settings', 'rights_jobs', 'rights_items', 'erasure_certificates',
                                  'privacy_peppers', 'suppressions', 'consent_proofs'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
    end loop;
    grant select, insert, update, delete on privacy_settings, rights_jobs, rights_items to frontdesk_tenant;
    grant select on erasure_certificates, suppressions, privacy_peppers, consent_proofs to frontdesk_tenant;
    grant delete, insert on suppressions to frontdesk_tenant;
    grant insert on blob_holds to frontdesk_tenant;
end $$;
