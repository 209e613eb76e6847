"""What changes what was said: edits, deletions, echoes of our own side, moved names, consent, files."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from channels.base import Alias, Consent, Inbound, Media, Moved, Notice
from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Envelope, Intake
from tests.business import Business

KIM = "4670111"


@pytest.fixture
def intake(pool: Pool) -> Intake:
    return Intake(pool, Bus())


async def said(business: Business, customer: str = KIM) -> list[tuple[Any, ...]]:
    rows = await business.pool.fetch(
        "select m.sequence_no, m.author, m.kind, m.text from messages m join conversations c "
        "using (user_id, conversation_id) where c.customer_phone = $1 order by c.created_at, m.sequence_no",
        customer,
    )
    return [tuple(row) for row in rows]


def amends(business: Business, kind: str, target: str, text: str = "", **more: Any) -> Inbound:
    return replace(business.says(text, **more), kind=kind, reply_to=target)


def echo(business: Business, text: str, id: str = "echo-1", **more: Any) -> Inbound:
    return replace(business.says(text, id=id), echo=True, **more)


async def part(business: Business, state: str, text: str = "Hi Kim", provider_id: str | None = None) -> str:
    """A part of ours on the open conversation, in a state; returns its id."""
    pool, c = business.pool, await business.conversation()
    n = await pool.fetchval(
        "update conversations set last_sequence_no = last_sequence_no + 1 where conversation_id = $1 "
        "returning last_sequence_no",
        c["conversation_id"],
    )
    await pool.execute(
        "insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, text, status, "
        "sequence_no) values ($1, 'msg_' || $2::text, $3, $4, 'agent', 'ai', $5, 'pending', $6)",
        business.user_id, "own" + str(n), c["conversation_id"], c["phone_number_id"], text, n,
    )  # fmt: skip
    await pool.execute(
        "insert into message_parts (user_id, part_id, message_id, conversation_id, phone_number_id, sequence_no, "
        "part_no, text, state, platform_message_id) "
        "values ($1, $2::text, 'msg_' || $2::text, $3, $4, $5, 1, $6, $7, $8)",
        business.user_id, f"own{n}", c["conversation_id"], c["phone_number_id"], n, text, state, provider_id,
    )  # fmt: skip
    return f"own{n}"


async def test_an_edit_changes_the_message_and_keeps_what_it_said(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("Tuesday", id="w1")]))
    await intake.store(Envelope(events=[amends(business, "edit", "w1", "Wednesday", id="w2")]))
    assert await said(business) == [(1, "customer", "text", "Wednesday"), (2, "customer", "edit", "Wednesday")]
    row = await business.pool.fetchrow(
        "select content -> 'edits' -> 0 ->> 'text' as was, edited_at from messages where sequence_no = 1"
    )
    assert row["was"] == "Tuesday"
    assert row["edited_at"] is not None


async def test_a_deletion_takes_the_words_and_the_turn(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("My card is 4111", id="w1")]))
    await business.pool.execute("update conversations set lease_owner = 'x', lease_until = now() + interval '1 hour'")
    await intake.store(Envelope(events=[amends(business, "revoke", "w1", id="w2")]))
    conversation = await business.conversation()
    assert (await said(business))[0] == (1, "customer", "text", "")
    assert (conversation["due_at"], conversation["lease_owner"], conversation["last_inbound_no"]) == (None, None, 0)
    assert conversation["fence"] == 1


async def test_one_of_two_messages_deleted_leaves_the_other_to_be_answered(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("one", id="w1"), business.says("two", id="w2")]))
    await intake.store(Envelope(events=[amends(business, "revoke", "w2", id="w3")]))
    conversation = await business.conversation()
    assert conversation["last_inbound_no"] == 1
    assert conversation["due_at"] is not None


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_in_whatever_order_they_come_the_end_is_the_same(
    intake: Intake, business: Business, order: tuple[int, ...]
) -> None:
    events = [business.says("a", id="w1"), amends(business, "edit", "w1", "b", id="w2"), business.says("c", id="w3")]
    for place in order:
        await intake.store(Envelope(events=[events[place]]))
    texts = {kind_text[2:] for kind_text in await said(business)}
    assert texts == {("text", "b"), ("edit", "b"), ("text", "c")}
    assert [row[0] for row in await said(business)] == [1, 2, 3]


async def test_a_deletion_that_comes_first_is_not_answered(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("hello", id="w0"), amends(business, "revoke", "w1", id="w2")]))
    await business.pool.execute("update conversations set answered_no = last_inbound_no, due_at = null")
    await intake.store(Envelope(events=[business.says("oops", id="w1")]))
    assert (await business.conversation())["due_at"] is None
    assert (3, "customer", "text", "") in await said(business)


@pytest.mark.parametrize("target", ["nobody", ""])
async def test_an_amendment_of_nothing_is_kept(intake: Intake, business: Business, target: str) -> None:
    await intake.store(Envelope(events=[amends(business, "revoke", target, id="w2")]))
    assert await said(business) == [(1, "customer", "revoke", "")]


async def test_nobody_deletes_what_somebody_else_wrote(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("mine", id="w1")]))
    await intake.store(Envelope(events=[amends(business, "revoke", "w1", id="w2", customer="4670999")]))
    assert await said(business) == [(1, "customer", "text", "mine")]


async def test_a_foreign_echo_is_a_human_who_took_over(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("Are you open?", id="w1")]))
    await intake.store(Envelope(events=[echo(business, "Yes, till six")]))
    await intake.store(Envelope(events=[echo(business, "Yes, till six")]))  # delivered twice
    await intake.store(Envelope(events=[business.says("Thanks", id="w2")]))
    conversation = await business.conversation()
    assert await said(business) == [
        (1, "customer", "text", "Are you open?"),
        (2, "human", "text", "Yes, till six"),
        (3, "customer", "text", "Thanks"),
    ]
    assert (conversation["owner"], conversation["owner_epoch"], conversation["due_at"]) == ("human", 1, None)


async def test_the_owner_may_write_first(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[echo(business, "Hello from the shop")]))
    assert await said(business) == [(1, "human", "text", "Hello from the shop")]


@pytest.mark.parametrize(
    ("state", "text", "provider_id", "outcome"),
    [
        ("sent", "Hi Kim", "echo-1", ("sent", 2)),
        ("unknown", "Hi Kim", None, ("sent", 2)),
        ("unknown", "Other words", None, ("unknown", 3)),
        ("queued", "Hi Kim", None, ("queued", 3)),
        ("sending", "Hi Kim", None, ("sending", 2)),
        ("sending", "Other words", None, ("sending", 3)),
    ],
)
async def test_an_echo_is_told_from_our_own_sends(
    intake: Intake, business: Business, state: str, text: str, provider_id: str | None, outcome: tuple[str, int]
) -> None:
    await intake.store(Envelope(events=[business.says("Hello", id="w1")]))
    mine = await part(business, state, text, provider_id)
    await intake.store(Envelope(events=[echo(business, "Hi Kim")]))
    got = await business.pool.fetchval("select state from message_parts where part_id = $1", mine)
    assert (got, len(await said(business))) == outcome


@pytest.mark.parametrize(("becomes", "messages"), [("unknown", 2), ("sent", 2), ("failed", 3)])
async def test_a_held_echo_waits_for_the_send(intake: Intake, business: Business, becomes: str, messages: int) -> None:
    await intake.store(Envelope(events=[business.says("Hello", id="w1")]))
    mine = await part(business, "sending")
    await intake.store(Envelope(events=[echo(business, "Hi Kim")]))
    assert await business.pool.fetch("select settle_echoes(10)") == []
    await business.pool.execute(
        "update message_parts set state = $1::text, platform_message_id = case when $1 = 'sent' then 'echo-1' end "
        "where part_id = $2", becomes, mine,
    )  # fmt: skip
    await business.pool.fetch("select settle_echoes(10)")
    assert len(await said(business)) == messages
    assert await business.pool.fetchval("select count(*) from held_echoes") == 0
    if becomes == "unknown":
        assert await business.pool.fetchval("select state from message_parts where part_id = $1", mine) == "sent"


async def test_one_person_under_two_names_has_one_conversation(intake: Intake, business: Business) -> None:
    both = (Alias("wa_id", KIM), Alias("bsuid", "SE.1"))
    await intake.store(Envelope(events=[replace(business.says("one"), aliases=both)]))
    hidden = replace(business.says("two", customer="SE.1"), aliases=(Alias("bsuid", "SE.1"), Alias("username", "kim")))
    await intake.store(Envelope(events=[hidden]))
    assert await said(business) == [(1, "customer", "text", "one"), (2, "customer", "text", "two")]


async def test_both_names_in_one_batch_are_one_conversation(intake: Intake, business: Business) -> None:
    hidden = replace(business.says("two", customer="SE.1"), aliases=(Alias("bsuid", "SE.1"),))
    shown = replace(business.says("one"), aliases=(Alias("bsuid", "SE.1"), Alias("wa_id", KIM)))
    await intake.store(Envelope(events=[shown, hidden]))
    assert await business.pool.fetchval("select count(*) from conversations") == 1
    assert await business.pool.fetchval("select count(*) from customers") == 1


async def test_a_username_is_nobody_for_ever(intake: Intake, business: Business) -> None:
    for customer in ("SE.1", "SE.2"):
        event = business.says("hi", customer=customer)
        names = (Alias("bsuid", customer), Alias("username", "kim"))
        await intake.store(Envelope(events=[replace(event, aliases=names)]))
    assert await business.pool.fetchval("select count(*) from customers") == 2


def moved(business: Business, after: str) -> Moved:
    return Moved(
        platform="whatsapp", number=business.number.address, before=(Alias("wa_id", KIM),),
        after=(Alias("wa_id", after),), customer=after,
    )  # fmt: skip


async def test_a_changed_number_takes_the_conversation_along(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("old phone")]))
    before = await business.conversation()
    await intake.store(Envelope(events=[moved(business, "4670222")]))
    await intake.store(Envelope(events=[business.says("new phone", customer="4670222")]))
    after = await business.conversation("4670222")
    assert after["conversation_id"] == before["conversation_id"]
    assert [text for *_, text in await said(business, "4670222")] == ["old phone", "new phone"]
    await intake.store(Envelope(events=[business.says("a stranger")]))  # who was given the old number
    assert (await business.conversation())["customer_id"] != before["customer_id"]


async def test_whoever_nobody_knows_moves_nowhere(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[moved(business, "4670222")]))
    assert await business.pool.fetchval("select count(*) from customers") == 0
    assert await business.pool.fetchval("select count(*) from asides") == 0


async def test_consent_is_a_ledger_and_a_state(intake: Intake, business: Business) -> None:
    await intake.store(Envelope(events=[business.says("hi")]))
    for granted in (False, False, True, False):
        consent = Consent(platform="whatsapp", number=business.number.address, customer=KIM, granted=granted,
                          aliases=(Alias("wa_id", KIM),))  # fmt: skip
        await intake.store(Envelope(events=[consent]))
    rows = await business.pool.fetch("select granted from consent_ledger order by entry_id")
    assert [row["granted"] for row in rows] == [False, True, False]
    assert await business.pool.fetchval("select count(*) from opt_outs") == 1
    assert await business.pool.fetchval("select count(*) from customers") == 1


async def test_a_word_on_the_number_is_kept_with_its_health(intake: Intake, business: Business) -> None:
    notice = Notice(platform="whatsapp", number=business.number.address, topic="quality", detail={"event": "FLAGGED"})
    await intake.store(Envelope(events=[notice]))
    notices = await business.pool.fetchval("select notices -> 'quality' -> 'detail' ->> 'event' from channel_health")
    assert notices == "FLAGGED"


async def test_an_aside_for_nobodys_number_parks_its_envelope(intake: Intake, business: Business) -> None:
    notice = Notice(platform="whatsapp", number="nobody", topic="quality")
    await intake.store(Envelope(endpoint="meta", url="u", body=b"{}", events=[notice]))
    assert await business.pool.fetchval("select problem from envelopes") == "unknown_number"


async def test_files_wait_for_their_fetch_and_the_message_does_not(intake: Intake, business: Business) -> None:
    media = (Media(kind="image", id="123", mime_type="image/png"), Media(kind="document", id="blob:" + "a" * 64))
    await intake.store(Envelope(events=[replace(business.says(""), kind="image", media=media)]))
    rows = await business.pool.fetch("select place, state, provider_id, sha256 from media order by place")
    assert [tuple(row) for row in rows] == [
        (1, "pending", "123", None), (2, "ready", "blob:" + "a" * 64, "a" * 64),
    ]  # fmt: skip
    assert (await business.conversation())["due_at"] is not None


async def test_a_pool_is_found_by_its_service(intake: Intake, business: Business) -> None:
    service = "MG" + "0" * 32
    number = await business.add_number("sms", "+15550100", messaging_service_sid=service)
    event = replace(business.says("hi", number=number), number="+15550177", fallback=service)
    (fate,) = await intake.accept(Envelope(events=[event]))
    assert (fate.outcome, fate.phone_number_id) == ("accepted", number.id)


async def test_random_orders_and_repeats_leave_no_gap(intake: Intake, business: Business) -> None:
    chance = random.Random(5)
    events: list[Any] = []
    for n in range(60):
        events += [
            business.says(f"t{n}", id=f"w{n}"), amends(business, "edit", f"w{n}", "e", id=f"e{n}"),
            amends(business, "revoke", f"w{n}", id=f"r{n}"), echo(business, f"o{n}", id=f"o{n}"),
        ]  # fmt: skip
    events += chance.sample(events, 120)
    chance.shuffle(events)
    while events:
        batch, events = events[:17], events[17:]
        await intake.store(Envelope(events=batch))
    assert [row[0] for row in await said(business)] == list(range(1, 241))
    left = await business.pool.fetchval("select count(*) from messages where kind = 'text' and sender = 'user' "
                                        "and revoked_at is null")  # fmt: skip
    assert left == 0
