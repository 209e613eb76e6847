-- Booking rules that are stored and can't be read, as a time zone that a newer database of zones no longer has.
insert into alert_types (alert_type, cause, alert_level, about, by_hand, message) values
('rules_unreadable', '', 'critical', 'agent', false, 'The booking rules of agent {agent} can''t be read ({problem}). It books and moves nothing and reminds nobody until they are saved again.');

-- Rules that are saved have been checked: what was wrong with them is over.
create function rules_saved() returns trigger language plpgsql as $$
begin
    perform resolve_alert(new.user_id, 'rules_unreadable', new.agent_id);
    return null;
end $$;

create trigger agents_rules_saved after update of booking on agents
for each row when (old.booking is distinct from new.booking) execute function rules_saved();
