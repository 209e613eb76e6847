"""The operator's commands: businesses, their members, their API keys, their credits. Each change is recorded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from gateway.accounts.audit import Deed, record_operator, record_person
from gateway.accounts.invitations import demand_admin
from gateway.accounts.passwords import Passwords
from gateway.accounts.people import Arrival, add_member, add_person, refuse_weak
from gateway.accounts.roles import ROLES, SCOPES
from gateway.accounts.sessions import end_all
from gateway.accounts.tokens import OPERATORS, give
from gateway.api.keys import create_key
from gateway.db import Connection, Pool, queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new
from gateway.settings import Settings

SQL = queries(__file__)


def add_parsers(commands: Any) -> None:
    """Adds user, key and credits to the command line."""
    user = commands.add_parser("user", help="businesses: add, list, show, suspend, resume").add_subparsers(
        dest="action", required=True, metavar="action"
    )
    one = _action(user, "add", "add a business and its first admin; prints a link that sets the password")
    one.add_argument("email")
    one.add_argument("--company", default=None)
    one.add_argument("--name", default="", help="of the admin")
    one.add_argument("--password-stdin", action="store_true", help="read the admin's password from standard input")
    _action(user, "list", "list businesses")
    _action(user, "show", "show a business").add_argument("user_id")
    _action(user, "suspend", "refuse a business's keys").add_argument("user_id")
    _action(user, "resume", "let a business in again").add_argument("user_id")
    _add_members(commands)
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


def _add_members(commands: Any) -> None:
    member = commands.add_parser("member", help="people of a business: list, add, role, remove").add_subparsers(
        dest="action", required=True, metavar="action"
    )
    _action(member, "list", "list a business's members").add_argument("user_id")
    one = _action(member, "add", "give a person a place; prints a link that sets the password of a new one")
    one.add_argument("user_id")
    one.add_argument("email")
    one.add_argument("--role", choices=ROLES, default="viewer")
    one.add_argument("--name", default="")
    one = _action(member, "role", "change a member's role")
    one.add_argument("user_id")
    one.add_argument("email")
    one.add_argument("role", choices=ROLES)
    one = _action(member, "remove", "end a membership")
    one.add_argument("user_id")
    one.add_argument("email")
    person = commands.add_parser("person", help="people: password, lock, unlock").add_subparsers(
        dest="action", required=True, metavar="action"
    )
    _action(person, "password", "print a link that sets a new password, once").add_argument("email")
    _action(person, "lock", "let nobody in with this address; open sessions end").add_argument("email")
    _action(person, "unlock", "let the person in again").add_argument("email")


def _action(parsers: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parsers.add_parser(name, help=text)
    parser.add_argument("--json", action="store_true", help="one line for programs")
    return parser


async def run(pool: Pool, args: argparse.Namespace, public_url: str = Settings.public_url) -> int:
    """Runs one of these commands; links begin with `public_url`.

    Raises Conflict, Invalid or NotFound with a sentence for a person.
    """
    args.public_url = public_url
    shown: Any = await _COMMANDS[args.command, args.action](pool, args)
    if args.json:
        print(json.dumps(shown, default=str))
    elif isinstance(shown, list):
        print(_table(shown))
    else:
        for name, value in shown.items():
            print(f"{name:<18} {value}")
    return 0


async def _user_add(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    email = _address(args.email)
    password = sys.stdin.readline().rstrip("\n") if args.password_stdin else None
    if password is not None:
        refuse_weak("password", password, email, args.name)
    hashed = None if password is None else await Passwords().hash(password)
    try:
        async with pool.acquire() as db, db.transaction():
            user_id = new("usr")
            await db.execute(SQL["add_user"], user_id, email, args.company)
            person, fresh = await _person(db, email, args.name, hashed)
            await add_member(db, user_id, person, "admin")
            await record_operator(db, user_id, Deed(action="user add"))
            made = {"user_id": user_id, "person_id": person}
            return made if not fresh or hashed else made | {"set_password": await _link(db, args, person)}
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There is a business with the address {args.email} already.") from error


async def _person(db: Connection, email: str, name: str, hashed: str | None = None) -> tuple[str, bool]:
    """The person of an address, and whether he was made for it."""
    known = await db.fetchval(SQL["person"], email)
    if known is not None:
        return known, False
    arrival = Arrival(email=email, password="", name=name, company_name="", language="en")
    return await add_person(db, arrival, hashed), True


async def _link(db: Connection, args: argparse.Namespace, person: str) -> str:
    token = await give(db, person, "password", by_mail=False, lasts=OPERATORS)
    return f"{args.public_url}/console/password?token={token}"


def _address(text: str) -> str:
    if "@" not in text or len(text) > 255:
        raise Invalid(f"{text!r} is no e-mail address.")
    return text.strip().lower()


async def _user_list(pool: Pool, _args: argparse.Namespace) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(SQL["users"])]


async def _user_show(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    row = await pool.fetchrow(SQL["user"], args.user_id)
    if row is None:
        raise _nobody(args.user_id)
    return dict(row)


async def _user_state(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    suspended = args.action == "suspend"
    async with pool.acquire() as db, db.transaction():
        if await db.fetchval(SQL["suspend"], args.user_id, suspended) is None:
            raise _nobody(args.user_id)
        await record_operator(db, args.user_id, Deed(action=f"user {args.action}"))
    return {"user_id": args.user_id, "suspended": suspended}


async def _member_list(pool: Pool, args: argparse.Namespace) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(SQL["members"], args.user_id)]


async def _member_add(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    email = _address(args.email)
    async with pool.acquire() as db, db.transaction():
        person, fresh = await _person(db, email, args.name)
        try:
            member = await add_member(db, args.user_id, person, args.role)
        except asyncpg.ForeignKeyViolationError as error:
            raise _nobody(args.user_id) from error
        await record_operator(db, args.user_id, Deed(action="member add", target=[member], changes={"role": args.role}))
        made = {"member_id": member, "person_id": person, "role": args.role}
        return made | {"set_password": await _link(db, args, person)} if fresh else made


async def _member_change(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    role = args.role if args.action == "role" else None
    async with pool.acquire() as db, db.transaction():
        member = await db.fetchval(SQL["member"], args.user_id, _address(args.email))
        if member is None:
            raise NotFound("There is no such member. See them with: ./frontdesk member list USER")
        if role != "admin":
            await demand_admin(db, args.user_id, member)
        if role:
            await db.execute(SQL["change_member"], args.user_id, member, role)
        else:
            await db.execute(SQL["remove_member"], args.user_id, member)
        await db.execute(SQL["take_back_of"], args.user_id, member)
        changes = {"role": role} if role else {}
        await record_operator(db, args.user_id, Deed(action=f"member {args.action}", target=[member], changes=changes))
    return {"member_id": member, "role": role} if role else {"member_id": member, "removed": True}


async def _person_password(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    async with pool.acquire() as db, db.transaction():
        person = await db.fetchval(SQL["person"], _address(args.email))
        if person is None:
            raise _stranger(args.email)
        await record_person(db, person, Deed(action="person password"), by="operator")
        return {"person_id": person, "set_password": await _link(db, args, person)}


async def _person_state(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    locked = args.action == "lock"
    async with pool.acquire() as db, db.transaction():
        person = await db.fetchval(SQL["lock_person"], _address(args.email), locked)
        if person is None:
            raise _stranger(args.email)
        await record_person(db, person, Deed(action=f"person {args.action}"), by="operator")
        if locked:
            await end_all(db, person)
    return {"person_id": person, "locked": locked}


async def _key_add(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    try:
        async with pool.acquire() as db, db.transaction():
            text = await create_key(db, args.user_id, args.name, args.scope or ["*"])
            await record_operator(db, args.user_id, Deed(action="key add", changed=["name", "scopes"]))
    except asyncpg.ForeignKeyViolationError as error:
        raise _nobody(args.user_id) from error
    return {"key": text}


async def _key_list(pool: Pool, args: argparse.Namespace) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(SQL["keys"], args.user_id)]


async def _key_revoke(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    async with pool.acquire() as db, db.transaction():
        if await db.fetchval(SQL["revoke"], args.user_id, args.key_id) is None:
            raise NotFound("There is no such key, or it was revoked before. See them with: ./frontdesk key list USER")
        await record_operator(db, args.user_id, Deed(action="key revoke", target=[args.key_id]))
    return {"key_id": args.key_id, "revoked": True}


async def _credits_add(pool: Pool, args: argparse.Namespace) -> dict[str, Any]:
    try:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["credit"], args.user_id, new("ent"), args.amount, args.reason)
            resumed = await connection.fetchval(SQL["resume"], args.user_id) if args.amount > 0 else 0
            await record_operator(connection, args.user_id, Deed(action="credits add", changes={"amount": args.amount}))
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
    ("user", "show"): _user_show,
    ("user", "suspend"): _user_state,
    ("user", "resume"): _user_state,
    ("member", "list"): _member_list,
    ("member", "add"): _member_add,
    ("member", "role"): _member_change,
    ("member", "remove"): _member_change,
    ("person", "password"): _person_password,
    ("person", "lock"): _person_state,
    ("person", "unlock"): _person_state,
    ("key", "add"): _key_add,
    ("key", "list"): _key_list,
    ("key", "revoke"): _key_revoke,
    ("credits", "add"): _credits_add,
    ("credits", "show"): _credits_show,
}


def _nobody(user_id: str) -> NotFound:
    return NotFound(f"There is no business {user_id}. See them with: ./frontdesk user list")


def _stranger(email: str) -> NotFound:
    return NotFound(f"Nobody has the address {email}.")


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
