"""`./frontdesk demo`: the gateway, the sandbox, and a business with a number on each channel. No account anywhere."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from agents.prompts import load
from gateway.accounts.passwords import Passwords
from gateway.api.keys import create_key
from gateway.booking.calendars import Exists
from gateway.booking.google import Calendars
from gateway.booking.grants import Grant
from gateway.booking.meeting import body_of
from gateway.db import Pool, queries
from gateway.errors import Misset
from gateway.ids import new
from gateway.numbers import token_place
from gateway.observe import configure_logs
from gateway.processes import Process, answers
from gateway.settings import Settings
from gateway.store import open_store, open_vault

SQL = queries(__file__)
ROOT = Path(__file__).parent.parent
USER, PROMPT = "usr_demo", "prm_demo"
PASSWORD = "frontdesk-demo"  # noqa: S105 - of a business that is nobody's, and printed
PEOPLE = (
    ("demo@example.com", "Dana Demo", "admin"),
    ("sales_rep@example.com", "Sam Sales", "sales_rep"),
    ("viewer@example.com", "Vera Viewer", "viewer"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A number of the demo business: `address` is what a person dials or reads."""

    id: str
    platform: str
    meta_phone_number_id: str
    address: str
    display_name: str


LINES = (
    Line("num_demo_whatsapp", "whatsapp", "106540352242922", "+15550100101", "Bloom Dental"),
    Line("num_demo_whatsapp_2", "whatsapp", "106540352242933", "+15550100102", "Bloom Dental Emergencies"),
    Line("num_demo_instagram", "instagram", "17841400008460056", "@bloomdental", "Bloom Dental"),
    Line("num_demo_webchat", "webchat", "wc_demo", "wc_demo", "Bloom Dental"),
    Line("num_demo_sms", "sms", "+15550100104", "+15550100104", "Bloom Dental"),
)

# The providers' stand-ins know these too, for whoever signs up and links numbers of his own.
SPARES = (
    Line("spare_whatsapp", "whatsapp", "106540352242944", "+15550100111", "Your business"),
    Line("spare_instagram", "instagram", "17841400008460057", "@yourbusiness", "Your business"),
    Line("spare_sms", "sms", "+15550100114", "+15550100114", "Your business"),
)

WEEK = ("mon", "tue", "wed", "thu", "fri")
BOOKING = {
    "zone": "Europe/Madrid",  # as the calendar of the sandbox
    "title": "Check-up at Bloom Dental",
    "hours": {**{day: [["09:00", "18:00"]] for day in WEEK}, "sat": [["10:00", "14:00"]]},
    "window_days": 30,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One demo: where it runs, and the secrets that its two sides share."""

    settings: Settings
    sandbox_url: str
    secrets: Mapping[str, str]

    @property
    def gateway_env(self) -> dict[str, str]:
        """The environment of the gateway process: the sandbox in the place of every provider."""
        own_model = bool(os.environ.get("OPENAI_API_KEY"))
        model = (
            {} if own_model else {"OPENAI_API_KEY": self.secrets["openai"], "OPENAI_BASE_URL": f"{self.sandbox_url}/v1"}
        )
        return {
            **os.environ,
            "STATE_DIR": str(self.settings.state_dir),
            "HOST": self.settings.host,
            "PORT": str(self.settings.port),
            "PUBLIC_URL": self.settings.public_url,
            "META_APP_SECRET": self.secrets["meta_app"],
            "META_VERIFY_TOKEN": self.secrets["meta_verify"],
            "META_GRAPH_URL": self.sandbox_url,
            "INSTAGRAM_GRAPH_URL": self.sandbox_url,
            "TWILIO_API_URL": self.sandbox_url,
            "GOOGLE_CLIENT_ID": self.settings.google_client_id,
            "GOOGLE_CLIENT_SECRET": self.settings.google_client_secret,
            "GOOGLE_AUTH_URL": self.settings.google_auth_url,
            "GOOGLE_TOKEN_URL": self.settings.google_token_url,
            "GOOGLE_REVOKE_URL": self.settings.google_revoke_url,
            "GOOGLE_API_URL": self.settings.google_api_url,
            **model,
        }

    def sandbox_config(self, api_key: str) -> dict[str, Any]:
        """What the sandbox is told, and tells whoever drives it."""
        return {
            "gateway": self.settings.public_url,
            "api_key": api_key,
            "meta": {"app_secret": self.secrets["meta_app"], "verify_token": self.secrets["meta_verify"]},
            "twilio": {"account_sid": self.secrets["twilio_sid"], "auth_token": self.secrets["twilio"]},
            "openai": {"api_key": self.secrets["openai"]},
            "google": {
                "client_id": self.settings.google_client_id,
                "client_secret": self.settings.google_client_secret,
            },
            "numbers": [self._told(line) for line in LINES],
            "spares": [self._told(line) for line in SPARES],
        }

    def _told(self, line: Line) -> dict[str, str]:
        return {
            "id": line.id,
            "platform": line.platform,
            "meta_phone_number_id": line.meta_phone_number_id,
            "address": line.address,
            "display_name": line.display_name,
            "access_token": self.token(line),
        }

    def token(self, line: Line) -> str:
        """The provider secret of a number."""
        return self.secrets["twilio"] if line.platform == "sms" else self.secrets["meta_token"]


def plan(settings: Settings, sandbox_port: int, folder: Path) -> Plan:
    """A demo in a folder of its own; its secrets are made once and kept there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "demo.json"
    names = ("meta_app", "meta_verify", "twilio", "openai", "meta_token", "google")
    made = {name: secrets.token_hex(16) for name in names} | {"twilio_sid": "AC" + secrets.token_hex(16)}
    kept = made | (json.loads(path.read_text()) if path.exists() else {})
    path.touch(mode=0o600)
    path.write_text(json.dumps(kept))
    url = f"http://localhost:{sandbox_port}"
    own = replace(
        settings, state_dir=folder, google_client_id="demo.apps.googleusercontent.com",
        google_client_secret=kept["google"], google_auth_url=f"{url}/o/oauth2/v2/auth", google_token_url=f"{url}/token",
        google_revoke_url=f"{url}/revoke", google_api_url=url,
    )  # fmt: skip
    return Plan(own, url, kept)


async def furnish(the_plan: Plan, *, quiet_ms: int = 800) -> str:
    """Stores the demo business, whatever of it is missing, and returns a new API key of it."""
    settings = the_plan.settings
    async with open_store(settings, size=2) as store:
        vault = open_vault(settings)
        await store.pool.execute(SQL["user"], USER)
        await _people(store.pool)
        await store.pool.execute(SQL["prompt"], USER, PROMPT)
        await store.pool.execute(SQL["prompt_version"], USER, PROMPT, load("receptionist"))
        await store.pool.execute(SQL["credits"], USER)
        await store.pool.execute(SQL["leads"], USER)
        for line in LINES:
            extra: dict[str, Any] = {}
            if line.platform == "sms":
                extra = {"account_sid": the_plan.secrets["twilio_sid"]}
            elif line.platform == "whatsapp":
                # The sandbox has no such limit, and an account of its own for each number.
                extra = {"pair_rate": 0, "waba_id": f"9{line.meta_phone_number_id}"}
            elif line.platform == "webchat":
                extra = {"allowed_origins": [the_plan.sandbox_url, settings.public_url]}
            token = vault.seal(the_plan.token(line), token_place(USER, line.id))
            name = (USER, line.id, line.platform, line.meta_phone_number_id, token, line.display_name)
            await store.pool.execute(SQL["number"], *name, json.dumps(extra))
            await store.pool.execute(SQL["agent"], USER, line.id.replace("num_", "agt_"), line.id, PROMPT, quiet_ms)
        return await create_key(store.pool, USER, "demo", ["*"])


async def _people(pool: Pool) -> None:
    if await pool.fetchval(SQL["person_missing"], [email for email, _, _ in PEOPLE]):
        hashed = await Passwords().hash(PASSWORD)
        for email, name, role in PEOPLE:
            await pool.execute(SQL["person"], new("psn"), email, hashed, name)
            await pool.execute(SQL["member"], USER, new("mbr"), email, role)


async def open_diary(the_plan: Plan) -> None:
    """Lets the agents book, in the sandbox's Google: it forgets what it knew with every start, and is told again."""
    url = f"{the_plan.sandbox_url}/_sandbox/google/connect"
    async with aiohttp.ClientSession(raise_for_status=True) as http, http.post(url, json={}) as answer:
        told = await answer.json()
    grant = Grant(
        access_token=told["access_token"], refresh_token=told["refresh_token"], seconds=told["expires_in"],
        scope=told["scope"], account=told["account"],
    )  # fmt: skip
    async with open_store(the_plan.settings, size=3) as store:
        calendars = Calendars(store.pool, open_vault(the_plan.settings), the_plan.settings)
        try:
            await calendars.connections.connect(USER, grant, await calendars.opened_by(grant.access_token))
            for meeting in await store.pool.fetch(SQL["meetings"], USER):
                with suppress(Exists):
                    await calendars.insert(USER, meeting["calendar_id"], body_of(meeting), notify=False)
        finally:
            await calendars.close()
        await store.pool.execute(SQL["booking"], USER, json.dumps(BOOKING))


def processes(the_plan: Plan, sandbox_port: int) -> tuple[Process, Process]:
    """The two children of a demo: the sandbox and the gateway, neither started."""
    folder = the_plan.settings.state_dir
    sandbox = Process(
        "sandbox",
        ["sandbox", "--host", the_plan.settings.host, "--port", str(sandbox_port)],
        dict(os.environ),
        folder / "sandbox.log",
    )
    gateway = Process("gateway", ["gateway", "serve"], the_plan.gateway_env, folder / "gateway.log")
    return sandbox, gateway


async def configure_sandbox(the_plan: Plan, api_key: str) -> None:
    """Tells the sandbox every secret, id and URL of the demo."""
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        await http.put(f"{the_plan.sandbox_url}/_sandbox/config", json=the_plan.sandbox_config(api_key))


def add_parser(commands: Any) -> None:
    """Adds the command to the command line."""
    one = commands.add_parser(
        "demo", help="gateway, sandbox and a demo business: try it in a minute, no account anywhere"
    )
    one.add_argument("--json", action="store_true", help="one line for programs when it is ready")


def run(args: argparse.Namespace) -> int:
    """Runs the demo until it is interrupted."""
    configure_logs(level="WARNING")
    settings = Settings.read()
    sandbox_port = _sandbox_port()
    the_plan = plan(settings, sandbox_port, settings.state_dir / "demo")
    for name, port in (("PORT", settings.port), ("SANDBOX_PORT", sandbox_port)):
        _check_free(name, port)
    sandbox, gateway = processes(the_plan, sandbox_port)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _say(args, "Preparing the demo business …")
        api_key = asyncio.run(furnish(the_plan))
        for process in (sandbox, gateway):
            process.start()
        asyncio.run(_open(the_plan, api_key, sandbox, gateway))
        _announce(args, the_plan, api_key)
        _attend(the_plan, api_key, sandbox, gateway)
    except KeyboardInterrupt:
        _say(args, "\nStopping …")
    finally:
        gateway.stop()
        sandbox.stop()
    return 0


async def _open(the_plan: Plan, api_key: str, sandbox: Process, gateway: Process) -> None:
    await answers(f"{the_plan.sandbox_url}/healthz", sandbox)
    await configure_sandbox(the_plan, api_key)
    await answers(f"{the_plan.settings.public_url}/readyz", gateway)
    await open_diary(the_plan)


def _attend(the_plan: Plan, api_key: str, sandbox: Process, gateway: Process) -> None:
    """Starts again what was killed: nothing that a customer wrote is lost by it."""
    while True:
        time.sleep(0.2)
        if not gateway.alive:
            print("The gateway ended; starting it again.", file=sys.stderr)
            gateway.start()
            asyncio.run(answers(f"{the_plan.settings.public_url}/readyz", gateway))
        if not sandbox.alive:
            print("The sandbox ended; starting it again, without its memory.", file=sys.stderr)
            sandbox.start()
            asyncio.run(_open(the_plan, api_key, sandbox, gateway))


def _announce(args: argparse.Namespace, the_plan: Plan, api_key: str) -> None:
    url = the_plan.settings.public_url
    if args.json:
        print(json.dumps({"phones": the_plan.sandbox_url, "gateway": url, "api_key": api_key}), flush=True)
        return
    model = "OpenAI" if os.environ.get("OPENAI_API_KEY") else "a scripted stand-in (set OPENAI_API_KEY for a real one)"
    print(
        f"""
Frontdesk is open.

  The console                  {url}/console  (demo@example.com, {PASSWORD})
  Four phones to write from    {the_plan.sandbox_url}/
  The webchat on a page        {url}/webchat/page/wc_demo
  The API, described           {url}/v1/openapi.json
  An API key for it            {api_key}
  Leads, as they are read      curl -H "Authorization: Bearer {api_key}" {url}/v1/leads
  The meetings in Google       {the_plan.sandbox_url}/_sandbox/google/events
  Is everything well?          {url}/readyz

The model is {model}. The providers are the sandbox's stand-ins.
Logs and data lie in {the_plan.settings.state_dir}. End it with Ctrl-C.
""",
        flush=True,
    )


def _say(args: argparse.Namespace, text: str) -> None:
    if not args.json:
        print(text, file=sys.stderr, flush=True)


def _sandbox_port() -> int:
    text = os.environ.get("SANDBOX_PORT", "") or "8090"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Misset(f"SANDBOX_PORT is {text!r}: give a number from 1 to 65535.")
    return int(text)


def _check_free(name: str, port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError as error:
            raise Misset(f"Port {port} is taken: end the program that has it, or set {name} to another one.") from error


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
