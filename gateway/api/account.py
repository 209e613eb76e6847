"""Signing up and in, and what a person changes of his own: the operations that stand outside of any business."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from gateway.accounts import apps, audit, people
from gateway.accounts.people import Accounts, Arrival
from gateway.accounts.roles import Role, spelled
from gateway.accounts.sessions import end_session, end_token, open_session
from gateway.api.business import Business, business_of
from gateway.api.events import ADDRESS
from gateway.api.operations import Model, Operations, Record, Visit
from gateway.db import Connection, Row, queries
from gateway.errors import Invalid, NotFound
from gateway.observe import log

SQL = queries(people.__file__)
operations = Operations()
PREFERENCES_BYTES = 8192


def _lower(text: str) -> str:
    return text.lower()


Email = Annotated[str, Field(max_length=254, pattern=ADDRESS), AfterValidator(_lower)]
AnyEmail = Annotated[str, Field(min_length=1, max_length=254), AfterValidator(_lower)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class SignUp(Model):
    """Somebody new and his business."""

    email: Email
    password: Password
    name: Name
    company_name: Name
    language: Language = "en"


class SignIn(Model):
    """Who, and how he proves it. `code` is of the authenticator app, or one for when it is lost."""

    email: AnyEmail
    password: Password
    code: str = Field(default="", max_length=40)


class ForEmail(Model):
    """Whose."""

    email: AnyEmail


class WithToken(Model):
    """What stood in a letter."""

    token: Token


class NewPassword(Model):
    """A password, by the token of a letter."""

    token: Token
    password: Password


class Told(Record):
    """What happens next: `check_mail` for a letter, if the address is known; `no_mail` where none can be sent."""

    status: Literal["check_mail", "no_mail"]


class Verified(Record):
    """The address that is now proven."""

    email: str


class PersonNow(Record):
    """A person who is signed in. `totp_enabled` says whether an authenticator app is asked for."""

    person_id: str
    email: str
    name: str
    language: str
    email_verified: bool
    totp_enabled: bool
    recovery_codes_left: int
    preferences: dict[str, Any]


class MemberNow(Record):
    """What the person is in the business that he looks at."""

    member_id: str
    role: Role


class BusinessOfMine(Record):
    """A business that the person belongs to."""

    user_id: str
    company_name: str
    role: Role


class Me(Record):
    """Who is signed in, for which business, and what he may do there. `business` and `member` are null, and there are
    no scopes, while he may touch none; `barred` says why. `mail` says whether letters can be sent."""

    person: PersonNow
    member: MemberNow | None
    business: Business | None
    barred: str
    scopes: list[str]
    businesses: list[BusinessOfMine]
    session_id: str
    mail: bool


class MeChange(Model):
    """What is left out stays. `new_password` needs the present `password`, and ends every other session. A preference
    that is null is forgotten."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    language: Language | None = None
    preferences: dict[Annotated[str, Field(max_length=100)], Any] | None = Field(default=None, max_length=100)
    new_password: Password | None = None
    password: Password | None = None


class Switch(Model):
    """Which business to look at."""

    user_id: str = Field(max_length=50)


class AppSecret(Record):
    """What an authenticator app takes: typed, or as a QR code of `uri`."""

    secret: str
    uri: str


class Code(Model):
    """A code of the app."""

    code: str = Field(min_length=1, max_length=40)


class WithPassword(Model):
    """The present password."""

    password: Password


class RecoveryCodes(Record):
    """Codes for when the app is lost, each good once; they are shown this one time."""

    recovery_codes: list[str]


class SessionOfMine(Record):
    """Where the person is signed in. `current` is the session that asks."""

    session_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    current: bool


class SessionsOfMine(Record):
    """The sessions of a person, the one that was seen last first."""

    data: list[SessionOfMine]
    next_cursor: str | None = None


@operations.on(
    "POST", "/v1/sign-up", summary="Sign up with a new business", body=SignUp, answer=Me, status=201, open=True,
    also={202: Told},
)  # fmt: skip
async def sign_up(visit: Visit[SignUp, None]) -> Me | Told:
    body = visit.body
    arrival = Arrival(
        email=body.email, password=body.password, name=body.name, company_name=body.company_name,
        language=body.language,
    )  # fmt: skip
    person = await people.sign_up(visit.api.accounts, arrival, visit.deed)
    if person is None:
        visit.status = 202
        return Told(status="check_mail")
    return await let_in(visit, person)


@operations.on(
    "POST", "/v1/verify-email", summary="Confirm an address by the token of a letter", body=WithToken, answer=Verified,
    open=True,
)  # fmt: skip
async def verify_email(visit: Visit[WithToken, None]) -> Verified:
    return Verified(email=await people.verify(visit.api.accounts, visit.body.token, visit.deed))


@operations.on("POST", "/v1/sign-in", summary="Sign in", body=SignIn, answer=Me, open=True)
async def sign_in(visit: Visit[SignIn, None]) -> Me:
    body, accounts = visit.body, visit.api.accounts
    row = await people.sign_in(accounts, body.email, body.password, body.code, visit.deed)
    me = await let_in(visit, row["person_id"], proven=row["password_hash"])
    await audit.record_person(accounts.pool, row["person_id"], visit.deed)
    return me


@operations.on("POST", "/v1/sign-out", summary="Sign out", open=True)
async def sign_out(visit: Visit[None, None]) -> None:
    async with visit.api.pool.acquire() as db, db.transaction():
        ended = await end_token(db, visit.token)
        if ended is not None:
            await audit.record_person(db, ended["person_id"], visit.deed)
    visit.keep = ""


@operations.on(
    "POST", "/v1/password-reset", summary="Ask for a letter that sets a new password", body=ForEmail, answer=Told,
    status=202, open=True,
)  # fmt: skip
async def ask_for_password(visit: Visit[ForEmail, None]) -> Told:
    accounts = visit.api.accounts
    if not accounts.letters.on:
        return Told(status="no_mail")
    accounts.letters.check(visit.body.email)  # whoever it belongs to: a limit says nothing about that
    # Behind the answer, which takes as long for an address that nobody has.
    accounts.letters.later(_ask(accounts, visit.body.email))
    return Told(status="check_mail")


async def _ask(accounts: Accounts, email: str) -> None:
    try:
        await people.ask_for_password(accounts, email)
    except Exception as error:  # the boundary of a background task: the person asks again
        log.warning("password_letter_failed", error=type(error).__name__)


@operations.on("POST", "/v1/password", summary="Set a password by the token of a letter", body=NewPassword, open=True)
async def set_password(visit: Visit[NewPassword, None]) -> None:
    await people.reset_password(visit.api.accounts, visit.body.token, visit.body.password, visit.deed)
    visit.keep = ""


@operations.on("GET", "/v1/me", summary="Who is signed in, and what he may do", answer=Me)
async def get_me(visit: Visit[None, None]) -> Me:
    return await me_of(visit.api.accounts, visit.token)


@operations.on("PATCH", "/v1/me", summary="Change what is one's own", body=MeChange, answer=Me)
async def change_me(visit: Visit[MeChange, None]) -> Me:
    accounts, body, person = visit.api.accounts, visit.body, _person(visit)
    proven, hashed = await _new_hash(visit) if body.new_password is not None else ("", None)
    async with accounts.pool.acquire() as db, db.transaction():
        row = await db.fetchrow(SQL["for_change"], person)
        if row is None:
            raise NotFound("There is no such person.")
        kept = json.loads(row["preferences"]) | (body.preferences or {})
        kept = {name: value for name, value in kept.items() if value is not None}
        if len(json.dumps(kept)) > PREFERENCES_BYTES:
            raise Invalid("Too many preferences.", [{"field": "preferences", "problem": "is too long"}])
        await people.change(db, person, body.name or row["name"], body.language or row["language"], kept)
        if hashed is not None:
            if row["password_hash"] != proven:
                raise Invalid("The password is wrong.", [{"field": "password", "problem": "is wrong by now"}])
            await people.set_password(db, person, hashed)
            visit.keep = await _session(visit, db, person, visit.caller.user_id if visit.caller else "")
            accounts.letters.send("changed", row["email"], row["language"], accounts.letters.link("sign-in"))
        await audit.record_person(db, person, visit.deed)
    return await me_of(accounts, visit.keep or visit.token)


async def _new_hash(visit: Visit[MeChange, None]) -> tuple[str, str]:
    """The hash of the present password, which was given, and that of the new one."""
    accounts, body = visit.api.accounts, visit.body
    if body.password is None or body.new_password is None:
        raise Invalid("Give the present password too.", [{"field": "password", "problem": "is missing"}])
    row = await people.prove_password(accounts, _person(visit), body.password)
    people.refuse_weak("new_password", body.new_password, row["email"], body.name or row["name"])
    return row["password_hash"], await accounts.passwords.hash(body.new_password)


@operations.on("POST", "/v1/me/business", summary="Look at another business of one's own", body=Switch, answer=Me)
async def switch_business(visit: Visit[Switch, None]) -> Me:
    caller = visit.caller
    session = caller.session_id if caller else ""
    if await visit.api.pool.fetchval(SQL["switch"], session, _person(visit), visit.body.user_id) is None:
        raise NotFound("You do not belong to such a business.")
    return await me_of(visit.api.accounts, visit.token)


@operations.on("POST", "/v1/me/totp", summary="Begin with an authenticator app", answer=AppSecret, status=201)
async def begin_totp(visit: Visit[None, None]) -> AppSecret:
    secret, address = await apps.begin(visit.api.accounts, _person(visit), visit.deed)
    return AppSecret(secret=secret, uri=address)


@operations.on(
    "POST", "/v1/me/totp/confirm", summary="Confirm the app by a code of it", body=Code, answer=RecoveryCodes
)
async def confirm_totp(visit: Visit[Code, None]) -> RecoveryCodes:
    codes = await apps.confirm(visit.api.accounts, _person(visit), visit.body.code, visit.deed)
    return RecoveryCodes(recovery_codes=codes)


@operations.on("DELETE", "/v1/me/totp", summary="Do without the app again", body=WithPassword)
async def end_totp(visit: Visit[WithPassword, None]) -> None:
    await apps.end(visit.api.accounts, _person(visit), visit.body.password, visit.deed)


@operations.on("GET", "/v1/me/sessions", summary="Where one is signed in", answer=SessionsOfMine)
async def list_sessions(visit: Visit[None, None]) -> SessionsOfMine:
    current = visit.caller.session_id if visit.caller else ""
    rows = await visit.api.pool.fetch(SQL["sessions"], _person(visit))
    return SessionsOfMine(
        data=[SessionOfMine.model_validate({**row, "current": row["session_id"] == current}) for row in rows]
    )


@operations.on("DELETE", "/v1/me/sessions/{id}", summary="End a session")
async def delete_session(visit: Visit[None, None]) -> None:
    async with visit.api.pool.acquire() as db, db.transaction():
        await end_session(db, _person(visit), visit.path["id"])
        await audit.record_person(db, _person(visit), visit.deed)
    if visit.caller and visit.caller.session_id == visit.path["id"]:
        visit.keep = ""


async def let_in(visit: Visit[Any, Any], person: str, acts_for: str = "", *, proven: str | None = None) -> Me:
    """Begins a session with a new token, ends the one that the browser came with, and says who is signed in. `proven`
    is the hash of the password that was right. Raises Unauthorized when another one was set meanwhile."""
    async with visit.api.pool.acquire() as db, db.transaction():
        visit.keep = await _session(visit, db, person, acts_for, proven)
        await end_token(db, visit.token)
    return await me_of(visit.api.accounts, visit.keep)


async def _session(
    visit: Visit[Any, Any], db: Connection, person: str, acts_for: str, proven: str | None = None
) -> str:
    about: dict[str, str] = {"user_agent": visit.user_agent, "address": visit.deed.address}
    return await open_session(db, person, **about, acts_for=acts_for, proven=proven)


async def me_of(accounts: Accounts, token: str) -> Me:
    """Who is signed in with a token. Raises Unauthorized or Forbidden."""
    caller = await accounts.sessions.read(token)
    row = await people.get(accounts.pool, caller.person_id)
    mine, rows = await asyncio.gather(
        business_of(accounts.pool, caller.user_id), accounts.pool.fetch(SQL["businesses"], caller.person_id)
    )
    inside = not caller.barred and mine is not None
    return Me(
        person=_shown(row),
        member=MemberNow(member_id=caller.member_id, role=caller.role) if inside else None,  # type: ignore[arg-type]
        business=mine if inside else None,
        barred=caller.barred, scopes=spelled(caller.scopes),
        businesses=[BusinessOfMine.model_validate(dict(one)) for one in rows],
        session_id=caller.session_id, mail=accounts.letters.on,
    )  # fmt: skip


def _shown(row: Row) -> PersonNow:
    return PersonNow(
        person_id=row["person_id"], email=row["email"], name=row["name"], language=row["language"],
        email_verified=row["email_verified_at"] is not None, totp_enabled=row["totp_since"] is not None,
        recovery_codes_left=len(row["recovery_codes"]), preferences=json.loads(row["preferences"]),
    )  # fmt: skip


def _person(visit: Visit[Any, Any]) -> str:
    assert visit.caller is not None  # noqa: S101 - an operation that is not open has one
    return visit.caller.person_id
