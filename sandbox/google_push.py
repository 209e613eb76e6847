"""Notification channels: a bare request for every change, without a body and without a signature.

https://developers.google.com/workspace/calendar/api/guides/push
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from aiohttp import web

from sandbox.deliveries import Outgoing, Webhook
from sandbox.google_channels import Channel
from sandbox.google_errors import GoogleRefusal, bad_request
from sandbox.google_state import GOOGLE
from sandbox.google_store import Agenda
from sandbox.google_visit import Answer, Visit
from sandbox.state import SANDBOX, Sandbox

DEFAULT_SECONDS: Final = 604_800
RETRIED: Final = frozenset({500, 502, 503, 504})
_ID: Final = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def watch(visit: Visit) -> Answer:
    """POST a channel for the events of a calendar; its first message says sync."""
    agenda, body = visit.agenda("reader"), visit.body
    id_, address = body.get("id"), body.get("address")
    if not id_:
        raise bad_request("Required", "required")
    if not _ID.fullmatch(id_) or len(body.get("token") or "") > 256:
        raise bad_request("Invalid value for: channel id or token.")
    if body.get("type") not in ("web_hook", "webhook"):
        raise bad_request(f"Unknown channel type: {body.get('type')}", "push.channelTypeNotSupported")
    if id_ in visit.google.channels.all:
        raise bad_request(f"Channel id {id_} not unique", "channelIdNotUnique")
    _check_address(address)
    uri = f"{visit.base_url}/calendar/v3/calendars/{quote(agenda.id, safe='')}/events?alt=json"
    ends = _ends(body)
    channel = Channel(id_, visit.email, agenda.id, agenda.resource_id, uri, str(address), body.get("token") or "", ends)
    visit.google.channels.all[id_] = channel
    notify(visit.sandbox, channel, "sync")
    answer = {"kind": "api#channel", "id": id_, "resourceId": channel.resource_id, "resourceUri": uri}
    answer |= {"expiration": str(int(ends * 1000))} | ({"token": channel.token} if channel.token else {})
    return Answer(answer, id=id_)


def _check_address(address: str | None) -> None:
    parts = urlsplit(address or "")
    if not parts.hostname:
        raise bad_request("Required", "required")
    # Google takes https alone; what listens on this machine has no certificate.
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise bad_request(f"WebHook callback must be HTTPS: {address}", "push.webhookUrlNotHttps")


def _ends(body: Mapping[str, Any]) -> float:
    now = time.time()
    ttl, until = (body.get("params") or {}).get("ttl"), body.get("expiration")
    if ttl is not None and not ttl.isdecimal():
        raise bad_request("Invalid value for: params.ttl.")
    if until is not None and int(until) / 1000 <= now:
        raise bad_request("Invalid value for: expiration.")
    wanted = int(until) / 1000 if until is not None else now + int(ttl or DEFAULT_SECONDS)
    return min(wanted, now + DEFAULT_SECONDS)


def stop(visit: Visit) -> Answer:
    """POST the end of a channel."""
    id_, resource = visit.body.get("id"), visit.body.get("resourceId")
    channel = visit.google.channels.all.get(id_ or "")
    if channel is None or not channel.live or channel.resource_id != resource or channel.email != visit.email:
        raise GoogleRefusal(404, "notFound", f"Channel '{id_}' not found for project '100000000000'")
    channel.stopped = True
    return Answer(status=204, id=channel.id)


def notify(sandbox: Sandbox, channel: Channel, state: str) -> None:
    """Sends one message, unless a fault loses it."""
    channel.sent += 1
    names = (channel.calendar, channel.email, channel.id)
    if sandbox.faults.take(("push_lost",), "google", names, "push"):
        return
    headers = {
        "X-Goog-Channel-ID": channel.id,
        "X-Goog-Channel-Expiration": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(channel.ends)),
        "X-Goog-Resource-ID": channel.resource_id,
        "X-Goog-Resource-URI": channel.uri,
        "X-Goog-Resource-State": state,
        "X-Goog-Message-Number": str(channel.sent),
        "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        **({"X-Goog-Channel-Token": channel.token} if channel.token else {}),
    }

    async def prepare(_: Sequence[Webhook]) -> Outgoing:
        return Outgoing(channel.address, headers, b"")

    sandbox.deliveries.submit(
        Webhook(
            provider="google",
            event="push",
            id=f"{channel.id}/{channel.sent}",
            number=channel.calendar,
            number_names=names,
            customer=channel.email,
            lane=("google", channel.id),
            prepare=prepare,
            patience=60.0,
            final=frozenset(range(300, 600)) - RETRIED,
        )
    )


async def wiring(app: web.Application) -> AsyncIterator[None]:
    """While the sandbox runs, every change of a calendar goes to its channels."""
    sandbox, google = app[SANDBOX], app[GOOGLE]

    def tell(agenda: Agenda) -> None:
        for channel in google.channels.watching(agenda):
            notify(sandbox, channel, "exists")

    google.store.changed = tell
    yield
    google.store.changed = lambda _: None
