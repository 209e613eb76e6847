"""What each answer of the provider becomes: a reply, or the one class that decides what happens next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from agents.agent import Agent
from agents.errors import (
    BadImage,
    BadRequest,
    CopyLocked,
    KeyRejected,
    ModelFailed,
    ModelNotFound,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    ModelUnusable,
    QuotaExhausted,
    TurnTooLong,
)
from agents.model import Model
from agents.rounds import BAD_SHAPE
from agents.types import Turn, Usage
from tests.agents.conftest import Clock
from tests.agents.scripted import Says, Scripted, answers, message, refuses, serving, usage

HELLO = message("We are open from ten.")
PAID = Usage(calls=1, input_tokens=100, output_tokens=10)
NOTHING = Usage()
HTML = Says(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")


@dataclass(frozen=True, kw_only=True)
class Case:
    label: str
    script: Sequence[Says]
    texts: tuple[str, ...] = ()
    error: type[ModelFailed] | None = None
    code: str = ""
    spent: Usage = NOTHING
    retry_after: float = 0.0
    waited: Sequence[tuple[float, float]] = ()
    deadline_seconds: float = 45.0


def failed(code: str) -> Says:
    return answers(status="failed", error={"code": code, "message": "No."})


def incomplete(reason: str) -> Says:
    return answers(message("We are op"), status="incomplete", incomplete_details={"reason": reason})


FIRST, SECOND = (0.375, 0.5), (0.75, 1.0)
REPLIES = [
    Case(label="one text", script=[answers(HELLO)], texts=("We are open from ten.",), spent=PAID),
    Case(
        label="several final messages stay apart",
        script=[answers(message("Yes.", phase="final_answer"), message("From ten.", phase="final_answer"))],
        texts=("Yes.", "From ten."),
        spent=PAID,
    ),
    Case(
        label="commentary stays inside",
        script=[answers(message("Let me look.", phase="commentary"), message("Yes.", phase="final_answer"))],
        texts=("Yes.",),
        spent=PAID,
    ),
    Case(
        label="items that we do not know are passed over",
        script=[
            answers({"type": "compaction", "id": "cmp_1"}, {"type": "reasoning", "id": "rs_1", "summary": []}, HELLO)
        ],
        texts=("We are open from ten.",),
        spent=PAID,
    ),
    Case(
        label="every class of token is kept",
        script=[answers(HELLO, usage=usage(1500, 70, cached=1024, written=256, reasoning=40))],
        texts=("We are open from ten.",),
        spent=Usage(
            calls=1,
            input_tokens=1500,
            cached_tokens=1024,
            cache_write_tokens=256,
            output_tokens=70,
            reasoning_tokens=40,
        ),
    ),
    Case(
        label="no usage given",
        script=[answers(HELLO, usage=None)],
        texts=("We are open from ten.",),
        spent=Usage(calls=1),
    ),
    Case(
        label="500 once",
        script=[refuses(500, "server_error"), answers(HELLO)],
        texts=("We are open from ten.",),
        spent=PAID,
        waited=[FIRST],
    ),
    Case(
        label="HTML 502 twice",
        script=[HTML, HTML, answers(HELLO)],
        texts=("We are open from ten.",),
        spent=PAID,
        waited=[FIRST, SECOND],
    ),
    Case(
        label="connection dropped once",
        script=[Says(drop=True), answers(HELLO)],
        texts=("We are open from ten.",),
        spent=PAID,
        waited=[FIRST],
    ),
    Case(
        label="rate limit with a time",
        script=[refuses(429, "slow_down", kind="rate_limit_error", Retry_After="7"), answers(HELLO)],
        texts=("We are open from ten.",),
        spent=PAID,
        waited=[(7, 7)],
    ),
    Case(
        label="rate limit with milliseconds",
        script=[refuses(429, "rate_limit_exceeded", Retry_After_Ms="2500", Retry_After="9"), answers(HELLO)],
        texts=("We are open from ten.",),
        spent=PAID,
        waited=[(2.5, 2.5)],
    ),
    Case(
        label="rate limit with a date",
        script=[
            refuses(
                429,
                "slow_down",
                Retry_After="Fri, 20 Nov 2026 10:00:12 GMT",
                Date="Fri, 20 Nov 2026 10:00:00 GMT",
            ),
            answers(HELLO),
        ],
        texts=("We are open from ten.",),
        spent=PAID,
        waited=[(12, 12)],
    ),
    Case(
        label="rate limit with nonsense for a time",
        script=[refuses(429, "slow_down", Retry_After="soon"), answers(HELLO)],
        texts=("We are open from ten.",),
        spent=PAID,
        waited=[FIRST],
    ),
    Case(
        label="failed at the provider, then answered: both are paid",
        script=[failed("server_error"), answers(HELLO)],
        texts=("We are open from ten.",),
        spent=PAID + PAID,
        waited=[FIRST],
    ),
]
FAILURES = [
    *(
        Case(label=f"quota {status} {code}", script=[refuses(status, code, kind=kind)], error=QuotaExhausted, code=code)
        for status, code, kind in [
            (429, "credit_balance_exhausted", "insufficient_quota"),
            (429, "organization_spend_limit_exceeded", "insufficient_quota"),
            (429, "project_spend_limit_exceeded", "insufficient_quota"),
            (429, "organization_usage_limit_exceeded", "insufficient_quota"),
            (429, "insufficient_quota", "insufficient_quota"),
            (429, "a_quota_code_of_tomorrow", "insufficient_quota"),
            (400, "billing_hard_limit_reached", "invalid_request_error"),
            (402, "payment_required", "invalid_request_error"),
        ]
    ),
    Case(label="wrong key", script=[refuses(401, "invalid_api_key")], error=KeyRejected, code="invalid_api_key"),
    Case(label="key may not", script=[refuses(403, None)], error=KeyRejected, code="invalid_request_error"),
    Case(label="bad request", script=[refuses(400, "unknown_parameter")], error=BadRequest, code="unknown_parameter"),
    Case(label="nobody knows why", script=[refuses(400, None)], error=BadRequest),
    Case(label="locked, without a copy", script=[refuses(400, "conversation_locked")], error=CopyLocked),
    Case(label="bad image", script=[refuses(400, "invalid_image_format")], error=BadImage),
    Case(label="unprocessable", script=[refuses(422, None)], error=BadRequest),
    Case(label="not found", script=[refuses(404, None)], error=BadRequest),
    Case(label="no such model", script=[refuses(404, "model_not_found")], error=ModelNotFound),
    Case(label="no such model, as 400", script=[refuses(400, "model_not_found")], error=ModelNotFound),
    Case(label="too long", script=[refuses(400, "context_length_exceeded")], error=TurnTooLong),
    Case(label="one text too long", script=[refuses(400, "string_above_max_length")], error=TurnTooLong),
    Case(label="body too large", script=[Says(status=413, text="")], error=TurnTooLong, code="no_code"),
    Case(label="content stopped before the model", script=[refuses(400, "invalid_prompt")], error=ModelRefused),
    Case(
        label="503 three times",
        script=[refuses(503, "server_is_overloaded")] * 3,
        error=ModelUnavailable,
        code="server_is_overloaded",
        waited=[FIRST, SECOND],
    ),
    Case(label="HTML 502 three times", script=[HTML] * 3, error=ModelUnavailable, waited=[FIRST, SECOND]),
    Case(
        label="dropped three times",
        script=[Says(drop=True)] * 3,
        error=ModelUnavailable,
        waited=[FIRST, SECOND],
    ),
    Case(
        label="the provider asks not to be tried again",
        script=[refuses(500, "server_error", X_Should_Retry="false")],
        error=ModelUnavailable,
    ),
    Case(
        label="rate limit longer than the deadline",
        script=[refuses(429, "slow_down", Retry_After="300")],
        error=ModelThrottled,
        retry_after=300,
    ),
    Case(
        label="rate limit again and again",
        script=[refuses(429, "slow_down", Retry_After="2")] * 3,
        error=ModelThrottled,
        retry_after=2,
        waited=[(2, 2), (2, 2)],
    ),
    Case(
        label="the second wait would pass the deadline",
        script=[refuses(500, "server_error")] * 2,
        error=ModelUnavailable,
        waited=[FIRST],
        deadline_seconds=1.1,
    ),
    Case(
        label="200 that is a page",
        script=[Says(text="<html>", content_type="text/html")] * 3,
        error=ModelUnavailable,
        code="not_json",
        waited=[FIRST, SECOND],
    ),
    Case(label="200 that is a list", script=[Says(body=[])], error=ModelUnusable, code="not_a_response"),
    Case(
        label="200 of another shape",
        script=[Says(body={"choices": []})],
        error=ModelUnusable,
        code="not_a_response",
        spent=Usage(calls=1),
    ),
    Case(label="output of another shape", script=[answers({"kind": "message"})], error=ModelUnusable, spent=PAID),
    Case(
        label="failed at the provider three times, all paid",
        script=[failed("server_error")] * 3,
        error=ModelUnavailable,
        code="server_error",
        spent=PAID + PAID + PAID,
        waited=[FIRST, SECOND],
    ),
    Case(
        label="failed for speed",
        script=[failed("rate_limit_exceeded")] * 3,
        error=ModelThrottled,
        spent=PAID + PAID + PAID,
        waited=[FIRST, SECOND],
    ),
    Case(label="failed for policy", script=[failed("bio_policy")], error=ModelRefused, spent=PAID),
    Case(label="failed for quota", script=[failed("insufficient_quota")], error=QuotaExhausted, spent=PAID),
    Case(label="failed, no known code", script=[failed("novel")], error=ModelUnusable, code="novel", spent=PAID),
    Case(
        label="failed without a word",
        script=[answers(status="failed", error=None)],
        error=ModelUnusable,
        code="failed",
        spent=PAID,
    ),
    Case(
        label="cut off",
        script=[incomplete("max_output_tokens")],
        error=ModelUnusable,
        code="max_output_tokens",
        spent=PAID,
    ),
    Case(label="cut off by a filter", script=[incomplete("content_filter")], error=ModelRefused, spent=PAID),
    Case(
        label="cancelled",
        script=[answers(HELLO, status="cancelled")],
        error=ModelUnusable,
        code="cancelled",
        spent=PAID,
    ),
    Case(label="still queued", script=[answers(HELLO, status="queued")], error=ModelUnusable, spent=PAID),
    Case(
        label="refusal",
        script=[answers(message("I can't help with that.", kind="refusal"))],
        error=ModelRefused,
        code="refusal",
        spent=PAID,
    ),
    Case(label="empty output", script=[answers()], error=ModelUnusable, code="empty", spent=PAID),
    Case(label="blank text", script=[answers(message(" \n"))], error=ModelUnusable, code="empty", spent=PAID),
    Case(
        label="commentary alone",
        script=[answers(message("Hm.", phase="commentary"))],
        error=ModelUnusable,
        code="empty",
        spent=PAID,
    ),
]


def model_of(script: Scripted, clock: Clock, **more: Any) -> Model:
    return Model(api_key="sk-test", base_url=script.url, clock=clock, sleep=clock.wait, **more)


def check_waits(clock: Clock, expected: Sequence[tuple[float, float]]) -> None:
    assert len(clock.waits) == len(expected)
    for waited, (least, most) in zip(clock.waits, expected, strict=True):
        assert least <= waited <= most


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: case.label)
async def test_reply(case: Case, clock: Clock, turn: Callable[..., Turn]) -> None:
    async with serving(case.script) as script:
        model = model_of(script, clock)
        reply = await Agent(model).reply(turn(deadline_seconds=case.deadline_seconds))
        await model.close()
    assert reply.texts == case.texts
    assert reply.usage == case.spent
    assert reply.model == "gpt-6-luna-2026-10-14"
    assert reply.request_id == f"req_{len(script.requests)}"
    assert len(script.requests) == len(case.script)
    check_waits(clock, case.waited)


@pytest.mark.parametrize("case", FAILURES, ids=lambda case: case.label)
async def test_failure(case: Case, clock: Clock, turn: Callable[..., Turn]) -> None:
    # What can't be used is asked for once more, with a note.
    times = 2 if case.error is ModelUnusable else 1
    asked = [*case.script] * times
    async with serving(asked) as script:
        model = model_of(script, clock)
        with pytest.raises(ModelFailed) as caught:
            await Agent(model).reply(turn(deadline_seconds=case.deadline_seconds))
        await model.close()
    assert type(caught.value) is case.error
    if case.code:
        assert caught.value.code == case.code
    assert caught.value.usage == sum([case.spent] * times, NOTHING)
    assert len(caught.value.calls) == len(asked)
    assert getattr(caught.value, "retry_after", 0.0) == case.retry_after
    assert "sentence" not in str(caught.value)
    assert len(script.requests) == len(asked)
    if times == 2:
        assert script.requests[1]["input"][-1] == {"role": "developer", "content": BAD_SHAPE}
    if not case.script[-1].drop:
        assert caught.value.request_id == f"req_{len(asked)}"
    check_waits(clock, case.waited)
