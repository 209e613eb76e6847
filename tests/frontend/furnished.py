"""A dental practice with something in everything that the console shows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from gateway.db import Pool
from tests.business import Business
from tests.desk import desk
from tests.frontend.console import Site
from tests.frontend.inbox import conversation, listed, write
from tests.ports import free_port
from tests.providers import reply

TALKS = (
    ("Lucía Romero", ("Hi! Do you do teeth whitening?", "What does it cost? I could pay up to 300 euros.")),
    ("Omar Haddad", ("السلام عليكم، هل لديكم موعد يوم الخميس؟",)),
    ("Greta Lang", ("My crown came off last night and it hurts. Can somebody look at it today?",)),
    ("Tomás Silva", ("Thanks, see you on Monday!",)),
    ("Marie-Claire de la Fontaine-Beaumont", ("Bonjour, je voudrais déplacer mon rendez-vous de mardi.",)),
)
ANSWERS = {
    "Hi! Do": "We do. It takes an hour, and most people come once. Would you like a time?",
    "What does": "Whitening is 240 euros, with a check-up before it. I have Thursday at 10:00 or Friday at 15:30.",
    "My crown": "I am sorry to hear that. I am asking a colleague to look at the calendar for today.",
}
PROOF = {
    "name": [{"source": "channel", "platform": "whatsapp"}],
    "intent": [{"sequence_no": 1, "quote": "Do you do teeth whitening?"}],
    "intent_level": [{"sequence_no": 1, "quote": "Do you do teeth whitening?"}],
    "budget_constraint": [{"sequence_no": 3, "quote": "I could pay up to 300 euros"}],
}
FIRST = "You answer the patients of {{business_name}}.\nBe friendly and brief.\nA check-up is {{price}}."
SECOND = f"{FIRST}\nAsk for the name before you offer a time. Hand over to a person when somebody is in pain."
WEEK = {day: [["09:00", "13:00"], ["15:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
RULES = {
    "title": "Check-up",
    "zone": "Europe/Madrid",
    "hours": WEEK,
    "hosts": ["ruiz@bloom.example"],
    "buffer_after_minutes": 15,
}
TEMPLATES = (
    ("appointment_reminder", "APPROVED", "Hello {{1}}, we look forward to seeing you on {{2}}."),
    ("we_miss_you", "REJECTED", "It has been a while, {{1}}. Would you like a check-up?"),
)


@dataclass(frozen=True)
class Furnished:
    """The ids of what there is, as a screen's address names them; `invitation` is a token."""

    conversation: str
    human: str
    lead: str
    contact: str
    meeting: str
    past_meeting: str
    agent: str
    idle_agent: str
    prompt: str
    whatsapp: str
    webchat: str
    sms: str
    webhook: str
    invitation: str

    def all(self) -> dict[str, str]:
        """Each by its name."""
        return asdict(self)


@dataclass(frozen=True)
class Practice:
    """The practice at a gateway that Google can be connected to, and an admin of it at the console."""

    site: Site
    business: Business
    ids: Furnished


@pytest.fixture
async def practice(
    front_end: None, dsn: str, pool: Pool, tmp_path: Path, tab: Page, business: Business
) -> AsyncIterator[Practice]:
    """The practice, furnished."""
    google = {"google_client_id": "client-1", "google_client_secret": "secret-1"}
    async with desk(dsn, pool, tmp_path, port=free_port(), **google) as one:
        site = Site(one, tab, tmp_path)
        yield Practice(site, business, await furnish(site, business))
        await tab.goto("about:blank")  # ends the stream, for which the gateway would wait


async def furnish(site: Site, business: Business) -> Furnished:
    """Furnishes a business, as an admin of it who stays signed in."""
    await _company(business)
    site.desk.providers.templates = [
        {"name": n, "language": "en", "status": s, "category": "UTILITY", "components": [{"type": "BODY", "text": t}]}
        for n, s, t in TEMPLATES
    ]
    await site.arrive(business, "admin", "/team", name="Ana Ruiz")
    people = (
        ("Bo Larsson", "manager"),
        ("Chidi Okafor", "sales_rep"),
        ("Dana Weiss", "marketing"),
        ("Eli Sand", "viewer"),
    )
    for name, role in people:
        await site.add(business, role, name=name, email=f"{name.split()[0].lower()}@bloom.example")  # type: ignore[arg-type]
    chat = await business.add_number("webchat", "wc_bloom")
    sms = await business.add_number("sms", "+34911000111", account_sid="AC1")
    prompt = await _agents(site, business)
    await _talk(site, business)
    lead = await _leads(business)
    human = await conversation(business, "34600111222")
    talk = await conversation(business, "34600111220")
    meeting, past = await _meetings(business, talk)
    made = await _ask(site, "POST", f"/v1/conversations/{talk}/contact")
    about = {"name": "Lucía Romero", "email": "lucia@example.com", "stage": "qualified", "tags": ["whitening"]}
    await _ask(site, "PATCH", f"/v1/contacts/{made['contact_id']}", about | {"next_step": "Offer Thursday or Friday"})
    webhook, invitation = await _around(site, business)
    return Furnished(
        conversation=talk, human=human, lead=lead, contact=made["contact_id"], meeting=meeting, past_meeting=past,
        agent=business.number.agent_id, idle_agent=await _relinked(site, business, sms.id), prompt=prompt,
        whatsapp=business.number.id, webchat=chat.id, sms=sms.id, webhook=webhook, invitation=invitation,
    )  # fmt: skip


async def _ask(site: Site, method: str, path: str, body: Any = None) -> Any:
    """What the console would ask as the member who is signed in."""
    answer = await site.page.request.fetch(
        site.desk.url + path, method=method, data=body, headers={"Origin": site.desk.url}
    )
    assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
    return await answer.json() if await answer.body() else None


async def _company(business: Business) -> None:
    await business.pool.execute(
        "update users set zone = 'Europe/Madrid', industry = 'dentist', website = 'https://bloom.example', "
        "business_email = 'hello@bloom.example', team_size = '2-5' where user_id = $1",
        business.user_id,
    )
    await business.pool.execute(
        "update phone_numbers set display_name = 'Bloom Dental', settings = settings || '{\"waba_id\": \"91\"}' "
        "where user_id = $1",
        business.user_id,
    )


async def _agents(site: Site, business: Business) -> str:
    """An agent with two versions of its instructions, a value of its own and rules of booking; returns the prompt."""
    prompt = await _ask(site, "POST", "/v1/prompts", {"name": "Reception", "instructions": "Be brief."})
    version = {"variables": [{"name": "price", "type": "text", "default": "60 EUR"}], "activate": True}
    for text, note in ((FIRST, "Prices"), (SECOND, "Asks for the name")):
        await _ask(
            site, "POST", f"/v1/prompts/{prompt['prompt_id']}/versions", version | {"instructions": text, "note": note}
        )
    change = {"prompt_id": prompt["prompt_id"], "booking": RULES, "variables": {"price": "75 EUR"}}
    await _ask(site, "PATCH", f"/v1/agents/{business.number.agent_id}", change)
    return str(prompt["prompt_id"])


async def _talk(site: Site, business: Business) -> None:
    def answer(body: dict[str, Any]) -> str:
        said = json.dumps(body["input"])
        last = max(ANSWERS, key=said.rfind)
        return reply(ANSWERS[last] if last in said else "You are welcome.")

    site.desk.providers.answer = answer
    for at, (name, texts) in enumerate(TALKS):
        for text in texts:
            before = len(site.desk.providers.sent)
            await write(site, business, text, customer=f"3460011122{at}", name=name)
            await site.desk.sent(before + 1)
    site.desk.providers.answer = None
    await listed(business, len(TALKS))
    await business.pool.execute("update conversations set owner = 'human' where customer_phone = '34600111222'")
    await business.pool.execute(
        "update conversations set held_for = 'credits', last_inbound_no = answered_no + 1 "
        "where customer_phone = '34600111221'"
    )


async def _leads(business: Business) -> str:
    """A hot, a warm and a cold lead; returns the hot one."""
    found = []
    for at, (tag, score, intent) in enumerate(
        (("Hot", 13, "Teeth whitening within two weeks"), ("Warm", 9, "An appointment"), ("Cold", 6, "A crown"))
    ):
        customer = f"3460011122{at}"
        row = await business.pool.fetchval(
            "insert into extractions (user_id, conversation_id, customer_phone, agent_id, phone_number_id, name, "
            "intent, intent_level, intent_score, urgency_level, urgency_score, budget_constraint, budget_score, "
            "fit_alignment, fit_score, engagement_health, engagement_score, lead_status_tag, total_score, next_step, "
            "evidence, is_latest, source, reason) values ($1, $2, $3, $4, $5, $6, $7, 'High', 3, 'Medium', 2, 'Yes', "
            "3, 'High', 3, 'Medium', 2, $8, $9, 'Offer Thursday or Friday', $10::jsonb, true, 'model', 'quiet') "
            "returning extraction_id::text",
            business.user_id, await conversation(business, customer), customer, business.number.agent_id,
            business.number.id, TALKS[at][0], intent, tag, score, json.dumps(PROOF if at == 0 else {}),
        )  # fmt: skip
        found.append(str(row))
    return found[0]


async def _meetings(business: Business, talk: str) -> tuple[str, str]:
    """One ahead, one that is over and one that was cancelled; returns the first two."""
    now = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
    rows = (
        ("mtg_ahead", now + timedelta(hours=2), "scheduled", "Lucía Romero"),
        ("mtg_over", now - timedelta(hours=3), "completed", "Tomás Silva"),
        ("mtg_none", now + timedelta(hours=4), "cancelled", "Marie-Claire de la Fontaine-Beaumont"),
    )
    for meeting, at, state, name in rows:
        await business.pool.execute(
            "insert into meetings (user_id, meeting_id, conversation_id, google_event_id, title, customer_name, "
            "customer_email, meeting_time, meet_link, status, state, agent_id) values ($1, $2, $3, $2, 'Check-up', $4, "
            "'lucia@example.com', $5, 'https://meet.google.com/abc-defg-hij', $6, $6, $7)",
            business.user_id, meeting, talk, name, at, state, business.number.agent_id,
        )  # fmt: skip
    return rows[0][0], rows[1][0]


async def _around(site: Site, business: Business) -> tuple[str, str]:
    """Knowledge, links, tools, keys, webhooks, an invitation and alerts; returns the webhook and the invitation."""
    entry = {"question": "Where can I park?", "text": "Behind the house; two hours are free.", "language": "en"}
    await _ask(site, "POST", "/v1/knowledge", entry)
    await _ask(
        site, "POST", "/v1/links", {"name": "price_list", "url": "https://bloom.example/prices", "cta": "pricing"}
    )
    tool = {"name": "order_status", "description": "Says where an order is", "url": "https://bloom.example/orders"}
    await _ask(site, "POST", "/v1/tools", tool)
    await _ask(site, "POST", "/v1/keys", {"name": "Booking page", "scopes": ["meetings:read", "meetings:write"]})
    await _ask(site, "POST", "/v1/mail-recipients", {"address": "ana@bloom.example", "types": ["lead.hot"]})
    hook = await _ask(site, "POST", "/v1/webhooks", {"url": "https://hooks.invalid/desk", "description": "Our CRM"})
    await _ask(site, "POST", f"/v1/webhooks/{hook['endpoint_id']}/test")
    invited = await _ask(site, "POST", "/v1/invitations", {"email": "fay@bloom.example", "role": "sales_rep"})
    # Such as only a person puts away: others end by themselves when nothing is wrong.
    for kind, subject, detail in (
        ("booking_conflict", "mtg_ahead", {"why": "moved"}),
        ("number_quality", business.number.id, {"event": "FLAGGED"}),
        ("loop", await conversation(business, "34600111222"), {}),
    ):
        alert = "select raise_alert($1, $2, $3, $4::jsonb)"
        await business.pool.execute(alert, business.user_id, kind, subject, json.dumps(detail))
    return str(hook["endpoint_id"]), str(invited["link"]).rpartition("token=")[2]


async def _relinked(site: Site, business: Business, number: str) -> str:
    """Lets another agent answer a number, and says which one answers none now."""
    idle = await business.add_agent(None)
    await business.pool.execute("update agents set name = 'Grace' where agent_id = $1", idle)
    query = "select agent_id from agents where phone_number_id = $1"
    before = await business.pool.fetchval(query, number)
    await _ask(site, "POST", f"/v1/agents/{idle}/link", {"phone_number_id": number})
    return str(before)
