-- told --
-- $1 user, $2 customer, $3 platform, $4 version. Whether he was told this wording.
select exists (
    select from consent_ledger
    where user_id = $1 and customer_id = $2 and scope = 'notice' and platform = $3 and version = $4)
