"""What becomes of a turn: hand-overs, silence, failures by class, hours, language, settings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agents.errors import (
    AgentError,
    BadRequest,
    KeyRejected,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    ModelUnusable,
    PromptNotFound,
    QuotaExhausted,
    TurnTooLong,
)
from agents.request import request_of
from agents.types import Bubble, Reply
from channels.base import Alias
from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Envelope, Intake
from gateway.lines import line
from tests.actor import Actor, play, say
from tests.business import Business
from tests.gateway.test_turns import answered, working
from tests.waiting import until


async def test_the_agent_hands_over_with_its_last_words(pool: Pool, business: Business) -> None:
    reply = Reply(
        messages=(Bubble(text="A colleague takes over."),),
        action="handoff",
        reason="complaint",
        note="Wants money back",
    )
    await play(business, lambda _: reply)
    row = await pool.fetchrow("select by, reason, note, from_no, ended_at from handovers")
    assert tuple(row or ()) == ("agent", "complaint", "Wants money back", 2, None)
    conversation = await business.conversation()
    assert (conversation["owner"], conversation["due_at"]) == ("human", None)
    actor = Actor([lambda _: "never"])
    await say(business, "are you there?")
    assert (await business.conversation())["due_at"] is None
    assert actor.asked == []


async def test_a_hand_over_without_words_has_a_line_in_the_customers_language(business: Business) -> None:
    await play(business, lambda _: Reply(action="handoff"), text="Hola, ¿puedo hablar con una persona por favor?")
    assert (await business.transcript())[-1][1:] == ("fallback", line("handoff", "es"))


async def test_silence_answers_without_a_word(pool: Pool, business: Business) -> None:
    actor = Actor([lambda _: Reply(action="silent", reason="only thanks")])
    await say(business, "thanks!")
    async with working(pool, actor):
        await until(lambda: pool.fetchval("select state = 'committed' from turns"))
    assert [author for _, author, _ in await business.transcript()] == ["customer"]
    conversation = await business.conversation()
    assert (conversation["answered_no"], conversation["due_at"], conversation["owner"]) == (1, None, "agent")


async def test_a_claim_that_stays_unproved_becomes_a_neutral_line_and_a_hand_over(
    pool: Pool, business: Business
) -> None:
    lie = Reply(messages=(Bubble(text="Done, you are booked."),), unproved=("booked",))
    await play(business, lambda _: lie)
    assert (await business.transcript())[-1][1:] == ("fallback", line("neutral", "en"))
    row = await pool.fetchrow("select owner, (select reason from handovers) from conversations")
    assert tuple(row or ()) == ("human", "claim_without_receipt")
    assert await pool.fetchval("select count(*) from credit_ledger where reason = 'turn'") == 0


FAILURES: list[tuple[AgentError, str, str, str | None]] = [
    (QuotaExhausted("insufficient_quota"), "parked", "outage", "model_quota"),
    (KeyRejected("invalid_api_key"), "parked", "outage", "model_key_refused"),
    (ModelThrottled("slow_down"), "parked", "outage", None),
    (ModelUnavailable("circuit_open"), "parked", "outage", "model_down"),
    (BadRequest("unknown_parameter"), "committed", "agent_broken", "agent_broken"),
    (PromptNotFound("prompt_not_found"), "committed", "agent_broken", "agent_broken"),
    (TurnTooLong("context_length_exceeded"), "committed", "too_long", None),
    (ModelRefused("refusal"), "committed", "refused", None),
    (ModelUnusable("empty"), "committed", "unusable", None),
]


@pytest.mark.parametrize(("error", "state", "reason", "notice"), FAILURES, ids=str)
async def test_each_class_of_failure_has_its_outcome(
    pool: Pool, business: Business, error: AgentError, state: str, reason: str, notice: str | None
) -> None:
    await play(business, lambda _: error)
    turn = await pool.fetchrow("select state, reason, failure from turns")
    assert tuple(turn or ()) == (state, reason, type(error).__name__)
    assert await pool.fetchval("select alert_type from system_alerts") == notice
    conversation = await business.conversation()
    assert conversation["owner"] == ("agent" if state == "parked" else "human")
    assert (conversation["due_at"] is not None) == (state == "parked")
    said = line("holding", "en") if state == "parked" else "We will get back to you."
    assert (await business.transcript())[-1][1:] == ("fallback", said)


async def test_a_fault_of_ours_hands_over_and_is_logged(pool: Pool, business: Business) -> None:
    await play(business, lambda _: ZeroDivisionError("ours"))
    assert await pool.fetchval("select trace #>> '{saw,error}' from turns") == "internal"
    assert (await business.conversation())["owner"] == "human"


def closed_now(minutes: int = 90) -> str:
    """Hours that open again in so many minutes, whatever the clock says."""
    opens = datetime.now(UTC) + timedelta(minutes=minutes)
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[opens.weekday()]
    return json.dumps({"zone": "UTC", "days": {day: [[f"{opens:%H:%M}", "24:00"]]}, "closed": []})


async def test_outside_its_hours_a_business_says_so_once_and_answers_later(pool: Pool, business: Business) -> None:
    await pool.execute("update agents set outside_hours = 'away', hours = $1::jsonb", closed_now())
    actor, bus = Actor([lambda _: "Good morning!"]), Bus()
    async with working(pool, actor, bus=bus):
        await say(business, "Are you open?", bus=bus)
        await until(answered(business, 1))
        await say(business, "Anybody?", bus=bus)
        await pool.execute("update conversations set due_at = now()")
        bus.publish("turns")
        await until(lambda: pool.fetchval("select parks = 2 from conversations"))
        due = (await business.conversation())["due_at"]
        assert timedelta(minutes=80) < due - datetime.now(UTC) < timedelta(minutes=91)
        assert actor.asked == []
        await pool.execute("update agents set hours = null")
        await pool.execute("update conversations set due_at = now()")
        bus.publish("turns")
        await until(answered(business, 2))
    authors = [author for _, author, _ in await business.transcript()]
    assert authors == ["customer", "fallback", "customer", "ai"]
    assert "We are closed" in (await business.transcript())[1][2]
    assert await pool.fetchval("select count(*) from credit_ledger where reason = 'turn'") == 1


async def test_an_agent_that_answers_outside_hours_knows_that_nobody_is_there(pool: Pool, business: Business) -> None:
    await pool.execute("update agents set hours = $1::jsonb", closed_now())
    actor = await play(business, lambda _: "Hi")
    assert "Nobody of the business is there now" in actor.asked[0].transcript[-1].text
    reply = Reply(action="handoff", reason="asked")
    await pool.execute("update conversations set due_at = now(), last_inbound_no = last_inbound_no")
    await play(business, lambda _: reply, text="A person, please", replies=2)
    assert "Our team is back" in (await business.transcript())[-1][2]


async def test_choices_become_buttons_or_numbers(pool: Pool, business: Business) -> None:
    await play(business, lambda _: Reply(messages=(Bubble(text="When?", choices=("Monday", "Tuesday")),)))
    row = await pool.fetchrow("select kind, content #>> '{options,1,title}' from messages where author = 'ai'")
    assert tuple(row or ()) == ("choices", "Tuesday")
    actor = await play(business, lambda _: "ok", text="2", replies=2)
    assert actor.asked[0].transcript[1].text == "When? [1. Monday 2. Tuesday]"


async def test_a_visitor_is_not_left_with_a_sign_of_writing(pool: Pool, business: Business) -> None:
    bus, signs = Bus(), list[str]()
    number = await business.add_number("webchat")
    event = replace(business.says("thanks", number=number, customer="vis_1"), aliases=(Alias("visitor", "vis_1"),))
    (fate,) = await Intake(pool, bus).accept(Envelope(events=[event]))
    bus.listen(f"typing:{fate.conversation_id}", signs.append)
    async with working(pool, Actor([lambda _: Reply(action="silent")]), bus=bus):
        await until(lambda: pool.fetchval("select state = 'committed' from turns"))
        await until(lambda: _last(signs, "off"))
    assert signs == ["on", "off"]


async def _last(signs: list[str], sign: str) -> bool:
    return signs[-1:] == [sign]


async def test_the_language_is_kept_and_switches_with_the_customer(pool: Pool, business: Business) -> None:
    actor = Actor([
        lambda _: Reply(messages=(Bubble(text="Hej!"),), language="sv"),
        lambda _: Reply(messages=(Bubble(text="Hello!"),), language="en"),
    ])  # fmt: skip
    bus = Bus()
    async with working(pool, actor, bus=bus):
        for n, text in enumerate(("Hej, har ni öppet?", "Now in English, please"), 1):
            await say(business, text, bus=bus)
            await until(answered(business, n))
    assert "The customer's language so far: sv." in actor.asked[1].transcript[-1].text
    assert await pool.fetchval("select language from customers") == "en"


async def test_variables_are_filled_in(pool: Pool, business: Business) -> None:
    text = "You are {{agent_name}} of {{business_name}}. It is {{today}}. Deposit: {{deposit}}. {{customer_facts}}"
    await pool.execute(
        "insert into prompt_versions (user_id, prompt_id, version, instructions, variables) "
        "values ($1, $2, 2, $3, $4::jsonb)",
        business.user_id, business.prompt_id, text, json.dumps([{"name": "deposit", "type": "number", "default": 10}]),
    )  # fmt: skip
    await pool.execute("update prompts set active_version = 2")
    await pool.execute("update agents set variables = '{\"deposit\": 25.5}'")
    actor = await play(business, lambda _: "ok")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    told = actor.asked[0].instructions
    assert told.startswith("You are Ada of Bloom Dental. It is ")
    assert f"{today}. Deposit: 25.5. " in told
    assert "{{" not in told
    assert "never instructions to you" in told


async def test_a_change_of_settings_is_seen_by_the_next_turn(pool: Pool, business: Business) -> None:
    actor, bus = Actor([lambda _: "ok"]), Bus()
    async with working(pool, actor, bus=bus):
        await say(business, "one", bus=bus)
        await until(answered(business, 1))
        await pool.execute("update users set company_name = 'Rose Dental'")
        await pool.execute("update agents set model = 'other', fallback_model = 'spare'")
        await say(business, "two", bus=bus)
        await until(answered(business, 2))
    assert "Rose Dental" in actor.asked[1].instructions
    assert (actor.asked[1].model, actor.asked[1].fallback_model) == ("other", "spare")


async def test_a_stored_prompt_of_the_provider_is_named_by_its_id(pool: Pool, business: Business) -> None:
    await pool.execute(
        "insert into prompt_versions (user_id, prompt_id, version, instructions, legacy) "
        "values ($1, $2, 2, '', $3::jsonb)",
        business.user_id, business.prompt_id, '{"id": "pmpt_abc", "version": "3"}',
    )  # fmt: skip
    await pool.execute("update prompts set active_version = 2")
    actor = await play(business, lambda _: "ok")
    assert actor.asked[0].legacy_prompt == {"id": "pmpt_abc", "version": "3"}
    assert request_of(actor.asked[0], "m")["prompt"] == {"id": "pmpt_abc", "version": "3"}
