"""The API of webhooks: endpoints, their secrets, what was sent, what is sent once more; and what is told at all."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from gateway.api.keys import create_key
from gateway.app import running
from gateway.db import Pool, tenant
from gateway.settings import Settings
from tests.actor import say
from tests.business import KEY, Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client
from tests.gateway.test_events import (
    SECRET,
    Receiver,
    deliveries,
    delivering,
    emit,
    endpoint,
    receiver,
    states,
    verified,
)
from tests.waiting import until

__all__ = ["receiver"]
SCOPES = ["webhooks:read", "webhooks:write", "events:read"]
HOOK = {"url": "https://example.com/hooks?a=1", "description": "CRM"}


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", SCOPES))


@pytest.fixture
async def near(dsn: str, pool: Pool, business: Business, tmp_path: Path, receiver: Receiver) -> AsyncIterator[Client]:
    """A gateway that may reach the receiver on this machine."""
    settings = Settings(database_url=dsn, state_dir=tmp_path, secret_keys=(KEY,), tool_origins=(receiver.url,))
    key = await create_key(pool, business.user_id, "test", SCOPES)
    async with running(settings, "all") as app, TestServer(app) as server, ClientSession() as http:
        url = str(server.make_url("")).rstrip("/")
        yield Client(Desk(url, http, None, pool, None, {}), key)  # type: ignore[arg-type]


async def test_a_secret_is_shown_once(api: Client, business: Business) -> None:
    status, made = await api("POST", "/v1/webhooks", HOOK)
    assert status == 201
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    path = f"/v1/webhooks/{made['endpoint_id']}"
    assert (await api("GET", path))[1] == made
    assert (await api("GET", "/v1/webhooks"))[1]["data"] == [made]
    assert (await api("PATCH", path, {"description": "new"}))[1] == {
        **made, "description": "new", "updated_at": (await api("GET", path))[1]["updated_at"],
    }  # fmt: skip
    status, rotated = await api("POST", f"{path}/secret")
    assert status == 200
    assert rotated["secret"] != secret
    stored = await business.pool.fetchval("select row_to_json(w)::text from webhook_endpoints w")
    shown = json.dumps([(await api("GET", one))[1] for one in ("/v1/webhooks", path, f"{path}/deliveries")])
    for one in (secret, rotated["secret"]):
        assert one.removeprefix("whsec_") not in stored + shown


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "https://user:pass@example.com/"}, "url"),
        ({"url": "https://example.com/\r\nX: 1"}, "url"),
        ({"url": "https://example.com:99999/"}, "url"),
        ({"url": "https://example.com/#part"}, "url"),
        ({"types": []}, "types"),
        ({"types": ["lead.cold"]}, "types.0"),
        ({"secret": "whsec_mine"}, "secret"),
        ({"description": "x" * 501}, "description"),
    ],
)
async def test_what_is_wrong_is_named(api: Client, change: dict[str, Any], field: str) -> None:
    status, problem = await api("POST", "/v1/webhooks", {**HOOK, **change})
    assert (status, problem["fields"][0]["field"]) == (422, field)
    _, made = await api("POST", "/v1/webhooks", HOOK)
    assert (await api("PATCH", f"/v1/webhooks/{made['endpoint_id']}", change))[0] == 422


async def test_an_endpoint_is_changed_in_parts(api: Client, business: Business) -> None:
    _, made = await api("POST", "/v1/webhooks", {**HOOK, "types": ["lead.hot"]})
    path = f"/v1/webhooks/{made['endpoint_id']}"
    await business.pool.execute("update webhook_endpoints set failures = 9, rest_until = now() + interval '1 hour'")
    await emit(business)
    _, changed = await api("PATCH", path, {"enabled": False})
    assert (changed["enabled"], changed["types"], changed["url"]) == (False, ["lead.hot"], HOOK["url"])
    await until(states(business, "failed"))
    for call in ("test", "replay"):
        assert (await api("POST", f"{path}/{call}", {"since": "2026-01-01T00:00:00Z"}))[0] == 409
    _, changed = await api("PATCH", path, {"enabled": True, "types": None})
    assert (changed["enabled"], changed["types"], changed["failures"], changed["rest_until"]) == (True, None, 0, None)
    assert (await api("DELETE", path))[0] == 204
    assert (await api("GET", path))[0] == 404
    assert await deliveries(business) == []


async def test_there_are_so_many_endpoints(api: Client) -> None:
    for _ in range(20):
        assert (await api("POST", "/v1/webhooks", HOOK))[0] == 201
    assert (await api("POST", "/v1/webhooks", HOOK))[0] == 409


async def test_a_test_event_goes_to_one_endpoint_by_both_secrets(near: Client, receiver: Receiver) -> None:
    _, made = await near("POST", "/v1/webhooks", {"url": f"{receiver.url}/hook"})
    await near("POST", "/v1/webhooks", {"url": f"{receiver.url}/other"})
    path = f"/v1/webhooks/{made['endpoint_id']}"
    _, rotated = await near("POST", f"{path}/secret")
    status, delivery = await near("POST", f"{path}/test")
    assert (status, delivery["type"], delivery["state"]) == (201, "webhook.test", "pending")
    await until(lambda: _settled(near, path))
    ((place, headers, body),) = receiver.seen
    assert place == "hook"
    assert verified(headers, body, made["secret"]) == verified(headers, body, rotated["secret"])
    assert json.loads(body)["data"] == {"endpoint_id": made["endpoint_id"]}
    _, page = await near("GET", f"{path}/deliveries")
    (row,) = page["data"]
    assert (row["state"], row["attempts"], row["last_status"], row["next_attempt_at"]) == ("sent", 1, 204, None)
    assert [(one["status"], one["error"]) for one in row["log"]] == [(204, None)]


async def test_events_are_replayed_in_order(near: Client, business: Business, receiver: Receiver) -> None:
    events = [await emit(business, "lead.hot", "cnv_1", n=n) for n in range(3)]
    await emit(business, "lead.rose", "cnv_1", n=3)
    await business.pool.execute(
        "update events set created_at = now() - interval '2 hours' where event_id = $1", events[0]
    )
    _, made = await near("POST", "/v1/webhooks", {"url": f"{receiver.url}/hook", "types": ["lead.hot"]})
    path = f"/v1/webhooks/{made['endpoint_id']}"
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert await near("POST", f"{path}/replay", {"since": since}) == (200, {"deliveries": 2})
    await until(states(business, "sent", "sent"))
    assert receiver.numbers() == [1, 2]
    assert await near("POST", f"{path}/replay", {"event_id": events[0]}) == (200, {"deliveries": 1})
    await until(states(business, "sent", "sent", "sent"))
    assert [headers["webhook-id"] for _, headers, _ in receiver.seen] == [events[1], events[2], events[0]]
    _, page = await near("GET", f"{path}/deliveries?limit=2&state=sent")
    _, rest = await near("GET", f"{path}/deliveries?limit=2&state=sent&cursor={page['next_cursor']}")
    assert [one["event_id"] for one in page["data"] + rest["data"]] == [events[0], events[2], events[1]]
    assert (await near("GET", f"{path}/deliveries?state=failed"))[1]["data"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"since": "2026-01-01T00:00:00Z", "event_id": "evt_1"}, 422), ({"event_id": "evt_none"}, 404),
     ({"since": "2026-01-01T00:00:00"}, 422), ({"since": "soon"}, 422)],
)  # fmt: skip
async def test_a_replay_says_what_it_wants(api: Client, body: dict[str, str], status: int) -> None:
    _, made = await api("POST", "/v1/webhooks", HOOK)
    assert (await api("POST", f"/v1/webhooks/{made['endpoint_id']}/replay", body))[0] == status


async def test_another_business_is_not_replayed(api: Client, business: Business) -> None:
    other = await Business.create(business.pool)
    event_id = await emit(other)
    _, made = await api("POST", "/v1/webhooks", HOOK)
    path = f"/v1/webhooks/{made['endpoint_id']}/replay"
    assert (await api("POST", path, {"event_id": event_id}))[0] == 404
    assert (await api("POST", path, {"since": "2020-01-01T00:00:00Z"}))[1] == {"deliveries": 0}
    assert (await api("GET", "/v1/events"))[1]["data"] == []


async def test_events_are_listed_newest_first(api: Client, business: Business) -> None:
    for n in range(5):
        await emit(business, "lead.hot" if n % 2 else "lead.rose", f"cnv_{n % 2}", n=n)
    seen, cursor = [], ""
    for _ in range(4):
        _, page = await api("GET", f"/v1/events?limit=2{cursor}")
        seen += [event["data"]["n"] for event in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
        if not page["next_cursor"]:
            break
    assert seen == [4, 3, 2, 1, 0]
    for query in ("type=lead.hot", "conversation_id=cnv_1"):
        _, page = await api("GET", f"/v1/events?{query}")
        assert [event["data"]["n"] for event in page["data"]] == [3, 1]
    assert (await api("GET", "/v1/events?type=lead.cold"))[0] == 422


async def test_who_gets_mail_is_kept(api: Client, business: Business) -> None:
    status, made = await api("POST", "/v1/mail-recipients", {"address": "Kim@Example.com"})
    assert (status, made["address"], made["types"]) == (201, "kim@example.com", None)
    await api("POST", "/v1/mail-recipients", {"address": "kim@example.com", "types": ["lead.hot"]})
    await api("POST", "/v1/mail-recipients", {"address": "o'neil+x@mail.example.com"})
    _, page = await api("GET", "/v1/mail-recipients")
    assert [(one["address"], one["types"]) for one in page["data"]] == [
        ("o'neil+x@mail.example.com", None), ("kim@example.com", ["lead.hot"]),
    ]  # fmt: skip
    await emit(business)
    path = f"/v1/mail-recipients/{quote('KIM@example.com')}"
    failed = (
        "select count(*) filter (where state = 'failed') = 2 from event_deliveries d "
        "join events e using (user_id, event_id) where e.type = 'lead.hot'"
    )
    await until(lambda: business.pool.fetchval(failed))
    (row,) = (await api("GET", f"{path}/deliveries"))[1]["data"]
    assert (row["state"], row["last_error"]) == ("failed", "SMTP_URL is not set")
    assert (await api("DELETE", path))[0] == 204
    assert [(await api(method, path))[0] for method in ("DELETE", "GET")] == [404, 405]
    assert (await api("GET", f"{path}/deliveries"))[0] == 404


@pytest.mark.parametrize(
    "address",
    ["", "kim", "kim@", "@example.com", "kim@localhost", "a b@example.com", "a@b@example.com",
     "kim@example.com\nBcc: x@y.z",
     "<kim@example.com>", "Kim <kim@example.com>", "kim@example..com", ".kim@example.com", '"a b"@example.com',
     "kim@exämple.com", "kim@-example.com", f"{'a' * 250}@example.com", "kim@example.com,eve@example.com"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(api: Client, address: str) -> None:
    status, problem = await api("POST", "/v1/mail-recipients", {"address": address})
    assert (status, problem["fields"][0]["field"]) == (422, "address")


async def test_a_hand_over_is_told(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    await business.pool.execute("insert into mail_recipients values ($1, 'boss@example.com')", business.user_id)
    await say(business, "Hello")
    for by in ("agent", "human"):
        await business.pool.execute("update conversations set owner = 'agent'")
        await business.pool.execute("update handovers set ended_at = now()")
        await business.pool.execute(
            "select take_over(c, $1, 'asked', 'wants a person') from conversations c where user_id = $2",
            by, business.user_id,
        )  # fmt: skip
    rows = await deliveries(business)
    assert sorted(row["address"] or "hook" for row in rows) == ["boss@example.com", "hook", "hook"]
    data = json.loads(await business.pool.fetchval("select data from events order by seq limit 1"))
    conversation = await business.conversation()
    handover = await business.pool.fetchval("select handover_id from handovers order by started_at limit 1")
    assert data == {
        "handover_id": handover, "by": "agent", "reason": "asked", "note": "wants a person",
        "from_no": conversation["last_sequence_no"], "customer_phone": "4670111", "agent_id": business.number.agent_id,
    }  # fmt: skip


async def test_telling_never_makes_a_hand_over_fail(business: Business) -> None:
    await say(business, "Hello")
    await business.pool.execute("alter table events add constraint never check (false) not valid")
    await business.pool.execute("select take_over(c, 'agent', 'asked', '') from conversations c")
    assert (await business.conversation())["owner"] == "human"
    assert await business.pool.fetchval("select count(*) from handovers") == 1
    assert await business.pool.fetchval("select count(*) from events") == 0


async def test_a_business_sees_its_own_alone(business: Business, receiver: Receiver) -> None:
    other = await Business.create(business.pool)
    await endpoint(other, f"{receiver.url}/hook")
    await other.pool.execute("insert into mail_recipients values ($1, 'a@example.com')", other.user_id)
    await emit(other)
    await emit(business)
    assert await deliveries(business) == []
    async with tenant(business.pool, business.user_id) as connection:
        await connection.fetchval("select emit($1, 'lead.hot', null, '{}')", business.user_id)
        for table in ("webhook_endpoints", "mail_recipients", "events", "event_deliveries"):
            owners = await connection.fetch(f"select user_id from {table}")  # noqa: S608
            assert {row["user_id"] for row in owners} <= {business.user_id}, table


async def test_a_rolled_back_event_is_told_to_nobody(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    async with business.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.fetchval("select emit($1, 'lead.hot', null, '{}')", business.user_id)
        await transaction.rollback()
    assert await deliveries(business) == []


async def test_old_events_are_removed_once_they_are_told(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    await emit(business, n=0)
    await emit(business, n=1)
    await business.pool.execute("update events set created_at = now() - interval '91 days'")
    await business.pool.execute("update event_deliveries set state = 'sent' where seq = 1")
    async with delivering(business.pool, schedule=(3600.0,)):
        await until(lambda: business.pool.fetchval("select count(*) = 1 from events"))
    assert len(await deliveries(business)) == 1


async def test_logs_hold_neither_secrets_nor_what_was_told(
    logged: io.StringIO, business: Business, receiver: Receiver
) -> None:
    await endpoint(business, f"{receiver.url}/hook?token=in-the-url")
    receiver.answers["hook"] = [500, 200]
    await emit(business, "lead.hot", "cnv_1", name="Kim Private")
    async with delivering(business.pool, receiver):
        await until(states(business, "sent"))
    text = logged.getvalue()
    assert "event_delivery" in text
    for word in (SECRET, SECRET.removeprefix("whsec_"), "Kim Private", "in-the-url"):
        assert word not in text


async def test_an_endpoint_that_is_removed_or_disabled_is_told_nothing(business: Business, receiver: Receiver) -> None:
    first = await endpoint(business, f"{receiver.url}/hook")
    second = await endpoint(business, f"{receiver.url}/hook")
    await emit(business, "lead.hot", "cnv_1")
    await business.pool.execute("delete from webhook_endpoints where endpoint_id = $1", first)
    await business.pool.execute("update webhook_endpoints set enabled = false where endpoint_id = $1", second)
    async with delivering(business.pool, receiver):
        await until(states(business, "failed", "failed"))
    assert {row["last_error"] for row in await deliveries(business)} == {
        "the endpoint was removed", "the endpoint is disabled",
    }  # fmt: skip
    assert receiver.seen == []


async def _settled(api: Client, path: str) -> bool:
    _, page = await api("GET", f"{path}/deliveries")
    return bool(page["data"][0]["state"] == "sent")
