"""The tools of one turn, and how often they have run."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import structlog

from agents.answer import Call, clean
from agents.errors import ToolFailed
from agents.types import Done, Tool, Turn

CALLS = 20
IDENTICAL_CALLS = 3
ENOUGH = "No more tools can be used in this turn. Answer the customer with what you know."

_log = structlog.get_logger(__name__)


class Toolbox:
    """Runs what the model asks for. Whatever goes wrong is told to the model; nothing but cancellation is raised."""

    def __init__(self, turn: Turn) -> None:
        self._turn_id = turn.turn_id
        self._tools = {tool.name: tool for tool in turn.tools}
        self._runs = 0
        self._same: Counter[tuple[str, str]] = Counter()
        self._used: Counter[str] = Counter()
        self._receipts: set[str] = set()
        self.handoff: Done | None = None
        self.spent = False

    @property
    def receipts(self) -> frozenset[str]:
        """What the tools have done in this turn."""
        return frozenset(self._receipts)

    async def answer(self, call: Call, seconds: float) -> dict[str, str]:
        """The item that answers a call. Every call needs one, or the provider refuses the next request."""
        return {"type": "function_call_output", "call_id": call.call_id, "output": await self._run(call, seconds)}

    async def _run(self, call: Call, seconds: float) -> str:
        tool = self._tools.get(call.name)
        if tool is None:
            return _error(f"There is no tool called {call.name}.")
        arguments = _parse(call.arguments)
        if arguments is None:
            return _error("The arguments are not a JSON object.")
        try:
            checked = tool.check(arguments) if tool.check else arguments
        except ValueError as error:
            return _error(f"The arguments do not fit: {error}")
        if not self._count(call.name, arguments):
            return _error(ENOUGH)
        if self._used[tool.name] >= tool.budget:
            return _error("This tool was used often enough in this turn.")
        self._used[tool.name] += 1
        return self._taken(await self._run_tool(tool, checked, min(seconds, tool.seconds)))

    def _taken(self, done: Done) -> str:
        if done.receipt:
            self._receipts.add(done.receipt)
        if done.receipt == "transferred":
            self.handoff = done
        return clean(done.text)

    def _count(self, name: str, arguments: Mapping[str, Any]) -> bool:
        same = (name, json.dumps(arguments, sort_keys=True))
        if self._runs >= CALLS or self._same[same] >= IDENTICAL_CALLS:
            self.spent = True
            return False
        self._runs += 1
        self._same[same] += 1
        return True

    async def _run_tool(self, tool: Tool, arguments: Mapping[str, Any], seconds: float) -> Done:
        try:
            async with asyncio.timeout(seconds):
                done = await tool.run(arguments)
                return done if isinstance(done, Done) else Done(text=done)
        except ToolFailed as error:
            return Done(text=_error(str(error)))
        except TimeoutError:
            return Done(text=_error("The tool took too long. It is not known whether it was done."))
        except Exception as error:
            # A tool is anybody's code, and a fault in it is no reason to leave the customer without an answer. Its
            # message may hold the customer's words or a secret: neither the model nor the log is to see it.
            _log.error("tool_raised", turn=self._turn_id, tool=tool.name, error=type(error).__qualname__)
            return Done(text=_error("The tool failed."))


def declaration(tool: Tool) -> dict[str, Any]:
    """What the model is told of a tool. https://platform.openai.com/docs/guides/function-calling#strict-mode"""
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "strict": True,
    }


def _parse(arguments: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _error(text: str) -> str:
    return json.dumps({"error": text})
