"""The frame of the console: the pages before the sign-in, the shell, the ways between pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import expect

from gateway.console import console_routes
from tests.business import Business
from tests.frontend.console import PASSWORD, PHONE, Role, Site

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
OUTSIDE = ["/sign-in", "/sign-up", "/password-reset", "/password?token=x", "/invitation?token=x", "/verify?token=x"]
PAGES = [
    "inbox", "leads", "meetings", "customers", "analytics", "agents", "health", "credits", "team", "settings",
    "alerts", "onboarding",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
async def test_a_page_before_the_sign_in_can_be_used_by_everybody(site: Site, path: str) -> None:
    await site.open(path)
    await expect(site.page.locator(".skeleton")).to_have_count(0)
    await site.axe()
    await site.shoot(f"frame-{path.split('?', maxsplit=1)[0].strip('/')}")


async def test_a_keyboard_signs_in(site: Site, business: Business) -> None:
    email = await site.add(business)
    await site.open("/sign-in")
    await site.page.keyboard.press("Tab")
    await expect(site.page.get_by_label("E-mail")).to_be_focused()
    await site.page.keyboard.type(email)
    await site.page.keyboard.press("Tab")
    await site.page.keyboard.type(PASSWORD)
    await site.page.keyboard.press("Enter")
    await expect(site.page).to_have_url(re.compile("/console/inbox$"))
    await expect(site.page.get_by_role("heading", level=1)).to_be_focused()
    await expect(site.page).to_have_title(re.compile("Inbox · Frontdesk$"))


async def test_a_wrong_password_is_said_beside_the_field_and_nothing_typed_is_lost(site: Site) -> None:
    await site.open("/sign-in")
    email, password = site.page.get_by_label("E-mail"), site.page.get_by_label("Password")
    await email.fill("nobody")
    await password.press("Enter")
    await expect(email).to_have_attribute("aria-invalid", "true")
    await expect(email).to_be_focused()
    await email.fill("nobody@example.com")
    await password.fill("wrong wrong wrong")
    await password.press("Enter")
    await expect(password).to_have_accessible_description(re.compile("don't belong together"))
    await expect(password).to_be_focused()
    await expect(email).to_have_value("nobody@example.com")
    await site.axe()


async def test_somebody_signs_up_and_is_led_to_setting_up(site: Site) -> None:
    await site.open("/sign-up")
    await site.page.get_by_label("Name of the business").fill("Luna Café")
    await site.page.get_by_label("Your name").fill("Ana Ruiz")
    await site.page.get_by_label("E-mail").fill("ana@luna.example")
    await site.page.get_by_label("Password").fill("short")
    await site.page.get_by_role("button", name="Open the account").click()
    await expect(site.page.get_by_label("Password")).to_have_accessible_description(re.compile("at least 10"))
    await site.page.get_by_label("Password").fill("four blue garden chairs")
    await site.page.get_by_role("button", name="Open the account").click()
    await expect(site.page).to_have_url(re.compile("/console/onboarding/business$"))
    await expect(site.page.get_by_text("Luna Café")).to_be_visible()


async def test_who_is_not_signed_in_comes_back_to_where_he_was(site: Site, business: Business) -> None:
    email = await site.add(business)
    await site.open("/leads?tag=hot")
    await expect(site.page).to_have_url(re.compile("/console/sign-in"))
    await site.page.get_by_label("E-mail").fill(email)
    await site.page.get_by_label("Password").fill(PASSWORD)
    await site.page.get_by_label("Password").press("Enter")
    await expect(site.page).to_have_url(re.compile(r"/console/leads\?tag=hot$"))


async def test_a_session_that_ends_elsewhere_leads_to_the_sign_in_and_back(site: Site, business: Business) -> None:
    await site.arrive(business, path="/leads")
    await site.page.keyboard.press("/")
    await expect(site.page.get_by_role("combobox", name="Search everything")).to_be_focused()
    await site.desk.pool.execute("delete from sessions")
    await site.page.keyboard.type("somebody")
    await expect(site.page).to_have_url(re.compile(r"/console/sign-in\?next=%2Fleads$"))


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_can_be_linked_to_and_axe_finds_nothing(site: Site, business: Business, name: str) -> None:
    await site.arrive(business, path=f"/{name}")
    await expect(site.page.locator(".page .skeleton")).to_have_count(0)
    await expect(site.page).to_have_title(re.compile(" · Frontdesk$"))
    await site.axe()


async def test_back_and_forward_go_where_one_was(site: Site, business: Business) -> None:
    await site.arrive(business, path="/inbox")
    menu = site.page.get_by_role("navigation", name="Main menu").first
    await menu.get_by_role("link", name="Leads").click()
    await expect(site.page.get_by_role("heading", name="Leads", level=1)).to_be_focused()
    await menu.get_by_role("link", name="Team").click()
    await expect(menu.get_by_role("link", name="Team")).to_have_attribute("aria-current", "page")
    await site.page.go_back()
    await expect(site.page.get_by_role("heading", name="Leads", level=1)).to_be_visible()
    await site.page.go_forward()
    await expect(site.page.get_by_role("heading", name="Team", level=1)).to_be_visible()


async def test_an_address_that_is_none_says_so(site: Site, business: Business) -> None:
    await site.arrive(business, path="/no-such-page/x%zz")
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Not found")
    await site.axe()
    await site.shoot("frame-not-found")


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        ("admin", ["Inbox", "Leads", "Channels", "Settings"], []),
        ("viewer", ["Inbox", "Leads"], []),
        ("marketing", ["Leads", "Customers"], ["Inbox", "Meetings", "Credits"]),
    ],
)
async def test_the_menu_has_what_the_role_may_see(
    site: Site, business: Business, role: Role, shown: list[str], hidden: list[str]
) -> None:
    await site.arrive(business, role)
    menu = site.page.get_by_role("navigation", name="Main menu").first
    for name in shown:
        await expect(menu.get_by_role("link", name=name, exact=True)).to_be_visible()
    for name in hidden:
        await expect(menu.get_by_role("link", name=name, exact=True)).to_have_count(0)


async def test_script_in_names_is_text(site: Site, business: Business) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    await site.desk.pool.execute("update users set company_name = $2 where user_id = $1", business.user_id, evil)
    await site.arrive(business, path="/inbox", name=evil)
    await expect(site.page.get_by_text(evil).first).to_be_visible()
    await site.page.get_by_role("button", name="Account of").click()
    await expect(site.page.get_by_role("menu").get_by_text(evil)).to_be_visible()
    assert (await site.page.title()).endswith(" · Frontdesk")
    assert await site.page.locator("img[src=x]").count() == 0


async def test_arabic_is_read_from_the_right_and_stays_chosen(site: Site, business: Business) -> None:
    await site.arrive(business, path="/inbox")
    await site.page.get_by_role("button", name="Account of").click()
    await site.page.get_by_role("menuitemradio", name="العربية").click()
    await expect(site.page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(site.page.get_by_role("link", name="الوارد", exact=True)).to_be_visible()
    await site.axe()
    await site.shoot("frame-rtl")
    await site.open("/leads")
    await expect(site.page.locator("html")).to_have_attribute("lang", "ar")


async def test_dark_is_chosen_by_hand(site: Site, business: Business) -> None:
    await site.arrive(business, path="/inbox")
    await site.page.get_by_role("button", name="Account of").click()
    await site.page.get_by_role("menuitemradio", name="Dark").click()
    await site.page.reload()
    await expect(site.page.locator("body")).to_be_visible()
    assert await site.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


async def test_the_search_goes_to_a_page_by_keys_alone(site: Site, business: Business) -> None:
    await site.arrive(business, path="/inbox")
    await site.page.keyboard.press("Control+k")
    field = site.page.get_by_role("combobox", name="Search everything")
    await expect(field).to_be_focused()
    await field.fill("lea")
    await expect(site.page.get_by_role("option", name="Leads")).to_have_attribute("aria-selected", "true")
    await site.axe()
    await site.shoot("frame-search")
    await field.press("Enter")
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Leads")


async def test_keys_are_explained_and_lead_to_pages(site: Site, business: Business) -> None:
    await site.arrive(business, path="/inbox")
    await site.page.keyboard.press("?")
    await expect(site.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await site.axe()
    await site.page.keyboard.press("Escape")
    await expect(site.page.get_by_role("dialog")).to_have_count(0)
    # At once: a slow machine would let the time between the two keys pass.
    keys = "for (const key of 'gl') document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))"
    await site.page.evaluate(keys)
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Leads")


async def test_a_phone_has_the_menu_at_hand(site: Site, business: Business) -> None:
    await site.page.set_viewport_size(PHONE)
    await site.arrive(business, path="/inbox")
    await site.page.get_by_role("button", name="More").click()
    await site.axe()
    await site.page.get_by_role("dialog").get_by_role("link", name="Settings").click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Business")
    await expect(site.page.get_by_role("dialog")).to_have_count(0)


async def test_signing_out_ends_the_session(site: Site, business: Business) -> None:
    await site.arrive(business, path="/inbox")
    await site.page.get_by_role("button", name="Account of").click()
    await site.page.get_by_role("menuitem", name="Sign out").click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await site.page.goto(f"{site.desk.url}/console/inbox")
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Sign in")


async def test_the_console_is_served_strictly(site: Site) -> None:
    for path in ("/console", "/console/inbox/cnv_1"):
        async with site.desk.http.get(site.desk.url + path) as answer:
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-cache"
            part = re.findall(r'src="(/console/assets/[^"]+)"', await answer.text())[0]
    async with site.desk.http.get(site.desk.url + part) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
    for path in ("/console/assets/none.js", "/console/assets/..%2F.stamp", "/console/assets/%2e%2e%2findex.html"):
        async with site.desk.http.get(site.desk.url + path) as answer:
            assert answer.status == 404, path
    async with site.desk.http.get(site.desk.url, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/console"


async def test_a_console_that_was_not_built_says_what_to_run(tmp_path: Path) -> None:
    app = web.Application()
    app.add_routes(console_routes(tmp_path))
    async with TestClient(TestServer(app)) as client, client.get("/console/inbox") as answer:
        assert answer.status == 503
        assert "python frontend/build.py" in await answer.text()
