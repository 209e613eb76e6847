"""Every screen of the console, wide and narrow, light and dark: axe finds nothing, nothing is cut off or fails."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Error, Response

from tests.frontend.console import DESK, PHONE, Site
from tests.frontend.furnished import Furnished, Practice, practice
from tests.frontend.screens import AGENTS, BUSINESS, OUTSIDE, SCREENS, WORK, Screen, routes

__all__ = ["practice"]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning"), pytest.mark.timeout(600)]
# Nobody is signed in, a link is over, no calendar is connected: each is what the screen is about.
EXPECTED = re.compile(r"/v1/(me|me/email/confirm|verify-email|invitations/[^/]+|agents/[^/]+/times)([?]|$)")
PLACES = (("desk", DESK), ("phone", PHONE))


def test_every_route_has_a_screen() -> None:
    found = {screen.path.split("?")[0].strip("/").split("/")[0] for screen in SCREENS}
    assert {route.name for route in routes()} <= found


def test_no_two_screens_have_one_name() -> None:
    assert len({screen.name for screen in SCREENS}) == len(SCREENS)


@pytest.mark.parametrize("screens", [WORK, AGENTS, BUSINESS], ids=["work", "agents", "business"])
async def test_every_screen_of_who_is_signed_in(practice: Practice, screens: list[Screen]) -> None:
    assert await wrong(practice.site, practice.ids, screens) == []


async def test_every_screen_of_who_is_not(practice: Practice) -> None:
    await practice.site.page.context.clear_cookies()
    assert await wrong(practice.site, practice.ids, OUTSIDE) == []


async def wrong(site: Site, ids: Furnished, screens: list[Screen]) -> list[str]:
    """What is wrong with screens."""
    found: list[str] = []

    def answered(response: Response) -> None:
        if response.status >= 400 and not EXPECTED.search(response.url):
            found.append(f"{response.status} for {response.request.method} {response.url}")

    site.page.on("response", answered)
    for screen in screens:
        for place, size in PLACES:
            await site.page.set_viewport_size(size)
            if place == "desk" or screen.press:  # else it only becomes narrower
                try:
                    await screen.open(site, ids)
                except (AssertionError, Error) as error:
                    found.append(f"{screen.name} on a {place}: {str(error)[:300]}")
                    continue
            found += [f"{screen.name} on a {place}: {told}" for told in await site.findings()]
            if wide := await site.too_wide():
                found.append(f"{screen.name}: {wide} px wider than a {place}")
            if place == "desk" and screen.place:
                found += await _tabs_without_screen(site, screen)
            await site.picture(f"{screen.name}-{place}")
    return found


async def _tabs_without_screen(site: Site, screen: Screen) -> list[str]:
    tabs = await site.page.locator("[role=tablist] [role=tab]").count()
    known = sum(one.place == screen.place for one in SCREENS)
    return [] if tabs == known else [f"{screen.name}: {tabs} tabs, and {known} screens"]
