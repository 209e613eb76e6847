"""The course of every call that the gateway makes: recorded, perhaps spoilt, checked, stored, answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from sandbox.faults import Fault
from sandbox.record import Call
from sandbox.state import Sandbox

REFUSALS: Final = frozenset({"rate_limit", "server_error", "html_502", "wrong_token", "refuse", "drop_before_store"})
LATE: Final = frozenset({"drop_after_store", "answer_lost", "delay"})
LOST_SECONDS: Final = 120.0

HTML_502: Final = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)

Refusal = Callable[[Fault], web.Response]


class Course:
    """One call from its arrival to its answer. `refusals` holds the provider's own words for each refusing fault.

    `event` is "action" for a call that sends no message.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        request: web.Request,
        call: Call,
        names: tuple[str, ...],
        refusals: Mapping[str, Refusal],
        *,
        event: str = "message",
    ) -> None:
        self._sandbox = sandbox
        self._request = request
        self._names = names
        self._refusals = refusals
        self._event = event
        self.call = sandbox.record.call(call)

    def spoilt(self) -> web.Response | None:
        """The answer of a fault that strikes before anything is stored, None when none does."""
        fault = self._sandbox.faults.take(REFUSALS, self.call.provider, self._names, self._event)
        if fault is None:
            return None
        self.call.fault = fault.kind
        if fault.kind == "drop_before_store":
            return self._cut()
        if fault.kind == "html_502":
            return self.answer(web.Response(status=502, text=HTML_502, content_type="text/html"))
        return self.answer(self._refusals[fault.kind](fault))

    def answer(self, response: web.Response, error: str = "") -> web.Response:
        self.call.status = response.status
        self.call.error = error
        self._publish()
        return response

    async def store(self, id_: str, response: web.Response) -> web.Response:
        """The provider took the message as `id_`: answers, unless a fault cuts, loses or delays the answer."""
        return await self.late(id_) or self.answer(response)

    async def late(self, id_: str) -> web.Response | None:
        """Marks the message stored as `id_` and lets a fault strike after that; an answer only if it ends the call."""
        self.call.id = id_
        fault = self._sandbox.faults.take(LATE, self.call.provider, self._names, self._event)
        if fault is None:
            return None
        self.call.fault = fault.kind
        if fault.kind == "drop_after_store":
            return self._cut()
        if fault.kind == "answer_lost":
            await self.outlast(fault.wait_seconds(LOST_SECONDS))
            return self._cut()
        await asyncio.sleep(fault.wait_seconds(2.0))
        return None

    async def unheard(self, fault: Fault) -> web.Response:
        """The call came, and nothing comes of it: waits until the client hangs up."""
        self.call.fault = fault.kind
        await self.outlast(fault.wait_seconds(LOST_SECONDS))
        return self._cut()

    async def outlast(self, seconds: float) -> None:
        """Waits until the client hangs up, at most `seconds`."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while loop.time() < ends:
            transport = self._request.transport
            if transport is None or transport.is_closing():
                return
            await asyncio.sleep(0.05)

    def _cut(self) -> web.Response:
        self._publish()
        if self._request.transport is not None:
            self._request.transport.abort()
        return web.Response(status=502)

    def _publish(self) -> None:
        if self._sandbox.record.feed.watched:
            shown = self.call.as_json()
            del shown["request"]
            self._sandbox.record.feed.publish("call", shown)
