"""The shapes that Graph asks of a request's fields, and how it refuses others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.meta import GraphRefusal, bad_parameter

Fields = Mapping[str, Any]


def invalid(details: str) -> GraphRefusal:
    return GraphRefusal(131009, "(#131009) Parameter value is not valid", details=details)


def missing(name: str) -> GraphRefusal:
    details = f"The parameter {name} is required."
    return GraphRefusal(131008, "(#131008) Required parameter is missing", details=details)


def object_(value: object, name: str, only: Collection[str] = ()) -> Fields:
    """The JSON object of this name; with `only` it has no other field. Raises GraphRefusal."""
    if value is None:
        raise missing(name)
    if not isinstance(value, dict):
        raise bad_parameter(f"Param {name} must be a JSON object.")
    if only and (unknown := sorted(set(value) - set(only))):
        raise bad_parameter(f"Unexpected key {unknown[0]!r} on param {name}.")
    return value


def list_(holder: Fields, key: str, low: int, high: int) -> list[Any]:
    """The array of this name, so long. Raises GraphRefusal."""
    value = holder.get(key)
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise bad_parameter(f"Param {key} must be an array of {low} to {high} items.")
    return value


def text_(holder: Fields, key: str, where: str, longest: int = 4096, *, required: bool = True) -> str:
    """The text of this name, empty where it may be left out. Raises GraphRefusal."""
    value = holder.get(key)
    if value is None and not required:
        return ""
    if value is None:
        raise missing(f"{where}['{key}']")
    if not isinstance(value, str) or (required and not value.strip()):
        raise bad_parameter(f"Param {where}['{key}'] must be a non-empty string.")
    if len(value) > longest:
        raise bad_parameter(f"Param {where}['{key}'] must be at most {longest} characters long.")
    return value


def one_of(holder: Fields, key: str, where: str, known: Collection[str]) -> str:
    """The word of this name. Raises GraphRefusal unless it is one of the known."""
    value = holder.get(key)
    if not isinstance(value, str) or value not in known:
        raise bad_parameter(f"Param {where}['{key}'] must be one of {{{', '.join(sorted(known)).upper()}}}.")
    return value


def link(holder: Fields, key: str, where: str) -> None:
    """Checks an absolute address on the web. Raises GraphRefusal."""
    if not absolute(text_(holder, key, where, 2000)):
        raise bad_parameter(f"Param {where}['{key}'] must be a valid URL.")


def absolute(url: str) -> bool:
    """Whether this is a whole http or https address."""
    if any(char.isspace() for char in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def distinct(values: Collection[str], what: str) -> None:
    """Raises GraphRefusal when two are the same."""
    if len(set(values)) != len(values):
        raise invalid(f"Duplicated {what}")
