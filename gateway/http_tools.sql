-- enabled --
select name, tool_id, description, method, url, headers, parameters::text, effect, receipt, seconds, budget
from http_tools where user_id = $1 and enabled order by name
