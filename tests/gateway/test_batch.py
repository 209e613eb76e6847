"""Group commit: everything added is committed once, in order, whoever fails beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.batch import Batch
from gateway.errors import StoreAway


async def test_what_comes_during_a_commit_goes_into_the_next_one() -> None:
    sizes: list[int] = []

    async def flush(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        await asyncio.sleep(0)
        return [item * 2 for item in items]

    batch = Batch(flush, limit=10)
    assert await asyncio.gather(*(batch.add(n) for n in range(25))) == [n * 2 for n in range(25)]
    assert sizes == [10, 10, 5]


async def test_an_item_added_right_behind_a_commit_is_not_forgotten() -> None:
    async def flush(items: Sequence[int]) -> Sequence[int]:
        return items

    batch = Batch(flush)
    for n in range(50):
        assert await asyncio.wait_for(batch.add(n), 5) == n


async def test_one_bad_item_fails_alone() -> None:
    async def flush(items: Sequence[int]) -> Sequence[int]:
        if 3 in items:
            raise ValueError("three")
        return items

    batch = Batch(flush)
    results = await asyncio.gather(*(batch.add(n) for n in range(6)), return_exceptions=True)
    assert [r for r in results if isinstance(r, int)] == [0, 1, 2, 4, 5]
    assert [str(r) for r in results if isinstance(r, Exception)] == ["three"]


async def test_the_store_away_is_everybodys_news_at_once() -> None:
    calls = 0

    async def flush(_items: Sequence[int]) -> Sequence[int]:
        nonlocal calls
        calls += 1
        raise StoreAway("gone")

    batch = Batch(flush)
    results = await asyncio.gather(*(batch.add(n) for n in range(6)), return_exceptions=True)
    assert all(isinstance(result, StoreAway) for result in results)
    assert calls == 1


async def test_close_waits_for_what_was_added() -> None:
    done: list[int] = []

    async def flush(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        done.extend(items)
        return items

    batch = Batch(flush)
    task = asyncio.gather(*(batch.add(n) for n in range(3)))
    await asyncio.sleep(0)
    await batch.close()
    assert done == [0, 1, 2]
    await task


@pytest.mark.parametrize("in_flight", [1, 3])
async def test_no_more_commits_run_at_once_than_allowed(in_flight: int) -> None:
    running = most = 0

    async def flush(items: Sequence[int]) -> Sequence[int]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return items

    batch = Batch(flush, limit=1, in_flight=in_flight)
    await asyncio.gather(*(batch.add(n) for n in range(20)))
    assert most == in_flight
