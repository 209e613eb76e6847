"""The real agent against the sandbox's model: what it asks for is understood, and what is done to it is mended."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.agent import Agent
from agents.audio import transcribe
from agents.errors import ModelRefused
from agents.kept import erase
from agents.model import Model
from agents.types import Attachment, Done, Kept, Reply, Said, Shape, Tool, Turn
from sandbox.media import PIXEL
from sandbox.openai_voice import voice_note
from tests.agents.conftest import Clock
from tests.sandbox.conftest import Client

FOUND = "[1] Is there parking?\nYes, behind the house."


@dataclass
class Desk:
    """The tools of a turn, and what they were asked."""

    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def tool(self, name: str, done: Done, /, **properties: Any) -> Tool:
        async def run(arguments: Mapping[str, Any]) -> Done:
            self.asked.append((name, arguments))
            return done

        schema = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        return Tool(name=name, description=name, parameters=schema, run=run)

    def tools(self) -> tuple[Tool, ...]:
        words = {"type": "string"}
        return (
            self.tool("search_knowledge", Done(text=FOUND), query=words),
            self.tool(
                "handoff", Done(text="Tell them.", receipt="transferred", reason="asked_for_a_person"),
                reason=words, note=words,
            ),
            self.tool("send_link", Done(text=json.dumps({"url": "https://x.example"}), receipt="sent"), name=words),
        )  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def model(sandbox: Client) -> AsyncIterator[Model]:
    clock = Clock()
    model = Model(api_key="sk-test", base_url=f"{sandbox.url}/v1", clock=clock, sleep=clock.wait)
    yield model
    await model.close()


@pytest.fixture
def turn(desk: Desk) -> Callable[..., Turn]:
    def make(text: str, **changes: Any) -> Turn:
        usual: dict[str, Any] = {
            "turn_id": "turn_1",
            "instructions": "You are the receptionist.",
            "transcript": (Said(author="customer", text=text, sequence_no=1),),
            "model": "gpt-6-luna",
            "tools": desk.tools(),
            "shape": Shape(choices=3),
        }
        return Turn(**(usual | changes))

    return make


async def _kinds(sandbox: Client, reply: Reply) -> list[str]:
    assert reply.kept is not None
    path = f"/v1/conversations/{reply.kept.conversation_id}/items?order=asc&limit=100"
    _, answer = await sandbox.ask("GET", path, headers={"Authorization": "Bearer sk-test"})
    return [item["type"] for item in answer["data"]]


@pytest.mark.parametrize("kept", [None, Kept()], ids=["local", "conversation"])
@pytest.mark.parametrize(
    ("text", "used", "part", "action", "unproved"),
    [
        ("Are you open? #a", [], "#a", "none", ()),
        ("Is there parking? #a", ["search_knowledge"], "behind the house. Noted: #a", "none", ()),
        ("A human, please", ["handoff"], "colleague", "handoff", ()),
        ("What does it cost?", ["send_link"], "https://x.example", "none", ()),
    ],
)
async def test_a_turn_with_tools(
    model: Model, desk: Desk, turn: Callable[..., Turn], kept: Kept | None,
    text: str, used: list[str], part: str, action: str, unproved: tuple[str, ...],
) -> None:  # fmt: skip
    reply = await Agent(model).reply(turn(text, kept=kept))
    assert [name for name, _ in desk.asked] == used
    assert part in reply.texts[0]
    assert (reply.action, reply.unproved, reply.language) == (action, unproved, "en")
    assert reply.messages[0].cites == ((1,) if used == ["search_knowledge"] else ())


async def test_a_choice_reaches_the_agent(model: Model, turn: Callable[..., Turn]) -> None:
    reply = await Agent(model).reply(turn("I need an appointment"))
    assert reply.messages[0].choices == ("Morning", "Afternoon")


@pytest.mark.parametrize("kept", [None, Kept()], ids=["local", "conversation"])
@pytest.mark.parametrize(
    ("kind", "failed"),
    [("boast", ""), ("bad_arguments", ""), ("cut_json", "not_the_shape"), ("empty", "empty"), ("html", "")],
)
async def test_one_fault_is_mended(
    sandbox: Client, model: Model, turn: Callable[..., Turn], kind: str, failed: str, kept: Kept | None
) -> None:
    await sandbox.fault(kind)
    reply = await Agent(model).reply(turn("Are you open? #f", kept=kept))
    assert reply.texts[0].endswith("14:00. Noted: #f")
    assert (reply.unproved, len(reply.calls)) == ((), 2)
    assert not failed or failed in [line.get("failed") for line in reply.trace]
    assert [call["fault"] for call in await sandbox.calls("openai") if call["fault"]] == [kind]


async def test_two_boasts_are_told(sandbox: Client, model: Model, turn: Callable[..., Turn]) -> None:
    await sandbox.fault("boast", count=2)
    reply = await Agent(model).reply(turn("Book me in"))
    assert reply.unproved == ("booked",)


@pytest.mark.parametrize(
    ("kind", "again"), [("conversation_locked", True), ("conversation_poisoned", True), ("conversation_gone", False)]
)
async def test_a_copy_is_mended_or_made_anew(
    sandbox: Client, model: Model, turn: Callable[..., Turn], kind: str, again: bool
) -> None:
    first = await Agent(model).reply(turn("Are you open? #1", kept=Kept()))
    assert first.kept is not None
    await sandbox.fault(kind)
    said = (
        Said(author="customer", text="Are you open? #1", sequence_no=1),
        Said(author="agent", text=first.texts[0], sequence_no=2),
        Said(author="customer", text="Thanks #2", sequence_no=3),
    )
    reply = await Agent(model).reply(turn("", transcript=said, after_no=2, kept=first.kept))
    assert reply.texts[0].endswith("any time. Noted: #2")
    assert reply.kept is not None
    assert (reply.kept.conversation_id == first.kept.conversation_id) is again
    assert (await _kinds(sandbox, reply)).count("message") == 4
    third = await Agent(model).reply(
        turn("", transcript=(*said, Said(author="customer", text="#3", sequence_no=5)), after_no=4, kept=reply.kept)
    )
    assert third.texts[0].endswith("Noted: #3")


async def test_a_conversation_is_erased_whole(sandbox: Client, model: Model, turn: Callable[..., Turn]) -> None:
    reply = await Agent(model).reply(turn("Is there parking?", kept=Kept()))
    assert await _kinds(sandbox, reply) == ["message", "function_call", "function_call_output", "message"]
    assert reply.kept is not None
    await erase(model, reply.kept.conversation_id)
    _, shown = await sandbox.ask("GET", "/_sandbox/openai/conversations")
    assert [(one["deleted"], one["items"]) for one in shown["conversations"]] == [(True, 0)]


async def test_a_picture_is_seen_or_left_out(sandbox: Client, model: Model, turn: Callable[..., Turn]) -> None:
    picture = Attachment(kind="image", mime_type="image/png", data=PIXEL)
    said = (Said(author="customer", text="Are you open?", sequence_no=1, attachments=(picture,)),)
    assert "I can see the picture." in (await Agent(model).reply(turn("", transcript=said))).texts[0]
    await sandbox.fault("bad_image")
    left_out = (await Agent(model).reply(turn("", transcript=said))).texts[0]
    assert "picture" not in left_out
    assert "14:00" in left_out


async def test_what_is_flagged_is_refused(model: Model, turn: Callable[..., Turn]) -> None:
    with pytest.raises(ModelRefused):
        await Agent(model).reply(turn("sandbox-flag", moderation="block"))
    assert (await Agent(model).reply(turn("sandbox-flag", moderation="score"))).texts


async def test_a_voice_note_is_written_down(model: Model) -> None:
    heard = await transcribe(model, "gpt-transcribe", voice_note("Are you open? #v"), "audio/ogg", languages=["en"])
    assert (heard.text, heard.call.usage.audio_tokens > 0) == ("Are you open? #v", True)
