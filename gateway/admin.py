"""The operator's commands: businesses, their API keys, their credits."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from gateway.api.keys import SCOPES, create_key
from gateway.db import Pool, queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new

SQL = queries(__file__)


def add_parsers(commands: Any) -> None:
    """Adds user, key and credits to the command line."""
    user = commands.add_parser("user", help="businesses: add, list, suspend, resume").add_subparsers(
        dest="action", required=True, metavar="action"
    )
    one = _action(user, "add", "add a business")
    one.add_argument("email")
    one.add_argument("--company", default=None)
    _action(user, "list", "list businesses")
    _action(user, "suspend", "refuse a business's keys").add_argument("user_id")
    _action(user, "resume", "let a business in again").add_argument("user_id")
    key = commands.add_parser("key", help="API keys: add, list, revoke").add_subparsers(
        dest="action", required=True, metavar="action"
    )
    one = _action(key, "add", "make a key; it is shown once")
    one.add_argument("user_id")
    one.add_argument("--name", default="key")
    one.add_argument("--scope", action="append", choices=[*SCOPES, "*"], help="may be given several times (all)")
    _action(key, "list", "list a business's keys").add_argument("user_id")
    one = _action(key, "revoke", "end a key")
    one.add_argument("user_id")
    one.add_argument("key_id")
    credit = commands.add_parser("credits", help="credits: add, show").add_subparsers(
        dest="action", required=True, metavar="action"
    )
    one = _action(credit, "add", "give or take credits; conversations that waited for them go on")
    one.add_argument("user_id")
    one.add_argument("amount", type=int)
    one.add_argument("--reason", default="Added by the operator")
    _action(credit, "show", "show a balance").add_argument("user_id")


def _action(parsers: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parsers.add_parser(name, help=text)
    parser.add_argument("--json", action="store_true", help="one line for programs")
    return parser


async def run(pool: Pool, args: argparse.Namespace) -> int:
    """Runs one of these commands. Raises Conflict, Invalid or NotFound with a sentence for a person."""
    shown: Any = await _COMMANDS[args.command, args.action](pool, args)
    if args.json:
        print(json.dumps(shown, default=str))
    elif isinstance(shown, list):
        print(_table(shown))
    else:
        for name, value in shown.items():
            print(f"{name:<18} {value}")
    return 0


async def create_user(pool: Pool, email: str, company: str | None) -> str:
    """Stores a business and returns its id. Raises Conflict when the address is known, Invalid when it is none."""
    if "@" not in email or len(email) > 255:
        raise Invalid(f"{email!r} is no e-mail address.")
    user_id = new("usr")
    try:
        await pool.execute(SQL["add_user"], user_id, email.strip().lower(), company)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There is a business with the address {email} already.") from error
    return user_id


async def _user_add(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    return {"user_id": await create_user(pool, args.email, args.company)}


async def _user_list(pool: Pool, _args: argparse.Namespace) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(SQL["users"])]


async def _user_state(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    suspended = args.action == "suspend"
    if await pool.fetchval(SQL["suspend"], args.user_id, suspended) is None:
        raise _nobody(args.user_id)
    return {"user_id": args.user_id, "suspended": suspended}


async def _key_add(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    try:
        text = await create_key(pool, args.user_id, args.name, args.scope or ["*"])
    except asyncpg.ForeignKeyViolationError as error:
        raise _nobody(args.user_id) from error
    return {"key": text}


async def _key_list(pool: Pool, args: argparse.Namespace) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(SQL["keys"], args.user_id)]


async def _key_revoke(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    if await pool.fetchval(SQL["revoke"], args.user_id, args.key_id) is None:
        raise NotFound("There is no such key, or it was revoked before. See them with: ./frontdesk key list USER")
    return {"key_id": args.key_id, "revoked": True}


async def _credits_add(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    try:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["credit"], args.user_id, new("ent"), args.amount, args.reason)
            resumed = await connection.fetchval(SQL["resume"], args.user_id) if args.amount > 0 else 0
    except asyncpg.ForeignKeyViolationError as error:
        raise _nobody(args.user_id) from error
    except (asyncpg.CheckViolationError, asyncpg.NumericValueOutOfRangeError, asyncpg.DataError) as error:
        raise Invalid("The balance can't fall below zero, nor grow beyond two billion.") from error
    return {**await _credits_show(pool, args), "resumed_conversations": resumed}


async def _credits_show(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    row = await pool.fetchrow(SQL["balance"], args.user_id)
    return dict(row) if row else {"remaining_credits": 0, "total_used": 0}


_COMMANDS = {
    ("user", "add"): _user_add,
    ("user", "list"): _user_list,
    ("user", "suspend"): _user_state,
    ("user", "resume"): _user_state,
    ("key", "add"): _key_add,
    ("key", "list"): _key_list,
    ("key", "revoke"): _key_revoke,
    ("credits", "add"): _credits_add,
    ("credits", "show"): _credits_show,
}


def _nobody(user_id: str) -> NotFound:
    return NotFound(f"There is no business {user_id}. See them with: ./frontdesk user list")


def _table(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return "None yet."
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)
