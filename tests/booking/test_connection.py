"""The connection: one refresh for many callers, and nothing written over what happened meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from gateway.booking.calendars import Away, CalendarEntry, NotConnected, Refused, Throttled
from gateway.booking.connection import Connections, Unfinished, token_place
from gateway.booking.grants import Grant
from gateway.db import Pool, tenant
from gateway.errors import Misset
from gateway.settings import Settings
from gateway.vault import Vault
from tests.booking.scripted import OWNER, Google, scripted
from tests.business import VAULT, Business
from tests.waiting import until

ENTRIES = [
    CalendarEntry(id=OWNER, summary="Me", zone="Europe/Madrid", role="owner", primary=True),
    CalendarEntry(id="team", summary="Team", zone="Asia/Tokyo", role="owner"),
]


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    async with scripted() as one:
        yield one


@pytest.fixture
async def connections(google: Google, pool: Pool, business: Business) -> AsyncIterator[Connections]:
    """Those of a process, and one stored whose token has ended."""
    one = Connections(pool, VAULT, google.settings())
    await one.connect(business.user_id, grant(seconds=60), ENTRIES)
    yield one
    await one.grants.close()


def grant(*, refresh: str = "rt-1", account: str = OWNER, seconds: int = 3599) -> Grant:
    return Grant(access_token="at-old", refresh_token=refresh, seconds=seconds, scope="s", account=account)


async def stored(pool: Pool, user_id: str) -> Any:
    return await pool.fetchrow("select * from google_calendar_tokens where user_id = $1", user_id)


async def notices(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "select detail ->> 'problem' as p from system_alerts "
        "where alert_type ~ '^(google_|calendar_)' and resolved_at is null"
    )
    return [row["p"] for row in rows]


async def test_one_of_many_refreshes_whatever_the_number_of_processes(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    another = Connections(pool, VAULT, google.settings())
    found = await asyncio.gather(*(each.access(business.user_id) for _ in range(16) for each in (connections, another)))
    await another.grants.close()
    assert {one.token for one in found} == {"at-0"}
    assert [form["refresh_token"] for form in google.forms] == ["rt-1"]
    assert "scope" not in google.forms[0]
    again = await asyncio.gather(*(connections.access(business.user_id, refused="at-0") for _ in range(16)))
    assert {one.token for one in again} == {"at-1"}
    assert len(google.forms) == 2
    assert (await connections.access(business.user_id, refused="at-0")).token == "at-1"
    assert len(google.forms) == 2


async def test_tokens_lie_sealed_each_in_its_place(connections: Connections, pool: Pool, business: Business) -> None:
    row = await stored(pool, business.user_id)
    text = json.dumps(dict(row), default=str)
    assert "at-old" not in text
    assert "rt-1" not in text
    assert VAULT.open(row["refresh_token"], token_place(business.user_id, "refresh_token")) == "rt-1"
    other = await Business.create(pool)
    await connections.connect(other.user_id, grant(), ENTRIES)
    await pool.execute(
        "update google_calendar_tokens set access_token = $2, refresh_token = $2 where user_id = $1",
        other.user_id, row["refresh_token"],
    )  # fmt: skip
    with pytest.raises(Refused, match="unreadable"):  # moved from another's row
        await connections.access(other.user_id)


async def test_a_revoked_token_is_told_once_and_never_asked_again(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    google.faults["token"] = [(400, {"error": "invalid_grant", "error_description": "Token has been revoked."})]
    results = await asyncio.gather(*(connections.access(business.user_id) for _ in range(16)), return_exceptions=True)
    assert {type(one) for one in results} == {NotConnected}
    with pytest.raises(NotConnected, match="invalid_grant"):
        await connections.access(business.user_id)
    assert len(google.forms) == 1
    assert (await stored(pool, business.user_id))["state"] == "revoked"
    assert await notices(pool) == ["invalid_grant"]
    await connections.connect(business.user_id, grant(), ENTRIES)
    assert await notices(pool) == []
    assert (await connections.access(business.user_id)).token == "at-old"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((401, {"error": "invalid_client"}), Refused),
        ((400, {"error": "unauthorized_client"}), Refused),
        ((400, {"error": "invalid_scope"}), Refused),
        ((429, {"error": "rate_limit_exceeded"}), Throttled),
        ((503, {"error": "internal_failure"}), Away),
        ((500, "what"), Away),
        ((400, {"error": "x" * 10_000}), Away),
        ((400, {"error": {"code": 400}}), Away),
        ((200, {"access_token": "at-9"}), Away),
        ((200, {"expires_in": 3599}), Away),
        ((200, ["at-9"]), Away),
        ((302, {}), Away),
        ("drop", Away),
    ],
)
async def test_what_is_not_the_owners_fault_ends_nothing(
    connections: Connections, google: Google, pool: Pool, business: Business, answer: Any, kind: type[Exception]
) -> None:
    before = await stored(pool, business.user_id)
    google.faults["token"] = [answer]
    with structlog.testing.capture_logs() as logs, pytest.raises(kind) as caught:
        await connections.access(business.user_id)
    assert await stored(pool, business.user_id) == before
    assert await notices(pool) == []
    told = str(caught.value) + repr(caught.value.__context__) + json.dumps(logs)
    assert not [secret for secret in ("rt-1", "secret-1", "at-old", "at-9") if secret in told]
    assert (await connections.access(business.user_id)).token == "at-0"


async def test_an_installation_without_a_client_asks_nobody(pool: Pool, business: Business, google: Google) -> None:
    connections = Connections(pool, VAULT, Settings(google_token_url=f"{google.url}/token"))
    await connections.connect(business.user_id, grant(seconds=0), ENTRIES)
    with pytest.raises(Refused, match="no_client"):
        await connections.access(business.user_id)
    assert google.forms == []


async def test_a_key_that_is_gone_is_the_operators_problem(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    other = Connections(pool, Vault(["eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="]), google.settings())
    with pytest.raises(Refused, match="unreadable_token"):
        await other.access(business.user_id)
    async with tenant(pool, business.user_id) as db:
        assert await other.end(db, business.user_id) is False
    assert await stored(pool, business.user_id) is None


async def test_a_new_refresh_token_is_kept(connections: Connections, google: Google, business: Business) -> None:
    google.faults["token"] = [(200, {"access_token": "at-7", "expires_in": 1, "refresh_token": "rt-2"})]
    assert (await connections.access(business.user_id)).token == "at-7"
    await connections.access(business.user_id)
    assert [form["refresh_token"] for form in google.forms] == ["rt-1", "rt-2"]


async def test_without_a_refresh_token_nothing_is_connected(
    connections: Connections, pool: Pool, business: Business
) -> None:
    other = await Business.create(pool)
    with pytest.raises(Unfinished):
        await connections.connect(other.user_id, grant(refresh=""), ENTRIES)
    assert await stored(pool, other.user_id) is None
    with pytest.raises(Unfinished):  # the one that is there is another account's
        await connections.connect(business.user_id, grant(refresh="", account="else@example.com"), ENTRIES)
    await connections.connect(business.user_id, grant(refresh=""), ENTRIES)
    row = await stored(pool, business.user_id)
    assert VAULT.open(row["refresh_token"], token_place(business.user_id, "refresh_token")) == "rt-1"
    await pool.execute("update google_calendar_tokens set state = 'revoked'")
    with pytest.raises(Unfinished):
        await connections.connect(business.user_id, grant(refresh=""), ENTRIES)


async def test_what_was_chosen_stays_with_its_account(connections: Connections, pool: Pool, business: Business) -> None:
    choose = "update google_calendar_tokens set write_calendar = 'team', check_calendars = '{team,gone}', zone = 'X'"
    await pool.execute(choose)
    await connections.connect(business.user_id, grant(), ENTRIES)
    row = await stored(pool, business.user_id)
    assert (row["write_calendar"], row["check_calendars"], row["zone"]) == ("team", ["team"], "Asia/Tokyo")
    await connections.connect(business.user_id, grant(account="else@example.com"), ENTRIES)
    row = await stored(pool, business.user_id)
    assert (row["write_calendar"], row["check_calendars"], row["zone"]) == (OWNER, [OWNER], "Europe/Madrid")
    assert row["generation"] == 3


async def test_access_to_a_former_account_is_given_back(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    await connections.connect(business.user_id, grant(refresh="rt-2"), ENTRIES)
    assert google.revoked == []  # Google would end the new one with it
    await connections.connect(business.user_id, grant(refresh="rt-3", account="else@example.com"), ENTRIES)
    assert google.revoked == ["rt-2"]
    other = await Business.create(pool)
    await connections.connect(other.user_id, grant(refresh="rt-4", account="else@example.com"), ENTRIES)
    await connections.connect(other.user_id, grant(refresh="rt-5"), ENTRIES)
    assert google.revoked == ["rt-2"]  # the other business stands on it
    google.faults["revoke"] = [(503, {})]
    await connections.connect(business.user_id, grant(refresh="rt-6"), ENTRIES)
    assert (await stored(pool, business.user_id))["account"] == OWNER


@pytest.mark.parametrize("name", ["AUTH", "TOKEN", "REVOKE", "API"])
def test_tokens_travel_under_tls_alone(name: str) -> None:
    for url in ("http://google.example/x", "http://127.0.0.1.example/x", "http://10.0.0.1/x", "ftp://localhost/x"):
        with pytest.raises(Misset, match=f"GOOGLE_{name}_URL"):
            Settings.read({f"GOOGLE_{name}_URL": url})
    for url in ("https://google.example/x", "http://127.0.0.1:8090/x", "http://localhost:8090/x", "http://[::1]:80/x"):
        read = Settings.read({f"GOOGLE_{name}_URL": url + "/", "GOOGLE_CLIENT_SECRET": "hidden"})
        assert getattr(read, f"google_{name.lower()}_url") == url
        assert "hidden" not in repr(read)


async def test_a_disconnect_waits_for_a_refresh_and_wins(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def think() -> None:
        asked.set()
        await go.wait()

    async def end() -> bool | None:
        async with tenant(pool, business.user_id) as db:
            return await connections.end(db, business.user_id)

    async def waits() -> bool:
        return bool(await pool.fetchval("select exists (select 1 from pg_locks where not granted)"))

    google.faults["token"] = [think]
    refreshing = asyncio.create_task(connections.access(business.user_id))
    await asked.wait()
    ending = asyncio.create_task(end())
    await until(waits)
    go.set()
    assert (await refreshing).token == "at-0"
    assert await ending is True
    assert google.revoked == ["rt-1"]
    assert await stored(pool, business.user_id) is None
    with pytest.raises(NotConnected, match="none"):
        await connections.access(business.user_id, refused="at-0")
    assert len(google.forms) == 1


async def test_a_connection_that_comes_during_a_refresh_is_not_written_over(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def think() -> None:
        asked.set()
        await go.wait()

    async def waits() -> bool:
        return bool(await pool.fetchval("select exists (select 1 from pg_locks where not granted)"))

    google.faults["token"] = [think]
    refreshing = asyncio.create_task(connections.access(business.user_id))
    await asked.wait()
    connecting = asyncio.create_task(connections.connect(business.user_id, grant(refresh="rt-2"), ENTRIES))
    await until(waits)
    go.set()
    await asyncio.gather(refreshing, connecting)
    row = await stored(pool, business.user_id)
    assert VAULT.open(row["refresh_token"], token_place(business.user_id, "refresh_token")) == "rt-2"
    assert (await connections.access(business.user_id)).token == "at-old"


async def test_a_refresh_whose_caller_left_writes_nothing_and_holds_nothing(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    asked = asyncio.Event()

    async def think() -> None:
        asked.set()
        await google.hanging.wait()

    google.faults["token"] = [think]
    refreshing = asyncio.create_task(connections.access(business.user_id))
    await asked.wait()
    refreshing.cancel()
    await asyncio.gather(refreshing, return_exceptions=True)
    assert (await connections.access(business.user_id)).token == "at-0"
    google.hanging.set()


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (None, True),
        ((400, {"error": "invalid_token"}), True),
        ((503, {}), False),
        ((400, {"error": "invalid_request"}), False),
    ],
)
async def test_it_is_forgotten_whatever_google_says(
    connections: Connections, google: Google, pool: Pool, business: Business, answer: Any, ended: bool
) -> None:
    google.faults["revoke"] = [answer] if answer else []
    async with tenant(pool, business.user_id) as db:
        assert await connections.end(db, business.user_id) is ended
        assert await connections.end(db, business.user_id) is None
    assert await stored(pool, business.user_id) is None


async def test_an_account_that_serves_two_businesses_is_left_to_the_other(
    connections: Connections, google: Google, pool: Pool, business: Business
) -> None:
    other = await Business.create(pool)
    await connections.connect(other.user_id, grant(refresh="rt-2"), ENTRIES)
    async with tenant(pool, business.user_id) as db:
        assert await connections.end(db, business.user_id) is False
    assert google.revoked == []
    async with tenant(pool, other.user_id) as db:
        assert await connections.end(db, other.user_id) is True
    assert google.revoked == ["rt-2"]
