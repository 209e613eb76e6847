"""Google Meet: a link is asked for with an event and made a moment later.

https://developers.google.com/workspace/calendar/api/guides/create-events#conferencing
"""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sandbox.google_config import GoogleConfig
from sandbox.google_errors import bad_request
from sandbox.google_state import Google
from sandbox.google_store import Agenda, Event
from sandbox.state import Sandbox

MEET: Final = "hangoutsMeet"
_ICON: Final = (
    "https://fonts.gstatic.com/s/i/productlogos/meet_2020q4/v6/web-512dp/logo_meet_2020q4_color_2x_web_512dp.png"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a body says of the conference: nothing (keep), that there be none, a new one, or this one (copy)."""

    kind: Literal["keep", "remove", "new", "copy"]
    request_id: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)


def wish(agenda: Agenda, kept: Mapping[str, Any], body: Mapping[str, Any], version: int, *, whole: bool) -> Wish:
    """The wish in a body; without conferenceDataVersion=1 it is ignored, as Google does. Raises GoogleRefusal."""
    if version < 1 or ("conferenceData" not in body and not whole):
        return Wish("keep")
    given = body.get("conferenceData")
    if given is None:
        return Wish("remove")
    request = given.get("createRequest")
    if not request:
        if not given.get("entryPoints") or not given.get("conferenceSolution"):
            raise bad_request("Invalid conference data.")
        return Wish("copy", given=given)
    if not request.get("requestId"):
        raise bad_request("Missing conference request id.", "required")
    before = ((kept.get("conferenceData") or {}).get("createRequest") or {}).get("requestId")
    if before == request["requestId"]:
        return Wish("keep")
    if (request.get("conferenceSolutionKey") or {}).get("type") != MEET or not agenda.meet:
        raise bad_request("Invalid conference type value.")
    return Wish("new", request_id=request["requestId"])


def settle(sandbox: Sandbox, google: Google, agenda: Agenda, event: Event, wished: Wish) -> None:
    """Gives the event what was wished for. A new link is there at once where links take no time, else pending."""
    if wished.kind == "keep":
        return
    for name in ("conferenceData", "hangoutLink"):
        event.fields.pop(name, None)
    if wished.kind == "copy":
        event.fields["conferenceData"] = dict(wished.given)
    if wished.kind != "new":
        return
    event.fields["conferenceData"] = _request(wished.request_id, "pending")
    names = (agenda.id, agenda.owner)
    held = sandbox.faults.take(("meet_pending",), "google", names, "meet")
    if held is not None and held.order.seconds is None:
        return
    failure = sandbox.faults.take(("meet_failure",), "google", names, "meet") is not None
    seconds = GoogleConfig.of(sandbox.config).meet_ms / 1000 if held is None else held.wait_seconds(1.0)
    if seconds == 0:
        _finish(event, wished.request_id, failure=failure)
    else:
        sandbox.deliveries.start(_later(google, agenda, event, seconds, failure=failure))


async def _later(google: Google, agenda: Agenda, event: Event, seconds: float, *, failure: bool) -> None:
    request = event.fields["conferenceData"]["createRequest"]
    await asyncio.sleep(seconds)
    now = (event.fields.get("conferenceData") or {}).get("createRequest") or {}
    if event.cancelled or now.get("requestId") != request["requestId"]:
        return
    _finish(event, request["requestId"], failure=failure)
    google.store.touch(agenda, event)


def _finish(event: Event, request_id: str, *, failure: bool) -> None:
    data = _request(request_id, "failure" if failure else "success")
    if not failure:
        letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(10))
        code = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
        link = f"https://meet.google.com/{code}"
        data |= {
            "entryPoints": [{"entryPointType": "video", "uri": link, "label": link.removeprefix("https://")}],
            "conferenceSolution": {"key": {"type": MEET}, "name": "Google Meet", "iconUri": _ICON},
            "conferenceId": code,
        }
        event.fields["hangoutLink"] = link
    event.fields["conferenceData"] = data


def _request(request_id: str, status: str) -> dict[str, Any]:
    key = {"type": MEET}
    return {"createRequest": {"requestId": request_id, "conferenceSolutionKey": key, "status": {"statusCode": status}}}
