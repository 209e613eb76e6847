"""The page of phones in a real browser: a person writes, a reply arrives with its ticks."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.sandbox.conftest import Client, config_for, whatsapp_text
from tests.waiting import until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")]
WHATSAPP = ".phone[data-channel=whatsapp]"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, sandbox: Client) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1280, "height": 860})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None)
    await page.goto(sandbox.url)
    await expect(page.locator("#live")).to_have_text("Live")
    yield page
    assert wrong == []


async def test_a_person_writes_and_sees_the_reply_with_its_ticks(page: Page, sandbox: Client) -> None:
    await page.get_by_label("Message on WhatsApp").fill("Hi <b>there</b>")
    await page.keyboard.press("Enter")
    mine = page.locator(f"{WHATSAPP} .bubble.customer")
    await expect(mine.locator(".said")).to_have_text("Hi <b>there</b>")
    await expect(mine.get_by_label("Delivered")).to_be_visible()
    (hook,) = await sandbox.gateway.received(1)
    message = hook.json["entry"][0]["changes"][0]["value"]["messages"][0]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": message["id"]}
    await sandbox.graph({**read, "typing_indicator": {"type": "text"}})
    await expect(mine.get_by_label("Read")).to_be_visible()
    await expect(page.get_by_label("The business is typing")).to_be_visible()
    await sandbox.graph(whatsapp_text("Welcome!", message["from"]))
    theirs = page.locator(f"{WHATSAPP} .bubble.business")
    await expect(theirs.locator(".said")).to_have_text("Welcome!")
    await expect(theirs.get_by_label("Read")).to_be_visible()
    await expect(page.get_by_label("The business is typing")).to_have_count(0)


async def test_a_person_taps_a_button(page: Page, sandbox: Client) -> None:
    replies = [{"type": "reply", "reply": {"id": f"b{n}", "title": title}} for n, title in enumerate(("Yes", "No"))]
    interactive = {"type": "button", "body": {"text": "Shall we?"}, "action": {"buttons": replies}}
    await sandbox.graph({**whatsapp_text(to="15550109001"), "type": "interactive", "interactive": interactive})
    await page.locator(f"{WHATSAPP} .bubble.business").get_by_role("button", name="No").click()
    await expect(page.locator(f"{WHATSAPP} .bubble.customer .said")).to_have_text("No")

    async def tapped() -> list[dict[str, object]]:
        values = [hook.json["entry"][0]["changes"][0]["value"] for hook in sandbox.gateway.on("/webhooks/meta")]
        return [value["messages"][0]["interactive"]["button_reply"] for value in values if "messages" in value]

    assert await until(tapped) == [{"id": "b1", "title": "No"}]


async def test_one_of_two_numbers_is_picked_and_its_chat_kept(page: Page, sandbox: Client) -> None:
    await page.locator("#number-whatsapp").select_option("wa2")
    await expect(page.locator(f"{WHATSAPP} .subtitle")).to_have_text("+15550100002")
    await page.locator(WHATSAPP).get_by_role("button", name="Are you open on Saturday?").click()
    await expect(page.locator(f"{WHATSAPP} .bubble")).to_have_count(1)
    await page.reload()
    await expect(page.locator(f"{WHATSAPP} .bubble")).to_have_count(1)
    await page.locator("#number-whatsapp").select_option("wa1")
    await expect(page.locator(f"{WHATSAPP} .bubble")).to_have_count(0)
    (hook,) = await sandbox.gateway.received(1)
    assert hook.json["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] == "100000000000002"


async def test_a_person_writes_as_somebody_else(page: Page, sandbox: Client) -> None:
    await page.locator(".who summary").first.click()
    await page.locator(".who-name").first.fill("Zoë")
    await page.locator(".who-address").first.fill("+46 70 123 45")
    await page.keyboard.press("Enter")
    await expect(page.locator(".who-now").first).to_have_text("Zoë · 467012345")
    await page.get_by_label("Message on WhatsApp").fill("Hej")
    await page.keyboard.press("Enter")
    (hook,) = await sandbox.gateway.received(1)
    value = hook.json["entry"][0]["changes"][0]["value"]
    assert value["contacts"][0]["profile"]["name"] == "Zoë"
    assert value["messages"][0]["from"] == "467012345"


async def test_a_fault_is_set_seen_to_strike_and_cleared(page: Page, sandbox: Client) -> None:
    await page.locator("#faults summary").click()
    await page.get_by_label("Fault", exact=True).select_option("duplicate")
    await page.get_by_label("Times").fill("2")
    await page.get_by_role("button", name="Set").click()
    rule = page.locator("#fault-rules li")
    await expect(rule).to_contain_text("2 left, struck 0×")
    await sandbox.write(number="wa1", text="Hi", **{"from": "15550109001"})
    await expect(rule).to_contain_text("1 left, struck 1×")
    await page.get_by_role("button", name="Clear all").click()
    await expect(rule).to_have_count(0)


async def test_the_traffic_is_shown(page: Page, sandbox: Client) -> None:
    await page.locator("#traffic summary").click()
    sandbox.gateway.answers("/webhooks/meta", 503)
    await sandbox.write(number="wa1", text="Hi", **{"from": "15550109001"})
    await expect(page.locator("#traffic-rows tr")).to_have_count(2)
    await expect(page.locator("#traffic-rows td:last-child")).to_have_text(["200", "503"])


@pytest.mark.parametrize("width", [390, 1280])
async def test_everything_fits(page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [await phone.bounding_box() for phone in await page.locator(".phone").all()]
    lefts = {round(box["x"]) for box in boxes if box}
    assert (len(boxes), len(lefts)) == (4, 1 if width == 390 else 4)


async def test_spare_numbers_show_what_is_typed_to_link_them(page: Page, sandbox: Client) -> None:
    spares = [
        {
            "id": "s1",
            "platform": "whatsapp",
            "meta_phone_number_id": "77",
            "address": "+15550100077",
            "access_token": "<b>t</b>",
        },
        {
            "id": "s2",
            "platform": "sms",
            "meta_phone_number_id": "+15550100078",
            "address": "+15550100078",
            "access_token": "u",
        },
    ]
    await expect(page.get_by_text("Numbers to link yourself")).to_be_hidden()
    await sandbox.ask("PUT", "/_sandbox/config", json={**config_for(sandbox.gateway.url), "spares": spares})
    await page.get_by_text("Numbers to link yourself").click()
    cards = page.locator(".spare")
    await expect(cards).to_have_count(2)
    await expect(cards.nth(0).locator("code")).to_have_text(["77", "<b>t</b>"])
    await expect(cards.nth(1).get_by_role("button", name="Copy: Account SID")).to_be_visible()
    await expect(page.locator(f"{WHATSAPP} .picker option").last).to_have_text("Not linked yet · +15550100077")
