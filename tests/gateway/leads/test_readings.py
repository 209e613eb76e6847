"""Readings: when a conversation is read, what is stored of it, under crashes and concurrency."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from agents.errors import ModelNotFound, ModelUnavailable, ModelUnusable
from agents.extraction import Asked
from agents.types import ModelCall, Usage
from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Envelope, Intake
from tests.actor import say
from tests.business import Business
from tests.leads import Reader, idle, latest, read_now, reading, reading_leads, want
from tests.waiting import until

HELLO = "I am Anna, I want to book today, our budget is 500"
CLAIMS: dict[str, Any] = {
    "name": ("Anna", 1, "I am Anna"),
    "intent": ("High", 1, "want to book today"),
    "urgency": ("High", 1, "book today"),
    "budget": ("Yes", 1, "our budget is 500"),
    "fit": ("Medium", 1, "want to book"),
    "engagement": ("Medium", 1, "I am Anna"),
}


def found(_: Asked) -> Any:
    return reading(**CLAIMS)


async def events(pool: Pool) -> list[tuple[str, int]]:
    rows = await pool.fetch(
        "select type, (data ->> 'total_score')::int as total from events where type like 'lead.%' order by seq"
    )
    return [(row["type"], row["total"]) for row in rows]


async def state(pool: Pool) -> Any:
    return await pool.fetchrow("select * from lead_readings")


async def test_a_reading_becomes_the_latest_lead(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    reader = await read_now(business, found)
    row = await latest(business)
    assert (row["name"], row["total_score"], row["lead_status_tag"], row["source"]) == ("Anna", 13, "Hot", "model")
    assert (row["intent_score"], row["budget_constraint"], row["message_count_at_extraction"]) == (3, "Yes", 1)
    assert json.loads(row["evidence"])["name"] == [{"sequence_no": 1, "quote": "I am Anna"}]
    assert await events(pool) == [("lead.hot", 13)]
    assert [(line.no, line.author, line.text) for line in reader.asked[0].lines] == [(1, "customer", HELLO)]
    call = await pool.fetchrow("select * from model_calls where kind = 'extraction'")
    assert call is not None
    assert (call["input_tokens"], call["conversation_id"]) == (100, row["conversation_id"])
    assert (await business.conversation())["last_extraction_at"] is not None
    assert (await state(pool))["state"] == "read"


async def test_fifty_triggers_at_once_make_one_row_and_one_event(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    conversation_id = (await business.conversation())["conversation_id"]
    reader = Reader([found])
    async with reading_leads(pool, reader), reading_leads(pool, reader, owner="node-2"):
        await asyncio.gather(*(want(business) for _ in range(50)))
        await until(lambda: idle(business, conversation_id))
    rows = await pool.fetch("select is_latest from extractions")
    assert [row["is_latest"] for row in rows] == [True]
    assert await events(pool) == [("lead.hot", 13)]


async def test_a_new_row_only_when_something_changed(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    less = {**CLAIMS, "budget": ("Maybe", 1, "our budget is 500")}
    await read_now(business, found)
    await read_now(business, found)
    assert await pool.fetchval("select count(*) from extractions") == 1
    await read_now(business, lambda _: reading(**less))
    rows = await pool.fetch("select total_score, is_latest from extractions order by extracted_at")
    assert [tuple(row) for row in rows] == [(13, False), (12, True)]
    await read_now(business, found)
    assert await events(pool) == [("lead.hot", 13)]


async def test_quiet_conversations_are_read_by_themselves(pool: Pool, business: Business) -> None:
    await pool.execute("insert into lead_settings (user_id, quiet_seconds) values ($1, 2)", business.user_id)
    await say(business, HELLO)
    reader = Reader([found])
    async with reading_leads(pool, reader):
        assert (await business.conversation())["lead_at"] is not None
        assert reader.asked == []
        # The customer has been quiet for long enough now; time itself is not waited for.
        await pool.execute("update conversations set lead_at = now(), last_message_at = now() - interval '3 seconds'")
        await until(lambda: pool.fetchval("select count(*) = 1 from extractions"))
    assert (await business.conversation())["lead_at"] is None
    await say(business, "and one more thing")
    assert (await business.conversation())["lead_at"] is not None


async def test_a_conversation_that_goes_on_is_left_alone(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    await pool.execute("update conversations set lead_at = now()")
    assert await pool.fetchval("select note_quiet(10)") == 0
    later = "select lead_at > now() + interval '4 minutes' from conversations"
    assert await pool.fetchval(later)
    await pool.execute("update conversations set lead_at = now(), last_message_at = now() - interval '1 hour'")
    assert await pool.fetchval("select note_quiet(10)") == 1


AT_ONCE = [
    ("write to anna@berg.example", "contact"),
    ("call me on 070-174 06 05", "contact"),
    ("نعم ٠٧٠ ١٧٤ ٠٦ ٠٥ او 0701740605", "contact"),
    ("hello, are you open at 10 or 11?", None),
]


@pytest.mark.parametrize(("text", "reason"), AT_ONCE)
async def test_an_address_is_read_at_once(pool: Pool, business: Business, text: str, reason: str | None) -> None:
    await say(business, text)
    assert await pool.fetchval("select reason from lead_readings where due_at <= now()") == reason


async def test_a_hand_over_is_read_at_once_and_flags_the_lead(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    key = business.user_id, (await business.conversation())["conversation_id"]
    await pool.execute("select take_over(c, 'agent', 'asked_for_a_person', '') from conversations c")
    reader = Reader([found])
    async with reading_leads(pool, reader):
        await until(lambda: pool.fetchval("select count(*) = 1 from extractions"))
        await until(lambda: idle(business, key[1]))
    row = await latest(business)
    assert (row["cta_escalated_to_human"], row["reason"]) == ("Yes", "handover")
    assert json.loads(row["evidence"])["cta_escalated_to_human"][0]["source"] == "handover"


async def test_a_booking_is_in_the_lead_without_asking_the_model_again(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    await read_now(business, found)
    key = business.user_id, (await business.conversation())["conversation_id"]
    await pool.execute(
        "insert into meetings (user_id, meeting_id, conversation_id, google_event_id, title, meeting_time, status) "
        "values ($1, 'mtg_1', $2, 'g1', 'Visit', '2026-12-01T10:00Z', 'scheduled')", *key,
    )  # fmt: skip
    reader = Reader([found])
    async with reading_leads(pool, reader):
        await until(lambda: pool.fetchval("select count(*) = 2 from extractions"))
        await until(lambda: idle(business, key[1]))
    row = await latest(business)
    assert reader.asked == []
    assert (row["cta_demo_clicked"], row["demo_book_datetime"].isoformat()) == ("Yes", "2026-12-01T10:00:00+00:00")
    assert (row["total_score"], row["source"]) == (13, "event")
    await pool.execute("update meetings set status = 'cancelled'")
    async with reading_leads(pool, reader):
        await until(lambda: pool.fetchval("select count(*) = 3 from extractions"))
    assert (await latest(business))["demo_book_datetime"] is None


NOTHING = [("🙂🙂🙂",), ("?",), ("!!!", "…", "👍"), ("a",)]


@pytest.mark.parametrize("texts", NOTHING)
async def test_signs_alone_are_nothing_to_extract(pool: Pool, business: Business, texts: tuple[str, ...]) -> None:
    await say(business, *texts)
    reader = await read_now(business, found)
    assert reader.asked == []
    row = await state(pool)
    assert (row["state"], row["error"]) == ("nothing", None)
    assert await pool.fetchval("select count(*) from extractions") == 0


async def test_five_hundred_messages_are_read(pool: Pool, business: Business) -> None:
    for start in range(0, 500, 100):
        await say(business, *(f"message {n} " + "x" * 300 for n in range(start, start + 100)))
    reader = await read_now(business, lambda asked: reading(engagement=("High", asked.lines[-1].no, "message 499")))
    assert 100 <= len(reader.asked[0].lines) <= 160
    assert reader.asked[0].lines[-1].no == 500
    assert (await latest(business))["engagement_health"] == "High"


async def test_a_failure_is_seen_and_tried_again(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    away = ModelUnavailable("outage")
    away.calls = (ModelCall(model="m", outcome="outage", usage=Usage(calls=1), kind="extraction"),)
    reader = Reader([lambda _: away, found])
    conversation_id = await want(business)
    async with reading_leads(pool, reader):
        await until(lambda: pool.fetchval("select state = 'failed' from lead_readings"))
        row = await state(pool)
        assert (row["error"], row["tries"]) == ("ModelUnavailable: outage", 1)
        assert row["due_at"] is not None
        await pool.execute("update lead_readings set due_at = now()")
        await until(lambda: pool.fetchval("select count(*) = 1 from extractions"))
        await until(lambda: idle(business, conversation_id))
    assert (await state(pool))["state"] == "read"
    assert await pool.fetchval("select array_agg(outcome::text order by outcome) from model_calls") == ["ok", "outage"]


async def test_an_answer_of_the_wrong_shape_ends_as_failed_and_can_be_asked_for_again(
    pool: Pool, business: Business
) -> None:
    await say(business, HELLO)
    await read_now(business, lambda _: ModelUnusable("not_the_shape"))
    row = await state(pool)
    assert (row["state"], row["error"], row["due_at"]) == ("failed", "ModelUnusable: not_the_shape", None)
    await read_now(business, found)
    assert (await latest(business))["total_score"] == 13


async def test_settings_that_can_not_work_are_told_until_they_do(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    await read_now(business, lambda _: ModelNotFound("model_not_found"))
    told = "select alert_type, detail ->> 'code' as code, resolved_at from system_alerts"
    row = await pool.fetchrow(told)
    assert tuple(row or ()) == ("leads_broken", "model_not_found", None)
    assert (await state(pool))["due_at"] is None
    await read_now(business, found)
    assert await pool.fetchval("select resolved_at is not null from system_alerts")


async def test_a_reader_that_dies_is_followed_by_another(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    conversation_id = await want(business)
    hangs = asyncio.Event()
    reader = Reader([lambda _: hangs.wait(), found])
    async with reading_leads(pool, reader):
        await until(lambda: _true(reader.asked))
    async with reading_leads(pool, reader):  # of the same name: it frees what the dead one held
        await until(lambda: idle(business, conversation_id))
    assert (await latest(business))["total_score"] == 13
    assert len(reader.asked) == 2


async def test_a_reader_whose_lease_ran_out_stores_nothing(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    conversation_id = await want(business)
    go_on = asyncio.Event()

    async def slowly(_: Asked) -> Any:
        await go_on.wait()
        return reading(name=("Anna", 1, "Anna"))

    late, quick = Reader([slowly]), Reader([found])
    async with reading_leads(pool, late):
        await until(lambda: _true(late.asked))
        await pool.execute("update lead_readings set lease_until = now()")
        async with reading_leads(pool, quick, owner="node-2"):
            await until(lambda: idle(business, conversation_id))
            go_on.set()
            await until(lambda: pool.fetchval("select count(*) = 2 from model_calls"))
    assert await pool.fetchval("select count(*) from extractions") == 1
    assert (await latest(business))["total_score"] == 13


async def test_a_deleted_message_takes_its_values_along(pool: Pool, business: Business) -> None:
    await say(business, HELLO, "or write to anna@berg.example")
    claims = {**CLAIMS, "email": ("anna@berg.example", 2, "anna@berg.example")}
    await read_now(business, lambda _: reading(**claims))
    assert (await latest(business))["email"] == "anna@berg.example"
    said = await pool.fetchval("select platform_message_id from messages where sequence_no = 2")
    gone = replace(business.says(), kind="revoke", text="", reply_to=said)
    await Intake(pool, Bus()).accept(Envelope(events=[gone]))
    conversation_id = (await business.conversation())["conversation_id"]
    async with reading_leads(pool, Reader([found])):
        await until(lambda: idle(business, conversation_id))
    row = await latest(business)
    assert (row["email"], row["name"]) == (None, "Anna")


async def test_a_click_on_a_link_is_a_new_row(pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    await read_now(business, found)
    await pool.execute(
        "insert into link_sends (user_id, token, link_id, conversation_id, url, cta, clicks, first_click_at) "
        "select user_id, 'tok', 'lnk', conversation_id, 'https://x.example', 'pricing', 1, now() from conversations"
    )
    reader = await read_now(business, found, reason="click")
    row = await latest(business)
    assert (row["cta_pricing_clicked"], row["source"], reader.asked) == ("Yes", "event", [])
    assert await pool.fetchval("select count(*) from extractions") == 2


async def test_a_tapped_choice_sets_its_flag(pool: Pool, business: Business) -> None:
    await pool.execute(
        'insert into lead_settings (user_id, buttons) values ($1, \'{"See prices": "pricing"}\')', business.user_id
    )
    await say(business, HELLO)
    await Intake(pool, Bus()).accept(Envelope(events=[replace(business.says("See prices"), kind="button")]))
    await read_now(business, found)
    row = await latest(business)
    assert row["cta_pricing_clicked"] == "Yes"
    assert json.loads(row["evidence"])["cta_pricing_clicked"] == [
        {"source": "button", "sequence_no": 2, "quote": "See prices"}
    ]


async def test_thresholds_and_region_are_the_businesss_own(pool: Pool, business: Business) -> None:
    await pool.execute(
        "insert into lead_settings (user_id, hot, warm, region) values ($1, 15, 14, 'GB')", business.user_id
    )
    await say(business, HELLO + ", call 020 7946 0958")
    await read_now(business, lambda _: reading(**CLAIMS, phone=("020 7946 0958", 1, "020 7946 0958")))
    row = await latest(business)
    assert (row["lead_status_tag"], row["phone"]) == ("Cold", "+442079460958")


async def test_at_the_spending_cap_nothing_is_asked(pool: Pool, business: Business) -> None:
    await pool.execute("update agents set most_micros_a_day = 1")
    await pool.execute(
        "insert into model_calls (user_id, subject_id, call_no, kind, agent_id, cost_micros) "
        "select user_id, 's', 1, 'reply', agent_id, 5 from agents"
    )
    await say(business, HELLO)
    conversation_id = await want(business)
    reader = Reader([found])
    async with reading_leads(pool, reader):
        await until(lambda: pool.fetchval("select state = 'held' from lead_readings"))
    assert reader.asked == []
    row = await state(pool)
    assert (row["conversation_id"], row["error"], row["read_no"]) == (conversation_id, "spend_cap", 0)


async def _true(what: object) -> bool:
    return bool(what)
