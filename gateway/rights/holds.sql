-- hold --
-- $1 SHA-256, $2 seconds, $3 visitor or ''.
select hold_blob($1, $2, $3)

-- fate --
-- $1 SHA-256. gone, shared or held; the transaction that asks keeps others from storing it.
select blob_fate($1)

-- over --
-- $1 most files.
select sha256 from blob_holds where until <= now() group by sha256 order by min(until) limit $1
