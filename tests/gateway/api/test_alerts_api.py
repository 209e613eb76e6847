"""Alerts as programs and the console read them: filters, one alert, and what a person may put away."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api.keys import create_key
from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk
from tests.gateway.alerts.alarm import ended, raised
from tests.gateway.api.test_api import Client


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))


@pytest.fixture
async def four(business: Business) -> None:
    """Four alerts: one of a number, one over, one about an agent, one about credits."""
    await raised(business, "token_dying", business.number.id, cause="refused", error="190")
    await raised(business, "agent_broken", "agt_1", code="x")
    await ended(business, "agent_broken", "agt_1")
    await raised(business, "agent_broken", "agt_2", code="x")
    await raised(business, "credits_low", "", remaining_credits=9)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["credits_low", "agent_broken", "agent_broken", "token_dying"]),
        ("?resolved=false", ["credits_low", "agent_broken", "token_dying"]),
        ("?resolved=true", ["agent_broken"]),
        ("?level=warning", ["credits_low"]),
        ("?level=critical&resolved=false", ["agent_broken", "token_dying"]),
        ("?type=agent_broken", ["agent_broken", "agent_broken"]),
        ("?number={number}", ["token_dying"]),
        ("?number=other", []),
    ],
)
async def test_alerts_are_filtered(api: Client, business: Business, four: None, query: str, found: list[str]) -> None:
    status, page = await api("GET", "/v1/alerts" + query.format(number=business.number.id))
    assert (status, [one["alert_type"] for one in page["data"]]) == (200, found)


async def test_alerts_are_walked_by_cursor(api: Client, four: None) -> None:
    seen, cursor = [], ""
    while True:
        _, page = await api("GET", f"/v1/alerts?limit=1{cursor}")
        seen += [one["id"] for one in page["data"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 4


async def one_of(api: Client, alert_type: str) -> dict[str, Any]:
    _, page = await api("GET", f"/v1/alerts?resolved=false&type={alert_type}")
    found: dict[str, Any] = page["data"][0]
    return found


async def test_a_person_puts_away_what_only_he_can_judge(api: Client, four: None, pool: Pool) -> None:
    alert = await one_of(api, "agent_broken")
    assert (alert["by_hand"], alert["resolved"], alert["times"]) == (True, False, 1)
    for _ in range(2):
        status, answered = await api("POST", f"/v1/alerts/{alert['id']}/resolve")
        assert (status, answered["resolved"]) == (200, True)
    assert (await api("GET", f"/v1/alerts/{alert['id']}"))[1]["resolved_at"] == answered["resolved_at"]
    assert await pool.fetchval("select count(*) from events where type = 'alert.resolved'") == 2


async def test_what_is_known_to_be_wrong_stays(api: Client, four: None) -> None:
    alert = await one_of(api, "credits_low")
    status, problem = await api("POST", f"/v1/alerts/{alert['id']}/resolve")
    assert (status, alert["by_hand"]) == (409, False)
    assert "ends by itself" in problem["detail"]


@pytest.mark.parametrize(("query", "field"), [("?level=red", "level"), ("?resolved=maybe", "resolved")])
async def test_a_wrong_filter_is_named(api: Client, query: str, field: str) -> None:
    status, problem = await api("GET", "/v1/alerts" + query)
    assert (status, problem["fields"][0]["field"]) == (422, field)
