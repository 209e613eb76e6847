"""The address of a person: proven by a letter, which can be asked for again, and changed by one."""

from __future__ import annotations

from pydantic import Field

from gateway.accounts import email_change, people
from gateway.accounts.people import Accounts
from gateway.api.account import Email, ForEmail, Me, Password, Told, WithToken, let_in
from gateway.api.operations import Model, Operations, Visit
from gateway.observe import log

operations = Operations()


class NewEmail(Model):
    """Another address, and who asks for it: the present password, and a code where an authenticator app is in use."""

    email: Email
    password: Password
    code: str = Field(default="", max_length=40)


@operations.on(
    "POST", "/v1/verify-email/letter", summary="Ask for the letter that confirms an address once more", body=ForEmail,
    answer=Told, status=202, open=True,
)  # fmt: skip
async def ask_for_verify_letter(visit: Visit[ForEmail, None]) -> Told:
    accounts = visit.api.accounts
    if not accounts.letters.on:
        return Told(status="no_mail")
    accounts.letters.check(visit.body.email)
    # Behind the answer, which takes as long for an address that nobody has, or that is confirmed.
    accounts.letters.later(_ask_again(accounts, visit.body.email))
    return Told(status="check_mail")


async def _ask_again(accounts: Accounts, email: str) -> None:
    try:
        await people.ask_again(accounts, email)
    except Exception as error:  # the boundary of a background task: the person asks again
        log.warning("verify_letter_failed", error=type(error).__name__)


@operations.on(
    "POST", "/v1/me/email", summary="Ask for another address; a letter to it brings the link", body=NewEmail,
    answer=Told, status=202,
)  # fmt: skip
async def ask_for_email(visit: Visit[NewEmail, None]) -> Told:
    accounts, body = visit.api.accounts, visit.body
    if not accounts.letters.on:
        return Told(status="no_mail")
    await email_change.ask(accounts, _person(visit), body.email, (body.password, body.code), visit.deed)
    return Told(status="check_mail")


@operations.on(
    "POST", "/v1/me/email/confirm", summary="Take the address that the letter went to; other sessions end",
    body=WithToken, answer=Me,
)  # fmt: skip
async def confirm_email(visit: Visit[WithToken, None]) -> Me:
    person = _person(visit)
    await email_change.confirm(visit.api.accounts, person, visit.body.token, visit.deed)
    return await let_in(visit, person, visit.caller.user_id if visit.caller else "")


def _person(visit: Visit[NewEmail, None] | Visit[WithToken, None]) -> str:
    assert visit.caller is not None  # noqa: S101 - an operation that is not open has one
    return visit.caller.person_id
