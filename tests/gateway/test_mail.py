"""E-mail: what a letter says, what it never becomes, and what happens when the server says no."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import Misset
from gateway.events.letters import letter
from gateway.events.mail import Mailer, MailFailed
from gateway.settings import Settings
from tests.business import Business
from tests.gateway.test_events import deliveries, delivering, emit, states
from tests.waiting import until

FROM = "Frontdesk <desk@example.com>"
SECRET = "pa ss/w:rd@"


@dataclass
class Post:
    """A mail server. `says` are answers to a verb, taken one by one, such as {"RCPT": ["450 busy"]}; "" hangs up."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    needs_login: bool = False
    says: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    commands: list[str] = field(default_factory=list)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._talk(reader, writer)
        finally:
            writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to, line = "", "CONNECT"
        while True:
            self.commands.append(line)
            verb = line.partition(" ")[0].upper()
            queue = self.says[verb]
            answer = queue.pop(0) if queue else self._usual(verb, writer)
            if not answer:
                return
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()
            if verb == "RCPT":
                to = line.partition("<")[2].rstrip(">")
            if answer.startswith("354"):
                self.taken.append((to, await reader.readuntil(b"\r\n.\r\n")))
                self.encrypted.append(writer.get_extra_info("sslcontext") is not None)
                end = self.says["END"].pop(0) if self.says["END"] else "250 queued"
                writer.write(end.encode() + b"\r\n")
            if verb == "STARTTLS" and self.tls:
                await writer.start_tls(self.tls)
            if verb == "QUIT":
                return
            line = (await reader.readuntil(b"\r\n")).decode().strip()

    def _usual(self, verb: str, writer: asyncio.StreamWriter) -> str:
        if verb == "EHLO":
            more = [] if self.tls is None or writer.get_extra_info("sslcontext") else ["STARTTLS"]
            more += ["AUTH PLAIN LOGIN"] if self.needs_login else []
            names = ["mail.example.com", *more, "SIZE 1000000"]
            return "\r\n".join(f"250{'-' if n < len(names) - 1 else ' '}{name}" for n, name in enumerate(names))
        return {
            "CONNECT": "220 here", "DATA": "354 go on", "QUIT": "221 bye", "AUTH": "235 ok", "STARTTLS": "220 go on",
        }.get(verb, "250 ok")  # fmt: skip


@asynccontextmanager
async def post(host: str = "127.0.0.1", *, wrapped: bool = False, **more: Any) -> AsyncIterator[Post]:
    one = Post(**more)
    server = await asyncio.start_server(one.serve, host, 0, ssl=one.tls if wrapped else None)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for localhost that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "both").write_bytes(pem + key.private_bytes(*form))
    (tmp_path / "trusted").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both")
    return context


def mailer(one: Post, *, scheme: str = "smtp", host: str = "localhost", user: str = "") -> Mailer:
    found = Mailer.of(f"{scheme}://{user}{host}:{one.port}", FROM)
    assert found is not None
    return found


def of(kind: str, data: dict[str, Any], **more: Any) -> EmailMessage:
    claim = {
        "type": kind, "address": "boss@example.com", "delivery_id": "dlv_1", "conversation_id": "cnv_1",
        "emitted_at": datetime(2026, 3, 1, 12, tzinfo=UTC), **more,
    }  # fmt: skip
    found = Mailer.of("smtp://localhost", FROM)
    assert found is not None
    return letter(claim, data, found.sender)


def read(raw: bytes) -> EmailMessage:
    """A letter as a mail program reads it."""
    message = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    return message


def words(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


HOT = {"name": "Kim Ek", "score": 14, "tag": "Hot", "summary": "Wants braces.", "next_step": "Call before noon."}
SUBJECTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "hot": ("lead.hot", HOT, "Kim Ek is a hot lead (14 points)"),
    "rose": ("lead.rose", {"score": 11, "customer_phone": "4670"}, "4670 became a better lead (11 points)"),
    "handed over": ("conversation.handed_over", {"customer_phone": "4670"}, "4670 waits for a person"),
    "booked": ("meeting.booked", {"name": "Kim", "meeting_time": "Monday"}, "Meeting booked: Kim, Monday"),
    "cancelled": ("meeting.cancelled", {}, "Meeting cancelled: A customer"),
    "nothing known": ("lead.hot", {}, "A customer is a hot lead"),
    "odd values": ("lead.hot", {"name": ["a"], "score": None, "summary": {"a": 1}}, "A customer is a hot lead"),
    "something new": ("invoice.paid", {}, "invoice.paid"),
}  # fmt: skip


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_says_what_happened(name: str) -> None:
    kind, data, subject = SUBJECTS[name]
    message = read(of(kind, data).as_bytes())
    assert message["Subject"] == subject
    assert words(message).startswith(f"{subject}.\n")


def test_a_letter_says_what_to_do() -> None:
    message = read(of("lead.hot", HOT).as_bytes())
    assert words(message) == (
        "Kim Ek is a hot lead (14 points).\n\nName: Kim Ek\nScore: 14\nTag: Hot\nSummary: Wants braces.\n"
        "What to do: Call before noon.\nConversation: cnv_1\n"
    )
    assert "<td>Call before noon.</td>" in words(message, "html")
    assert (message["From"], message["To"]) == (FROM, "boss@example.com")
    assert (message["Message-ID"], message["Auto-Submitted"]) == ("<dlv_1@example.com>", "auto-generated")
    assert message["Date"].datetime == datetime(2026, 3, 1, 12, tzinfo=UTC)


EVIL = (
    "Kim\r\nBcc: eve@example.com", "Kim\nSubject: won", "Kim\r\n\r\nBody", "Kim\x0bBcc: a@b.c", "Kim\x00",
    "Kim\x85Bcc: a@b.c", "Kim\u2028Bcc: a@b.c", "=?utf-8?q?Kim=0D=0ABcc:_a@b.c?=", "Kim\r\n.\r\nMAIL FROM:<x@y.z>",
    "Å" * 500 + "\r\nBcc: a@b.c",
    "<script>alert(1)</script>", "K\ud800m",
)  # fmt: skip


@pytest.mark.parametrize("name", EVIL, ids=range(len(EVIL)))
async def test_what_a_customer_wrote_is_never_a_header_nor_markup(name: str) -> None:
    async with post() as one:
        await mailer(one).send(of("lead.hot", {"name": name, "summary": name, "score": 14}))
    ((to, raw),) = one.taken
    message = read(raw)
    assert to == "boss@example.com"
    assert [command for command in one.commands if command.startswith("RCPT")] == ["RCPT TO:<boss@example.com>"]
    assert len([command for command in one.commands if command.upper().startswith("MAIL")]) == 1
    assert set(message.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert len(message.get_all("Subject", [])) == 1
    assert len(message["Subject"]) <= 150
    assert "<script" not in words(message, "html")
    assert words(message).count("Summary: ") == 1


async def test_an_event_becomes_a_letter_for_each_who_wants_it(business: Business) -> None:
    add = "insert into mail_recipients values ($1, $2, $3)"
    await business.pool.execute(add, business.user_id, "a@example.com", None)
    await business.pool.execute(add, business.user_id, "b@example.com", ["lead.hot"])
    await business.pool.execute(add, business.user_id, "c@example.com", ["lead.rose"])
    await emit(business, "lead.hot", "cnv_1", name="Åsa Öst", score=14)
    async with post() as one, delivering(business.pool, mailer=mailer(one)):
        await until(states(business, "sent", "sent"))
    rows = await deliveries(business)
    assert sorted(to for to, _ in one.taken) == ["a@example.com", "b@example.com"]
    assert {read(raw)["Message-ID"] for _, raw in one.taken} == {f"<{row['delivery_id']}@example.com>" for row in rows}
    assert {read(raw)["Subject"] for _, raw in one.taken} == {"Åsa Öst is a hot lead (14 points)"}
    assert {row["last_status"] for row in rows} == {250}


def says(**answers: list[str]) -> dict[str, list[str]]:
    return defaultdict(list, answers)


LATER: dict[str, dict[str, list[str]]] = {
    "not now": says(CONNECT=["421 later"]),
    "not here": says(CONNECT=["554 no"]),
    "sender": says(MAIL=["451 busy"]),
    "recipient": says(RCPT=["450 mailbox busy"]),
    "letter": says(END=["452 full"]),
    "hangs up": says(DATA=[""]),
    "hangs up at once": says(CONNECT=[""]),
}
NEVER: dict[str, dict[str, list[str]]] = {
    "recipient": says(RCPT=["550 no such user"]),
    "letter": says(END=["554 spam"]),
    "sender": says(MAIL=["553 not you"]),
}


@pytest.mark.parametrize("name", LATER)
async def test_what_is_put_off_is_tried_again(business: Business, name: str) -> None:
    await business.pool.execute("insert into mail_recipients values ($1, 'a@example.com')", business.user_id)
    await emit(business)
    async with post(says=LATER[name]) as one, delivering(business.pool, mailer=mailer(one)):
        await until(states(business, "sent"))
    (row,) = await deliveries(business)
    assert row["attempts"] == 2


@pytest.mark.parametrize("name", NEVER)
async def test_what_is_refused_is_given_up_and_told(business: Business, name: str) -> None:
    await business.pool.execute("insert into mail_recipients values ($1, 'a@example.com')", business.user_id)
    await emit(business)
    async with post(says=NEVER[name]) as one, delivering(business.pool, mailer=mailer(one)):
        await until(states(business, "failed"))
        assert (await deliveries(business))[0]["attempts"] == 1
        notice = (
            "select resolved_at is null from system_alerts "
            "where alert_type = 'mail_failing' and subject = 'a@example.com'"
        )
        assert await business.pool.fetchval(notice)
        await emit(business)
        await until(states(business, "failed", "sent"))
    assert not await business.pool.fetchval(notice)


async def test_a_letter_that_was_taken_is_not_sent_again_for_a_missing_goodbye(business: Business) -> None:
    await business.pool.execute("insert into mail_recipients values ($1, 'a@example.com')", business.user_id)
    await emit(business)
    async with post(says=says(QUIT=[""])) as one, delivering(business.pool, mailer=mailer(one)):
        await until(states(business, "sent"))
    assert len(one.taken) == 1


async def test_without_a_server_it_says_so(business: Business) -> None:
    await business.pool.execute("insert into mail_recipients values ($1, 'a@example.com')", business.user_id)
    await emit(business)
    async with delivering(business.pool):
        await until(states(business, "failed"))
    assert (await deliveries(business))[0]["last_error"] == "SMTP_URL is not set"


async def test_a_dead_server_costs_few_attempts(business: Business) -> None:
    for n in range(20):
        await business.pool.execute("insert into mail_recipients values ($1, $2)", business.user_id, f"a{n}@b.example")
    await emit(business)
    async with post() as one:
        away = mailer(one)
    async with delivering(business.pool, mailer=away, schedule=(1000.0,)) as worker:
        await until(lambda: business.pool.fetchval("select count(*) >= 1 from event_deliveries where attempts > 0"))
        worker.wake()
        await until(lambda: business.pool.fetchval("select count(*) = 0 from event_deliveries where lease_owner <> ''"))
    assert await business.pool.fetchval("select count(*) from event_deliveries where attempts > 0") <= 4


async def test_a_password_goes_over_tls_alone(tls: ssl.SSLContext) -> None:
    user = f"desk:{'pa%20ss%2Fw%3Ard%40'}@"
    async with post("localhost", tls=tls, needs_login=True) as one:
        await mailer(one, user=user).send(of("lead.hot", HOT))
        auth = next(command for command in one.commands if command.startswith("AUTH"))
        assert one.commands.index("STARTTLS") < one.commands.index(auth)
        assert base64.b64decode(auth.split()[-1]) == f"\0desk\0{SECRET}".encode()
    async with post("localhost", tls=tls, needs_login=True, wrapped=True) as other:
        await mailer(other, scheme="smtps", user=user).send(of("lead.hot", HOT))
    assert (one.encrypted, other.encrypted) == ([True], [True])
    # Not this machine by name, and nothing offered: it could be anybody in between.
    async with post("127.0.0.2", needs_login=True) as bare:
        with pytest.raises(MailFailed, match="offers no TLS") as caught:
            await mailer(bare, host="127.0.0.2", user=user).send(of("lead.hot", HOT))
        assert not [command for command in bare.commands if command.startswith("AUTH")]
        await mailer(bare, host="127.0.0.2").send(of("lead.hot", HOT))
    assert (caught.value.later, bare.encrypted) == (True, [False])


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with post("localhost", tls=tls) as one:
        with pytest.raises(MailFailed) as caught:
            await mailer(one).send(of("lead.hot", HOT))
    assert (caught.value.later, one.taken) == (True, [])


async def test_a_refused_login_is_the_operators_matter() -> None:
    async with post(needs_login=True, says=says(AUTH=["535 no", "535 no", "535 no"])) as one:
        with pytest.raises(MailFailed) as caught:
            await mailer(one, user=f"desk:{SECRET.replace(' ', '%20').replace('/', '%2F').replace('@', '%40')}@").send(
                of("lead.hot", HOT)
            )
    assert (caught.value.later, caught.value.everyone, caught.value.code) == (True, True, 535)
    assert SECRET not in str(caught.value) + repr(mailer(one, user="desk:hidden@"))
    assert "hidden" not in repr(mailer(one, user="desk:hidden@"))


@pytest.mark.parametrize(
    ("url", "sender"),
    [("smtp://", FROM), ("smtp://host:port", FROM), ("smtp://host/path", FROM), ("smtp://host", ""),
     ("smtp://host", "desk"), ("smtp://host", "desk@"), ("smtp://host", "a\r\nBcc: b@example.com"),
     ("smtp://host", "dësk@example.com")],
)  # fmt: skip
def test_settings_that_cannot_work_are_named(url: str, sender: str) -> None:
    with pytest.raises(Misset, match=r"SMTP_URL"):
        Mailer.of(url, sender)


def test_the_settings_are_read_and_kept_quiet() -> None:
    settings = Settings.read({"SMTP_URL": "smtp://desk:hidden@mail.example.com", "MAIL_FROM": f" {FROM} "})
    found = Mailer.of(settings.smtp_url, settings.mail_from)
    assert found is not None
    assert (found.port, found.tls, found.user, found.password) == (587, False, "desk", "hidden")
    assert str(found.sender) == FROM
    assert "hidden" not in repr(settings) + repr(found)
    with pytest.raises(Misset, match="SMTP_URL does not start with smtp://"):
        Settings.read({"SMTP_URL": "mail.example.com"})
