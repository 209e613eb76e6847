"""Conversations at OpenAI: their items, one response at a time, calls that lack their output, and what is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from sandbox.ids import Ids
from sandbox.openai_conversations import KEPT_CHARACTERS, KEPT_CONVERSATIONS, Conversations
from sandbox.openai_errors import ApiRefusal
from tests.sandbox.conftest import Client
from tests.waiting import until

KEY = {"Authorization": "Bearer sk-test"}
HELLO = {"role": "user", "content": "Hello #c1"}
TOOL = {
    "type": "function",
    "name": "search_knowledge",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
    "strict": False,
}


@pytest.fixture
async def sdk(sandbox: Client) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{sandbox.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
async def id_(sdk: openai.AsyncOpenAI) -> str:
    return (await sdk.conversations.create()).id


async def _items(sdk: openai.AsyncOpenAI, id_: str) -> list[Any]:
    return (await sdk.conversations.items.list(id_, order="asc", limit=100)).data


async def _grip(sandbox: Client, id_: str, do: str, **more: Any) -> Any:
    body = {"conversation": id_, "do": do, **more}
    status, answer = await sandbox.ask("POST", "/_sandbox/openai/conversations", json=body)
    assert status == 200, answer
    return answer


async def test_a_conversation_is_made_changed_and_deleted(sdk: openai.AsyncOpenAI, sandbox: Client) -> None:
    made = await sdk.conversations.create(metadata={"turn_id": "t1"}, items=[HELLO])
    assert (made.id[:5], made.object, made.metadata) == ("conv_", "conversation", {"turn_id": "t1"})
    assert (await sdk.conversations.update(made.id, metadata={"turn_id": "t2"})).metadata == {"turn_id": "t2"}
    assert (await sdk.conversations.retrieve(made.id)).metadata == {"turn_id": "t2"}
    gone = await sdk.conversations.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "conversation.deleted", True)
    with pytest.raises(openai.NotFoundError, match=f"Conversation with id '{made.id}' not found."):
        await sdk.conversations.retrieve(made.id)
    _, shown = await sandbox.ask("GET", "/_sandbox/openai/conversations")
    (left,) = shown["conversations"]
    assert (left["id"], left["deleted"], left["items"]) == (made.id, True, 1)


async def test_items_come_newest_first_and_page_by_page(sdk: openai.AsyncOpenAI, id_: str) -> None:
    said = [{"role": "user", "content": f"m{n}"} for n in range(25)]
    await sdk.conversations.items.create(id_, items=said[:20])
    added = await sdk.conversations.items.create(id_, items=said[20:])
    assert (len(added.data), added.has_more, added.first_id) == (5, False, added.data[0].id)
    first = await sdk.conversations.items.list(id_)
    assert (len(first.data), first.has_more, first.last_id) == (20, True, first.data[-1].id)
    texts = [item.content[0].text async for item in await sdk.conversations.items.list(id_, limit=7)]
    assert texts == [f"m{n}" for n in reversed(range(25))]
    assert [item.content[0].text for item in await _items(sdk, id_)] == texts[::-1]
    one = await sdk.conversations.items.retrieve(first.data[0].id, conversation_id=id_)
    assert one == first.data[0]
    conversation = await sdk.conversations.items.delete(one.id, conversation_id=id_)
    assert (conversation.id, len(await _items(sdk, id_))) == (id_, 24)
    with pytest.raises(openai.NotFoundError):
        await sdk.conversations.items.retrieve(one.id, conversation_id=id_)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "param"),
    [
        pytest.param("POST", "", {"items": [HELLO] * 21}, 400, "items", id="21 items in a new one"),
        pytest.param("POST", "/{id}/items", {"items": [HELLO] * 21}, 400, "items", id="21 items"),
        pytest.param("POST", "/{id}/items", {}, 400, "items", id="no items"),
        pytest.param("POST", "/{id}/items", {"items": [{"role": "x"}]}, 400, "items[0].role", id="an item"),
        pytest.param("POST", "", {"metadata": {"a": 1}}, 400, "metadata", id="metadata"),
        pytest.param("POST", "", {"model": "m"}, 400, "model", id="unknown parameter"),
        pytest.param("POST", "/{id}", {}, 400, "metadata", id="nothing to change"),
        pytest.param("GET", "/{id}/items?limit=0", None, 400, "limit", id="limit 0"),
        pytest.param("GET", "/{id}/items?limit=101", None, 400, "limit", id="limit 101"),
        pytest.param("GET", "/{id}/items?limit=ten", None, 400, "limit", id="limit in words"),
        pytest.param("GET", "/{id}/items?order=up", None, 400, "order", id="order"),
        pytest.param("GET", "/{id}/items?after=msg_0", None, 404, None, id="unknown cursor"),
        pytest.param("GET", "/conv_0/items", None, 404, None, id="unknown"),
        pytest.param("DELETE", "/conv_0", None, 404, None, id="deletes unknown"),
        pytest.param("DELETE", "/{id}/items/msg_0", None, 404, None, id="deletes unknown item"),
    ],
)
async def test_refuses(
    sandbox: Client, id_: str, method: str, path: str, body: Any, status: int, param: str | None
) -> None:
    got, answer = await sandbox.ask(method, "/v1/conversations" + path.format(id=id_), json=body, headers=KEY)
    assert (got, answer["error"]["param"]) == (status, param), answer
    assert (await sandbox.ask(method, "/v1/conversations" + path.format(id=id_), json=body))[0] == 401


async def test_a_response_knows_and_extends_its_conversation(sdk: openai.AsyncOpenAI, id_: str) -> None:
    await sdk.conversations.items.create(id_, items=[{"role": "user", "content": "First #a"}])
    response = await sdk.responses.create(model="m", conversation=id_, input=[{"role": "user", "content": "#b"}])
    assert response.conversation is not None
    assert response.conversation.id == id_
    assert response.output_text.endswith("Noted: #a #b")
    stream = await sdk.responses.create(model="m", conversation={"id": id_}, input="And #c", stream=True)
    assert "response.completed" in [event.type async for event in stream]
    items = await _items(sdk, id_)
    assert [item.role for item in items] == ["user", "user", "assistant", "user", "assistant"]
    assert items[2].id == response.output[0].id
    assert items[4].content[0].text.endswith("Noted: #c")


@pytest.mark.parametrize("kind", ["failed", "incomplete", "stream_error", "html", "bad_request"])
async def test_what_is_not_completed_leaves_nothing(
    sandbox: Client, sdk: openai.AsyncOpenAI, id_: str, kind: str
) -> None:
    await sandbox.fault(kind)
    body = {"model": "m", "conversation": id_, "input": "Hi", "stream": kind == "stream_error"}
    async with sandbox.http.post(f"{sandbox.url}/v1/responses", json=body, headers=KEY) as answer:
        await answer.read()
    assert await _items(sdk, id_) == []


@pytest.mark.parametrize("kind", ["drop_after_store", "stream_cut"])
async def test_an_answer_that_is_lost_is_in_the_conversation(
    sandbox: Client, sdk: openai.AsyncOpenAI, id_: str, kind: str
) -> None:
    """Asking again after a cut line would say it twice."""
    await sandbox.fault(kind, provider="openai")
    if kind == "stream_cut":
        _ = [event async for event in await sdk.responses.create(model="m", conversation=id_, input="Hi", stream=True)]
    else:
        with pytest.raises(openai.APIConnectionError):
            await sdk.responses.create(model="m", conversation=id_, input="Hi")
    assert len(await _items(sdk, id_)) == 2


async def _is_locked(sandbox: Client) -> bool:
    _, shown = await sandbox.ask("GET", "/_sandbox/openai/conversations")
    return bool(shown["conversations"][0]["locked"])


def _says_locked(error: openai.BadRequestError) -> bool:
    body: Any = error.body
    return body == {
        "message": "Another process is currently operating on this conversation. Please retry in a few seconds.",
        "type": "invalid_request_error",
        "param": "conversation",
        "code": "conversation_locked",
    }


async def test_one_response_at_a_time(sandbox: Client, sdk: openai.AsyncOpenAI, id_: str) -> None:
    await sandbox.fault("slow", seconds=2)
    first = asyncio.create_task(sdk.responses.create(model="m", conversation=id_, input="Hi #1"))
    await until(lambda: _is_locked(sandbox), 5)
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", conversation=id_, input="Hi #2")
    assert _says_locked(caught.value)
    assert (await first).status == "completed"
    assert (await sdk.responses.create(model="m", conversation=id_, input="#3")).output_text.endswith("Noted: #3")


async def test_a_client_that_hangs_up_leaves_the_lock(sandbox: Client, sdk: openai.AsyncOpenAI, id_: str) -> None:
    await sandbox.fault("slow", seconds=2)
    with pytest.raises(openai.APITimeoutError):
        await sdk.responses.create(model="m", conversation=id_, input="Hi", timeout=0.1)
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", conversation=id_, input="Hi")
    assert _says_locked(caught.value)

    async def free() -> bool:
        return not await _is_locked(sandbox)

    await until(free, 5)
    assert len(await _items(sdk, id_)) == 2


async def test_a_call_without_its_output_spoils_everything_after(sdk: openai.AsyncOpenAI, id_: str) -> None:
    first = await sdk.responses.create(model="m", conversation=id_, input="Is there parking?", tools=[TOOL])
    (call,) = first.output
    assert call.type == "function_call"
    for _ in range(2):
        with pytest.raises(openai.BadRequestError, match=f"No tool output found for function call {call.call_id}."):
            await sdk.responses.create(model="m", conversation=id_, input="Hello?", tools=[TOOL])
    output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "[1] Parking?\nBehind the house."}
    answer = await sdk.responses.create(model="m", conversation=id_, input=[output], tools=[TOOL])
    assert answer.output_text.endswith("Behind the house.")
    kinds = [item.type for item in await _items(sdk, id_)]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


async def test_an_output_needs_its_call(sdk: openai.AsyncOpenAI, id_: str) -> None:
    output: Any = {"type": "function_call_output", "call_id": "call_0", "output": "x"}
    with pytest.raises(openai.BadRequestError, match="No tool call found for function call output with call_id call_0"):
        await sdk.responses.create(model="m", conversation=id_, input=[output])


async def test_an_item_is_there_once(sdk: openai.AsyncOpenAI, id_: str) -> None:
    said: Any = {"type": "message", "id": "msg_1", "role": "user", "content": "Hi"}
    await sdk.conversations.items.create(id_, items=[said])
    with pytest.raises(openai.BadRequestError, match="Duplicate item found with id msg_1"):
        await sdk.responses.create(model="m", conversation=id_, input=[said])


async def test_a_conversation_and_an_earlier_response_exclude_each_other(sdk: openai.AsyncOpenAI, id_: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", conversation=id_, previous_response_id="resp_1", input="Hi")
    assert caught.value.code == "mutually_exclusive_parameters"


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        ("conversation_locked", openai.BadRequestError, "Another process"),
        ("conversation_poisoned", openai.BadRequestError, "No tool output found for function call call_"),
        ("conversation_gone", openai.NotFoundError, "not found"),
    ],
)
async def test_a_fault_waits_for_a_conversation(
    sandbox: Client, sdk: openai.AsyncOpenAI, id_: str, kind: str, error: type[openai.APIError], says: str
) -> None:
    other = (await sdk.conversations.create()).id
    await sandbox.fault(kind, number=id_)
    assert (await sdk.responses.create(model="m", input="Hi")).status == "completed"
    assert (await sdk.responses.create(model="m", input="Hi", conversation=other)).status == "completed"
    with pytest.raises(error, match=says):
        await sdk.responses.create(model="m", input="Hi", conversation=id_)
    if kind == "conversation_locked":
        assert (await sdk.responses.create(model="m", input="Hi", conversation=id_)).status == "completed"
    else:
        with pytest.raises(error, match=says):
            await sdk.responses.create(model="m", input="Hi", conversation=id_)


async def test_a_lock_lasts_as_long_as_it_is_told(sandbox: Client, sdk: openai.AsyncOpenAI, id_: str) -> None:
    await sandbox.fault("conversation_locked", seconds=1)
    assert [await _answers(sdk, id_) for _ in range(3)] == [False] * 3
    await until(lambda: _answers(sdk, id_), 5)


async def test_a_script_locks_releases_poisons_and_deletes(sandbox: Client, sdk: openai.AsyncOpenAI, id_: str) -> None:
    assert (await _grip(sandbox, id_, "lock"))["locked"]
    with pytest.raises(openai.BadRequestError, match="Another process"):
        await sdk.responses.create(model="m", input="Hi", conversation=id_)
    assert not (await _grip(sandbox, id_, "release"))["locked"]
    assert (await sdk.responses.create(model="m", input="Hi", conversation=id_)).status == "completed"
    (open_call,) = (await _grip(sandbox, id_, "poison"))["open_calls"]
    with pytest.raises(openai.BadRequestError, match=open_call):
        await sdk.responses.create(model="m", input="Hi", conversation=id_)
    mended: Any = {"type": "function_call_output", "call_id": open_call, "output": "{}"}
    await sdk.conversations.items.create(id_, items=[mended])
    assert (await sdk.responses.create(model="m", input="Hi", conversation=id_)).status == "completed"
    await _grip(sandbox, id_, "lock", seconds=0.05)
    await until(lambda: _answers(sdk, id_), 5)
    assert (await _grip(sandbox, id_, "delete"))["deleted"]
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.create(model="m", input="Hi", conversation=id_)


async def _answers(sdk: openai.AsyncOpenAI, id_: str) -> bool:
    try:
        return (await sdk.responses.create(model="m", input="Hi", conversation=id_)).status == "completed"
    except openai.BadRequestError:
        return False


@pytest.mark.parametrize(
    ("body", "status"),
    [({"conversation": "conv_0", "do": "lock"}, 404), ({"conversation": "{id}", "do": "burn"}, 422), ({}, 422)],
)
async def test_refuses_a_script(sandbox: Client, id_: str, body: dict[str, str], status: int) -> None:
    body = {key: value.format(id=id_) for key, value in body.items()}
    assert (await sandbox.ask("POST", "/_sandbox/openai/conversations", json=body))[0] == status
    assert (await sandbox.ask("POST", "/_sandbox/openai/conversations", data="{}"))[0] == 415


def test_memory_is_bounded() -> None:
    kept = Conversations(Ids())
    made = [kept.make({}, [{"role": "user", "content": "x"}]) for _ in range(KEPT_CONVERSATIONS + 1)]
    with pytest.raises(ApiRefusal):
        kept.find(made[0].id)
    assert kept.find(made[1].id) is made[1]
    kept.add(made[2], [{"role": "user", "content": "x" * KEPT_CHARACTERS}])
    assert [each["id"] for each in kept.shown()] == [made[2].id]
    kept.drop(made[2], next(reversed(made[2].items)))
    assert kept.make({}, []).id in [each["id"] for each in kept.shown()]
    assert len(kept.shown()) == 2
