"""Webhook endpoints of a business: where it is told what happened, every delivery, and what is told once more."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import asyncpg
from pydantic import AfterValidator, Field, model_validator

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.api.texts import Moment
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.events.signing import new_secret, secret_place
from gateway.ids import new

SQL = queries(__file__)
operations = Operations()
MOST_ENDPOINTS = 20
MOST_REPLAYED = 10_000
BOTH_HOURS = 24
EventType = Literal[
    "lead.hot",
    "lead.rose",
    "conversation.handed_over",
    "meeting.booked",
    "meeting.cancelled",
    "alert.raised",
    "contact.erased",
    "alert.resolved",
    "webhook.test",
]


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or an address of six that is none
        whole = False
    if not whole or " " in text or not text.isprintable():
        raise ValueError("is no whole address such as https://example.com/hooks")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("holds a user, a password or a fragment, which are not sent")
    return text


Url = Annotated[str, Field(max_length=2000), AfterValidator(_url)]
Types = Annotated[list[EventType], Field(min_length=1, max_length=20)]
Description = Annotated[str, Field(max_length=500)]


class Webhook(Record):
    """An endpoint. `types` null is all. `failures` are attempts in a row that failed; while there are many, nothing is
    sent before `rest_until`."""

    endpoint_id: str
    url: str
    types: list[str] | None
    enabled: bool
    disabled_reason: str | None
    description: str
    failures: int
    rest_until: datetime | None
    created_at: datetime
    updated_at: datetime


class WebhookSecret(Webhook):
    """An endpoint with its secret, which is shown this once."""

    secret: str


class NewWebhook(Model):
    """An address that is told of events, by https unless the operator trusts its origin (TOOL_ORIGINS)."""

    url: Url
    types: Types | None = None
    enabled: bool = True
    description: Description = ""


class WebhookChange(Model):
    """What is left out stays. A disabled endpoint is told nothing; what waits for it is given up."""

    url: Url | None = None
    types: Types | None = None
    enabled: bool | None = None
    description: Description | None = None


class Attempt(Record):
    """One attempt. `status` is null when nobody answered."""

    at: datetime
    status: int | None
    error: str | None
    ms: int


class Delivery(Record):
    """One event on its way to an endpoint or an address; `log` holds the last 10 attempts."""

    delivery_id: str
    event_id: str
    type: str
    conversation_id: str | None
    state: Literal["pending", "sent", "failed"]
    attempts: int
    next_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    log: list[Attempt]
    delivered_at: datetime | None
    created_at: datetime


class DeliveryQuery(PageQuery):
    """Which deliveries to list."""

    state: Literal["pending", "sent", "failed"] | None = None


class Replay(Model):
    """One of: `since`, every event from that time on that the endpoint wants; `event_id`, that one."""

    since: Moment | None = None
    event_id: str | None = Field(default=None, max_length=50)

    @model_validator(mode="after")
    def _one(self) -> Replay:
        if (self.since is None) == (self.event_id is None):
            raise ValueError("give exactly one of since and event_id")
        return self


class Replayed(Record):
    """How many deliveries were made."""

    deliveries: int


@operations.on(
    "GET", "/v1/webhooks", scope="webhooks:read", summary="List webhook endpoints", query=PageQuery,
    answer=Page[Webhook],
)  # fmt: skip
async def list_webhooks(call: Call[None, PageQuery]) -> Page[Webhook]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "endpoint_id")
    return Page[Webhook](data=[Webhook.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/webhooks", scope="webhooks:write", summary="Add a webhook endpoint; answers its secret once",
    body=NewWebhook, answer=WebhookSecret, status=201,
)  # fmt: skip
async def create_webhook(call: Call[NewWebhook, None]) -> WebhookSecret:
    body, endpoint_id, secret = call.body, new("whk"), new_secret()
    _reachable(call, body.url)
    if await call.db.fetchval(SQL["count"], call.user_id) >= MOST_ENDPOINTS:
        raise Conflict(f"There are {MOST_ENDPOINTS} endpoints already.")
    sealed = call.api.vault.seal(secret, secret_place(call.user_id, endpoint_id))
    await call.db.execute(
        SQL["add"], call.user_id, endpoint_id, body.url, sealed, body.types, body.enabled, body.description
    )
    return await _with_secret(call, endpoint_id, secret)


@operations.on("GET", "/v1/webhooks/{id}", scope="webhooks:read", summary="Get a webhook endpoint", answer=Webhook)
async def get_webhook(call: Call[None, None]) -> Webhook:
    return Webhook.model_validate(dict(await _row(call, call.path["id"])))


@operations.on(
    "PATCH", "/v1/webhooks/{id}", scope="webhooks:write", summary="Change a webhook endpoint", body=WebhookChange,
    answer=Webhook,
)  # fmt: skip
async def change_webhook(call: Call[WebhookChange, None]) -> Webhook:
    row, body = await _row(call, call.path["id"], "lock"), call.body
    endpoint_id = row["endpoint_id"]
    if body.url:
        _reachable(call, body.url)
    types = body.types if "types" in body.model_fields_set else row["types"]
    enabled = row["enabled"] if body.enabled is None else body.enabled
    description = row["description"] if body.description is None else body.description
    await call.db.execute(SQL["change"], call.user_id, endpoint_id, body.url or row["url"], types, enabled, description)
    if not enabled:
        await call.db.execute(SQL["stop"], call.user_id, endpoint_id, "the endpoint is disabled")
    elif not row["enabled"]:
        await call.db.execute(SQL["resolve"], call.user_id, "webhook_disabled", endpoint_id)
    return Webhook.model_validate(dict(await _row(call, endpoint_id)))


@operations.on("DELETE", "/v1/webhooks/{id}", scope="webhooks:write", summary="Remove a webhook endpoint", status=204)
async def delete_webhook(call: Call[None, None]) -> None:
    """Its deliveries go with it; the events stay."""
    if await call.db.fetchval(SQL["remove"], call.user_id, call.path["id"]) is None:
        raise _none()
    await call.db.execute(SQL["forget"], call.user_id, call.path["id"])
    for kind in ("webhook_disabled", "webhook_failing"):
        await call.db.execute(SQL["resolve"], call.user_id, kind, call.path["id"])


@operations.on(
    "POST", "/v1/webhooks/{id}/secret", scope="webhooks:write", summary="Make a new secret; both sign for a day",
    answer=WebhookSecret,
)  # fmt: skip
async def rotate_webhook_secret(call: Call[None, None]) -> WebhookSecret:
    row = await _row(call, call.path["id"], "lock")
    key, vault, secret = (call.user_id, row["endpoint_id"]), call.api.vault, new_secret()
    former = vault.seal(vault.open(row["secret"], secret_place(*key)), secret_place(*key, previous=True))
    await call.db.execute(SQL["rotate"], *key, vault.seal(secret, secret_place(*key)), former, BOTH_HOURS)
    return await _with_secret(call, row["endpoint_id"], secret)


@operations.on(
    "POST", "/v1/webhooks/{id}/test", scope="webhooks:write", summary="Send a test event to an endpoint",
    answer=Delivery, status=201,
)  # fmt: skip
async def test_webhook(call: Call[None, None]) -> Delivery:
    row, event_id = await _enabled(call), new("evt")
    data = json.dumps({"endpoint_id": row["endpoint_id"]})
    await call.db.execute(SQL["test"], call.user_id, event_id, data)
    delivery_id = await call.db.fetchval(SQL["deliver"], call.user_id, row["endpoint_id"], event_id)
    call.after(lambda: call.api.bus.publish("events"))
    return _delivery(await call.db.fetchrow(SQL["delivery"], call.user_id, delivery_id))


@operations.on(
    "GET", "/v1/webhooks/{id}/deliveries", scope="webhooks:read", summary="What was sent to an endpoint",
    query=DeliveryQuery, answer=Page[Delivery],
)  # fmt: skip
async def list_webhook_deliveries(call: Call[None, DeliveryQuery]) -> Page[Delivery]:
    return await deliveries_to(call, (await _row(call, call.path["id"]))["endpoint_id"])


@operations.on(
    "POST", "/v1/webhooks/{id}/replay", scope="webhooks:write", summary="Send events once more", body=Replay,
    answer=Replayed,
)  # fmt: skip
async def replay_webhook(call: Call[Replay, None]) -> Replayed:
    row, body = await _enabled(call), call.body
    if body.event_id is not None:
        count = 1
        if await call.db.fetchval(SQL["deliver"], call.user_id, row["endpoint_id"], body.event_id) is None:
            raise NotFound("There is no such event.")
    else:
        count = await call.db.fetchval(
            SQL["replay"], call.user_id, row["endpoint_id"], body.since, row["types"], MOST_REPLAYED + 1
        )
    if count > MOST_REPLAYED:
        problem = {"field": "since", "problem": f"has more than {MOST_REPLAYED} events behind it"}
        raise Invalid(f"More than {MOST_REPLAYED} events: begin later.", [problem])
    call.after(lambda: call.api.bus.publish("events"))
    return Replayed(deliveries=count)


async def deliveries_to(call: Call[Any, DeliveryQuery], target: str) -> Page[Delivery]:
    """A page of what was sent to an endpoint or an address."""
    wanted = call.query
    rows = await call.db.fetch(
        SQL["deliveries"], call.user_id, target, *wanted.position(), wanted.limit + 1, wanted.state
    )
    shown, following = page_of(rows, wanted.limit, "delivery_id")
    return Page[Delivery](data=[_delivery(one) for one in shown], next_cursor=following)


async def _row(call: Call[Any, Any], endpoint_id: str, how: str = "get") -> asyncpg.Record:
    row = await call.db.fetchrow(SQL[how], call.user_id, endpoint_id)
    if row is None:
        raise _none()
    return row


async def _enabled(call: Call[Any, Any]) -> asyncpg.Record:
    row = await _row(call, call.path["id"])
    if not row["enabled"]:
        raise Conflict("This endpoint is disabled. Enable it first.")
    return row


async def _with_secret(call: Call[Any, Any], endpoint_id: str, secret: str) -> WebhookSecret:
    return WebhookSecret.model_validate({**await _row(call, endpoint_id), "secret": secret})


def _reachable(call: Call[Any, Any], url: str) -> None:
    """Customers' data goes there: encrypted, unless the operator trusts that origin."""
    parts = urlsplit(url)
    if parts.scheme != "https" and f"{parts.scheme}://{parts.netloc}" not in call.api.settings.tool_origins:
        problem = {"field": "url", "problem": "must begin with https://"}
        raise Invalid("The url must begin with https://.", [problem])


def _delivery(row: Any) -> Delivery:
    pending = row["state"] == "pending"
    return Delivery.model_validate(
        {**row, "log": json.loads(row["log"]), "next_attempt_at": row["next_attempt_at"] if pending else None}
    )


def _none() -> NotFound:
    return NotFound("There is no such endpoint.")
