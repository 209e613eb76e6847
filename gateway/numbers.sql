-- signers --
-- $1 the Twilio account SID. The sealed tokens of the numbers of that account.
select user_id, id, access_token from phone_numbers where platform = 'sms' and settings ->> 'account_sid' = $1

-- webchat --
-- $1 the public key of a webchat number.
select n.user_id, n.id, n.display_name, n.settings, u.company_name
from routes r
join phone_numbers n on n.user_id = r.user_id and n.id = r.phone_number_id
join users u on u.user_id = n.user_id
where r.platform = 'webchat' and r.address = $1
