"""What can go wrong at a provider. The class alone decides what the gateway does next.

ChannelError
├── HookRejected        answer `status`, store nothing
└── SendFailed
    ├── Unreachable     nothing left this machine: try again
    ├── Throttled       the provider refused for speed: try again after `retry_after` seconds
    ├── Unavailable     the provider said that it did not take it, and that it may later: try again
    ├── Ambiguous       the provider may have taken it: never send again before evidence settles it
    ├── Refused         this message can never be sent: record the code, go on
    ├── OptedOut        the customer wants no messages: record, stop writing to them
    ├── Gone            a file is no longer at the provider: mark it, never ask again
    └── Misconfigured   the number can't send at all (token, permission): keep the message, tell the operator
"""

from __future__ import annotations


class ChannelError(Exception):
    """Anything a channel raises."""


class HookRejected(ChannelError):
    """The request did not prove that it comes from the provider."""

    def __init__(self, reason: str, status: int = 403) -> None:
        super().__init__(reason)
        self.status = status


class SendFailed(ChannelError):
    """A part was not accepted. `code` and `detail` are the provider's own words, never ours."""

    def __init__(self, detail: str, *, code: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Unreachable(SendFailed):
    """The connection was never made, so nothing was sent."""


class Unavailable(SendFailed):
    """The provider answered that it could not take the message now."""


class Throttled(SendFailed):
    """The provider refused for speed."""

    def __init__(self, detail: str, *, code: str = "", retry_after: float = 1.0, pair_only: bool = False) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after
        self.pair_only = pair_only


class Ambiguous(SendFailed):
    """The request left, and no answer says whether it was taken."""


class Refused(SendFailed):
    """The provider will never take this message."""


class OptedOut(SendFailed):
    """The customer has told the provider to stop us."""


class Misconfigured(SendFailed):
    """The number's credentials or permissions are wrong; every message on it would fail."""


class Gone(SendFailed):
    """The customer's file is no longer at the provider."""
