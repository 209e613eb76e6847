"""Signatures against values that others published."""

from __future__ import annotations

import pytest

from sandbox.signatures import sign_meta, sign_twilio

CALLER = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234")]


@pytest.mark.parametrize(
    ("url", "fields", "signature"),
    [
        pytest.param(
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            [*CALLER, ("From", "+14158675309"), ("To", "+18005551212")],
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            id="Twilio's own example",
        ),
        pytest.param(
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            [("To", "+18005551212"), ("From", "+14158675309"), *reversed(CALLER), ("Digits", "1234")],
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            id="any order, and a repeated value counts once",
        ),
        pytest.param(
            "https://mycompany.com/myapp",
            [*CALLER[::2], ("Caller", "+12349013030"), ("From", "+12349013030"), ("To", "+18005551212")],
            "3KI2uRuYyAdhZIJXcpU0izDUzWI=",
            id="an address without a query",
        ),
    ],
)
def test_twilio_signs_as_published(url: str, fields: list[tuple[str, str]], signature: str) -> None:
    assert sign_twilio("12345", url, fields) == signature


def test_meta_signs_the_raw_bytes() -> None:
    # HMAC-SHA256 of RFC 4231, test case 2.
    signature = sign_meta("Jefe", b"what do ya want for nothing?")
    assert signature == "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
