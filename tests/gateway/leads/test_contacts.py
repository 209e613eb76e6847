"""Contacts: one person over channels, by a proved address; merges that can be undone; values that are never lost."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agents.extraction import Asked
from gateway.db import Pool
from gateway.errors import Conflict, NotFound
from gateway.leads.contacts import merge, unmerge
from tests.actor import say
from tests.business import Business
from tests.leads import Reader, idle, read_now, reading, reading_leads, want
from tests.waiting import until

ANNA = "I am Anna, anna@berg.example"


def anna(_: Asked) -> Any:
    return reading(name=("Anna", 1, "Anna"), email=("anna@berg.example", 1, "anna@berg.example"))


def nobody(_: Asked) -> Any:
    return reading()


async def contacts(pool: Pool) -> list[Any]:
    rows = await pool.fetch("select * from contacts where merged_into is null order by created_at, contact_id")
    return [dict(row) | {"evidence": json.loads(row["evidence"])} for row in rows]


async def test_a_lead_makes_a_contact_with_its_proofs(pool: Pool, business: Business) -> None:
    await say(business, ANNA, customer="46701740605")
    await read_now(business, anna, customer="46701740605")
    (one,) = await contacts(pool)
    assert (one["name"], one["email"], one["phone"], one["stage"]) == (
        "Anna",
        "anna@berg.example",
        "+46701740605",
        "new",
    )
    (proof,) = one["evidence"]["email"]
    assert (proof["sequence_no"], proof["quote"]) == (1, "anna@berg.example")
    assert proof["conversation_id"] == (await business.conversation("46701740605"))["conversation_id"]
    assert one["evidence"]["phone"] == [{"source": "channel", "platform": "whatsapp"}]


async def test_a_later_silent_conversation_loses_nothing(pool: Pool, business: Business) -> None:
    await say(business, ANNA)
    await read_now(business, anna)
    await pool.execute("update conversations set is_active = false")
    await say(business, "hello again")
    await read_now(business, nobody)
    (one,) = await contacts(pool)
    assert (one["name"], one["email"]) == ("Anna", "anna@berg.example")
    assert await pool.fetchval("select count(*) from extractions where is_latest") == 2


async def test_the_same_address_on_two_channels_is_one_person(pool: Pool, business: Business) -> None:
    chat = await business.add_number("webchat")
    await say(business, ANNA)
    await read_now(business, anna)
    await say(business, "hi, Anna here: ANNA@berg.example", customer="visitor-1", number=chat)
    await read_now(
        business, lambda _: reading(email=("anna@berg.example", 1, "ANNA@berg.example")), customer="visitor-1"
    )
    (one,) = await contacts(pool)
    assert (
        await pool.fetchval("select count(distinct contact_id) from customers where contact_id = $1", one["contact_id"])
        == 1
    )
    assert await pool.fetchval("select count(*) from customers where contact_id = $1", one["contact_id"]) == 2
    row = await pool.fetchrow("select why, value, undone_at from contact_merges")
    assert tuple(row or ()) == ("email", "anna@berg.example", None)


async def test_a_stated_phone_finds_the_person_who_writes_from_it(pool: Pool, business: Business) -> None:
    chat = await business.add_number("webchat")
    await say(business, "I would like to come", customer="46701740605")
    await read_now(business, nobody, customer="46701740605")
    await say(business, "my number is +46 70 174 06 05", customer="visitor-1", number=chat)
    await read_now(business, lambda _: reading(phone=("+46701740605", 1, "+46 70 174 06 05")), customer="visitor-1")
    assert len(await contacts(pool)) == 1
    assert await pool.fetchval("select why from contact_merges") == "phone"


async def test_an_undone_merge_is_apart_and_stays_apart(pool: Pool, business: Business) -> None:
    chat = await business.add_number("webchat")
    await say(business, "hello, I am Eva", customer="4670222")
    await read_now(business, lambda _: reading(name=("Eva", 1, "Eva")), customer="4670222")
    await say(business, ANNA, customer="visitor-1", number=chat)
    await read_now(business, anna, customer="visitor-1")
    first, second = await contacts(pool)
    async with pool.acquire() as db, db.transaction():
        kept = await merge(db, business.user_id, [second["contact_id"], first["contact_id"]], "human", "")
    assert kept == first["contact_id"]
    (one,) = await contacts(pool)
    assert (one["name"], one["email"]) == ("Eva", "anna@berg.example")
    merge_id = await pool.fetchval("select merge_id from contact_merges")
    async with pool.acquire() as db, db.transaction():
        await unmerge(db, business.user_id, merge_id)
    assert [(c["contact_id"], c["name"], c["email"]) for c in await contacts(pool)] == [
        (first["contact_id"], "Eva", None),
        (second["contact_id"], "Anna", "anna@berg.example"),
    ]
    assert await pool.fetchval("select count(distinct contact_id) from customers") == 2
    # the same address, said in the other conversation: a person has decided that they are two
    await say(business, "write to anna@berg.example", customer="4670222")
    email = ("anna@berg.example", 2, "anna@berg.example")
    await read_now(business, lambda _: reading(email=email), customer="4670222")
    assert len(await contacts(pool)) == 2
    async with pool.acquire() as db:
        with pytest.raises(Conflict, match="undone already"):
            await unmerge(db, business.user_id, merge_id)
        with pytest.raises(NotFound):
            await unmerge(db, "usr_other", merge_id)


async def test_what_was_changed_after_a_merge_stays_when_it_is_undone(pool: Pool, business: Business) -> None:
    await say(business, "I am Eva", customer="4670222")
    await read_now(business, lambda _: reading(name=("Eva", 1, "Eva")), customer="4670222")
    await say(business, ANNA, customer="4670333")
    await read_now(business, anna, customer="4670333")
    first, second = await contacts(pool)
    async with pool.acquire() as db, db.transaction():
        await merge(db, business.user_id, [first["contact_id"], second["contact_id"]], "human", "")
    await pool.execute(
        "update contacts set stage = 'won', email = 'new@x.example' where contact_id = $1", first["contact_id"]
    )
    async with pool.acquire() as db, db.transaction():
        await unmerge(db, business.user_id, await pool.fetchval("select merge_id from contact_merges"))
    kept = next(c for c in await contacts(pool) if c["contact_id"] == first["contact_id"])
    assert (kept["stage"], kept["email"]) == ("won", "new@x.example")


async def test_many_conversations_with_one_address_at_once_are_one_contact(pool: Pool, business: Business) -> None:
    people = [f"46703{n:05}" for n in range(12)]
    for person in people:
        await say(business, ANNA, customer=person)
    keys = [await want(business, customer=person) for person in people]
    async with reading_leads(pool, Reader([anna])), reading_leads(pool, Reader([anna]), owner="node-2"):
        await asyncio.gather(*(until(lambda key=key: idle(business, key)) for key in keys))  # type: ignore[misc]
    (one,) = await contacts(pool)
    assert await pool.fetchval("select count(*) from customers where contact_id = $1", one["contact_id"]) == 12


async def test_another_businesss_contact_with_the_same_address_is_not_touched(pool: Pool, business: Business) -> None:
    other = await Business.create(pool)
    for one in (business, other):
        await say(one, ANNA)
        await read_now(one, anna)
    assert len(await contacts(pool)) == 2
    assert await pool.fetchval("select count(*) from contact_merges") == 0
