"""Who belongs to the business, in which role, and who is invited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from gateway.accounts import people
from gateway.accounts.invitations import Answer, accept, demand_admin, find, invite
from gateway.accounts.roles import ROLES, Role, covers, scopes_of, spelled
from gateway.api.account import Email, Me, Token, let_in
from gateway.api.operations import Call, Model, Operations, Record, Visit
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Forbidden, Invalid, NotFound, Unauthorized

SQL = queries(__file__)
operations = Operations()


class Member(Record):
    """A person in the business. `totp_enabled` says whether an authenticator app guards the account."""

    member_id: str
    email: str
    name: str
    role: Role
    email_verified: bool
    totp_enabled: bool
    invited_by: str | None
    suspended_at: datetime | None
    created_at: datetime


class MemberChange(Model):
    """What is left out stays."""

    role: Role | None = None
    suspended: bool | None = None


class RoleNow(Record):
    """A role, and each scope that it has."""

    role: Role
    scopes: list[str]


class Roles(Record):
    """The one table of who may do what."""

    data: list[RoleNow]
    next_cursor: str | None = None


class Invitation(Record):
    """An open invitation. `invited_by` is the member who made it."""

    invitation_id: str
    email: str
    role: Role
    invited_by: str | None
    created_at: datetime
    expires_at: datetime


class InvitationToMake(Model):
    """Whom, and as what."""

    email: Email
    role: Role


class NewInvitation(Invitation):
    """An invitation with its `link`, which is shown this one time. `mailed` says that a letter brings it too."""

    link: str
    mailed: bool


class TokenQuery(Model):
    """The token of a link."""

    token: Token


class Invited(Record):
    """What an invitation is to. With `has_account` its address signs in, else it gives a name and a password."""

    email: str
    role: Role
    company_name: str
    expires_at: datetime
    has_account: bool


class Acceptance(Model):
    """The token of a link; a password unless the invited is signed in, and a name when he is new."""

    token: Token
    name: str = Field(default="", max_length=255)
    password: str = Field(default="", max_length=1000)


@operations.on(
    "GET", "/v1/members", scope="members:read", summary="List the members", query=PageQuery, answer=Page[Member]
)
async def list_members(call: Call[None, PageQuery]) -> Page[Member]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "member_id")
    return Page[Member](data=[Member.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "PATCH", "/v1/members/{id}", scope="members:write", summary="Change a member's role, or suspend him",
    body=MemberChange, answer=Member,
)  # fmt: skip
async def change_member(call: Call[MemberChange, None]) -> Member:
    row, body = await _to_change(call), call.body
    role = body.role or row["role"]
    suspended = row["suspended_at"] is not None if body.suspended is None else body.suspended
    _refuse_more(call, role)
    if role != "admin" or suspended:
        await demand_admin(call.db, call.user_id, row["member_id"])
    await call.db.execute(SQL["change"], call.user_id, row["member_id"], role, suspended)
    if role != row["role"] or suspended:
        await call.db.execute(SQL["take_back_of"], call.user_id, row["member_id"])
    return Member.model_validate(await _get(call, row["member_id"]))


@operations.on("DELETE", "/v1/members/{id}", scope="members:write", summary="Remove a member")
async def delete_member(call: Call[None, None]) -> None:
    row = await _to_change(call)
    await demand_admin(call.db, call.user_id, row["member_id"])
    await call.db.execute(SQL["take_back_of"], call.user_id, row["member_id"])
    await call.db.execute(SQL["remove"], call.user_id, row["member_id"])


@operations.on("GET", "/v1/roles", scope="members:read", summary="What each role may do", answer=Roles)
async def list_roles(_call: Call[None, None]) -> Roles:
    return Roles(data=[RoleNow(role=one, scopes=spelled(scopes_of(one))) for one in ROLES])


@operations.on(
    "GET", "/v1/invitations", scope="members:read", summary="List open invitations", query=PageQuery,
    answer=Page[Invitation],
)  # fmt: skip
async def list_invitations(call: Call[None, PageQuery]) -> Page[Invitation]:
    rows = await call.db.fetch(SQL["invitations"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "invitation_id")
    return Page[Invitation](data=[Invitation.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/invitations", scope="members:write", summary="Invite somebody", body=InvitationToMake,
    answer=NewInvitation, status=201,
)  # fmt: skip
async def create_invitation(call: Call[InvitationToMake, None]) -> NewInvitation:
    _refuse_more(call, call.body.role)
    letters, email, caller = call.api.accounts.letters, call.body.email, call.caller
    invitation, token = await invite(call.db, call.user_id, email, call.body.role, caller.member_id)
    link = letters.link("invitation", token)
    about = await call.db.fetchrow(SQL["inviting"], call.user_id, caller.member_id)
    # Whoever has not proven his own address writes to nobody else's.
    mailed = letters.on and about is not None and about["email_verified"]
    if mailed and about is not None:
        letters.check(email)
        words = {"name": caller.name, "company": about["company_name"]}
        call.after(lambda: letters.send("invited", email, about["language"], link, counted=True, **words))
    row = await call.db.fetchrow(SQL["invitation"], call.user_id, invitation)
    return NewInvitation.model_validate({**(row or {}), "link": link, "mailed": mailed})


@operations.on("DELETE", "/v1/invitations/{id}", scope="members:write", summary="Take an invitation back")
async def delete_invitation(call: Call[None, None]) -> None:
    if await call.db.fetchval(SQL["take_back"], call.user_id, call.path["id"]) is None:
        raise NotFound("There is no such open invitation.")


@operations.on(
    "GET", "/v1/invitations/lookup", summary="What an invitation is to", query=TokenQuery, answer=Invited, open=True
)
async def look_up_invitation(visit: Visit[None, TokenQuery]) -> Invited:
    return Invited.model_validate(await find(visit.api.pool, visit.query.token))


@operations.on("POST", "/v1/invitations/accept", summary="Accept an invitation", body=Acceptance, answer=Me, open=True)
async def accept_invitation(visit: Visit[Acceptance, None]) -> Me:
    body, accounts = visit.body, visit.api.accounts
    signed_in = await _signed_in(visit)
    if not signed_in and not body.name.strip() and not (await find(accounts.pool, body.token))["has_account"]:
        raise Invalid("Give your name.", [{"field": "name", "problem": "is missing"}])
    answer = Answer(token=body.token, name=body.name, password=body.password, person_id=signed_in)
    person, user_id = await accept(accounts, answer, visit.deed)
    me = await let_in(visit, person, user_id)
    if not me.person.email_verified:
        await people.ask_to_verify(accounts, person)
    return me


async def _signed_in(visit: Visit[Acceptance, None]) -> str:
    try:
        return (await visit.api.accounts.sessions.read(visit.token)).person_id
    except Unauthorized:
        return ""


async def _to_change(call: Call[MemberChange, None] | Call[None, None]) -> dict[str, Any]:
    """The member of the path. Nobody changes whoever may do more than he."""
    row = await _get(call, call.path["id"])
    if not covers(call.caller.scopes, scopes_of(row["role"])):
        raise Forbidden("This member may do more than you: you can't change him.")
    return row


async def _get(call: Call[MemberChange, None] | Call[None, None], member_id: str) -> dict[str, Any]:
    row = await call.db.fetchrow(SQL["get"], call.user_id, member_id)
    if row is None:
        raise NotFound("There is no such member.")
    return dict(row)


def _refuse_more(call: Call[MemberChange, None] | Call[InvitationToMake, None], role: str) -> None:
    if not covers(call.caller.scopes, scopes_of(role)):
        raise Forbidden("You can't give a role that may do more than you.")
