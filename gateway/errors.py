"""What can go wrong inside the gateway. The class decides the HTTP status and what a client is told.

GatewayError
├── Misset         a setting can't work: the process does not start
├── StoreAway      the database can't be reached: 503, try again
├── Invalid        the request is wrong, and says where: 422
├── Unauthorized   no valid key: 401
├── Forbidden      the key may not do this: 403
├── NotFound       nothing of this business has that id: 404
├── Conflict       the store holds something that contradicts it: 409
├── Stale          it has changed since the client read it: 412
├── Unsupported    nothing of that kind is taken: 415
└── TooMany        slow down: 429
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class GatewayError(Exception):
    """Anything the gateway raises on purpose. `title` is the short name that a client sees."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    @property
    def more(self) -> Mapping[str, object]:
        """What a program is told besides."""
        return {}


class Misset(GatewayError):
    """A setting can't work. The text names the setting, the reason and the remedy."""


class StoreAway(GatewayError):
    """The database does not answer; nothing was stored."""

    status = 503
    title = "Store unavailable"


class Invalid(GatewayError):
    """The request can't be understood. `fields` names each wrong field and why."""

    status = 422
    title = "Invalid request"

    def __init__(self, detail: str, fields: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.fields = fields or []

    @property
    def more(self) -> Mapping[str, object]:
        """The fields that are wrong."""
        return {"fields": self.fields} if self.fields else {}


class Unauthorized(GatewayError):
    """No key, or none that is valid."""

    status = 401
    title = "Unauthorized"


class Forbidden(GatewayError):
    """The key is valid and lacks the scope."""

    status = 403
    title = "Forbidden"


class NotFound(GatewayError):
    """This business has no such thing."""

    status = 404
    title = "Not found"


class Conflict(GatewayError):
    """The store holds something that contradicts the request."""

    status = 409
    title = "Conflict"


class Stale(GatewayError):
    """The record is no longer what the client's If-Match names."""

    status = 412
    title = "Precondition failed"


class Unsupported(GatewayError):
    """Nothing of that kind is taken."""

    status = 415
    title = "Unsupported media type"


class TooMany(GatewayError):
    """A limit was reached. `retry_after` is in seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
