"""The console in a real browser against a real gateway."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway.db import Pool
from tests.desk import Desk, desk
from tests.frontend.console import CHROMIUM, DESK, FLAGS, ROOT, Site, watch
from tests.ports import free_port

expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test of a run waits for the build too; a busy machine is slow to draw."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def front_end() -> None:
    """The front end, built from the sources as they are."""
    subprocess.run([sys.executable, str(ROOT / "frontend" / "build.py")], check=True)


@pytest.fixture
async def site_desk(front_end: None, dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    """A gateway at the address that it says it has, so that a browser can hold a session."""
    async with desk(dsn, pool, tmp_path, port=free_port()) as one:
        yield one


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser of this test's own."""
    if not CHROMIUM:
        pytest.skip("needs chromium on the PATH or in FRONTDESK_CHROMIUM")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """An empty page; the test fails when the console complains about anything but an answer of the API."""
    context = await browser.new_context(viewport=DESK, locale="en-GB", reduced_motion="reduce")
    page = await context.new_page()
    complaints = watch(page)
    yield page
    await context.close()
    assert complaints == []


@pytest.fixture
async def site(site_desk: Desk, tab: Page, tmp_path: Path) -> Site:
    """A gateway, and a page on which nobody is signed in."""
    return Site(site_desk, tab, tmp_path)
