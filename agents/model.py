"""The model: one request in, one answer out, tried again when that may help. The whole retry policy is here."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from agents import answer, stream
from agents.answer import Answer
from agents.errors import ModelFailed, ModelUnavailable
from agents.types import Usage

if TYPE_CHECKING:
    from agents.provider import Provider

OPENAI_URL = "https://api.openai.com/v1"
RETRIES = 2
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 8.0


class Model:
    """One key at one provider that speaks OpenAI's Responses API. Long-lived; close it when done.

    `call_seconds` bounds one request; `connections` bounds how many wait at once. The SDK is imported and its client
    built at the first call, or in advance by `warm`. `clock` answers monotonic seconds, `sleep` waits for some.
    Raises ValueError for a key or an address that can't be one.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = OPENAI_URL,
        call_seconds: float = 30.0,
        connections: int = 4096,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
            raise ValueError("the key is empty, or holds a character that no key has")
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("the address must begin with http:// or https://")
        self._api_key = api_key
        self._base_url = base_url
        self._call_seconds = call_seconds
        self._connections = connections
        self._clock = clock
        self._sleep = sleep
        self._provider: Provider | None = None
        self._opening = asyncio.Lock()

    async def warm(self) -> None:
        """Import the SDK and build its client now, off the event loop, so that no turn waits for it."""
        await self._open()

    async def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        provider, self._provider = self._provider, None
        if provider is not None:
            await provider.close()

    def deadline(self, seconds: float) -> float:
        """The moment on this model's clock that lies so many seconds ahead."""
        return self._clock() + seconds

    def remaining(self, deadline: float) -> float:
        """Seconds left until a moment of `deadline`; negative when it has passed."""
        return deadline - self._clock()

    async def respond(self, request: bytes, deadline: float) -> Answer:
        """Send a request, its JSON, to the Responses API until an answer comes, within the deadline.

        Nothing is stored at the provider (`store` is false), so a request that may have been read can be sent again.
        The answer's usage includes failed attempts that were charged. Raises ModelFailed, with the same sum.
        """
        spent = Usage()
        attempt = 0
        while True:
            try:
                found = await self._respond_once(request, deadline)
                return found if attempt == 0 else replace(found, usage=spent + found.usage)
            except ModelFailed as error:
                spent = error.usage = spent + error.usage
                wait = self._wait_before_retry(error, attempt, deadline)
                if wait is None:
                    raise
            await self._sleep(wait)
            attempt += 1

    async def _respond_once(self, request: bytes, deadline: float) -> Answer:
        provider = self._provider or await self._open()
        try:
            async with self._limit(deadline):
                body, request_id = await provider.post("/responses", request)
        except TimeoutError:
            raise ModelUnavailable("timeout") from None
        return answer.read(body, request_id)

    async def stream(self, request: bytes, deadline: float) -> AsyncGenerator[str | Answer]:
        """As `respond`, with pieces of the text before the answer. After the first piece nothing is tried again."""
        spent = Usage()
        attempt = 0
        while True:
            begun = False
            try:
                async with aclosing(self._stream_once(request, deadline)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield replace(piece, usage=spent + piece.usage) if isinstance(piece, Answer) else piece
                return
            except ModelFailed as error:
                spent = error.usage = spent + error.usage
                wait = None if begun else self._wait_before_retry(error, attempt, deadline)
                if wait is None:
                    raise
            await self._sleep(wait)
            attempt += 1

    async def _stream_once(self, request: bytes, deadline: float) -> AsyncGenerator[str | Answer]:
        provider = self._provider or await self._open()
        try:
            async with AsyncExitStack() as stack:
                async with self._limit(deadline):
                    chunks, request_id = await stack.enter_async_context(provider.stream("/responses", request))
                pieces = await stack.enter_async_context(aclosing(stream.pieces(chunks, request_id)))
                piece: str | Answer = ""
                while not isinstance(piece, Answer):
                    async with self._limit(deadline):
                        piece = await anext(pieces)
                    yield piece
        except TimeoutError:
            raise ModelUnavailable("timeout") from None

    def _limit(self, deadline: float) -> asyncio.Timeout:
        """The bound of one wait for the provider. Raises ModelUnavailable when no time is left."""
        seconds = min(self._call_seconds, self.remaining(deadline))
        if seconds <= 0:
            raise ModelUnavailable("deadline")
        return asyncio.timeout(seconds)

    def _wait_before_retry(self, error: ModelFailed, attempt: int, deadline: float) -> float | None:
        """Seconds to wait before the next attempt, or None when there is to be none."""
        if not isinstance(error, ModelUnavailable) or error.final or attempt >= RETRIES:
            return None
        backoff = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt) * random.uniform(0.75, 1.0)
        wait = max(backoff, error.retry_after)
        return wait if wait < self.remaining(deadline) else None

    async def _open(self) -> Provider:
        async with self._opening:
            if self._provider is None:
                self._provider = await asyncio.to_thread(self._build)
            return self._provider

    def _build(self) -> Provider:
        from agents.provider import Provider

        return Provider(
            api_key=self._api_key,
            base_url=self._base_url,
            call_seconds=self._call_seconds,
            connections=self._connections,
        )
