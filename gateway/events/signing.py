"""Standard Webhooks: how a delivery proves whom it is from. https://www.standardwebhooks.com"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret as its owner is shown it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secret_place(user_id: str, endpoint_id: str, *, previous: bool = False) -> str:
    """The place that an endpoint's secret is bound to."""
    return f"{user_id}/webhook_endpoints.{'previous_secret' if previous else 'secret'}/{endpoint_id}"


def body_of(event_id: str, kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body of an event: the same bytes whenever it is written."""
    whole = {"id": event_id, "type": kind, "timestamp": stamp(at), "data": data}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def stamp(at: datetime) -> str:
    """A time in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def signed(keys: Sequence[str], event_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery made at `seconds` since 1970, with a signature by each secret."""
    text = f"{event_id}.{seconds}.".encode() + body
    signatures = (hmac.digest(base64.b64decode(key.removeprefix(PREFIX)), text, "sha256") for key in keys)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }
