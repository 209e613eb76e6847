"""Raw webhooks: what one person is in is taken out of them; what then holds nothing more is removed. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

AROUND = ("entry", "changes")  # lists that only hold what happened
BESIDE = ("contacts",)
_NOTHING: Any = object()


def without(body: bytes, needles: Collection[str]) -> bytes | None:
    """A webhook's body without the parts that name one of `needles` (addresses, without a leading +) as a whole value.

    None when nothing is left, or when it is no JSON: then it is about one message alone.
    """
    try:
        whole = json.loads(body)
    except ValueError:
        return None
    left = _pruned(whole, frozenset(needles))
    if left == whole:
        return body
    if left is _NOTHING or not _says_something(left):
        return None
    return json.dumps(left, ensure_ascii=False, separators=(",", ":")).encode()


def _pruned(node: Any, needles: frozenset[str]) -> Any:
    """The node without list entries that name somebody; _NOTHING when it names him outside of any list."""
    if isinstance(node, list):
        return [left for one in node if (left := _pruned(one, needles)) is not _NOTHING]
    if isinstance(node, Mapping):
        found = {key: _pruned(value, needles) for key, value in node.items()}
        if any(value is _NOTHING for value in found.values()) or any(key.lstrip("+") in needles for key in found):
            return _NOTHING
        emptied = any(_has_entries(node[key]) and not found[key] for key in node if isinstance(node[key], list))
        return _NOTHING if emptied and not _says_something(found) else found
    return _NOTHING if _names(node, needles) else node


def _names(leaf: Any, needles: frozenset[str]) -> bool:
    if isinstance(leaf, bool) or not isinstance(leaf, str | int):
        return False
    text = str(leaf)
    return text.lstrip("+") in needles or text.rpartition(":")[2].lstrip("+") in needles


def _has_entries(node: Any) -> bool:
    return isinstance(node, list) and bool(node)


def _says_something(node: Any) -> bool:
    """Whether anything happened of which this still tells: who was concerned by it alone is nothing."""
    if isinstance(node, list):
        return any(_says_something(one) for one in node)
    if not isinstance(node, Mapping):
        return False
    return any(
        _has_entries(value) if isinstance(value, list) and key not in AROUND else _says_something(value)
        for key, value in node.items()
        if key not in BESIDE
    )
