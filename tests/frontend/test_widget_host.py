"""The widget on other people's pages: under the strictest policy, twice, without storage, by its JavaScript API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk, desk
from tests.frontend.widget import CHAT, Website, launcher, open_chat, texts, website, when, write
from tests.gateway.test_webchat_visitors import claim
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
async def open_desk(front_end: None, dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    business = await Business.create(pool)
    await business.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    async with desk(dsn, pool, tmp_path) as one:
        yield one


@pytest.fixture
async def site(browser: Browser, open_desk: Desk) -> AsyncIterator[Website]:
    async with website(browser, open_desk.url, reduced_motion="reduce") as one:
        yield one
        assert one.complaints == []


async def test_the_strictest_policy_is_enough_for_everything(site: Website) -> None:
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    assert await page.context.cookies() == []
    radius = await page.locator(f"{CHAT} .panel").evaluate("one => getComputedStyle(one).borderRadius")
    assert radius == "18px"


async def test_a_policy_without_sockets_is_met_once_in_a_tab(site: Website) -> None:
    site.policy = site.strict.replace(site.gateway.replace("http", "ws", 1), "")
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await page.goto(f"{site.url}/prices")
    await write(page, "two")
    await texts(page, "one", "You said: one", "two", "You said: two")
    assert len(site.complaints) == 1
    assert "connect-src" in site.complaints.pop()


async def test_nothing_is_asked_or_kept_before_the_chat_is_opened(site: Website) -> None:
    asked: list[str] = []
    site.context.on("request", lambda request: asked.append(request.url.removeprefix(site.gateway)))
    page = await site.visit()
    await expect(launcher(page)).to_be_visible(timeout=20_000)
    assert [one for one in asked if "/webchat/" in one] == ["/webchat/widget.js", "/webchat/words/en.json"]
    assert await page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


async def test_the_widget_comes_after_the_page(site: Website) -> None:
    page = await site.tab()
    await page.add_init_script("window.requestIdleCallback = act => { window.later = act; return 1 }")
    site.embed()
    await page.goto(site.url)
    await when(page, "!!window.later")
    assert await page.locator(CHAT).count() == 0
    await page.evaluate("later()")
    await expect(launcher(page)).to_be_visible(timeout=20_000)


async def test_two_inclusions_are_one_chat(site: Website) -> None:
    page = await site.visit(times=3)
    await expect(launcher(page)).to_be_visible(timeout=20_000)
    assert await page.locator(CHAT).count() == 1


async def test_a_page_that_exchanges_its_body_keeps_its_chat(site: Website) -> None:
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await page.locator(f"{CHAT} textarea").fill("half a sent")
    await page.evaluate("document.body = document.createElement('body'); history.pushState({}, '', '/prices')")
    await expect(page.locator(f"{CHAT} textarea")).to_have_value("half a sent")
    await write(page, "two")
    await texts(page, "one", "You said: one", "two", "You said: two")


@pytest.mark.parametrize("kind", ["localStorage", "sessionStorage"])
async def test_a_browser_that_keeps_nothing_still_chats(site: Website, kind: str) -> None:
    await site.context.add_init_script(
        f"Object.defineProperty(window, '{kind}', {{get() {{ throw new DOMException('no', 'SecurityError') }}}})"
    )
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")


async def test_a_page_calls_before_the_chat_is_there(site: Website) -> None:
    await site.context.add_init_script(
        "window.told = []; window.Frontdesk = window.Frontdesk || {q: []};"
        "for (const name of ['ready', 'open', 'close', 'unread', 'message'])"
        " Frontdesk.q.push(['on', name, detail => told.push([name, detail && detail.text || detail])]);"
        "Frontdesk.q.push(['open'], ['send', 'from the page']);"
    )
    page = await site.visit()
    await texts(page, "from the page", "You said: from the page")
    await page.evaluate("Frontdesk.close()")
    await when(page, "told.some(one => one[0] === 'close')")
    told = await page.evaluate("told.map(one => one[0])")
    assert (told[0], told.count("open"), told.count("message"), told.count("close")) == ("ready", 1, 2, 1)


async def test_who_the_website_vouches_for_is_one_visitor_and_is_forgotten(site: Website, open_desk: Desk) -> None:
    page = await site.visit()
    await launcher(page).wait_for(timeout=20_000)
    await page.evaluate("token => Frontdesk.identify(token)", claim())
    await page.evaluate("Frontdesk.send('mine'); Frontdesk.open()")
    await texts(page, "mine", "You said: mine")
    other = await site.visit()
    await other.locator(f"{CHAT} .panel").wait_for(state="attached", timeout=20_000)
    await other.evaluate("Frontdesk.open()")
    await texts(other, "mine", "You said: mine")
    await page.evaluate("Frontdesk.shutdown()")
    await expect(page.locator(CHAT)).to_have_count(0)
    assert await page.evaluate("Object.keys(localStorage)") == []
    await expect(other.locator(f"{CHAT} .rows .bubble")).to_have_count(0)
    refused = await other.evaluate("Frontdesk.identify('nonsense').then(() => 'taken', error => error.status)")
    assert refused == 401
    assert "401" in site.complaints.pop()


async def test_unread_answers_are_counted_in_every_tab_until_one_is_read(site: Website, open_desk: Desk) -> None:
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await page.get_by_label("Close the chat").click()
    await page.evaluate("Frontdesk.send('two')")
    other = await site.visit()
    for one in (page, other):
        await expect(one.get_by_label("Open the chat, 1 unread")).to_be_visible(timeout=20_000)
        assert await one.title() == "(1) Bloom"
    await other.bring_to_front()
    await other.get_by_label("Open the chat, 1 unread").click()
    await expect(page.get_by_label("Open the chat", exact=True)).to_be_visible(timeout=20_000)
    assert (await page.title(), await other.title()) == ("Bloom", "Bloom")


async def test_a_button_of_the_page_opens_the_chat(site: Website) -> None:
    page = await site.visit('data-launcher="#help"', body='<button id="help">Help</button>')
    await page.locator(CHAT).wait_for(state="attached", timeout=20_000)
    await when(page, "document.querySelector('frontdesk-chat').shadowRoot")
    await expect(launcher(page)).to_be_hidden()
    await page.locator("#help").click()
    await expect(page.locator(f"{CHAT} textarea")).to_be_focused()


STYLES = [
    "* { position: relative !important; display: none; }",
    "frontdesk-chat, div, body > * { transform: rotate(20deg); opacity: .2; width: 1px; font-size: 3px }",
    "button { display: none !important } textarea { visibility: hidden !important }",
]


@pytest.mark.parametrize("style", STYLES)
async def test_styles_of_the_page_do_not_reach_the_chat(site: Website, style: str) -> None:
    site.policy = ""
    page = await site.visit(body=f"<style>{style.replace('* {', 'main * {')}</style>")
    await open_chat(page)
    box = await page.locator(f"{CHAT} .panel").bounding_box()
    assert box
    assert (round(box["x"] + box["width"]), round(box["y"] + box["height"])) == (1080, 760)
    await expect(page.locator(f"{CHAT} textarea")).to_be_visible()


async def test_a_foreign_site_reads_that_it_may_not(site: Website, open_desk: Desk) -> None:
    await open_desk.pool.execute("update phone_numbers set settings = '{}' where platform = 'webchat'")
    open_desk.bus.publish("numbers")
    page = await site.visit()
    await open_chat(page)
    await expect(page.get_by_text("This chat is not available here.")).to_be_visible(timeout=20_000)
    assert "403" in site.complaints.pop()


async def wrote(open_desk: Desk, count: int) -> None:
    """Waits for so many messages of visitors."""

    async def enough() -> bool:
        found: int = await open_desk.pool.fetchval("select count(*) from messages where sender = 'user'")
        return found >= count

    await until(enough)


async def test_a_link_out_of_a_message_reaches_nothing_of_the_page(site: Website, open_desk: Desk) -> None:
    open_desk.providers.answer = lambda _body: MARKED
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    bubble = page.locator(f"{CHAT} .rows .row:not(.own) .bubble")
    await expect(bubble).to_have_text(SHOWN, timeout=20_000)
    links = await page.locator(f"{CHAT} .rows a").evaluate_all("all => all.map(one => [one.href, one.rel, one.target])")
    safe = "noopener noreferrer nofollow"
    assert links == [[url, safe, "_blank"] for url in ("https://example.com/a", "tel:+4670", "https://example.com/b_c")]
    assert await bubble.locator("strong").all_text_contents() == ["Now", "bold"]
    assert await bubble.locator("img, script, iframe").count() == 0


MARKED = """**Now** and *bold*, not 2*3*4 or snake_case_name
- [here](https://example.com/a), [call](tel:+4670), [bad](javascript:alert(1))
<img src=x onerror=alert(1)> https://example.com/b_c."""
SHOWN = """Now and bold, not 2*3*4 or snake_case_name
• here, call, [bad](javascript:alert(1))
<img src=x onerror=alert(1)> https://example.com/b_c."""


async def test_the_panel_is_there_again_on_the_next_page(site: Website) -> None:
    page: Page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await page.locator(f"{CHAT} textarea").fill("not yet sent")
    await page.goto(f"{site.url}/prices")
    await texts(page, "one", "You said: one")
    await expect(page.locator(f"{CHAT} textarea")).to_have_value("not yet sent")
    other = await site.visit()
    await open_chat(other)
    await expect(other.locator(f"{CHAT} textarea")).to_have_value("")
