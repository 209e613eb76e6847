"""One request to OpenAI through its SDK. Imported when first used: the SDK costs some 30 MB and a third of a second.

`client.post` with the plain response is the SDK's documented way to a path without its typed request; the typed one
walks every message and tool of the request and blocks the event loop for milliseconds.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from email.utils import parsedate_to_datetime
from typing import cast

import aiohttp
import httpx2
import openai

from agents.errors import (
    BY_CODE,
    BadRequest,
    CopyGone,
    CopyPoisoned,
    KeyRejected,
    ModelFailed,
    ModelThrottled,
    ModelUnavailable,
    PromptNotFound,
    QuotaExhausted,
    TurnTooLong,
)

CONNECT_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 30.0

# The SDK tells the provider about this machine in nine headers. Leaving them out saves a tenth of a call's CPU.
_UNSENT = (
    "Lang",
    "Package-Version",
    "OS",
    "Arch",
    "Runtime",
    "Runtime-Version",
    "Async",
    "Retry-Count",
    "Read-Timeout",
)
_OPTIONS: openai.RequestOptions = {
    "headers": {"Content-Type": "application/json"} | {f"X-Stainless-{name}": openai.Omit() for name in _UNSENT}
}
_BY_STATUS: Mapping[int, type[ModelFailed]] = {
    401: KeyRejected,
    402: QuotaExhausted,
    403: KeyRejected,
    404: BadRequest,
    408: ModelUnavailable,
    409: ModelUnavailable,
    413: TurnTooLong,
    429: ModelThrottled,
}


class Provider:
    """A long-lived client for one key."""

    def __init__(self, *, api_key: str, base_url: str, call_seconds: float, connections: int) -> None:
        limits = httpx2.Limits(max_connections=connections, keepalive_expiry=KEEP_ALIVE_SECONDS)
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=openai.Timeout(call_seconds, connect=CONNECT_SECONDS),
            http_client=openai.DefaultAioHttpClient(limits=limits),
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def post(self, path: str, body: bytes) -> tuple[bytes, str]:
        """Send JSON once; answer the body of a 2xx and the request's id. Raises the ModelFailed that it means."""
        with _failures_classed():
            response = await self._client.post(path, content=body, options=_OPTIONS, cast_to=httpx2.Response)
        return response.content, request_id(response)

    async def get(self, path: str) -> bytes:
        """Ask for something once; answer the body of a 2xx. Raises as `post`."""
        with _failures_classed():
            return bytes((await self._client.get(path, options=_OPTIONS, cast_to=httpx2.Response)).content)

    async def delete(self, path: str) -> None:
        """Delete something once. Raises as `post`."""
        with _failures_classed():
            await self._client.delete(path, options=_OPTIONS, cast_to=httpx2.Response)

    async def transcribe(
        self, model: str, file: tuple[str, bytes, str], languages: list[str], seconds: float
    ) -> tuple[bytes, str]:
        """A voice note in words, as JSON. Raises as `post`. https://platform.openai.com/docs/api-reference/audio"""
        with _failures_classed():
            raw = await self._client.audio.transcriptions.with_raw_response.create(
                model=model,
                file=file,
                response_format="json",
                extra_body={"languages": languages} if languages else {},
                timeout=openai.Timeout(seconds, connect=CONNECT_SECONDS),
            )
        return bytes(raw.content), str(raw.headers.get("x-request-id", ""))

    @asynccontextmanager
    async def stream(self, path: str, body: bytes) -> AsyncIterator[tuple[AsyncGenerator[bytes], str]]:
        """Send JSON once; give the body of a 2xx as it comes, and the request's id. Raises as `post`, any time."""
        with _failures_classed():
            streamed = await self._client.post(
                path,
                content=body,
                options=_OPTIONS,
                cast_to=httpx2.Response,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
        # Asked for the plain response, the SDK gives it, unread, whatever its stream type says.
        response = cast("httpx2.Response", streamed)
        try:
            yield _chunks(response), request_id(response)
        finally:
            await response.aclose()


async def _chunks(response: httpx2.Response) -> AsyncGenerator[bytes]:
    with _failures_classed():
        async for chunk in response.aiter_bytes():
            yield chunk


@contextmanager
def _failures_classed() -> Iterator[None]:
    try:
        yield
    except openai.APIStatusError as error:
        # The SDK's message quotes the provider's, which may quote the customer: keep it out of tracebacks.
        raise meaning(error) from None
    except (openai.APIConnectionError, aiohttp.ClientError, httpx2.HTTPError) as error:
        # The SDK's aiohttp transport calls refused and dropped connections timeouts too, so no finer word is true.
        raise ModelUnavailable("unreachable") from error


def request_id(response: httpx2.Response) -> str:
    """The provider's name for a request, for its support; empty when it gave none."""
    return str(response.headers.get("x-request-id", ""))


def meaning(error: openai.APIStatusError) -> ModelFailed:
    """What an answer other than 2xx means. Codes: https://platform.openai.com/docs/guides/error-codes."""
    code, kind, status = error.code or "", error.type or "", error.status_code
    meant = _class_of(code, kind, status)
    if meant is BadRequest:
        meant = _by_words(error)
    failed = meant(
        code or kind or "no_code",
        request_id=error.request_id or "",
        status=status,
        detail=error.message[:500] if isinstance(error.body, dict) else "",
    )
    if isinstance(failed, ModelUnavailable):
        failed.retry_after = retry_after(error.response.headers)
        failed.final = error.response.headers.get("x-should-retry") == "false"
    return failed


def _class_of(code: str, kind: str, status: int) -> type[ModelFailed]:
    if kind == "insufficient_quota":
        return QuotaExhausted
    by_status = ModelUnavailable if status >= 500 else _BY_STATUS.get(status, BadRequest)
    return BY_CODE.get(code, by_status)


def _by_words(error: openai.APIStatusError) -> type[ModelFailed]:
    """What only the provider's sentence or parameter tells: these come without a code."""
    if "No tool output found for function call" in error.message:
        return CopyPoisoned
    if error.status_code == 404 and (error.param == "conversation" or "onversation with id" in error.message):
        return CopyGone
    if error.param in ("prompt", "prompt.id", "prompt.version") or (
        error.status_code == 404 and "rompt with id" in error.message
    ):
        return PromptNotFound
    return BadRequest


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the provider asks us to wait; 0 when it does not say. A date counts from the answer's own date."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        value = headers.get("retry-after", "")
        if not value:
            return 0.0
        if "," not in value:
            return max(0.0, float(value))
        moment, now = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (moment - now).total_seconds())
    except (TypeError, ValueError):
        return 0.0
