"""The API of knowledge: entries that are kept, brought in at once, changed and found."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest

from gateway.api.keys import create_key
from tests.business import Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    scopes = ["knowledge:read", "knowledge:write"]
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", scopes))


async def found(api: Client, text: str, language: str = "en") -> list[str]:
    status, page = await api("GET", f"/v1/knowledge/search?q={quote(text)}&language={language}")
    assert status == 200
    return [entry["question"] for entry in page["data"]]


ENTRY = {"kind": "faq", "question": "Où se garer ?", "text": "Derrière l'école.", "source": "site", "language": "fr"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "kind": ({"kind": "rumour"}, "kind"),
    "language": ({"language": "xx"}, "language"),
    "no text": ({"text": " "}, "text"),
    "long text": ({"text": "a" * 8001}, "text"),
    "long question": ({"question": "a" * 1001}, "question"),
    "long source": ({"source": "a" * 501}, "source"),
    "broken text": ({"text": "\ud800"}, "text"),
    "unknown": ({"words": "a"}, "words"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_named_and_nothing_is_stored(api: Client, business: Business, name: str) -> None:
    change, field = WRONG[name]
    status, problem = await api("POST", "/v1/knowledge", {**ENTRY, **change})
    assert status == 422
    assert problem["fields"][0]["field"] in (field, "body")
    status, problem = await api("POST", "/v1/knowledge/import", {"entries": [ENTRY, {**ENTRY, **change}]})
    assert status == 422
    assert problem["fields"][0]["field"] in (f"entries.1.{field}", "body")
    assert await business.pool.fetchval("select count(*) from knowledge") == 0


async def test_an_entry_is_kept_as_it_is(api: Client) -> None:
    status, entry = await api("POST", "/v1/knowledge", {**ENTRY, "text": "a" * 8000})
    assert status == 201
    assert {name: entry[name] for name in ENTRY} == {**ENTRY, "text": "a" * 8000}
    assert await api("GET", f"/v1/knowledge/{entry['entry_id']}") == (200, entry)
    assert (await api("GET", "/v1/knowledge"))[1]["data"] == [entry]


async def test_a_text_without_its_nul_is_stored(api: Client) -> None:
    _, entry = await api("POST", "/v1/knowledge", {"question": "Park\x00ing", "text": "a\x00b"})
    assert (entry["question"], entry["text"]) == ("Parking", "ab")
    assert await found(api, "parking") == ["Parking"]


async def test_what_is_changed_is_found_by_its_new_words(api: Client) -> None:
    _, entry = await api("POST", "/v1/knowledge", ENTRY)
    path = f"/v1/knowledge/{entry['entry_id']}"
    assert await found(api, "ecoles", "fr") == ["Où se garer ?"]
    _, changed = await api("PATCH", path, {"text": "Sous la gare.", "source": None})
    assert (changed["text"], changed["source"], changed["created_at"]) == ("Sous la gare.", "site", entry["created_at"])
    assert changed["updated_at"] > entry["updated_at"]
    assert await found(api, "ecoles", "fr") == []
    assert await found(api, "gares", "fr") == ["Où se garer ?"]
    await api("PATCH", path, {"language": "en", "question": "Parkings", "text": "Yes"})
    assert await found(api, "parking") == ["Parkings"]
    assert await api("DELETE", path) == (204, None)
    assert await found(api, "parking") == []
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert (await api(method, path, body))[0] == 404


async def test_changes_at_the_same_time_are_all_kept(api: Client) -> None:
    _, entry = await api("POST", "/v1/knowledge", ENTRY)
    path = f"/v1/knowledge/{entry['entry_id']}"
    changes = {"question": "Parkings", "text": "Behind", "source": "us", "kind": "fact", "language": "en"}
    await asyncio.gather(*(api("PATCH", path, {name: value}) for name, value in changes.items()))
    _, entry = await api("GET", path)
    assert {name: entry[name] for name in changes} == changes
    assert await found(api, "is there parking behind") == ["Parkings"]


async def test_five_hundred_come_at_once_and_one_more_is_too_many(api: Client, business: Business) -> None:
    entries = [{"text": f"Room {n} is blue.", "question": f"Room {n}"} for n in range(501)]
    assert (await api("POST", "/v1/knowledge/import", {"entries": entries}))[0] == 422
    assert (await api("POST", "/v1/knowledge/import", {"entries": []}))[0] == 422
    assert await business.pool.fetchval("select count(*) from knowledge") == 0
    assert await api("POST", "/v1/knowledge/import", {"entries": entries[:500]}) == (201, {"count": 500})
    assert await found(api, "which colour has 417") == ["Room 417"]
    seen: set[str] = set()
    cursor = ""
    while cursor is not None:
        _, page = await api("GET", "/v1/knowledge?limit=100" + (f"&cursor={cursor}" if cursor else ""))
        seen |= {entry["question"] for entry in page["data"]}
        cursor = page["next_cursor"]
    assert len(seen) == 500


async def test_more_than_a_megabyte_is_refused_whole(open_desk: Desk, business: Business) -> None:
    key = await create_key(business.pool, business.user_id, "test", ["knowledge:write"])
    body = BytesIO(json.dumps({"entries": [{"text": "a" * 8000}] * 140}).encode())
    headers = {"Authorization": f"Bearer {key}"}
    async with open_desk.http.post(f"{open_desk.url}/v1/knowledge/import", data=body, headers=headers) as answer:
        assert answer.status == 413
    assert await business.pool.fetchval("select count(*) from knowledge") == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [("q=%00", 200), ("q=%F0%9F%91%8D", 200), ("q=%26%7C!%3A*'", 200), ("q=the", 200), ("q=%ff", 200), ("q=", 422),
     ("", 422), ("q=a&language=xx", 422), ("q=a&limit=0", 422), ("q=a&limit=21", 422), ("q=" + "a" * 1001, 422)],
)  # fmt: skip
async def test_any_text_can_be_looked_up(api: Client, query: str, status: int) -> None:
    await api("POST", "/v1/knowledge", {"question": "The parking", "text": "Yes"})
    answered, page = await api("GET", f"/v1/knowledge/search?{query}")
    assert answered == status
    assert status == 422 or page == {"data": [], "next_cursor": None}


async def test_what_is_found_comes_best_first(api: Client) -> None:
    for question, text in (("Getting here", "There is parking."), ("Is there parking?", "Behind the house.")):
        await api("POST", "/v1/knowledge", {"question": question, "text": text, "source": "site"})
    _, page = await api("GET", "/v1/knowledge/search?q=parking")
    assert [one["question"] for one in page["data"]] == ["Is there parking?", "Getting here"]
    assert page["data"][0]["rank"] > page["data"][1]["rank"] > 0
    assert set(page["data"][0]) == {"entry_id", "question", "text", "source", "rank"}
    _, page = await api("GET", "/v1/knowledge/search?q=parking&limit=1")
    assert len(page["data"]) == 1
