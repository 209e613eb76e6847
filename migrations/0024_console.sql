-- Which member wrote a message of ours; null for the agent, for a key of the API, and for who wrote on another device.
alter table messages add column member_id varchar(50);
