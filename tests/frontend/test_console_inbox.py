"""The inbox: what arrives, who answers, what may be sent, what is known beside it."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from gateway.db import Pool
from tests.business import Business
from tests.desk import desk
from tests.frontend.console import Role, Site
from tests.frontend.inbox import (
    Visitor,
    composer,
    conversation,
    log,
    many,
    opened,
    rows,
    send,
    true,
    write,
)
from tests.ports import free_port
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<img src=x onerror=\"document.title='bad'\"><script>document.title='bad'</script>"


async def test_what_a_customer_writes_and_the_agent_answers_appears_by_itself(site: Site, business: Business) -> None:
    await site.arrive(business, "sales_rep", "/inbox")
    await expect(site.page.get_by_text("No conversations yet")).to_be_visible()
    await write(site, business, "Do you have time on Friday?")
    row = rows(site.page).first
    await expect(row).to_contain_text("Lucía Romero")
    await expect(row).to_contain_text("You said: Do you have time on Friday?")
    await expect(row.get_by_role("img", name="1 unread message")).to_be_visible()
    await row.click()
    await expect(log(site.page)).to_contain_text("You said: Do you have time on Friday?")
    await expect(site.page).to_have_title("Lucía Romero – Inbox · Frontdesk")
    await expect(row.get_by_role("img", name="unread message")).to_have_count(0)
    await write(site, business, "In the morning")
    await expect(log(site.page)).to_contain_text("You said: In the morning")
    await site.axe()


async def test_taking_over_silences_the_agent_until_it_is_given_back(site: Site, business: Business) -> None:
    await write(site, business, "Hello")
    await site.desk.sent(1)
    await opened(site, business)
    page = site.page
    await expect(page.get_by_text("Ada answers")).to_be_visible()
    await expect(page.get_by_text("Writing takes over")).to_be_visible()
    await send(page, "Ana here, one moment.")
    await expect(page.get_by_text("You answer.")).to_be_visible()
    await expect(log(page).get_by_role("article").last).to_contain_text("Ana Ruiz")
    turns = await business.pool.fetchval("select count(*) from turns")
    await write(site, business, "Is it expensive?")
    await expect(log(page)).to_contain_text("Is it expensive?")
    await send(page, "40 euros.")
    await until(lambda: true("40 euros." in site.desk.providers.texts()))
    assert await business.pool.fetchval("select count(*) from turns") == turns
    await page.get_by_role("button", name="Give back").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Note for Ada").fill("She was told 40 euros.")
    await dialog.get_by_role("button", name="Give back").click()
    await expect(page.get_by_text("Ada answers")).to_be_visible()
    await write(site, business, "Then Friday at ten")
    await expect(log(page)).to_contain_text("You said: Then Friday at ten")
    assert any("She was told 40 euros." in json.dumps(one["input"]) for one in site.desk.providers.asked)
    said = [text for _, author, text in await business.transcript("34600111222") if author == "human"]
    assert said == ["Ana here, one moment.", "40 euros."]


async def test_a_streamed_answer_is_seen_while_it_is_written(site: Site, business: Business) -> None:
    number = await business.add_number("webchat", origins=["*"])
    goes = asyncio.Event()
    chat = Visitor(site, number)
    await chat.write("Hello")
    await until(lambda: true(len(site.desk.providers.asked) > 0))
    found = await opened(site, business, customer=await chat.name())
    await expect(log(site.page)).to_contain_text("You said: Hello")

    async def think() -> None:
        await goes.wait()

    site.desk.providers.think = think
    await chat.write("What does whitening cost?")
    await expect(site.page.locator(".inbox-writing")).to_contain_text("Ada is writing")
    await expect(site.page.get_by_role("status").filter(has_text="Ada is writing")).to_have_count(1)
    await expect(log(site.page)).to_contain_text("What does whitening cost?")
    for at, piece in enumerate(("Whitening is ", "240 euros")):
        site.desk.bus.publish(f"delta:{found}", json.dumps({"turn": "trn_1", "n": at, "text": piece}))
    await expect(site.page.locator(".inbox-writing")).to_contain_text("Whitening is 240 euros")
    goes.set()
    await expect(log(site.page)).to_contain_text("You said: What does whitening cost?")
    await expect(site.page.locator(".inbox-writing")).to_have_count(0)


async def test_a_closed_window_offers_what_else_may_be_sent(site: Site, business: Business) -> None:
    await write(site, business, "Hello")
    await site.desk.sent(1)
    await business.pool.execute("update conversations set last_inbound_at = now() - interval '25 hours'")
    await opened(site, business)
    await expect(site.page.get_by_text("wrote more than 24 hours ago")).to_be_visible()
    await expect(composer(site.page)).to_have_count(0)
    await expect(site.page.get_by_role("button", name="Choose a template")).to_be_visible()
    await site.axe()
    body = {"type": "BODY", "text": "Hello {{1}}, shall we go on on {{2}}?"}
    card = {"name": "we_are_back", "language": "en", "status": "APPROVED", "category": "UTILITY", "components": [body]}
    site.desk.providers.templates = [card, {**card, "name": "not_yet", "status": "PENDING"}]
    await business.pool.execute('update phone_numbers set settings = \'{"waba_id": "90001"}\'')
    await site.page.get_by_role("button", name="Choose a template").click()
    dialog = site.page.get_by_role("dialog")
    await expect(dialog.get_by_role("listitem")).to_have_count(1)
    await dialog.get_by_role("button", name="we_are_back").click()
    await expect(dialog.get_by_label("Value 1")).to_have_value("Lucía")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_label("Value 2")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("Value 2").fill("Friday")
    await expect(dialog.get_by_text("Hello Lucía, shall we go on on Friday?")).to_be_visible()
    await site.axe()
    await dialog.get_by_role("button", name="Send").click()
    await expect(log(site.page)).to_contain_text("Hello Lucía, shall we go on on Friday?")
    sent = (await site.desk.sent(2))[1]["template"]
    assert sent["components"][0]["parameters"] == [
        {"type": "text", "text": "Lucía"},
        {"type": "text", "text": "Friday"},
    ]
    await write(site, business, "Are you there?")
    await expect(composer(site.page)).to_be_visible()


async def test_what_failed_says_why_and_is_sent_again(site: Site, business: Business) -> None:
    await write(site, business, "Hello")
    await site.desk.sent(1)
    await opened(site, business)
    site.desk.providers.send_status, site.desk.providers.send_code = 400, 131026  # who has no WhatsApp
    await send(site.page, "We open at nine.")
    failed = log(site.page).get_by_role("article").last
    await expect(failed).to_contain_text("Not delivered.")
    await expect(failed.get_by_role("img", name="Failed")).to_be_visible()
    site.desk.providers.send_status = 200
    await failed.get_by_role("button", name="Send again").click()
    await expect(failed.get_by_role("img", name="Sent", exact=True)).to_be_visible()
    assert site.desk.providers.texts()[-1] == "We open at nine."


async def test_a_lost_answer_of_the_gateway_never_sends_twice(site: Site, business: Business) -> None:
    await write(site, business, "Hello")
    await site.desk.sent(1)
    await opened(site, business)
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if route.request.method != "POST" or lost:
            await route.continue_()
            return
        lost += 1
        await route.fetch()  # it arrives, and its answer does not
        await route.abort()

    await site.page.route(re.compile(r"/v1/conversations/[^/]+/messages$"), lose)
    await send(site.page, "See you at ten.")
    await expect(site.page.get_by_text("Not sent: no connection.")).to_be_visible()
    await site.page.get_by_role("button", name="Send again").click()
    await expect(site.page.get_by_text("Not sent: no connection.")).to_have_count(0)
    await expect(log(site.page).get_by_text("See you at ten.")).to_have_count(1)
    assert await business.pool.fetchval("select count(*) from messages where text = 'See you at ten.'") == 1


async def test_evidence_leads_to_the_words_that_prove_it(site: Site, business: Business) -> None:
    await write(site, business, "I am Lucía, my mail is lucia@example.com")
    await site.desk.sent(1)
    found = await conversation(business)
    await many(business, found, 300)
    evidence = {"email": [{"sequence_no": 1, "quote": "my mail is lucia@example.com"}]}
    await business.pool.execute(
        "insert into extractions (user_id, conversation_id, customer_phone, email, lead_status_tag, total_score, "
        "evidence, is_latest) values ($1, $2, '34600111222', 'lucia@example.com', 'Hot', 13, $3::jsonb, true)",
        business.user_id, found, json.dumps(evidence),
    )  # fmt: skip
    await opened(site, business)
    page = site.page
    await expect(page.get_by_text("my mail is lucia@example.com")).to_have_count(0)
    await page.get_by_role("button", name="Details").click()
    await page.get_by_role("button", name="my mail is lucia@example.com").click()
    marked = page.locator("article.marked")
    await expect(marked).to_be_in_viewport()
    await expect(marked).to_contain_text("I am Lucía")
    await page.goto(f"{site.desk.url}/console/inbox/{found}?message=1")
    await expect(marked).to_be_in_viewport()
    message = await business.pool.fetchval("select message_id from messages where sequence_no = 150")
    await page.goto(f"{site.desk.url}/console/inbox/{found}?message={message}")
    await expect(marked).to_contain_text("Message number 150")


async def test_two_thousand_messages_scroll_with_few_in_the_page(site: Site, business: Business) -> None:
    await write(site, business, "The very first")
    await site.desk.sent(1)
    found = await conversation(business)
    await many(business, found, 2000)
    await opened(site, business)
    page = site.page
    await expect(log(page)).to_contain_text("Message number 2000")
    most, began = 0, time.monotonic()
    await log(page).hover()
    while not await log(page).get_by_text("The very first").count():
        assert time.monotonic() - began < 120
        await page.mouse.wheel(0, -3000)
        most = max(most, await page.locator("article").count())
    assert most <= 170
    numbers = await page.locator("article").evaluate_all("all => all.map(one => Number(one.dataset.no))")
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    await page.get_by_role("button", name="To the newest").click()
    await expect(log(page).get_by_text("Message number 2000", exact=False).last).to_be_in_viewport()


@pytest.mark.parametrize(("role", "writes"), [("viewer", False), ("sales_rep", True)])
async def test_who_may_only_read_has_no_composer(site: Site, business: Business, role: Role, writes: bool) -> None:
    await write(site, business, "Hello")
    await site.desk.sent(1)
    await opened(site, business, role)
    await expect(log(site.page)).to_contain_text("You said: Hello")
    await expect(composer(site.page)).to_have_count(int(writes))
    await expect(site.page.get_by_role("button", name="Take over")).to_have_count(int(writes))


async def test_marketing_has_no_inbox(site: Site, business: Business) -> None:
    await site.arrive(business, "marketing", "/inbox")
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Not found")
    await expect(site.page.get_by_role("link", name="Inbox")).to_have_count(0)


async def test_script_in_every_text_is_text(site: Site, business: Business) -> None:
    await business.pool.execute("update agents set name = $1", SCRIPT)
    await business.pool.execute("update phone_numbers set display_name = $1", SCRIPT)
    wamid = await write(site, business, SCRIPT, name=SCRIPT)
    await site.desk.sent(1)
    await write(
        site,
        business,
        "",
        name=SCRIPT,
        type="contacts",
        contacts=[{"name": {"formatted_name": SCRIPT}, "phones": [{"phone": SCRIPT}]}],
    )
    await write(
        site, business, "", name=SCRIPT, type="location", location={"latitude": 1.0, "longitude": 2.0, "name": SCRIPT}
    )
    await write(site, business, "", name=SCRIPT, type="reaction", reaction={"message_id": wamid, "emoji": SCRIPT[:20]})
    await opened(site, business, "admin")
    page = site.page
    await expect(log(page).get_by_text(SCRIPT).first).to_be_visible()
    await page.get_by_role("button", name="Details").click()
    await send(page, SCRIPT)
    await expect(log(page).get_by_role("article").last).to_contain_text(SCRIPT)
    assert await page.title() != "bad"
    assert await page.locator("main img[src=x], main script").count() == 0


async def test_two_members_see_each_other(site: Site, business: Business) -> None:
    await write(site, business, "Hello")
    await site.desk.sent(1)
    found = await opened(site, business)
    other = await site.page.context.browser.new_context(viewport={"width": 1280, "height": 800})  # type: ignore[union-attr]
    bo = Site(site.desk, await other.new_page(), site.folder)
    await bo.arrive(business, "manager", f"/inbox/{found}", name="Bo Lind")
    await site.page.get_by_role("button", name="Take over").click()
    await expect(bo.page.get_by_text("Ana Ruiz answers.")).to_be_visible()
    await expect(site.page.get_by_text("You answer.")).to_be_visible()
    await composer(site.page).press_sequentially("I am looking", delay=20)
    await expect(bo.page.get_by_text("Ana Ruiz is writing here right now.").first).to_be_visible()
    await composer(site.page).press("Enter")
    await expect(log(bo.page)).to_contain_text("I am looking")
    await bo.page.get_by_role("button", name="Take over").click()
    await expect(site.page.get_by_text("Bo Lind answers.")).to_be_visible()
    await other.close()


async def test_after_a_break_nothing_is_missing_and_nothing_double(site: Site, business: Business) -> None:
    await write(site, business, "one")
    await site.desk.sent(1)
    await opened(site, business)
    await expect(log(site.page)).to_contain_text("You said: one")
    await expect(composer(site.page)).to_be_visible()
    await site.page.context.set_offline(True)
    await expect(site.page.get_by_text("You are offline.")).to_be_visible()
    await write(site, business, "two")
    await site.desk.sent(2)
    await send(site.page, "three")
    await expect(site.page.get_by_text("Not sent: no connection.")).to_be_visible()
    await site.page.context.set_offline(False)
    await expect(log(site.page)).to_contain_text("You said: two")
    await expect(site.page.get_by_text("Not sent: no connection.")).to_have_count(0, timeout=40_000)
    await expect(log(site.page).get_by_text("three", exact=True)).to_have_count(1)
    await expect(site.page.locator("article")).to_have_count(5)
    numbers = await site.page.locator("article").evaluate_all("all => all.map(one => Number(one.dataset.no))")
    assert numbers == [1, 2, 3, 4, 5]


async def test_a_gateway_that_begins_anew_leaves_no_gap(
    front_end: None, dsn: str, pool: Pool, tmp_path: Path, tab: Page, business: Business
) -> None:
    port = free_port()
    async with desk(dsn, pool, tmp_path, port=port) as before:
        site = Site(before, tab, tmp_path)
        await write(site, business, "one")
        await opened(site, business)
        await expect(log(tab)).to_contain_text("You said: one")
        await expect(composer(tab)).to_be_visible()
    await expect(tab.get_by_text("You are offline.")).to_be_visible()
    async with desk(dsn, pool, tmp_path, port=port) as after:
        site = Site(after, tab, tmp_path)
        await write(site, business, "two")
        await expect(log(tab)).to_contain_text("You said: two", timeout=60_000)
        await expect(tab.get_by_text("You are offline.")).to_have_count(0)
        await write(site, business, "three")
        await expect(log(tab)).to_contain_text("You said: three")
        numbers = await tab.locator("article").evaluate_all("all => all.map(one => Number(one.dataset.no))")
        assert numbers == [1, 2, 3, 4, 5, 6]


async def test_the_keyboard_alone(site: Site, business: Business) -> None:
    for at, name in enumerate(("Lucía Romero", "Omar Haddad", "Greta Lang")):
        await write(site, business, f"Hello from {name}", customer=f"3460011122{at}", name=name)
    await site.desk.sent(3)
    await site.arrive(business, "sales_rep", "/inbox")
    page = site.page
    await expect(rows(page)).to_have_count(3)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    second = rows(page).nth(1)
    await expect(second).to_be_focused()
    name = await second.locator("strong").inner_text()
    await page.keyboard.press("u")
    await expect(second.get_by_role("img", name="unread")).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_be_focused()
    await expect(page.get_by_role("heading", level=2)).to_have_text(name)
    await page.keyboard.type("On Friday")
    await page.keyboard.press("Escape")
    await expect(second).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_have_value("")
    await expect(composer(page)).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_have_value("On Friday")
    await expect(composer(page)).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(log(page)).to_contain_text("On Friday")
    await expect(composer(page)).to_have_value("")
