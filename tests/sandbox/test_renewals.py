"""Tokens of Instagram that are renewed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client

IG = "17840000000000001"
BODY = {"recipient": {"id": "900"}, "message": {"text": "Hello"}}


async def _renew(
    sandbox: Client,
    token: str = "token-ig1",  # noqa: S107
    grant_type: str = "ig_refresh_token",
) -> tuple[int, Any]:
    query = {"grant_type": grant_type, "access_token": token}
    return await sandbox.ask("GET", "/refresh_access_token", params=query)


async def test_a_renewed_token_and_the_old_one_are_taken(sandbox: Client) -> None:
    status, first = await _renew(sandbox)
    assert (status, first["token_type"], first["expires_in"]) == (200, "bearer", 5_184_000)
    _, second = await _renew(sandbox, first["access_token"])
    tokens = {"token-ig1", first["access_token"], second["access_token"]}
    assert len(tokens) == 3
    for token in tokens:
        for number in (IG, "me"):
            assert (await sandbox.graph(BODY, number, token))[0] == 200
    assert (await sandbox.graph({}, token=first["access_token"]))[0] == 401


async def test_a_renewal_is_recorded_without_the_token(sandbox: Client) -> None:
    await _renew(sandbox)
    (call,) = await sandbox.calls("instagram")
    assert (call["path"], call["status"], call["id"]) == ("/refresh_access_token", 200, None)
    assert call["request"] == {"grant_type": "ig_refresh_token"}


@pytest.mark.parametrize(
    ("token", "grant_type", "code"),
    [
        ("", "ig_refresh_token", 190),
        ("wrong", "ig_refresh_token", 190),
        ("token-wa1", "ig_refresh_token", 190),
        ("token-ig1", "fb_exchange_token", 100),
        ("token-ig1", "", 100),
    ],
)
async def test_what_cannot_be_renewed(sandbox: Client, token: str, grant_type: str, code: int) -> None:
    status, answer = await _renew(sandbox, token, grant_type)
    assert (status, answer["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"kind": "wrong_token"}, (400, 190)),
        ({"kind": "wrong_token", "provider": "instagram", "number": "ig1"}, (400, 190)),
        ({"kind": "wrong_token", "event": "action"}, (400, 190)),
        ({"kind": "server_error", "status": 503, "event": "action"}, (503, 2)),
        ({"kind": "rate_limit", "event": "action"}, (429, 4)),
    ],
)
async def test_a_fault_meets_a_renewal(sandbox: Client, order: dict[str, Any], expected: tuple[int, int]) -> None:
    await sandbox.fault(**order)
    status, answer = await _renew(sandbox)
    assert (status, answer["error"]["code"]) == expected
    assert (await _renew(sandbox))[0] == 200
    assert [call["fault"] for call in await sandbox.calls("instagram")] == [order["kind"], ""]
