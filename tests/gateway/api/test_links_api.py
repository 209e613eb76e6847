"""The API of links: addresses that lead to the web, and who followed them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.api.keys import create_key
from gateway.links import Links
from tests.business import Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client
from tests.gateway.test_links import PHONE, talk


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", ["links:read", "links:write"]))


LINK = {"name": "prices", "url": "https://example.com/prices", "cta": "pricing"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "script": ({"url": "javascript:alert(1)"}, "url"),
    "data": ({"url": "data:text/html,x"}, "url"),
    "no scheme": ({"url": "//example.com"}, "url"),
    "no host": ({"url": "https:///prices"}, "url"),
    "no port": ({"url": "https://example.com:99999/"}, "url"),
    "half an address": ({"url": "https://[::1/"}, "url"),
    "space": ({"url": "https://example.com/a b"}, "url"),
    "line": ({"url": "https://example.com/\r\nSet-Cookie: a=b"}, "url"),
    "NUL": ({"url": "https://example.com/\x00"}, "url"),
    "control": ({"url": "https://example.com/\x01"}, "url"),
    "no text": ({"url": "https://example.com/\ud800"}, "url"),
    "too long": ({"url": "https://example.com/" + "a" * 2000}, "url"),
    "name": ({"name": "Our prices"}, "name"),
    "no name": ({"name": ""}, "name"),
    "cta": ({"cta": "buy"}, "cta"),
    "unknown": ({"colour": "red"}, "colour"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_named(api: Client, business: Business, name: str) -> None:
    change, field = WRONG[name]
    status, problem = await api("POST", "/v1/links", {**LINK, **change})
    assert status == 422
    assert problem["fields"][0]["field"] in (field, "body")
    path = f"/v1/links/{await business.add_link('other', 'https://example.com/')}"
    assert (await api("PATCH", path, change))[0] == 422


@pytest.mark.parametrize(
    "url", ["http://example.com", "https://exämple.com/größe?q=ä#top", "https://[2001:db8::1]:8443/a%2Fb"]
)
async def test_an_address_is_kept_as_it_is(api: Client, url: str) -> None:
    status, link = await api("POST", "/v1/links", {"name": "here", "url": f" {url} "})
    assert (status, link["url"], link["cta"]) == (201, url, None)
    assert await api("GET", f"/v1/links/{link['link_id']}") == (200, link)


async def test_a_link_is_changed_in_parts(api: Client) -> None:
    _, link = await api("POST", "/v1/links", LINK)
    path = f"/v1/links/{link['link_id']}"
    changes: list[dict[str, Any]] = [{"url": "https://example.com/new"}, {"name": "costs"}, {"cta": None}]
    assert {status for status, _ in await asyncio.gather(*(api("PATCH", path, one) for one in changes))} == {200}
    _, link = await api("GET", path)
    assert (link["name"], link["url"], link["cta"]) == ("costs", "https://example.com/new", None)
    assert (await api("PATCH", path, {"name": None, "url": None}))[1] == link
    await api("POST", "/v1/links", LINK)
    assert (await api("PATCH", path, {"name": "prices"}))[0] == 409
    _, page = await api("GET", "/v1/links?limit=1")
    assert [one["name"] for one in page["data"]] == ["prices"]
    assert page["next_cursor"]


async def test_sends_and_clicks_are_told_and_outlive_the_link(api: Client, open_desk: Desk, business: Business) -> None:
    _, link = await api("POST", "/v1/links", LINK)
    links, urls = Links(business.pool, open_desk.url), []
    for n in range(3):
        claim = {"user_id": business.user_id, "turn_id": "trn_1", "conversation_id": ""}
        urls.append(
            await links.send({**claim, "conversation_id": await talk(business.pool, business, f"46{n}")}, "prices")
        )
    path = f"/v1/links/{link['link_id']}"
    assert (await open_desk.http.get(urls[1], headers={"User-Agent": PHONE}, allow_redirects=False)).status == 302
    _, page = await api("GET", f"{path}/sends?limit=2")
    _, rest = await api("GET", f"{path}/sends?limit=2&cursor={page['next_cursor']}")
    sends = page["data"] + rest["data"]
    assert [(one["conversation_id"], one["clicks"]) for one in sends] == [
        ("cnv_462", 0),
        ("cnv_461", 1),
        ("cnv_460", 0),
    ]
    assert [one["first_click_at"] is None for one in sends] == [True, False, True]
    assert [urls[2 - n].endswith(one["token"]) for n, one in enumerate(sends)] == [True] * 3
    assert await api("DELETE", path) == (204, None)
    for gone in (("GET", path), ("DELETE", path), ("GET", f"{path}/sends"), ("PATCH", path)):
        assert (await api(*gone, {} if gone[0] == "PATCH" else None))[0] == 404
    assert (await open_desk.http.get(urls[1], headers={"User-Agent": PHONE}, allow_redirects=False)).status == 302
    assert await business.pool.fetchval("select clicks from link_sends where clicks > 0") == 2
