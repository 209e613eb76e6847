"""What a session remembers of a visitor, for how long, and of whom."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from typing import Any

import pytest

from gateway.errors import Invalid, Unauthorized
from gateway.webchat.identity import Identity
from gateway.webchat.sessions import Session, Sessions
from tests.business import VAULT, Business
from tests.desk import Desk
from tests.gateway.test_webchat import connect
from tests.gateway.test_webchat_visitors import FORM, claim, say, visit

SESSIONS = Sessions(VAULT)
KIM = Identity("u-1", "Kim", "kim@example.com")


def test_a_signed_in_session_is_made_longer_by_a_claim_alone() -> None:
    _, first = SESSIONS.issue("wc_bloom", None, KIM)
    former = replace(first, expires=int(time.time()) + 60)
    _, renewed = SESSIONS.issue("wc_bloom", former)
    assert renewed == former
    _, again = SESSIONS.issue("wc_bloom", former, KIM)
    assert again.expires > former.expires
    _, anonymous = SESSIONS.issue("wc_bloom", Session("wc_bloom", "vis_1", former.expires))
    assert anonymous.expires > former.expires


def test_who_signs_in_next_inherits_nothing() -> None:
    _, kim = SESSIONS.issue("wc_bloom", None, KIM, {"topic": "Bill"})
    _, robin = SESSIONS.issue("wc_bloom", kim, Identity("u-2"))
    assert (robin.answers, robin.fields, robin.visitor != kim.visitor) == ({}, None, True)
    _, same = SESSIONS.issue("wc_bloom", kim, Identity("u-1", "Kim"))
    assert (same.answers, same.visitor) == ({"name": "Kim", "topic": "Bill"}, kim.visitor)


def test_who_was_anonymous_keeps_his_answers_as_he_signs_in() -> None:
    _, before = SESSIONS.issue("wc_bloom", None, None, {"name": "K.", "topic": "Bill"})
    _, after = SESSIONS.issue("wc_bloom", before, KIM)
    assert after.answers == {"name": "Kim", "topic": "Bill", "email": "kim@example.com"}
    assert after.visitor != before.visitor


def test_what_the_website_vouches_for_is_not_typed_over() -> None:
    _, session = SESSIONS.issue("wc_bloom", None, KIM)
    _, session = SESSIONS.issue("wc_bloom", session, None, {"email": "boss@example.com", "topic": "Bill"})
    assert session.answers == {"name": "Kim", "email": "kim@example.com", "topic": "Bill"}


def test_a_token_of_another_version_is_read() -> None:
    session = asdict(Session("wc_bloom", "vis_1", int(time.time()) + 60)) | {"later": True}
    assert SESSIONS.read(SESSIONS._seal("webchat session", json.dumps(session).encode())).visitor == "vis_1"


def test_a_session_ends() -> None:
    over = asdict(Session("wc_bloom", "vis_1", int(time.time()) - 1))
    with pytest.raises(Unauthorized, match="over"):
        SESSIONS.read(SESSIONS._seal("webchat session", json.dumps(over).encode()))


def test_more_than_a_header_holds_is_not_remembered() -> None:
    with pytest.raises(Invalid, match="too long together"):
        SESSIONS.issue("wc_bloom", None, None, {f"f{n}": "猫" * 500 for n in range(10)})


async def test_the_longest_token_is_carried(open_desk: Desk, business: Business) -> None:
    form = [{"name": f"f{n}", "label": "x"} for n in range(4)]
    await business.add_number("webchat", "wc_bloom", prechat=form)
    fields = {"f0": "猫" * 500, "f1": "猫" * 500, "f2": "猫" * 500, "f3": "猫" * 430}
    status, opened = await visit(open_desk, fields=fields)
    assert (status, len(opened["token"]) > 7800) == (201, True)
    assert (await say(open_desk, opened["token"]))[0] == 202
    ws, ready = await connect(open_desk, opened["token"])
    assert ready["type"] == "ready"
    await ws.close()


async def test_a_chat_that_is_closed_to_strangers_is_closed_to_those_inside(
    open_desk: Desk, business: Business
) -> None:
    number = await business.add_number("webchat", "wc_bloom")
    _, stranger = await visit(open_desk)
    _, known = await visit(open_desk, identity=claim())
    settings = json.dumps({"identity": {"required": True}})
    await business.pool.execute("update phone_numbers set settings = $1::jsonb where id = $2", settings, number.id)
    open_desk.bus.publish("numbers")
    statuses = [(await say(open_desk, one["token"]))[0] for one in (stranger, known)]
    assert statuses == [401, 202]
    assert (await visit(open_desk, token=stranger["token"]))[0] == 401


async def test_a_form_that_was_left_empty_is_not_shown_again(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom", prechat=FORM[1:])
    _, opened = await visit(open_desk)
    assert len(opened["prechat"]) == 3
    _, skipped = await visit(open_desk, token=opened["token"], fields={})
    _, renewed = await visit(open_desk, token=skipped["token"])
    assert (skipped["prechat"], renewed["prechat"]) == ([], [])


async def test_what_is_missing_is_named_where_it_is_written(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom", prechat=FORM)
    _, opened = await visit(open_desk)
    problem: dict[str, Any]
    status, problem = await say(open_desk, opened["token"])
    assert (status, problem["title"], problem["fields"]) == (
        422, "Answer first", [{"field": "name", "problem": "is needed"}],
    )  # fmt: skip
