"""Every screen of the console, by its address in a furnished business, and how one gets to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.frontend.console import ROOT, Site
from tests.frontend.furnished import Furnished

ROUTE = re.compile(r'\{ name: "([\w-]+)",(?: scope: "([\w:]+)",)?.*? load:(.*)')


@dataclass(frozen=True)
class Screen:
    """`seen` stands there when everything has been loaded. What is pressed is a role and a name, one after another, or
    a key. Screens of one `place` are the tabs of it."""

    name: str
    path: str
    seen: str
    press: tuple[tuple[str, str], ...] = ()
    place: str = ""

    async def open(self, site: Site, ids: Furnished) -> None:
        """Goes there, and waits until it is whole."""
        await site.open(self.path.format(**ids.all()))
        await settled(site.page)
        for role, name in self.press:
            if role == "key":
                await site.page.keyboard.press(name)
                continue
            button = site.page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
            if await button.get_attribute("aria-expanded") != "true":  # what is open stays open
                await button.click()
        await expect(site.page.locator(self.seen).first).to_be_visible()
        await settled(site.page)


@dataclass(frozen=True)
class Route:
    """A line of routes.ts; `scope` is "" for everybody who is signed in."""

    name: str
    scope: str
    open: bool
    in_menu: bool


def routes() -> list[Route]:
    """What routes.ts says."""
    text = (ROOT / "frontend" / "console" / "routes.ts").read_text()
    table = text[text.index("export const ROUTES") :].split("\n];")[0]
    found = [ROUTE.search(line) for line in table.splitlines() if "{ name:" in line]
    assert all(found), "routes.ts is written in another way than this reads it"
    return [
        Route(one[1], one[2] or "", "open: true" in one.string, " nav:" in one.string) for one in found if one
    ]  # fmt: skip


async def settled(page: Page) -> None:
    """Nothing is being loaded."""
    await expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)


def _tabs(place: str, *tabs: tuple[str, str]) -> list[Screen]:
    """The first tab stands at the place itself."""
    slug = place.strip("/").replace("/", "-").replace("{", "").replace("}", "")
    return [
        Screen(f"{slug}-{tab}", place if at == 0 else f"{place}?tab={tab}", seen, place=place)
        for at, (tab, seen) in enumerate(tabs)
    ]


def _panel(*tabs: tuple[str, str, str]) -> list[Screen]:
    place = "/inbox/{conversation}"
    return [
        Screen(f"inbox-panel-{name.lower()}", place, seen, (("button", opener), ("tab", name)), "panel")
        for name, seen, opener in tabs
    ]


WORK = [
    Screen("inbox-list", "/inbox", "text=Greta Lang"),
    Screen("inbox-filters", "/inbox", "label:has-text('Who answers')", (("button", "Filters"),)),
    Screen("inbox-conversation", "/inbox/{conversation}", "text=I have Thursday at 10:00"),
    Screen("inbox-human", "/inbox/{human}", "text=My crown came off"),
    Screen("inbox-give-back", "/inbox/{human}", "dialog[open]", (("button", "Give back"),)),
    *_panel(
        ("Lead", "text=13 of 15 points", "Details"),
        ("Customer", "text=lucia@example.com", "Details"),
        ("Meetings", ".inbox-panel .badge, dialog .badge", "Details"),
        ("Cost", ".inbox-turns", "Details"),
    ),
    Screen("leads", "/leads", ".leads-card >> nth=2"),
    Screen("lead", "/leads/{lead}", ".leads-proof q"),
    Screen("leads-scoring", "/leads/scoring", "text=Save"),
    Screen("meetings", "/meetings", ".meetings-one"),
    Screen("meeting", "/meetings/{meeting}", "text=lucia@example.com"),
    Screen("meeting-over", "/meetings/{past_meeting}", "text=Tomás Silva"),
    Screen("meeting-cancel", "/meetings/{meeting}", "dialog[open]", (("button", "Cancel the meeting"),)),
    Screen("customers", "/customers", "text=Lucía Romero"),
    Screen("customer", "/customers/{contact}", "text=Channels and conversations"),
    Screen("customer-erase", "/customers/{contact}", "dialog[open]", (("button", "Erase"),)),
    Screen("analytics", "/analytics", ".analytics-tile"),
    Screen("alerts", "/alerts", ".alerts-item >> nth=2"),
    Screen("alerts-over", "/alerts?show=over", ".alerts, .empty"),
    Screen("not-found", "/no-such-page", ".empty"),
]
AGENTS = [
    *_tabs(
        "/agents",
        ("agents", "text=Grace"),
        ("knowledge", "text=Where can I park?"),
        ("links", "text=price_list"),
        ("tools", "text=order_status"),
        ("google", "[role=tabpanel] .card, [role=tabpanel] .empty"),
    ),
    *_tabs(
        "/agents/{agent}",
        ("behaviour", ".agents-versions li"),
        ("settings", "text=About this agent"),
        ("booking", "text=Title in the calendar"),
        ("test", "[role=tabpanel] .card"),
    ),
    Screen("agents-idle-test", "/agents/{idle_agent}?tab=test", "[role=tabpanel] .card"),
    Screen("agents-prompt", "/agents/prompts/{prompt}", ".agents-versions li"),
    Screen("agents-new", "/agents", "dialog[open]", (("button", "New agent"),)),
    Screen("agents-knowledge-new", "/agents?tab=knowledge", "dialog[open]", (("button", "Add an entry"),)),
    Screen("agents-link-new", "/agents?tab=links", "dialog[open]", (("button", "Add a link"),)),
    Screen("agents-tool-new", "/agents?tab=tools", "dialog[open]", (("button", "Add a tool"),)),
    Screen("health", "/health", ".health-list > li >> nth=2"),
    Screen("health-new", "/health/new", ".health-choose"),
    *_tabs(
        "/health/{whatsapp}",
        ("state", ".health-checks"),
        ("agent", "text=Ada"),
        ("templates", "text=appointment_reminder"),
        ("settings", "text=Remove channel"),
    ),
    *_tabs(
        "/health/{webchat}",
        ("state", ".health-checks"),
        ("agent", "text=Ada"),
        ("website", "text=Websites that may show the chat"),
        ("settings", "text=Remove channel"),
    ),
    Screen("health-sms-agent", "/health/{sms}?tab=agent", "text=Changes of the agent"),
]
BUSINESS = [
    Screen("credits", "/credits", ".credits-tile >> nth=3"),
    *_tabs(
        "/team",
        ("members", ".team-item >> nth=4"),
        ("invitations", "text=fay@bloom.example"),
        ("roles", "text=Leads: change"),
        ("record", "text=create invitation"),
    ),
    Screen("settings-business", "/settings", "text=Public e-mail"),
    Screen("settings-account", "/settings/account", "text=Where you are signed in"),
    Screen("settings-webhooks", "/settings/webhooks", "text=hooks.invalid"),
    Screen("settings-webhook", "/settings/webhooks/{webhook}", "text=Deliveries"),
    Screen("settings-webhook-new", "/settings/webhooks", "dialog[open]", (("button", "New webhook"),)),
    Screen("settings-keys", "/settings/keys", "text=Booking page"),
    Screen("settings-key-new", "/settings/keys", "dialog[open]", (("button", "New key"),)),
    Screen("settings-privacy", "/settings/privacy", "text=How long things are kept"),
    Screen("settings-not-there", "/settings/nothing", ".empty"),
    Screen("search", "/alerts", ".palette", (("key", "Control+k"),)),
    Screen("keys", "/alerts", "dialog[open] .keys", (("key", "?"),)),
    Screen("account-menu", "/alerts", "[role=menu]", (("button", "Account of Ana Ruiz"),)),
    Screen("email", "/email?token=x", ".page .problem-box, .page .empty"),
    Screen("onboarding-business", "/onboarding/business", "text=Save and go on"),
    Screen("onboarding-number", "/onboarding/number", ".health-checks, .health-choose"),
    Screen("onboarding-agent", "/onboarding/agent", "text=Save and go on"),
    Screen("onboarding-calendar", "/onboarding/calendar", ".onboarding-screen"),
    Screen("onboarding-test", "/onboarding/test", ".onboarding-screen"),
    Screen("onboarding-done", "/onboarding/done", ".page a"),
]
OUTSIDE = [
    Screen("sign-in", "/sign-in", "form"),
    Screen("sign-up", "/sign-up", "form"),
    Screen("password-reset", "/password-reset", "form"),
    Screen("password", "/password?token=x", "form"),
    Screen("verify", "/verify?token=x", ".page"),
    Screen("invitation", "/invitation?token={invitation}", "form"),
    Screen("invitation-over", "/invitation?token=x", ".page"),
]
SCREENS = (*WORK, *AGENTS, *BUSINESS, *OUTSIDE)
