"""The operator's commands, as they are typed."""

from __future__ import annotations

import argparse
import io
import json
from typing import Any

import pytest

from gateway import admin, doctor
from gateway.accounts.passwords import Passwords
from gateway.bus import Bus
from gateway.db import Pool
from gateway.errors import Conflict, GatewayError, Invalid, NotFound
from gateway.intake import Envelope, Intake
from tests.business import Business


async def typed(pool: Pool, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Runs a command with --json and returns what it printed."""
    parser = argparse.ArgumentParser()
    admin.add_parsers(parser.add_subparsers(dest="command"))
    assert await admin.run(pool, parser.parse_args([*words, "--json"])) == 0
    return json.loads(capsys.readouterr().out)


async def test_a_business_gets_a_key_and_credits(pool: Pool, capsys: pytest.CaptureFixture[str]) -> None:
    user = (await typed(pool, capsys, "user", "add", "Owner@Example.com", "--company", "Bloom"))["user_id"]
    assert (await typed(pool, capsys, "user", "list"))[0]["email"] == "owner@example.com"
    key = (await typed(pool, capsys, "key", "add", user, "--scope", "agents:read"))["key"]
    assert key.startswith(f"fdk_{user}_")
    (listed,) = await typed(pool, capsys, "key", "list", user)
    assert (listed["scopes"], listed["revoked_at"]) == ("agents:read", None)
    assert await typed(pool, capsys, "key", "revoke", user, listed["key_id"]) == {
        "key_id": listed["key_id"],
        "revoked": True,
    }
    shown = await typed(pool, capsys, "credits", "add", user, "25")
    assert (shown["remaining_credits"], shown["resumed_conversations"]) == (25, 0)
    assert (await typed(pool, capsys, "credits", "add", user, "-5"))["remaining_credits"] == 20
    assert (await typed(pool, capsys, "user", "suspend", user))["suspended"] is True
    assert (await typed(pool, capsys, "user", "resume", user))["suspended"] is False


async def test_people_are_let_in_and_out(
    pool: Pool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await typed(pool, capsys, "user", "add", "Owner@Example.com", "--company", "Bloom")
    user = made["user_id"]
    assert made["set_password"].startswith("http://localhost:8080/console/password?token=")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    other = await typed(pool, capsys, "user", "add", "boss@example.com", "--password-stdin")
    assert "set_password" not in other
    stored = await pool.fetchval("select password_hash from people where email = 'boss@example.com'")
    assert await Passwords().check(stored, "correct horse battery")
    added = await typed(pool, capsys, "member", "add", user, "boss@example.com", "--role", "manager")
    assert (added["role"], "set_password" in added) == ("manager", False)
    with pytest.raises(Conflict, match="last admin"):
        await typed(pool, capsys, "member", "role", user, "owner@example.com", "viewer")
    await typed(pool, capsys, "member", "role", user, "boss@example.com", "admin")
    await typed(pool, capsys, "member", "remove", user, "owner@example.com")
    (left,) = await typed(pool, capsys, "member", "list", user)
    assert (left["email"], left["role"]) == ("boss@example.com", "admin")
    assert (await typed(pool, capsys, "person", "lock", "boss@example.com"))["locked"] is True
    assert (await typed(pool, capsys, "member", "list", user))[0]["locked_at"] is not None
    await typed(pool, capsys, "person", "unlock", "boss@example.com")
    assert "token=" in (await typed(pool, capsys, "person", "password", "boss@example.com"))["set_password"]
    assert (await typed(pool, capsys, "user", "show", user))["members"] == 1
    rows = await pool.fetch("select actor_kind, action from audit_log where user_id = $1 order by at", user)
    assert {row["actor_kind"] for row in rows} == {"operator"}
    assert [row["action"] for row in rows] == [
        "user add", "member add", "member role", "member remove", "person lock", "person unlock", "person password",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("user", "add", "nonsense"), Invalid),
        (("user", "suspend", "usr_none"), NotFound),
        (("user", "show", "usr_none"), NotFound),
        (("member", "add", "usr_none", "a@example.com"), NotFound),
        (("member", "remove", "usr_none", "a@example.com"), NotFound),
        (("person", "lock", "nobody@example.com"), NotFound),
        (("key", "add", "usr_none"), NotFound),
        (("key", "revoke", "usr_none", "key_none"), NotFound),
        (("credits", "add", "usr_none", "5"), NotFound),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(
    pool: Pool, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], error: type[GatewayError]
) -> None:
    with pytest.raises(error, match=r"\."):
        await typed(pool, capsys, *words)


async def test_a_balance_never_falls_below_zero(
    pool: Pool, business: Business, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Invalid, match="below zero"):
        await typed(pool, capsys, "credits", "add", business.user_id, "-1001")
    email = await pool.fetchval("select email from users")
    with pytest.raises(Conflict, match="already"):
        await typed(pool, capsys, "user", "add", email)


async def test_replay_lists_and_reads_again(pool: Pool, business: Business, capsys: pytest.CaptureFixture[str]) -> None:
    body = b'{"object":"whatsapp_business_account","entry":[]}'
    await Intake(pool, Bus()).store(Envelope(endpoint="meta", url="u", body=body, events=[]))
    await pool.execute("update envelopes set state = 'parked', problem = 'unknown_number'")
    assert await doctor.replay(pool, as_json=False, only_list=True) == 0
    assert "unknown_number" in capsys.readouterr().out
    assert await doctor.replay(pool, as_json=True, only_list=False) == 1
    assert json.loads(capsys.readouterr().out) == {"read": 1, "settled": 0}
    assert await pool.fetchval("select problem from envelopes") == "there is no entry"
