"""Passwords: argon2id, hashed beside the event loop, a few at a time."""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 200
# The commonest of ten characters and more, from lists of leaked ones. Shorter ones are refused for their length.
COMMON = frozenset(
    """1234567890 0123456789 12345678910 123456789a a123456789 1234567891 0987654321 9876543210 1q2w3e4r5t 1q2w3e4r5t6y
    1qaz2wsx3edc q1w2e3r4t5 q1w2e3r4t5y6 qwertyuiop qwerty12345 qwerty123456 qwertyuiop123 asdfghjkl123 zxcvbnm123
    password12 password123 password1234 password12345 password123456 passw0rd123 p@ssw0rd123 p@ssword123 mypassword
    passwordpassword iloveyou12 iloveyou123 iloveyou1234 abcdefghij abcdefghijk abc1234567 abcd123456 abcd1234567
    1111111111 0000000000 2222222222 5555555555 7777777777 8888888888 9999999999 1122334455 1212121212 1231231231
    123123123123 121212121212 111111111111 000000000000 1010101010 1029384756 0192837465 147258369 1472583690 7894561230
    3141592653 letmein123 letmein1234 welcome123 welcome1234 administrator admin12345 admin123456 adminadmin
    changeme123 football123 baseball123 basketball superman123 sunshine123 princess123 dragon1234 monkey12345
    michael123 charlie123 jordan12345 liverpool1 chelsea123 manchester arsenal123 trustno1234 whatever123 computer123
    internet123 starwars123 pokemon123 q2w3e4r5t6 zaq12wsxcde3 1234qwerasdf 123qweasdzxc qweasdzxc123 qazwsxedcrfv
    asdasdasdasd qweqweqweqwe aaaaaaaaaa abcabcabcabc testtest12 testing123 test123456 temppassword secret12345
    frontdesk1 frontdesk123 frontdeskfrontdesk""".split()  # noqa: SIM905
)
# What OWASP names as the least: 19 MiB, two passes, one lane. About 25 ms of one core.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Hashed in the place of one that is not there, so that it takes as long.
_NOBODYS = _HASHER.hash("nobody has this password")


class Passwords:
    """Hashes and checks. At most `at_once` work at a time in this process, so that a flood of sign-ins takes neither
    the memory nor the cores that answer customers."""

    def __init__(self, at_once: int = 2) -> None:
        self._room = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        async with self._room:
            return await asyncio.to_thread(_HASHER.hash, _same(password))

    async def check(self, stored: str | None, password: str) -> bool:
        """Whether it is the one; takes as long when there is none to compare with."""
        async with self._room:
            right = await asyncio.to_thread(_right, stored or _NOBODYS, _same(password))
        return right and stored is not None


def weakness(password: str, *own: str) -> str | None:
    """Why a password won't do, as a sentence; None when it will. `own` are the person's address and name."""
    plain = _same(password).lower()
    if len(password) < SHORTEST:
        return f"needs at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"may have {LONGEST} characters at most"
    if plain in COMMON or len(set(plain)) < 3:
        return "is one of the commonest passwords: take another one"
    mine = {_same(text).lower() for one in own for text in (one, one.partition("@")[0]) if text}
    if plain in mine or plain.replace(" ", "") in {text.replace(" ", "") for text in mine}:
        return "is your own name or address: take another one"
    return None


def _right(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _same(password: str) -> str:
    """The same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)
