"""The customers as the providers know them: their ids on WhatsApp, and when each last wrote to which number."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from typing import Final

from sandbox.config import Number
from sandbox.ids import business_scoped_id

HOUR: Final = 3600.0
KEPT: Final = 50_000
_SCOPED: Final = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_DIGITS: Final = re.compile(r"[0-9]{5,20}")


def is_scoped(customer: str) -> bool:
    """Whether this is a business-scoped user id, not a phone number."""
    return _SCOPED.fullmatch(customer) is not None


def digits_of(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)


def is_phone(digits: str) -> bool:
    return _DIGITS.fullmatch(digits) is not None


class People:
    """Those who wrote longest ago are forgotten first."""

    def __init__(self) -> None:
        self._user_ids: dict[str, str] = {}
        self._phones: dict[str, str] = {}
        self._wrote: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._watched: set[tuple[str, str]] = set()

    def user_id(self, digits: str) -> str:
        """The business-scoped user id that goes with a phone."""
        return self._user_ids.get(digits) or business_scoped_id(digits)

    def rotate(self, digits: str, user_id: str) -> None:
        """From now on the phone's owner has this user id."""
        self._user_ids[digits] = user_id
        self._phones[user_id] = digits

    def wrote(self, number: Number, customer: str, at: float) -> None:
        key = self._key(number, customer)
        self._wrote[key] = max(at, self._wrote.get(key, at))
        self._wrote.move_to_end(key)
        if len(self._wrote) > KEPT:
            self._wrote.popitem(last=False)

    def move(self, number: Number, customer: str, hours_ago: float) -> None:
        """The customer last wrote so long ago; from now on the window counts for this pair, whatever is configured."""
        key = self._key(number, customer)
        self._wrote[key] = time.time() - hours_ago * HOUR
        self._watched.add(key)

    def hours_silent(self, number: Number, customer: str, *, counted: bool) -> float:
        """Hours since the customer last wrote, infinite if never; 0 for a pair that nobody counts."""
        key = self._key(number, customer)
        if not counted and key not in self._watched:
            return 0.0
        last = self._wrote.get(key)
        return float("inf") if last is None else (time.time() - last) / HOUR

    def _key(self, number: Number, customer: str) -> tuple[str, str]:
        """One key for a person on WhatsApp, whether by phone or by user id."""
        if number.platform != "whatsapp":
            return number.id, customer
        digits = self._phones.get(customer, "") if is_scoped(customer) else digits_of(customer)
        return number.id, business_scoped_id(digits) if digits else customer
