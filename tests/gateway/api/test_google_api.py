"""A Google account is connected in a browser, looked at, changed and disconnected; and every way this can go wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from gateway.api.keys import create_key
from gateway.app import running
from gateway.db import Pool
from tests.booking.scripted import OWNER, TEAM, Google, refusal, scripted
from tests.business import Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client
from tests.ports import free_port


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    async with scripted() as one:
        yield one


@pytest.fixture
async def url(dsn: str, tmp_path: Path, google: Google) -> AsyncIterator[str]:
    """A gateway that knows its own address, as a browser has to reach it there."""
    port = free_port()
    settings = google.settings(database_url=dsn, state_dir=tmp_path, public_url=f"http://localhost:{port}")
    async with running(settings, "web") as app, TestServer(app, host="localhost", port=port):
        yield settings.public_url


async def client(url: str, business: Business, pool: Pool, http: ClientSession) -> Client:
    key = await create_key(pool, business.user_id, "test", ["google:read", "google:write"])
    return Client(Desk(url, http, None, pool, None, {}), key)  # type: ignore[arg-type]


@pytest.fixture
async def api(url: str, business: Business, pool: Pool) -> AsyncIterator[Client]:
    async with ClientSession() as http:
        yield await client(url, business, pool, http)


class Browser:
    """Somebody's browser, with cookies of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.http = ClientSession(cookie_jar=CookieJar())

    async def opens(self, url: str) -> tuple[int, str, dict[str, str]]:
        """Opens a page; returns its status, its text and the hidden fields of its form."""
        async with self.http.get(url, allow_redirects=False) as answer:
            text = await answer.text()
            fields = re.findall(r'name="(\w+)" value="([^"]*)"', text)
            return answer.status, text, {name: unescape(value) for name, value in fields}

    async def sends(self, form: dict[str, str]) -> tuple[int, str]:
        """Sends the form; returns the status, and where it leads."""
        async with self.http.post(f"{self._url}/oauth/google/start", data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", "")

    async def returns(self, query: dict[str, str]) -> tuple[int, str]:
        """Comes back from Google; returns the status, and the page's text or where it leads."""
        async with self.http.get(f"{self._url}/oauth/google/callback", params=query, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def visits(self, url: str) -> str:
        """Opens the link and goes on; returns Google's address."""
        status, _, form = await self.opens(url)
        assert status == 200
        status, onward = await self.sends(form)
        assert status == 303
        return onward


@pytest.fixture
async def browser(url: str) -> AsyncIterator[Browser]:
    one = Browser(url)
    yield one
    await one.http.close()


@pytest.fixture
async def stranger(url: str) -> AsyncIterator[Browser]:
    one = Browser(url)
    yield one
    await one.http.close()


async def link(api: Client, **body: Any) -> str:
    status, opening = await api("POST", "/v1/google/connect", body)
    assert status == 200
    return str(opening["url"])


async def connected(api: Client, browser: Browser, google: Google, account: str = OWNER) -> None:
    status, text = await browser.returns(google.consents(await browser.visits(await link(api)), account))
    assert (status, "The calendar is connected" in text) == (200, True)


async def test_an_account_is_connected_looked_at_and_disconnected(
    api: Client, browser: Browser, google: Google, pool: Pool, url: str
) -> None:
    assert (await api("GET", "/v1/google"))[1]["state"] == "none"
    assert (await api("DELETE", "/v1/google"))[0] == 404
    address = await browser.visits(await link(api))
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert query["redirect_uri"] == f"{url}/oauth/google/callback"
    assert (query["code_challenge_method"], query["response_type"]) == ("S256", "code")
    assert (await browser.returns(google.consents(address)))[0] == 200
    _, told = await api("GET", "/v1/google")
    assert (told["state"], told["account"], told["zone"], told["problem"]) == ("connected", OWNER, "Europe/Madrid", "")
    assert (told["write_calendar"], told["check_calendars"]) == (OWNER, [OWNER])
    assert [(one["id"], one["writable"]) for one in told["calendars"]] == [
        (OWNER, True),
        (TEAM, True),
        ("holidays", False),
    ]
    assert not [secret for secret in ("at-", "rt-", "secret") if secret in str(told)]
    assert await api("DELETE", "/v1/google") == (200, {"revoked": True})
    assert google.revoked == [f"rt-{OWNER}"]
    assert (await api("GET", "/v1/google"))[1]["state"] == "none"
    assert await pool.fetchval("select count(*) from google_calendar_tokens") == 0


async def test_a_state_works_once(api: Client, browser: Browser, google: Google) -> None:
    query = google.consents(await browser.visits(await link(api)))
    answers = await asyncio.gather(*(browser.returns(query) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 400, 400, 400, 400]
    assert len(google.forms) == 1


async def test_a_link_works_once(api: Client, browser: Browser, stranger: Browser) -> None:
    address = await link(api)
    _, _, form = await browser.opens(address)
    _, _, theirs = await stranger.opens(address)
    assert sorted([(await browser.sends(form))[0], (await stranger.sends(theirs))[0]]) == [303, 400]
    assert (await browser.opens(address))[0] == 400


@pytest.mark.parametrize("what", ["state", "ticket"])
async def test_it_ends_after_ten_minutes(api: Client, browser: Browser, google: Google, pool: Pool, what: str) -> None:
    address = await link(api)
    late = "update oauth_states set expires_at = now() - interval '1 second'"
    assert await pool.fetchval("select max(expires_at) - now() from oauth_states") <= timedelta(minutes=10)
    if what == "ticket":
        await pool.execute(late)
        assert (await browser.opens(address))[0] == 400
        return
    query = google.consents(await browser.visits(address))
    await pool.execute(late)
    assert (await browser.returns(query))[0] == 400
    assert google.forms == []


async def test_a_state_is_worth_nothing_in_another_browser(
    api: Client, browser: Browser, stranger: Browser, google: Google, pool: Pool
) -> None:
    query = google.consents(await browser.visits(await link(api)))
    assert (await stranger.returns(query))[0] == 400
    other = await link(api)
    await stranger.opens(other)  # a session of its own
    assert (await stranger.returns(query))[0] == 400
    assert google.forms == []
    assert (await browser.returns(query))[0] == 200  # nobody used it up


async def test_another_site_can_not_go_on_for_somebody(api: Client, browser: Browser, stranger: Browser) -> None:
    address = await link(api)
    _, _, mine = await browser.opens(address)
    _, _, theirs = await stranger.opens(address)
    for form in (
        {**mine, "proof": theirs["proof"]},
        {**mine, "proof": ""},
        {**mine, "proof": "zz"},
        {"ticket": mine["ticket"]},
    ):
        assert (await browser.sends(form))[0] == 400
    bare = Browser(address.partition("/oauth/")[0])
    assert (await bare.sends(mine))[0] == 400  # without the cookie
    await bare.http.close()
    assert (await browser.sends(mine))[0] == 303


async def test_one_business_gains_nothing_from_the_state_of_another(
    api: Client, browser: Browser, google: Google, pool: Pool, business: Business
) -> None:
    other = await Business.create(pool)
    query = google.consents(await browser.visits(await link(api)))
    forged = {**query, "state": query["state"].replace(business.user_id, other.user_id)}
    assert (await browser.returns(forged))[0] == 400
    assert (await browser.returns(query))[0] == 200
    assert [row["user_id"] for row in await pool.fetch("select user_id from google_calendar_tokens")] == [
        business.user_id
    ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"state": ""},
        {"state": "x"},
        {"state": "usr_1." + "a" * 43},
        {"state": "\x00." + "a" * 43, "code": "c"},
        {"code": "c"},
    ],
)
async def test_rubbish_is_refused(browser: Browser, url: str, query: dict[str, str]) -> None:
    assert (await browser.returns(query))[0] == 400
    assert (await browser.opens(f"{url}/oauth/google/start?ticket={query.get('state', '')}"))[0] == 400
    assert (await browser.sends({"ticket": query.get("state", "")}))[0] == 400


async def test_a_page_names_the_business_and_runs_nothing(
    api: Client, browser: Browser, business: Business, pool: Pool
) -> None:
    await pool.execute("update users set company_name = '<script>alert(1)</script> & \"Sons\"'")
    address = await link(api)
    async with browser.http.get(address) as answer:
        text = await answer.text()
        cookie = answer.headers["Set-Cookie"]
        policy = answer.headers["Content-Security-Policy"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Sons&quot;" in text
    assert "<script" not in text
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert ("HttpOnly" in cookie, "SameSite=Lax" in cookie, "Path=/" in cookie) == (True, True, True)
    await pool.execute("update users set suspended_at = now()")
    assert (await browser.opens(address))[0] == 400


async def unticked(google: Google) -> None:
    google.scope = " ".join(one for one in google.scope.split() if "freebusy" not in one)


async def no_refresh_token(google: Google) -> None:
    google.gives_refresh = False


ENDS: dict[str, tuple[Any, str]] = {
    "unticked": (unticked, "incomplete"),
    "no refresh token": (no_refresh_token, "unfinished"),
    "code refused": ({"token": [(400, {"error": "invalid_grant"})]}, "expired"),
    "client refused": ({"token": [(401, {"error": "invalid_client"})]}, "refused"),
    "Google away": ({"token": [(503, {})]}, "away"),
    "API not enabled": ({"calendarList": [refusal(403, "accessNotConfigured")]}, "refused"),
    "no calendar": ({"calendarList": [(200, {"items": []})]}, "refused"),
    "calendars away": ({"calendarList": [refusal(503, "backendError")] * 3}, "away"),
}


@pytest.mark.parametrize("name", ENDS)
async def test_what_can_not_work_is_not_kept(
    api: Client, browser: Browser, google: Google, pool: Pool, name: str
) -> None:
    change, result = ENDS[name]
    query = google.consents(await browser.visits(await link(api, back_to="/console/settings?tab=google")))
    if callable(change):
        await change(google)
    else:
        google.faults |= change
    assert await browser.returns(query) == (303, f"/console/settings?tab=google&google={result}")
    assert await pool.fetchval("select count(*) from google_calendar_tokens") == 0
    assert (await browser.returns(query))[0] == 400


async def test_who_says_no_at_google_is_told_so(api: Client, browser: Browser, google: Google) -> None:
    query = google.consents(await browser.visits(await link(api)))
    del query["code"]
    status, text = await browser.returns({**query, "error": "access_denied"})
    assert (status, "Nothing was connected" in text) == (200, True)
    assert (await browser.returns({**query, "code": "code-x"}))[0] == 400
    query = google.consents(await browser.visits(await link(api, back_to="https://crm.example.com/a?b=c")))
    del query["code"]
    assert await browser.returns({**query, "error": "server_error"}) == (
        303,
        "https://crm.example.com/a?b=c&google=refused",
    )
    assert google.forms == []


@pytest.mark.parametrize(
    "back_to",
    ["//evil.example", "/\\evil.example", "http://crm.example.com", "javascript:alert(1)", "https://", "https://a b",
     "console", "/console#x", "/a\r\nSet-Cookie: x=y", "https://[::1", "/" + "a" * 500],
)  # fmt: skip
async def test_back_leads_nowhere_else(api: Client, back_to: str) -> None:
    status, problem = await api("POST", "/v1/google/connect", {"back_to": back_to})
    assert (status, problem["fields"][0]["field"]) == (422, "back_to")


async def test_two_visits_at_once_end_in_one_connection(
    api: Client, browser: Browser, stranger: Browser, google: Google, pool: Pool
) -> None:
    first = google.consents(await browser.visits(await link(api)))
    assert (await browser.returns(first))[0] == 200
    visits = [await one.visits(await link(api)) for one in (browser, stranger, browser)]
    for one, visit in zip((browser, stranger, browser), visits, strict=True):
        assert (await one.returns(google.consents(visit, "new@bloom.example")))[0] == 200
    row = await pool.fetchrow("select account, generation, state from google_calendar_tokens")
    assert row is not None
    assert tuple(row) == ("new@bloom.example", 4, "connected")


async def test_calendars_are_chosen(api: Client, browser: Browser, google: Google, pool: Pool) -> None:
    assert (await api("PATCH", "/v1/google", {"write_calendar": TEAM}))[0] == 409
    await connected(api, browser, google)
    status, told = await api(
        "PATCH", "/v1/google", {"write_calendar": TEAM, "check_calendars": ["holidays", "holidays"]}
    )
    assert (status, told["write_calendar"], told["zone"]) == (200, TEAM, "Asia/Tokyo")
    assert told["check_calendars"] == [TEAM, "holidays"]
    _, told = await api("PATCH", "/v1/google", {})
    assert (told["write_calendar"], told["check_calendars"]) == (TEAM, [TEAM, "holidays"])
    for body, field in (
        ({"write_calendar": "holidays"}, "write_calendar"),
        ({"write_calendar": "gone"}, "write_calendar"),
        ({"check_calendars": ["gone"]}, "check_calendars"),
        ({"check_calendars": []}, "check_calendars"),
        ({"check_calendars": [""]}, "check_calendars.0"),
        ({"zone": "UTC"}, "zone"),
    ):
        status, problem = await api("PATCH", "/v1/google", body)
        assert (status, problem["fields"][0]["field"]) == (422, field)
    google.faults["calendarList"] = [refusal(403, "forbidden")]
    assert (await api("PATCH", "/v1/google", {"write_calendar": OWNER}))[0] == 409
    assert (await api("GET", "/v1/google"))[1]["write_calendar"] == TEAM


async def test_what_is_wrong_is_said_and_mended(api: Client, browser: Browser, google: Google, pool: Pool) -> None:
    await connected(api, browser, google)
    await pool.execute("update google_calendar_tokens set problem = 'read notFound team@x'")
    assert (await api("GET", "/v1/google"))[1]["problem"].endswith("choose another. (team@x)")
    await pool.execute("update google_calendar_tokens set problem = 'write domainPolicy ' || account")
    assert (await api("GET", "/v1/google"))[1][
        "problem"
    ] == f"Google refuses to write a meeting: domainPolicy. ({OWNER})"
    assert (await api("PATCH", "/v1/google", {"check_calendars": [OWNER]}))[1]["problem"] == ""
    google.faults["calendarList"] = [refusal(403, "accessNotConfigured")]
    status, told = await api("GET", "/v1/google")
    assert (status, told["state"], told["calendars"]) == (200, "connected", [])
    assert "accessNotConfigured" in told["problem"]
    await pool.execute("update google_calendar_tokens set token_expiry = now()")
    google.faults["token"] = [(400, {"error": "invalid_grant"})]
    _, told = await api("GET", "/v1/google")
    assert (told["state"], told["problem"]) == ("revoked", "Google ended the connection: connect again.")
    assert (await api("PATCH", "/v1/google", {}))[0] == 409
    assert await api("DELETE", "/v1/google") == (200, {"revoked": True})
    assert google.revoked == []


async def test_a_slow_google_leaves_the_pool_to_others(
    api: Client, browser: Browser, google: Google, url: str, pool: Pool, business: Business
) -> None:
    await connected(api, browser, google)
    google.faults["calendarList"] = ["hang"] * 40
    asking = [asyncio.create_task(api("GET", "/v1/google")) for _ in range(40)]
    done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    assert {(await one)[0] for one in done} == {429}
    assert (await api("POST", "/v1/google/connect", {}))[0] == 200
    google.hanging.set()
    statuses = [status for status, _ in await asyncio.gather(*asking)]
    assert set(statuses) == {200, 429}


async def test_without_a_client_nothing_can_be_connected(open_desk: Desk, business: Business, pool: Pool) -> None:
    key = await create_key(pool, business.user_id, "test", ["*"])
    api = Client(open_desk, key)
    assert (await api("GET", "/v1/google"))[1]["state"] == "off"
    status, problem = await api("POST", "/v1/google/connect", {})
    assert (status, "GOOGLE_CLIENT_ID" in problem["detail"]) == (409, True)


async def test_over_tls_the_cookie_is_bound_to_the_host(open_desk: Desk, business: Business, pool: Pool) -> None:
    ticket = f"{business.user_id}.{'a' * 43}"
    await pool.execute(
        "insert into oauth_states (user_id, state_hash, verifier, session_hash, redirect_uri) "
        "values ($1, $2, '', '', 'x')",
        business.user_id,
        sha256(ticket.encode()).digest(),
    )
    async with open_desk.http.get(f"{open_desk.url}/oauth/google/start?ticket={ticket}") as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-frontdesk_google=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
