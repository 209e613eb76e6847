-- What the API reads beside the conversations themselves: the inbox in the order of its changes, words to search, counts
-- by the quarter of an hour, marks of who has read what, answers kept for repeated requests, and templates.
--
-- The first three are filled behind the messages by one writer at a time (gateway/inbox.py), so that intake writes no
-- more than it did: the index below is all that it notices.

create index messages_time on messages ("timestamp");
create index meetings_changed on meetings (user_id, updated_at);
create index system_alerts_changed on system_alerts (user_id, greatest(last_at, resolved_at));

-- Where the writers stand: everything before `seen_at` is in the inbox, before `filed_at` it is counted and can be found.
create table inbox_state (
    only_one boolean     primary key default true check (only_one),
    seen_at  timestamptz not null default '-infinity',
    filed_at timestamptz not null default '-infinity'
);
insert into inbox_state default values;

create sequence inbox_changes;

-- One row for each conversation, numbered anew whenever it changes. As there is one writer, numbers appear in order.
create table inbox (
    user_id          varchar(50) not null references users,
    conversation_id  varchar(50) not null,
    change_no        bigint      not null default nextval('inbox_changes'),
    changed_at       timestamptz not null default clock_timestamp(),
    last_sequence_no integer     not null,
    last_message_at  timestamptz not null,
    primary key (user_id, conversation_id),
    foreign key (user_id, conversation_id) references conversations on delete cascade
);
create index inbox_changed on inbox (user_id, change_no);
create index inbox_order on inbox (user_id, last_message_at desc, conversation_id desc);

-- Conversations whose hands changed and not their messages.
create table inbox_touched (
    user_id         varchar(50) not null,
    touch_no        bigserial   not null,
    conversation_id varchar(50) not null,
    primary key (user_id, touch_no)
);
create index inbox_touched_order on inbox_touched (touch_no);
alter table inbox_touched enable row level security;
create policy own_rows on inbox_touched to frontdesk_tenant
    using (user_id = current_setting('frontdesk.user_id', true));

create function touch_inbox() returns trigger language plpgsql security definer set search_path from current as $$
begin
    insert into inbox_touched (user_id, conversation_id) values (new.user_id, new.conversation_id);
    return null;
end $$;

create trigger touch_inbox after update of owner, assignee, is_active, held_for on conversations for each row
    when (new.owner <> old.owner or new.assignee is distinct from old.assignee or new.is_active <> old.is_active
          or new.held_for is distinct from old.held_for)
    execute function touch_inbox();

-- Words to search ---------------------------------------------------------------------------------------------------

-- The words of a text: small letters without marks, at most 400 of them. Signs of scripts that set no spaces stand alone.
create function words_of(_text text) returns text[] language sql immutable parallel safe as $$
    select array(
        select distinct left(w, 40) from regexp_split_to_table(
            regexp_replace(
                lower(regexp_replace(normalize(left(_text, 8000), nfkd), '[\u0300-\u036f\u3099\u309a]', '', 'g')),
                '([\u3040-\u30ff\u3400-\u9fff])', ' \1 ', 'g'),
            '[^0-9a-z\u00aa-\u1fff\u2c00-\u2dff\u2e80-\u2fff\u3040-\ufaff\uff10-\uffef]+') w
        where w <> '' limit 400)
$$;

-- Words stand in the index below their business, so that a search reads its own alone, however many share the table.
create function business_mark(_user_id text) returns text language sql immutable parallel safe as $$
    select left(md5(_user_id), 8) || '/'
$$;

create function search_vector(_user_id text, _text text) returns tsvector
language sql immutable parallel safe set search_path from current as $$
    select array_to_tsvector(array(select business_mark(_user_id) || w from unnest(words_of(_text)) w))
$$;

-- What finds the words of a request, each as the beginning of a word; null when it has none.
create function search_query(_user_id text, _text text) returns tsquery language sql immutable parallel safe as $$
    select string_agg(quote_literal(business_mark(_user_id) || w) || ':*', ' & ')::tsquery
    from (select w from unnest(words_of(_text)) w limit 8) w
$$;

create table message_search (
    user_id         varchar(50)  not null references users,
    message_id      varchar(100) not null,
    conversation_id varchar(50)  not null,
    sequence_no     integer      not null,
    at              timestamptz  not null,
    words           tsvector     not null,
    primary key (user_id, message_id)
);
create index message_search_time on message_search (user_id, at desc);
create index message_search_words on message_search using gin (words) with (fastupdate = off);

-- Who a conversation is with, as he was called when it began.
create table conversation_search (
    user_id         varchar(50) not null references users,
    conversation_id varchar(50) not null,
    at              timestamptz not null,
    words           tsvector    not null,
    primary key (user_id, conversation_id),
    foreign key (user_id, conversation_id) references conversations on delete cascade
);
create index conversation_search_words on conversation_search using gin (words) with (fastupdate = off);

create function contact_text(_c contacts) returns text language sql immutable parallel safe as $$
    select coalesce(_c.name, '') || ' ' || coalesce(_c.email, '') || ' ' || coalesce(_c.company, '') || ' '
        || coalesce(_c.phone, '')
$$;
create function lead_text(_e extractions) returns text language sql immutable parallel safe as $$
    select coalesce(_e.name, '') || ' ' || coalesce(_e.email, '') || ' ' || coalesce(_e.company, '') || ' '
        || coalesce(_e.phone, '') || ' ' || coalesce(_e.intent, '') || ' ' || coalesce(_e.notes, '')
$$;
create function meeting_text(_m meetings) returns text language sql immutable parallel safe as $$
    select _m.title || ' ' || coalesce(_m.customer_name, '') || ' ' || coalesce(_m.customer_email, '')
$$;
create index contacts_words on contacts using gin (search_vector(user_id, contact_text(contacts)))
    where merged_into is null;
create index extractions_words on extractions using gin (search_vector(user_id, lead_text(extractions)))
    where is_latest;
create index meetings_words on meetings using gin (search_vector(user_id, meeting_text(meetings)));

-- The newest rows that have all words, of the business of this transaction. Row-level security would keep the index
-- from being used, as it hides rows before an operator sees them: these functions stand above it and name the business.
-- First among the newest, where a common word is found at once; else by the index, which is short for a rare one.
create function find_messages(_text text, _most integer) returns setof varchar
language plpgsql stable security definer set search_path from current set enable_seqscan = off as $$
declare
    _user text    := current_setting('frontdesk.user_id', true);
    _q    tsquery := search_query(_user, _text);
    _ids  varchar[];
begin
    _ids := array(
        select n.message_id from (
            select s.message_id, s.at, s.words from message_search s where s.user_id = _user
            order by s.at desc limit 2000) n
        where n.words @@ _q order by n.at desc limit _most);
    if cardinality(_ids) < _most then
        _ids := array(
            select r.message_id from (
                select s.message_id, s.at from message_search s where s.words @@ _q and s.user_id = _user limit 10000) r
            order by r.at desc limit _most);
    end if;
    return query select unnest(_ids);
end $$;

create function find_rows(_kind text, _text text, _most integer) returns setof varchar
language plpgsql stable security definer set search_path from current set enable_seqscan = off as $$
declare
    _user text    := current_setting('frontdesk.user_id', true);
    _q    tsquery := search_query(_user, _text);
begin
    case _kind
    when 'conversations' then
        return query select r.id from (
            select s.conversation_id as id, s.at from conversation_search s
            where s.words @@ _q and s.user_id = _user limit 5000) r order by r.at desc limit _most;
    when 'contacts' then
        return query select r.id from (
            select c.contact_id as id, c.created_at as at from contacts c
            where search_vector(c.user_id, contact_text(c)) @@ _q and c.user_id = _user and c.merged_into is null
            limit 5000) r order by r.at desc limit _most;
    when 'leads' then
        return query select r.id from (
            select e.conversation_id as id, e.created_at as at from extractions e
            where search_vector(e.user_id, lead_text(e)) @@ _q and e.user_id = _user and e.is_latest
            limit 5000) r order by r.at desc limit _most;
    when 'meetings' then
        return query select r.id from (
            select m.meeting_id as id, m.meeting_time as at from meetings m
            where search_vector(m.user_id, meeting_text(m)) @@ _q and m.user_id = _user and m.status is not null
            limit 5000) r order by r.at desc limit _most;
    end case;
end $$;

-- An edited message is found by what it says now, a deleted one by nothing. Whoever comes first, this or the writer:
-- the row ends as this says.
create function search_again() returns trigger language plpgsql as $$
begin
    insert into message_search (user_id, message_id, conversation_id, sequence_no, at, words)
    values (new.user_id, new.message_id, new.conversation_id, new.sequence_no, new."timestamp",
            case when new.revoked_at is null then search_vector(new.user_id, new.text) else '' end)
    on conflict (user_id, message_id) do update set words = excluded.words;
    return null;
end $$;
create trigger search_again after update of revoked_at, edited_at on messages for each row execute function search_again();

-- The lock waits for the writer, who may have just read what is deleted here.
create function search_no_more() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('frontdesk search'));
    delete from message_search s using gone g where s.user_id = g.user_id and s.message_id = g.message_id;
    return null;
end $$;
create trigger search_no_more after delete on messages referencing old table as gone
    for each statement execute function search_no_more();

-- Figures -----------------------------------------------------------------------------------------------------------

-- Messages by the quarter of an hour, which every time zone of today is made of.
create table message_counts (
    user_id         varchar(50) not null references users,
    at              timestamptz not null,
    phone_number_id varchar(50) not null,
    agent_id        varchar(50) not null,
    author          varchar(20) not null,
    messages        integer     not null,
    primary key (user_id, at, phone_number_id, agent_id, author)
);

-- How long a customer waited for the first answer of his conversation, and who gave it.
create table first_answers (
    user_id         varchar(50) not null references users,
    conversation_id varchar(50) not null,
    phone_number_id varchar(50) not null,
    agent_id        varchar(50) not null,
    author          varchar(20) not null,
    asked_at        timestamptz not null,
    answered_at     timestamptz not null,
    primary key (user_id, conversation_id),
    foreign key (user_id, conversation_id) references conversations on delete cascade
);
create index first_answers_time on first_answers (user_id, asked_at);

-- The end of a step from _from: _most messages on, or the horizon. No message of it is still on its way.
create function step_end(_from timestamptz, _horizon timestamptz, _most integer) returns timestamptz
language plpgsql as $$
declare
    _to timestamptz;
begin
    select m."timestamp" into _to from messages m
    where m."timestamp" >= _from and m."timestamp" < _horizon order by m."timestamp" offset _most limit 1;
    return case when not found then greatest(_horizon, _from)
                when _to = _from then _to + interval '1 microsecond' else _to end;
end $$;

-- Takes into the inbox what is written, at most `_most` messages up to `_horizon` and whatever is newer. Says whose inboxes
-- changed; a null row says that there is more to do.
create function keep_inbox(_horizon timestamptz, _most integer) returns setof varchar language plpgsql as $$
declare
    _from timestamptz;
    _to   timestamptz;
    _more boolean;
begin
    if not pg_try_advisory_xact_lock(hashtext('frontdesk inbox')) then
        return;
    end if;
    select seen_at into _from from inbox_state;
    _to := step_end(_from, _horizon, _most);
    _more := _to < _horizon;
    return query
    with touched as (
        delete from inbox_touched where (user_id, touch_no) in (
            select user_id, touch_no from inbox_touched order by touch_no limit 1000)
        returning user_id, conversation_id
    ), moved as (
        select user_id, conversation_id, bool_or(forced) as forced from (
            -- Behind the horizon, too, for those who watch: what is read twice changes nothing.
            select m.user_id, m.conversation_id, false from messages m
            where m."timestamp" >= _from and (not _more or m."timestamp" < _to)
            union all select t.user_id, t.conversation_id, true from touched t) a (user_id, conversation_id, forced)
        group by 1, 2
    ), changed as (
        insert into inbox as i (user_id, conversation_id, last_sequence_no, last_message_at)
        select c.user_id, c.conversation_id, c.last_sequence_no, c.last_message_at
        from moved m join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
        where m.forced or not exists (
            select from inbox o where o.user_id = c.user_id and o.conversation_id = c.conversation_id
                and o.last_sequence_no >= c.last_sequence_no)
        on conflict (user_id, conversation_id) do update set
            change_no = excluded.change_no, changed_at = excluded.changed_at,
            last_sequence_no = excluded.last_sequence_no, last_message_at = excluded.last_message_at
        returning i.user_id
    )
    select distinct c.user_id from changed c;
    update inbox_state set seen_at = _to where seen_at <> _to;
    if _more then
        return next null;
    end if;
end $$;

-- Files at most `_most` messages up to `_horizon`, each once: for the search, the counts and the first answers. Says
-- whether there is more to do.
create function file_messages(_horizon timestamptz, _most integer) returns boolean language plpgsql as $$
declare
    _from timestamptz;
    _to   timestamptz;
begin
    if not pg_try_advisory_xact_lock(hashtext('frontdesk search')) then
        return false;
    end if;
    select filed_at into _from from inbox_state;
    _to := step_end(_from, _horizon, _most);

    insert into message_search (user_id, message_id, conversation_id, sequence_no, at, words)
    select m.user_id, m.message_id, m.conversation_id, m.sequence_no, m."timestamp", search_vector(m.user_id, m.text)
    from messages m where m."timestamp" >= _from and m."timestamp" < _to and m.text <> '' and m.revoked_at is null
    on conflict do nothing;

    insert into conversation_search (user_id, conversation_id, at, words)
    select distinct on (m.user_id, m.conversation_id) m.user_id, m.conversation_id, c.created_at,
        search_vector(m.user_id, concat_ws(' ', c.customer_phone, k.name))
    from messages m
    join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
    join customers k on k.user_id = c.user_id and k.customer_id = c.customer_id
    where m."timestamp" >= _from and m."timestamp" < _to and m.sequence_no = 1
    on conflict do nothing;

    insert into message_counts as n (user_id, at, phone_number_id, agent_id, author, messages)
    select m.user_id, date_bin('15 minutes', m."timestamp", 'epoch'), m.phone_number_id, c.agent_id, m.author, count(*)
    from messages m join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
    where m."timestamp" >= _from and m."timestamp" < _to group by 1, 2, 3, 4, 5
    on conflict (user_id, at, phone_number_id, agent_id, author) do update set messages = n.messages + excluded.messages;

    insert into first_answers
    select distinct on (m.user_id, m.conversation_id) m.user_id, m.conversation_id, m.phone_number_id, c.agent_id,
        m.author, q.asked_at, m."timestamp"
    from messages m
    join conversations c on c.user_id = m.user_id and c.conversation_id = m.conversation_id
    cross join lateral (
        select a."timestamp" as asked_at, a.sequence_no from messages a
        where a.user_id = m.user_id and a.conversation_id = m.conversation_id and a.sender = 'user'
        order by a.sequence_no limit 1) q
    where m."timestamp" >= _from and m."timestamp" < _to and m.sender = 'agent' and q.sequence_no < m.sequence_no
    order by m.user_id, m.conversation_id, m.sequence_no
    on conflict do nothing;

    update inbox_state set filed_at = _to where filed_at <> _to;
    return _to < _horizon;
end $$;

-- Marks, answers, templates -----------------------------------------------------------------------------------------

-- How far somebody has read; `reader` is a member, or '' for the keys of the business.
create table conversation_reads (
    user_id         varchar(50) not null references users,
    reader          varchar(50) not null,
    conversation_id varchar(50) not null,
    read_no         integer     not null,
    read_at         timestamptz not null default now(),
    primary key (user_id, reader, conversation_id),
    foreign key (user_id, conversation_id) references conversations on delete cascade
);

-- What a request with an Idempotency-Key was answered, for a day. `answer` is sealed, bound to its row.
create table api_answers (
    user_id      varchar(50)  not null references users,
    request_key  bytea        not null,                  -- SHA-256 of operation, path and the client's key
    body_hash    bytea        not null,                  -- SHA-256 of what was sent
    status       smallint     not null,
    answer       text         not null,
    created_at   timestamptz  not null default now(),
    primary key (user_id, request_key)
);
create index api_answers_old on api_answers (created_at);

-- The templates of a number as the provider last said them.
create table number_templates (
    user_id         varchar(50)  not null,
    phone_number_id varchar(50)  not null,
    templates       jsonb        not null,
    fetched_at      timestamptz  not null default now(),
    primary key (user_id, phone_number_id),
    foreign key (user_id, phone_number_id) references phone_numbers on delete cascade
);

do $$
declare
    _table text;
begin
    foreach _table in array array['inbox', 'message_search', 'conversation_search', 'message_counts', 'first_answers',
                                  'conversation_reads', 'api_answers', 'number_templates'] loop
        execute format('alter table %I enable row level security', _table);
        execute format('create policy own_rows on %I to frontdesk_tenant
                        using (user_id = current_setting(''frontdesk.user_id'', true))', _table);
        execute format('grant select, insert, update, delete on %I to frontdesk_tenant', _table);
    end loop;
end $$;
