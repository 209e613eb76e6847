"""Links that are followed: one address for each conversation, clicks of people alone, and what they say of a lead."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from gateway.bus import Bus
from gateway.db import Pool
from gateway.errors import NotFound
from gateway.links import Links, link_routes
from gateway.web import problems
from tests.business import Business
from tests.leads import Reader, idle, reading_leads
from tests.waiting import until

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)
PEOPLE = {
    "phone": PHONE,
    "iphone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1",
    "instagram": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/22B83 Instagram 355.0",
    "facebook": "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/489.0;]",
    "pinterest": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile [Pinterest/iOS]",
    "a phone called a bot": "Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/120.0 Mobile Safari/537.36",
    "opera mini": "Opera/9.80 (Android; Opera Mini/36.2/191.249; U; en) Presto/2.12.423 Version/12.16",
}  # fmt: skip
LOOKERS = {
    "whatsapp": "WhatsApp/2.24.20.79 A",
    "facebook": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "meta": "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "imessage": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "twitter": "Twitterbot/1.0",
    "slack": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "slack pictures": "Slack-ImgProxy (+https://api.slack.com/robots)",
    "discord": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "telegram": "TelegramBot (like TwitterBot)",
    "linkedin": "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "skype": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "bing": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "bing preview": "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534 (KHTML, like Gecko) BingPreview/1.0b",
    "google": "Mozilla/5.0 (Linux; Android 6.0.1) Chrome/130 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://google.com)",
    "pinterest": "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "another": "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "a program": "curl/8.9.1",
    "nobody": "",
}  # fmt: skip
CTAS = ("pricing", "demo", "followup", "sample", "website")


@dataclass
class Door:
    """Where links are followed: their routes alone, on a real socket."""

    url: str
    http: ClientSession
    bus: Bus


@pytest.fixture
async def door(pool: Pool) -> AsyncIterator[Door]:
    bus = Bus(None)
    app = web.Application(middlewares=[problems])
    app.add_routes(link_routes(pool, bus))
    async with TestServer(app) as server, ClientSession() as http:
        yield Door(str(server.make_url("")).rstrip("/"), http, bus)


async def talk(pool: Pool, business: Business, customer: str = "4670111") -> str:
    """A conversation of a business, without a gateway; its id."""
    conversation, person = f"cnv_{customer}", f"cus_{customer}"
    await pool.execute("insert into customers (user_id, customer_id) values ($1, $2)", business.user_id, person)
    await pool.execute(
        "insert into conversations (user_id, conversation_id, agent_id, phone_number_id, customer_phone, customer_id) "
        "values ($1, $2, $3, $4, $5, $6)",
        business.user_id, conversation, business.number.agent_id, business.number.id, customer, person,
    )  # fmt: skip
    return conversation


async def send(pool: Pool, business: Business, conversation: str, name: str = "prices") -> str:
    """Sends a link; the path below the gateway's address."""
    claim = {"user_id": business.user_id, "conversation_id": conversation, "turn_id": "trn_1"}
    return (await Links(pool, "https://desk.example.com").send(claim, name)).removeprefix("https://desk.example.com")


async def follow(door: Door, path: str, agent: str = PHONE, method: str = "GET", **headers: str) -> tuple[int, str]:
    """The status, and where it leads or what it says."""
    headers = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    url = URL(door.url + path, encoded=True)
    async with door.http.request(method, url, headers=headers, allow_redirects=False) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        return answer.status, answer.headers.get("Location", "") or await answer.text()


async def test_a_link_is_the_same_in_one_conversation_and_another_in_the_next(pool: Pool, business: Business) -> None:
    await business.add_link("prices", "https://example.com/prices")
    one, other = await talk(pool, business), await talk(pool, business, "4670222")
    paths = [await send(pool, business, conversation) for conversation in (one, one, other)]
    assert paths[0] == paths[1] != paths[2]
    assert all(re.fullmatch(r"/l/[A-Za-z0-9_-]{22}", path) for path in paths)


async def test_sent_at_the_same_time_it_is_one_address(pool: Pool, business: Business) -> None:
    await business.add_link("prices", "https://example.com/prices")
    conversation = await talk(pool, business)
    paths = await asyncio.gather(*(send(pool, business, conversation) for _ in range(20)))
    assert len(set(paths)) == 1
    assert await pool.fetchval("select count(*) from link_sends") == 1


async def test_a_link_that_does_not_exist_names_those_that_do(pool: Pool, business: Business) -> None:
    conversation = await talk(pool, business)
    other = await Business.create(pool)
    await other.add_link("theirs", "https://example.com/")
    with pytest.raises(NotFound, match="none"):
        await send(pool, business, conversation, "theirs")
    for name in ("prices", "demo"):
        await business.add_link(name, "https://example.com/")
    with pytest.raises(NotFound, match="demo, prices"):
        await send(pool, business, conversation, "theirs")


async def test_a_changed_link_is_sent_anew_and_a_removed_one_goes_on_working(
    door: Door, pool: Pool, business: Business
) -> None:
    await business.add_link("prices", "https://example.com/old")
    conversation = await talk(pool, business)
    old = await send(pool, business, conversation)
    await pool.execute("update links set url = 'https://example.com/new'")
    changed = await send(pool, business, conversation)
    assert await send(pool, business, conversation) == changed
    await pool.execute("delete from links")
    for path, url in ((old, "https://example.com/old"), (changed, "https://example.com/new")):
        assert await follow(door, path) == (302, url)
    assert [row["clicks"] for row in await pool.fetch("select clicks from link_sends")] == [1, 1]


@pytest.mark.parametrize(
    ("agent", "counted"),
    [*((agent, 1) for agent in PEOPLE.values()), *((agent, 0) for agent in LOOKERS.values())],
    ids=[*PEOPLE, *(f"{name} looks" for name in LOOKERS)],
)
async def test_people_are_counted_and_programs_are_led_on(
    door: Door, pool: Pool, business: Business, agent: str, counted: int
) -> None:
    await business.add_link("prices", "https://example.com/prices")
    path = await send(pool, business, await talk(pool, business))
    assert await follow(door, path, agent) == (302, "https://example.com/prices")
    row = await pool.fetchrow("select clicks, first_click_at is not null from link_sends")
    assert tuple(row or ()) == (counted, bool(counted))


@pytest.mark.parametrize(
    "headers", [{"Sec_Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X_Moz": "prefetch"}]
)
async def test_what_a_browser_fetches_ahead_is_not_counted(
    door: Door, pool: Pool, business: Business, headers: dict[str, str]
) -> None:
    await business.add_link("prices", "https://example.com/prices")
    path = await send(pool, business, await talk(pool, business))
    assert (await follow(door, path, **headers))[0] == 302
    assert (await follow(door, path, method="HEAD"))[0] == 302
    assert await pool.fetchval("select clicks from link_sends") == 0


@pytest.mark.parametrize(
    "path", ["/l/nobody", "/l/" + "a" * 22, "/l/%00", "/l/%ff", "/l/" + "a" * 5000, "/l/" + quote("ä" * 22), "/l/'--",
             "/l/a%2Fb", "/l/"]
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_an_unknown_token_is_a_plain_page(door: Door, path: str, method: str) -> None:
    status, text = await follow(door, path, method=method)
    assert status == 404
    assert text == ("" if method == "HEAD" else "This link leads nowhere. Please ask for a new one.\n")


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://example.com/a%2Fb?c=d+e&f=%20#g", "https://example.com/a%2Fb?c=d+e&f=%20#g"),
        ("https://example.com/größe", "https://example.com/gr%C3%B6%C3%9Fe"),
        ("https://example.com/" + "a" * 1980, "https://example.com/" + "a" * 1980),
    ],
)
async def test_an_address_arrives_whole(door: Door, pool: Pool, business: Business, url: str, leads: str) -> None:
    await business.add_link("prices", url)
    assert await follow(door, await send(pool, business, await talk(pool, business))) == (302, leads)


async def test_clicks_at_the_same_time_are_all_counted(door: Door, pool: Pool, business: Business) -> None:
    await business.add_link("prices", "https://example.com/prices", "pricing")
    conversation = await talk(pool, business)
    path = await send(pool, business, conversation)
    woken: list[str] = []
    door.bus.listen(f"conversation:{conversation}", woken.append)
    await asyncio.gather(*(follow(door, path) for _ in range(30)))
    assert await pool.fetchval("select clicks from link_sends") == 30
    assert woken == [""]
    first = await pool.fetchval("select first_click_at from link_sends")
    await follow(door, path)
    assert await pool.fetchval("select first_click_at from link_sends") == first
    assert woken == [""]


async def test_first_clicks_set_the_flags_of_the_lead(door: Door, pool: Pool, business: Business) -> None:
    conversation, other = await talk(pool, business), await talk(pool, business, "4670222")
    paths = []
    for cta in CTAS:
        await business.add_link(cta, f"https://example.com/{cta}", cta)
        paths.append(await send(pool, business, conversation, cta))
    await send(pool, business, other, CTAS[0])
    await asyncio.gather(*(follow(door, path) for path in paths))
    rows = await pool.fetch("select conversation_id, reason from lead_readings where due_at <= now()")
    assert [tuple(row) for row in rows] == [(conversation, "click")]
    async with reading_leads(pool, Reader([])):
        await until(lambda: idle(business, conversation))
    columns = ", ".join(f"cta_{cta}_clicked" for cta in CTAS)
    rows = await pool.fetch(f"select conversation_id, {columns} from extractions where is_latest")  # noqa: S608
    assert [tuple(row) for row in rows] == [(conversation, *["Yes"] * 5)]


async def test_a_second_click_asks_for_nothing(door: Door, pool: Pool, business: Business) -> None:
    await business.add_link("prices", "https://example.com/prices", "pricing")
    conversation = await talk(pool, business)
    path = await send(pool, business, conversation)
    assert (await follow(door, path))[0] == 302
    await pool.execute("delete from lead_readings")
    assert (await follow(door, path))[0] == 302
    assert await pool.fetchval("select count(*) from lead_readings") == 0


async def test_a_link_without_a_cta_asks_for_nothing(door: Door, pool: Pool, business: Business) -> None:
    await business.add_link("prices", "https://example.com/prices")
    conversation = await talk(pool, business)
    await follow(door, await send(pool, business, conversation))
    assert await pool.fetchval("select count(*) from lead_readings") == 0
