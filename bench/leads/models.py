"""Who is asked: a perfect reader, the sandbox's stand-in over real HTTP, or a real model."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from agents.extraction import Asked, Reading, extract
from agents.model import OPENAI_URL, Model
from bench.leads.cases import Case
from bench.leads.claims import oracle
from sandbox.app import make_app
from sandbox.config import Config

SANDBOX_MODEL = "gpt-5.6-terra"
Reads = Callable[[Case], Awaitable[Reading]]


@asynccontextmanager
async def reader(name: str) -> AsyncIterator[Reads]:
    """Somebody who reads cases. Raises ValueError when a real model is named and there is no key."""
    if name == "oracle":
        yield _oracle
    elif name == "sandbox":
        async with _sandbox() as url, _asking(url, "sk-sandbox", SANDBOX_MODEL) as reads:
            yield reads
    else:
        key = os.environ.get("OPENAI_API_KEY", "")
        if not key:
            raise ValueError(
                f"the model {name} needs OPENAI_API_KEY; without a key there are sandbox, gullible, oracle"
            )
        async with _asking(os.environ.get("OPENAI_BASE_URL") or OPENAI_URL, key, name) as reads:
            yield reads


async def _oracle(case: Case) -> Reading:
    return oracle(case)


@asynccontextmanager
async def _sandbox() -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        runner = web.AppRunner(make_app(Config(), url), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield f"{url}/v1"
        finally:
            await runner.cleanup()


@asynccontextmanager
async def _asking(url: str, key: str, name: str) -> AsyncIterator[Reads]:
    model = Model(api_key=key, base_url=url, call_seconds=80)

    async def reads(case: Case) -> Reading:
        return (await extract(model, Asked(id=case.id, lines=case.lines, model=name))).reading

    try:
        yield reads
    finally:
        await model.close()
