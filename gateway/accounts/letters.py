"""The letters that an account needs. A letter that can't be handed over is tried again for some minutes, and can be
asked for anew: nothing else waits for it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Any

from gateway.accounts.letter_texts import Kind, text_of
from gateway.errors import TooMany
from gateway.events.letters import one_line
from gateway.events.mail import Mailer, MailFailed
from gateway.ids import new
from gateway.limits import Limiter
from gateway.observe import log

PAUSES = (2.0, 20.0, 120.0)  # seconds before another try
MOST_WAITING = 200


class Letters:
    """Writes and posts. Without a mailer there are none, and the links are given by hand."""

    def __init__(self, mailer: Mailer | None, public_url: str) -> None:
        self._mailer = mailer
        self._public_url = public_url
        self._on_their_way: set[asyncio.Task[None]] = set()
        self._to_one = Limiter(rate=1 / 300, burst=5.0)

    @property
    def on(self) -> bool:
        """Whether letters can be sent at all."""
        return self._mailer is not None

    def link(self, page: str, token: str = "") -> str:
        """A page of the console, opened with a token."""
        return f"{self._public_url}/console/{page}" + (f"?token={token}" if token else "")

    def check(self, to: str) -> None:
        """Counts a letter to this address. Raises TooMany when it would be one too many."""
        if wait := self._to_one.wait(to):
            raise TooMany("Too many letters to this address.", retry_after=math.ceil(wait))

    def send(self, kind: Kind, to: str, language: str, link: str, *, counted: bool = False, **names: str) -> None:
        """Posts a letter in the background. One too many to the same address is dropped; one that was `counted` has
        been through `check`."""
        if self._mailer is None:
            return
        if len(self._on_their_way) >= MOST_WAITING or (not counted and self._to_one.wait(to)):
            log.warning("letter_dropped", kind=kind)
            return
        letter = _letter(self._mailer, kind, to, language, link, names)
        self.later(self._post(self._mailer, kind, letter))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something behind the answer."""
        task = asyncio.create_task(work)
        self._on_their_way.add(task)
        task.add_done_callback(self._on_their_way.discard)

    async def close(self) -> None:
        """Gives what is on its way a moment to arrive."""
        if self._on_their_way:
            _, late = await asyncio.wait(self._on_their_way, timeout=3.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _post(self, mailer: Mailer, kind: Kind, letter: EmailMessage) -> None:
        for pause in (*PAUSES, None):
            try:
                await mailer.send(letter)
                return
            except MailFailed as error:
                if pause is None or not error.later:
                    log.warning("letter_failed", kind=kind, code=error.code)
                    return
                await asyncio.sleep(pause)


def _letter(mailer: Mailer, kind: Kind, to: str, language: str, link: str, names: dict[str, str]) -> EmailMessage:
    # A name is somebody's own words: in a letter to others it stands in the text alone, on one line, and short.
    told = {name: one_line(value)[:80].replace("://", ": //") for name, value in names.items()}
    subject, paragraphs = text_of(kind, language, told)
    whole = EmailMessage(policy=SMTP)
    whole["Subject"] = subject.replace("=?", "= ?")
    whole["From"] = mailer.sender
    whole["To"] = to
    whole["Date"] = format_datetime(datetime.now(UTC))
    whole["Message-ID"] = f"<{new('ltr')}@{mailer.sender.domain}>"
    whole["Auto-Submitted"] = "auto-generated"
    first, *rest = paragraphs
    whole.set_content("\n\n".join([first, *([link] if link else []), *rest]) + "\n", cte="quoted-printable")
    anchor = f'<p><a href="{escape(link)}">{escape(link)}</a></p>\n' if link else ""
    after = "".join(f"<p dir=auto>{escape(one)}</p>\n" for one in rest)
    whole.add_alternative(f"<!doctype html>\n<p dir=auto>{escape(first)}</p>\n{anchor}{after}", subtype="html")
    return whole
