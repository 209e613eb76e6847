"""Each role in the console: what its menu shows, which buttons it has, and that no page asks for what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from playwright.async_api import Locator, Page, Request, Response

from gateway.accounts.roles import ROLES, SCOPES, Role, allows, scopes_of
from tests.frontend.console import DRAWN
from tests.frontend.furnished import Practice, practice
from tests.frontend.screens import OUTSIDE, SCREENS, routes, settled
from tests.waiting import until

__all__ = ["practice"]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning"), pytest.mark.timeout(300)]
GO = """path => {
  const link = Object.assign(document.createElement("a"), { href: path });
  document.body.append(link);
  link.click();
  link.remove();
}"""
Kind = Literal["button", "link", "textbox", "combobox", "tab", "form", "switch", "menuitem"]


@dataclass(frozen=True)
class Deed:
    """What stands on a screen for those who have a scope, and for nobody else. `names` is matched as it begins."""

    path: str
    kind: Kind
    name: str
    scope: str

    def on(self, page: Page) -> Locator:
        """Where it stands, or would stand."""
        return page.locator("main").get_by_role(self.kind, name=re.compile(f"^{re.escape(self.name)}"))


DEEDS = (
    Deed("/inbox/{conversation}", "button", "Take over", "conversations:write"),
    Deed("/inbox/{conversation}", "button", "Who looks after it", "conversations:write"),
    Deed("/inbox/{conversation}", "textbox", "Message to", "messages:write"),
    Deed("/inbox/{conversation}", "button", "Send", "messages:write"),
    Deed("/inbox/{human}", "button", "Give back", "conversations:write"),
    Deed("/inbox/{conversation}?panel=Lead", "button", "Correct:", "leads:write"),
    Deed("/inbox/{human}?panel=Customer", "button", "Make a contact", "contacts:write"),
    Deed("/inbox/{conversation}?panel=Meetings", "button", "Move", "meetings:write"),
    Deed("/leads/{lead}", "form", "Correct it", "leads:write"),
    Deed("/leads/{lead}", "link", "Open the conversation", "conversations:read"),
    Deed("/leads/scoring", "button", "Save", "leads:write"),
    Deed("/meetings/{meeting}", "button", "Move", "meetings:write"),
    Deed("/meetings/{meeting}", "button", "Cancel the meeting", "meetings:write"),
    Deed("/meetings/{past_meeting}", "button", "Nobody came", "meetings:write"),
    Deed("/customers/{contact}", "button", "Save", "contacts:write"),
    Deed("/customers/{contact}", "button", "Export", "privacy:write"),
    Deed("/customers/{contact}", "button", "Erase", "privacy:write"),
    Deed("/alerts", "button", "Put away", "alerts:write"),
    Deed("/agents", "button", "New agent", "agents:write"),
    Deed("/agents?tab=knowledge", "button", "Add an entry", "knowledge:write"),
    Deed("/agents?tab=knowledge", "button", "Import", "knowledge:write"),
    Deed("/agents?tab=knowledge", "button", "More:", "knowledge:write"),
    Deed("/agents?tab=links", "button", "Add a link", "links:write"),
    Deed("/agents?tab=tools", "button", "Add a tool", "tools:write"),
    Deed("/agents?tab=tools", "button", "More:", "tools:write"),
    Deed("/agents?tab=google", "button", "Connect Google", "google:write"),
    Deed("/agents/{agent}", "button", "Publish", "prompts:write"),
    Deed("/agents/{agent}", "button", "Use this version", "prompts:write"),
    Deed("/agents/{agent}", "button", "Save", "agents:write"),
    Deed("/agents/{agent}?tab=settings", "button", "Save", "agents:write"),
    Deed("/agents/{agent}?tab=booking", "button", "Save", "agents:write"),
    Deed("/agents/prompts/{prompt}", "button", "Publish", "prompts:write"),
    Deed("/health", "link", "Add a channel", "numbers:write"),
    Deed("/health/{sms}?tab=agent", "button", "Change agent", "agents:write"),
    Deed("/health/{sms}?tab=agent", "button", "Unlink agent", "agents:write"),
    Deed("/health/{sms}?tab=agent", "button", "Take back", "agents:write"),
    Deed("/health/{webchat}?tab=website", "button", "Save", "numbers:write"),
    Deed("/health/{whatsapp}", "tab", "Settings", "numbers:write"),
    Deed("/health/{whatsapp}?tab=settings", "button", "Remove channel", "numbers:write"),
    Deed("/credits", "button", "Copy", "business:write"),
    Deed("/team", "combobox", "Role of", "members:write"),
    Deed("/team", "button", "More about", "members:write"),
    Deed("/team?tab=invitations", "button", "Invite", "members:write"),
    Deed("/team?tab=invitations", "button", "Take back", "members:write"),
    Deed("/team", "tab", "What was changed", "audit:read"),
    Deed("/settings", "button", "Save", "business:write"),
    Deed("/settings", "link", "API keys", "keys:read"),
    Deed("/settings", "link", "Privacy", "privacy:write"),
    Deed("/settings", "link", "Webhooks and e-mail", "webhooks:read"),
    Deed("/settings/webhooks", "button", "New webhook", "webhooks:write"),
    Deed("/settings/webhooks", "button", "Add an address", "webhooks:write"),
    Deed("/settings/webhooks", "button", "Change:", "webhooks:write"),
    Deed("/settings/webhooks/{webhook}", "button", "Send a test", "webhooks:write"),
    Deed("/settings/webhooks/{webhook}", "button", "New secret", "webhooks:write"),
    Deed("/settings/webhooks/{webhook}", "button", "Remove", "webhooks:write"),
    Deed("/settings/keys", "button", "New key", "keys:write"),
    Deed("/settings/keys", "button", "End", "keys:write"),
    Deed("/settings/privacy", "button", "Save", "privacy:write"),
)


def test_every_scope_that_changes_something_has_a_button() -> None:
    assert {scope for scope in SCOPES if scope.endswith(":write")} <= {deed.scope for deed in DEEDS}


async def test_each_role_sees_what_is_its_own(practice: Practice) -> None:
    traffic = Traffic(practice.site.page)
    found: list[str] = []
    for role in ROLES:
        await practice.site.page.context.clear_cookies()
        await practice.site.arrive(practice.business, role, "/alerts", name="Ana Ruiz")
        found += [f"{role}: {one}" for one in await wrong(practice, traffic, role)]
    assert found == []


async def wrong(practice: Practice, traffic: Traffic, role: Role) -> list[str]:
    """What a role should not see, what it misses, and what it was refused."""
    page, ids = practice.site.page, practice.ids.all()
    menu = await page.locator(".sidebar li a").evaluate_all("all => all.map(one => one.pathname.slice(9))")
    own = [one.name for one in routes() if one.in_menu and allows(scopes_of(role), one.scope)]
    found = [] if menu == own else [f"the menu has {menu} and not {own}"]
    for path in dict.fromkeys([deed.path for deed in DEEDS] + [one.path for one in SCREENS if one not in OUTSIDE]):
        await traffic.go(path.format(**ids))
        if "panel=" in path:
            await show_panel(page, path.rpartition("=")[2])
            await traffic.quiet()
        for deed in DEEDS:
            if deed.path == path and bool(await deed.on(page).count()) != allows(scopes_of(role), deed.scope):
                found.append(f"{deed} is {'shown' if await deed.on(page).count() else 'missing'}")
    found += sorted(f"refused: {one}" for one in traffic.refused)
    traffic.refused.clear()
    return found


class Traffic:
    """What a page asks the API for, except for the stream, which has no end."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.refused: set[str] = set()
        self._under_way: set[Request] = set()
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("requestfinished", self._over)
        page.on("requestfailed", self._over)

    def _asked(self, request: Request) -> None:
        if "/v1/live" not in request.url:
            self._under_way.add(request)

    def _over(self, request: Request) -> None:
        self._under_way.discard(request)

    def _answered(self, response: Response) -> None:
        if response.status == 403:
            self.refused.add(f"{response.request.method} {response.url} on {self.page.url}")

    async def go(self, path: str) -> None:
        """Follows a link inside the console, and waits until the page is whole."""
        await self.page.evaluate(GO, f"/console{path}")
        await self.quiet()

    async def quiet(self) -> None:
        """Nothing is under way, and what came is drawn."""

        async def over() -> bool:
            idle = not self._under_way
            await self.page.evaluate(DRAWN)  # what came is drawn, and what that asks for is asked
            return idle and not self._under_way

        await until(over, 60)
        await settled(self.page)
        await until(over, 60)


async def show_panel(page: Page, tab: str) -> None:
    """Opens what is known beside a conversation, for who may see conversations."""
    details: Any = page.get_by_role("button", name="Details", exact=True)
    if await details.count() == 0:
        return
    if await details.get_attribute("aria-expanded") != "true":
        await details.click()
    await page.get_by_role("tab", name=tab).click()
