"""An app that uses Google through Google's own libraries, with the sandbox in Google's place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import httplib2
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.sandbox.conftest import Client

CLIENT_ID = "100000000000-sandbox.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-sandbox-client-secret"
OWNER = "owner@bloomdental.example"
SECOND = "second@bloomdental.example"
TEAM = "c_team@group.calendar.google.com"
HOLIDAYS = "es.spain#holiday@group.v.calendar.google.com"
AUTH = "https://www.googleapis.com/auth/"
SCOPES = ["openid", f"{AUTH}userinfo.email", f"{AUTH}calendar.events.owned", f"{AUTH}calendar.freebusy"]
CALLBACK = "http://127.0.0.1:9/oauth/google/callback"
EVENTS = "/calendar/v3/calendars/primary/events"


def flow(sandbox: Client, scopes: list[str] | None = None, **more: Any) -> Flow:
    """Google's own client of the consent."""
    web = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "auth_uri": f"{sandbox.url}/o/oauth2/v2/auth",
        "token_uri": f"{sandbox.url}/token",
    }
    return Flow.from_client_config({"web": web}, scopes or SCOPES, redirect_uri=CALLBACK, **more)


DOCUMENT = json.loads(
    files("googleapiclient").joinpath("discovery_cache/documents/calendar.v3.json").read_text(encoding="utf-8")
)


@dataclass
class App:
    """Calls of one connected account. Every call runs in a thread with a connection of its own."""

    sandbox: Client
    credentials: Credentials

    def __post_init__(self) -> None:
        self.service = build(
            "calendar",
            "v3",
            credentials=self.credentials,
            client_options={"api_endpoint": f"{self.sandbox.url}/calendar/v3/"},
            static_discovery=True,
            cache_discovery=False,
        )

    async def run(self, request: Any, headers: dict[str, str] | None = None, seconds: float = 10) -> Any:
        """Executes a request of the client library."""
        request.headers.update(headers or {})
        connection = httplib2.Http(timeout=seconds)

        def execute() -> Any:
            try:
                return request.execute(http=AuthorizedHttp(self.credentials, http=connection), num_retries=0)
            finally:
                connection.close()

        answer = await asyncio.to_thread(execute)
        check_answer(request.methodId, answer, partial="fields=" in request.uri)
        return answer

    async def refused(self, request: Any, **more: Any) -> tuple[int, str]:
        """Executes a request that is refused: the status, and Google's reason."""
        try:
            answer = await self.run(request, **more)
        except HttpError as error:
            return error.status_code, error.error_details[0]["reason"]
        raise AssertionError(f"not refused: {answer}")

    @property
    def events(self) -> Any:
        return self.service.events()

    async def insert(self, calendar: str = "primary", conference: int = 1, **more: Any) -> Any:
        return await self.run(
            self.events.insert(calendarId=calendar, body=event_body(**more), conferenceDataVersion=conference)
        )

    async def get(self, id_: str, calendar: str = "primary") -> Any:
        return await self.run(self.events.get(calendarId=calendar, eventId=id_))


def check_answer(method_id: str, answer: Any, *, partial: bool = False) -> None:
    """An answer has nothing that Google's description of the method does not have, and all of its types."""
    _, resource, name = method_id.split(".")
    described = DOCUMENT["resources"][resource]["methods"][name].get("response")
    if described is None:
        assert answer == ""
        return
    _check(answer, described, method_id)
    assert partial or answer["kind"] == DOCUMENT["schemas"][described["$ref"]]["properties"]["kind"]["default"]


def _check(value: Any, schema: Any, path: str) -> None:
    if "$ref" in schema:
        schema = DOCUMENT["schemas"][schema["$ref"]]
    kinds = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
    assert isinstance(value, kinds[schema["type"]]), path
    if isinstance(value, dict):
        for name, each in value.items():
            inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            assert inner is not None, f"{path}.{name} is not Google's"
            _check(each, inner, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            _check(each, schema["items"], f"{path}[]")
    elif schema.get("format") == "date-time":
        assert datetime.fromisoformat(value).tzinfo is not None, path


def event_body(start: str = "2026-12-01T10:00:00+01:00", **more: Any) -> dict[str, Any]:
    """The least that an event needs: half an hour, unless `more` has an end or whole times."""
    times = {"start": {"dateTime": start}, "end": {"dateTime": start.replace(":00:00", ":30:00", 1)}}
    return {"summary": "Check-up", **times, **more}


def meet(request_id: str = "r1", kind: str = "hangoutsMeet") -> dict[str, Any]:
    return {"createRequest": {"requestId": request_id, "conferenceSolutionKey": {"type": kind}}}


async def connect(sandbox: Client, account: str = "", scopes: list[str] | None = None) -> App:
    """A connected account, without a browser."""
    wish: dict[str, Any] = {"account": account, **({"scopes": scopes} if scopes else {})}
    status, told = await sandbox.ask("POST", "/_sandbox/google/connect", json=wish)
    assert status == 201, told
    return App(
        sandbox,
        Credentials(
            token=told["access_token"],
            refresh_token=told["refresh_token"],
            token_uri=f"{sandbox.url}/token",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
        ),
    )


async def owner(sandbox: Client, do: str, **wish: Any) -> dict[str, Any]:
    """What the owner does in his calendar."""
    status, event = await sandbox.ask("POST", "/_sandbox/google/events", json={"do": do, **wish})
    assert status in (200, 201), event
    return dict(event)


async def raises(kind: type[Exception], what: Callable[[], Any]) -> Exception:
    """The exception of this kind that a blocking call raises."""
    try:
        answer = await asyncio.to_thread(what)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}: {answer}")
