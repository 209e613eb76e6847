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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from agents.errors import ToolFailed
from agents.types import Done, Effect, Tool
from gateway import observe
from gateway.briefs import Brief
from gateway.db import Pool, Row, queries, retry_clash
from gateway.errors import Invalid
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
    model = _arguments(parameters)

    def check(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return _read(model, arguments)
        except ValidationError as error:
            name, problem = next(iter(_problems(error)))
            raise ValueError(f"{name}: {problem}") from None

    return check


def arguments_of(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Arguments that a person gives. Raises Invalid with every one that is wrong."""
    try:
        return _read(_arguments(parameters), given)
    except ValidationError as error:
        fields = [{"field": f"arguments.{name}", "problem": problem} for name, problem in _problems(error)]
        raise Invalid("The arguments are not right.", fields) from None


def _arguments(parameters: Sequence[Parameter]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for one in parameters:
        kind: Any = Literal[tuple(one.enum)] if one.enum and one.type == "string" else _TYPES[one.type]
        if kind is str:
            kind = Annotated[str, Field(max_length=VALUE_LIMIT)]
        fields[f"p_{one.name}"] = (kind, ...) if one.required else (kind | None, None)
    return create_model("Arguments", __config__=ConfigDict(extra="forbid", strict=True), **fields)


def _read(model: type[BaseModel], arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    read = model.model_validate({f"p_{name}": value for name, value in arguments.items()})
    return {name.removeprefix("p_"): value for name, value in read.model_dump().items() if value is not None}


def _problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    for one in error.errors(include_url=False, include_input=False):
        yield str(one["loc"][0]).removeprefix("p_"), one["msg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one request: done (2xx), refused (another status), slow, no_answer, or forbidden (nothing was sent).

    `text` is what an agent may read of it, `shortened` whether there was more.
    """

    outcome: Literal["done", "refused", "slow", "no_answer", "forbidden"]
    milliseconds: int
    status: int | None = None
    text: str = ""
    shortened: bool = False

    def unknown(self, effect: Effect) -> bool:
        """Whether it is not known whether something was done."""
        return effect == "write" and (self.outcome in ("slow", "no_answer") or (self.status or 0) >= 500)


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
        made = await self.attempt(one, arguments, facts, key)
        if made.outcome == "done":
            return Done(text=made.text or '{"done": true}', receipt=one.receipt)
        if made.outcome == "forbidden":
            raise ToolFailed("This tool leads where nothing can be reached. You can't do that.")
        what = f"HTTP {made.status}." if made.status else "No answer came."
        if made.unknown(one.effect):
            raise Unknown(f"{what} It is not known whether it was done: do not repeat it.")
        raise ToolFailed(f"HTTP {made.status}: {made.text}" if made.status else f"{what} It may work later.")

    async def attempt(
        self, one: Definition, arguments: Mapping[str, Any], facts: Mapping[str, str], key: str
    ) -> Attempt:
        """Makes the request once, and says what came of it."""
        url, headers, body = request_of(one, arguments, facts)
        if one.effect == "write":
            headers["Idempotency-Key"] = key
        began = time.monotonic()
        status = None
        try:
            answer = await self._fetcher.request(one.method, url, headers, body, seconds=one.seconds)
            status = answer.status
        except FetchForbidden:
            return Attempt(outcome="forbidden", milliseconds=_since(began))
        except FetchError as error:
            slow = isinstance(error.__cause__, TimeoutError)
            return Attempt(outcome="slow" if slow else "no_answer", milliseconds=_since(began))
        finally:
            observe.log.info("http_tool", tool=one.name, status=status or 0, milliseconds=_since(began))
        milliseconds, text = _since(began), readable(answer, one.headers.values())
        done = status < 300
        shown = text[: SHOWN_LIMIT if done else ERROR_LIMIT]
        return Attempt(
            outcome="done" if done else "refused", status=status, milliseconds=milliseconds, text=shown,
            shortened=len(shown) < len(text) or len(answer.data) >= MOST_BYTES,
        )  # fmt: skip


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


def _since(began: float) -> int:
    """Milliseconds."""
    return round((time.monotonic() - began) * 1000)
