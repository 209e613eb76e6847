-- lock --
-- One change of a path at a time, from the look at its ETag until it is committed.
select pg_advisory_xact_lock(hashtextextended($1, 1))
