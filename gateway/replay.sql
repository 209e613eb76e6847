-- parked --
-- $1 the last envelope seen. Parked envelopes in order, at most 100.
select envelope_id, endpoint, url, body, problem from envelopes
where state = 'parked' and envelope_id > $1 order by envelope_id limit 100

-- list --
select envelope_id, received_at, endpoint, problem, addresses, length(body) as bytes from envelopes
where state = 'parked' order by envelope_id limit $1

-- settle --
-- $1 envelope, $2 what is still wrong with it, or ''.
update envelopes set
    state = case when $2 = '' then 'done' else 'parked' end, problem = nullif($2, ''), replayed_at = now()
where envelope_id = $1
