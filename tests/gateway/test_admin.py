"""The operator's commands, as they are typed."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from gateway import admin, doctor
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


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("user", "add", "nonsense"), Invalid),
        (("user", "suspend", "usr_none"), NotFound),
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
