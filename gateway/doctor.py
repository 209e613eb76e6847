"""`./frontdesk doctor` and `./frontdesk replay`: what is wrong here, and what to do about it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg

from channels import ENDPOINTS
from gateway.booking.calendars import Away, NotConnected, Refused, Throttled
from gateway.booking.grants import Grants
from gateway.booking.pushes import push_address
from gateway.bus import Bus
from gateway.db import Pool
from gateway.errors import GatewayError
from gateway.events.mail import Mailer, MailFailed
from gateway.health import EVENTS_LATE_SECONDS
from gateway.health import SQL as HEALTH
from gateway.intake import Intake
from gateway.postgres import PostgresError
from gateway.replay import SQL as REPLAY
from gateway.replay import Replay
from gateway.settings import Settings
from gateway.store import open_store, open_vault
from gateway.webchat.pages import DIST

FLOOR = 150000
LOW_DISK_BYTES = 1024**3
EVENTS = HEALTH["events"]
MODEL_DAYS = 60  # an end that near is told


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ok, off (a feature rests) or wrong, and what to do."""

    subject: str
    state: str
    detail: str


async def run(settings: Settings, *, as_json: bool) -> int:
    """Checks every setting and every dependency; returns 1 when something is wrong."""
    checks: list[Callable[[Settings], Awaitable[Finding]]] = [
        _database, _secret_keys, _redis, _meta, _openai, _google, _mail, _events, _public_url, _widget, _disk
    ]  # fmt: skip
    findings = []
    for check in checks:
        finding = await check(settings)
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    return int(any(finding.state == "wrong" for finding in findings))


async def replay(pool: Pool, *, as_json: bool, only_list: bool) -> int:
    """Lists parked webhooks, or reads them again. Returns 1 when some stay parked."""
    rows = await pool.fetch(REPLAY["list"], 50)
    if only_list:
        for row in rows:
            when, where = f"{row['received_at']:%Y-%m-%d %H:%M:%S}", " ".join(row["addresses"] or ())
            print(f"{row['envelope_id']:>8}  {when}  {row['endpoint']}  {row['problem']}  {where}")
        if not rows:
            print("No webhook is parked.")
        return 0
    intake = Intake(pool, Bus())
    done = await Replay(pool, Bus(), intake, ENDPOINTS).once()
    await intake.close()
    if as_json:
        print(json.dumps({"read": done.read, "settled": done.settled}))
    elif done.read == 0:
        print("No webhook is parked.")
    else:
        print(
            f"Read {done.read} parked webhooks again: {done.settled} settled, {done.read - done.settled} stay parked."
        )
    return int(done.read > done.settled)


async def _database(settings: Settings) -> Finding:
    try:
        async with open_store(settings, size=1) as store:
            version = int(await store.pool.fetchval("show server_version_num"))
            shown = await store.pool.fetchval("show server_version")
    except (GatewayError, PostgresError) as error:
        return Finding("database", "wrong", str(error))
    if version < FLOOR:
        return Finding("database", "wrong", f"PostgreSQL {shown} is too old: 15 is the oldest that works")
    whose = "DATABASE_URL" if settings.database_url else "its own, in the state folder"
    return Finding("database", "ok", f"PostgreSQL {shown} ({whose})")


async def _secret_keys(settings: Settings) -> Finding:
    try:
        open_vault(settings)
    except GatewayError as error:
        return Finding("SECRET_KEYS", "wrong", str(error))
    if settings.secret_keys:
        return Finding("SECRET_KEYS", "ok", f"{len(settings.secret_keys)} key(s)")
    place = settings.state_dir / "secret_keys"
    if settings.database_url:
        return Finding(
            "SECRET_KEYS",
            "off",
            f"a key of this machine's own is used ({place}): other machines can't read what it seals",
        )
    return Finding("SECRET_KEYS", "ok", f"a key of its own: keep a copy of {place}")


async def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding("REDIS_URL", "ok", "not set: processes wake each other through PostgreSQL")
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    redis = Redis.from_url(settings.redis_url, socket_connect_timeout=3)
    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        return Finding(
            "REDIS_URL", "wrong", f"Redis does not answer ({type(error).__name__}): start it, or leave REDIS_URL out"
        )
    finally:
        await redis.aclose()
    return Finding("REDIS_URL", "ok", "Redis answers")


async def _meta(settings: Settings) -> Finding:
    if not settings.meta_app_secrets:
        return Finding(
            "META_APP_SECRET",
            "off",
            "not set: WhatsApp and Instagram webhooks are refused. Copy it from the app's settings",
        )
    if not settings.meta_verify_token:
        return Finding(
            "META_VERIFY_TOKEN",
            "off",
            "not set: Meta can't verify the webhook URL. Choose one and enter it on both sides",
        )
    return Finding("META_APP_SECRET", "ok", f"{len(settings.meta_app_secrets)} secret(s), and a verify token")


async def _openai(settings: Settings) -> Finding:
    if not settings.openai_api_key:
        return Finding("OPENAI_API_KEY", "off", "not set: agents do not answer, messages wait for a human")
    url = f"{settings.openai_base_url or 'https://api.openai.com/v1'}/models"
    headers = {"Authorization": f"Bearer {settings.openai_api_key}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
            http.get(url, headers=headers) as answer,
        ):
            if answer.status in (401, 403):
                return Finding("OPENAI_API_KEY", "wrong", f"refused by {url} ({answer.status}): check the key")
            if problem := model_problem(await answer.read(), settings.openai_model):
                return Finding("OPENAI_MODEL", "wrong", problem)
            return Finding("OPENAI_API_KEY", "ok", f"{url} answers {answer.status}; agents use {settings.openai_model}")
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding("OPENAI_API_KEY", "wrong", f"{url} can't be reached ({type(error).__name__})")


async def _google(settings: Settings) -> Finding:
    if not settings.google_client_id or not settings.google_client_secret:
        return Finding(
            "GOOGLE_CLIENT_ID", "off", "no OAuth client is set: no calendar can be connected. docs/google.md says how"
        )
    grants = Grants(settings)
    try:
        await grants.refresh("frontdesk-doctor")  # nobody's: Google says so only to a client that it knows
    except NotConnected:
        pass
    except Refused as error:
        return Finding("GOOGLE_CLIENT_ID", "wrong", f"Google refuses the client ({error.code}): check id and secret")
    except (Away, Throttled) as error:
        return Finding("GOOGLE_CLIENT_ID", "wrong", f"{settings.google_token_url} does not answer ({error.code})")
    finally:
        await grants.close()
    back = f"{settings.public_url}/oauth/google/callback"
    pushed = "it is told of changes" if push_address(settings.public_url) else "calendars are asked every ten minutes"
    return Finding("GOOGLE_CLIENT_ID", "ok", f"Google knows the client; its redirect URI must be {back}; {pushed}")


async def _mail(settings: Settings) -> Finding:
    try:
        mailer = Mailer.of(settings.smtp_url, settings.mail_from)
        if mailer is None:
            return Finding("SMTP_URL", "off", "not set: no e-mail is sent, alerts and events go to webhooks alone")
        await mailer.knock()
    except (GatewayError, MailFailed) as error:
        return Finding("SMTP_URL", "wrong", str(error))
    return Finding("SMTP_URL", "ok", f"{mailer.host}:{mailer.port} takes us")


async def _events(settings: Settings) -> Finding:
    try:
        async with open_store(settings, size=1) as store:
            row = await store.pool.fetchrow(EVENTS)
    except (GatewayError, PostgresError, asyncpg.PostgresError) as error:
        return Finding("events", "wrong", f"the queue can't be read ({type(error).__name__}): run ./frontdesk migrate")
    if row is None or not row["length"]:
        return Finding("events", "ok", "nothing waits for a webhook or a letter")
    late = f"{row['length']} wait for webhooks and letters, the oldest for {row['age']:.0f} s"
    return Finding("events", "wrong" if row["age"] > EVENTS_LATE_SECONDS else "ok", late)


def model_problem(body: bytes, name: str) -> str:
    """What the provider's list of models says against a model; "" for nothing, or for a list that can't be read.

    Entries carry a `shutdown_date`: https://platform.openai.com/docs/api-reference/models/object.
    """
    try:
        listed = {one["id"]: one.get("shutdown_date") for one in json.loads(body)["data"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    if name not in listed:
        return f"{name} is not offered to this key: set OPENAI_MODEL to one of {', '.join(sorted(listed)[:8])}"
    if (end := listed[name]) and end <= f"{datetime.now(UTC) + timedelta(days=MODEL_DAYS):%Y-%m-%d}":
        return f"{name} ends on {end}: choose another OPENAI_MODEL before that"
    return ""


async def _public_url(settings: Settings) -> Finding:
    if settings.public_url.startswith("http://localhost"):
        return Finding(
            "PUBLIC_URL", "off", f"{settings.public_url}: providers can't reach it. Set the https address they call"
        )
    if settings.public_url.startswith("http://"):
        return Finding("PUBLIC_URL", "wrong", f"{settings.public_url}: providers call https alone")
    return Finding("PUBLIC_URL", "ok", settings.public_url)


async def _widget(_settings: Settings) -> Finding:
    if (DIST / "widget.js").exists():
        return Finding("widget", "ok", "built")
    return Finding("widget", "off", "not built: run ./frontdesk serve once where npm packages can be had")


async def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.state_dir, *settings.state_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1024**3:.1f} GiB free in {folder}"
    return Finding("disk", "wrong" if free < LOW_DISK_BYTES else "ok", detail)


def _show(finding: Finding) -> None:
    marks = {"ok": ("✓", "32"), "off": ("–", "33"), "wrong": ("✗", "31")}
    mark, colour = marks[finding.state]
    if sys.stdout.isatty():
        mark = f"\033[{colour}m{mark}\033[0m"
    print(f"{mark} {finding.subject:<18} {finding.detail}", flush=True)
