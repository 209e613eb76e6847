"""The API of meetings: lists, proofs, cancelling, no-shows, the invitation, free times."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from gateway.accounts.people import open_accounts
from gateway.api import Api, add_api
from gateway.api.doors import Doors
from gateway.api.keys import Keys, create_key
from gateway.blobs import open_blobs
from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Refused
from gateway.booking.consent import Consent
from gateway.booking.signed import MeetingLinks
from gateway.bus import Bus
from gateway.db import Pool
from gateway.files import Files
from gateway.settings import Settings
from gateway.web import problems
from tests.booking.diary import SOON, Diary, offer
from tests.booking.reminding import Clock, look, reminding
from tests.business import VAULT, Business

MADRID = ZoneInfo("Europe/Madrid")
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
RULES = {"zone": "Europe/Madrid", "hours": ALWAYS, "grid_minutes": 60, "minutes": 60, "notice_minutes": 0}


@dataclass
class Office:
    """The API over a calendar in memory, and a program with a key."""

    url: str
    http: ClientSession
    key: str
    business: Business
    diary: Diary

    async def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.read())

    async def book(self, start: datetime = SOON, **more: Any) -> str:
        """Books an offered time; returns the meeting's id."""
        wish = replace(await offer(self.business, start, **more), name="Anna", email="anna@berg.example")
        row = await Bookings(self.business.pool, self.diary, tz_version="2026f").book(wish)
        return str(row["meeting_id"])


@pytest.fixture
async def office(pool: Pool, business: Business, tmp_path: Path) -> AsyncIterator[Office]:
    diary, settings = Diary(), Settings(state_dir=tmp_path)
    app = web.Application(middlewares=[problems])
    async with ClientSession() as http:
        blobs = open_blobs("", tmp_path, http)
        accounts = open_accounts(settings, pool, VAULT)
        api = Api(
            pool=pool, doors=Doors(Keys(pool), accounts.sessions), accounts=accounts, vault=VAULT, bus=Bus(),
            channels={}, blobs=blobs, settings=settings, files=Files(pool, blobs, VAULT, ""),
            consent=Consent(pool, VAULT, settings, diary),
        )  # fmt: skip
        add_api(app, api)
        key = await create_key(pool, business.user_id, "test", ["meetings:read", "meetings:write"])
        async with TestServer(app) as server:
            yield Office(str(server.make_url("")).rstrip("/"), http, key, business, diary)
        await accounts.letters.close()


async def test_a_meeting_comes_with_its_proof(office: Office, pool: Pool) -> None:
    meeting_id = await office.book()
    status, meeting = await office("GET", f"/v1/meetings/{meeting_id}")
    assert status == 200
    told = {
        name: meeting[name] for name in ("status", "state", "customer_name", "customer_email", "meet_link", "sequence")
    }
    assert told == {
        "status": "scheduled", "state": "scheduled", "customer_name": "Anna", "customer_email": "anna@berg.example",
        "meet_link": "https://meet.example/x", "sequence": 0,
    }  # fmt: skip
    assert datetime.fromisoformat(meeting["meeting_time"]) == SOON
    proof = meeting["proof"]
    stored = await pool.fetchrow("select * from meetings")
    first = await pool.fetchval("select message_id from messages where sequence_no = 1")
    assert stored is not None
    assert (proof["offer_label"], proof["accepted_no"], proof["accepted_message_id"]) == ("a time", 1, first)
    assert (proof["wall_time"], proof["tz_version"], proof["etag"]) == ("2030-01-07 10:00", "2026f", "1")
    assert (proof["token"], proof["google_event_id"]) == (stored["token"], stored["google_event_id"])
    assert "user_id" not in meeting


async def test_a_meeting_comes_with_its_reminders(office: Office, pool: Pool) -> None:
    await pool.execute("update agents set booking = $1::jsonb", json.dumps(RULES))
    meeting_id = await office.book()
    clock = Clock(pool)
    await look(reminding(clock))
    await clock.reach(SOON - timedelta(days=1))
    await look(reminding(clock))
    _, told = await office("GET", f"/v1/meetings/{meeting_id}")
    (reminder,) = told["reminders"]
    wanted = ("kind", "minutes", "state", "reason", "via", "due_at", "message_status")
    assert [reminder[name] for name in wanted] == ["reminder", 1440, "sent", "", "chat", None, "pending"]
    assert (told["confirmed_at"], reminder["message_id"] is not None) == (None, True)


async def test_who_may_write_may_have_the_customers_own_page(office: Office, pool: Pool) -> None:
    meeting_id = await office.book()
    status, link = await office("GET", f"/v1/meetings/{meeting_id}/link")
    assert status == 200
    path = link["url"].removeprefix("http://localhost:8080/m/")
    assert MeetingLinks(VAULT, "").read(path) == (office.business.user_id, meeting_id)
    reader = await create_key(pool, office.business.user_id, "reader", ["meetings:read"])
    assert (await replace(office, key=reader)("GET", f"/v1/meetings/{meeting_id}/link"))[0] == 403
    for one in ("", f"/{meeting_id}", f"/{meeting_id}/invitation.ics"):
        headers = {"Authorization": f"Bearer {reader}"}
        async with office.http.get(f"{office.url}/v1/meetings{one}", headers=headers) as answer:
            assert (answer.status, "/m/" in await answer.text()) == (200, False)


async def test_lists_are_filtered_and_walked(office: Office, pool: Pool) -> None:
    ids = [await office.book(SOON + timedelta(hours=n), customer=f"467{n % 2}") for n in range(5)]
    assert (await office("POST", f"/v1/meetings/{ids[4]}/cancel"))[0] == 200

    async def listed(**query: Any) -> list[str]:
        seen: list[str] = []
        for _ in range(10):
            _, page = await office("GET", f"/v1/meetings?{urlencode({'limit': 2, **query})}")
            seen += [one["meeting_id"] for one in page["data"]]
            if not page["next_cursor"]:
                return seen
            query["cursor"] = page["next_cursor"]
        raise AssertionError("the list never ends")

    conversation = (await office.business.conversation("4671"))["conversation_id"]
    customer = await pool.fetchval("select customer_id from meetings where meeting_id = $1", ids[0])
    assert await listed() == ids
    assert await listed(order="desc") == ids[::-1]
    assert await listed(status="cancelled") == ids[4:]
    assert await listed(conversation_id=conversation) == [ids[1], ids[3]]
    assert await listed(customer_id=customer) == [ids[0], ids[2], ids[4]]
    assert await listed(agent_id=office.business.number.agent_id) == ids
    assert await listed(agent_id="agt_x") == []
    span = {"since": SOON + timedelta(hours=1), "until": SOON + timedelta(hours=3)}
    assert await listed(**{name: at.isoformat() for name, at in span.items()}) == ids[1:3]


async def test_what_never_stood_is_not_shown(office: Office, pool: Pool) -> None:
    meeting_id = await office.book()
    for state in ("held", "released"):
        await pool.execute("update meetings set state = $1, status = null", state)
        assert (await office("GET", "/v1/meetings"))[1]["data"] == []
        assert (await office("GET", f"/v1/meetings/{meeting_id}"))[0] == 404
    await pool.execute("update meetings set state = 'booking'")
    (meeting,) = (await office("GET", "/v1/meetings"))[1]["data"]
    assert (meeting["status"], meeting["state"]) == (None, "booking")
    for state in ("booking", "moving", "cancelling"):  # a file would promise what nobody knows
        await pool.execute("update meetings set state = $1", state)
        assert (await office("GET", f"/v1/meetings/{meeting_id}/invitation.ics"))[0] == 409


@pytest.mark.parametrize("by", ["owner", "customer"])
async def test_a_person_cancels_and_the_calendar_follows(office: Office, pool: Pool, by: str) -> None:
    meeting_id = await office.book()
    await pool.execute("update meetings set late_minutes = 100000000")  # a customer could not do it himself any more
    for _ in range(2):
        status, meeting = await office("POST", f"/v1/meetings/{meeting_id}/cancel", {"by": by})
        assert (status, meeting["status"], meeting["by"]) == (200, "cancelled", by)
    assert office.diary.standing == []
    assert await pool.fetchval("select count(*) from events where type = 'meeting.cancelled'") == 1


async def test_a_calendar_that_is_away_is_told_later(office: Office) -> None:
    meeting_id = await office.book()
    office.diary.before["delete"] = [Away("x")]
    status, meeting = await office("POST", f"/v1/meetings/{meeting_id}/cancel")
    assert (status, meeting["state"], meeting["status"]) == (200, "cancelling", "scheduled")


async def test_what_is_over_is_not_cancelled_but_noted(office: Office, pool: Pool) -> None:
    meeting_id = await office.book()
    assert (await office("POST", f"/v1/meetings/{meeting_id}/no-show"))[0] == 409
    await pool.execute(
        "update meetings set state = 'completed', status = 'completed', meeting_time = now() - interval '1 day', "
        "busy = 'empty'"
    )
    assert (await office("POST", f"/v1/meetings/{meeting_id}/cancel"))[0] == 409
    for given, wanted in ((None, True), ({"no_show": False}, False), ({"no_show": True}, True)):
        status, meeting = await office("POST", f"/v1/meetings/{meeting_id}/no-show", given)
        assert (status, meeting["no_show"], meeting["status"]) == (200, wanted, "completed")


async def test_the_invitation_is_a_file_for_calendars(office: Office) -> None:
    meeting_id = await office.book()
    headers = {"Authorization": f"Bearer {office.key}"}
    async with office.http.get(f"{office.url}/v1/meetings/{meeting_id}/invitation.ics", headers=headers) as answer:
        text = await answer.text()
    assert (answer.status, answer.content_type) == (200, "text/calendar")
    assert f"{meeting_id}.ics" in answer.headers["Content-Disposition"]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "DTSTART:20300107T090000Z\r\n" in text
    assert "SUMMARY:Bloom Dental: Anna\r\n" in text


async def _rules(office: Office, **more: Any) -> str:
    agent_id = office.business.number.agent_id
    await office.business.pool.execute("update agents set booking = $1", json.dumps({**RULES, **more}))
    return f"/v1/agents/{agent_id}/times"


async def test_free_times_are_shown_and_nothing_is_offered(office: Office, pool: Pool) -> None:
    path = await _rules(office)
    tomorrow = (datetime.now(MADRID) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    office.diary.own(tomorrow.astimezone(UTC))
    query = urlencode({"from": tomorrow.isoformat(), "to": (tomorrow + timedelta(hours=4)).isoformat()})
    status, found = await office("GET", f"{path}?{query}")
    assert (status, found["timezone"], found["more"]) == (200, "Europe/Madrid", False)
    starts = [datetime.fromisoformat(one["starts_at"]) for one in found["data"]]
    assert starts == [tomorrow + timedelta(hours=n) for n in (1, 2, 3)]
    assert "10:00 (Madrid)" in found["data"][0]["label"]
    status, found = await office("GET", f"{path}?limit=3")
    assert (len(found["data"]), found["more"]) == (3, True)
    assert await pool.fetchval("select count(*) from offers") == 0


async def test_a_wish_in_words_narrows_what_is_shown(office: Office) -> None:
    path = await _rules(office, notice_minutes=1440)
    _, found = await office("GET", f"{path}?{urlencode({'wish': 'any day at 3 pm', 'limit': 2})}")
    assert (len(found["data"]), found["exact"], found["question"]) == (2, True, "")
    assert all("15:00 (Madrid)" in one["label"] for one in found["data"])
    _, found = await office("GET", f"{path}?{urlencode({'wish': 'at 5'})}")
    assert (found["data"], len(found["options"])) == ([], 2)
    assert found["question"]
    path = await _rules(office, hours={day: [["09:00", "11:00"]] for day in ALWAYS})
    _, found = await office("GET", f"{path}?{urlencode({'wish': 'in the evening'})}")
    assert (found["exact"], len(found["data"]) > 0) == (False, True)


async def test_hosts_who_are_free_are_named(office: Office) -> None:
    path = await _rules(office, hosts=["a@example.com", "b@example.com"])
    _, found = await office("GET", f"{path}?limit=1")
    assert found["data"][0]["hosts"] == ["a@example.com", "b@example.com"]


async def test_what_nobody_knows_is_not_free(office: Office) -> None:
    agent_id = office.business.number.agent_id
    status, problem = await office("GET", f"/v1/agents/{agent_id}/times")
    assert (status, "books nothing" in problem["detail"]) == (409, True)
    path = await _rules(office)
    office.diary.before["busy"] = [Refused("notFound", status=404)]
    assert (await office("GET", path))[0] == 409
    office.diary.state = "revoked"
    assert (await office("GET", path))[0] == 409
