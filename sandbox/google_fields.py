"""Partial answers: the `fields` parameter. https://developers.google.com/workspace/calendar/api/guides/performance"""

from __future__ import annotations

import re
from typing import Any, Final

from sandbox.google_errors import GoogleRefusal, bad_request

_WORD: Final = re.compile(r"[A-Za-z0-9_*-]+|[,()/]")
Tree = dict[str, "Tree"]


def chosen(body: Any, fields: str) -> Any:
    """What `fields` picks of an answer; all of it for "". Raises GoogleRefusal for a selector that cannot be read."""
    if not fields:
        return body
    words = _WORD.findall(fields)
    if "".join(words) != fields:
        raise _wrong(fields)
    tree = _branch(words, fields)
    if words:
        raise _wrong(fields)
    return _pick(body, tree)


def _wrong(fields: str) -> GoogleRefusal:
    return bad_request(f"Invalid field selection {fields}", "invalidParameter", parameter="fields")


def _branch(words: list[str], fields: str) -> Tree:
    """Reads `a,b/c,d(e,f)` up to its end or a closing parenthesis."""
    found: Tree = {}
    while True:
        if not words or words[0] in ",()/":
            raise _wrong(fields)
        leaf = found.setdefault(words.pop(0), {})
        while words[:1] == ["/"]:
            words.pop(0)
            if not words or words[0] in ",()/":
                raise _wrong(fields)
            leaf = leaf.setdefault(words.pop(0), {})
        if words[:1] == ["("]:
            words.pop(0)
            leaf |= _branch(words, fields)
            if words[:1] != [")"]:
                raise _wrong(fields)
            words.pop(0)
        if words[:1] != [","]:
            return found
        words.pop(0)


def _pick(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_pick(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _pick(each, tree.get(name, tree.get("*", {}))) for name, each in value.items() if {name, "*"} & set(tree)
    }
