"""What a request can't say: a text with the character that PostgreSQL has no place for, and a time that is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, TypeVar

import asyncpg
from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, TypeAdapter, ValidationError
from pydantic_core import from_json

from gateway.errors import GatewayError, Invalid, NotFound
from gateway.web import Handler

Time = TypeVar("Time", bound=date)
NUL = "\x00"
_FIRST, _LAST = 1970, 2200  # years; beyond them lie the ends of time, where a time zone leads over the edge
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)")


def _near(value: Time) -> Time:
    if not _FIRST <= value.year <= _LAST:
        raise ValueError(f"is no year from {_FIRST} to {_LAST}")
    return value


def _read(kind: TypeAdapter[Time], example: str) -> Callable[[object], object]:
    """Reads a time as people write it. A bare number would count as seconds since 1970."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            if _DAY.match(value):
                return kind.validate_python(value)
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"]) from error
        raise ValueError(f"is no time such as {example}")

    return read


_DAYS = BeforeValidator(_read(TypeAdapter(date), "2026-01-31"), json_schema_input_type=date)
_MOMENTS = BeforeValidator(
    _read(TypeAdapter(AwareDatetime), "2026-01-31T09:00:00Z"), json_schema_input_type=AwareDatetime
)
Day = Annotated[date, _DAYS, AfterValidator(_near)]
Moment = Annotated[AwareDatetime, _MOMENTS, AfterValidator(_near)]


def storable(handler: Handler) -> Handler:
    """Lets a handler refuse what the store has no place for."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as error:
            raise await _refusal(request) from error

    return answer


async def _refusal(request: web.Request) -> GatewayError:
    """What to say of a request of which the store refused a text. Most texts lose their NULs on the way; an id, an
    address or a name that has one is nobody's."""
    if any(NUL in word for word in request.match_info.values()):
        return NotFound("Nothing has such an id.")
    said = {**request.query, **await _body(request)}
    fields = [{"field": place.replace(NUL, ""), "problem": "holds the character NUL"} for place in _nul(said)]
    first = f"{fields[0]['field']}: " if fields else ""
    return Invalid(f"The request is not valid: {first}holds the character NUL.", fields)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        said = from_json(await request.read())
    except ValueError:  # it has none, or is a file
        return {}
    return said if isinstance(said, dict) else {}


def _nul(said: Any, place: str = "") -> Iterator[str]:
    """The places of texts with a NUL."""
    if isinstance(said, str) and NUL in said:
        yield place
    pairs = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for name, one in pairs:
        inner = f"{place}.{name}" if place else str(name)
        if NUL in str(name):
            yield inner
        yield from _nul(one, inner)
