"""A tool is tried from the console: fields by its schema, and what the business's system said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from gateway.db import Pool
from tests.business import Business
from tests.desk import desk
from tests.frontend.console import Site
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<script>document.title='pwned'</script>"
PARAMETERS = [
    {"name": "number", "description": "Of the order"}, {"name": "amount", "type": "integer", "required": False},
    {"name": "paid", "type": "boolean"}, {"name": "state", "enum": ["open", "closed"]},
]  # fmt: skip


class Shop:
    """The business's own system."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append(request.raw_path)
        return web.json_response({"said": SCRIPT}, status=404 if "none" in request.path else 200)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    one = Shop()
    app = web.Application()
    app.router.add_get("/{path:.*}", one.take)
    async with TestServer(app) as server:
        one.url = str(server.make_url("")).rstrip("/")
        yield one


@pytest.fixture
async def trying(front_end: None, dsn: str, pool: Pool, tmp_path: Path, tab: Page, shop: Shop) -> AsyncIterator[Site]:
    """A gateway that may reach the shop."""
    async with desk(dsn, pool, tmp_path, port=free_port(), tool_origins=(shop.url,)) as one:
        yield Site(one, tab, tmp_path)
        await tab.goto("about:blank")  # a server that ends waits for streams that are open


async def test_a_tool_is_tried_with_what_is_typed(trying: Site, business: Business, shop: Shop) -> None:
    site, page = trying, trying.page
    await business.pool.execute(
        "insert into http_tools (user_id, tool_id, name, description, method, url, parameters) "
        "values ($1, 'tol_1', 'order_status', 'Where it is', 'GET', $2, $3::jsonb)",
        business.user_id, f"{shop.url}/{{number}}?for={{customer_name}}", json.dumps(PARAMETERS),
    )  # fmt: skip
    await site.arrive(business, "manager", "/agents?tab=tools")
    await page.get_by_role("button", name="More: order_status").click()
    await page.get_by_role("menuitem", name="Try it").click()
    dialog = page.get_by_role("dialog", name="Try order_status")
    await dialog.get_by_label("amount").fill("many")
    await dialog.get_by_role("button", name="Ask now").click()
    await expect(dialog.get_by_label("amount")).to_have_attribute("aria-invalid", "true")
    await expect(dialog.get_by_label("amount")).to_have_value("many")
    await expect(dialog.get_by_label("state")).to_have_attribute("aria-invalid", "true")
    assert shop.seen == []
    await dialog.get_by_label("number").fill("7")
    await dialog.get_by_label("amount").fill("3")
    await dialog.get_by_label("paid").select_option("true")
    await dialog.get_by_label("state").select_option("open")
    await dialog.get_by_label("Name of a customer").fill("Kim")
    await dialog.get_by_role("button", name="Ask now").click()
    await expect(dialog.get_by_text("HTTP 200")).to_be_visible()
    await expect(dialog.locator("pre")).to_contain_text(SCRIPT)
    assert shop.seen == ["/7?for=Kim&amount=3&paid=true&state=open"]
    await site.axe()
    await site.shoot("agents-try-tool")
    await dialog.get_by_label("number").fill("none")
    await dialog.get_by_role("button", name="Ask now").click()
    await expect(dialog.get_by_text("HTTP 404")).to_be_visible()
    await expect(dialog.get_by_text("Agents read such an answer as a refusal.")).to_be_visible()
    assert await page.title() != "pwned"
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
