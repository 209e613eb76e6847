"""What a program may rely on: once is once, nobody overwrites what he has not seen, and it is told how much is left."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.api import OPERATIONS
from gateway.api.etags import etag, named
from gateway.api.keys import create_key
from gateway.api.openapi import document
from tests.business import Business
from tests.desk import Desk


class Caller:
    """A program that sees headers."""

    def __init__(self, desk: Desk, key: str) -> None:
        self._desk = desk
        self._key = key

    async def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Mapping[str, str], Any]:
        sent = {"Authorization": f"Bearer {self._key}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        data = None if body is None else json.dumps(body).encode()
        async with self._desk.http.request(method, self._desk.url + path, data=data, headers=sent) as answer:
            text = await answer.text()
            return answer.status, answer.headers, json.loads(text) if text else None


@pytest.fixture
async def call(open_desk: Desk, business: Business) -> Caller:
    return Caller(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))


PROMPT = {"name": "Desk", "instructions": "Be kind."}


async def test_a_request_that_is_sent_again_does_nothing_again(call: Caller, business: Business) -> None:
    first = await call("POST", "/v1/prompts", PROMPT, Idempotency_Key="k1")
    again = await call("POST", "/v1/prompts", PROMPT, Idempotency_Key="k1")
    assert (first[0], again[0]) == (201, 201)
    assert first[2] == again[2]
    assert "Idempotency-Replayed" not in first[1]
    assert again[1]["Idempotency-Replayed"] == "true"
    status, _, problem = await call("POST", "/v1/prompts", {**PROMPT, "name": "Other"}, Idempotency_Key="k1")
    assert (status, problem["fields"][0]["field"]) == (422, "Idempotency-Key")
    assert (await call("POST", "/v1/prompts", PROMPT, Idempotency_Key="k" * 201))[0] == 422
    assert await business.pool.fetchval("select count(*) from prompts where name = 'Desk'") == 1
    await business.pool.execute("update api_answers set created_at = now() - interval '25 hours'")
    assert (await call("POST", "/v1/prompts", PROMPT, Idempotency_Key="k1"))[2] != first[2]


async def test_requests_at_the_same_time_have_one_effect(call: Caller, business: Business) -> None:
    answers = await asyncio.gather(*(call("POST", "/v1/prompts", PROMPT, Idempotency_Key="k") for _ in range(8)))
    assert {status for status, _, _ in answers} == {201}
    assert len({body["prompt_id"] for _, _, body in answers}) == 1
    assert sum("Idempotency-Replayed" in headers for _, headers, _ in answers) == 7
    assert await business.pool.fetchval("select count(*) from prompts where name = 'Desk'") == 1


async def test_what_failed_is_tried_anew_and_no_business_sees_anothers_answer(
    call: Caller, open_desk: Desk, business: Business
) -> None:
    agent = {"name": "Ada", "prompt_id": "prm_later"}
    assert (await call("POST", "/v1/agents", agent, Idempotency_Key="k"))[0] == 422
    await business.pool.execute(
        "insert into prompts (user_id, prompt_id, name) values ($1, 'prm_later', 'P')", business.user_id
    )
    await business.pool.execute("insert into prompt_versions values ($1, 'prm_later', 1, 'x')", business.user_id)
    assert (await call("POST", "/v1/agents", agent, Idempotency_Key="k"))[0] == 201
    other = await Business.create(business.pool)
    stranger = Caller(open_desk, await create_key(other.pool, other.user_id, "test", ["*"]))
    assert (await stranger("POST", "/v1/agents", agent, Idempotency_Key="k"))[0] == 422


async def test_a_kept_answer_is_sealed(call: Caller, business: Business) -> None:
    body = {"url": "https://example.com/hook"}
    _, _, made = await call("POST", "/v1/webhooks", body, Idempotency_Key="k")
    assert made["secret"]
    stored = await business.pool.fetchval("select answer from api_answers")
    assert made["secret"] not in stored
    assert (await call("POST", "/v1/webhooks", body, Idempotency_Key="k"))[2] == made


async def test_nobody_overwrites_what_he_has_not_seen(call: Caller, business: Business) -> None:
    path = f"/v1/prompts/{business.prompt_id}"
    _, headers, _ = await call("GET", path)
    tag = headers["ETag"]
    status, headers, nothing = await call("GET", path, If_None_Match=f'"x", W/{tag}')
    assert (status, headers["ETag"], nothing) == (304, tag, None)
    status, headers, _ = await call("PATCH", path, {"name": "New"}, If_Match=tag)
    assert status == 200
    status, _, problem = await call("PATCH", path, {"name": "Newer"}, If_Match=tag)
    assert (status, problem["title"]) == (412, "Precondition failed")
    now = (await call("GET", path))[1]["ETag"]
    assert headers.get("ETag", now) == now != tag
    assert (await call("PATCH", path, {"name": "Newer"}, If_Match="*"))[0] == 200
    assert (await call("PATCH", path, {"name": "Free"}))[0] == 200
    assert (await call("PATCH", "/v1/prompts/prm_none", {"name": "x"}, If_Match=tag))[0] == 404


async def test_a_file_that_is_no_text_is_answered_as_it_is(open_desk: Desk, business: Business) -> None:
    key = await create_key(business.pool, business.user_id, "test", ["*"])
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/png", "Idempotency-Key": "k"}
    picture = b"\x89PNG\r\n\x1a\n\x00\xff\xfe"
    async with open_desk.http.post(f"{open_desk.url}/v1/media", data=picture, headers=headers) as answer:
        assert answer.status == 201
        media_id = (await answer.json())["media_id"]
    async with open_desk.http.get(f"{open_desk.url}/v1/media/{media_id}", headers=headers) as answer:
        assert (answer.status, await answer.read()) == (200, picture)


async def test_of_many_who_saw_the_same_one_changes_it(call: Caller, business: Business) -> None:
    path = f"/v1/agents/{business.number.agent_id}"
    tag = (await call("GET", path))[1]["ETag"]
    answers = await asyncio.gather(*(call("PATCH", path, {"name": f"A{n}"}, If_Match=tag) for n in range(8)))
    assert sorted(status for status, _, _ in answers) == [200, *[412] * 7]


@pytest.mark.parametrize(
    ("header", "weak", "fits"),
    [
        ('"a"', False, True), ('"b", "a"', False, True), ('W/"a"', False, False), ('W/"a"', True, True),
        ("*", False, True), ('"b"', False, False), ("a", False, False), ("", True, False), ('"', False, False),
    ],
)  # fmt: skip
def test_tags_are_compared_as_the_standard_says(header: str, weak: bool, fits: bool) -> None:
    assert named(header, '"a"', weak=weak) is fits
    assert etag("x") != etag("y")


async def test_every_answer_says_how_much_is_left(call: Caller, open_desk: Desk) -> None:
    for path in ("/v1/prompts", "/v1/prompts/none", "/v1/conversations?limit=0"):
        _, headers, _ = await call("GET", path)
        assert headers["RateLimit-Policy"] == '"default";q=400;w=4'
        assert re.fullmatch(r'"default";r=\d+;t=\d', headers["RateLimit"])
    statuses = [await asyncio.gather(*(call("GET", "/v1/credits") for _ in range(200))) for _ in range(6)]
    refused = [(headers, body) for many in statuses for status, headers, body in many if status == 429]
    for headers, _ in refused:
        assert int(headers["Retry-After"]) >= 1
        assert headers["RateLimit"].startswith('"default";r=0;')


def test_the_document_says_all_of_it() -> None:
    described = document(OPERATIONS)
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            names = {each["name"] for each in one["parameters"] if each["in"] == "header"}
            assert ("Idempotency-Key" in names) == (method == "post" and bool(one.get("x-scope"))), (path, method)
            if method == "get" and "304" in one["responses"]:
                assert "If-None-Match" in names
            if "If-Match" in names:
                assert "412" in one["responses"]
            assert "429" in one["responses"]
