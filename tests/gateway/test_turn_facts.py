"""What a turn knows of the moment, and what the customer sees of a turn: edits, deletions, consent, windows, signs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.base import Alias, Consent, Window
from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Envelope, Intake
from tests.business import Business
from tests.gateway.test_turns import Scribe, answered, working
from tests.waiting import until


async def test_a_deleted_message_is_not_answered_although_a_turn_runs(pool: Pool, business: Business) -> None:
    scribe, intake = Scribe(), Intake(pool, Bus())
    await intake.store(Envelope(events=[business.says("oops", id="w1")]))
    async with working(pool, scribe):
        await until(lambda: _started(scribe))
        gone = replace(business.says(id="w2"), kind="revoke", reply_to="w1")
        await intake.store(Envelope(events=[gone]))
        scribe.may_answer.set()
        await until(lambda: pool.fetchval("select state = 'lost' from turns"))
    assert [author for _, author, _ in await business.transcript()] == ["customer", "customer"]
    assert (await business.conversation())["due_at"] is None


async def test_an_edit_before_the_answer_is_what_is_answered(pool: Pool, business: Business) -> None:
    scribe, intake = Scribe(), Intake(pool, Bus())
    await intake.store(Envelope(events=[business.says("Tuesday", id="w1")]))
    async with working(pool, scribe):
        await until(lambda: _started(scribe))
        changed = replace(business.says("Wednesday", id="w2"), kind="edit", reply_to="w1")
        await intake.store(Envelope(events=[changed]))
        scribe.may_answer.set()
        await until(answered(business, 1))
    assert (await business.transcript())[-1][2].startswith("re: Wednesday")


async def _started(scribe: Scribe) -> bool:
    return bool(scribe.asked)


async def test_whoever_wants_nothing_gets_no_answer_until_he_wants(pool: Pool, business: Business) -> None:
    scribe, intake = Scribe(), Intake(pool, Bus())
    scribe.may_answer.set()

    def consent(*, granted: bool) -> Consent:
        return Consent(platform="whatsapp", number=business.number.address, customer="4670111", granted=granted,
                       aliases=(Alias("wa_id", "4670111"),))  # fmt: skip

    async with working(pool, scribe):
        await intake.store(Envelope(events=[consent(granted=False)]))
        await intake.store(Envelope(events=[business.says("hello?")]))
        await until(lambda: pool.fetchval("select held_for = 'opted_out' from conversations"))
        assert scribe.asked == []
        await intake.store(Envelope(events=[consent(granted=True)]))
        await until(answered(business, 1))


async def test_the_agent_knows_until_when_it_may_write(pool: Pool, business: Business) -> None:
    scribe = Scribe()
    scribe.may_answer.set()
    await Intake(pool, Bus()).store(Envelope(events=[business.says("hello?")]))
    async with working(pool, scribe, windows={"whatsapp": Window(hours=24, template=True)}):
        await until(answered(business, 1))
    note = scribe.asked[0].transcript[-1]
    assert note.author == "note"
    assert "freely here until" in note.text


@dataclass
class Shown:
    """Keeps what customers are shown."""

    signs: list[tuple[str, str]] = field(default_factory=list)

    async def show(self, user_id: str, conversation_id: str, what: Any) -> bool:
        self.signs.append((conversation_id, what))
        return True


async def test_a_customer_sees_that_somebody_writes(pool: Pool, business: Business) -> None:
    scribe, shown = Scribe(), Shown()
    await Intake(pool, Bus()).store(Envelope(events=[business.says("hello?")]))
    async with working(pool, scribe, signals=shown):

        async def seen() -> bool:
            return bool(shown.signs)

        await until(seen)
        scribe.may_answer.set()
        await until(answered(business, 1))
    assert shown.signs == [((await business.conversation())["conversation_id"], "typing")]


async def _webchat(pool: Pool, business: Business, scribe: Scribe) -> list[dict[str, Any]]:
    """One visitor's message; returns the deltas that were published."""
    bus, deltas = Bus(), list[dict[str, Any]]()
    number = await business.add_number("webchat")
    event = replace(business.says("hi", number=number, customer="vis_1"), aliases=(Alias("visitor", "vis_1"),))
    (fate,) = await Intake(pool, bus).accept(Envelope(events=[event]))
    bus.listen(f"delta:{fate.conversation_id}", lambda key: deltas.append(json.loads(key)))
    async with working(pool, scribe, bus=bus):
        await until(lambda: pool.fetchval("select count(*) from messages where sender = 'agent'"))
    return deltas


async def test_a_visitor_sees_the_answer_come(pool: Pool, business: Business) -> None:
    deltas = await _webchat(pool, business, Scribe())
    assert (deltas[0]["n"], deltas[0]["text"], deltas[-1]["end"]) == (0, "Hel", True)
    assert await pool.fetchval("select text from messages where sender = 'agent'") == "Hello"


async def test_a_broken_stream_leaves_no_half_reply(pool: Pool, business: Business) -> None:
    scribe = Scribe(breaks=True)
    scribe.may_answer.set()
    deltas = await _webchat(pool, business, scribe)
    assert deltas[-1]["end"] is True
    row = await pool.fetchrow(
        "select m.text, t.usage ->> 'calls' as calls from messages m join turns t using (turn_id)"
    )
    assert tuple(row) == ("re: hi", "2")


async def test_a_message_that_comes_late_is_told_from_one_in_time(pool: Pool, business: Business) -> None:
    scribe = Scribe()
    scribe.may_answer.set()
    now = datetime.now(UTC)
    events = [
        replace(business.says(text), sent_at=now - timedelta(minutes=minutes))
        for text, minutes in (("first", 30), ("second", 5), ("lost for a while", 20), ("third", 4))
    ]
    await Intake(pool, Bus()).store(Envelope(events=events))
    async with working(pool, scribe):
        await until(answered(business, 1))
    texts = [said.text for said in scribe.asked[0].transcript if said.author != "note"]
    assert texts == ["first", "second", "[written earlier, arrived late] lost for a while", "third"]


async def test_the_agent_knows_what_the_customer_never_saw(pool: Pool, business: Business) -> None:
    scribe, intake = Scribe(), Intake(pool, Bus())
    scribe.may_answer.set()
    async with working(pool, scribe):
        await intake.store(Envelope(events=[business.says("one")]))
        await until(answered(business, 1))
        await pool.execute("update messages set status = 'failed' where sender = 'agent'")
        await intake.store(Envelope(events=[business.says("two")]))
        await until(answered(business, 2))
    said = [said.text for said in scribe.asked[1].transcript if said.author == "agent"]
    assert said == ["[this could not be delivered, the customer has not seen it] re: one"]
