-- get --
select user_id, email, company_name, business_email, website, industry, team_size, zone, language, onboarding_step,
    onboarding_completed, created_at
from users where user_id = $1

-- get_for_change --
select * from users where user_id = $1 for update

-- change --
update users set company_name = $2, business_email = $3, website = $4, industry = $5, team_size = $6, zone = $7,
    language = $8, onboarding_step = $9, onboarding_completed = $10
where user_id = $1
