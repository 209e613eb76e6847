"""Team, leads, customers and meetings in the console: what each role sees and does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.async_api import expect

from tests.business import Business
from tests.frontend.console import Site
from tests.providers import change, whatsapp

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<img src=x onerror=alert(1)>"


async def customer(site: Site, business: Business, phone: str = "4670111") -> str:
    """A conversation; its id."""
    text = f"Hi, I am Ana {SCRIPT}. How much is whitening?"
    assert await site.desk.hook(whatsapp(change(business.number.address, messages=[(f"w{phone}", phone, text)]))) == 200
    await site.desk.sent(1)
    found: str = (await business.conversation(phone))["conversation_id"]
    return found


async def lead(business: Business, conversation: str, tag: str = "Hot", score: int = 13, name: str = "") -> str:
    evidence = {
        "name": [{"sequence_no": 1, "quote": "I am Ana"}],
        "intent_level": [{"sequence_no": 1, "quote": "How much"}],
    }
    found: str = await business.pool.fetchval(
        "insert into extractions (user_id, conversation_id, customer_phone, agent_id, phone_number_id, name, intent, "
        "intent_level, intent_score, urgency_level, urgency_score, budget_constraint, budget_score, fit_alignment, "
        "fit_score, engagement_health, engagement_score, total_score, lead_status_tag, next_step, evidence, is_latest, "
        "source, reason) "
        "values ($1, $2, '4670111', $3, $4, $5, 'Teeth whitening', 'High', 3, 'High', 3, "
        "'Yes', 3, 'Low', 1, 'High', 3, $6, $7, 'Offer a time', $8::jsonb, true, "
        "'model', 'quiet') returning extraction_id::text",
        business.user_id, conversation, business.number.agent_id, business.number.id, name or f"Ana {SCRIPT}", score,
        tag, json.dumps(evidence),
    )  # fmt: skip
    return found


async def test_a_lead_shows_the_words_that_prove_it_and_takes_a_correction(site: Site, business: Business) -> None:
    await lead(business, await customer(site, business))
    await site.arrive(business, "sales_rep", "/leads")
    card = site.page.locator(".leads-card")
    await expect(card).to_contain_text(f"Ana {SCRIPT}")
    await site.axe()
    await site.shoot("leads")
    await card.click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text(f"Ana {SCRIPT}")
    await expect(site.page.locator(".leads-proof q").first).to_have_text("How much")
    await site.axe()
    await site.shoot("lead")
    form = site.page.get_by_role("form", name="Correct it")
    await form.get_by_label("E-mail").fill("ana@")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("is no e-mail address")).to_be_visible()
    await expect(form.get_by_label("E-mail")).to_have_value("ana@")
    await form.get_by_label("E-mail").fill("ana@example.com")
    await form.get_by_role("button", name="Save").click()
    await expect(site.page.locator(".leads-values").get_by_text("ana@example.com")).to_be_visible()
    await expect(site.page.locator(".leads-history li")).to_have_count(2)
    stored = "select email from extractions where is_latest"
    assert await business.pool.fetchval(stored) == "ana@example.com"


async def test_a_proof_leads_to_the_message(site: Site, business: Business) -> None:
    found = await lead(business, await customer(site, business))
    await site.arrive(business, "sales_rep", f"/leads/{found}")
    await site.page.locator(".leads-proof a").filter(has_text="I am Ana").click()
    await expect(site.page.locator(".inbox-message.marked")).to_contain_text("How much is whitening?")


async def test_marketing_sees_leads_and_changes_none(site: Site, business: Business) -> None:
    found = await lead(business, await customer(site, business), "Warm", 9)
    await site.arrive(business, "marketing", f"/leads/{found}")
    await expect(site.page.locator(".leads-proof q").first).to_be_visible()
    await expect(site.page.get_by_role("form", name="Correct it")).to_have_count(0)
    await expect(site.page.get_by_role("link", name="Open the conversation")).to_have_count(0)


async def test_the_team_is_invited_changed_and_never_without_an_admin(site: Site, business: Business) -> None:
    await site.add(business, "viewer", name=f"Bo {SCRIPT}", email="bo@example.com")
    await site.arrive(business, "admin", "/team")
    row = site.page.locator(".team-item").filter(has_text="bo@example.com")
    await expect(row).to_contain_text(SCRIPT)
    await row.get_by_label(f"Role of Bo {SCRIPT}").select_option("sales_rep")
    await expect(site.page.get_by_text("Saved")).to_be_visible()
    assert (
        await business.pool.fetchval(
            "select role from members m join people p using (person_id) where email like 'bo@%'"
        )
        == "sales_rep"
    )
    own = site.page.locator(".team-item").filter(has_text="You")
    await own.get_by_label("Role of Ana Ruiz").select_option("viewer")
    await expect(own.get_by_label("Role of Ana Ruiz")).to_have_value("admin")
    await site.axe()
    await site.shoot("team")
    await site.page.get_by_role("tab", name="Invitations").click()
    await site.page.get_by_label("E-mail").fill("cy@example.com")
    await site.page.get_by_role("button", name="Invite", exact=True).click()
    await expect(site.page.get_by_text("/console/invitation")).to_be_visible()
    await expect(site.page.get_by_role("rowheader", name="cy@example.com")).to_be_visible()
    await site.page.get_by_role("tab", name="Roles").click()
    await expect(site.page.get_by_role("rowheader", name="Leads: change")).to_be_visible()
    await site.axe()
    await site.shoot("team-roles")
    await site.page.get_by_role("tab", name="What was changed").click()
    await expect(site.page.get_by_text("create invitation")).to_be_visible()
    await site.axe()


async def test_a_viewer_changes_nobody(site: Site, business: Business) -> None:
    await site.arrive(business, "viewer", "/team")
    await expect(site.page.locator(".team-item")).to_have_count(1)
    await expect(site.page.locator(".team-item select, .team-item button")).to_have_count(0)
    await expect(site.page.get_by_role("tab", name="What was changed")).to_have_count(0)


async def test_a_customer_is_found_changed_and_erased(site: Site, business: Business) -> None:
    conversation = await customer(site, business)
    await site.arrive(business, "admin", "/customers")
    await expect(site.page.get_by_text("No customers yet")).to_be_visible()
    made = await site.page.request.post(
        f"{site.desk.url}/v1/conversations/{conversation}/contact", headers={"Origin": site.desk.url}
    )
    contact = (await made.json())["contact_id"]
    await site.open(f"/customers/{contact}")
    about = site.page.get_by_role("form", name="About")
    await about.get_by_label("Name").fill(f"Ana {SCRIPT}")
    await about.get_by_role("button", name="Save").click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text(f"Ana {SCRIPT}")
    await site.axe()
    await site.shoot("customer")
    await site.page.get_by_role("button", name="Erase").click()
    dialog = site.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Erase").click()
    await expect(dialog.locator("[aria-invalid=true]")).to_have_count(1)
    await dialog.get_by_label("to confirm").fill(f"Ana {SCRIPT}")
    await dialog.get_by_role("button", name="Erase").click()
    await expect(site.page.get_by_text("Erased:")).to_be_visible(timeout=60_000)
    assert await business.pool.fetchval("select count(*) from messages") == 0


async def test_the_week_shows_meetings_in_the_businesss_zone(site: Site, business: Business) -> None:
    conversation = await customer(site, business)
    await business.pool.execute("update users set zone = 'Asia/Tokyo'")
    monday = datetime.now(UTC).date() - timedelta(days=datetime.now(UTC).weekday())
    await business.pool.execute(
        "insert into meetings (user_id, meeting_id, conversation_id, google_event_id, title, customer_name, "
        "meeting_time, status, state) values ($1, 'mtg_1', $2, 'm1', 'Check-up', $3, $4, 'scheduled', 'scheduled')",
        business.user_id, conversation, f"Ana {SCRIPT}", datetime.combine(monday, time(2, 30), UTC),
    )  # fmt: skip
    await site.arrive(business, "viewer", f"/meetings?week={monday}")
    one = site.page.locator(".meetings-one")
    await expect(one).to_contain_text(f"Ana {SCRIPT}")
    await expect(one.locator("strong")).to_contain_text("11:30")
    await site.axe()
    await site.shoot("meetings")
    await one.click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Check-up")
    await expect(site.page.get_by_role("button", name="Cancel the meeting")).to_have_count(0)
    await site.axe()
    await site.shoot("meeting")
