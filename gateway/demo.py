"""`./frontdesk demo`: the gateway, the sandbox, and a business with a number on each channel. No account anywhere."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from agents.prompts import load
from gateway.api.keys import create_key
from gateway.app import open_store, open_vault
from gateway.booking.calendars import Exists
from gateway.booking.google import Calendars
from gateway.booking.grants import Grant
from gateway.booking.meeting import body_of
from gateway.db import queries
from gateway.errors import Misset
from gateway.numbers import token_place
from gateway.observe import configure_logs
from gateway.settings import Settings

SQL = queries(__file__)
ROOT = Path(__file__).parent.parent
USER, PROMPT = "usr_demo", "prm_demo"
START_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


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
            "GOOGLE_CALENDAR_URL": self.settings.google_calendar_url,
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
            "numbers": [
                {
                    "id": line.id,
                    "platform": line.platform,
                    "meta_phone_number_id": line.meta_phone_number_id,
                    "address": line.address,
                    "display_name": line.display_name,
                    "access_token": self.token(line),
                }
                for line in LINES
            ],
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
        google_revoke_url=f"{url}/revoke", google_calendar_url=f"{url}/calendar/v3",
    )  # fmt: skip
    return Plan(own, url, kept)


async def furnish(the_plan: Plan, *, quiet_ms: int = 800) -> str:
    """Stores the demo business, whatever of it is missing, and returns a new API key of it."""
    settings = the_plan.settings
    async with open_store(settings, size=2) as store:
        vault = open_vault(settings)
        await store.pool.execute(SQL["user"], USER)
        await store.pool.execute(SQL["prompt"], USER, PROMPT)
        await store.pool.execute(SQL["prompt_version"], USER, PROMPT, load("receptionist"))
        await store.pool.execute(SQL["credits"], USER)
        await store.pool.execute(SQL["leads"], USER)
        for line in LINES:
            extra: dict[str, Any] = {}
            if line.platform == "sms":
                extra = {"account_sid": the_plan.secrets["twilio_sid"]}
            elif line.platform == "whatsapp":
                extra = {"pair_rate": 0}  # the sandbox has no such limit
            elif line.platform == "webchat":
                extra = {"allowed_origins": [the_plan.sandbox_url, settings.public_url]}
            token = vault.seal(the_plan.token(line), token_place(USER, line.id))
            name = (USER, line.id, line.platform, line.meta_phone_number_id, token, line.display_name)
            await store.pool.execute(SQL["number"], *name, json.dumps(extra))
            await store.pool.execute(SQL["agent"], USER, line.id.replace("num_", "agt_"), line.id, PROMPT, quiet_ms)
        return await create_key(store.pool, USER, "demo", ["*"])


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


class Process:
    """A child process that ends with this one, its output in a log file."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = [sys.executable, "-m", *command]
        self._env = {**env, "PYTHONPATH": str(ROOT)}
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; 0 before the start."""
        return self._child.pid if self._child else 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Starts it."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603
                self._command,
                env=self._env,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=_end_with_us,  # noqa: PLW1509
            )

    def kill(self) -> None:
        """Ends it the hard way, as a crash does, and waits until it is gone."""
        if self._child:
            self._child.kill()
            self._child.wait()

    def stop(self, seconds: float = 15.0) -> None:
        """Asks it to end; ends it the hard way when it does not."""
        if self._child and self.alive:
            self._child.terminate()
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1][-500:] if lines else "it said nothing"


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


async def answers(url: str, process: Process, seconds: float = START_SECONDS) -> None:
    """Waits until a URL answers 200. Raises Misset when its process ends or the time is over."""
    give_up = time.monotonic() + seconds
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        while time.monotonic() < give_up:
            if not process.alive:
                raise Misset(f"The {process.name} ended: {process.last_words()}")
            with suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.02)
    raise Misset(f"The {process.name} did not answer within {seconds:.0f} s: {process.last_words()}")


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


def _end_with_us() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
