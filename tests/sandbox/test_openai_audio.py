"""OpenAI's ears and censor: transcriptions, moderations, and moderation inside a response."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import openai
import pytest
from aiohttp import FormData

from sandbox.openai_audio import LARGEST_BYTES
from sandbox.openai_voice import heard, seconds_of, voice_note
from tests.sandbox.conftest import Client

KEY = {"Authorization": "Bearer sk-test"}


@pytest.fixture
async def sdk(sandbox: Client) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{sandbox.url}/v1", max_retries=0) as client:
        yield client


async def test_a_voice_note_of_the_sandbox_says_its_words(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    async with sandbox.http.get(
        f"{sandbox.url}/_sandbox/openai/voice", params={"words": "¿Cuándo abren? #v1"}
    ) as answer:
        note, kind = await answer.read(), answer.content_type
    assert (note[:4], kind, seconds_of(note)) == (b"OggS", "audio/ogg", pytest.approx(1.1, abs=0.1))
    raw = await sdk.audio.transcriptions.with_raw_response.create(
        model="gpt-transcribe", file=("voice.ogg", note, "audio/ogg"), extra_body={"languages": ["es", "en"]}
    )
    heard_ = raw.parse()
    assert heard_.text == "¿Cuándo abren? #v1"
    assert heard_.languages is not None
    assert [language.code for language in heard_.languages] == ["es"]
    assert heard_.usage is not None
    assert heard_.usage.type == "tokens"
    assert heard_.usage.total_tokens == heard_.usage.input_tokens + heard_.usage.output_tokens
    assert raw.headers["x-request-id"].startswith("req_")
    (call,) = await sandbox.calls("openai")
    assert (call["text"], call["request"]["bytes"], call["request"]["filename"]) == (
        heard_.text,
        len(note),
        "voice.ogg",
    )


async def test_of_another_recording_it_tells_the_size(sdk: openai.AsyncOpenAI) -> None:
    heard_ = await sdk.audio.transcriptions.create(model="whisper-1", file=("note.mp3", b"x" * 4000, "audio/mpeg"))
    assert heard_.text == "[sandbox agent] A voice note of 4000 bytes."
    assert heard_.usage is not None
    assert (heard_.usage.type, heard_.usage.seconds) == ("duration", 2)


@pytest.mark.parametrize("words", ["Hi", "ä" * 4_000, "one two " * 200])
def test_a_voice_note_keeps_long_words(words: str) -> None:
    assert heard(voice_note(words)) == words
    assert 0.1 < seconds_of(voice_note(words)) < 5.2


def test_a_voice_note_is_whole_ogg() -> None:
    note = voice_note("hello there")
    pages = [at for at in range(len(note)) if note.startswith(b"OggS", at)]
    assert [note[at + 5] for at in pages] == [2, 0, 4]
    assert [int.from_bytes(note[at + 18 : at + 22], "little") for at in pages] == [0, 1, 2]
    assert heard(b"RIFF" + note) is None


@pytest.mark.parametrize(
    ("fields", "file", "status", "param"),
    [
        pytest.param({"model": "gpt-transcribe"}, None, 400, "file", id="no file"),
        pytest.param({}, ("v.ogg", 1), 400, "model", id="no model"),
        pytest.param({"model": "gpt-6-luna"}, ("v.ogg", 1), 404, None, id="a model that hears nothing"),
        pytest.param({"model": "gpt-transcribe"}, ("v.amr", 1), 400, "file", id="format"),
        pytest.param({"model": "gpt-transcribe"}, ("v", 1), 400, "file", id="no suffix"),
        pytest.param({"model": "gpt-transcribe"}, ("v.ogg", 0), 400, "file", id="empty"),
        pytest.param({"model": "gpt-transcribe"}, ("v.ogg", LARGEST_BYTES + 1), 413, None, id="too large"),
        pytest.param({"model": "whisper-1", "languages[]": "en"}, ("v.ogg", 1), 400, "languages", id="old model"),
        pytest.param({"model": "whisper-1", "language": "english"}, ("v.ogg", 1), 400, "language", id="language"),
        pytest.param({"model": "whisper-1", "response_format": "srt"}, ("v.ogg", 1), 400, "response_format", id="s"),
        pytest.param({"model": "whisper-1", "speed": "2"}, ("v.ogg", 1), 400, "speed", id="unknown field"),
    ],
)
async def test_refuses_a_recording(
    sandbox: Client, fields: dict[str, str], file: tuple[str, int] | None, status: int, param: str | None
) -> None:
    form = FormData(fields, default_to_multipart=True)
    if file:
        form.add_field("file", BytesIO(b"x" * file[1]), filename=file[0], content_type="audio/ogg")
    got, answer = await sandbox.ask("POST", "/v1/audio/transcriptions", data=form, headers=KEY)
    assert (got, answer["error"]["param"]) == (status, param), answer
    assert (await sandbox.calls("openai"))[0]["status"] == status


async def test_a_recording_wants_a_key_and_a_form(sandbox: Client) -> None:
    assert (await sandbox.ask("POST", "/v1/audio/transcriptions", json={}, headers=KEY))[0] == 400
    assert (await sandbox.ask("POST", "/v1/audio/transcriptions", data=b"", headers={}))[0] == 401


async def test_a_fault_for_answers_leaves_recordings_alone(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("server_error", provider="openai")
    file = ("voice.ogg", voice_note("hello"), "audio/ogg")
    assert (await sdk.audio.transcriptions.create(model="gpt-transcribe", file=file)).text == "hello"
    await sandbox.fault("server_error", provider="openai", event="action")
    with pytest.raises(openai.InternalServerError):
        await sdk.audio.transcriptions.create(model="gpt-transcribe", file=file)


@pytest.mark.parametrize(
    ("given", "flagged"),
    [
        ("Hello", [False]),
        (["Hello", "You Sandbox-Flag!"], [False, True]),
        (
            [{"type": "text", "text": "sandbox-flag"}, {"type": "image_url", "image_url": {"url": "https://x"}}],
            [True],
        ),
    ],
)
async def test_moderates(sdk: openai.AsyncOpenAI, given: Any, flagged: list[bool]) -> None:
    found = await sdk.moderations.create(input=given)
    assert [result.flagged for result in found.results] == flagged
    assert [result.categories.harassment for result in found.results] == flagged
    assert found.model == "omni-moderation-latest"


@pytest.mark.parametrize(
    ("body", "param"), [({}, "input"), ({"input": 1}, "input"), ({"input": "x", "text": "y"}, "text")]
)
async def test_refuses_to_moderate(sandbox: Client, body: dict[str, Any], param: str) -> None:
    status, answer = await sandbox.ask("POST", "/v1/moderations", json=body, headers=KEY)
    assert (status, answer["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("text", "mode", "status", "flagged"),
    [
        ("Hello", "block", "completed", False),
        ("sandbox-flag", "score", "completed", True),
        ("sandbox-flag", "block", "incomplete", True),
    ],
)
async def test_a_response_is_moderated(
    sdk: openai.AsyncOpenAI, text: str, mode: Any, status: str, flagged: bool
) -> None:
    rule = {"mode": mode}
    response = await sdk.responses.create(
        model="m",
        input=text,
        moderation={"model": "omni-moderation-latest", "policy": {"input": rule, "output": rule}},
    )
    assert (response.status, bool(response.output)) == (status, status == "completed")
    assert response.moderation is not None
    assert response.moderation.input.type == "moderation_result"
    assert response.moderation.input.flagged is flagged
    assert response.moderation.output.type == "moderation_result"
    reason = response.incomplete_details and response.incomplete_details.reason
    assert reason == ("content_filter" if status == "incomplete" else None)


async def test_what_is_written_is_moderated_too(sdk: openai.AsyncOpenAI) -> None:
    """The receptionist repeats tokens, so a token can be a word that is flagged."""
    response = await sdk.responses.create(
        model="m",
        input="Hello #sandbox-flag",
        moderation={"model": "m", "policy": {"output": {"mode": "block"}}},
    )
    assert response.moderation is not None
    assert response.moderation.output.type == "moderation_result"
    assert (response.moderation.output.flagged, response.status) == (True, "incomplete")
