"""`python -m gateway <command>`: arguments only; each command lives in a module of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from gateway import admin, demo, doctor
from gateway.app import serve
from gateway.errors import GatewayError
from gateway.observe import configure_logs
from gateway.postgres import PostgresError
from gateway.rehearse import rehearse
from gateway.settings import Settings
from gateway.store import open_store, open_vault

Result = TypeVar("Result")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. What went wrong is one sentence on standard error."""
    args = _parser().parse_args(argv)
    configure_logs()
    try:
        return _run(args)
    except (GatewayError, PostgresError) as error:
        print(f"frontdesk: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"frontdesk: {_plain(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run(args: argparse.Namespace) -> int:
    if args.command == "demo":
        return demo.run(args)
    settings = Settings.read()
    if args.command == "serve":
        _loop(_serve(settings, args.role))
        return 0
    if args.command == "doctor":
        return _loop(doctor.run(settings, as_json=args.json))
    return _loop(_administer(settings, args))


async def _serve(settings: Settings, role: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, role, stop)


async def _administer(settings: Settings, args: argparse.Namespace) -> int:
    if args.command == "replay" and args.prompt:
        return await rehearse(settings, args)
    async with open_store(settings, size=2) as store:
        if args.command == "migrate":
            print("The database has this build's schema.")
            return 0
        if args.command == "replay":
            return await doctor.replay(store.pool, as_json=args.json, only_list=args.list)
        open_vault(settings)
        return await admin.run(store.pool, args, settings.public_url)


def _loop(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="frontdesk", description="A conversational agent gateway.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    demo.add_parser(commands)
    one = commands.add_parser("serve", help="run the gateway")
    one.add_argument("--role", choices=("all", "web", "worker"), default="all", help="what this process does (all)")
    commands.add_parser("migrate", help="bring the database to this build's schema")
    one = commands.add_parser("doctor", help="check every setting and every dependency")
    one.add_argument("--json", action="store_true", help="one line for programs")
    one = commands.add_parser("replay", help="read parked webhooks again; or try a prompt on turns that were")
    one.add_argument("--list", action="store_true", help="only list parked webhooks")
    one.add_argument("--prompt", metavar="ID:VERSION", help="run stored turns with this version; nothing is sent")
    one.add_argument("--turns", type=int, default=50, metavar="N", help="how many of the newest turns (50)")
    one.add_argument("--html", metavar="FILE", help="write the comparison to a page too")
    one.add_argument("--json", action="store_true", help="one line for programs")
    admin.add_parsers(commands)
    return parser


def _plain(error: OSError) -> str:
    if error.errno == 98:
        return f"The address is taken ({error.strerror}). Set PORT to another one, or end the other program."
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
