"""The model: one request in, one answer out, tried again when that may help. The whole retry policy is here."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from agents import answer, stream
from agents.answer import Answer
from agents.circuit import Circuit
from agents.errors import CopyLocked, ModelFailed, ModelThrottled, ModelUnavailable
from agents.types import ModelCall

if TYPE_CHECKING:
    from agents.provider import Provider

OPENAI_URL = "https://api.openai.com/v1"
RETRIES = 2
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 8.0
UNASKED = ("circuit_open", "deadline")  # the codes of failures for which nothing was sent


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
        self._circuit = Circuit(clock)
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

    async def respond(
        self,
        request: bytes,
        deadline: float,
        *,
        model: str = "",
        calls: list[ModelCall] | None = None,
        retry: bool = True,
    ) -> Answer:
        """Send a request, its JSON, to the Responses API until an answer comes, within the deadline.

        Every attempt is put down in `calls`. `retry` is for requests that leave nothing behind at the provider: they
        can be sent again although they may have been read. Raises ModelFailed.
        """
        calls = [] if calls is None else calls
        attempt = 0
        while True:
            began = self._clock()
            try:
                self._circuit.check(model)
                found = await self._respond_once(request, deadline)
            except ModelFailed as error:
                self._failed(calls, model, began, error)
                wait = self._wait_before_retry(error, attempt, deadline, retry=retry)
                if wait is None:
                    raise
            else:
                self._passed(calls, model, began, found)
                return found
            await self._sleep(wait)
            attempt += 1

    async def _respond_once(self, request: bytes, deadline: float) -> Answer:
        async with self.asking(deadline) as provider:
            body, request_id = await provider.post("/responses", request)
        return answer.read(body, request_id)

    async def stream(
        self,
        request: bytes,
        deadline: float,
        *,
        model: str = "",
        calls: list[ModelCall] | None = None,
        retry: bool = True,
    ) -> AsyncGenerator[str | Answer]:
        """As `respond`, with pieces of the text before the answer. After the first piece nothing is tried again."""
        calls = [] if calls is None else calls
        attempt = 0
        while True:
            begun, began = False, self._clock()
            try:
                self._circuit.check(model)
                async with aclosing(self._stream_once(request, deadline)) as pieces:
                    async for piece in pieces:
                        begun = True
                        if isinstance(piece, Answer):
                            self._passed(calls, model, began, piece)
                        yield piece
                return
            except ModelFailed as error:
                self._failed(calls, model, began, error)
                wait = None if begun else self._wait_before_retry(error, attempt, deadline, retry=retry)
                if wait is None:
                    raise
            await self._sleep(wait)
            attempt += 1

    def _passed(self, calls: list[ModelCall], model: str, began: float, found: Answer) -> None:
        self._circuit.passed(model)
        seconds = self._clock() - began
        calls.append(
            ModelCall(
                model=found.model or model,
                usage=found.usage,
                request_id=found.request_id,
                seconds=seconds,
                at=time.time() - seconds,
            )
        )

    def _failed(self, calls: list[ModelCall], model: str, began: float, error: ModelFailed) -> None:
        if error.code in UNASKED:
            return
        self._circuit.failed(model, error)
        seconds = self._clock() - began
        calls.append(
            ModelCall(
                model=model, outcome=error.code[:60], usage=error.usage, request_id=error.request_id,
                seconds=seconds, at=time.time() - seconds
            )
        )  # fmt: skip

    @asynccontextmanager
    async def asking(self, deadline: float, call_seconds: float = 0.0) -> AsyncIterator[Provider]:
        """The client below, for one request, which is given up at the deadline and after `call_seconds`; 0 is what
        every call may take. Raises ModelUnavailable."""
        provider = self._provider or await self._open()
        try:
            async with self._limit(deadline, call_seconds):
                yield provider
        except TimeoutError:
            raise ModelUnavailable("timeout") from None

    def check(self, model: str) -> None:
        """Raises what a request to a model would fail with, when it would fail before anything is asked."""
        self._circuit.check(model, trying=False)

    async def pause(self, seconds: float) -> None:
        """Waits on this model's clock."""
        await self._sleep(seconds)

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

    def _limit(self, deadline: float, call_seconds: float = 0.0) -> asyncio.Timeout:
        """The bound of one wait for the provider. Raises ModelUnavailable when no time is left."""
        seconds = min(call_seconds or self._call_seconds, self.remaining(deadline))
        if seconds <= 0:
            raise ModelUnavailable("deadline")
        return asyncio.timeout(seconds)

    def _wait_before_retry(self, error: ModelFailed, attempt: int, deadline: float, *, retry: bool) -> float | None:
        """Seconds to wait before the next attempt, or None when there is to be none."""
        if not isinstance(error, ModelUnavailable) or isinstance(error, CopyLocked):
            return None
        if not retry and not isinstance(error, ModelThrottled):
            return None  # it may have been read
        if error.final or error.code in UNASKED or attempt >= RETRIES:
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
