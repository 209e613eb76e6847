"""People as tests need them: with a place in a business, a session, and a browser that keeps its cookie."""

from __future__ import annotations

import json
from typing import Any

from argon2 import PasswordHasher

from gateway.accounts.sessions import open_session
from gateway.db import Pool
from gateway.ids import new
from tests.desk import Desk

ORIGIN = "https://desk.example.com"
COOKIE = "__Host-frontdesk"
PASSWORD = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Browser:
    """Somebody at the console. It sends what a browser sends, and keeps the cookie that it is given."""

    def __init__(self, desk: Desk, token: str = "") -> None:
        self.desk = desk
        self.token = token

    async def __call__(
        self, method: str, path: str, body: Any = None, *, origin: str | None = ORIGIN, **headers: str
    ) -> tuple[int, Any]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if origin is not None and method != "GET":
            sent["Origin"] = origin
        if self.token:
            sent["Cookie"] = f"{COOKIE}={self.token}"
        data = None if body is None else json.dumps(body).encode()
        async with self.desk.http.request(method, self.desk.url + path, data=data, headers=sent) as answer:
            if (cookie := answer.cookies.get(COOKIE)) is not None:
                self.token = cookie.value
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type.endswith("json") else text or None

    async def sign_in(self, email: str, password: str = PASSWORD, code: str = "") -> tuple[int, Any]:
        """What the form does."""
        return await self("POST", "/v1/sign-in", {"email": email, "password": password, "code": code})


async def add_person(pool: Pool, email: str = "", **columns: Any) -> str:
    """Stores a person whose password is PASSWORD; returns the id."""
    person = new("psn")
    columns = {"email": email or f"{person}@example.com", "password_hash": HASH, "name": "Pat", **columns}
    names = ", ".join(columns)
    places = ", ".join(f"${n}" for n in range(2, len(columns) + 2))
    insert = f"insert into people (person_id, {names}) values ($1, {places})"  # noqa: S608
    await pool.execute(insert, person, *columns.values())
    return person


async def add_member(pool: Pool, user_id: str, role: str, email: str = "") -> tuple[str, str]:
    """Stores a person with a place in a business; returns person and member."""
    person, member = await add_person(pool, email), new("mbr")
    insert = "insert into members (user_id, member_id, person_id, role) values ($1, $2, $3, $4)"
    await pool.execute(insert, user_id, member, person, role)
    return person, member


async def session_of(pool: Pool, person: str, user_id: str = "") -> str:
    """Begins a session and returns its token."""
    async with pool.acquire() as db:
        return await open_session(db, person, user_agent="test", address="127.0.0.1", acts_for=user_id)


async def browser_of(desk: Desk, user_id: str, role: str, email: str = "") -> Browser:
    """Somebody of a role, signed in."""
    person, _ = await add_member(desk.pool, user_id, role, email)
    return Browser(desk, await session_of(desk.pool, person, user_id))
