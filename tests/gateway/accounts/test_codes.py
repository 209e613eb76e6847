"""Codes and passwords: what is right, what is near it, what is too weak."""

from __future__ import annotations

import base64

import pytest

from gateway.accounts import totp
from gateway.accounts.passwords import Passwords, weakness

SECRET = base64.b32encode(b"12345678901234567890").decode()


# RFC 6238, appendix B.
@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_standard(now: int, code: str) -> None:
    assert totp.code_at(SECRET, now // 30, 8) == code
    assert totp.step_of(SECRET, code[2:], now) == now // 30


@pytest.mark.parametrize(("off", "known"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(off: int, known: bool) -> None:
    here = 1111111111
    code = totp.code_at(SECRET, here // 30 + off)
    assert (totp.step_of(SECRET, code, here) == here // 30 + off) is known


@pytest.mark.parametrize("code", ["", "000000", "94287", "9428708x", "９４２８７０", "0" * 1000, "\ud800"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert totp.step_of(SECRET, code, 59) is None


def test_recovery_codes_are_read_as_people_type_them() -> None:
    codes = totp.recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        typed = {
            totp.digest_of(one) for one in (code, code.upper(), code.replace("-", " "), f" {code.replace('-', '')} ")
        }
        assert typed == {totp.digest_of(code)}


WEAK = [
    ("", "at least 10"), ("123456789", "at least 10"), ("1234567890", "commonest"), ("Password123", "commonest"),
    ("aaaaaaaaaaaa", "commonest"), ("abababababab", "commonest"), ("kim.ek@example.com", "your own"),
    ("KIM.EK@example.com", "your own"), ("Kimberly Ek", "your own"), ("kimberlyek", "your own"),
    ("x" * 100 + "yz" * 60, "at most"),
]  # fmt: skip


@pytest.mark.parametrize(("password", "why"), WEAK)
def test_a_weak_password_is_named(password: str, why: str) -> None:
    assert why in (weakness(password, "kim.ek@example.com", "Kimberly Ek") or "")


@pytest.mark.parametrize(
    "password", ["correct horse battery", "kim.ek@example.com and more", "åäö åäö åäö", "k7!xQ2m#pL"]
)
def test_any_other_password_will_do(password: str) -> None:
    assert weakness(password, "kim.ek@example.com", "Kimberly Ek") is None


async def test_a_password_is_stored_as_argon2id_and_nothing_else() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "correct" not in stored
    assert stored != await passwords.hash("correct horse")
    assert await passwords.check(stored, "correct horse")
    assert not await passwords.check(stored, "correct horsf")
    assert not await passwords.check(None, "nobody has this password")
    assert not await passwords.check("no hash", "x")
    composed, decomposed = "caf\u00e9 con leche", "cafe\u0301 con leche"
    assert await passwords.check(await passwords.hash(composed), decomposed)
