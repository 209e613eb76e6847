"""Tools that a business defines: one HTTP request each, to an address that only the business can choose.

Arguments come from a model that read what a customer wrote, so they fill named places and nothing else: never the
scheme, the host or the port, never a second header line.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from agents.errors import ToolFailed
from agents.types import Done, Effect, Tool
from gateway import observe
from gateway.briefs import Brief
from gateway.db import Pool, Row, queries, retry_clash
from gateway.fetch import Answered, Fetcher, FetchError, FetchForbidden
from gateway.toolset import Ledger
from gateway.vault import Vault

SQL = queries(__file__)
MOST_BYTES = 256 * 1024
SHOWN_LIMIT = 8000
ERROR_LIMIT = 500
VALUE_LIMIT = 4000
FACTS = ("conversation_id", "customer_id", "customer_phone", "customer_name")
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_TYPES: Mapping[str, Any] = {"string": str, "number": float, "integer": int, "boolean": bool}


class Parameter(BaseModel):
    """An argument that the model fills in."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")
    type: Literal["string", "number", "integer", "boolean"] = "string"
    description: str = Field(default="", max_length=500)
    required: bool = True
    enum: list[str] | None = Field(default=None, min_length=1, max_length=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A tool as the business wrote it."""

    name: str
    description: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    parameters: tuple[Parameter, ...]
    effect: Effect = "read"
    receipt: str = ""
    seconds: float = 10.0
    budget: int = 5


class Unknown(ToolFailed):
    """A write that nobody answered: it may have been done, so it is not done again."""

    unknown = True


def headers_place(user_id: str, tool_id: str) -> str:
    """The place that a tool's headers are bound to."""
    return f"{user_id}/http_tools.headers/{tool_id}"


def check_url(url: str, parameters: Sequence[str]) -> str:
    """What is wrong with an address; "" when nothing is. Places may stand in its path and query alone."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        return "is no whole address such as https://example.com/orders/{number}"
    if _PLACE.search(f"{parts.scheme}://{parts.netloc}") or "{" in parts.netloc:
        return "has a place in its host"
    unknown = [name for name in _PLACE.findall(url) if name not in parameters and name not in FACTS]
    return f"has a place {{{unknown[0]}}} that is no parameter" if unknown else ""


def schema_of(parameters: Sequence[Parameter]) -> Mapping[str, Any]:
    """The strict JSON schema of parameters: all are required, and those that need not be can be null."""
    properties = {}
    for one in parameters:
        kind: Any = one.type if one.required else [one.type, "null"]
        shown: dict[str, Any] = {"type": kind, "description": one.description}
        if one.enum:
            shown["enum"] = one.enum if one.required else [*one.enum, None]
        properties[one.name] = shown
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def checker(parameters: Sequence[Parameter]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """What reads arguments of these parameters. It raises ValueError, whose text the model is told."""
    fields: dict[str, Any] = {}
    for one in parameters:
        kind: Any = Literal[tuple(one.enum)] if one.enum and one.type == "string" else _TYPES[one.type]
        if kind is str:
            kind = Annotated[str, Field(max_length=VALUE_LIMIT)]
        fields[f"p_{one.name}"] = (kind, ...) if one.required else (kind | None, None)
    model = create_model("Arguments", __config__=ConfigDict(extra="forbid", strict=True), **fields)

    def check(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            read = model.model_validate({f"p_{name}": value for name, value in arguments.items()})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{str(first['loc'][0]).removeprefix('p_')}: {first['msg']}") from None
        return {name.removeprefix("p_"): value for name, value in read.model_dump().items() if value is not None}

    return check


class HttpTools:
    """Makes the requests. `fetcher` decides which addresses can be reached."""

    def __init__(self, pool: Pool, vault: Vault, fetcher: Fetcher) -> None:
        self._pool = pool
        self._vault = vault
        self._fetcher = fetcher
        self._known: OrderedDict[str, tuple[int, list[Definition]]] = OrderedDict()

    async def of(self, claim: Row, brief: Brief) -> list[Callable[[Ledger], Tool]]:
        """The tools that the agent of a claimed turn may use. Raises StoreAway, or Misset for an unreadable secret."""
        if not brief.has_http_tools:
            return []
        facts = {name: str(claim[name] or "") for name in FACTS}
        definitions = await self._definitions(claim["user_id"], claim["revision"])
        return [self._maker(one, facts) for one in definitions if brief.may(one.name)]

    async def _definitions(self, user_id: str, revision: int) -> list[Definition]:
        known = self._known.get(user_id)
        if known is not None and known[0] == revision:
            return known[1]
        rows = await retry_clash(lambda: self._pool.fetch(SQL["enabled"], user_id))
        found = [definition_of(self._vault, user_id, row) for row in rows]
        self._known[user_id] = (revision, found)
        if len(self._known) > 1000:
            self._known.popitem(last=False)
        return found

    def _maker(self, one: Definition, facts: Mapping[str, str]) -> Callable[[Ledger], Tool]:
        def make(ledger: Ledger) -> Tool:
            async def run(arguments: Mapping[str, Any]) -> Done:
                async def work(key: str) -> Done:
                    return await self.run(one, arguments, facts, key)

                return await ledger.run(one.name, one.effect, arguments, work)

            return Tool(
                name=one.name, description=one.description, parameters=schema_of(one.parameters), run=run,
                check=checker(one.parameters), effect=one.effect, seconds=one.seconds + 1, budget=one.budget,
            )  # fmt: skip

        return make

    async def run(self, one: Definition, arguments: Mapping[str, Any], facts: Mapping[str, str], key: str) -> Done:
        """Makes the request once. Raises ToolFailed; Unknown when a write may have been done."""
        url, headers, body = request_of(one, arguments, facts)
        if one.effect == "write":
            headers["Idempotency-Key"] = key
        began = time.monotonic()
        status = 0
        try:
            answer = await self._fetcher.request(one.method, url, headers, body, seconds=one.seconds)
            status = answer.status
        except FetchForbidden as error:
            raise ToolFailed("This tool leads where nothing can be reached. You can't do that.") from error
        except FetchError as error:
            if one.effect == "write":
                raise Unknown("No answer came. It is not known whether it was done: do not repeat it.") from error
            raise ToolFailed("No answer came. It may work later.") from error
        finally:
            milliseconds = round((time.monotonic() - began) * 1000)
            observe.log.info("http_tool", tool=one.name, status=status, milliseconds=milliseconds)
        text = readable(answer, one.headers.values())
        if status >= 500 and one.effect == "write":
            raise Unknown(f"HTTP {status}. It is not known whether it was done: do not repeat it.")
        if status >= 300:
            raise ToolFailed(f"HTTP {status}: {text[:ERROR_LIMIT]}")
        return Done(text=text[:SHOWN_LIMIT] or '{"done": true}', receipt=one.receipt)


def definition_of(vault: Vault, user_id: str, row: Row) -> Definition:
    """A stored tool. Raises Misset when its headers can't be opened."""
    sealed = row["headers"]
    headers = json.loads(vault.open(sealed, headers_place(user_id, row["tool_id"]))) if sealed else {}
    return Definition(
        name=row["name"], description=row["description"], method=row["method"], url=row["url"], headers=headers,
        parameters=tuple(Parameter.model_validate(one) for one in json.loads(row["parameters"])),
        effect=row["effect"], receipt=row["receipt"] or "", seconds=row["seconds"], budget=row["budget"],
    )  # fmt: skip


def request_of(
    one: Definition, arguments: Mapping[str, Any], facts: Mapping[str, str]
) -> tuple[str, dict[str, str], bytes | None]:
    """The address, the headers and the body of a request. What has no place goes into the query, or the body."""
    values = {**facts, **{name: _text(value) for name, value in arguments.items()}}
    placed = set(_PLACE.findall(one.url)) | {name for value in one.headers.values() for name in _PLACE.findall(value)}
    url = _PLACE.sub(lambda match: quote(values.get(match[1], ""), safe=""), one.url)
    headers = {
        name: _PLACE.sub(lambda match: re.sub(r"[^\x20-\x7e]", "", values.get(match[1], "")), value)
        for name, value in one.headers.items()
    }
    rest = {name: value for name, value in arguments.items() if name not in placed}
    if one.method in ("GET", "DELETE"):
        query = "&".join(f"{quote(name, safe='')}={quote(_text(value), safe='')}" for name, value in rest.items())
        return url + (("&" if "?" in url else "?") + query if query else ""), headers, None
    headers.setdefault("Content-Type", "application/json")
    return url, headers, json.dumps(rest).encode()


def readable(answer: Answered, secrets: Sequence[str] | Any) -> str:
    """What the model is shown of an answer: JSON without spaces, pages without tags, nothing of our own secrets."""
    text = answer.data.decode("utf-8", "replace")
    if answer.mime_type in ("text/html", "application/xhtml+xml"):
        text = " ".join(html.unescape(_TAGS.sub(" ", text)).split())
    else:
        try:
            text = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
        except (ValueError, RecursionError):
            text = text.strip()
    for secret in secrets:
        for word in (secret, *secret.split()):
            if len(word) >= 8:
                text = text.replace(word, "•••")
    return text


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
