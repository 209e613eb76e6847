-- A grace period: guests are invited some minutes after a booking, so that one which is taken back at once invites nobody.
-- And until when a customer may still change a meeting, as it was when he booked it.
alter table meetings
    add column grace_minutes smallint not null default 0,
    add column late_minutes  integer  not null default 0,   -- before it begins: then it is for the business to change it
    add column invite_at     timestamptz,                   -- when its guest is to be invited; null: nobody is
    add column invited_at    timestamptz;                   -- since when the calendar may have written to him
update meetings set invited_at = created_at where customer_email is not null and status is not null;
