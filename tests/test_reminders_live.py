"""A reminder on each channel, over real HTTP on all sides: it arrives, is answered in words or by a tap, and heeded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.booking.words import label
from gateway.demo import BOOKING, USER
from tests.test_booking_live import ENGLISH, MADRID, ON, WHO, Demo, at, demo, places  # noqa: F401
from tests.waiting import until


async def reminded(demo: Demo, platform: str) -> str:  # noqa: F811
    """Books a time that is days ahead, and lets its reminder come now; what the customer reads."""
    line, customer = ON[platform], WHO[platform]
    await demo.pool.execute(
        "update agents set booking = $2::jsonb where user_id = $1", USER, json.dumps(BOOKING | {"quiet_hours": None})
    )
    await demo.says(line, customer, "Hi, I would like an appointment")
    title, _ = (await demo.offered(line, customer))[-1]
    await demo.says(line, customer, title, parts=2)
    before = len(await demo.read(line, customer))
    waiting = "select count(*) = 1 from meeting_reminders where kind = 'reminder' and state = 'waiting'"
    await until(lambda: demo.pool.fetchval(waiting))
    await demo.pool.execute("update meeting_reminders set due_at = now() where state = 'waiting' and kind = 'reminder'")

    async def arrived() -> list[dict[str, Any]]:
        return (await demo.read(line, customer))[before:]

    (message,) = await until(arrived, 30)
    return str(message["text"])


@pytest.mark.parametrize("platform", list(WHO))
async def test_who_cannot_make_it_is_offered_other_times(demo: Demo, platform: str) -> None:  # noqa: F811
    line, customer = ON[platform], WHO[platform]
    read = await reminded(demo, platform)
    before = await demo.meeting()
    assert read.startswith(f"A reminder: {BOOKING['title']}, {label(before['meeting_time'], MADRID, 'en')}.")
    # The visitor's own page draws buttons; its stand-in writes them down.
    assert ("1. I'll be there" in read) == (platform in ("sms", "webchat"))
    (asked,) = await demo.says(line, customer, "Sorry, I can't make it")
    assert ENGLISH.lines["moving"] in asked
    _, later = (await demo.offered(line, customer))[0]
    told, _ = await demo.says(line, customer, "1", parts=2)
    row, (event,) = await demo.meeting(), await demo.events()
    assert told.startswith(f"Your appointment has been moved: {BOOKING['title']}, {label(later, MADRID, 'en')}.")
    assert (row["meeting_id"], row["meeting_time"], at(event)) == (before["meeting_id"], later, later)
    assert await demo.pool.fetchval("select count(*) from meeting_reminders where state = 'sent'") == 1


@pytest.mark.parametrize("platform", list(WHO))
async def test_what_is_tapped_is_done(demo: Demo, platform: str) -> None:  # noqa: F811
    line, customer = ON[platform], WHO[platform]
    await reminded(demo, platform)
    title = "2" if platform == "sms" else "Reschedule"
    (asked,) = await demo.says(line, customer, title)
    assert asked.startswith("Which of these times would suit you better?")
    _, later = (await demo.offered(line, customer))[1]
    told, _ = await demo.says(line, customer, "2", parts=2)
    assert told.startswith(f"Your appointment has been moved: {BOOKING['title']}, {label(later, MADRID, 'en')}.")
    assert (await demo.meeting())["meeting_time"] == later


@pytest.mark.parametrize("platform", ["whatsapp", "instagram"])
async def test_a_button_cancels_after_one_question(demo: Demo, platform: str) -> None:  # noqa: F811
    line, customer = ON[platform], WHO[platform]

    async def taps(title: str) -> str:
        read = await demo.read(line, customer)
        choices = [one for message in read for one in message["choices"] if one["title"] == title]
        event = {"kind": "button", "id": choices[-1]["id"], "title": title}
        message = {"channel": platform, "number": line.id, "from": customer, "event": event}
        await demo.asked("POST", "/_sandbox/messages", message)

        async def answered() -> list[dict[str, Any]]:
            return (await demo.read(line, customer))[len(read) :]

        (answer,) = await until(answered, 30)
        return str(answer["text"])

    await reminded(demo, platform)
    assert (await taps("I'll be there")).startswith("Thank you, see you then: ")
    assert (await demo.meeting())["confirmed_at"] is not None
    assert (await taps("Cancel")).startswith("Cancel this appointment?")
    assert (await taps("Yes, cancel it")).startswith("Your appointment has been cancelled: ")
    assert ((await demo.meeting())["state"], await demo.events()) == ("cancelled", [])
