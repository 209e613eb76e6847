"""Variables of prompts: {{business_name}} and its like, and those that a version declares with a type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.errors import Invalid

KNOWN = {
    "business_name": "the name of the business",
    "agent_name": "the name of the agent",
    "channel": "whatsapp, instagram, webchat or sms",
    "now": "the date and time, in the time zone of the business",
    "today": "the date, in the time zone of the business",
    "time_zone": "the time zone of the business",
    "customer_name": "the customer's name, when it is known",
    "customer_language": "the language that the customer writes",
    "customer_facts": "what is noted of the customer",
    "window": "until when messages can be sent freely",
}
_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")

Type = Literal["text", "number", "boolean", "date"]


class Variable(BaseModel):
    """A variable that a version declares. Without a default every agent of the prompt has to give it a value."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")
    type: Type = "text"
    default: str | float | bool | None = None


def places(text: str) -> list[str]:
    """The names in a text, in order, each once."""
    return list(dict.fromkeys(_PLACE.findall(text)))


def check_version(text: str, declared: Sequence[Variable]) -> None:
    """Raises Invalid when a name is neither known nor declared, or a declaration is wrong."""
    names = [variable.name for variable in declared]
    problems = [
        {"field": "instructions", "problem": f"{{{{{name}}}}} is neither declared nor one of {', '.join(KNOWN)}"}
        for name in places(text)
        if name not in KNOWN and name not in names
    ]
    for place, variable in enumerate(declared):
        field = f"variables.{place}"
        if variable.name in KNOWN:
            problems.append({"field": field, "problem": f"{variable.name} is filled in by itself"})
        if names.count(variable.name) > 1:
            problems.append({"field": field, "problem": f"{variable.name} is declared twice"})
        if variable.default is not None and (problem := _problem(variable, variable.default)):
            problems.append({"field": field, "problem": f"the default {problem}"})
    if problems:
        raise Invalid("The prompt's variables are not right.", problems)


def check_values(declared: Sequence[Variable], values: Mapping[str, Any]) -> None:
    """Raises Invalid when an agent's values do not fit what its prompt declares."""
    known = {variable.name: variable for variable in declared}
    problems = [
        {"field": f"variables.{name}", "problem": "is not declared by the prompt"}
        for name in values
        if name not in known
    ]
    for name, variable in known.items():
        value = values.get(name)
        if value is None and variable.default is None:
            problems.append({"field": f"variables.{name}", "problem": "has no default: give it a value"})
        elif value is not None and (problem := _problem(variable, value)):
            problems.append({"field": f"variables.{name}", "problem": problem})
    if problems:
        raise Invalid("The agent's variables do not fit its prompt.", problems)


def filled(declared: Iterable[Variable], values: Mapping[str, Any]) -> dict[str, str]:
    """The declared variables as text."""
    return {one.name: _text(values.get(one.name, one.default)) for one in declared}


def render(text: str, values: Mapping[str, str]) -> str:
    """A text with its names filled in; a name without a value stays, so that a later step can fill it."""
    if "{{" not in text:
        return text
    return _PLACE.sub(lambda match: values.get(match[1], match[0]), text)


def _problem(variable: Variable, value: object) -> str:
    match variable.type:
        case "text":
            return "" if isinstance(value, str) and len(value) <= 2000 else "is no text of at most 2000 characters"
        case "number":
            return "" if isinstance(value, int | float) and not isinstance(value, bool) else "is no number"
        case "boolean":
            return "" if isinstance(value, bool) else "is neither true nor false"
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return "is no date such as 2026-12-24"
    return ""


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
