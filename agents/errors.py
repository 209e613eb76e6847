"""What can go wrong on the model side. The class alone decides what the gateway does next.

AgentError
├── ToolFailed              raised by a tool: its text goes back to the model, the turn goes on
└── ModelFailed
    ├── ModelUnavailable    the provider is in trouble or out of reach: the same turn may pass later
    │   ├── ModelThrottled  the key is over its rate: the same turn may pass after `retry_after` seconds
    │   └── CopyLocked      another run still holds the provider's copy of the transcript: wait, then make a new copy
    ├── QuotaExhausted      no money left: every turn on this key fails until somebody pays; tell the operator
    ├── KeyRejected         the key is wrong or may not do this: every turn fails; tell the operator
    ├── BadRequest          the provider will never take this request: the agent's settings are wrong; tell the operator
    │   ├── ModelNotFound   the agent names a model that does not exist, or no longer
    │   ├── PromptNotFound  the agent runs a prompt stored at the provider, which no longer has it
    │   ├── BadImage        the model can't open a file: ask again without it, and say so
    │   ├── CopyPoisoned    a call without an answer stands in the copy: answer it, or make a new copy
    │   └── CopyGone        the copy was deleted, or belongs to another key: make a new one
    ├── TurnTooLong         the transcript does not fit the model: send less of it
    ├── ModelRefused        the model or its provider declines the content: say the fallback line
    └── ModelUnusable       an answer came, and it holds nothing that can be sent: say the fallback line
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.types import ModelCall, Usage


class AgentError(Exception):
    """Anything the model side raises."""


class ToolFailed(AgentError):
    """A tool could not do what it was asked. The text is for the model to read."""


class ModelFailed(AgentError):
    """A turn got no reply.

    `usage` is what the whole turn spent before it failed, `calls` each request of it; `request_id` names the last
    request at the provider, `code` is the provider's own code or one word of ours. `detail` is the provider's own
    sentence: it may quote the customer, so it is no part of `str(error)` and does not belong in a log.
    """

    def __init__(
        self, code: str, *, usage: Usage | None = None, request_id: str = "", status: int = 0, detail: str = ""
    ) -> None:
        super().__init__(f"{status} {code}" if status else code)
        self.code = code
        self.usage = usage or Usage()
        self.request_id = request_id
        self.status = status
        self.detail = detail
        self.calls: tuple[ModelCall, ...] = ()
        self.left_behind: tuple[str, ...] = ()


class ModelUnavailable(ModelFailed):
    """The provider could not answer now. `retry_after` is in seconds, and 0 when the provider named no time.

    `final` says that the provider asked not to be tried again at once.
    """

    retry_after: float = 0.0
    final: bool = False


class ModelThrottled(ModelUnavailable):
    """The provider refused for speed."""


class CopyLocked(ModelUnavailable):
    """The provider works on the copy of this transcript already."""


class QuotaExhausted(ModelFailed):
    """The account behind the key has no credit left, or has reached its spending limit."""


class KeyRejected(ModelFailed):
    """The provider does not know the key, or the key may not do this."""


class BadRequest(ModelFailed):
    """The provider understood the request and will never take it."""


class ModelNotFound(BadRequest):
    """The model does not exist, was shut down, or is closed to this key."""


class PromptNotFound(BadRequest):
    """The stored prompt is gone, or stored prompts are."""


class BadImage(BadRequest):
    """A picture or a file that the model can't open."""


class CopyPoisoned(BadRequest):
    """The copy holds a function call that nobody answered."""


class CopyGone(BadRequest):
    """There is no such copy for this key."""


class TurnTooLong(ModelFailed):
    """The instructions, tools and transcript are longer than the model can read."""


class ModelRefused(ModelFailed):
    """The model refused, or a content rule of the provider stopped it."""


class ModelUnusable(ModelFailed):
    """The answer was empty, cut off, cancelled, failed, or not of the published shape."""


# The provider uses one set of codes for refused requests, failed responses and broken streams.
BY_CODE: Mapping[str, type[ModelFailed]] = {
    **dict.fromkeys(
        (
            "billing_hard_limit_reached",
            "credit_balance_exhausted",
            "insufficient_quota",
            "organization_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "project_spend_limit_exceeded",
        ),
        QuotaExhausted,
    ),
    **dict.fromkeys(
        (
            "bio_policy",
            "content_filter",
            "content_policy_violation",
            "image_content_policy_violation",
            "invalid_prompt",
            "misalignment_policy_violation",
        ),
        ModelRefused,
    ),
    **dict.fromkeys(("context_length_exceeded", "string_above_max_length"), TurnTooLong),
    **dict.fromkeys(("rate_limit_exceeded", "slow_down"), ModelThrottled),
    **dict.fromkeys(("server_error", "server_is_overloaded", "vector_store_timeout"), ModelUnavailable),
    **dict.fromkeys(
        (
            "empty_image_file",
            "failed_to_download_image",
            "image_file_not_found",
            "image_file_too_large",
            "image_parse_error",
            "image_too_large",
            "image_too_small",
            "invalid_base64_image",
            "invalid_image",
            "invalid_image_format",
            "invalid_image_mode",
            "invalid_image_url",
            "unsupported_image_media_type",
        ),
        BadImage,
    ),
    "conversation_locked": CopyLocked,
    "conversation_not_found": CopyGone,
    "prompt_not_found": PromptNotFound,
    "invalid_api_key": KeyRejected,
    "model_not_found": ModelNotFound,
}
