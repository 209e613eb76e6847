"""Voice notes in words. https://platform.openai.com/docs/api-reference/audio/createTranscription

The stand-in hears nothing: a voice note that the sandbox itself made carries its words, and of any other only the size
is told.
"""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import BodyPartReader, web

from sandbox import receptionist
from sandbox.control import Problem
from sandbox.openai_course import Exchange
from sandbox.openai_errors import ApiRefusal, check_value, missing, unknown
from sandbox.openai_voice import heard, seconds_of, voice_note

LARGEST_BYTES: Final = 25 * 1024 * 1024
LONGEST_WORDS: Final = 4_000
SUFFIXES: Final = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
# Models that are charged by the token, and the one that is charged by the second.
MODELS: Final = (
    "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe-diarize", "whisper-1",
)  # fmt: skip
FIELDS: Final = frozenset(
    {
        "file", "model", "chunking_strategy", "include", "keywords", "known_speaker_names", "known_speaker_references",
        "language", "languages", "prompt", "response_format", "stream", "temperature", "timestamp_granularities",
    }
)  # fmt: skip

Form = dict[str, Any]


async def transcribe(request: web.Request) -> web.StreamResponse:
    """POST /v1/audio/transcriptions: `json` or `text`, never streamed."""
    try:
        form = await _form(request)
    except ValueError:  # no multipart body, or a field that is no text
        form = {}
    file = form.get("file", b"")
    shown = {name: value for name, value in form.items() if name != "file"} | {"bytes": len(file)}
    exchange = Exchange(request, shown, event="action")

    async def work() -> web.StreamResponse:
        _check(form, file)
        words = heard(file)
        text = words if words is not None else f"{receptionist.LABEL} A voice note of {len(file)} bytes."
        exchange.call.text = text
        id_ = exchange.sandbox.ids.openai("transcription")
        if form.get("response_format") == "text":
            return await exchange.course.store(id_, web.Response(text=text + "\n", headers=exchange.headers))
        return await exchange.store(id_, _answer(form, file, text))

    return await exchange.run(work)


async def _form(request: web.Request) -> Form:
    """The fields of a multipart body; of the file its bytes, and its name as `filename`."""
    form: Form = {}
    if request.content_type != "multipart/form-data":
        return form
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        name = part.name.removesuffix("[]")
        if name == "file":
            form["file"], form["filename"] = bytes(await part.read()), part.filename or ""
        elif part.name.endswith("[]"):
            form.setdefault(name, []).append(await part.text())
        else:
            form[name] = await part.text()
    return form


def _check(form: Form, file: bytes) -> None:
    for name in form.keys() - FIELDS - {"filename"}:
        raise unknown(name)
    for name in ("file", "model"):
        if name not in form:
            raise missing(name)
    model = form["model"]
    if model not in MODELS:
        raise ApiRefusal(
            f"The model `{model}` does not exist or you do not have access to it.", status=404, code="model_not_found"
        )
    for name in ("languages", "keywords"):
        if name in form and model != "gpt-transcribe":
            raise ApiRefusal(f"'{name}' is not supported with the model {model}.", param=name)
    check_value("response_format", form.get("response_format", "json"), ("json", "text"))
    _check_languages(form)
    _check_file(form["filename"], file)


def _check_languages(form: Form) -> None:
    for language in [*form.get("languages", []), *([form["language"]] if "language" in form else [])]:
        if not re.fullmatch(r"[a-z]{2,3}", language):
            raise ApiRefusal(f"Invalid language '{language}'. Language must be in ISO-639-1 format.", param="language")


def _check_file(name: str, file: bytes) -> None:
    if name.rpartition(".")[2].lower() not in SUFFIXES:
        raise ApiRefusal(f"Invalid file format. Supported formats: {list(SUFFIXES)}", param="file")
    if len(file) > LARGEST_BYTES:
        raise ApiRefusal(
            f"{len(file)}: Maximum content size limit ({LARGEST_BYTES}) exceeded ({len(file)} bytes read)", status=413
        )
    if not file:
        raise ApiRefusal(
            "Audio file is too short. Minimum audio length is 0.1 seconds.", code="audio_too_short", param="file"
        )


def _answer(form: Form, file: bytes, text: str) -> dict[str, Any]:
    seconds = seconds_of(file)
    if form["model"] == "whisper-1":
        return {"text": text, "usage": {"type": "duration", "seconds": max(1, round(seconds))}}
    audio, said, given = round(seconds * 10) + 1, len(text) // 4 + 1, len(form.get("prompt", "")) // 4
    usage = {
        "type": "tokens",
        "input_tokens": audio + given,
        "input_token_details": {"audio_tokens": audio, "text_tokens": given},
        "output_tokens": said,
        "total_tokens": audio + given + said,
    }
    answer = {"text": text, "usage": usage}
    return answer | (
        {"languages": [{"code": receptionist.respond([text]).language}]} if "gpt-t" in form["model"] else {}
    )


async def make_note(request: web.Request) -> web.Response:
    """GET /_sandbox/openai/voice?words=…: a voice note that says these words, as Ogg Opus of silence."""
    words = request.query.get("words", "")
    if not words or len(words) > LONGEST_WORDS:
        raise Problem(422, f"words: what is said, at most {LONGEST_WORDS} characters.")
    return web.Response(body=voice_note(words), content_type="audio/ogg")


def routes() -> list[web.RouteDef]:
    return [
        web.post("/v1/audio/transcriptions", transcribe),
        web.get("/_sandbox/openai/voice", make_note, allow_head=False),
    ]
