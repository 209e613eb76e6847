"""The API of what agents run on: settings, prompts and their trials, imports, knowledge, links, hand-overs, traces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.api.keys import create_key
from tests.business import Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client
from tests.providers import change, whatsapp
from tests.waiting import until


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))


HOURS = {"zone": "Europe/Stockholm", "days": {"mon": [["09:00", "17:00"]]}}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "zone": ({"hours": {**HOURS, "zone": "Mars/Base"}}, "hours.zone"),
    "order": ({"hours": {**HOURS, "days": {"mon": [["17:00", "09:00"]]}}}, "hours"),
    "clock": ({"hours": {**HOURS, "days": {"mon": [["9", "17:00"]]}}}, "hours.days.mon.0.0"),
    "language": ({"language": "xx"}, "language"),
    "state": ({"state": "somewhere"}, "state"),
    "undeclared variable": ({"variables": {"colour": "red"}}, "variables.colour"),
    "no prompt": ({"prompt_id": "prm_none"}, "prompt_id"),
}


async def test_an_agents_settings_are_kept_and_put_back(api: Client, business: Business) -> None:
    given = {"hours": HOURS, "outside_hours": "away", "away_text": "Back {time}.", "tools": ["handoff"],
             "fallback_model": "gpt-6-sol", "most_turns_a_day": 50}  # fmt: skip
    path = f"/v1/agents/{business.number.agent_id}"
    status, agent = await api("PATCH", path, given)
    assert status == 200
    assert {name: agent[name] for name in given} == {**given, "hours": {**HOURS, "closed": []}}
    _, agent = await api("PATCH", path, {"hours": None, "tools": None, "name": None, "away_text": None})
    assert (agent["hours"], agent["tools"], agent["away_text"], agent["name"]) == (None, None, None, "Ada")
    assert agent["fallback_model"] == "gpt-6-sol"


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_settings_say_where(api: Client, business: Business, name: str) -> None:
    body, field = WRONG[name]
    status, problem = await api("PATCH", f"/v1/agents/{business.number.agent_id}", body)
    assert status == 422
    assert problem["fields"][0]["field"].startswith(field)


async def test_a_prompts_variables_are_typed_and_wanted(api: Client, business: Business) -> None:
    text = "You answer for {{business_name}}. Ask for {{deposit}} euros. {{rules}}"
    status, problem = await api("POST", "/v1/prompts", {"name": "p", "instructions": text})
    assert status == 422
    assert len(problem["fields"]) == 2
    declared = [{"name": "deposit", "type": "number"}, {"name": "rules", "default": "Be kind."}]
    _, prompt = await api("POST", "/v1/prompts", {"name": "p", "instructions": text, "variables": declared})
    agent = {"name": "Ada", "prompt_id": prompt["prompt_id"]}
    status, problem = await api("POST", "/v1/agents", agent)
    assert (status, problem["fields"][0]["field"]) == (422, "variables.deposit")
    status, problem = await api("POST", "/v1/agents", {**agent, "variables": {"deposit": "ten"}})
    assert (status, problem["fields"][0]["problem"]) == (422, "is no number")
    assert (await api("POST", "/v1/agents", {**agent, "variables": {"deposit": 10}}))[0] == 201
    wants_more = {"instructions": "{{phone}}", "variables": [{"name": "phone"}]}
    status, _ = await api("POST", f"/v1/prompts/{prompt['prompt_id']}/versions", wants_more)
    assert status == 422
    status, _ = await api("POST", f"/v1/prompts/{prompt['prompt_id']}/versions", {**wants_more, "activate": False})
    assert status == 201


async def test_a_stored_prompt_is_imported_once_and_its_id_goes_on_working(api: Client) -> None:
    body = {"legacy_id": "pmpt_abc", "instructions": "Be brief."}
    status, prompt = await api("POST", "/v1/prompts/import", body)
    assert (status, prompt["legacy_id"]) == (201, "pmpt_abc")
    assert (await api("POST", "/v1/prompts/import", body))[0] == 409
    _, agent = await api("POST", "/v1/agents", {"name": "Ada", "prompt_id": "pmpt_abc"})
    assert agent["prompt_id"] == prompt["prompt_id"]


async def test_a_trial_is_sticky_and_as_large_as_it_says(api: Client, business: Business) -> None:
    path = f"/v1/prompts/{business.prompt_id}"
    await api("POST", f"{path}/versions", {"instructions": "Be witty.", "activate": False})
    assert (await api("PATCH", path, {"trial_percent": 20}))[0] == 422
    _, prompt = await api("PATCH", path, {"trial_version": 2, "trial_percent": 20})
    assert (prompt["active_version"], prompt["trial_version"]) == (1, 2)
    count = "select count(*) from prompts p, generate_series(1, 5000) n where version_of(p, 'cnv_' || n) = 2"
    assert 850 < await business.pool.fetchval(count) < 1150
    chosen = "select array_agg(n) from generate_series(1, 500) n, prompts p where version_of(p, 'cnv_' || n) = 2"
    few = set(await business.pool.fetchval(chosen))
    await api("PATCH", path, {"trial_percent": 60})
    assert few < set(await business.pool.fetchval(chosen))
    _, prompt = await api("PATCH", path, {"trial_percent": 0})
    assert prompt["trial_version"] is None


async def test_knowledge_is_kept_found_and_changed(api: Client) -> None:
    entry = {"kind": "faq", "question": "Where can I park?", "text": "Behind the house, free for two hours."}
    _, stored = await api("POST", "/v1/knowledge", entry)
    more = [{"text": f"Room {n} is blue."} for n in range(30)]
    assert await api("POST", "/v1/knowledge/import", {"entries": more}) == (201, {"count": 30})
    _, found = await api("GET", "/v1/knowledge/search?q=is+there+parking%3F")
    assert [one["entry_id"] for one in found["data"]] == [stored["entry_id"]]
    path = f"/v1/knowledge/{stored['entry_id']}"
    _, changed = await api("PATCH", path, {"text": "There is no space."})
    assert (changed["question"], changed["text"]) == ("Where can I park?", "There is no space.")
    assert (await api("DELETE", path))[0] == 204
    _, found = await api("GET", "/v1/knowledge/search?q=park")
    assert found["data"] == []
    _, page = await api("GET", "/v1/knowledge?limit=10")
    assert len(page["data"]) == 10
    assert page["next_cursor"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "example.com", "https://a b", "ftp://example.com", "https://"])
async def test_a_link_leads_to_the_web(api: Client, url: str) -> None:
    assert (await api("POST", "/v1/links", {"name": "prices", "url": url}))[0] == 422


async def test_links_have_names_of_their_own(api: Client) -> None:
    body = {"name": "prices", "url": "https://example.com/prices", "cta": "pricing"}
    _, link = await api("POST", "/v1/links", body)
    assert (await api("POST", "/v1/links", body))[0] == 409
    _, changed = await api("PATCH", f"/v1/links/{link['link_id']}", {"cta": None})
    assert (changed["cta"], changed["url"]) == (None, body["url"])
    assert (await api("DELETE", f"/v1/links/{link['link_id']}"))[0] == 204


async def test_a_turn_can_be_read_and_its_cost_added_up(api: Client, open_desk: Desk, business: Business) -> None:
    await business.pool.execute("update agents set model = 'gpt-6-luna'")
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    conversation = (await business.conversation("4670"))["conversation_id"]
    _, turns = await api("GET", f"/v1/conversations/{conversation}/turns")
    (turn,) = turns["data"]
    assert (turn["state"], turn["action"], turn["prompt_version"]) == ("committed", "none", 1)
    _, trace = await api("GET", f"/v1/turns/{turn['turn_id']}")
    assert trace["saw"]["tools"] == ["handoff", "set_customer_fact"]
    assert trace["rounds"] == [{"round": 1, "model": "m", "said": 1}]
    assert (trace["model_calls"][0]["input_tokens"], trace["model_calls"][0]["outcome"]) == (10, "ok")
    _, spending = await api("GET", "/v1/usage")
    assert [(row["calls"], row["unpriced"]) for row in spending["data"]] == [(1, 1)]
    assert (await api("GET", "/v1/usage?since=2026-01-02&until=2026-01-01"))[0] == 422
    _, messages = await api("GET", f"/v1/conversations/{conversation}/messages")
    assert [one["prompt_version"] for one in messages["data"]] == [None, 1]


async def test_a_conversation_is_assigned_taken_and_handed_back(
    api: Client, open_desk: Desk, business: Business
) -> None:
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    path = f"/v1/conversations/{(await business.conversation('4670'))['conversation_id']}"
    _, taken = await api("PATCH", path, {"owner": "human", "reason": "vip", "note": "An old friend", "assignee": "Eva"})
    assert (taken["owner"], taken["assignee"]) == ("human", "Eva")
    _, same = await api("PATCH", path, {"assignee": "Olle"})
    assert (same["owner"], same["assignee"]) == ("human", "Olle")
    await api("POST", f"{path}/messages", {"text": "Hello, old friend"})
    _, back = await api("PATCH", path, {"owner": "agent", "note": "He gets a discount."})
    assert (back["owner"], back["assignee"]) == ("agent", None)
    _, handovers = await api("GET", f"{path}/handovers")
    (one,) = handovers["data"]
    assert (one["by"], one["reason"], one["note"], one["from_no"], one["to_no"]) == (
        "human", "vip", "An old friend", 2, 3,
    )  # fmt: skip
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w2", "4670", "and now?")])))
    await open_desk.sent(3)
    notes = [item["content"] for item in open_desk.providers.asked[-1]["input"] if item["role"] == "developer"]
    assert "messages 3 to 3; vip" in notes[0]
    assert "He gets a discount." in notes[0]
    assert notes[-1].startswith("Now:")


async def test_the_time_zone_of_the_business_is_the_agents(api: Client, open_desk: Desk, business: Business) -> None:
    _, changed = await api("PATCH", "/v1/business", {"zone": "Asia/Kolkata", "company_name": "Bloom"})
    assert (changed["zone"], changed["company_name"]) == ("Asia/Kolkata", "Bloom")
    assert (await api("PATCH", "/v1/business", {"zone": "Nowhere"}))[0] == 422
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    assert "(Asia/Kolkata)" in open_desk.providers.asked[0]["input"][-1]["content"]


async def test_credits_that_end_are_told_once_and_resolved_by_a_top_up(
    api: Client, open_desk: Desk, business: Business
) -> None:
    pool = business.pool
    await pool.execute("insert into credit_ledger values ($1, 'e0', -1000, 'gone')", business.user_id)
    for n in range(3):
        await open_desk.hook(whatsapp(change(business.number.address, messages=[(f"w{n}", f"467{n}", "hi")])))
    await until(lambda: pool.fetchval("select count(*) = 3 from conversations where held_for = 'credits'"))
    _, alerts = await api("GET", "/v1/alerts?resolved=false")
    assert [(one["alert_type"], one["resolved_at"]) for one in alerts["data"]] == [("credits_out", None)]
    async with pool.acquire() as connection:
        await connection.execute("insert into credit_ledger values ($1, 'e1', 10, 'top-up')", business.user_id)
        await connection.execute("select resume_held($1)", business.user_id)
    open_desk.bus.publish("turns")
    await open_desk.sent(3)
    _, alerts = await api("GET", "/v1/alerts?resolved=false")
    assert alerts["data"] == []
    _, alerts = await api("GET", "/v1/alerts")
    assert len(alerts["data"]) == 1


TOOL: dict[str, Any] = {
    "name": "order_status", "description": "Where an order is.", "url": "https://crm.example.com/orders/{number}",
    "headers": {"Authorization": "Bearer very-secret"}, "parameters": [{"name": "number"}],
}  # fmt: skip
WRONG_TOOLS: dict[str, dict[str, Any]] = {
    "a name of ours": {"name": "handoff"},
    "no address": {"url": "crm"},
    "an unknown place": {"url": "https://crm.example.com/{what}"},
    "a place in the host": {"url": "https://{number}.example.com/"},
    "a header line more": {"headers": {"X": "a\r\nY: b"}},
    "a header of the protocol": {"headers": {"Host": "internal"}},
    "a parameter twice": {"parameters": [{"name": "number"}, {"name": "number"}]},
    "too patient": {"seconds": 300},
    "an unknown receipt": {"receipt": "paid"},
}


async def test_a_tools_headers_are_taken_and_never_shown(api: Client, open_desk: Desk, business: Business) -> None:
    status, tool = await api("POST", "/v1/tools", TOOL)
    assert (status, tool["headers"]) == (201, {"Authorization": "••••"})
    stored = await business.pool.fetchval("select headers from http_tools")
    assert "very-secret" not in stored
    path = f"/v1/tools/{tool['tool_id']}"
    change_it = {"headers": {"Authorization": "••••", "X-Team": "blue"}, "seconds": 5}
    _, changed = await api("PATCH", path, change_it)
    assert (changed["headers"], changed["seconds"]) == ({"Authorization": "••••", "X-Team": "••••"}, 5)
    assert (await api("POST", "/v1/tools", TOOL))[0] == 409
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    names = [tool["name"] for tool in open_desk.providers.asked[0]["tools"]]
    assert names == ["handoff", "set_customer_fact", "order_status"]
    assert "very-secret" not in str(open_desk.providers.asked)
    assert (await api("DELETE", path))[0] == 204


@pytest.mark.parametrize("name", WRONG_TOOLS)
async def test_a_tool_that_could_do_harm_is_refused(api: Client, name: str) -> None:
    assert (await api("POST", "/v1/tools", TOOL | WRONG_TOOLS[name]))[0] == 422


RULES = {
    "zone": "Europe/Madrid", "hours": {"mon": [["09:00", "13:00"]]}, "kinds": {"intro": 15, "demo": 60},
    "dates": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []}, "holidays": ["2026-12-25"],
}  # fmt: skip


async def test_an_agent_is_told_when_it_may_book(api: Client, business: Business) -> None:
    path = f"/v1/agents/{business.number.agent_id}"
    assert (await api("GET", path))[1]["booking"] is None
    status, agent = await api("PATCH", path, {"booking": RULES})
    assert (status, agent["booking"]["kinds"], agent["booking"]["notice_minutes"]) == (200, RULES["kinds"], 120)
    stored = await business.pool.fetchval("select booking::text from agents")
    assert json.loads(stored) == RULES
    assert (await api("PATCH", path, {"name": "Ada"}))[1]["booking"] == agent["booking"]
    for wrong in ({"zone": "Mars/Base"}, {"zone": "UTC", "hours": {"mon": [["13:00", "13:00"]]}}, {}):
        assert (await api("PATCH", path, {"booking": wrong}))[0] == 422, wrong
    await business.pool.execute('update agents set booking = booking || \'{"zone": "Mars/Base"}\'')
    _, agent = await api("GET", path)
    assert (agent["booking"], agent["booking_problem"]) == (None, "zone: is no time zone such as Europe/Stockholm")
    assert (await api("PATCH", path, {"name": "Bo"}))[0] == 200
    _, agent = await api("PATCH", path, {"booking": RULES})
    assert (agent["booking"]["zone"], agent["booking_problem"]) == (RULES["zone"], None)
    assert (await api("PATCH", path, {"booking": None}))[1]["booking"] is None
