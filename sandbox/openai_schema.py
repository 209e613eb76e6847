"""Schemas of structured output: what strict mode refuses, and the least value that fits one.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

MOST_PROPERTIES: Final = 5_000
DEEPEST: Final = 10
LONGEST_WAY: Final = 100
MOST_EXAMPLES: Final = 100
_BARRED: Final = (
    "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
    "default",
)  # fmt: skip


class SchemaWrong(Exception):
    """A schema that strict mode does not take; the text is the provider's, without the schema's name."""


def check_strict(schema: Mapping[str, Any]) -> None:
    """Raises SchemaWrong unless strict mode takes the schema."""
    if schema.get("type") != "object" or "anyOf" in schema:
        got = schema.get("type") or "None"
        raise SchemaWrong(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{got}\"'.")
    count = 0
    for context, depth, each in _parts(schema):
        if depth > DEEPEST:
            raise SchemaWrong(f"In context={context}, schema is nested deeper than {DEEPEST} levels.")
        _check_one(context, each)
        count += len(each.get("properties", {}))
    if count > MOST_PROPERTIES:
        raise SchemaWrong(f"schema has {count} properties, which is more than {MOST_PROPERTIES}.")


def check_any(schema: Mapping[str, Any]) -> None:
    """Raises SchemaWrong for what is no schema at all, strict or not."""
    for _ in _parts(schema):
        pass


def _parts(
    schema: object, context: tuple[str, ...] = (), depth: int = 0
) -> Iterator[tuple[tuple[str, ...], int, Mapping[str, Any]]]:
    """Every schema inside a schema, itself first, with the way to it and how many objects are around it."""
    if not isinstance(schema, dict):
        raise SchemaWrong(f"In context={context}, schema must be an object.")
    if len(context) > LONGEST_WAY:
        raise SchemaWrong("schema is nested too deeply.")
    for key, shape in (("properties", dict), ("$defs", dict), ("required", list), ("anyOf", list), ("enum", list)):
        if not isinstance(schema.get(key, shape()), shape):
            raise SchemaWrong(f"In context={context}, '{key}' must be {'an object' if shape is dict else 'an array'}.")
    yield context, depth, schema
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield from _parts(inner, (*context, key, name), depth + (key == "properties"))
    if "items" in schema:
        yield from _parts(schema["items"], (*context, "items"), depth)
    for place, inner in enumerate(schema.get("anyOf", ())):
        yield from _parts(inner, (*context, "anyOf", str(place)), depth)


def _check_one(context: tuple[str, ...], schema: Mapping[str, Any]) -> None:
    where = f"In context={context}, "
    for key in _BARRED:
        if key in schema:
            raise SchemaWrong(f"{where}'{key}' is not permitted.")
    if not {"type", "anyOf", "$ref", "enum", "const"} & schema.keys():
        raise SchemaWrong(f"{where}schema must have a 'type' key.")
    kinds = _kinds(schema)
    if "array" in kinds and "items" not in schema:
        raise SchemaWrong(f"{where}array schema missing items.")
    if "object" not in kinds:
        return
    if schema.get("additionalProperties") is not False:
        raise SchemaWrong(f"{where}'additionalProperties' is required to be supplied and to be false.")
    properties, required = schema.get("properties", {}), schema.get("required", [])
    wanted = f"{where}'required' is required to be supplied and to be an array including every key in properties."
    missing = [name for name in properties if name not in required]
    if missing:
        raise SchemaWrong(f"{wanted} Missing '{missing[0]}'.")
    extra = [name for name in required if name not in properties]
    if extra:
        raise SchemaWrong(f"{wanted} Extra required key '{extra[0]}' supplied.")


def _kinds(schema: Mapping[str, Any]) -> tuple[str, ...]:
    kind = schema.get("type")
    return tuple(kind) if isinstance(kind, list) else (str(kind),)


def least(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None, depth: int = 0) -> Any:
    """The least value that fits: the first of an enum, null where that may be, else "", 0, [], and so on inside."""
    root = schema if root is None else root
    if "$ref" in schema:
        schema = _referred(schema["$ref"], root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return None if {"type": "null"} in choices else least(choices[0], root, depth + 1)
    kinds = _kinds(schema)
    if "null" in kinds or depth > 4 * DEEPEST:
        return None
    if kinds[0] == "object" or "properties" in schema:
        wanted = schema.get("required", [])
        properties = schema.get("properties") or {}
        return {name: least(inner, root, depth + 1) for name, inner in properties.items() if name in wanted}
    if kinds[0] == "array":
        return [least(schema.get("items") or {}, root, depth + 1)] * min(MOST_EXAMPLES, int(schema.get("minItems", 0)))
    return _scalar(kinds[0], schema)


def _scalar(kind: str, schema: Mapping[str, Any]) -> Any:
    if kind in ("integer", "number"):
        low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        return min(max(0, low), schema.get("maximum", max(0, low)))
    return {"boolean": False, "string": "x" * min(MOST_EXAMPLES, int(schema.get("minLength", 0)))}.get(kind, "")


def _referred(ref: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for name in ref.removeprefix("#").strip("/").split("/"):
        found = found.get(name, {}) if name and isinstance(found, dict) else found
    return found if isinstance(found, dict) else {}


def filled(schema: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    """An object that fits a schema, with the wishes for its properties that fit; all of them where it names none."""
    properties = schema.get("properties") or {}
    if not properties:
        return dict(wishes)
    made = least(schema)
    for name, wish in wishes.items():
        if name in properties:
            made[name] = _fitting(properties[name], wish)
    return dict(made)


def _fitting(schema: Mapping[str, Any], wish: Any) -> Any:
    """The wish itself, or what an enum knows that comes nearest to it."""
    if isinstance(wish, list):
        inner = schema.get("items") or {}
        fits = [one for one in wish if one in inner["enum"]] if inner.get("enum") else wish
        return [filled(inner, one) if isinstance(one, dict) else one for one in fits]
    known = schema.get("enum")
    if not known or wish in known:
        return wish
    stems = {value: re.findall(r"[a-z]{4}", str(value).lower())[:1] for value in known}
    return next((value for value, stem in stems.items() if stem and stem[0] in str(wish).lower()), known[0])
