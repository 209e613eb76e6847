-- Parts that a dead process had claimed and that never left its machine, as its notes prove: they are sent after all.
create function requeue_parts(_owner text, _left text[]) returns integer language plpgsql as $$
declare
    _p     record;
    _count integer := 0;
begin
    for _p in
        select user_id, part_id from message_parts
        where state = 'sending' and lease_owner = _owner and delivery is null
            and user_id || ' ' || part_id || ' ' || attempts <> all (_left)
        order by user_id collate "C", part_id collate "C" for update skip locked
    loop
        update message_parts set
            state = 'queued', next_attempt_at = now(), lease_owner = null, lease_until = null, updated_at = now()
        where user_id = _p.user_id and part_id = _p.part_id;
        _count := _count + 1;
    end loop;
    return _count;
end $$;
