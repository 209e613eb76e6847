"""`./frontdesk chaos`: customers write through the sandbox while the gateway is killed again and again.

The gateway is the real process on its own embedded PostgreSQL, which dies with it. At the end the sandbox's record and
the gateway's API must agree that nothing was lost, doubled, reordered, answered twice or sent twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import socket
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from bench.verdict import TOKEN, Customer, Verdict, judge
from gateway.demo import LINES, Line, Plan, configure_sandbox, furnish, plan, processes
from gateway.processes import Process, answers
from gateway.settings import Settings

CUSTOMERS = 60
UPTIME_SECONDS = (0.05, 1.6)
SETTLE_SECONDS = 240.0
UNKNOWN_SECONDS = 75.0  # longer than an unknown part holds up those behind it


@dataclass
class Run:
    """One chaos run: what was sent, and to whom."""

    the_plan: Plan
    api_key: str
    gateway: Process
    rng: random.Random
    http: aiohttp.ClientSession
    sent: dict[Customer, list[str]] = field(default_factory=lambda: defaultdict(list))
    kills: int = 0
    done_sending: bool = False

    @property
    def sandbox(self) -> str:
        """The sandbox's URL."""
        return self.the_plan.sandbox_url

    async def get(self, url: str) -> Any:
        """The JSON behind a URL, asked again while the gateway is down."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        for _ in range(200):
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.http.get(url, headers=headers) as answer:
                    if answer.status == 200:
                        return await answer.json()
            await asyncio.sleep(0.1)
        raise SystemExit(f"chaos: {url} does not answer")


async def write(run: Run, messages: int, faults: int) -> None:
    """Customers write, some of them in bursts, as fast as the kills go on."""
    people = [(LINES[n % len(LINES)], _person(LINES[n % len(LINES)], n)) for n in range(CUSTOMERS)]
    number = 0
    while number < messages:
        line, person = run.rng.choice(people)
        for _ in range(min(run.rng.choice((1, 1, 1, 2, 4)), messages - number)):
            token = f"#c{number}"
            run.sent[line.id, person].append(token)
            body = {"channel": line.platform, "number": line.id, "from": person, "text": f"Are you open? {token}"}
            async with run.http.post(f"{run.sandbox}/_sandbox/messages", json=body) as answer:
                if answer.status != 202:
                    raise SystemExit(f"chaos: the sandbox refused a message: {await answer.text()}")
            number += 1
        await asyncio.sleep(run.rng.uniform(0, 0.1))
        while number * faults > (run.kills + 1) * messages:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    run.done_sending = True


async def kill(run: Run, faults: int) -> None:
    """Ends the gateway the hard way at random moments, its start among them, and starts it again."""
    ready = f"{run.the_plan.settings.public_url}/readyz"
    for number in range(faults):
        if run.rng.random() < 0.85:
            await answers(ready, run.gateway)
        await asyncio.sleep(run.rng.uniform(*UPTIME_SECONDS))
        run.gateway.kill()
        run.kills += 1
        _progress(f"{run.kills} of {faults} kills, {sum(map(len, run.sent.values()))} messages written")
        if number % 10 == 9:
            await asyncio.sleep(run.rng.uniform(0, 1.0))
        run.gateway.start()
    await answers(ready, run.gateway)


async def settle(run: Run, total: int) -> None:
    """Waits until every message is stored and answered, or the time is over."""
    give_up = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < give_up:
        stored = await transcripts(run)
        messages = [m for conversations in stored.values() for c in conversations for m in c]
        inbound = {t for m in messages if m["sender"] == "user" for t in TOKEN.findall(m["text"])}
        answered = {t for m in messages if m["sender"] == "agent" for t in TOKEN.findall(m["text"])}
        waiting = [m for m in messages if m["sender"] == "agent" and m["status"] == "pending"]
        _progress(
            f"settling: {len(inbound)} of {total} stored, {len(answered)} answered, {len(waiting)} replies on their way"
        )
        if len(inbound) >= total and len(answered) >= total and await _quiet(run):
            received = {t for call in await calls(run) if call.get("id") for t in TOKEN.findall(str(call.get("text")))}
            give_up = min(give_up, time.monotonic() + UNKNOWN_SECONDS)
            _progress(f"settling: {total - len(received & answered)} replies not seen by the customer yet")
            if answered <= received:
                return
        await asyncio.sleep(1.0)


async def _quiet(run: Run) -> bool:
    """Nothing is queued any more; what is unknown stays unknown."""
    text = ""
    with suppress(aiohttp.ClientError):
        async with run.http.get(f"{run.the_plan.settings.public_url}/metrics") as answer:
            text = await answer.text()
    return 'frontdesk_queue_length{queue="outbox"} 0.0' in text and 'frontdesk_queue_length{queue="turns"} 0.0' in text


async def transcripts(run: Run) -> dict[Customer, list[list[Mapping[str, Any]]]]:
    """Every conversation as the API shows it, by customer."""
    stored: dict[Customer, list[list[Mapping[str, Any]]]] = defaultdict(list)
    api, cursor = f"{run.the_plan.settings.public_url}/v1/conversations", ""
    while True:
        page = await run.get(f"{api}?limit=200{cursor}")
        for conversation in page["data"]:
            messages, after = [], 0
            while batch := (await run.get(f"{api}/{conversation['conversation_id']}/messages?limit=200&after={after}"))[
                "data"
            ]:
                messages.extend(batch)
                after = batch[-1]["sequence_no"]
            stored[conversation["phone_number_id"], conversation["customer_phone"]].append(messages)
        if not page["next_cursor"]:
            return stored
        cursor = f"&cursor={page['next_cursor']}"


async def calls(run: Run) -> list[Mapping[str, Any]]:
    """What the providers accepted, with our number's id in the place of the provider's."""
    ids = {address: line.id for line in LINES for address in (line.meta_phone_number_id, line.address)}
    found: list[Mapping[str, Any]] = []
    for provider in ("whatsapp", "instagram", "twilio", "webchat"):
        after = 0
        while batch := (await run.get(f"{run.sandbox}/_sandbox/calls?provider={provider}&after={after}&limit=500"))[
            "calls"
        ]:
            found.extend({**call, "from": ids.get(str(call.get("from")), str(call.get("from")))} for call in batch)
            after = batch[-1]["n"]
    return found


async def chaos(args: argparse.Namespace) -> Verdict:
    """Runs one chaos and judges it."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-chaos-"))
    gateway_port, sandbox_port = _free_ports(2)
    settings = Settings(port=gateway_port, public_url=f"http://localhost:{gateway_port}", state_dir=folder)
    the_plan = replace(plan(settings, sandbox_port, folder))
    sandbox, gateway = processes(the_plan, sandbox_port)
    verdict = Verdict(messages=args.messages, seed=args.seed)
    try:
        api_key = await furnish(the_plan, quiet_ms=150)
        sandbox.start()
        gateway.start()
        await answers(f"{the_plan.sandbox_url}/healthz", sandbox)
        await configure_sandbox(the_plan, api_key)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
            run = Run(the_plan, api_key, gateway, random.Random(args.seed), http)
            await _misbehave(run)
            await asyncio.gather(write(run, args.messages, args.faults), kill(run, args.faults))
            await settle(run, args.messages)
            stored = await transcripts(run)
            verdict.faults = run.kills
            judge(verdict, run.sent, _by_person(stored, run), await calls(run))
    finally:
        gateway.stop()
        sandbox.stop()
        if verdict.clean and not args.keep:
            shutil.rmtree((folder / "postgres").resolve(), ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"chaos: everything is kept in {folder}", file=sys.stderr)
    return verdict


async def _misbehave(run: Run) -> None:
    """The providers add faults of their own: webhooks twice, connections cut after the message was taken."""
    for fault in (
        {"kind": "duplicate", "probability": 0.1, "count": 1_000_000},
        {"kind": "drop_after_store", "probability": 0.02, "count": 1_000_000},
    ):
        await run.http.post(f"{run.sandbox}/_sandbox/faults", json=fault)


def _by_person(stored: Mapping[Customer, Any], run: Run) -> Mapping[Customer, Any]:
    """Webchat visitors have an id of their own, so their conversations are found by what they wrote."""
    owner = {token: customer for customer, tokens in run.sent.items() for token in tokens}
    found: dict[Customer, list[Any]] = defaultdict(list)
    for customer, conversations in stored.items():
        for conversation in conversations:
            tokens = (t for m in conversation if m["sender"] == "user" for t in TOKEN.findall(m["text"]))
            found[owner.get(next(tokens, ""), customer)].append(conversation)
    return found


def _person(line: Line, number: int) -> str:
    names = {"instagram": f"9000000000{number:04}", "webchat": f"visitor-{number}", "sms": f"+4670{number:07}"}
    return names.get(line.platform, f"4670{number:07}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _progress(text: str) -> None:
    end = "\r" if sys.stderr.isatty() else "\n"
    if sys.stderr.isatty() or text.startswith("settling") or " 0 messages" in text or "0 of" in text:
        print(f"{text:<78}", end=end, file=sys.stderr, flush=True)


def main() -> int:
    """Reads the arguments, runs, prints the verdict; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="frontdesk chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=200, metavar="N", help="how many kills (200)")
    parser.add_argument("--messages", type=int, default=2000, metavar="N", help="how many messages (2000)")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run's choices")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    parser.add_argument("--keep", action="store_true", help="keep the state folder")
    args = parser.parse_args()
    args.seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
    started = time.monotonic()
    print(f"chaos: {args.messages} messages, {args.faults} kills, seed {args.seed}", file=sys.stderr, flush=True)
    verdict = asyncio.run(chaos(args))
    print(file=sys.stderr)
    for example in verdict.examples:
        print(f"  {example}", file=sys.stderr)
    for name, value in verdict.line().items():
        if not args.json:
            print(f"{name.replace('_', ' '):<16} {value}")
    print(
        f"{verdict.unknown_outcome} replies have an outcome that no provider told; they were not sent again. "
        f"{time.monotonic() - started:.0f} s.",
        file=sys.stderr,
    )
    if args.json:
        print(json.dumps(verdict.line()))
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
