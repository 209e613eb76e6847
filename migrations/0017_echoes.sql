-- An echo of ours that is settled while it is looked up. Each look sees its own moment: what was not known by its id at the
-- first and not on its way any more at the last was sent in between, so the id is asked for once more before anybody is
-- taken for a person.
create or replace function place_echo(
    _user_id text, _conversation_id text, _phone_number_id text, _provider_id text, _kind text, _text text
) returns text language plpgsql as $$
declare
    _id varchar;
begin
    for _look in 1..2 loop
        select p.part_id into _id from message_parts p
        where p.user_id = _user_id and p.phone_number_id = _phone_number_id and p.platform_message_id = _provider_id
        order by p.part_id limit 1;
        if found then
            perform move_part(_user_id, _id, _provider_id, 'sent', null, null);
            return 'ours';
        end if;
        exit when _look = 2;
        select p.part_id into _id from message_parts p
        where p.user_id = _user_id and p.conversation_id = _conversation_id and p.state = 'unknown'
            and p.platform_message_id is null
            and case when _text <> '' then btrim(p.text) = btrim(_text) else p.kind = _kind end
        order by p.sequence_no, p.part_no limit 1 for update skip locked;
        if found then
            perform move_part(_user_id, _id, _provider_id, 'sent', null, null);
            return 'ours';
        end if;
        if exists (
            select 1 from message_parts p
            where p.user_id = _user_id and p.conversation_id = _conversation_id and p.state = 'sending'
                and case when _text <> '' then btrim(p.text) = btrim(_text) else p.kind = _kind end
        ) then
            return 'held';
        end if;
    end loop;
    return 'foreign';
end $$;
