"""What schemathesis found once: requests that were answered with 500, or taken although the document forbids them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.api.keys import create_key
from tests.business import Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client

PROMPT = {"name": "Desk", "instructions": "Be kind."}
AGENT = {"name": "Ada", "prompt_id": "prm_1"}


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))


CASES: dict[str, tuple[str, str, Any, int, str]] = {
    "NUL in a text": ("POST", "/v1/prompts", {**PROMPT, "name": "a\0b"}, 422, "name"),
    "NUL far inside": (
        "POST", "/v1/prompts", {**PROMPT, "variables": [{"name": "a", "type": "text", "default": "\0"}]}, 422,
        "variables.0.default",
    ),
    "NUL in a name": ("PATCH", "/v1/lead-settings", {"buttons": {"\0": "demo"}}, 422, "buttons."),
    "NUL in a query": ("GET", "/v1/alerts?type=%00", None, 422, "type"),
    "NUL in a path": ("GET", "/v1/prompts/prm_%00", None, 404, ""),
    "a number as a time": ("GET", "/v1/audit?since=0.5", None, 422, "since"),
    "a number as a day": ("GET", "/v1/usage?since=0", None, 422, "since"),
    "before all time": ("GET", "/v1/audit?since=0001-01-01T00:00:00%2B23:59", None, 422, "since"),
    "after all time": ("GET", "/v1/leads?until=9999-12-31T23:59:59-23:59", None, 422, "until"),
    "days after all time": ("GET", "/v1/usage?since=2026-01-01&until=9999-12-31", None, 422, "until"),
    "no as a number": ("POST", "/v1/agents", {**AGENT, "fresh_minutes": False}, 422, "fresh_minutes"),
    "a text as a number": ("POST", "/v1/agents", {**AGENT, "fresh_minutes": "5"}, 422, "fresh_minutes"),
    "one as yes": ("POST", "/v1/prompts/x/versions", {"instructions": "x", "activate": 1}, 422, "activate"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "field"), CASES.values(), ids=CASES)
async def test_it_is_refused(api: Client, method: str, path: str, body: Any, status: int, field: str) -> None:
    answered, problem = await api(method, path, body)
    assert (answered, [one["field"] for one in problem["fields"]] if field else []) == (
        status,
        [field] if field else [],
    )


@pytest.mark.parametrize("since", ["2026-01-31T09:00:00Z", "2026-01-31T09:00:00.5%2B01:00", "1970-01-01t00:00:00z"])
async def test_a_time_as_people_write_it_is_taken(api: Client, since: str) -> None:
    assert (await api("GET", f"/v1/audit?since={since}"))[0] == 200


async def test_agents_made_at_once_for_one_number(api: Client, business: Business) -> None:
    _, number = await api("POST", "/v1/numbers", {"platform": "webchat"})
    body = {"name": "Bo", "prompt_id": business.prompt_id, "phone_number_id": number["id"]}
    answers = await asyncio.gather(*(api("POST", "/v1/agents", body) for _ in range(6)))
    assert sorted(status for status, _ in answers) == [201, *[409] * 5]


async def test_an_empty_if_match_names_nothing(api: Client, business: Business) -> None:
    path = f"/v1/prompts/{business.prompt_id}"
    assert (await api("PATCH", path, {"name": "New"}, If_Match=""))[0] == 412
    assert (await api("GET", path))[1]["name"] == "Front desk"


@pytest.mark.parametrize(
    ("path", "allowed"), [("/v1/knowledge/search", "GET"), ("/v1/prompts/import", "POST"), ("/v1/numbers", "GET,POST")]
)
async def test_a_word_in_a_path_is_no_id(api: Client, open_desk: Desk, path: str, allowed: str) -> None:
    for method in ("DELETE", "PATCH", "OPTIONS"):
        async with open_desk.http.request(method, open_desk.url + path) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, allowed)
