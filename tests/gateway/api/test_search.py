"""Search: everything by the beginnings of words, of one business alone, as plain text, and fast on many messages."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from gateway.api.search import snippet
from gateway.bus import Bus
from gateway.db import Pool, tenant
from gateway.inbox import Inbox
from gateway.intake import Envelope, Intake
from tests.business import Business
from tests.gateway.api.test_api import Client, api  # noqa: F401
from tests.waiting import until

MANY = 100_000


async def filed(pool: Pool) -> None:
    """Waits until every message can be found."""
    inbox = Inbox(pool, Bus())

    async def done() -> bool:
        await inbox.file()
        return not await pool.fetchval(
            "select exists (select from messages m where m.text <> '' and m.revoked_at is null and not exists ("
            "select from message_search s where s.user_id = m.user_id and s.message_id = m.message_id))"
        )

    await until(done)


async def say(business: Business, *texts: str, customer: str = "4670111") -> None:
    """A customer writes, and is not answered yet: an answer may hold the same words."""
    await business.pool.execute("update agents set quiet_ms = 60000, max_wait_ms = 60000")
    intake = Intake(business.pool, Bus())
    for text in texts:
        await intake.store(Envelope(events=(business.says(text, customer=customer),)))


def hits(found: Any, kind: str) -> list[Any]:
    return [hit for group in found["data"] if group["kind"] == kind for hit in group["data"]]


@pytest.mark.parametrize(
    ("q", "text"),
    [
        ("parking", "Where is the parking lot?"),
        ("park", "Where is the parking lot?"),
        ("LOT where", "Where is the parking lot?"),
        ("asa", "Hälsningar, ÅSA Öberg"),
        ("åsa", "Halsningar, Asa"),
        ("+46 70-123", "Call me at +46 70-1234567"),
        ("anna@berg", "I am anna@berg.example"),
        ("予約", "明日の予約をお願いします"),
        ("приве", "ПРИВЕТ, мир"),
        ("o'neil", "It is O'Neil's car"),
        ("<b>", "the <b>bold</b> one"),
    ],
)
async def test_words_are_found_by_their_beginnings(
    api: Client,  # noqa: F811
    business: Business,
    q: str,
    text: str,
) -> None:
    other = await Business.create(business.pool)
    await say(other, text)
    await say(business, "Something else", text)
    await filed(business.pool)
    (hit,) = hits((await api("GET", f"/v1/search?kinds=messages&q={_quoted(q)}"))[1], "messages")
    assert ("".join(piece["text"] for piece in hit["snippet"]), hit["sequence_no"]) == (text, 2)


async def test_each_kind_is_found_and_none_of_another_business(api: Client, business: Business) -> None:  # noqa: F811
    pool = business.pool
    other = await Business.create(pool)
    for one in (business, other):
        await say(one, "Zebra crossing")
        conversation = (await one.conversation())["conversation_id"]
        await pool.execute("update customers set name = 'Zebra Zoe' where user_id = $1", one.user_id)
        await pool.execute(
            "insert into contacts (user_id, contact_id, name) values ($1, $2, 'Zebra')", one.user_id, conversation
        )
        await pool.execute(
            "insert into extractions (user_id, conversation_id, customer_phone, name) values ($1, $2, '4', 'Zebra')",
            one.user_id, conversation,
        )  # fmt: skip
        await pool.execute(
            "insert into meetings (user_id, meeting_id, conversation_id, google_event_id, title, meeting_time, status) "
            "values ($1, $2, $2, $2, 'Zebra talk', now(), 'scheduled')",
            one.user_id, conversation,
        )  # fmt: skip
        await pool.execute("update agents set name = 'Zebra' where user_id = $1", one.user_id)
        await pool.execute("update prompts set name = 'Zebra' where user_id = $1", one.user_id)
        await pool.execute("update phone_numbers set display_name = 'Zebra' where user_id = $1", one.user_id)
    await filed(pool)
    status, found = await api("GET", "/v1/search?q=zeb")
    assert status == 200
    assert {group["kind"]: len(group["data"]) for group in found["data"]} == dict.fromkeys(
        ("messages", "conversations", "contacts", "leads", "meetings", "agents", "prompts", "numbers"), 1
    )
    assert other.user_id not in json.dumps(found)


async def test_an_edited_message_is_found_by_what_it_says_and_a_deleted_one_is_not(
    api: Client,  # noqa: F811
    business: Business,
) -> None:
    pool = business.pool
    await say(business, "The walrus", "The dolphin")
    await filed(pool)
    await pool.execute("update messages set text = 'The otter', edited_at = now() where text = 'The walrus'")
    await pool.execute("update messages set text = '', revoked_at = now() where text = 'The dolphin'")
    found = {
        q: len(hits((await api("GET", f"/v1/search?q={q}"))[1], "messages")) for q in ("walrus", "otter", "dolphin")
    }
    assert found == {"walrus": 0, "otter": 1, "dolphin": 0}
    await pool.execute("delete from messages")
    assert await pool.fetchval("select count(*) from message_search") == 0


@pytest.mark.parametrize("q", ["%20", "!!!", "%00", "a" * 200, "%27%20%26%20%7C%20!%20%3A*", "%F0%9F%A6%84"])
async def test_words_that_are_none_find_nothing(api: Client, business: Business, q: str) -> None:  # noqa: F811
    await say(business, "Hello")
    await filed(business.pool)
    status, found = await api("GET", f"/v1/search?q={q}")
    assert status in (200, 422)
    assert not found.get("data")


@pytest.mark.parametrize(
    ("text", "q", "pieces"),
    [
        ("Where is the lot?", "lo", [("Where is the ", False), ("lot", True), ("?", False)]),
        ("<b>lot</b>", "lot", [("<b>", False), ("lot", True), ("</b>", False)]),
        ("x " * 60 + "lot" + " y" * 200, "lot", None),
        ("nothing", "lot", [("nothing", False)]),
        ("", "lot", []),
    ],
)
def test_a_snippet_is_plain_text_in_pieces(text: str, q: str, pieces: Any) -> None:
    shown = [(piece.text, piece.hit) for piece in snippet(text, q)]
    if pieces is None:
        assert ("lot", True) in shown
        assert len("".join(piece for piece, _ in shown)) < 170
    else:
        assert shown == pieces


@pytest.mark.timeout(180)
async def test_a_search_in_many_messages_reads_by_an_index_and_is_quick(pool: Pool, business: Business) -> None:
    """A rare word, one that is in every other message and one that only old messages have, in a hundred thousand."""
    others = [await Business.create(pool) for _ in range(3)]
    for one in (business, *others):
        count = MANY if one is business else 10_000
        for begun in range(0, count, 10_000):
            await pool.execute(
            "insert into message_search select $1::text, 'm' || n, 'c', n, now() - n * interval '1 second', "
            "search_vector($1, 'hello ' || case when n % 2 = 0 then 'booking ' else 'price ' end || "
            "case when n = 77777 then 'unicorn ' else '' end || case when n > 90000 then 'dinosaur ' else '' end || "
            "'w' || n % 5000) from generate_series($2::int + 1, $2::int + 10000) n",
            one.user_id, begun,
        )  # fmt: skip
    await pool.execute("analyze message_search")
    took = {}
    for word in ("unicorn", "booking", "dinosaur", "book hel", "w4711", "absent"):
        async with tenant(pool, business.user_id) as db:
            await db.fetch("select find_messages($1, 5)", word)
            took[word] = 2.0
            for _ in range(5):
                started = time.perf_counter()
                found = await db.fetch("select find_messages($1, 5)", word)
                took[word] = min(took[word], time.perf_counter() - started)
        assert len(found) == {"unicorn": 1, "absent": 0}.get(word, 5)
    assert max(took.values()) < 1, took
    print({word: f"{seconds * 1000:.1f} ms" for word, seconds in took.items()})  # noqa: T201
    plan = await pool.fetch(
        "explain select message_id from message_search where words @@ search_query($1, 'unicorn') and user_id = $1",
        business.user_id,
    )
    assert any("message_search_words" in row[0] for row in plan), plan


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)
