"""Meetings that a member books for a customer: the same offers, holds and words as the customer's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.api.keys import create_key
from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Refused
from gateway.booking.sweeper import Sweeper
from gateway.bus import Bus
from gateway.db import Pool
from tests.actor import say
from tests.booking.diary import meetings
from tests.business import Business
from tests.gateway.api.test_meetings_api import ALWAYS, MADRID, RULES, Office, office
from tests.gateway.test_turns import CUTS
from tests.waiting import until

__all__ = ["office"]


def at_clock(days: int, hour: int) -> datetime:
    """A moment some days ahead, by Madrid's clocks."""
    there = datetime.now(MADRID) + timedelta(days=days)
    return there.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


async def ready(office: Office, **rules: Any) -> str:
    """Gives the agent rules, and has a customer write; returns his conversation."""
    await office.business.pool.execute("update agents set booking = $1::jsonb", json.dumps({**RULES, **rules}))
    await say(office.business, "Could you call me?")
    return str((await office.business.conversation())["conversation_id"])


async def post(office: Office, body: Any, key: str = "") -> tuple[int, Any]:
    """Books; `key` is the Idempotency-Key."""
    headers = {"Authorization": f"Bearer {office.key}", **({"Idempotency-Key": key} if key else {})}
    async with office.http.post(f"{office.url}/v1/meetings", json=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.read())


async def settle(office: Office) -> None:
    """Lets the sweeper look once at what is due."""
    pool, diary = office.business.pool, office.diary
    sweeper = Sweeper(pool, Bus(), Bookings(pool, diary, tz_version="2026f"), diary, CUTS, owner="node-1")
    for claim in await sweeper.claim(10):
        await sweeper.work(claim)


async def test_it_is_booked_and_the_customer_reads_it_from_the_row(office: Office, pool: Pool) -> None:
    conversation, at = await ready(office, title="Cleaning"), at_clock(3, 9)
    body = {
        "conversation_id": conversation,
        "starts_at": at.isoformat(),
        "name": "Anna Berg",
        "email": "A@berg.example",
    }
    status, meeting = await post(office, body)
    told = {name: meeting[name] for name in ("status", "state", "title", "customer_name", "customer_email", "by")}
    assert (status, told) == (201, {
        "status": "scheduled", "state": "scheduled", "title": "Cleaning", "customer_name": "Anna Berg",
        "customer_email": "a@berg.example", "by": "owner",
    })  # fmt: skip
    assert datetime.fromisoformat(meeting["meeting_time"]) == at
    assert (meeting["proof"]["accepted_no"], "09:00 (Madrid)" in meeting["proof"]["offer_label"]) == (None, True)
    assert [one.start for one in office.diary.standing] == [at]
    assert await pool.fetchval("select count(*) from events where type = 'meeting.booked'") == 1
    await settle(office)
    await settle(office)
    told_texts = [text for _, author, text in await office.business.transcript() if author == "fallback"]
    assert (len(told_texts), "09:00 (Madrid)" in told_texts[0]) == (1, True)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"starts_at": "2020-01-07T09:00:00Z"}, 422, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:00-12:00"}, 422, "starts_at"),
        ({"starts_at": "2030-01-07T09:00:00"}, 422, "starts_at"),
        ({"starts_at": at_clock(3, 7).isoformat()}, 422, "starts_at"),
        ({"starts_at": (at_clock(3, 9) + timedelta(minutes=7)).isoformat()}, 422, "starts_at"),
        ({"starts_at": at_clock(300, 9).isoformat()}, 422, "starts_at"),
        ({"kind": "surgery"}, 422, "kind"),
        ({"email": "anna"}, 422, "email"),
        ({"conversation_id": None}, 422, "conversation_id"),
        ({"contact_id": "cnt_1"}, 422, "conversation_id"),
        ({"agent_id": "a\x00"}, 422, "agent_id"),
        ({"room": 4}, 422, "room"),
        ({"agent_id": "agt_none"}, 404, ""),
        ({"conversation_id": "cnv_none"}, 404, ""),
        ({"conversation_id": None, "contact_id": "cnt_none"}, 404, ""),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_booked(
    office: Office, pool: Pool, change: dict[str, Any], status: int, field: str
) -> None:
    hours = {day: [["08:00", "12:00"]] for day in ALWAYS}
    conversation = await ready(office, hours=hours)
    body = {"conversation_id": conversation, "starts_at": at_clock(3, 9).isoformat()} | change
    answered, problem = await post(office, body)
    assert (answered, [one["field"] for one in problem.get("fields", [])][:1]) == (status, [field] if field else [])
    for table in ("meetings", "offers"):
        assert await pool.fetchval(f"select count(*) from {table}") == 0  # noqa: S608


async def test_a_time_that_is_gone_answers_with_others(office: Office, pool: Pool) -> None:
    conversation, at = await ready(office), at_clock(3, 9)
    office.diary.own(at)
    status, problem = await post(office, {"conversation_id": conversation, "starts_at": at.isoformat()}, "k1")
    starts = [datetime.fromisoformat(one["starts_at"]) for one in problem["times"]]
    assert (status, problem["code"]) == (409, "taken")
    assert (len(starts), starts == sorted(starts), at in starts) == (6, True, False)
    assert {abs(one - at) for one in starts} == {timedelta(hours=n) for n in (1, 2, 3)}
    assert await meetings(pool, "held", "booking", "scheduled") == []
    # The same key may be used for one of the others: nothing was done by it.
    status, meeting = await post(office, {"conversation_id": conversation, "starts_at": starts[0].isoformat()}, "k1")
    assert (status, meeting["status"]) == (201, "scheduled")


async def test_one_time_goes_to_one_of_many(office: Office, pool: Pool) -> None:
    conversation, at = await ready(office), at_clock(3, 9)
    body = {"conversation_id": conversation, "starts_at": at.isoformat()}
    answers: list[int] = []

    async def ask() -> None:
        status = 429
        while status == 429:  # only few ask the calendar at once
            status, _ = await post(office, body)
        answers.append(status)

    await asyncio.gather(*(ask() for _ in range(4)))
    assert sorted(answers) == [201, 409, 409, 409]
    assert len(await meetings(pool, "scheduled")) == 1
    assert len(office.diary.standing) == 1


async def test_the_same_request_is_one_meeting(office: Office, pool: Pool) -> None:
    conversation = await ready(office)
    body = {"conversation_id": conversation, "starts_at": at_clock(3, 9).isoformat()}
    first = await post(office, body, "k1")
    assert (first[0], await post(office, body, "k1")) == (201, first)
    # The process died before it could keep its answer: what was done then is found again.
    await pool.execute("delete from api_answers")
    status, meeting = await post(office, body, "k1")
    assert (status, meeting["meeting_id"]) == (201, first[1]["meeting_id"])
    assert await pool.fetchval("select count(*) from meetings") == 1
    assert (await post(office, body | {"name": "Bo"}, "k1"))[0] == 422


async def test_what_nobody_knows_is_not_called_booked(office: Office, pool: Pool) -> None:
    conversation, at = await ready(office), at_clock(3, 9)
    body = {"conversation_id": conversation, "starts_at": at.isoformat()}
    office.diary.before["insert"] = [Away("x"), Away("x")]
    status, meeting = await post(office, body, "k1")
    assert (status, meeting["state"], meeting["status"]) == (201, "booking", None)
    assert all(author != "fallback" for _, author, _ in await office.business.transcript())
    await pool.execute("update meetings set due_at = now()")
    await settle(office)
    assert (await office("GET", f"/v1/meetings/{meeting['meeting_id']}"))[1]["status"] == "scheduled"
    await pool.execute("update meetings set due_at = now()")
    await settle(office)
    assert (await office.business.transcript())[-1][1] == "fallback"


@pytest.mark.parametrize(
    "why", ["busy", "insert", "revoked", "no_rules", "unreadable_rules", "closed", "no_conversation"]
)
async def test_where_nothing_can_be_booked_it_is_said_why(office: Office, pool: Pool, why: str) -> None:
    conversation = await ready(office)
    body: dict[str, Any] = {"conversation_id": conversation, "starts_at": at_clock(3, 9).isoformat()}
    hindered: dict[str, Callable[[], Awaitable[Any]]] = {
        "no_rules": lambda: pool.execute("update agents set booking = null"),
        "unreadable_rules": lambda: pool.execute('update agents set booking = booking || \'{"zone": "Mars/Base"}\''),
        "closed": lambda: pool.execute("update conversations set is_active = false"),
        "no_conversation": lambda: pool.execute(
            "insert into contacts (user_id, contact_id) values ($1, 'cnt_1')", office.business.user_id
        ),
    }
    if why in hindered:
        await hindered[why]()
    if why in ("busy", "insert"):
        office.diary.before[why] = [Refused("x", status=403)]
    if why == "revoked":
        office.diary.state = "revoked"
    if why == "no_conversation":
        body = {"contact_id": "cnt_1", "starts_at": body["starts_at"]}
    status, problem = await post(office, body)
    assert (status, problem["code"]) == (409, why if why in hindered else "calendar")
    assert await meetings(pool, "held", "booking", "scheduled") == []


async def test_a_contact_is_met_in_his_open_conversation_and_by_another_agent(office: Office, pool: Pool) -> None:
    conversation = await ready(office)
    await pool.execute("insert into contacts (user_id, contact_id) values ($1, 'cnt_1')", office.business.user_id)
    await pool.execute("update customers set contact_id = 'cnt_1'")
    agent_id = await office.business.add_agent(None)
    rules = {**RULES, "kinds": {"intro": 15, "demo": 45}}
    del rules["minutes"]
    await pool.execute("update agents set booking = $2 where agent_id = $1", agent_id, json.dumps(rules))
    _, found = await office("GET", f"/v1/agents/{agent_id}/times?kind=demo&limit=1")
    assert found["kinds"] == {"intro": 15, "demo": 45}
    assert (await office("GET", f"/v1/agents/{agent_id}/times?kind=surgery"))[0] == 422
    time = found["data"][0]
    span = datetime.fromisoformat(time["ends_at"]) - datetime.fromisoformat(time["starts_at"])
    assert span == timedelta(minutes=45)
    body = {"contact_id": "cnt_1", "agent_id": agent_id, "kind": "demo", "starts_at": time["starts_at"]}
    status, meeting = await post(office, body)
    assert (status, meeting["conversation_id"], meeting["duration_minutes"]) == (201, conversation, 45)


async def test_a_host_who_is_taken_by_now_is_not_insisted_on(office: Office, pool: Pool) -> None:
    hosts = ["a@example.com", "b@example.com"]
    conversation, at = await ready(office, hosts=hosts), at_clock(3, 9)
    body = {"conversation_id": conversation, "starts_at": at.isoformat()}
    office.diary.before["insert"] = [Refused("x", status=403)]
    assert (await post(office, body, "k1"))[0] == 409
    await office.book(at, host=hosts[0], customer="4670222", minutes=60)
    office.diary.events.clear()  # this diary is one for both of them
    status, meeting = await post(office, body, "k1")
    assert (status, meeting["proof"]["host"]) == (201, hosts[1])


async def test_only_ones_own_customers_and_agents(office: Office, pool: Pool) -> None:
    conversation = await ready(office)
    other = await Business.create(pool)
    await say(other, "Hello", customer="4670222")
    theirs = str((await other.conversation("4670222"))["conversation_id"])
    await pool.execute("update agents set booking = $1", json.dumps(RULES))
    at = at_clock(3, 9).isoformat()
    assert (await post(office, {"conversation_id": theirs, "starts_at": at}))[0] == 404
    body = {"conversation_id": conversation, "agent_id": other.number.agent_id, "starts_at": at}
    assert (await post(office, body))[0] == 404
    reader = replace(office, key=await create_key(pool, office.business.user_id, "reader", ["meetings:read"]))
    assert (await post(reader, {"conversation_id": conversation, "starts_at": at}))[0] == 403
    assert await pool.fetchval("select count(*) from meetings") == 0


async def test_the_record_says_who_booked(office: Office, pool: Pool) -> None:
    conversation = await ready(office)
    await post(office, {"conversation_id": conversation, "starts_at": at_clock(3, 9).isoformat()})
    await until(lambda: pool.fetchval("select count(*) = 1 from audit_log where action = 'create_meeting'"))


async def moved(office: Office, meeting_id: str, at: datetime, key: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {office.key}", **({"Idempotency-Key": key} if key else {})}
    path = f"{office.url}/v1/meetings/{meeting_id}/move"
    async with office.http.post(path, json={"starts_at": at.isoformat()}, headers=headers) as answer:
        return answer.status, json.loads(await answer.read())


async def test_a_member_moves_a_meeting_that_its_customer_can_not_change_any_more(office: Office, pool: Pool) -> None:
    conversation, at, later = await ready(office, change_until_minutes=40_000), at_clock(3, 9), at_clock(4, 11)
    _, made = await post(office, {"conversation_id": conversation, "starts_at": at.isoformat()})
    headers = {"Authorization": f"Bearer {office.key}"}
    path = f"{office.url}/v1/agents/{office.business.number.agent_id}/times?moving={made['meeting_id']}&limit=500"
    async with office.http.get(path, headers=headers) as answer:
        free = {datetime.fromisoformat(one["starts_at"]) for one in (await answer.json())["data"]}
    assert {at, later} <= free  # it is not in its own way
    for _ in range(2):
        status, meeting = await moved(office, made["meeting_id"], later, "m1")
        assert (status, meeting["state"], meeting["by"], meeting["sequence"]) == (200, "scheduled", "owner", 1)
    status, meeting = await moved(office, made["meeting_id"], later)  # once more, by a program that names no request
    assert (status, meeting["sequence"]) == (200, 1)
    assert datetime.fromisoformat(meeting["meeting_time"]) == later
    assert [one.start for one in office.diary.standing] == [later]
    await settle(office)
    assert (
        "11:00 (Madrid)" in [text for _, author, text in await office.business.transcript() if author == "fallback"][-1]
    )


async def test_a_meeting_moves_only_to_where_it_fits(office: Office, pool: Pool) -> None:
    conversation, at = await ready(office), at_clock(3, 9)
    _, made = await post(office, {"conversation_id": conversation, "starts_at": at.isoformat()})
    meeting_id = made["meeting_id"]
    office.diary.own(at_clock(4, 9))
    status, problem = await moved(office, meeting_id, at_clock(4, 9))
    assert (status, problem["code"], len(problem["times"])) == (409, "taken", 6)
    for wrong in (datetime(2020, 1, 7, 9, tzinfo=UTC), at_clock(3, 9) + timedelta(minutes=7)):
        status, problem = await moved(office, meeting_id, wrong)
        assert (status, problem["fields"][0]["field"]) == (422, "starts_at")
    office.diary.before["patch"] = [Away("503")]
    assert (await moved(office, meeting_id, at_clock(5, 9)))[1]["state"] == "moving"
    assert (await moved(office, meeting_id, at_clock(6, 9)))[1][
        "detail"
    ] == "This meeting can't be moved: it is moving."
    await pool.execute("update meetings set state = 'cancelled', status = 'cancelled', busy = 'empty'")
    status, problem = await moved(office, meeting_id, at_clock(6, 9))
    assert (status, problem["code"]) == (409, "over")
    assert (await moved(office, "mtg_none", at_clock(6, 9)))[0] == 404
