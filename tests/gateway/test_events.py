"""Webhooks: each event at least once, in its conversation's order, signed, whatever becomes of receiver and worker."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.bus import Bus
from gateway.db import Pool
from gateway.events.deliveries import Deliveries
from gateway.events.mail import Mailer
from gateway.events.posts import Poster, wanted_pause
from gateway.events.signing import body_of, new_secret, secret_place, signed
from gateway.ids import new
from tests.business import VAULT, Business
from tests.waiting import until

SOON = (0.02, 0.04, 0.08)
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Receiver:
    """A business's server. `answers` are taken one by one; then 204."""

    url: str = ""
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    busy: int = 0
    most_busy: int = 0

    async def take(self, request: web.Request) -> web.StreamResponse:
        place = request.path.strip("/")
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        try:
            self.seen.append((place, dict(request.headers), await request.read()))
            waiting = self.answers[place]
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0] if waiting else 204
            if isinstance(answer, asyncio.Event):
                await answer.wait()
                answer = 204
            if answer == "hang up":
                assert request.transport is not None
                request.transport.abort()
                answer = 500
            return answer() if callable(answer) else web.Response(status=answer)
        finally:
            self.busy -= 1

    def bodies(self, place: str = "hook") -> list[dict[str, Any]]:
        return [json.loads(body) for where, _, body in self.seen if where == place]

    def numbers(self, place: str = "hook") -> list[int]:
        return [body["data"]["n"] for body in self.bodies(place)]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", one.take)
    async with TestServer(app) as server:
        one.url = str(server.make_url("")).rstrip("/")
        yield one


@asynccontextmanager
async def delivering(
    pool: Pool,
    receiver: Receiver | None = None,
    *,
    owner: str = "node-1",
    mailer: Mailer | None = None,
    schedule: Sequence[float] = SOON,
    trusted: bool = True,
) -> AsyncIterator[Deliveries]:
    poster = Poster([receiver.url] if receiver and trusted else [])
    worker = Deliveries(pool, Bus(), VAULT, poster, mailer, owner=owner, schedule=schedule)
    await worker.recover()
    loops = [asyncio.create_task(worker.run()), asyncio.create_task(worker.keep())]
    try:
        yield worker
    finally:
        for loop in loops:
            loop.cancel()
        await worker.finish(0)
        await asyncio.gather(*loops, return_exceptions=True)
        await poster.close()


async def endpoint(business: Business, url: str, *, types: list[str] | None = None, secret: str = SECRET) -> str:
    endpoint_id = new("whk")
    await business.pool.execute(
        "insert into webhook_endpoints (user_id, endpoint_id, url, secret, types) values ($1, $2, $3, $4, $5)",
        business.user_id, endpoint_id, url, VAULT.seal(secret, secret_place(business.user_id, endpoint_id)), types,
    )  # fmt: skip
    return endpoint_id


async def emit(business: Business, kind: str = "lead.hot", conversation: str | None = None, **data: Any) -> str:
    event_id: str = await business.pool.fetchval(
        "select emit($1, $2, $3, $4::jsonb)", business.user_id, kind, conversation, json.dumps(data)
    )
    return event_id


def states(business: Business, *wanted: str) -> Callable[[], Awaitable[bool]]:
    """Whether the deliveries of a business are in these states, oldest first."""

    async def same() -> bool:
        rows = await business.pool.fetch(
            "select state from event_deliveries where user_id = $1 order by seq", business.user_id
        )
        return [row["state"] for row in rows] == list(wanted)

    return same


async def deliveries(business: Business) -> list[Any]:
    rows: list[Any] = await business.pool.fetch(
        "select * from event_deliveries where user_id = $1 order by seq", business.user_id
    )
    return rows


def verified(headers: dict[str, str], body: bytes, secret: str = SECRET) -> Any:
    return Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})


@pytest.mark.parametrize("secret", [SECRET, new_secret()], ids=["known", "new"])
def test_signatures_are_those_of_the_standard(secret: str) -> None:
    at = datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=UTC)
    body = body_of("evt_1", "lead.hot", at, {"b": "Åsa ✓\u2028", "a": [1, 2.5, None], "é": {}})
    headers = signed([secret], "evt_1", int(at.timestamp()), body)
    assert headers["webhook-signature"] == Webhook(secret).sign("evt_1", at, body.decode())
    assert body.startswith(b'{"data":{"a":[1,2.5,null],"b":')
    assert body == body_of("evt_1", "lead.hot", at, {"é": {}, "a": [1, 2.5, None], "b": "Åsa ✓\u2028"})


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("", 0), ("7", 7), (" 30 ", 30), ("-5", 0), ("soon", 0), ("1.5", 0), ("9" * 400, 86400), ("٣", 0),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 86400)],
)  # fmt: skip
def test_retry_after_is_read(header: str, seconds: float) -> None:
    assert wanted_pause(header) == seconds


async def test_an_event_arrives_signed_and_is_recorded(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook?tenant=7")
    await endpoint(business, f"{receiver.url}/other", types=["lead.rose"])
    event_id = await emit(business, "lead.hot", "cnv_1", name="Kim Ek", score=14)
    async with delivering(business.pool, receiver):
        await until(states(business, "sent"))
    ((place, headers, body),) = receiver.seen
    whole = verified(headers, body)
    assert (place, headers["webhook-id"], headers["Content-Type"]) == ("hook", event_id, "application/json")
    assert whole["data"] == {"name": "Kim Ek", "score": 14, "conversation_id": "cnv_1"}
    assert (whole["id"], whole["type"], whole["timestamp"][-1]) == (event_id, "lead.hot", "Z")
    (row,) = await deliveries(business)
    assert (row["attempts"], row["last_status"], row["last_error"], row["lease_owner"]) == (1, 204, None, None)
    assert row["delivered_at"] is not None
    with pytest.raises(WebhookVerificationError):
        verified(headers, body, new_secret())
    with pytest.raises(WebhookVerificationError):
        verified(headers, body + b" ")


async def test_what_fails_is_sent_again_with_the_same_bytes(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    receiver.answers["hook"] = [500, "hang up", 302, 404, 200]
    event_id = await emit(business, text="Åäö")
    async with delivering(business.pool, receiver):
        await until(states(business, "sent"))
    assert len({body for _, _, body in receiver.seen}) == 1
    assert {headers["webhook-id"] for _, headers, _ in receiver.seen} == {event_id}
    (row,) = await deliveries(business)
    log = json.loads(row["log"])
    assert [one["status"] for one in log] == [500, None, 302, 404, 200]
    assert "redirects are not followed" in log[2]["error"]
    assert row["attempts"] == 5


async def test_events_of_a_conversation_wait_for_each_other(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    receiver.answers["hook"] = [500, 200, 500, 500, 200, 200, 200]
    async with delivering(business.pool, receiver):
        for n in range(4):
            await emit(business, "lead.hot", "cnv_1", n=n)
        await until(states(business, *["sent"] * 4))
    numbers = receiver.numbers()
    assert numbers == sorted(numbers)
    assert sorted(set(numbers)) == [0, 1, 2, 3]
    assert len(numbers) == 7


async def test_a_failing_conversation_holds_up_no_other(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    receiver.answers["hook"] = [500, 200]
    for n, conversation in enumerate(("cnv_1", "cnv_1", "cnv_2", None, None)):
        await emit(business, "lead.hot", conversation, n=n)
    async with delivering(business.pool, receiver, schedule=(3600.0,)):
        await until(states(business, "pending", "pending", "sent", "sent", "sent"))
        await business.pool.execute("update event_deliveries set next_attempt_at = now() where state = 'pending'")
        await until(states(business, *["sent"] * 5))
    assert receiver.numbers()[-2:] == [0, 1]


async def test_a_dead_endpoint_delays_nobody_else(business: Business, receiver: Receiver) -> None:
    other = await Business.create(business.pool)
    never = asyncio.Event()
    receiver.answers["dead"] = [never]
    await endpoint(business, f"{receiver.url}/dead")
    await endpoint(business, f"{receiver.url}/hook")
    await endpoint(other, f"{receiver.url}/hook")
    for n in range(60):
        await emit(business, "lead.hot", f"cnv_{n}", n=n)
    async with delivering(business.pool, receiver):
        await until(lambda: asyncio.sleep(0, len(receiver.numbers()) >= 60))
        assert sorted(receiver.numbers()) == list(range(60))
        assert len(receiver.bodies("dead")) == 4
        await emit(other, "lead.hot", "cnv_1", n=99)
        await until(states(other, "sent"))
        never.set()


async def test_what_fails_again_and_again_rests_and_is_tried_by_one(business: Business, receiver: Receiver) -> None:
    endpoint_id = await endpoint(business, f"{receiver.url}/hook")
    receiver.answers["hook"] = [500]
    for n in range(10):
        await emit(business, "lead.hot", f"cnv_{n}", n=n)
    row = "select * from webhook_endpoints where endpoint_id = $1"
    async with delivering(business.pool, receiver, schedule=(1000.0,)):
        await until(lambda: business.pool.fetchval("select rest_until > now() from webhook_endpoints"))
        assert len(receiver.seen) <= 6
        receiver.answers["hook"] = [200]
        await business.pool.execute("update webhook_endpoints set rest_until = null")
        await business.pool.execute("update event_deliveries set next_attempt_at = now() where state = 'pending'")
        await until(states(business, *["sent"] * 10))
    found = await business.pool.fetchrow(row, endpoint_id)
    assert found is not None
    assert (found["failures"], found["rest_until"]) == (0, None)


async def test_the_pause_that_a_receiver_asks_for_is_kept(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    receiver.answers["hook"] = [lambda: web.Response(status=429, headers={"Retry-After": "1800"})]
    await emit(business, "lead.hot", "cnv_1")
    async with delivering(business.pool, receiver):
        await until(lambda: business.pool.fetchval("select last_status = 429 from event_deliveries"))
    (row,) = await deliveries(business)
    assert 1790 < (row["next_attempt_at"] - datetime.now(UTC)).total_seconds() <= 1800
    assert await business.pool.fetchval("select rest_until > now() + interval '29 minutes' from webhook_endpoints")


async def test_after_three_days_it_is_given_up_and_the_next_one_goes(business: Business, receiver: Receiver) -> None:
    endpoint_id = await endpoint(business, f"{receiver.url}/hook")
    receiver.answers["hook"] = [500, 200]
    await emit(business, "lead.hot", "cnv_1", n=0)
    await emit(business, "lead.hot", "cnv_1", n=1)
    await business.pool.execute("update event_deliveries set created_at = now() - interval '3 days' where seq = 1")
    async with delivering(business.pool, receiver):
        await until(states(business, "failed", "sent"))
    assert receiver.numbers() == [0, 1]
    assert (await deliveries(business))[0]["last_error"] == "HTTP 500; given up after 3 days"
    notice = await business.pool.fetchrow("select * from system_alerts where alert_type = 'webhook_failing'")
    assert notice is not None
    # What arrived afterwards ends the notice.
    assert (notice["subject"], notice["resolved_at"] is None) == (endpoint_id, False)


async def test_gone_ends_the_endpoint_and_says_so(business: Business, receiver: Receiver) -> None:
    endpoint_id = await endpoint(business, f"{receiver.url}/hook")
    receiver.answers["hook"] = [410]
    for n in range(3):
        await emit(business, "lead.hot", "cnv_1", n=n)
    async with delivering(business.pool, receiver):
        await until(states(business, "failed", "failed", "failed"))
    assert receiver.numbers() == [0]
    row = await business.pool.fetchrow("select * from webhook_endpoints")
    assert row is not None
    assert (row["enabled"], row["disabled_reason"]) == (False, "it answered 410 Gone")
    notice = await business.pool.fetchrow("select * from system_alerts")
    assert notice is not None
    assert (notice["alert_type"], notice["subject"]) == ("webhook_disabled", endpoint_id)
    await emit(business, "lead.hot", "cnv_1", n=9)
    assert len(await deliveries(business)) == 3


async def test_what_is_not_public_is_not_reached(business: Business, receiver: Receiver) -> None:
    named = receiver.url.replace("127.0.0.1", "localhost")
    for url in (receiver.url, named, "http://169.254.169.254", "http://localhost", "https://[::1]", "http://0x7f.1"):
        await endpoint(business, f"{url}/hook")
    await emit(business)
    async with delivering(business.pool, receiver, trusted=False):
        await until(lambda: business.pool.fetchval("select min(attempts) > 1 from event_deliveries"))
    assert receiver.seen == []
    for row in await deliveries(business):
        assert "not public" in row["last_error"]


async def test_names_are_resolved(business: Business, receiver: Receiver) -> None:
    receiver.url = receiver.url.replace("127.0.0.1", "localhost")
    await endpoint(business, f"{receiver.url}/hook")
    await endpoint(business, "https://nowhere.invalid/hook")
    await emit(business)
    async with delivering(business.pool, receiver):
        await until(states(business, "sent", "pending"))
        await until(lambda: business.pool.fetchval("select max(attempts) > 1 from event_deliveries"))
    assert (await deliveries(business))[1]["last_error"].startswith("no answer: ")


async def test_both_secrets_sign_while_one_is_replaced(business: Business, receiver: Receiver) -> None:
    endpoint_id, former = await endpoint(business, f"{receiver.url}/hook"), new_secret()
    await business.pool.execute(
        "update webhook_endpoints set previous_secret = $1, previous_until = now() + interval '1 hour'",
        VAULT.seal(former, secret_place(business.user_id, endpoint_id, previous=True)),
    )
    await emit(business)
    async with delivering(business.pool, receiver):
        await until(states(business, "sent"))
        await business.pool.execute("update webhook_endpoints set previous_until = now()")
        await emit(business)
        await until(states(business, "sent", "sent"))
    both, new_one = [(headers, body) for _, headers, body in receiver.seen]
    assert verified(*both) == verified(*both, former)
    assert verified(*new_one)
    with pytest.raises(WebhookVerificationError):
        verified(*new_one, former)


async def test_two_workers_send_each_event_once_and_in_order(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    async with (
        delivering(business.pool, receiver, owner="node-1") as one,
        delivering(business.pool, receiver, owner="node-2") as two,
    ):
        for n in range(60):
            await emit(business, "lead.hot", f"cnv_{n % 3}", n=n)
            one.wake()
            two.wake()
        await until(states(business, *["sent"] * 60))
    numbers = receiver.numbers()
    assert sorted(numbers) == list(range(60))
    for lane in range(3):
        mine = [n for n in numbers if n % 3 == lane]
        assert mine == sorted(mine)
    assert receiver.most_busy <= 4


async def test_what_a_dead_process_was_sending_is_sent_again(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    never = asyncio.Event()
    receiver.answers["hook"] = [never, 204]
    event_id = await emit(business, "lead.hot", "cnv_1", n=0)
    await emit(business, "lead.hot", "cnv_1", n=1)
    async with delivering(business.pool, receiver):
        await until(lambda: asyncio.sleep(0, len(receiver.seen) == 1))
    # The process ended between the request and the record; another one does not take what is leased.
    assert [row["lease_owner"] for row in await deliveries(business)] == ["node-1", None]
    async with (
        delivering(business.pool, receiver, owner="node-2"),
        delivering(business.pool, receiver, owner="node-1"),
    ):
        await until(states(business, "sent", "sent"))
    assert receiver.numbers() == [0, 0, 1]
    assert [headers["webhook-id"] for _, headers, _ in receiver.seen][:2] == [event_id, event_id]
    never.set()


async def test_an_attempt_whose_lease_ran_out_settles_nothing(business: Business, receiver: Receiver) -> None:
    await endpoint(business, f"{receiver.url}/hook")
    held = asyncio.Event()
    receiver.answers["hook"] = [held, 500]
    await emit(business)
    async with delivering(business.pool, receiver, owner="node-1", schedule=(3600.0,)):
        await until(lambda: asyncio.sleep(0, len(receiver.seen) == 1))
        await business.pool.execute(
            "update event_deliveries set next_attempt_at = now(), lease_until = now() - interval '1 s'"
        )
        async with delivering(business.pool, receiver, owner="node-2", schedule=(3600.0,)):
            await until(lambda: business.pool.fetchval("select last_status = 500 from event_deliveries"))
        held.set()
        await until(lambda: asyncio.sleep(0, receiver.busy == 0))
    (row,) = await deliveries(business)
    assert (row["state"], len(json.loads(row["log"]))) == ("pending", 1)
