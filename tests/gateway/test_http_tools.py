"""Tools of a business: one request to where it said, whatever the model was talked into."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import ToolFailed
from gateway.fetch import Fetcher
from gateway.http_tools import (
    Definition,
    HttpTools,
    Parameter,
    Unknown,
    check_url,
    checker,
    readable,
    request_of,
    schema_of,
)
from tests.business import VAULT

FACTS = {"conversation_id": "cnv_1", "customer_id": "cst_1", "customer_phone": "4670", "customer_name": "Kim Å"}


@dataclass
class Crm:
    """A server of the business. `answer` is what it says."""

    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    answer: web.Response | None = None
    hangs: bool = False

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.seen.append(
            {"method": request.method, "url": request.raw_path, "headers": dict(request.headers), "body": body}
        )
        if self.hangs:
            assert request.transport is not None
            request.transport.abort()
        return self.answer or web.json_response({"ok": True, "echo": dict(request.headers)})


@asynccontextmanager
async def crm(*, trusted: bool = True) -> AsyncIterator[tuple[Crm, HttpTools]]:
    one = Crm()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", one.take)
    async with TestServer(app) as server:
        one.url = str(server.make_url("")).rstrip("/")
        fetcher = Fetcher([one.url] if trusted else [], most_bytes=256 * 1024)
        yield one, HttpTools(None, VAULT, fetcher)  # type: ignore[arg-type]
        await fetcher.close()


def order(url: str, **more: Any) -> Definition:
    usual: dict[str, Any] = {"method": "GET", "headers": {}, "parameters": (Parameter(name="number"),)}
    return Definition(name="order", description="An order.", url=url, **(usual | more))


async def test_places_are_filled_and_the_rest_goes_into_query_or_body() -> None:
    async with crm() as (one, tools):
        got = order(
            f"{one.url}/orders/{{number}}?who={{customer_name}}", headers={"Authorization": "Bearer top-secret-7"}
        )
        done = await tools.run(got, {"number": "7/../8", "lang": "sv"}, FACTS, "k1")
        put = order(f"{one.url}/orders", method="POST", effect="write", receipt="noted")
        written = await tools.run(put, {"number": "7", "paid": True}, FACTS, "turn:1")
    first, second = one.seen
    assert (first["method"], first["url"]) == ("GET", "/orders/7%2F..%2F8?who=Kim%20%C3%85&lang=sv")
    assert first["headers"]["Authorization"] == "Bearer top-secret-7"
    assert "top-secret-7" not in done.text
    assert (second["headers"]["Idempotency-Key"], json.loads(second["body"])) == (
        "turn:1",
        {"number": "7", "paid": True},
    )
    assert (written.receipt, done.receipt) == ("noted", "")


INSIDE = (
    "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://10.0.0.1/", "http://2130706433/",
    "http://0x7f.1/", "http://localhost/", "https://example.com:8443/",
)  # fmt: skip


async def test_what_is_not_public_is_not_reached() -> None:
    async with crm(trusted=False) as (one, tools):
        for url in (one.url, *INSIDE):
            with pytest.raises(ToolFailed, match="nothing can be reached"):
                await tools.run(order(url, parameters=()), {}, FACTS, "k")
    assert one.seen == []


async def test_a_redirect_is_not_followed() -> None:
    async with crm() as (one, tools):
        one.answer = web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})
        with pytest.raises(ToolFailed, match="HTTP 302"):
            await tools.run(order(one.url), {"number": "1"}, FACTS, "k")
    assert len(one.seen) == 1


ANSWERS: dict[str, tuple[web.Response, str]] = {
    "json": (web.json_response({"a": [1, 2]}), '{"a":[1,2]}'),
    "page": (
        web.Response(text="<html><script>x()</script><p>Two &amp; <b>three</b></p>", content_type="text/html"),
        "Two & three",
    ),
    "nothing": (web.Response(status=204), '{"done": true}'),
    "text": (web.Response(text=" plain \n"), "plain"),
    "huge": (web.Response(text="x" * 400_000), "x" * 8000),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_answers_are_made_readable(name: str) -> None:
    answer, expected = ANSWERS[name]
    async with crm() as (one, tools):
        one.answer = answer
        assert (await tools.run(order(one.url), {"number": "1"}, FACTS, "k")).text == expected


async def test_errors_are_told_and_a_write_without_an_answer_is_unknown() -> None:
    async with crm() as (one, tools):
        one.answer = web.Response(status=500, text="E" * 2000)
        with pytest.raises(ToolFailed, match=r"HTTP 500: E{500}$"):
            await tools.run(order(one.url), {"number": "1"}, FACTS, "k")
        one.answer = web.Response(status=500)
        with pytest.raises(Unknown, match="HTTP 500"):
            await tools.run(order(one.url, effect="write", method="POST"), {"number": "1"}, FACTS, "k")
        one.hangs = True
        with pytest.raises(ToolFailed, match="may work later") as read:
            await tools.run(order(one.url), {"number": "1"}, FACTS, "k")
        with pytest.raises(Unknown, match="not known"):
            await tools.run(order(one.url, effect="write", method="POST"), {"number": "1"}, FACTS, "k")
    assert not isinstance(read.value, Unknown)


@pytest.mark.parametrize(
    "url", ["ftp://example.com", "example.com", "https://{host}/", "https://example.com:{port}/", "https://u:p@example.com/",
            "https://example.com/{nobody}", "https://", "https://{number}.example.com/"],
)  # fmt: skip
def test_an_address_that_a_model_could_bend_is_refused(url: str) -> None:
    assert check_url(url, ["number"])


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_argument_changes_where_a_request_goes_or_adds_a_header(value: str, other: str) -> None:
    one = order("https://crm.example.com/o/{number}?x={customer_name}", headers={"X-Who": "id {number}"})
    url, headers, _ = request_of(one, {"number": value, "more": other}, {**FACTS, "customer_name": other})
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path.count("/")) == ("https", "crm.example.com", 2)
    assert parts.fragment == ""
    assert set(headers) == {"X-Who"}
    assert headers["X-Who"].isprintable()


PARAMETERS = (
    Parameter(name="day", enum=["mon", "tue"]),
    Parameter(name="guests", type="integer"),
    Parameter(name="note", required=False),
)
ARGUMENTS: list[tuple[Mapping[str, Any], bool]] = [
    ({"day": "mon", "guests": 2, "note": None}, True),
    ({"day": "mon", "guests": 2}, True),
    ({"day": "sun", "guests": 2}, False),
    ({"day": "mon", "guests": "2"}, False),
    ({"day": "mon", "guests": 2.5}, False),
    ({"guests": 2}, False),
    ({"day": "mon", "guests": 2, "admin": True}, False),
    ({"day": "mon", "guests": 2, "note": "x" * 5000}, False),
]


@pytest.mark.parametrize(("arguments", "fits"), ARGUMENTS)
def test_arguments_are_checked(arguments: Mapping[str, Any], *, fits: bool) -> None:
    check = checker(PARAMETERS)
    if fits:
        assert check(arguments) == {name: value for name, value in arguments.items() if value is not None}
    else:
        with pytest.raises(ValueError, match=r"^\w+: "):
            check(arguments)


def test_the_schema_is_strict() -> None:
    schema = schema_of(PARAMETERS)
    assert schema["required"] == ["day", "guests", "note"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["note"]["type"] == ["string", "null"]


def test_short_words_are_no_secrets() -> None:
    from gateway.fetch import Answered

    answer = Answered(status=200, data=b"Bearer of the news abcdefgh12", mime_type="text/plain")
    assert readable(answer, ["Bearer abcdefgh12"]) == "Bearer of the news •••"
