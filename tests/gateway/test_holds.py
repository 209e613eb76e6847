"""What keeps a turn from running: loops, caps, credits, floods, files that are still on their way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Envelope, Intake
from tests.actor import Actor, play, say
from tests.business import Business, Number
from tests.gateway.test_turns import Scribe, answered, working
from tests.waiting import until


async def test_two_machines_that_answer_each_other_are_parted(pool: Pool, business: Business) -> None:
    actor, bus = Actor([lambda _: "I am a machine."]), Bus()
    async with working(pool, actor, bus=bus):
        for n in range(1, 60):
            await say(business, "So am I.", bus=bus)
            conversation = await until(lambda n=n: _settled(business, n))  # type: ignore[misc]
            if conversation["owner"] == "human":
                break
    assert 20 < n < 59
    assert await pool.fetchval("select reason from handovers") == "loop"


async def _settled(business: Business, n: int) -> Any:
    conversation = await business.conversation()
    settled = conversation["owner"] == "human" or conversation["answered_no"] == conversation["last_inbound_no"]
    return conversation if settled and conversation["last_inbound_no"] >= n else None


async def test_caps_stop_a_conversation_and_an_agent(pool: Pool, business: Business) -> None:
    await pool.execute("update agents set most_turns_a_day = 1")
    actor = await play(business, lambda _: "ok")
    await say(business, "more")
    async with working(pool, actor):
        await until(lambda: pool.fetchval("select reason = 'conversation_cap' from handovers"))
    await pool.execute("update agents set most_turns_a_day = null, most_micros_a_day = 10")
    await pool.execute(
        "insert into model_calls (user_id, subject_id, call_no, kind, agent_id, cost_micros) "
        "values ($1, 'x', 1, 'reply', $2, 10)",
        business.user_id, business.number.agent_id,
    )  # fmt: skip
    await say(business, "another customer", customer="4699")
    async with working(pool, actor):
        await until(lambda: pool.fetchval("select count(*) = 1 from conversations where held_for = 'spend_cap'"))
    assert len(actor.asked) == 1


async def test_the_last_credit_is_sold_once(pool: Pool) -> None:
    business = await Business.create(pool, credit=3)
    scribe, bus = Scribe(), Bus()
    for n in range(8):
        await say(business, "hi", customer=f"467{n}", bus=bus)
    async with working(pool, scribe, bus=bus), working(pool, scribe, bus=bus, owner="node-2"):
        await until(lambda: _asked(scribe, 3))
        await until(lambda: pool.fetchval("select count(*) = 3 from turns where state = 'running'"))
        scribe.may_answer.set()
        await until(lambda: pool.fetchval("select count(*) = 5 from conversations where held_for = 'credits'"))
    assert await pool.fetchval("select remaining_credits from credits") == 0
    assert len(scribe.asked) == 3
    assert await pool.fetchval("select count(*) from credit_ledger where reason = 'turn'") == 3


async def _asked(scribe: Scribe, count: int) -> bool:
    return len(scribe.asked) >= count


async def test_a_flood_on_one_number_leaves_room_for_the_others(pool: Pool, business: Business) -> None:
    quiet: Number = await business.add_number("sms")
    scribe, bus = Scribe(), Bus()
    for n in range(30):
        await say(business, "flood", customer=f"467{n}", bus=bus)
    await say(business, "me too", number=quiet, bus=bus)
    async with working(pool, scribe, bus=bus, capacity=8):
        await until(lambda: _asked(scribe, 3))
        await until(
            lambda: pool.fetchval(
                "select lease_owner is not null from conversations where phone_number_id = $1", quiet.id
            )
        )
        assert await pool.fetchval("select count(*) from turns where state = 'running'") <= 8
        scribe.may_answer.set()
        await until(lambda: pool.fetchval("select bool_and(due_at is null) from conversations"))


async def test_a_voice_note_is_waited_for_but_not_for_ever(pool: Pool, business: Business) -> None:
    media = {"media_id": "med_1", "kind": "audio", "id": "m1", "url": "", "mime_type": "audio/ogg", "filename": ""}
    event = replace(business.says("", id="v1"), kind="audio")
    actor, bus = Actor([lambda _: "ok"]), Bus()
    await Intake(pool, bus).accept(Envelope(events=[event]))
    message = await pool.fetchval("select message_id from messages")
    key = (business.user_id, message, (await business.conversation())["conversation_id"], business.number.id)
    await pool.execute("select keep_media($1, $2, $3, $4, $5::jsonb, 7)", *key, json.dumps([media]))
    async with working(pool, actor, bus=bus):
        await until(lambda: pool.fetchval("select due_at > now() + interval '100 milliseconds' from conversations"))
        assert actor.asked == []
        await pool.execute(
            "update media set state = 'ready', transcript_state = 'ready', transcript = 'I want to come on Monday'"
        )
        await until(answered(business, 1))
        assert actor.asked[0].transcript[0].text == "[voice note] I want to come on Monday"
        await pool.execute("update media set state = 'pending', transcript_state = 'none', transcript = null")
        await pool.execute("update agents set media_wait_ms = 0")
        await say(business, "hello?", bus=bus)
        await until(answered(business, 2))
