"""The widget as it is seen, heard and reached: axe finds nothing, any colour can be read, every size fits."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.api.keys import create_key
from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk, desk
from tests.frontend.console import AXE, RULES
from tests.frontend.widget import CHAT, launcher, open_chat, texts, website, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.filterwarnings("ignore::ResourceWarning")]
ROOT = Path(__file__).parent.parent.parent
WORDS = ROOT / "gateway" / "webchat" / "words"
FORM = [
    {"name": "name", "label": "Name", "required": True},
    {"name": "t", "label": "T", "options": ["a"], "type": "select"},
]
CONSENT = {"text": "We keep it for a year.", "url": "https://bloom.example/p", "required": True}
OFFER = {"options": [{"id": "a", "title": "Tuesday 10:00"}, {"id": "b", "title": "Friday 15:30"}]}
LIST = {"options": [{"id": str(n), "title": f"Choice {n}", "description": "What it is"} for n in range(5)]}


@pytest.fixture
async def open_desk(front_end: None, dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    business = await Business.create(pool)
    await business.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    await business.add_number("webchat", "wc_form", allowed_origins=["*"], prechat=FORM, consent=CONSENT)
    async with desk(dsn, pool, tmp_path) as one:
        yield one


class Human:
    """Somebody of the business, in the newest conversation."""

    def __init__(self, open_desk: Desk, conversation_id: str, key: str) -> None:
        self._desk = open_desk
        self.conversation_id = conversation_id
        self._url = f"{open_desk.url}/v1/conversations/{conversation_id}"
        self._headers = {"Authorization": f"Bearer {key}"}

    @classmethod
    async def on(cls, open_desk: Desk) -> Human:
        row = await open_desk.pool.fetchrow("select * from conversations order by created_at desc limit 1")
        assert row
        return cls(open_desk, row["conversation_id"], await create_key(open_desk.pool, row["user_id"], "k", ["*"]))

    async def take_over(self, name: str) -> None:
        body = {"owner": "human", "assignee": name}
        async with self._desk.http.patch(self._url, json=body, headers=self._headers) as answer:
            assert answer.status == 200, await answer.text()

    async def reply(self, **body: Any) -> None:
        async with self._desk.http.post(f"{self._url}/messages", json=body, headers=self._headers) as answer:
            assert answer.status == 201, await answer.text()

    def told(self, topic: str, word: str) -> None:
        self._desk.bus.publish(f"{topic}:{self.conversation_id}", word)


async def clean(page: Page, name: str) -> None:
    """Axe finds nothing; a picture is kept for people."""
    if folder := os.environ.get("SCREENSHOTS"):
        await page.screenshot(path=f"{folder}/widget-{name}.png")
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [(one["id"], one["nodes"][0]["failureSummary"]) for one in found["violations"]] == []
    wide = "document.documentElement.scrollWidth <= innerWidth"
    assert await page.evaluate(wide), "the page scrolls sideways"


LOOKS = {
    "light": ("", "en", (1280, 800), "light"),
    "dark": ("", "en", (1280, 800), "dark"),
    "dark by attribute": ('data-theme="dark" data-color="#7a0"', "de", (1280, 800), "light"),
    "rtl": ("", "ar", (1280, 800), "light"),
    "phone": ("", "es", (390, 844), "light"),
    "320 px": ('data-color="gold" data-position="left" data-label="Chat"', "fr", (320, 568), "light"),
    "zoomed to 200 %": ("", "hi", (640, 400), "dark"),
}


@pytest.mark.parametrize(("attributes", "lang", "size", "scheme"), LOOKS.values(), ids=LOOKS.keys())
async def test_axe_finds_nothing(
    browser: Browser, open_desk: Desk, attributes: str, lang: str, size: tuple[int, int], scheme: Any,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    name = re.sub(r"\W+", "-", request.node.callspec.id)
    context = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme, "reduced_motion": "reduce"}
    async with website(browser, open_desk.url, **context) as site:
        page = await site.visit(attributes, lang=lang)
        await launcher(page).wait_for(timeout=20_000)
        await clean(page, f"{name}-closed")
        await open_chat(page)
        await write(page, "one")
        await texts(page, "one", "You said: one")
        human = await Human.on(open_desk)
        await human.take_over("Maria")
        await human.reply(kind="choices", text="When?", data=OFFER if name != "dark" else LIST)
        await expect(page.locator(f"{CHAT} .choices button").first).to_be_visible(timeout=20_000)
        await expect(page.locator(f"{CHAT} .who p")).to_have_text("Maria")
        human.told("typing", "on")
        await expect(page.locator(f"{CHAT} .dots")).to_be_visible()
        await clean(page, name)
        assert site.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_form(browser: Browser, open_desk: Desk, scheme: Any) -> None:
    async with website(browser, open_desk.url, color_scheme=scheme, reduced_motion="reduce") as site:
        site.embed()
        site.html = site.html.replace("wc_bloom", "wc_form")
        page = await site.tab()
        await page.goto(site.url)
        await open_chat(page)
        await page.get_by_role("button", name="Start the chat").click(timeout=20_000)
        await expect(page.locator(f"{CHAT} .bad:visible")).to_have_count(2)
        await clean(page, f"form-{scheme}")


async def test_what_is_new_is_said_once_and_history_is_not(browser: Browser, open_desk: Desk) -> None:
    async with website(browser, open_desk.url) as site:
        page = await site.visit()
        await open_chat(page)
        said = page.locator(f"{CHAT} .sr")
        await write(page, "one")
        await expect(said).to_have_text("You said: one", timeout=20_000)
        human = await Human.on(open_desk)
        human.told("delta", json.dumps({"turn": "t", "n": 0, "text": "half"}))
        await expect(page.locator(f"{CHAT} .draft .bubble")).to_have_text("half", timeout=20_000)
        assert await page.locator(f"{CHAT} .draft").get_attribute("aria-hidden") == "true"
        await expect(said).to_have_text("You said: one")
        await page.goto(site.url)
        await texts(page, "one", "You said: one")
        await expect(said).to_have_text("")


async def test_the_keyboard_stays_where_the_panel_covers_the_page(browser: Browser, open_desk: Desk) -> None:
    async with website(browser, open_desk.url, viewport={"width": 390, "height": 700}) as site:
        page = await site.visit(body='<a href="#x">before</a>')
        await launcher(page).focus(timeout=20_000)
        await page.keyboard.press("Enter")
        for _ in range(9):
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.localName") == CHAT
        await page.keyboard.press("Escape")
        await expect(launcher(page)).to_be_focused()


@pytest.mark.parametrize(
    "color", ["gold", "#fff", "#000", "hsl(60 100% 50%)", "oklch(0.9 0.1 100)", "#777", "nonsense"]
)
async def test_any_colour_can_be_read(browser: Browser, open_desk: Desk, color: str) -> None:
    async with website(browser, open_desk.url, reduced_motion="reduce") as site:
        page = await site.visit(f'data-color="{color}"')
        await open_chat(page)
        await write(page, "one")
        await texts(page, "one", "You said: one")
        await (await Human.on(open_desk)).reply(kind="choices", text="When?", data=OFFER)
        await expect(page.locator(f"{CHAT} .choices button").first).to_be_visible(timeout=20_000)
        for theme in ("light", "dark"):
            await page.locator(CHAT).evaluate("(one, theme) => one.dataset.theme = theme", theme)
            await clean(page, f"color-{theme}")


def test_each_language_says_everything() -> None:
    english = json.loads((WORDS / "en.json").read_text())
    for path in WORDS.glob("*.json"):
        words = json.loads(path.read_text())
        assert list(words) == list(english), path.name
        for name, sentence in english.items():
            assert re.findall(r"\{\w+\}", words[name]) == re.findall(r"\{\w+\}", sentence), (path.name, name)
            assert words[name].strip(), (path.name, name)
    source = (ROOT / "frontend" / "widget" / "words.ts").read_text()
    declared = source[: source.index("string\n")]
    assert set(re.findall(r'"(\w+)"', declared)) == set(english)
    assert set(re.findall(r'"(\w\w)"', source[source.index("LANGUAGES") :].partition("]")[0])) == {
        path.stem for path in WORDS.glob("*.json")
    }
