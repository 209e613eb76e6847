"""The rounds of one turn: a request out, an answer in, until there is a reply. What can be mended is mended once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.answer import Answer
from agents.claims import unproved
from agents.errors import (
    BadImage,
    CopyGone,
    CopyLocked,
    CopyPoisoned,
    ModelFailed,
    ModelNotFound,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    ModelUnusable,
    TurnTooLong,
)
from agents.kept import Copy
from agents.model import Model
from agents.reply import read_reply
from agents.request import encoded, item_of, request_of
from agents.toolbox import Toolbox
from agents.types import ModelCall, Reply, Said, Turn, total

ROUNDS = 8
NO_FILES = "Files were sent that can't be opened here. Say so, and ask for them in words."
BAD_SHAPE = "Your last answer could not be used. Write it again, in the shape that was asked for."
FEWEST = 4


class Rounds:
    """One turn. `calls` is every request so far, `shown` whether the customer has seen pieces of an answer."""

    def __init__(self, model: Model, turn: Turn, *, stream: bool = False) -> None:
        self._model = model
        self._turn = turn
        self._stream = stream
        self._toolbox = Toolbox(turn)
        self._done: list[Mapping[str, Any]] = []
        self._left = ROUNDS
        self._mended: set[str] = set()
        self._trace: list[Mapping[str, Any]] = []
        self._copy = Copy(model, turn.kept) if turn.kept is not None else None
        self._left_behind: tuple[str, ...] = ()
        self.deadline = model.deadline(turn.deadline_seconds)
        self.model = turn.model
        self.calls: list[ModelCall] = []
        self.shown = False

    @property
    def receipts(self) -> frozenset[str]:
        """What may be claimed now."""
        return self._turn.receipts | self._toolbox.receipts

    @property
    def may_repeat(self) -> bool:
        """Whether a request that may have been read can be sent again: not when it goes into the provider's copy."""
        return self._copy is None

    async def next(self) -> bytes:
        """The next request; the last that is allowed may only speak. Raises ModelUnusable when there is none left, and
        what `Model.check` raises.

        It is made anew each time and as bytes: thousands of turns wait at once, and objects are several times as big.
        """
        if self._left == 0:
            raise ModelUnusable("tools_without_end")
        self._left -= 1
        request = request_of(self._turn, self.model)
        if self._copy is not None:
            self._model.check(self.model)  # before a copy is made for a request that will not be sent
            try:
                request |= await self._copy.part_of(self._turn, self._done, self.deadline)
            except ModelFailed:
                self._leave_copy()  # it is a cache: the turn goes without it
        if self._copy is None:
            request["input"] += self._done
        if self._stream:
            request["stream"] = True
        if self._turn.tools and (self._left == 0 or self._toolbox.spent):
            request["tool_choice"] = "none"
        return encoded(request)

    async def take(self, found: Answer) -> Reply | None:
        """Run what the answer asks for; the reply, when it asks for nothing. Raises ModelFailed for what can't be
        used, a claim without a receipt excepted: that is told to the model once, and then to the gateway."""
        if self._copy is not None:
            self._copy.took(found)
        if found.flagged and self._turn.moderation == "block":
            raise ModelRefused("moderation")
        if found.calls:
            await self._run(found)
            return None
        self._note(found, "said")
        try:
            reply = read_reply(found.texts, self._turn.shape)
        except ModelUnusable:
            self._done += found.items
            raise
        proved = self.receipts | ({"transferred"} if reply.action == "handoff" or self._toolbox.handoff else set())
        missing = unproved(reply.texts, reply.claims, proved)
        if missing and "claim" not in self._mended and self._left > 0:
            self._mended.add("claim")
            self._done += [*found.items, _note(_facts(missing, proved))]
            return None
        return self._finished(reply, missing)

    async def _run(self, found: Answer) -> None:
        self._done += found.items
        for call in found.calls:
            self._done.append(await self._toolbox.answer(call, self._model.remaining(self.deadline)))
        self._note(found, "called", [call.name for call in found.calls])

    def _finished(self, reply: Reply, missing: tuple[str, ...]) -> Reply:
        handoff = self._toolbox.handoff
        if handoff is not None:
            reply = replace(reply, action="handoff", reason=handoff.reason, note=handoff.note)
        if self._mended & {"claim", "shape"}:
            self._leave_copy()  # it holds an answer that nobody is sent
        return replace(
            reply,
            unproved=missing,
            calls=tuple(self.calls),
            trace=tuple(self._trace),
            kept=self._copy.kept(self._turn) if self._copy else None,
            left_behind=self._copy.left_behind if self._copy else self._left_behind,
        )

    def _leave_copy(self) -> None:
        """Goes on without a copy; what it was stays to be erased."""
        if self._copy is not None:
            self._copy.forget()
            self._left_behind, self._copy = self._copy.left_behind, None

    def told(self, error: ModelFailed) -> ModelFailed:
        """The failure of the turn, with what the whole of it cost."""
        error.calls = tuple(self.calls)
        error.usage = total(self.calls)
        self._leave_copy()
        error.left_behind = self._left_behind
        if not error.request_id and self.calls:
            error.request_id = self.calls[-1].request_id
        return error

    async def remedy(self, error: ModelFailed) -> bool:
        """Whether something was changed after which asking again may help. Each kind of change is made once."""
        self._trace.append({"round": ROUNDS - self._left, "failed": error.code})
        if error.code in ("deadline", "tools_without_end"):
            return False
        helped = await self._remedied(error)
        self._left += helped  # the rounds are for the model's work, not for mending
        return helped

    async def _remedied(self, error: ModelFailed) -> bool:
        match error:
            case CopyLocked() | CopyGone() | CopyPoisoned() if self._copy is not None:
                if not await self._copy.mend(error, self.deadline):
                    self._leave_copy()
                return True
            case BadImage():
                return self._once("files") and self._without_files()
            case TurnTooLong():
                return (self._once("long") or self._once("longer")) and self._shorter()
            case ModelThrottled() | ModelNotFound():
                return self._once("model") and self._other_model()
            case ModelUnavailable():
                return self._in_a_new_copy(error) or (self._once("model") and self._other_model())
            case ModelUnusable():
                self._doubt_copy()
                return self._once("shape") and self._asked_again()
        return False

    def _doubt_copy(self) -> bool:
        """Leaves a copy of which nobody knows whether it has the last request; a new one makes that not matter."""
        if self._copy is None or not self._copy.unsettled:
            return False
        self._copy.forget()
        return True

    def _in_a_new_copy(self, error: ModelFailed) -> bool:
        return error.code != "circuit_open" and self._doubt_copy() and self._once("copy")

    def _once(self, what: str) -> bool:
        first = what not in self._mended
        self._mended.add(what)
        return first

    def _other_model(self) -> bool:
        if not self._turn.fallback_model or self.model == self._turn.fallback_model:
            return False
        self.model = self._turn.fallback_model
        return True

    def _without_files(self) -> bool:
        if not any(said.attachments for said in self._turn.transcript):
            return False
        kept = [replace(said, attachments=()) for said in self._turn.transcript]
        self._changed([*kept, Said(author="note", text=NO_FILES)])
        return True

    def _shorter(self) -> bool:
        said = self._turn.transcript
        if len(said) <= FEWEST:
            return False
        self._changed(said[len(said) // 2 :])
        return True

    def _changed(self, transcript: Sequence[Said]) -> None:
        self._turn = replace(self._turn, transcript=transcript)
        if self._copy is not None:
            self._copy.forget()

    def _asked_again(self) -> bool:
        self._done.append(_note(BAD_SHAPE))
        return True

    def _note(self, found: Answer, what: str, tools: list[str] | None = None) -> None:
        line: dict[str, Any] = {"round": ROUNDS - self._left, "model": found.model, what: tools or len(found.texts)}
        if found.flagged:
            line["flagged"] = list(found.flagged)
        self._trace.append(line)


def _note(text: str) -> Mapping[str, Any]:
    return item_of(Said(author="note", text=text))


def _facts(missing: tuple[str, ...], proved: frozenset[str] | set[str]) -> str:
    done = f"What was really done: {', '.join(sorted(proved))}." if proved else "Nothing was done in this turn."
    return (
        f"Your reply says that something was {' and '.join(missing)}, but no tool has confirmed it. {done} "
        "Write the reply again without that claim: do it with a tool first, or say what happens next, or hand over."
    )
