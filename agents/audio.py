"""A voice note in words. https://platform.openai.com/docs/api-reference/audio/createTranscription"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.answer import clean
from agents.errors import ModelFailed, ModelUnavailable, ModelUnusable
from agents.model import UNASKED, Model
from agents.types import ModelCall, Usage

MOST_BYTES = 25 * 1024 * 1024
TOO_LARGE = "file_too_large"
UNSENT = (TOO_LARGE, *UNASKED)
NAMES = {
    "audio/ogg": "voice.ogg",
    "audio/opus": "voice.ogg",
    "audio/mpeg": "voice.mp3",
    "audio/mp3": "voice.mp3",
    "audio/mp4": "voice.m4a",
    "audio/x-m4a": "voice.m4a",
    "audio/aac": "voice.m4a",
    "audio/wav": "voice.wav",
    "audio/x-wav": "voice.wav",
    "audio/webm": "voice.webm",
    "video/webm": "voice.webm",
    "audio/flac": "voice.flac",
    "video/mp4": "voice.mp4",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said, and what it cost to hear it."""

    text: str
    call: ModelCall


async def transcribe(
    model: Model, name: str, data: bytes, mime_type: str, *, languages: Sequence[str] = (), seconds: float = 60.0
) -> Transcript:
    """Write down what a recording says, with the model `name`. Raises ModelFailed, whose `calls` hold what it cost."""
    began = time.monotonic()
    try:
        if len(data) > MOST_BYTES:
            raise ModelUnusable(TOO_LARGE)
        file = (NAMES.get(mime_type, "voice.ogg"), data, mime_type)
        async with model.asking(model.deadline(seconds), seconds) as provider:
            body, request_id = await provider.transcribe(name, file, list(languages), seconds)
        text, usage = _read(body)
    except ModelFailed as error:
        if error.code not in UNSENT:
            error.calls = (_call(name, began, outcome=error.code[:60], request_id=error.request_id),)
        raise
    return Transcript(text=text, call=_call(name, began, usage=usage, request_id=request_id))


def _call(name: str, began: float, **ended: Any) -> ModelCall:
    seconds = time.monotonic() - began
    return ModelCall(model=name, seconds=seconds, at=time.time() - seconds, kind="transcription", **ended)


def _read(body: bytes) -> tuple[str, Usage]:
    try:
        answer: Any = json.loads(body)
        text = clean(str(answer["text"])).strip()
    except (ValueError, RecursionError, KeyError, TypeError):
        raise ModelUnavailable("not_json") from None
    usage = answer.get("usage") if isinstance(answer.get("usage"), dict) else {}
    details = usage.get("input_token_details")
    audio = details.get("audio_tokens", 0) if isinstance(details, dict) else 0
    return text, Usage(
        calls=1,
        input_tokens=_number(usage.get("input_tokens")),
        output_tokens=_number(usage.get("output_tokens")),
        audio_tokens=_number(audio),
        audio_seconds=float(usage["seconds"]) if isinstance(usage.get("seconds"), int | float) else 0.0,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
