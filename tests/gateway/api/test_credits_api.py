"""Below how many credits a business is told: what it chose, what holds without a choice, and when the alert begins."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.ids import new
from tests.business import Business
from tests.desk import Desk
from tests.people import browser_of


async def credit(business: Business, delta: int) -> None:
    insert = "insert into credit_ledger (user_id, entry_id, delta, reason) values ($1, $2, $3, 'Top-up')"
    await business.pool.execute(insert, business.user_id, new("ent"), delta)


async def open_alerts(business: Business) -> list[str]:
    rows = await business.pool.fetch("select alert_type from system_alerts where resolved_at is null")
    return [row["alert_type"] for row in rows]


async def test_a_business_chooses_below_what_it_is_told(open_desk: Desk, business: Business) -> None:
    boss = await browser_of(open_desk, business.user_id, "manager")
    _, before = await boss("GET", "/v1/credits")
    left = before["remaining_credits"]
    assert (before["low_own"], before["low_at"] < left) == (None, True)
    steps: list[tuple[int | None, int, list[str]]] = [
        (left, left, ["credits_low"]), (left - 1, left - 1, []), (left + 5, left + 5, ["credits_low"]), (0, 0, []),
        (None, before["low_at"], []),
    ]  # fmt: skip
    for own, at, told in steps:
        status, now = await boss("PATCH", "/v1/credits", {"low_own": own})
        assert (status, now["low_own"], now["low_at"]) == (200, own, at)
        assert (await boss("GET", "/v1/credits"))[1] == now
        assert await open_alerts(business) == told, own
    _, page = await boss("GET", "/v1/audit")
    assert {(row["action"], tuple(row["changed"])) for row in page["data"]} == {("change_credits", ("low_own",))}


async def test_a_choice_holds_after_a_top_up_and_the_rule_comes_back_without_it(
    open_desk: Desk, business: Business
) -> None:
    boss = await browser_of(open_desk, business.user_id, "admin")
    await boss("PATCH", "/v1/credits", {"low_own": 7})
    await credit(business, 4000)
    assert (await boss("GET", "/v1/credits"))[1]["low_at"] == 7
    assert (await boss("PATCH", "/v1/credits", {"low_own": None}))[1]["low_at"] == 400


async def test_a_business_without_any_credits_chooses_too(open_desk: Desk, business: Business) -> None:
    other = await Business.create(business.pool)
    await business.pool.execute("delete from credits where user_id = $1", other.user_id)
    boss = await browser_of(open_desk, other.user_id, "admin")
    _, nothing = await boss("GET", "/v1/credits")
    assert (nothing["remaining_credits"], nothing["low_at"]) == (0, None)
    assert (await boss("PATCH", "/v1/credits", {"low_own": 20}))[1]["low_at"] == 20
    assert (await (await browser_of(open_desk, business.user_id, "admin"))("GET", "/v1/credits"))[1]["low_own"] is None


@pytest.mark.parametrize("body", [{"low_own": -1}, {"low_own": 1.5}, {"low_own": "many"}, {"low_own": 10**12}, {}])
async def test_what_is_no_number_of_credits_is_refused(open_desk: Desk, business: Business, body: Any) -> None:
    boss = await browser_of(open_desk, business.user_id, "admin")
    status, problem = await boss("PATCH", "/v1/credits", body)
    assert (status, problem["fields"][0]["field"]) == (422, "low_own")
    viewer = await browser_of(open_desk, business.user_id, "viewer")
    assert (await viewer("PATCH", "/v1/credits", {"low_own": 1}))[0] == 403
