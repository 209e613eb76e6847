"""The tools of one turn: the built-in ones, those of the business, and the ledger that all of them write to.

No tool takes an id: each is bound to the turn's own conversation, so nothing that a customer writes leads elsewhere.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.errors import ToolFailed
from agents.types import Done, Effect, Tool
from gateway import tracing
from gateway.briefs import Brief
from gateway.db import Pool, Row, queries, retry_clash, without_nul
from gateway.errors import GatewayError

SQL = queries(__file__)
RESULT_LIMIT = 20_000
REASONS = ("asked_for_a_person", "cannot_help", "complaint", "emergency", "payment", "sensitive", "other")


class Handoff(BaseModel):
    """Give the conversation to a person of the business. Use it when the customer asks for one, or you can't help."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal[REASONS]  # type: ignore[valid-type]
    note: str = Field(max_length=1000, description="For the colleague: what the customer wants, in a sentence or two.")


class SetCustomerFact(BaseModel):
    """Note something that the customer said of himself and that will matter later. An empty value takes it back."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Short, such as preferred_time or allergy.")
    value: str = Field(max_length=300)


class SearchKnowledge(BaseModel):
    """Look up what the business knows. Passages come back with numbers: cite the ones that your answer rests on."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=300, description="What to look for, in the customer's words.")


class Passages(Protocol):
    """Numbered passages of one turn."""

    async def search(self, query: str) -> str:
        """Looks up and numbers what it finds; the text for the model."""


Send = Callable[[str], Awaitable[str]]


class Ledger:
    """Writes down what the tools of one turn do."""

    def __init__(self, pool: Pool, claim: Row) -> None:
        self._pool = pool
        self._key = (claim["user_id"], claim["turn_id"])
        self._numbers = itertools.count(1)

    async def run(
        self,
        name: str,
        effect: Effect | Literal["again"],
        arguments: Mapping[str, Any],
        work: Callable[[str], Awaitable[Done | str]],
    ) -> Done:
        """Runs the work of a tool, a write once, but for one that guards itself ("again"). `work` is given a key that
        names this call for ever. Raises ToolFailed."""
        no = next(self._numbers)
        written = without_nul(json.dumps(arguments, sort_keys=True, ensure_ascii=False))
        fingerprint = hashlib.sha256(f"{name}\0{written}".encode("utf-8", "replace")).hexdigest()
        begun = await retry_clash(
            lambda: self._pool.fetchrow(SQL["begin"], *self._key, no, name, effect, written, fingerprint)
        )
        if begun is None or begun["state"] == "stop":
            raise ToolFailed("The conversation is no longer yours. Nothing was done.")
        if begun["state"] == "unknown":
            raise ToolFailed(
                "This was begun before, and nobody knows whether it was done. Do not do it again: hand over."
            )
        if begun["state"] == "done":
            return Done(text=begun["result"], receipt=begun["receipt"] or "")
        about = {"gen_ai.tool.name": name, "frontdesk.turn.id": self._key[1], "frontdesk.effect": effect}
        try:
            with tracing.span("execute_tool", name, about):
                found = await work(f"{self._key[1]}:{no}")
        except ToolFailed as error:
            # Of a write whose end is unknown the row stays begun: it must not happen twice.
            if not getattr(error, "unknown", False):
                await self._end(no, "failed", str(error), "")
            raise
        done = found if isinstance(found, Done) else Done(text=found)
        await self._end(no, "done", done.text, done.receipt)
        return done

    async def _end(self, no: int, state: str, text: str, receipt: str) -> None:
        text = text.replace("\0", "")[:RESULT_LIMIT]
        await retry_clash(lambda: self._pool.execute(SQL["end"], *self._key, no, state, text, receipt or None))


class Toolset:
    """Makes the tools of a turn."""

    def __init__(self, pool: Pool, links: Callable[[Row, str], Awaitable[str]] | None = None) -> None:
        self._pool = pool
        self._links = links

    def tools(
        self, claim: Row, brief: Brief, passages: Passages, more: Sequence[Callable[[Ledger], Tool]] = ()
    ) -> list[Tool]:
        """The tools that the agent of a claimed turn may use."""
        ledger = Ledger(self._pool, claim)
        tools = []
        if brief.may("handoff"):
            tools.append(_tool("handoff", Handoff, "read", ledger, _hand_over, budget=1))
        if brief.may("set_customer_fact"):
            tools.append(_tool("set_customer_fact", SetCustomerFact, "write", ledger, self._noting(claim), budget=5))
        if brief.has_knowledge and brief.may("search_knowledge"):

            async def look(arguments: Mapping[str, Any], _key: str) -> str:
                return await passages.search(arguments["query"])

            tools.append(_tool("search_knowledge", SearchKnowledge, "read", ledger, look, budget=4))
        if brief.links and self._links and brief.may("send_link"):
            tools.append(self._link_tool(claim, brief, ledger))
        return tools + [make(ledger) for make in more]

    def _noting(self, claim: Row) -> Callable[[Mapping[str, Any], str], Awaitable[Done]]:
        async def note(arguments: Mapping[str, Any], _key: str) -> Done:
            key = (claim["user_id"], claim["conversation_id"], claim["turn_id"])
            value = arguments["value"].replace("\0", "")
            stored = await retry_clash(lambda: self._pool.fetchval(SQL["note_fact"], *key, arguments["name"], value))
            if not stored:
                raise ToolFailed("No more facts can be noted of this customer.")
            return Done(text='{"noted": true}', receipt="noted")

        return note

    def _link_tool(self, claim: Row, brief: Brief, ledger: Ledger) -> Tool:
        send = self._links
        names = list(brief.links)

        async def make(arguments: Mapping[str, Any], _key: str) -> Done:
            if send is None or arguments["name"] not in names:
                raise ToolFailed(f"There is no such link. There are: {', '.join(names)}.")
            try:
                url = await send(claim, arguments["name"])
            except GatewayError as error:
                raise ToolFailed(str(error)) from error
            return Done(text=json.dumps({"url": url, "note": "Write this address into your message."}), receipt="sent")

        schema = strict({"name": {"type": "string", "enum": names}})
        return Tool(
            name="send_link",
            description="A link of the business for the customer, whose clicks are counted. Use its address as it is.",
            parameters=schema,
            run=lambda arguments: ledger.run("send_link", "write", arguments, lambda key: make(arguments, key)),
            effect="write",
            budget=3,
        )


def _tool(
    name: str, model: type[BaseModel], effect: Effect, ledger: Ledger,
    work: Callable[[Mapping[str, Any], str], Awaitable[Done | str]], *, budget: int,
) -> Tool:  # fmt: skip
    def check(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return model.model_validate(arguments).model_dump()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    return Tool(
        name=name,
        description=(model.__doc__ or "").strip(),
        parameters=_schema(model),
        run=lambda arguments: ledger.run(name, effect, arguments, lambda key: work(arguments, key)),
        check=check,
        effect=effect,
        budget=budget,
    )


async def _hand_over(arguments: Mapping[str, Any], _key: str) -> Done:
    """Nothing happens yet: the commit of the turn gives the conversation away, together with the last words."""
    text = "The conversation goes to a person with your next message. Tell the customer so in a sentence."
    return Done(text=text, receipt="transferred", reason=arguments["reason"], note=arguments["note"])


_SCHEMAS: dict[type[BaseModel], Mapping[str, Any]] = {}


def _schema(model: type[BaseModel]) -> Mapping[str, Any]:
    """The strict schema of a model: its own, without what strict mode does not know."""
    if model not in _SCHEMAS:
        properties = {}
        for name, field in model.model_json_schema()["properties"].items():
            properties[name] = {key: field[key] for key in ("type", "enum", "description") if key in field}
        _SCHEMAS[model] = strict(properties)
    return _SCHEMAS[model]


def strict(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The strict JSON schema of arguments that are all required."""
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip
