-- stale --
-- Tables that have changed by half since the planner last looked, while they are small: later ones keep their plans.
select format('%I.%I', schemaname, relname) from pg_stat_user_tables
where schemaname = current_schema() and n_live_tup < 30000 and n_mod_since_analyze > 200 + n_live_tup / 2
    and relname in (select relname from pg_class where relowner = to_regrole(current_user::text))

-- mine --
-- One process at a time.
select pg_try_advisory_xact_lock(hashtext('frontdesk upkeep'))
