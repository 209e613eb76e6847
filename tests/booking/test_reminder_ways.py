"""How a reminder reaches a customer: by chat, by template, by e-mail, or not at all, and what it looks like there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from channels.base import Window
from gateway.booking.sheets import words
from gateway.db import Pool
from tests.booking.diary import SOON, Diary
from tests.booking.reminding import DAY, OPEN, Clock, book, look, reminding, rows, rule
from tests.business import Business
from tests.gateway.test_mail import mailer, post, read

CLOSED = Window(hours=24, template=True)
NAMED = {"name": "visit", "languages": ["es", "en"]}
# the window, a template, an e-mail, what the customer forbade; how it goes or why not, and whether that is an alert
WAYS: dict[str, tuple[Window, bool, bool, str, str, str, bool]] = {
    "open": (OPEN["sms"], True, True, "", "chat", "", False),
    "closed, with a template": (CLOSED, True, True, "", "template", "", False),
    "closed, with an e-mail": (CLOSED, False, True, "", "mail", "", False),
    "closed, with nothing": (CLOSED, False, False, "", "", "window_closed", True),
    "a template that may not be sent": (Window(hours=24), True, False, "", "", "window_closed", True),
    "no advertising wanted": (CLOSED, True, True, "marketing", "mail", "", False),
    "nothing wanted": (OPEN["sms"], True, True, "all", "", "opted_out", False),
}


@pytest.mark.parametrize(("window", "named", "mails", "forbids", "via", "why", "alert"), WAYS.values(), ids=WAYS)
async def test_the_way_it_goes(
    pool: Pool, business: Business, window: Window, named: bool, mails: bool, forbids: str, via: str, why: str,
    alert: bool,
) -> None:  # fmt: skip
    await rule(business, reminders=[{"before_minutes": DAY, **({"template": NAMED} if named else {})}])
    await book(business, Diary())
    if mails:
        await pool.execute("update meetings set customer_email = 'anna@berg.example', customer_name = 'Anna'")
    if forbids:
        await pool.execute(
            "insert into opt_outs (user_id, customer_id, platform, scope, source) "
            "select user_id, customer_id, 'whatsapp', $1, 'keyword' from customers", forbids,
        )  # fmt: skip
    clock = Clock(pool)
    async with post() as one:
        worker = reminding(clock, windows=dict.fromkeys(OPEN, window), mailer=mailer(one))
        await look(worker)
        await clock.reach(SOON - timedelta(days=1))
        await look(worker)
    (row,) = await rows(pool)
    assert (row["state"], row["via"], row["reason"]) == ("sent" if via else "skipped", via, why)
    assert len(one.taken) == (via == "mail")
    part: Any = await pool.fetchrow("select * from message_parts where message_id = $1", row["message_id"])
    assert (part is not None) == (via in ("chat", "template"))
    if via == "template":
        body = json.loads(part["content"])
        values = [one["text"] for one in body["components"][0]["parameters"]]
        assert (part["kind"], body["name"], body["language"]) == ("template", "visit", "en")
        assert values == ["Anna", "Monday, January 7, 2030", "10:00 (Madrid)"]
    alerts = await pool.fetch("select message from system_alerts where alert_type = 'reminder_not_sent'")
    assert len(alerts) == alert


LETTERS = {
    "en": ("A reminder: Bloom Dental: customer, Monday, January 7, 2030, 10:00 (Madrid).", "Change or cancel"),
    "es": ("Le recordamos su cita: Bloom Dental: customer, lunes, 7 de enero de 2030, 10:00 (Madrid).", "Cambiar"),
    "sv": ("Påminnelse: Bloom Dental: customer, måndag 7 januari 2030, 10:00 (Madrid).", "Ändra eller avboka"),
}


@pytest.mark.parametrize("language", LETTERS)
async def test_a_letter_is_in_the_customers_language(pool: Pool, business: Business, language: str) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    await pool.execute("update meetings set customer_email = 'anna@berg.example'")
    await pool.execute("update customers set language = $1", language)
    clock = Clock(pool)
    async with post() as one:
        worker = reminding(
            clock, windows=dict.fromkeys(OPEN, CLOSED), mailer=mailer(one), address=lambda _: "https://desk.example/m/1"
        )
        await look(worker)
        await clock.reach(SOON - timedelta(days=1))
        one.says["RCPT"] = ["450 busy"]
        await look(worker)
        assert [row["state"] for row in await rows(pool)] == ["waiting"]
        await pool.execute("update meeting_reminders set due_at = now() where state = 'waiting' and due_at is not null")
        await look(worker)
    ((to, raw),) = one.taken
    letter = read(raw)
    (row,) = await rows(pool, "sent")
    first, change = LETTERS[language]
    assert (to, letter["Subject"].strip(), letter["Content-Language"]) == ("anna@berg.example", first, language)
    assert letter["Message-ID"] == f"<{row['reminder_id']}@example.com>"
    assert str(letter["From"]) == "Bloom Dental <desk@example.com>"
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert change in text
    assert "https://desk.example/m/1" in text
    (file,) = letter.iter_attachments()
    assert (file.get_content_type(), "METHOD:PUBLISH" in file.get_content()) == ("text/calendar", True)


async def test_a_letter_that_nobody_takes_is_told_to_the_owner(pool: Pool, business: Business) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    await pool.execute("update meetings set customer_email = 'nobody@berg.example'")
    clock = Clock(pool)
    async with post() as one:
        one.says["RCPT"] = ["550 no such user"]
        worker = reminding(clock, windows=dict.fromkeys(OPEN, CLOSED), mailer=mailer(one))
        await look(worker)
        await clock.reach(SOON - timedelta(days=1))
        await look(worker)
    assert [(row["state"], row["reason"]) for row in await rows(pool)] == [("skipped", "mail_refused")]
    assert "no e-mail server took" in await pool.fetchval("select message from system_alerts")


# the platform, and the parts of a reminder there: kind, how many can be tapped, whether the options are in the text
SHAPES = {
    "whatsapp": [("choices", 3, False)],
    "instagram": [("choices", 3, False)],
    "webchat": [("choices", 3, False)],
    "sms": [("text", 0, True)],
}


@pytest.mark.parametrize("platform", SHAPES)
@pytest.mark.parametrize("language", ["en", "de", "ar", "hi"])
async def test_each_channel_has_its_shape(pool: Pool, business: Business, platform: Any, language: str) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    business.number = await business.add_number(platform)
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    await pool.execute("update customers set language = $1", language)
    clock = Clock(pool)
    worker = reminding(clock, address=lambda _: "https://desk.example.com/m/1")
    await look(worker)
    await clock.reach(SOON - timedelta(days=1))
    await look(worker)
    (row,) = await rows(pool, "sent")
    parts = await pool.fetch("select * from message_parts where message_id = $1 order by part_no", row["message_id"])
    titles = [words(f"remind_{act}", language) for act in ("here", "move", "cancel")]
    shapes = []
    for part in parts:
        options = json.loads(part["content"] or "{}").get("options", [])
        assert [one["title"] for one in options] in ([], titles)
        shapes.append(
            (part["kind"], len(options), all(f"{n}. {one}" in part["text"] for n, one in enumerate(titles, 1)))
        )
        assert max(len(title) for title in titles) <= 20
    assert shapes == SHAPES[platform]
    assert ("https://desk.example.com/m/1" in parts[0]["text"]) == (platform != "sms")
