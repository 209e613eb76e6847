"""The inbox: the order, the filters and the marks of what a list of conversations shows."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.bus import Bus
from gateway.inbox import Inbox
from gateway.intake import Envelope, Intake
from tests.business import Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client, api  # noqa: F401
from tests.gateway.api.test_search import filed
from tests.people import browser_of
from tests.providers import change, whatsapp
from tests.waiting import until


async def say(business: Business, *said: tuple[str, str]) -> None:
    intake = Intake(business.pool, Bus())
    for customer, text in said:
        await intake.store(Envelope(events=(business.says(text, customer=customer),)))
    await Inbox(business.pool, Bus()).step()


async def shown(api: Client, query: str = "") -> list[str]:  # noqa: F811
    status, page = await api("GET", f"/v1/inbox?{query}")
    assert status == 200
    return [line["customer_phone"] for line in page["data"]]


async def test_the_last_written_to_comes_first_and_is_counted_until_it_is_read(
    api: Client,  # noqa: F811
    business: Business,
) -> None:
    other = await Business.create(business.pool)
    await say(other, ("49", "not yours"))
    await business.pool.execute("update agents set quiet_ms = 60000, max_wait_ms = 300000")
    await say(business, ("461", "one"), ("462", "two"), ("461", "three"))

    async def lines() -> Any:
        data = (await api("GET", "/v1/inbox"))[1]["data"]
        return data if [line["customer_phone"] for line in data] == ["461", "462"] else None

    first, second = await until(lines)
    assert (first["preview"], first["last_author"], first["unread"], second["unread"]) == ("three", "customer", 2, 1)
    path = f"/v1/conversations/{first['conversation_id']}"
    assert (await api("PUT", f"{path}/read", {"sequence_no": 99}))[1]["read_no"] == 2
    assert await shown(api, "unread=true") == ["462"]
    assert (await api("PUT", f"{path}/read", {"sequence_no": 1}))[0] == 200
    assert [line["unread"] for line in await lines()] == [1, 1]
    assert (await api("GET", f"{path}/cost"))[1]["turns"] == 0
    assert await api("GET", f"/v1/inbox/{first['conversation_id']}") == (200, (await lines())[0])
    theirs = (await other.conversation("49"))["conversation_id"]
    for method, rest, body in (("PUT", "read", {"sequence_no": 1}), ("GET", "cost", None), ("POST", "typing", None)):
        assert (await api(method, f"/v1/conversations/{theirs}/{rest}", body))[0] == 404
    assert (await api("GET", f"/v1/inbox/{theirs}"))[0] == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("owner=human", ["462"]), ("owner=agent", ["461"]), ("assignee=Bo", ["462"]), ("assignee=", ["461"]),
        ("channel=whatsapp", ["462", "461"]), ("channel=sms", []), ("tag=Hot", ["461"]), ("q=two", ["462"]),
        ("q=461", ["461"]), ("q=nothing", []), ("unanswered=true", ["462", "461"]), ("unanswered=false", []),
        ("is_active=false", []), ("held=true", ["461"]), ("held=false", ["462"]),
        ("number=num_other", []), ("limit=1", ["462"]),
    ],
)  # fmt: skip
async def test_filters(api: Client, business: Business, query: str, found: list[str]) -> None:  # noqa: F811
    pool = business.pool
    await pool.execute("update agents set quiet_ms = 60000, max_wait_ms = 300000")
    await say(business, ("461", "one"), ("462", "two"))
    await pool.execute("update conversations set owner = 'human', assignee = 'Bo' where customer_phone = '462'")
    await pool.execute("update conversations set held_for = 'credits' where customer_phone = '461'")
    await pool.execute(
        "insert into extractions (user_id, conversation_id, customer_phone, lead_status_tag) "
        "select user_id, conversation_id, customer_phone, 'Hot' from conversations where customer_phone = '461'"
    )
    await filed(pool)
    assert await shown(api, query) == found


async def test_what_a_member_writes_bears_the_name_and_the_conversation_is_his(
    open_desk: Desk,
    business: Business,
) -> None:
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "461", "Do you open on Sunday?")])))
    await open_desk.sent(1)
    ana = await browser_of(open_desk, business.user_id, "sales_rep")
    conversation = (await business.conversation("461"))["conversation_id"]
    path = f"/v1/conversations/{conversation}"
    first = (await ana("GET", f"{path}/messages"))[1]["data"][0]
    answer = {"text": "We do", "reply_to": first["message_id"]}
    status, said = await ana("POST", f"{path}/messages", answer)
    assert (status, said["author"], said["author_name"], said["reply_no"]) == (201, "human", "Pat", 1)
    own = (await ana("GET", "/v1/me"))[1]["member"]["member_id"]
    assert (await ana("GET", path))[1]["assignee"] == own
    bo = await browser_of(open_desk, business.user_id, "manager")
    await bo("POST", f"{path}/messages", {"text": "From ten on"})
    assert (await bo("GET", path))[1]["assignee"] == own
    alone = (await ana("GET", f"{path}/messages?message_id={said['message_id']}"))[1]["data"]
    assert [one["text"] for one in alone] == ["We do"]


async def test_templates_are_asked_for_once_in_ten_minutes(
    open_desk: Desk,
    api: Client,  # noqa: F811
    business: Business,
) -> None:
    header = {"type": "HEADER", "format": "IMAGE"}
    body = {"type": "BODY", "text": "Hello {{name}}"}
    button = {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://example.com/{{1}}"}]}
    names = ("name", "language", "status", "category")
    cards = [
        dict(zip(names, ("plain", "en", "APPROVED", "UTILITY"), strict=True)) | {"components": [body]},
        dict(zip(names, ("pictured", "en", "APPROVED", "UTILITY"), strict=True)) | {"components": [header, body]},
        dict(zip(names, ("linked", "en", "APPROVED", "UTILITY"), strict=True)) | {"components": [body, button]},
    ]
    path = f"/v1/numbers/{business.number.id}/templates"
    open_desk.providers.templates = cards
    status, problem = await api("GET", path)
    assert (status, "Business Account" in problem["detail"]) == (409, True)
    await business.pool.execute('update phone_numbers set settings = \'{"waba_id": "90001"}\'')
    shown = (await api("GET", path))[1]["data"]
    assert [(one["name"], one["body"], one["needs"]) for one in shown] == [
        ("plain", "Hello {{name}}", ""), ("pictured", "Hello {{name}}", "file"), ("linked", "Hello {{name}}", "button"),
    ]  # fmt: skip
    open_desk.providers.templates = []
    assert (await api("GET", path))[1]["data"] == shown
    assert (await api("GET", f"{path}?fresh=true"))[1]["data"] == []
