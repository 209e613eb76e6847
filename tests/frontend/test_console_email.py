"""Addresses in the console: the letter that was not there, another address, and what was mailed to whom."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.db import Pool
from tests.business import Business
from tests.frontend.console import PASSWORD, Site
from tests.gateway.accounts.mailing import letters, mailing_desk
from tests.gateway.test_events import emit
from tests.gateway.test_mail import Post
from tests.ports import free_port
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
async def posted(front_end: None, dsn: str, pool: Pool, tmp_path: Path, tab: Page) -> AsyncIterator[tuple[Site, Post]]:
    """A gateway that sends letters, and a page on which nobody is signed in."""
    async with mailing_desk(dsn, pool, tmp_path, port=free_port()) as (one, office):
        yield Site(one, tab, tmp_path), office
        await tab.goto("about:blank")  # a server that ends waits for streams that are open


async def test_a_letter_that_did_not_come_is_asked_for_again(posted: tuple[Site, Post]) -> None:
    site, office = posted
    await site.open("/sign-up")
    await site.page.get_by_label("Name of the business").fill("Luna Café")
    await site.page.get_by_label("Your name").fill("Ana Ruiz")
    await site.page.get_by_label("E-mail").fill("ana@luna.example")
    await site.page.get_by_label("Password").fill(PASSWORD)
    await site.page.get_by_role("button", name="Open the account").click()
    again = site.page.get_by_role("button", name="Send the letter again")
    await again.click()
    await expect(site.page.get_by_text("If ana@luna.example is still to be confirmed")).to_be_visible()
    await letters(office, 2)
    await site.axe()
    await site.shoot("email-check-mail")
    await site.open("/sign-in")
    await expect(again).to_have_count(0)
    await site.page.get_by_label("E-mail").fill("ana@luna.example")
    await site.page.get_by_label("Password").fill(PASSWORD)
    await site.page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(site.page.get_by_text("Have you just signed up?")).to_be_visible()
    await again.click()
    await expect(site.page.get_by_text("another letter is on its way")).to_be_visible()
    await expect(site.page.get_by_label("Password")).to_have_value(PASSWORD)
    await site.axe()
    await site.shoot("email-sign-in")
    (_, _, old), _, (_, _, token) = await letters(office, 3)
    await site.open(f"/verify?token={old}")
    await expect(site.page.get_by_text("This link is not good any more")).to_be_visible()
    await site.page.get_by_label("E-mail").fill("ana@luna.example")
    await again.click()
    (_, _, token) = (await letters(office, 4))[3]
    await site.open(f"/verify?token={token}")
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Your e-mail is confirmed")
    assert await site.desk.pool.fetchval("select waiting from people") is False


async def test_an_address_is_changed_by_the_link_of_a_letter(posted: tuple[Site, Post], business: Business) -> None:
    site, office = posted
    old = await site.arrive(business, "sales_rep", "/settings/account")
    await site.page.get_by_role("button", name="Change the address").click()
    dialog = site.page.get_by_role("dialog")
    await dialog.get_by_label("New e-mail").fill("new@")
    await dialog.get_by_label("Your present password").fill("not this one")
    await dialog.get_by_role("button", name="Send the link").click()
    await expect(dialog.get_by_text("Write an e-mail address")).to_be_visible()
    await dialog.get_by_label("New e-mail").fill("new@bloom.example")
    await dialog.get_by_role("button", name="Send the link").click()
    await expect(dialog.get_by_text("Is wrong")).to_be_visible()
    await expect(dialog.get_by_label("New e-mail")).to_have_value("new@bloom.example")
    await site.axe()
    await site.shoot("email-change")
    await dialog.get_by_label("Your present password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Send the link").click()
    await expect(site.page.get_by_text(f"until then your address is {old}")).to_be_visible()
    await site.shoot("email-sent")
    told = {to: token for to, _, token in await letters(office, 2)}
    assert set(told) == {"new@bloom.example", old}
    # Who opens it elsewhere signs in first, and comes back to it.
    cookies = await site.page.context.cookies()
    await site.page.context.clear_cookies()
    await site.open(f"/email?token={told['new@bloom.example']}")
    await expect(site.page).to_have_url(re.compile(r"/sign-in\?next=%2Femail%3Ftoken"))
    await site.page.context.add_cookies(cookies)  # type: ignore[arg-type]
    await site.open(f"/email?token={told['new@bloom.example']}")
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Your e-mail is changed")
    await site.axe()
    await site.shoot("email-changed")
    await site.page.get_by_role("link", name="Go on").click()
    await expect(site.page.locator(".settings-mail")).to_have_text("new@bloom.example")
    await expect(site.page.get_by_role("list", name="Where you are signed in").get_by_role("listitem")).to_have_count(1)
    assert await business.pool.fetchval("select count(*) from people where email = 'new@bloom.example'") == 1


async def test_who_gets_news_sees_what_became_of_the_letters(posted: tuple[Site, Post], business: Business) -> None:
    site, office = posted
    insert = "insert into mail_recipients (user_id, address) values ($1, $2)"
    for address in ("ana@bloom.example", "gone@bloom.example"):
        await business.pool.execute(insert, business.user_id, address)
    office.says["RCPT"].append("550 no such mailbox")
    await emit(business, "lead.hot", name="Kim")
    states = "select count(*) from event_deliveries where state <> 'pending'"

    async def settled() -> bool:
        return bool(await business.pool.fetchval(states) == 2)

    await until(settled, 30)
    await site.arrive(business, "viewer", "/settings/webhooks")
    found = {}
    for address in ("ana@bloom.example", "gone@bloom.example"):
        await site.page.get_by_role("button", name=f"Letters to {address}").click()
        dialog = site.page.get_by_role("dialog")
        item = dialog.get_by_role("list", name="Letters").locator("> li").filter(has_text="A lead is hot")
        await expect(item).to_have_count(1)
        found[await item.locator(".badge").inner_text()] = item
        if await item.get_by_text("Failed").count():
            await item.locator("summary").click()
            await expect(item).to_contain_text("the recipient was refused: 550")
            await site.axe()
            await site.shoot("email-letters")
        await dialog.get_by_role("button", name="Close").click()
    assert set(found) == {"Arrived", "Failed"}
