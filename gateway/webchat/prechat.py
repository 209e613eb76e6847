"""What a visitor is asked before he writes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from gateway.errors import Invalid

LIMIT = 500
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]{1,63}(\.[^@\s.]{1,63})+")
_PHONE = re.compile(r"\+?[\d\s()./-]{5,30}")


class Unanswered(Invalid):
    """Something is written before the questions are answered; `fields` names them."""

    title = "Answer first"


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form: type is text, email, phone or select."""

    name: str
    label: str
    type: str = "text"
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """What a business wants agreed to; `url` leads to more of it. If it is not required, it is only shown."""

    text: str
    url: str = ""
    required: bool = False

    @property
    def version(self) -> str:
        """Names this wording."""
        return hashlib.sha256(f"{self.text}\n{self.url}".encode()).hexdigest()[:16]


def consent(settings: object) -> Consent | None:
    """The consent in a number's settings."""
    if not isinstance(settings, dict) or not settings.get("text"):
        return None
    return Consent(str(settings["text"]), str(settings.get("url") or ""), bool(settings.get("required")))


def wanted(one: Consent | None, given: Mapping[str, str] | None) -> dict[str, Any] | None:
    """The consent as a client shows it, until the visitor has agreed to this wording."""
    return asdict(one) if one and (given or {}).get("version") != one.version else None


def agreed(one: Consent | None, given: object, now: datetime) -> dict[str, str] | None:
    """What is remembered of a visitor who agrees: to which wording, and when."""
    return {"version": one.version, "at": now.isoformat(timespec="seconds")} if one and given is True else None


def check_agreed(one: Consent | None, given: Mapping[str, str] | None) -> None:
    """Raises Unanswered when what is required was not agreed to."""
    if one and one.required and wanted(one, given):
        raise Unanswered("Agree to the terms first.", [{"field": "consent", "problem": "is needed"}])


def questions(settings: object) -> tuple[Question, ...]:
    """The form in a number's settings."""
    found = settings if isinstance(settings, list) else []
    return tuple(
        Question(
            name=str(one["name"]),
            label=str(one.get("label") or one["name"]),
            type=str(one.get("type") or "text"),
            required=bool(one.get("required")),
            options=tuple(str(option) for option in one.get("options") or ()),
        )
        for one in found
        if isinstance(one, dict) and one.get("name")
    )


def shown(form: Sequence[Question]) -> list[dict[str, Any]]:
    """The form as a client draws it."""
    return [asdict(one) | {"options": list(one.options)} for one in form]


def answers(form: Sequence[Question], given: object) -> dict[str, str]:
    """The checked answers. Raises Invalid with each field that is wrong; what was typed is not repeated."""
    typed: Mapping[str, Any] = given if isinstance(given, dict) else {}
    found, problems = {}, []
    for one in form:
        value = typed.get(one.name)
        text = value.strip() if isinstance(value, str) else ""
        if problem := _problem(one, text):
            problems.append({"field": one.name, "problem": problem})
        elif text:
            found[one.name] = text
    if problems:
        raise Invalid(f"{problems[0]['field']}: {problems[0]['problem']}", problems)
    return found


def check_answered(form: Sequence[Question], given: Mapping[str, str]) -> None:
    """Raises Unanswered when a required field has no answer."""
    if names := missing(form, given):
        fields = [{"field": name, "problem": "is needed"} for name in names]
        raise Unanswered(f"Answer these first: {', '.join(names)}.", fields)


def missing(form: Sequence[Question], given: Mapping[str, str]) -> list[str]:
    """The names of required fields without an answer."""
    return [one.name for one in form if one.required and not given.get(one.name)]


def _problem(one: Question, text: str) -> str:
    if not text:
        return "is needed" if one.required else ""
    if len(text) > LIMIT:
        return f"is longer than {LIMIT} characters"
    if one.type == "email" and not _EMAIL.fullmatch(text):
        return "is no e-mail address"
    if one.type == "phone" and not _PHONE.fullmatch(text):
        return "is no phone number"
    if one.type == "select" and text not in one.options:
        return "is none of the choices"
    return ""
