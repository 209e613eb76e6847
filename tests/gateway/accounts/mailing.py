"""A gateway that sends letters, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.db import Pool
from tests.desk import Desk, desk
from tests.gateway.test_mail import FROM, Post, post, read, words
from tests.waiting import until

Sent = list[tuple[str, str, str]]


@asynccontextmanager
async def mailing_desk(
    dsn: str, pool: Pool, folder: Path, *, port: int | None = None
) -> AsyncIterator[tuple[Desk, Post]]:
    """A gateway and the mail server that takes its letters."""
    async with post() as office:
        smtp = f"smtp://127.0.0.1:{office.port}"
        async with desk(dsn, pool, folder, port=port, smtp_url=smtp, mail_from=FROM) as one:
            yield one, office


async def letters(office: Post, count: int) -> Sent:
    """(to, subject, token) of so many letters, in the order of their recipients' addresses and of their arrival."""

    async def enough() -> bool:
        return len(office.taken) >= count

    await until(enough, 30)
    found = []
    for to, raw in office.taken:
        message = read(raw)
        token = re.search(r"token=(\S+)", words(message))
        found.append((to, str(message["Subject"]), token[1] if token else ""))
    return sorted(found, key=lambda one: one[0])
