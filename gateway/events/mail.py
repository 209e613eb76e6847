"""E-mail by SMTP: one letter, one connection, encrypted whenever the server can."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gateway.errors import Misset

if TYPE_CHECKING:
    import aiosmtplib

SECONDS = 30.0
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class MailFailed(Exception):
    """A letter was not taken. `code` is the server's, 0 when it gave none. `everyone`: it is the server's matter or
    ours, and would have become of any letter."""

    def __init__(self, detail: str, *, code: int = 0, everyone: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.everyone = everyone

    @property
    def later(self) -> bool:
        """Whether it may be taken another time."""
        return self.everyone or self.code < 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """Sends letters over one server."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)
    sender: Address

    @classmethod
    def of(cls, url: str, sender: str) -> Mailer | None:
        """The mailer that SMTP_URL and MAIL_FROM describe; None without a URL. Raises Misset."""
        if not url:
            return None
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Misset("SMTP_URL is no address such as smtp://user:password@mail.example.com:587.") from error
        tls = parts.scheme == "smtps"
        if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise Misset("SMTP_URL is no address such as smtp://user:password@mail.example.com:587.")
        return cls(
            host=parts.hostname, port=port or (465 if tls else 587), tls=tls, sender=_address(sender),
            user=unquote(parts.username or ""), password=unquote(parts.password or ""),
        )  # fmt: skip

    async def send(self, letter: EmailMessage) -> None:
        """Hands over one letter. Raises MailFailed."""
        import aiosmtplib  # heavy, and few need it

        smtp = aiosmtplib.SMTP(
            hostname=self.host, port=self.port, use_tls=self.tls, timeout=SECONDS / 2, local_hostname=self.sender.domain
        )
        try:
            async with asyncio.timeout(SECONDS):
                await self._greet(smtp)
                await smtp.send_message(letter)
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise MailFailed(f"the recipient was refused: {code}", code=code) from error
        except aiosmtplib.SMTPResponseException as error:
            raise MailFailed(f"the letter was refused: {error.code}", code=error.code) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailFailed(f"no answer: {type(error).__name__}", everyone=True) from error
        except (ValueError, MessageError) as error:
            raise MailFailed("the letter can't be written", code=500) from error
        finally:
            # What was taken is taken, however the goodbye goes.
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                async with asyncio.timeout(2):
                    await smtp.quit()
            smtp.close()

    async def knock(self) -> None:
        """Connects, and signs in where there is a password; sends nothing. Raises MailFailed."""
        import aiosmtplib

        smtp = aiosmtplib.SMTP(
            hostname=self.host, port=self.port, use_tls=self.tls, timeout=SECONDS / 2, local_hostname=self.sender.domain
        )
        try:
            async with asyncio.timeout(SECONDS):
                await self._greet(smtp)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailFailed(f"no answer: {type(error).__name__}", everyone=True) from error
        finally:
            smtp.close()

    async def _greet(self, smtp: aiosmtplib.SMTP) -> None:
        import aiosmtplib

        try:
            await smtp.connect()
            if not self.user:
                return
            # Whoever sits in between could hide that the server offers TLS, and would read the password.
            if smtp.get_transport_info("sslcontext") is None and self.host not in HERE:
                raise MailFailed("the server offers no TLS, so it is not given the password", everyone=True)
            await smtp.login(self.user, self.password)
        except aiosmtplib.SMTPResponseException as error:
            raise MailFailed(f"the server refused us: {error.code}", code=error.code, everyone=True) from error


def _address(text: str) -> Address:
    name, spec = parseaddr(text)
    try:
        address = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageError) as error:
        raise Misset(_FROM) from error
    if not address.username or not address.domain or not spec.isascii() or not text.isprintable():
        raise Misset(_FROM)
    return address


_FROM = "SMTP_URL is set, so MAIL_FROM must say who writes: give an address such as Frontdesk <desk@example.com>."
