"""What can be wrong with Google, with the clocks, or with what a customer says: each has a defined sentence for the
customer, an alert for the owner where he has to act, and never a "booked" that is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.demo import BOOKING, USER, open_diary
from tests.test_booking_live import ENGLISH, ON, Demo, demo, places
from tests.waiting import until

__all__ = ["demo", "places"]

LINE = ON["whatsapp"]
BOOKED = "You are booked"
AWAY, UNSURE, OFFERS = (ENGLISH.lines[name] for name in ("away", "unsure", "offers"))
NEVER_SAID = (
    "error",
    "exception",
    "token",
    "http",
    "google",
    "null",
    "none",
    "invalid_grant",
    "traceback",
    "{",
    "mtg_",
)


@dataclass(frozen=True)
class Row:
    """`fault` strikes, or `sql` happens, between the offers and the choice; with `early` before anything was offered.

    `reads` is the sentence that the customer gets, `state` what becomes of the meeting ("" for none), `alert` what the
    owner is told ("" for nothing: he can't mend it).
    """

    name: str
    reads: str
    fault: dict[str, Any] | None = None
    sql: str = ""
    early: bool = False
    says: str = ""
    state: str = ""
    alert: str = ""


def strikes(kind: str, event: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "provider": "google", "event": event, **more}


ROWS = (
    Row("revoked token", AWAY, strikes("revoke_grant", "freebusy"), alert="google_disconnected"),
    Row("revoked before he asks", AWAY, strikes("revoke_grant", "freebusy"), early=True, alert="google_disconnected"),
    Row("missing scope", AWAY, strikes("refuse", "insert", code="insufficientPermissions"),
        alert="google_scope_missing"),
    Row("calendar deleted", AWAY, strikes("refuse", "insert", code="notFound"), alert="calendar_gone"),
    Row("calendar deleted, as free/busy says it", AWAY, strikes("calendar_error", "freebusy", code="notFound"),
        alert="calendar_gone"),
    Row("calendar full", AWAY, strikes("refuse", "insert", code="quotaExceeded"), alert="google_refused"),
    Row("the project's quota", AWAY, strikes("refuse", "insert", code="dailyLimitExceeded")),
    Row("too fast (403)", UNSURE, strikes("rate_limit", "insert"), state="scheduled"),
    Row("too fast (429)", UNSURE, strikes("rate_limit", "insert", code="429"), state="scheduled"),
    Row("5xx once", BOOKED, strikes("server_error", "insert"), state="scheduled"),
    Row("5xx again and again", UNSURE, strikes("server_error", "insert", status=503, count=2), state="scheduled"),
    Row("5xx before he asks", AWAY, strikes("server_error", "freebusy", count=9), early=True),
    Row("dropped behind the store", BOOKED, strikes("drop_after_store", "insert"), state="scheduled"),
    Row("Google's clock goes ahead of ours", BOOKED, strikes("expire_token", "insert"), state="scheduled"),
    Row("ours goes ahead of Google's", BOOKED, sql="update google_calendar_tokens set token_expiry = now() - "
        "interval '5 minutes'", state="scheduled"),
    Row("no such zone in the rules", AWAY, sql="update agents set booking = jsonb_set(booking, '{zone}', "
        "'\"Mars/Olympus\"')", early=True),
    Row("no such zone in the wish", OFFERS, early=True, says="an appointment in the morning, Nibiru time please"),
    Row("an e-mail that is none", BOOKED, says="my e-mail is anna@", state="scheduled"),
    Row("an e-mail that Google does not take", BOOKED, strikes("refuse", "insert", code="invalid"),
        says="my e-mail is anna@berg.example", state="scheduled"),
    Row("a time in the past", OFFERS, sql="update offers set starts_at = now() - interval '1 minute'"),
    Row("an offer that ran out", OFFERS, sql="update offers set expires_at = now()"),
    Row("rubbish", UNSURE, strikes("rubbish", "insert", count=2), state="scheduled"),
    Row("rubbish before he asks", AWAY, strikes("rubbish", "freebusy", count=9), early=True),
    Row("a page of a proxy", UNSURE, strikes("html_502", "insert", count=2), state="scheduled"),
    Row("an answer without an end", AWAY, strikes("huge", "freebusy", count=9), early=True),
    Row("led elsewhere", UNSURE, strikes("redirect", "insert", count=2), state="scheduled"),
    Row("led elsewhere before he asks", AWAY, strikes("redirect", "freebusy", count=9), early=True),
    Row("slow", BOOKED, strikes("slow", "insert", seconds=2), state="scheduled"),
)  # fmt: skip


@pytest.mark.timeout(400)
async def test_what_is_wrong_has_its_sentence(demo: Demo) -> None:
    wrong = {}
    for n, row in enumerate(ROWS):
        customer = f"1555030{n:04}"
        await demo.asked("DELETE", "/_sandbox/faults")
        await open_diary(demo.plan)
        await demo.pool.execute("delete from system_alerts")
        # Without grace: what becomes of a guest is a row of the table.
        rules = json.dumps({**BOOKING, "invite_after_minutes": 0})
        await demo.pool.execute("update agents set booking = $1 where booking is not null", rules)
        try:
            found = await _found(demo, row, customer)
        except (AssertionError, StopIteration, RuntimeError) as error:
            found = Found(reads=False, alerts=[], states=[], amiss=(str(error),))
        expected = Found(reads=True, alerts=[row.alert] if row.alert else [], states=[row.state] if row.state else [])
        if found != expected:
            wrong[row.name] = (found, [one["text"] for one in await demo.read(LINE, customer)])
    assert wrong == {}


@dataclass(frozen=True)
class Found:
    """What came of a row: whether the customer read his sentence, what the owner was told, which meetings there are."""

    reads: bool
    alerts: list[str]
    states: list[str]
    amiss: tuple[str, ...] = ()


async def _found(demo: Demo, row: Row, customer: str) -> Found:
    if not row.early:
        await demo.says(LINE, customer, "Hi, I need an appointment")
        if row.says:
            await demo.says(LINE, customer, row.says)
    if row.fault:
        await demo.asked("POST", "/_sandbox/faults", row.fault)
    if row.sql:
        await demo.pool.execute(row.sql)
    before = len(await demo.read(LINE, customer))
    words = (row.says or "Hi, I need an appointment") if row.early else await _first_choice(demo, customer)
    await demo.says(LINE, customer, words, parts=2 if row.reads == BOOKED else 1)
    read = [one["text"] for one in (await demo.read(LINE, customer))[before:]]
    early = [text for text in read if BOOKED in text] if row.reads != BOOKED else []
    amiss = (*early, *_not_for_people(read))
    alerts = await demo.pool.fetch("select alert_type from system_alerts where user_id = $1", USER)
    states, more = await _comes_to(demo, customer)
    return Found(
        reads=any(row.reads in text for text in read), alerts=[one["alert_type"] for one in alerts], states=states,
        amiss=(*amiss, *more),
    )  # fmt: skip


async def _first_choice(demo: Demo, customer: str) -> str:
    shown = await demo.read(LINE, customer)
    return str(next(one["choices"][0]["title"] for one in reversed(shown) if one["choices"]))


async def _comes_to(demo: Demo, customer: str) -> tuple[list[str], tuple[str, ...]]:
    """The states of a customer's meetings once nothing is on its way, and where row, calendar and chat differ."""
    settled = (
        "select count(*) = 0 from meetings m join conversations c using (user_id, conversation_id) "
        "where c.customer_phone = $1 and (m.state in ('held', 'booking') or m.told_change < m.change)"
    )
    due = "update meetings set due_at = now() where lease_until is null and state = 'booking' and due_at > now()"

    async def quiet() -> bool:
        await demo.pool.execute(due)
        sent = "select count(*) = 0 from message_parts where state in ('queued', 'sending', 'unknown')"
        return bool(await demo.pool.fetchval(settled, customer) and await demo.pool.fetchval(sent))

    await until(quiet, 60)
    rows = await demo.pool.fetch(
        "select m.* from meetings m join conversations c using (user_id, conversation_id) "
        "where c.customer_phone = $1 and m.state <> 'released'",
        customer,
    )
    all_rows = await demo.pool.fetch("select google_event_id from meetings where state = 'scheduled'")
    events = {one["id"] for one in await demo.events()}
    told = [text for one in await demo.read(LINE, customer) if (text := one["text"]).startswith(BOOKED)]
    amiss = []
    if events != {one["google_event_id"] for one in all_rows}:
        amiss.append("the calendar has other events than there are meetings")
    if len(told) != len(rows):
        amiss.append(f"told {len(told)} times of {len(rows)} meetings")
    return [one["state"] for one in rows], tuple(amiss)


def _not_for_people(read: Sequence[str]) -> list[str]:
    found = []
    for text in read:
        plain = " ".join(word for word in text.lower().split() if "/m/" not in word and "meet." not in word)
        found += [text for word in NEVER_SAID if word in plain]
    return found
