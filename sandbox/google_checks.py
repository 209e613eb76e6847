"""Requests against Google's own description of Calendar: the discovery document that its client brings along.

Google overlooks a field or a parameter that it does not know; here it is refused, so that a slip is seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import unquote

from sandbox.google_errors import GoogleRefusal, bad_request, unknown_to_google
from sandbox.google_times import read_day, read_instant, read_time

Schema = Mapping[str, Any]
_DOCUMENT: Final = "discovery_cache/documents/calendar.v3.json"
_JSON: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "boolean": bool,
    "object": dict,
    "array": list,
    "number": (int, float),
}


@dataclass(frozen=True, slots=True)
class Method:
    """One call that Calendar takes. `pattern` matches its path below /calendar/v3/."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Schema]
    scopes: frozenset[str]
    body: str

    @property
    def query(self) -> dict[str, Schema]:
        return {name: each for name, each in self.parameters.items() if each["location"] == "query"}


@cache
def _document() -> Mapping[str, Any]:
    text = files("googleapiclient").joinpath(_DOCUMENT).read_text(encoding="utf-8")
    document: Mapping[str, Any] = json.loads(text)
    return document


@cache
def methods() -> tuple[Method, ...]:
    """Every call of the document."""
    found = []
    for resource in _document()["resources"].values():
        for each in resource["methods"].values():
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(each["path"]))
            found.append(
                Method(
                    id=each["id"],
                    verb=each["httpMethod"],
                    pattern=re.compile(pattern),
                    parameters=each.get("parameters", {}),
                    scopes=frozenset(scope.rpartition("/auth/")[2] for scope in each.get("scopes", ())),
                    body=each.get("request", {}).get("$ref", ""),
                )
            )
    return tuple(found)


def find_method(verb: str, raw_path: str) -> tuple[Method, dict[str, str]] | None:
    """The call that a verb and a path (still escaped) below /calendar/v3/ name, with what stands in the path."""
    for method in methods():
        match = method.pattern.fullmatch(raw_path) if method.verb == verb else None
        if match is not None:
            return method, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def calendar_scopes() -> frozenset[str]:
    """Every scope of Calendar, in full."""
    return frozenset(_document()["auth"]["oauth2"]["scopes"])


def scope_words(scope: str) -> str:
    """What a scope allows, as Google puts it; "" for one that is not Calendar's."""
    return str(_document()["auth"]["oauth2"]["scopes"].get(scope, {}).get("description", ""))


def check_query(method: Method, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The parameters, read by their types. Raises GoogleRefusal."""
    known = {**_document()["parameters"], **method.query}
    read: dict[str, Any] = {}
    for name, text in given:
        schema = known.get(name)
        if schema is None:
            raise unknown_to_google(f"{method.id} has no parameter {name!r}.", parameter=name)
        value = _parameter(name, text, schema)
        if schema.get("repeated"):
            read.setdefault(name, []).append(value)
        elif name in read:
            raise unknown_to_google(f"{name!r} stands twice.", parameter=name)
        else:
            read[name] = value
    return read


def _parameter(name: str, text: str, schema: Schema) -> Any:
    def wrong(message: str) -> GoogleRefusal:
        return bad_request(message, "invalidParameter", parameter=name)

    if schema["type"] == "boolean":
        if text.lower() not in ("true", "false"):
            raise wrong(f"Invalid boolean value: '{text}'.")
        return text.lower() == "true"
    if schema["type"] == "integer":
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise wrong(f"Invalid value '{text}'. Values must be integers.")
        low, high = int(schema.get("minimum", -(2**31))), int(schema.get("maximum", 2**31 - 1))
        if not low <= int(text) <= high:
            raise wrong(f"Invalid value '{text}'. Values must be within the range: [{low}, {high}]")
        return int(text)
    if "enum" in schema and text not in schema["enum"]:
        raise wrong(f"Invalid string value: '{text}'. Allowed values: [{', '.join(schema['enum'])}]")
    if schema.get("format") == "date-time" and read_instant(text) is None:
        # Without its offset, or with a plus sign that was not escaped.
        raise GoogleRefusal(400, "badRequest", "Bad Request", where=("parameter", name))
    return text


def check_body(method: Method, body: object) -> dict[str, Any]:
    """The request's body. Raises GoogleRefusal at the first field that is unknown or of another type."""
    if not isinstance(body, dict):
        raise bad_request("Parse Error", "parseError")
    _object(body, _document()["schemas"][method.body], method.body)
    return body


def _object(value: Mapping[str, Any], schema: Schema, path: str) -> None:
    for name, each in value.items():
        inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        if inner is None:
            raise unknown_to_google(f"{path} has no field {name!r}.")
        _value(each, inner, f"{path}.{name}")


def _value(value: object, schema: Schema, path: str) -> None:
    if value is None:
        return  # a field that is taken away
    if "$ref" in schema:
        schema = {"type": "object", **_document()["schemas"][schema["$ref"]]}
    kind = schema["type"]
    if kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
            raise bad_request(f"Invalid value for: {path} is not an integer.", "invalid")
        return
    if not isinstance(value, _JSON[kind]):
        raise bad_request(f"Invalid value for: {path} must be {kind}.", "invalid")
    if isinstance(value, dict):
        _object(value, schema, path)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _value(each, schema["items"], f"{path}[{index}]")
    elif isinstance(value, str):
        _text(value, schema.get("format", ""), path)


def _text(value: str, format_: str, path: str) -> None:
    readers = {"date-time": read_time, "date": read_day}
    wrong = format_ in readers and readers[format_](value) is None
    if wrong or (format_ == "int64" and not re.fullmatch(r"-?[0-9]{1,19}", value)):
        raise bad_request(f"Invalid value for: {path} is no {format_}: {value!r}.", "invalid")
