"""Group commit without a timer: commit what is there, and meanwhile collect what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from gateway.errors import StoreAway

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batch(Generic[Item, Result]):
    """Callers add one item each and wait; `flush` commits many and returns one result for each, in order.

    A flush that fails for its data is done again item by item, so that one bad item costs its siblings nothing.
    """

    def __init__(
        self, flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, limit: int = 200, in_flight: int = 1
    ) -> None:
        self._flush = flush
        self._limit = limit
        self._in_flight = in_flight
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._busy = 0
        self._workers: set[asyncio.Task[None]] = set()

    @property
    def depth(self) -> int:
        """How many items wait for a commit."""
        return len(self._waiting)

    async def add(self, item: Item) -> Result:
        """Returns this item's result after its commit; raises what its commit raised."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._busy < self._in_flight:
            self._busy += 1
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await future

    async def close(self) -> None:
        """Waits until everything that was added is committed or refused."""
        while self._workers:
            await asyncio.wait(self._workers)

    async def _work(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                await self._commit(taken)
        finally:
            # Here and not in a callback, which runs later: an item added in between would find nobody.
            self._busy -= 1

    async def _commit(self, taken: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in taken])
        except StoreAway as error:
            _fail(taken, error)
        except Exception as error:  # the boundary of a worker loop: the waiting callers get it
            if len(taken) == 1:
                _fail(taken, error)
                return
            for one in taken:
                await self._commit([one])
        else:
            for (_, future), result in zip(taken, results, strict=True):
                if not future.done():
                    future.set_result(result)


def _fail(taken: list[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
    for _, future in taken:
        if not future.done():
            future.set_exception(error)
