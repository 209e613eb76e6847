"""Settings in the console: the business, one's own account, keys, webhooks, and how long things are kept."""

from __future__ import annotations

import re
import time

import pytest
from playwright.async_api import Locator, expect

from gateway.accounts import totp
from gateway.accounts.sessions import open_session
from tests.business import Business
from tests.frontend.console import PASSWORD, Role, Site
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<img src=x onerror=alert(1)>"
PARTS: dict[Role, list[str]] = {
    "admin": ["Business", "My account", "Webhooks and e-mail", "API keys", "Privacy"],
    "manager": ["Business", "My account", "Webhooks and e-mail"],
    "sales_rep": ["Business", "My account", "Webhooks and e-mail"],
    "marketing": ["Business", "My account"],
    "viewer": ["Business", "My account", "Webhooks and e-mail"],
}
REFUSED: dict[Role, list[str]] = {
    "admin": [],
    "manager": ["/v1/keys", "/v1/privacy"],
    "sales_rep": ["/v1/keys", "/v1/privacy"],
    "marketing": ["/v1/keys", "/v1/privacy", "/v1/webhooks"],
    "viewer": ["/v1/keys", "/v1/privacy"],
}


def card(site: Site, title: str) -> Locator:
    return site.page.locator(".card", has=site.page.get_by_role("heading", name=title, exact=True))


@pytest.mark.parametrize("role", list(PARTS))
async def test_a_role_sees_the_parts_that_the_api_gives_it(site: Site, business: Business, role: Role) -> None:
    await site.arrive(business, role, "/settings")
    links = site.page.get_by_role("navigation", name="Settings").get_by_role("link")
    await expect(links).to_have_text(PARTS[role])
    may_write = role in ("admin", "manager")
    await expect(site.page.get_by_role("button", name="Save")).to_have_count(int(may_write))
    for path in REFUSED[role]:
        assert (await site.page.request.get(f"{site.desk.url}{path}")).status == 403
    if not may_write:
        answer = await site.page.evaluate(
            "async () => (await fetch('/v1/business', {method: 'PATCH', body: '{\"zone\": \"UTC\"}', "
            "headers: {'Content-Type': 'application/json'}})).status"
        )
        assert answer == 403
    if role != "admin":
        await site.open("/settings/keys")
        await expect(site.page.get_by_text("This part is not yours to see")).to_be_visible()


async def test_the_business_is_changed_and_what_is_wrong_stands_beside_its_field(
    site: Site, business: Business
) -> None:
    await site.arrive(business, "manager", "/settings")
    await site.page.get_by_label("Name of the business").fill(f"Bloom {SCRIPT}")
    await site.page.get_by_label("Public e-mail").fill("hello@")
    await site.page.get_by_role("button", name="Save").click()
    await expect(site.page.get_by_text("Write an e-mail address like")).to_be_visible()
    await expect(site.page.get_by_label("Public e-mail")).to_have_value("hello@")
    await site.page.get_by_label("Public e-mail").fill("hello@bloom.example")
    await site.page.get_by_label("Website").fill("bloom.example")
    await site.page.get_by_label("What kind of business").select_option("dentist")
    await site.page.get_by_label("Time zone").select_option("Europe/Lisbon")
    await site.page.get_by_role("button", name="Save").click()
    await expect(site.page.locator(".toast")).to_contain_text("Saved")
    row = await business.pool.fetchrow("select * from users where user_id = $1", business.user_id)
    assert row is not None
    assert (row["company_name"], row["business_email"], row["website"], row["industry"]) == (
        f"Bloom {SCRIPT}", "hello@bloom.example", "https://bloom.example", "dentist",
    )  # fmt: skip
    await expect(site.page.locator("header .business")).to_have_text(f"Bloom {SCRIPT}")
    # Based on the state that was just saved, so a second change works too.
    await site.page.get_by_label("Name of the business").fill("Bloom Dental")
    await site.page.get_by_role("button", name="Save").click()
    await expect(site.page.locator("header .business")).to_have_text("Bloom Dental")
    await site.axe()
    await site.shoot("settings-business")


async def test_an_authenticator_app_is_set_up_and_ended(site: Site, business: Business) -> None:
    await site.arrive(business, "viewer", "/settings/account")
    await site.page.get_by_role("button", name="Set up an authenticator app").click()
    dialog = site.page.get_by_role("dialog")
    await expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
    secret = await dialog.locator(".copy code").inner_text()
    await site.axe()
    await site.shoot("settings-totp")
    code = totp.code_at(secret, int(time.time()) // totp.STEP_SECONDS)
    await dialog.get_by_label("Code of the app").fill(f"{(int(code) + 1) % 1_000_000:06d}")
    await dialog.get_by_role("button", name="Switch it on").click()
    await expect(dialog.get_by_text("is wrong: is the clock")).to_be_visible()
    await dialog.get_by_label("Code of the app").fill(totp.code_at(secret, int(time.time()) // totp.STEP_SECONDS))
    await dialog.get_by_role("button", name="Switch it on").click()
    await expect(dialog.locator(".settings-codes li")).to_have_count(totp.RECOVERY_CODES)
    await site.shoot("settings-codes")
    await dialog.get_by_role("button", name="I have kept them").click()
    app = card(site, "Authenticator app")
    await expect(app).to_contain_text("10 recovery codes are left")
    await app.get_by_role("button", name="Do without the app").click()
    await dialog.get_by_label("Your present password").fill("not this one at all")
    await dialog.get_by_role("button", name="Do without the app").click()
    await expect(dialog.get_by_text("is wrong")).to_be_visible()
    await dialog.get_by_label("Your present password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Do without the app").click()
    await expect(app.get_by_role("button", name="Set up an authenticator app")).to_be_visible()


async def test_the_own_name_password_and_sessions(site: Site, business: Business) -> None:
    email = await site.arrive(business, "marketing", "/settings/account")
    person = await business.pool.fetchval("select person_id from people where email = $1", email)
    elsewhere = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    for address in ("192.0.2.7", "192.0.2.8"):
        async with business.pool.acquire() as db:
            await open_session(db, person, user_agent=elsewhere, address=address, acts_for=business.user_id)
    await site.open("/settings/account")
    sessions = card(site, "Where you are signed in").get_by_role("listitem")
    await expect(sessions.filter(has_text="Firefox, Windows")).to_have_count(2)
    await sessions.filter(has_text="192.0.2.8").get_by_role("button").click()
    await expect(sessions).to_have_count(2)
    profile = card(site, "About you")
    await profile.get_by_label("Your name").fill(f"Ana {SCRIPT}")
    await profile.get_by_label("Your language").select_option("de")
    await profile.get_by_role("button", name="Save").click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Mein Konto")
    await site.page.get_by_label("Ihre Sprache").select_option("en")
    await card(site, "Über Sie").get_by_role("button", name="Speichern").click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("My account")
    assert await business.pool.fetchval("select name from people where email = $1", email) == f"Ana {SCRIPT}"
    await site.axe()
    await site.shoot("settings-account")
    form = site.page.get_by_role("form", name="Password")
    await form.get_by_label("Your present password").fill(PASSWORD)
    await form.get_by_label("New password").fill("short")
    await expect(form.get_by_text("Weak")).to_be_visible()
    await form.get_by_role("button", name="Change the password").click()
    await expect(form.get_by_text("Too short: at least 10")).to_be_visible()
    await form.get_by_label("New password").fill("seven green paper boats")
    await form.get_by_role("button", name="Change the password").click()
    await expect(site.page.locator(".toast")).to_contain_text(["The new password is in force"])
    await expect(sessions).to_have_count(1)


async def test_a_key_is_shown_once_does_what_was_chosen_and_is_ended(site: Site, business: Business) -> None:
    await site.arrive(business, "admin", "/settings/keys")
    await site.page.get_by_role("button", name="New key").click()
    dialog = site.page.get_by_role("dialog")
    await dialog.get_by_label("What it is for").fill(f"Booking {SCRIPT}")
    await dialog.get_by_role("button", name="Make the key").click()
    await expect(dialog.get_by_text("Choose at least one thing.")).to_be_visible()
    await dialog.get_by_label("Meetings").select_option(label="See and change")
    await dialog.get_by_label("Leads").select_option(label="See")
    await site.axe()
    await site.shoot("settings-key")
    await dialog.get_by_role("button", name="Make the key").click()
    text = await dialog.locator(".copy code").inner_text()
    await dialog.get_by_role("button", name="I have kept it").click()
    bearer = {"Authorization": f"Bearer {text}", "Cookie": ""}
    for path, status in (("/v1/leads", 200), ("/v1/meetings", 200), ("/v1/agents", 403)):
        assert (await site.page.request.get(site.desk.url + path, headers=bearer)).status == status, path
    item = site.page.get_by_role("list", name="API keys").get_by_role("listitem")
    await expect(item).to_contain_text(f"Booking {SCRIPT}")
    await site.axe()
    await site.shoot("settings-keys")
    await item.get_by_role("button").click()
    await site.page.get_by_role("dialog").get_by_role("button", name="End", exact=True).click()
    await expect(item).to_contain_text("Ended")
    assert (await site.page.request.get(f"{site.desk.url}/v1/leads", headers=bearer)).status == 401


async def test_a_webhook_is_added_tried_and_removed(site: Site, business: Business) -> None:
    await site.arrive(business, "manager", "/settings/webhooks")
    await site.page.get_by_role("button", name="New webhook").click()
    dialog = site.page.get_by_role("dialog")
    await dialog.get_by_label("Address").fill("bloom")
    await dialog.get_by_role("button", name="Add the webhook").click()
    await expect(dialog.get_by_text("Write a whole address")).to_be_visible()
    await dialog.get_by_label("Address").fill("https://hooks.invalid/desk")
    await dialog.get_by_label("What it is for").fill(SCRIPT)
    await dialog.get_by_label("Everything").uncheck()
    await dialog.get_by_label("A lead is hot").check()
    await dialog.get_by_role("button", name="Add the webhook").click()
    await expect(dialog.locator(".copy code")).to_contain_text("whsec_")
    await dialog.get_by_role("button", name="I have kept it").click()
    await site.page.get_by_role("button", name="Add an address").click()
    await dialog.get_by_label("E-mail").fill("ana@bloom.example")
    await dialog.get_by_role("button", name="Save").click()
    await expect(site.page.get_by_role("list", name="News by e-mail")).to_contain_text("ana@bloom.example")
    await site.axe()
    await site.shoot("settings-webhooks")
    await site.page.get_by_role("link", name=re.compile("hooks.invalid")).click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Webhook")
    await site.page.get_by_role("button", name="Send a test").click()
    delivery = site.page.get_by_role("list", name="Deliveries").locator("> li")
    await expect(delivery).to_contain_text("Test")
    count = "select max(attempts) from event_deliveries"
    await until(lambda: business.pool.fetchval(count))
    await delivery.locator("summary").click()
    await expect(delivery).to_contain_text("1 attempt")
    await site.axe()
    await site.shoot("settings-webhook")
    await site.page.get_by_role("button", name="New secret").click()
    await dialog.get_by_role("button", name="New secret").click()
    await expect(dialog.locator(".copy code")).to_contain_text("whsec_")
    await dialog.get_by_role("button", name="I have kept it").click()
    await site.page.get_by_role("button", name="Remove").click()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(site.page.get_by_text("No webhooks yet")).to_be_visible()


async def test_days_are_kept_after_a_word_about_what_goes(site: Site, business: Business) -> None:
    chat = await business.add_number("webchat")
    await site.arrive(business, "admin", "/settings/privacy")
    form = site.page.get_by_role("form", name="How long things are kept")
    await form.get_by_label("Events and deliveries").fill("91")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("from 1 to 90")).to_be_visible()
    await form.get_by_label("Events and deliveries").fill("30")
    await business.pool.execute(
        "insert into events (user_id, event_id, type, created_at, data) "
        "values ($1, 'evt_old', 'lead.hot', now() - interval '40 days', '{}')", business.user_id,
    )  # fmt: skip
    await form.get_by_role("button", name="Save").click()
    dialog = site.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 event")
    assert await business.pool.fetchval("select count(*) from privacy_settings") == 0
    await dialog.get_by_role("button", name="Save and remove").click()
    await expect(site.page.locator(".toast")).to_contain_text("Saved")
    assert await business.pool.fetchval("select event_days from privacy_settings") == 30
    mark = site.page.get_by_role("img", name="Web chat")
    consents = site.page.get_by_role("list", name="What customers are told")
    await consents.get_by_role("listitem").filter(has=mark).get_by_role("button").click()
    await dialog.get_by_label("Text").fill(f"We keep what you write. {SCRIPT}")
    await dialog.get_by_label("Visitors must agree").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(consents).to_contain_text(f"We keep what you write. {SCRIPT}")
    kept = "select settings->'consent'->>'required' from phone_numbers where id = $1"
    assert await business.pool.fetchval(kept, chat.id) == "true"
    await site.axe()
    await site.shoot("settings-privacy")


async def test_settings_stand_from_right_to_left(site: Site, business: Business) -> None:
    await site.arrive(business, "admin", "/settings", language="ar")
    for part in ("", "/account", "/webhooks", "/keys", "/privacy"):
        await site.open(f"/settings{part}")
        await expect(site.page.locator(".skeleton")).to_have_count(0)
        await site.axe()
        await site.shoot(f"settings-ar{part.replace('/', '-')}")


async def test_a_password_says_when_capitals_are_locked_and_how_strong_it_is(site: Site) -> None:
    await site.open("/sign-in")
    field = site.page.get_by_label("Password", exact=True)
    await expect(field).to_have_attribute("autocomplete", "current-password")
    press = "(box, on) => box.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, modifierCapsLock: on}))"
    for on in (True, False):
        await field.evaluate(f"box => ({press})(box, {str(on).lower()})")
        await expect(site.page.get_by_text("Caps lock is on.")).to_have_count(int(on))
    await site.open("/sign-up")
    await expect(field).to_have_attribute("autocomplete", "new-password")
    for text, word in (("blue", "Weak"), ("blue garden", "Fair"), ("blue garden chairs", "Strong.")):
        await field.fill(text)
        await expect(site.page.get_by_text(word)).to_be_visible()
