"""Agents over real HTTP on both sides: copies at the provider that break, claims that are not true, voice notes."""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import Any

import pytest

from agents.kept import erase
from agents.model import Model
from gateway.copies import Copies
from gateway.lines import line
from tests.business import Business
from tests.desk import Desk
from tests.gateway.test_webchat_visitors import connect, visit
from tests.providers import change, function_call, reply, whatsapp
from tests.waiting import until


async def write(desk: Desk, business: Business, text: str, *, id: str, customer: str = "4670") -> None:
    body = whatsapp(change(business.number.address, messages=[(id, customer, text)]))
    assert await desk.hook(body) == 200


async def keep_copies(business: Business) -> None:
    await business.pool.execute("update agents set state = 'conversation'")


def copy_of(desk: Desk, key: str) -> list[Any]:
    """What a copy at the provider says, by role, without what was noted for the model."""
    items = desk.providers.conversations.items[key]
    return [(one["role"], one["content"]) for one in items if one.get("role") in ("user", "assistant")]


async def test_a_copy_at_the_provider_is_gone_on_with(open_desk: Desk, business: Business) -> None:
    await keep_copies(business)
    for n, text in enumerate(("one", "two", "three"), 1):
        await write(open_desk, business, text, id=f"w{n}")
        await open_desk.sent(n)
        await until(lambda n=n: _settled(business, n))  # type: ignore[misc]
    assert list(open_desk.providers.conversations.items) == ["conv_1"]
    asked = [
        [item["content"] for item in body["input"] if item.get("role") == "user"] for body in open_desk.providers.asked
    ]
    assert asked == [["one"], ["two"], ["three"]]
    assert all(body["conversation"] == "conv_1" and body["store"] for body in open_desk.providers.asked)
    row = await business.conversation("4670")
    assert (row["openai_conversation_id"], row["kept_no"]) == ("conv_1", 5)


async def _settled(business: Business, turns: int) -> bool:
    count = await business.pool.fetchval("select count(*) from turns where state = 'committed'")
    return bool(count == turns)


BREAKS = ("locked", "poisoned", "deleted", "beyond repair")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("how", BREAKS)
async def test_a_broken_copy_does_not_keep_the_next_message_from_one_answer(
    open_desk: Desk, business: Business, how: str
) -> None:
    kept = open_desk.providers.conversations
    await keep_copies(business)
    await write(open_desk, business, "one", id="w1")
    await open_desk.sent(1)
    await until(lambda: _settled(business, 1))
    dangling = function_call("find_times", day="monday")
    if how == "locked":
        kept.locked.add("conv_1")
    elif how == "deleted":
        kept.deleted.add("conv_1")
    else:
        kept.items["conv_1"].append({**dangling, "id": "item_x"})
    if how == "beyond repair":
        # So far back that a list of the newest does not show it.
        kept.items["conv_1"] += [{"type": "message", "role": "user", "content": "x", "id": f"i{n}"} for n in range(120)]
    await write(open_desk, business, "two", id="w2")
    await until(lambda: _settled(business, 2), 60)
    await open_desk.sent(2)
    assert open_desk.providers.texts() == ["You said: one", "You said: two"]
    now = (await business.conversation("4670"))["openai_conversation_id"]
    assert (now == "conv_1") == (how == "poisoned")
    if now != "conv_1":
        assert [text for _, text in copy_of(open_desk, now)][:2] == ["one", "You said: one"]
        assert await business.pool.fetchval("select openai_conversation_id from provider_orphans") == "conv_1"


BOAST = "Done, you are booked for tomorrow at ten."


@pytest.mark.parametrize("shape", ["plain", "declared", "hidden"])
async def test_booked_without_a_receipt_never_leaves(open_desk: Desk, business: Business, shape: str) -> None:
    said = {"plain": BOAST, "declared": reply("See you then!", claims=["booked"]), "hidden": reply(BOAST)}[shape]
    open_desk.providers.answer = lambda _: said
    await write(open_desk, business, "Book me tomorrow at ten", id="w1")
    await open_desk.sent(1)
    assert open_desk.providers.texts() == [line("neutral", "en")]
    assert len(open_desk.providers.asked) == 2
    note = open_desk.providers.asked[1]["input"][-1]
    assert note["role"] == "developer"
    assert "booked, but no tool has confirmed it" in note["content"]
    assert (await business.conversation("4670"))["owner"] == "human"


async def test_a_boast_is_taken_back_by_the_model_itself(open_desk: Desk, business: Business) -> None:
    answers = iter([reply(BOAST), reply("Let me ask about tomorrow at ten.")])
    open_desk.providers.answer = lambda _: next(answers)
    await write(open_desk, business, "Book me tomorrow at ten", id="w1")
    await open_desk.sent(1)
    assert open_desk.providers.texts() == ["Let me ask about tomorrow at ten."]
    assert (await business.conversation("4670"))["owner"] == "agent"


async def test_a_visitor_never_sees_a_boast_not_even_for_a_moment(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom", quiet_ms=300)
    open_desk.providers.answer = lambda _: reply(f"Good news. {BOAST} See you there. Bye for now.")
    _, opened = await visit(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "message", "client_id": "c1", "text": "Book me"})
    shown, messages = "", list[str]()
    while len(messages) < 2:
        frame = await ws.receive_json(timeout=10)
        shown += frame.get("text") or "" if frame["type"] == "delta" else ""
        if frame["type"] == "message":
            messages.append(frame["message"]["text"])
    assert "booked" not in shown
    assert messages[1] == line("neutral", "en")


async def test_a_tool_call_goes_round_and_its_receipt_counts(open_desk: Desk, business: Business) -> None:
    await business.add_link("prices", "https://example.com/prices", "pricing")

    def answer(body: dict[str, Any]) -> Any:
        outputs = [item for item in body["input"] if item.get("type") == "function_call_output"]
        if not outputs:
            return [function_call("send_link", name="prices")]
        url = json.loads(outputs[0]["output"])["url"]
        return reply(f"I have sent you our prices: {url}", claims=["sent"])

    open_desk.providers.answer = answer
    await write(open_desk, business, "What does it cost?", id="w1")
    await open_desk.sent(1)
    (text,) = open_desk.providers.texts()
    assert text.startswith("I have sent you our prices: https://desk.example.com/l/")
    token = text.rpartition("/")[2]
    for agent, method in (("WhatsApp/2.23", "GET"), ("Mozilla/5.0", "HEAD"), ("Mozilla/5.0", "GET")):
        async with open_desk.http.request(
            method, f"{open_desk.url}/l/{token}", headers={"User-Agent": agent}, allow_redirects=False
        ) as found:
            assert (found.status, found.headers["Location"]) == (302, "https://example.com/prices")
            assert found.headers["Referrer-Policy"] == "no-referrer"
    assert await business.pool.fetchval("select clicks from link_sends") == 1
    async with open_desk.http.get(f"{open_desk.url}/l/nobody", allow_redirects=False) as found:
        assert found.status == 404


async def test_malformed_arguments_go_back_to_the_model_and_not_to_the_customer(
    open_desk: Desk, business: Business
) -> None:
    def answer(body: dict[str, Any]) -> Any:
        outputs = [item["output"] for item in body["input"] if item.get("type") == "function_call_output"]
        if not outputs:
            return [{**function_call("set_customer_fact"), "arguments": "{not json"}]
        assert outputs == ['{"error": "The arguments are not a JSON object."}']
        return reply("Fine.")

    open_desk.providers.answer = answer
    await write(open_desk, business, "I like tea", id="w1")
    await open_desk.sent(1)
    assert open_desk.providers.texts() == ["Fine."]


def voice(business: Business) -> bytes:
    """A webhook with a voice note."""
    one = change(business.number.address, messages=[("w1", "4670", "")])
    audio = {"id": "v1", "mime_type": "audio/ogg; codecs=opus", "voice": True}
    one["messages"][0] = {**one["messages"][0], "type": "audio", "audio": audio}
    one["messages"][0].pop("text", None)
    return whatsapp(one)


@pytest.mark.parametrize("heard", [True, False])
async def test_a_voice_note_is_written_down_before_it_is_answered(
    open_desk: Desk, business: Business, *, heard: bool
) -> None:
    open_desk.providers.files["v1"] = b"OggS" + b"\0" * 100
    open_desk.providers.transcript = "I want to come on Monday" if heard else ""
    assert await open_desk.hook(voice(business)) == 200
    await open_desk.sent(1)
    assert open_desk.providers.heard == [b"OggS" + b"\0" * 100]
    asked = open_desk.providers.asked[0]["input"][0]["content"]
    assert asked == "[voice note] I want to come on Monday" if heard else "could not be understood" in asked
    metered = "select kind, outcome, audio_seconds from model_calls where kind = 'transcription'"
    row = await business.pool.fetchrow(metered)
    assert row is not None
    assert (row["outcome"] == "ok", row["audio_seconds"]) == (heard, 3.0 if heard else 0.0)


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50


def picture(business: Business) -> bytes:
    """A webhook with a picture and a caption."""
    one = change(business.number.address, messages=[("w1", "4670", "")])
    one["messages"][0].pop("text", None)
    image = {"id": "p1", "mime_type": "image/png", "caption": "Is this normal?"}
    one["messages"][0] = {**one["messages"][0], "type": "image", "image": image}
    return whatsapp(one)


async def test_a_picture_is_shown_to_the_model(open_desk: Desk, business: Business) -> None:
    open_desk.providers.files["p1"] = PNG
    assert await open_desk.hook(picture(business)) == 200
    await open_desk.sent(1)
    text, image = open_desk.providers.asked[0]["input"][0]["content"]
    assert text == {"type": "input_text", "text": "[image] Is this normal?"}
    assert (image["type"], image["detail"]) == ("input_image", "auto")
    assert image["image_url"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


async def test_a_picture_that_is_gone_is_said_and_not_passed_over(open_desk: Desk, business: Business) -> None:
    assert await open_desk.hook(picture(business)) == 200
    await open_desk.sent(1)
    assert "could not be fetched: say so" in open_desk.providers.asked[0]["input"][0]["content"]


async def test_a_picture_that_the_model_cannot_open_is_left_out_and_said(open_desk: Desk, business: Business) -> None:
    open_desk.providers.files["p1"] = PNG
    open_desk.providers.refuses_images = True
    assert await open_desk.hook(picture(business)) == 200
    await open_desk.sent(1)
    assert len(open_desk.providers.asked) == 2
    notes = [item["content"] for item in open_desk.providers.asked[1]["input"] if item["role"] == "developer"]
    assert any("can't be opened here" in note for note in notes)
    assert open_desk.providers.texts() == ["You said: [image] Is this normal?"]


async def test_what_moderation_flags_is_not_answered_where_it_blocks(open_desk: Desk, business: Business) -> None:
    await business.pool.execute("update agents set moderation = 'block'")
    open_desk.providers.moderation = {"input": {"flagged": True}, "output": {"flagged": False}}
    await write(open_desk, business, "something vile", id="w1")
    await open_desk.sent(1)
    assert open_desk.providers.asked[0]["moderation"]["policy"]["input"] == {"mode": "block"}
    assert open_desk.providers.texts() == ["We will get back to you."]
    assert await business.pool.fetchval("select reason from handovers") == "refused"


async def test_the_fallback_model_answers_when_the_first_is_gone(open_desk: Desk, business: Business) -> None:
    await business.pool.execute("update agents set model = 'gone', fallback_model = 'spare'")
    open_desk.providers.gone_model = "gone"
    await write(open_desk, business, "hi", id="w1")
    await open_desk.sent(1)
    assert [body["model"] for body in open_desk.providers.asked] == ["gone", "spare"]
    assert open_desk.providers.texts() == ["You said: hi"]
    calls = await business.pool.fetch("select outcome from model_calls order by call_no")
    assert [row["outcome"] for row in calls] == ["model_not_found", "ok"]


async def test_a_copy_of_a_turn_that_was_never_said_is_erased_item_by_item(open_desk: Desk, business: Business) -> None:
    await keep_copies(business)
    pool = business.pool

    async def take_over() -> None:
        key = (business.user_id, (await business.conversation("4670"))["conversation_id"])
        await pool.fetchval("select change_owner($1, $2, 'human', null, null, null)", *key)

    open_desk.providers.think = take_over
    await write(open_desk, business, "one", id="w1")
    await until(lambda: pool.fetchval("select state = 'overtaken' from turns"))
    kept = open_desk.providers.conversations
    assert len(kept.items["conv_1"]) > 1
    assert await pool.fetchval("select openai_conversation_id from conversations") is None
    model = Model(api_key="sk-test", base_url=f"{open_desk.providers.url}/v1")

    async def erased() -> bool:
        # The gateway's own sweep may have been first.
        await Copies(pool, partial(erase, model)).once()
        return bool(await pool.fetchval("select count(*) = 0 from provider_orphans"))

    await until(erased)
    await model.close()
    assert kept.items["conv_1"] == []
    assert kept.deleted == {"conv_1"}
