"""What tests of the inbox do: customers write, somebody opens a conversation and answers."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import Locator, Page, expect

from gateway.ids import new
from tests.business import Business, Number
from tests.frontend.console import Role, Site
from tests.providers import change, whatsapp
from tests.waiting import until


async def write(
    site: Site, business: Business, text: str, *, customer: str = "34600111222", name: str = "Lucía Romero",
    id: str = "", number: Number | None = None, **more: Any,
) -> str:  # fmt: skip
    """A customer writes on WhatsApp; returns the provider's id."""
    wamid = id or new("wamid")
    body = change((number or business.number).address, messages=[(wamid, customer, text)])
    body["contacts"] = [{"wa_id": customer, "profile": {"name": name}}]
    body["messages"][0] |= more
    assert await site.desk.hook(whatsapp(body)) == 200
    return wamid


async def conversation(business: Business, customer: str = "34600111222") -> str:
    """The id of the open conversation, as soon as there is one."""
    row = await until(lambda: business.conversation(customer))
    return str(row["conversation_id"])


async def listed(business: Business, count: int) -> None:
    """Waits until the inbox holds so many conversations."""
    query = "select count(*) from inbox where user_id = $1"
    await until(lambda: equal(business.pool.fetchval(query, business.user_id), count))


async def equal(value: Any, wanted: Any) -> bool:
    """Whether something has a value."""
    return bool(await value == wanted)


async def opened(site: Site, business: Business, role: Role = "sales_rep", customer: str = "34600111222") -> str:
    """Signs in and opens the conversation with a customer; returns its id."""
    found = await conversation(business, customer)
    await site.arrive(business, role, f"/inbox/{found}")
    await expect(log(site.page)).to_be_visible()
    return found


def log(page: Page) -> Locator:
    """The messages."""
    return page.get_by_role("log")


def composer(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_role("textbox", name=re.compile("^Message to"))


async def send(page: Page, text: str) -> None:
    """Writes and presses Enter."""
    await composer(page).fill(text)
    await composer(page).press("Enter")


def rows(page: Page) -> Locator:
    """The conversations of the list."""
    return page.get_by_role("list", name="Conversations").get_by_role("link")


async def true(value: bool) -> bool:
    """A value as something to wait for."""
    return value


class Visitor:
    """Somebody on the website, by HTTP."""

    def __init__(self, site: Site, number: Number) -> None:
        self.site, self.number, self.token, self.count = site, number, "", 0

    async def _post(self, http: ClientSession, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with http.post(f"{self.site.desk.url}/webchat/{path}", json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def write(self, text: str) -> None:
        """Writes."""
        if not self.token:
            session = await self._post(self.site.desk.http, "sessions", {"number": self.number.address})
            self.token = session["token"]
        self.count += 1
        await self._post(self.site.desk.http, "messages", {"client_id": f"c{self.count}", "text": text})

    async def name(self) -> str:
        """The address of the visitor, as the conversation has it."""
        query = "select customer_phone from conversations where phone_number_id = $1"
        return str(await self.site.desk.pool.fetchval(query, self.number.id))


async def many(business: Business, found: str, last: int) -> None:
    """Fills a conversation up to a number."""
    await business.pool.execute(
        "insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, text, "
        "sequence_no, timestamp, platform_message_id) "
        "select c.user_id, 'msg_many_' || n, c.conversation_id, c.phone_number_id, 'user', 'customer', "
        "'Message number ' || n || repeat(' and so on', n % 20), n, now() - make_interval(mins => $3 - n), 'many' || n "
        "from conversations c, generate_series(c.last_sequence_no + 1, $3) n "
        "where c.user_id = $1 and c.conversation_id = $2",
        business.user_id, found, last,
    )  # fmt: skip
    await business.pool.execute(
        "update conversations set last_sequence_no = $3, last_inbound_no = $3, answered_no = $3, due_at = null "
        "where user_id = $1 and conversation_id = $2",
        business.user_id, found, last,
    )  # fmt: skip
