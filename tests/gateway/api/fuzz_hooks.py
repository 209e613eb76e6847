"""What schemathesis does with the document and with each request. It loads this file in a process of its own."""

from __future__ import annotations

import itertools
import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from requests.adapters import HTTPAdapter

KNOWN: dict[str, Any] = json.loads(Path(os.environ["FUZZING_KNOWN"]).read_text())
_open: set[str] = set()
_personal: set[str] = set()


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Says which ids there are. Without that nothing but 404 would ever be seen of most operations."""
    for path, operations in raw_schema["paths"].items():
        for operation in operations.values():
            if "security" in operation:
                (_personal if operation["security"] else _open).add(path.partition("{")[0])
            places = KNOWN["places"].get(operation["operationId"], {})
            for parameter in operation["parameters"]:
                name, schema = parameter["name"], parameter["schema"]
                if parameter["in"] == "path" and name in places:
                    schema["enum"] = places[name]
                elif parameter["in"] == "query" and name in KNOWN["values"]:
                    schema["examples"] = KNOWN["values"][name]
    for model in raw_schema["components"]["schemas"].values():
        for name, schema in model.get("properties", {}).items():
            if name in KNOWN["values"]:
                schema["examples"] = KNOWN["values"][name]


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Two requests share no key by accident: one that was used for another body is refused before that is read."""
    if case.headers and len(case.headers.get("Idempotency-Key") or "") in range(1, 201):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


class From(HTTPAdapter):
    """Connects from one address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more, source_address=(self._address, 0))


class Callers(HTTPAdapter):
    """Calls what is open to all from many addresses: such calls are counted by address, and few are free. Calls what
    needs a session without the key of the operation before, which schemathesis lets stand."""

    _others: Iterator[HTTPAdapter] = itertools.cycle([From(f"127.1.0.{n}") for n in range(1, 101)])

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        path = urlsplit(request.url or "").path
        if any(path == one or (one.endswith("/") and path.startswith(one)) for one in _personal):
            request.headers.pop("Authorization", None)
        if path in _open and sys.platform == "linux":  # elsewhere 127.0.0.1 is the only address of this machine
            return next(self._others).send(request, *args, **more)
        return super().send(request, *args, **more)


requests.sessions.HTTPAdapter = Callers  # type: ignore[misc]
