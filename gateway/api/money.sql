-- balance --
select user_id, remaining_credits, total_used, last_updated, low_at, low_own from credits where user_id = $1

-- ledger --
-- $1 user, $2 $3 the position or nulls, $4 limit.
select entry_id, delta, reason, turn_id, created_at from credit_ledger
where user_id = $1 and ($2::timestamptz is null or (created_at, entry_id) < ($2, $3))
order by created_at desc, entry_id desc limit $4

-- tell_below --
-- $1 user, $2 where the alert begins, or null for a tenth of the last top-up, as keep_credits has it.
insert into credits as c (user_id, low_own, low_at) values ($1, $2, coalesce($2, 1))
on conflict (user_id) do update set low_own = $2, low_at = coalesce($2, (
    select greatest(l.delta / 10, 1) from credit_ledger l
    where l.user_id = $1 and l.delta > 0 order by l.created_at desc, l.entry_id desc limit 1), c.low_at)
