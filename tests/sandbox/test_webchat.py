"""Webchat visitors: one session each, one socket that resumes, the same client id for every attempt."""

from __future__ import annotations

from tests.sandbox.conftest import Client
from tests.waiting import until


async def _write(sandbox: Client, text: str, sender: str = "ada") -> None:
    await sandbox.write(channel="webchat", number="wc_test", text=text, **{"from": sender})


async def _heard(sandbox: Client, count: int) -> list[str]:
    async def enough() -> list[str]:
        texts = [call["text"] for call in await sandbox.calls("webchat")]
        return texts if len(texts) >= count else []

    return await until(enough, 20)


async def _sockets(sandbox: Client, count: int) -> None:
    async def enough() -> bool:
        return len(sandbox.gateway.resumes) >= count

    assert await until(enough, 20)


async def test_a_visitor_writes_and_hears(sandbox: Client) -> None:
    await _write(sandbox, "Hi")
    await _write(sandbox, "again")
    hooks = await sandbox.gateway.received(2, "/webchat/messages")
    assert [hook.json["text"] for hook in hooks] == ["Hi", "again"]
    assert {hook.headers["Authorization"] for hook in hooks} == {"Bearer t1"}
    assert sandbox.gateway.sessions == [{"number": "wc_test", "token": None}]
    await sandbox.gateway.say("agent", "Welcome")
    assert await _heard(sandbox, 1) == ["Welcome"]
    (call,) = await sandbox.calls("webchat")
    assert (call["to"], call["from"], call["id"], call["status"]) == ("ada", "wc_test", "m3", 200)

    async def shown() -> bool:
        bubbles = [(bubble["text"], bubble["state"]) for bubble in await sandbox.bubbles(channel="webchat")]
        return bubbles == [("Hi", "delivered"), ("again", "delivered"), ("Welcome", "delivered")]

    assert await until(shown)


async def test_a_socket_resumes_where_it_was(sandbox: Client) -> None:
    await _write(sandbox, "Hi")
    await _sockets(sandbox, 1)
    await sandbox.gateway.say("agent", "one")
    assert await _heard(sandbox, 1) == ["one"]
    await sandbox.gateway.hang_up()
    await sandbox.gateway.say("agent", "two")
    assert await _heard(sandbox, 2) == ["one", "two"]
    first, *_, last = sandbox.gateway.resumes
    assert (first["after"], last["after"], last["conversation_id"]) == ("0", "2", "c1")


async def test_a_refused_token_is_renewed_and_the_client_id_stays(sandbox: Client) -> None:
    sandbox.gateway.answers("/webchat/messages", 401, 503, 202)
    await _write(sandbox, "Hi")
    hooks = await sandbox.gateway.received(3, "/webchat/messages")
    assert len({hook.json["client_id"] for hook in hooks}) == 1
    assert [hook.headers["Authorization"] for hook in hooks] == ["Bearer t1", "Bearer t2", "Bearer t2"]
    assert sandbox.gateway.sessions[1] == {"number": "wc_test", "token": "t1"}


async def test_what_can_never_be_taken_fails_and_the_next_goes_on(sandbox: Client) -> None:
    sandbox.gateway.answers("/webchat/messages", 413)
    await _write(sandbox, "x" * 5000)
    await _write(sandbox, "short")
    await sandbox.gateway.received(2, "/webchat/messages")

    async def shown() -> bool:
        return [bubble["state"] for bubble in await sandbox.bubbles(customer="ada")] == ["failed", "delivered"]

    assert await until(shown)


async def test_each_name_is_a_visitor(sandbox: Client) -> None:
    await _write(sandbox, "Hi", "ada")
    await _write(sandbox, "Hi", "bo")
    await sandbox.gateway.received(2, "/webchat/messages")
    assert len(sandbox.gateway.sessions) == 2
