"""A small Google over real HTTP, for what is told to it and for answers that no honest Google gives.

Tokens are plain: the access token `at-<n>`, the refresh token `rt-<account>`, the code `code-<account>`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.booking.consent import ASKED
from gateway.settings import Settings
from tests.business import KEY

OWNER = "owner@bloom.example"
TEAM = "team@group.calendar.google.com"
Answer = tuple[int, Any] | str | Callable[[], Awaitable[None]]


def refusal(status: int, reason: str) -> tuple[int, Any]:
    """An error as Google's calendar writes it."""
    error = {"code": status, "message": "no", "errors": [{"domain": "global", "reason": reason, "message": "no"}]}
    return status, {"error": error}


@dataclass
class Google:
    """`faults`: by the last part of a path, what the next calls get instead: an answer, `drop` (nothing is done),
    `stored-drop`, `hang`, or something to wait for before the usual answer."""

    url: str = ""
    calls: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    busy: dict[str, Any] = field(default_factory=dict)
    scope: str = " ".join(ASKED)
    gives_refresh: bool = True
    seconds: int = 3599
    account: str = OWNER
    challenge: str = ""
    valid: set[str] = field(default_factory=set)
    headers: list[dict[str, str]] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def settings(self, **more: Any) -> Settings:
        """Settings that lead here."""
        return Settings(
            secret_keys=(KEY,), google_client_id="client-1", google_client_secret="secret-1",
            google_auth_url=f"{self.url}/auth", google_token_url=f"{self.url}/token",
            google_revoke_url=f"{self.url}/revoke", google_api_url=self.url, **more,
        )  # fmt: skip

    def writes(self) -> list[str]:
        """The methods that changed something, or tried to."""
        return [method for method, path, _, _ in self.calls if method != "GET" and not path.endswith("freeBusy")]

    def consents(self, url: str, account: str = OWNER) -> dict[str, str]:
        """A person who opens the consent page's address and agrees: what comes back with the browser."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.challenge = query["code_challenge"]
        assert query["access_type"] == "offline"
        assert "consent" in query["prompt"]
        self.account = account
        return {"state": query["state"], "code": f"code-{account}"}

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        fault = self._fault("token")
        if isinstance(fault, tuple):
            return web.json_response(fault[1], status=fault[0])
        if fault is not None:
            await self._befall(fault, request)
        if (form.get("client_id"), form.get("client_secret")) != ("client-1", "secret-1"):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form["grant_type"] == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.challenge:
                return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(self._tokens(form))

    def _tokens(self, form: dict[str, str]) -> dict[str, Any]:
        token = f"at-{next(self._numbers)}"
        self.valid.add(token)
        claims = base64.urlsafe_b64encode(json.dumps({"email": self.account}).encode()).decode().rstrip("=")
        answer = {"access_token": token, "expires_in": self.seconds, "scope": self.scope, "token_type": "Bearer"}
        answer["id_token"] = f"e30.{claims}.x"
        if form["grant_type"] == "authorization_code" and self.gives_refresh:
            answer["refresh_token"] = f"rt-{self.account}"
        return answer

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        token = str((await request.post())["token"])
        fault = self._fault("revoke")
        if isinstance(fault, tuple):
            return web.json_response(fault[1], status=fault[0])
        self.revoked.append(token)
        return web.json_response({})

    async def api(self, request: web.Request) -> web.StreamResponse:
        raw = await request.text()
        body = json.loads(raw) if raw else None
        self.calls.append((request.method, request.path, dict(request.query), body))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        last = request.path.rpartition("/")[2]
        fault = self._fault(last)
        if isinstance(fault, tuple):
            return web.json_response(fault[1], status=fault[0])
        if fault is not None and fault != "stored-drop":
            await self._befall(fault, request)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.valid:
            status, error = refusal(401, "authError")
            return web.json_response(error, status=status)
        status, answer = self._answer(request.method, request.path, request.query, body)
        if fault == "stored-drop":
            await self._befall("drop", request)
        return web.json_response(answer, status=status) if answer is not None else web.Response(status=status)

    def _answer(self, method: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
        last = path.rpartition("/")[2]
        if last == "freeBusy":
            told = {one["id"]: self.busy.get(one["id"], {"busy": []}) for one in body["items"]}
            return 200, {"calendars": {name: one for name, one in told.items() if one is not None}}
        if last == "calendarList":
            return 200, {"items": [
                {"id": self.account, "summary": "Me", "timeZone": "Europe/Madrid", "accessRole": "owner",
                 "primary": True},
                {"id": TEAM, "summary": "Team", "timeZone": "Asia/Tokyo", "accessRole": "owner"},
                {"id": "holidays", "summary": "Holidays", "timeZone": "Europe/Madrid", "accessRole": "reader"},
            ]}  # fmt: skip
        if method == "POST":
            if body["id"] in self.events:
                return refusal(409, "duplicate")
            self.events[body["id"]] = {"status": "confirmed", "etag": '"1"', **body}
            return 200, self.events[body["id"]]
        if last == "events":
            return 200, {"items": list(self.events.values()), "timeZone": "Europe/Madrid", "nextSyncToken": "s1"}
        if last not in self.events:
            return refusal(404, "notFound")
        if method == "DELETE":
            gone = self.events[last]["status"] == "cancelled"
            self.events[last]["status"] = "cancelled"
            return refusal(410, "deleted") if gone else (204, None)
        if method == "PATCH":
            self.events[last] |= {**body, "etag": '"2"'}
        return 200, self.events[last]

    def _fault(self, name: str) -> Answer | None:
        waiting = self.faults.get(name)
        return waiting.pop(0) if waiting else None

    async def _befall(self, fault: Answer, request: web.Request) -> None:
        if callable(fault):
            await fault()
        elif fault == "hang":
            await self.hanging.wait()
        elif fault == "drop":
            assert request.transport is not None
            request.transport.close()
            await asyncio.sleep(0)


@asynccontextmanager
async def scripted() -> AsyncIterator[Google]:
    """A running one."""
    google = Google()
    app = web.Application()
    app.router.add_post("/token", google.token)
    app.router.add_post("/revoke", google.revoke)
    app.router.add_route("*", "/calendar/v3/{path:.*}", google.api)
    async with TestServer(app) as server:
        google.url = str(server.make_url("")).rstrip("/")
        yield google
        google.hanging.set()
