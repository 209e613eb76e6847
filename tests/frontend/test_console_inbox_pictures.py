"""Pictures of the inbox of a dental practice, with axe; the filters; Arabic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import expect

from tests.business import Business
from tests.frontend.console import Site
from tests.frontend.inbox import conversation, log, rows, send, write
from tests.providers import reply
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
TALKS = (
    ("Lucía Romero", ("Hi! Do you do teeth whitening?", "What does it cost? I could pay up to 300 euros.")),
    ("Omar Haddad", ("السلام عليكم، هل لديكم موعد يوم الخميس؟",)),
    ("Greta Lang", ("My crown came off last night and it hurts. Can somebody look at it today?",)),
    ("Tomás Silva", ("Thanks, see you on Monday!",)),
    ("Marie-Claire de la Fontaine-Beaumont", ("Bonjour, je voudrais déplacer mon rendez-vous de mardi.",)),
)


async def test_pictures(site: Site, business: Business) -> None:
    answers = {
        "Hi! Do": "We do. It takes an hour, and most people come once. Would you like a time?",
        "What does": "Whitening is 240 euros, with a check-up before it. I have Thursday at 10:00 or Friday at 15:30.",
        "My crown": "I am sorry to hear that. I am asking a colleague to look at the calendar for today.",
    }

    def answer(body: dict[str, Any]) -> str:
        said = json.dumps(body["input"])
        last = max(answers, key=said.rfind)
        return reply(answers[last] if last in said else "You are welcome.")

    site.desk.providers.answer = answer
    for at, (name, texts) in enumerate(TALKS):
        for text in texts:
            before = len(site.desk.providers.sent)
            await write(site, business, text, customer=f"3460011122{at}", name=name)
            await site.desk.sent(before + 1)
    site.desk.providers.answer = None
    found = await conversation(business, "34600111220")
    crown = await conversation(business, "34600111222")
    pool = business.pool
    await pool.execute("update conversations set owner = 'human' where conversation_id = $1", crown)
    await pool.execute(
        "update conversations set held_for = 'credits', last_inbound_no = answered_no + 1 where customer_phone = $1",
        "34600111221",
    )
    proof = {
        "name": [{"source": "channel", "platform": "whatsapp"}],
        "intent": [{"sequence_no": 1, "quote": "Do you do teeth whitening?"}],
        "budget_constraint": [{"sequence_no": 3, "quote": "I could pay up to 300 euros"}],
    }
    await pool.execute(
        "insert into extractions (user_id, conversation_id, customer_phone, name, intent, intent_level, intent_score, "
        "urgency_level, urgency_score, budget_constraint, budget_score, fit_alignment, fit_score, engagement_health, "
        "engagement_score, lead_status_tag, total_score, next_step, evidence, is_latest) values ($1, $2, '3460', "
        "'Lucía Romero', 'Teeth whitening within two weeks', 'High', 3, 'Medium', 2, 'Yes', 3, 'High', 3, 'Medium', 2, "
        "'Hot', 13, 'Offer Thursday or Friday', $3::jsonb, true)",
        business.user_id, found, json.dumps(proof),
    )  # fmt: skip
    await site.arrive(business, "sales_rep", "/inbox")
    await expect(rows(site.page)).to_have_count(5)
    await site.axe()
    await site.shoot("inbox-list")
    await site.open(f"/inbox/{found}")
    await send(site.page, "Ana here: Friday at 15:30 is yours if you like.")
    await expect(log(site.page).get_by_role("img", name="Sent", exact=True).last).to_be_visible()
    await site.page.get_by_role("button", name="Details").click()
    await expect(site.page.get_by_text("13 of 15 points")).to_be_visible()
    await site.axe()
    await site.shoot("inbox-conversation")
    for tab in ("Customer", "Meetings", "Cost"):
        await site.page.get_by_role("tab", name=tab).click()
        await expect(site.page.locator(".inbox-panel .skeleton")).to_have_count(0)
        await site.shoot(f"inbox-{tab.lower()}")
    await site.open(f"/inbox/{crown}")
    await site.page.get_by_role("button", name="Give back").click()
    await site.shoot("inbox-give-back")
    await site.page.set_viewport_size({"width": 320, "height": 640})
    assert await site.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_the_list_is_narrowed_and_reads_from_the_right(site: Site, business: Business) -> None:
    for at, (name, texts) in enumerate(TALKS):
        await write(site, business, texts[0], customer=f"3460011122{at}", name=name)
    await site.desk.sent(5)
    await business.pool.execute(
        "update conversations set owner = 'human', answered_no = 0 where customer_phone = '34600111222'"
    )
    filed = "select count(*) = (select count(*) from messages where text <> '') from message_search"
    await until(lambda: business.pool.fetchval(filed))
    await site.arrive(business, "manager", "/inbox", language="ar", name="ليلى منصور")
    page = site.page
    found = page.get_by_role("list", name="المحادثات").get_by_role("link")
    await expect(found).to_have_count(5)
    await page.get_by_role("searchbox").fill("crown")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("Greta Lang")
    await page.get_by_role("searchbox").fill("nobody wrote this")
    await expect(page.get_by_role("button", name="عرض الكل")).to_be_visible()
    await page.get_by_role("button", name="عرض الكل").click()
    await expect(found).to_have_count(5)
    await page.get_by_role("button", name="عوامل التصفية").click()
    await page.get_by_label("من يجيب").select_option("human")
    await expect(found).to_have_count(1)
    await found.click()
    await expect(log(page)).to_contain_text("My crown came off")
    await page.get_by_role("button", name="التفاصيل").click()
    await expect(page.locator(".inbox-panel .skeleton")).to_have_count(0)
    await site.axe()
    await site.shoot("inbox-arabic")
