-- Booking: what the customer already knows, guests who hear later, calendars with long names, Google's channels.

-- `link_change` is the change with which the link of the video call came: whoever knows the rest is told that alone.
alter table meetings add column link_change integer not null default 0;

-- A host is a calendar, and the ids of shared ones are long.
alter table meetings alter column host type varchar(255);
alter table offers alter column host type varchar(255);

-- Google's channels: it says under one that a calendar changed. The row stands before Google is asked for it, because its
-- first message can come before the answer. Of the token only a hash is kept. One that is `over` is stopped at Google.
create table calendar_channels (
    user_id     varchar(50)  not null references users,
    channel_id  varchar(64)  not null,
    calendar_id varchar(255) not null,
    token_hash  bytea        not null,
    resource_id varchar(200),
    expires_at  timestamptz  not null,
    over        boolean      not null default false,
    created_at  timestamptz  not null default now(),
    updated_at  timestamptz  not null default now(),
    primary key (user_id, channel_id)
);
create index calendar_channels_id on calendar_channels (channel_id);
create index calendar_channels_calendar on calendar_channels (user_id, calendar_id);
create trigger touch before update on calendar_channels for each row execute function update_updated_at_column();
alter table calendar_channels enable row level security;
create policy own_rows on calendar_channels to frontdesk_tenant
    using (user_id = current_setting('frontdesk.user_id', true));
grant select, insert, update, delete on calendar_channels to frontdesk_tenant;

drop index calendar_syncs_channel;
alter table calendar_syncs
    drop column channel_id,
    drop column channel_token_hash,
    drop column resource_id,
    drop column channel_expires_at,
    add column channel_due_at timestamptz not null default now();          -- when a new channel is opened
create index calendar_syncs_channel on calendar_syncs (channel_due_at);

-- Tells a customer of a meeting between two turns: null while a turn runs, or when he was told something else since the
-- message was written; 0 when he knows already.
drop function tell_of_meeting(text, text, integer, text, jsonb);
create function tell_of_meeting(
    _user_id text, _meeting_id text, _change integer, _told_change integer, _platform text, _message jsonb
) returns integer language plpgsql as $$
declare
    _c conversations;
    _m meetings;
begin
    select c.* into _c from conversations c
    join meetings m on m.user_id = c.user_id and m.conversation_id = c.conversation_id
    where m.user_id = _user_id and m.meeting_id = _meeting_id for update of c;
    select * into _m from meetings where user_id = _user_id and meeting_id = _meeting_id for update;
    if _m.told_change >= _m.change then
        return 0;
    elsif _m.change <> _change or _m.told_change <> _told_change or _c.lease_until > now() then
        return null;
    end if;
    perform say(_c, _platform, _message, null, _c.last_sequence_no + 1);
    update conversations set last_sequence_no = last_sequence_no + 1, last_message_at = now()
    where user_id = _c.user_id and conversation_id = _c.conversation_id;
    return _c.last_sequence_no + 1;
end $$;
