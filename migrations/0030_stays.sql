-- A move that came to nothing after its customer was told to wait: with which change of the meeting that became news.
alter table meetings add column stays_change integer not null default 0;
