"""What tests of the console do: sign in as a role, let axe look, take pictures."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import ConsoleMessage, Page, expect

from gateway.accounts.passwords import Passwords
from gateway.accounts.people import Arrival, add_member, add_person
from gateway.accounts.sessions import open_session
from gateway.ids import new
from tests.business import Business
from tests.desk import Desk

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / ".state" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM = os.environ.get("FRONTDESK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
Role = Literal["admin", "manager", "sales_rep", "marketing", "viewer"]
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PASSWORD = "four blue garden chairs"
DESK: Any = {"width": 1280, "height": 800}
PHONE: Any = {"width": 390, "height": 844}
DRAWN = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  await frame(); await frame();
  while (document.getAnimations().some(one => one instanceof CSSTransition)) await frame();
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]


@dataclass
class Site:
    """A gateway and one tab of a browser on its console."""

    desk: Desk
    page: Page
    folder: Path

    async def open(self, path: str) -> None:
        """Opens a page of the console, `/inbox` for one, and waits for its heading."""
        await self.page.goto(f"{self.desk.url}/console{path}")
        await expect(self.page.locator("h1")).to_be_visible(timeout=45_000)

    async def arrive(self, business: Business, role: Role = "admin", path: str = "/", **more: Any) -> str:
        """Signs in as a new member of a business and opens a page; returns the person's e-mail. See `add`."""
        email = await self.add(business, role, **more)
        async with self.desk.pool.acquire() as db:
            person = await db.fetchval("select person_id from people where email = $1", email)
            token = await open_session(db, person, user_agent="test", address="127.0.0.1", acts_for=business.user_id)
        await self.page.context.add_cookies([{"name": "frontdesk", "value": token, "url": self.desk.url}])
        await self.open(path)
        return email

    async def add(
        self, business: Business, role: Role = "admin", *, name: str = "Ana Ruiz", language: str = "en",
        email: str = "", onboarded: bool = True,
    ) -> str:  # fmt: skip
        """Stores a member with the password PASSWORD; returns the e-mail."""
        email = email or f"{new('x')}@example.com"
        async with self.desk.pool.acquire() as db, db.transaction():
            arrival = Arrival(email=email, password=PASSWORD, name=name, company_name="", language=language)
            person = await add_person(db, arrival, await Passwords().hash(PASSWORD))
            await db.execute("update people set email_verified_at = now() where person_id = $1", person)
            await add_member(db, business.user_id, person, role)
            if onboarded:
                done = "update users set onboarding_completed = true where user_id = $1"
                await db.execute(done, business.user_id)
        return email

    async def axe(self) -> None:
        """Fails on anything that axe finds, in both schemes."""
        found = await self.findings()
        assert not found, "\n".join(found)

    async def findings(self) -> list[str]:
        """What axe finds on the page as it stands: everything when it is light, and in the dark what is about colours,
        which is all that differs."""
        told: list[str] = []
        if not await self.page.evaluate("'axe' in window"):
            # Through the debugger, which no policy of the page concerns; the policy stays as strict as it is.
            debugger = await self.page.context.new_cdp_session(self.page)
            await debugger.send("Runtime.evaluate", {"expression": AXE.read_text()})
            await debugger.detach()
        for scheme in SCHEMES:
            await self.scheme(scheme)
            only = {"type": "tag", "values": RULES} if scheme == "light" else {"type": "rule", "values": COLOURS}
            rules = {"runOnly": only, "resultTypes": ["violations"]}
            found = await self.page.evaluate("rules => axe.run(document, rules)", rules)
            told += [f"{self.page.url} {scheme} {_told(one)}" for one in found["violations"]]
        await self.scheme("light")
        return told

    async def scheme(self, scheme: Scheme) -> None:
        """Shows the page light or dark, and waits until it is drawn."""
        await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await self.page.evaluate(DRAWN)

    async def picture(self, name: str) -> None:
        """Takes a picture in light and one in dark at the width that the window has, where somebody wants them."""
        if folder := os.environ.get("FRONTDESK_SHOTS"):
            for scheme in SCHEMES:
                await self.scheme(scheme)
                path = _made(Path(folder)) / f"{name}-{scheme}.png"
                await self.page.screenshot(path=path, animations="disabled", full_page=True)
            await self.scheme("light")

    async def too_wide(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide: int = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return max(0, wide)

    async def shoot(self, name: str) -> None:
        """Takes four pictures, desk and phone in light and dark, into FRONTDESK_SHOTS or the test's folder; fails when
        the page is wider than a phone."""
        folder = _made(Path(os.environ.get("FRONTDESK_SHOTS") or self.folder / "shots"))
        for scheme in SCHEMES:
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for place, size in (("desk", DESK), ("phone", PHONE)):
                await self.page.set_viewport_size(size)
                await self.page.screenshot(path=folder / f"{name}-{place}-{scheme}.png", animations="disabled")
                wide = await self.too_wide()
                assert not wide, f"{name}: {wide} px wider than a {place}"
        await self.page.set_viewport_size(DESK)
        await self.page.emulate_media(color_scheme="light", reduced_motion="reduce")


def watch(page: Page) -> list[str]:
    """Collects what a page complains about; that the API refused something is no complaint."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _told(violation: dict[str, Any]) -> str:
    where = [
        f"{node['html'][:150]} ({node.get('failureSummary', '').splitlines()[1:2]})" for node in violation["nodes"]
    ]
    return f"{violation['id']}: {violation['help']}: {'; '.join(where)}"
