"""Links by which a customer looks at one meeting, moves it or cancels it: whoever holds the link may, nobody else.

The link is signed, bound to its meeting, and good for as long as the meeting is. Looking changes nothing, because
programs look at links before people do; what changes something is asked once more, and sent as a form.
"""

from __future__ import annotations

import re
from contextlib import suppress
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.booking.bookings import Bookings
from gateway.booking.invitation import MIME, SETTLED, filename, invitation
from gateway.booking.meeting import Full, NoMeeting, OfferGone, Taken, TooLate, Unavailable, Unsettled, Wish, changeable
from gateway.booking.openings import Openings, Seen, limits_of, new_token, rules_for, stored_rules
from gateway.booking.rules import Rules
from gateway.booking.sheets import (
    HEADERS,
    Markup,
    form_of,
    joined,
    minutes_text,
    moment_of,
    onward,
    sheet,
    shown,
    spare,
    stamp,
    tag,
    timetable,
    words,
)
from gateway.booking.words import label
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, tenant
from gateway.errors import NotFound
from gateway.limits import Limiter
from gateway.vault import PREFIX_DIGITS, Vault

SQL = queries(__file__)
PURPOSE = "meeting link"
_TOKEN = re.compile(rf"([A-Za-z0-9_-]{{1,50}})\.([A-Za-z0-9_-]{{1,50}})\.([0-9a-f]{{{PREFIX_DIGITS}}})")
STANDS = {
    "held": "is_confirming", "booking": "is_confirming", "moving": "is_confirming", "released": "is_not_booked",
    "cancelling": "is_cancelled", "cancelled": "is_cancelled", "completed": "is_over", "scheduled": "is_booked",
}  # fmt: skip


class MeetingLinks:
    """Makes and reads the addresses of meetings. `public_url` is where the gateway can be reached."""

    def __init__(self, vault: Vault, public_url: str) -> None:
        self._vault = vault
        self._public_url = public_url

    def url(self, user_id: str, meeting_id: str) -> str:
        """The address for the customer of a meeting."""
        return f"{self._public_url}{self.path(user_id, meeting_id)}"

    def path(self, user_id: str, meeting_id: str) -> str:
        """The same without the host."""
        signature = self._vault.sign(PURPOSE, f"{user_id}.{meeting_id}".encode()).hex()[:PREFIX_DIGITS]
        return f"/m/{user_id}.{meeting_id}.{signature}"

    def read(self, token: str) -> tuple[str, str]:
        """The business and the meeting that a token is for. Raises NotFound."""
        match = _TOKEN.fullmatch(token)
        if not match or not self._vault.signed_prefix(PURPOSE, f"{match[1]}.{match[2]}".encode(), match[3]):
            raise NotFound("There is no such meeting.")
        return match[1], match[2]


def meeting_routes(
    pool: Pool, bus: Bus, links: MeetingLinks, bookings: Bookings, openings: Openings
) -> list[web.RouteDef]:
    """The routes below /m/."""
    pages = SignedPages(pool, bus, links, bookings, openings)
    return [
        web.get("/m/{token}", shown(pages.look)),
        web.get("/m/{token}/cancel", shown(pages.ask_cancel)),
        web.post("/m/{token}/cancel", shown(pages.cancel)),
        web.get("/m/{token}/change", shown(pages.choose)),
        web.post("/m/{token}/change", shown(pages.change)),
        web.get("/m/{token}/meeting.ics", shown(pages.file)),
    ]


class SignedPages:
    """The handlers below /m/."""

    def __init__(self, pool: Pool, bus: Bus, links: MeetingLinks, bookings: Bookings, openings: Openings) -> None:
        self._pool = pool
        self._bus = bus
        self._links = links
        self._bookings = bookings
        self._openings = openings
        self._looks = Limiter(rate=2.0, burst=60.0)
        self._searches = Limiter(rate=0.2, burst=15.0)  # each asks the calendar

    async def look(self, request: web.Request) -> web.Response:
        """The meeting as it is now."""
        return _page(await self._meeting(request), self._home(request), moved="moved" in request.query)

    async def ask_cancel(self, request: web.Request) -> web.Response:
        """Asks before anything is cancelled."""
        meeting, home = await self._meeting(request), self._home(request)
        if not _open(meeting):
            return onward(home)
        language = _language(meeting)
        form = tag("form", tag("button", words("cancel_yes", language), class_="danger"), method="post")
        keep = tag("a", words("cancel_no", language), class_="button plain", href=home)
        about = tag("dl", _when(meeting, language))
        return sheet(
            words("cancel_ask", language), about, tag("div", form, keep, class_="row"), language=language,
            company=meeting["company_name"] or "",
        )  # fmt: skip

    async def cancel(self, request: web.Request) -> web.Response:
        """Cancels; doing it twice is doing it once."""
        meeting = await self._meeting(request)
        if _open(meeting):
            with suppress(NoMeeting, TooLate, Unsettled):  # the page says what it is now
                await self._bookings.cancel(meeting["user_id"], meeting["meeting_id"], by="customer")
            self._tell()
        return onward(self._home(request))

    async def choose(self, request: web.Request) -> web.Response:
        """Other times, then the question whether it is to be that one."""
        meeting, home = await self._meeting(request), self._home(request)
        rules = _rules(meeting)
        if rules is None:
            return onward(home)
        at = moment_of(request.query.get("at", ""))
        if at is None:
            return await self._times(request, meeting, rules)
        return _ask_move(meeting, rules, label(at, rules.tz, _language(meeting)), stamp(at), home)

    async def change(self, request: web.Request) -> web.Response:
        """Moves the meeting to a time that is still free."""
        meeting, home = await self._meeting(request), self._home(request)
        rules, at = _rules(meeting), moment_of((await form_of(request)).get("at", ""))
        if rules is None or at == meeting["meeting_time"]:
            return onward(home)  # sent twice, perhaps
        try:
            seen = await self._seen(meeting, rules)
            slot = seen.at(at) if at else None
            if slot is None:
                return await self._times(request, meeting, rules, problem="taken", seen=seen)
            key = (meeting["user_id"], meeting["conversation_id"])
            token = new_token()
            await self._openings.mint(*key, meeting["offering_agent"], token, rules, seen, slot, _language(meeting))
            wish = Wish(user_id=key[0], conversation_id=key[1], token=token, limits=limits_of(rules))
            await self._bookings.move(wish, meeting["meeting_id"])
        except (Taken, Full, OfferGone):
            return await self._times(request, meeting, rules, problem="taken")
        except Unavailable:
            return _away(meeting, home)
        except (NoMeeting, TooLate):
            return onward(home)
        except Unsettled:
            self._tell()
            return onward(home)
        self._tell()
        return onward(f"{home}?moved")

    async def file(self, request: web.Request) -> web.Response:
        """The meeting for the customer's own calendar."""
        meeting = await self._meeting(request)
        if meeting["state"] not in SETTLED:
            return onward(self._home(request))
        page = self._links.url(meeting["user_id"], meeting["meeting_id"])
        return web.Response(
            body=invitation(meeting, company=meeting["company_name"] or "", page=page), content_type=MIME,
            headers={**HEADERS, "Content-Disposition": f'attachment; filename="{filename(meeting)}"'},
        )  # fmt: skip

    async def _meeting(self, request: web.Request) -> Row:
        """The meeting of a link. Raises NotFound, TooMany or StoreAway."""
        user_id, meeting_id = self._links.read(request.match_info["token"])
        spare(self._looks, meeting_id)
        async with tenant(self._pool, user_id) as db:
            row = await db.fetchrow(SQL["meeting"], user_id, meeting_id)
        if row is None:
            raise NotFound("There is no such meeting.")
        return row

    def _home(self, request: web.Request) -> str:
        return f"/m/{request.match_info['token']}"

    async def _times(
        self, request: web.Request, meeting: Row, rules: Rules, *, problem: str = "", seen: Seen | None = None
    ) -> web.Response:
        language, home = _language(meeting), self._home(request)
        try:
            seen = seen or await self._seen(meeting, rules)
        except Unavailable:
            return _away(meeting, home)
        slots = [slot for slot in seen.slots if slot.start != meeting["meeting_time"]]
        note = tag("p", words(problem, language), class_="note bad", role="alert") if problem else ""
        now = tag("dl", _when(meeting, language, "until_now"))
        table = timetable(slots, rules.tz, request.query.get("from", ""), language)
        back = tag("div", tag("a", words("back", language), class_="button plain", href=home), class_="row")
        return sheet(
            words("choose_other", language), note, now, table, back, language=language,
            company=meeting["company_name"] or "", status=409 if problem else 200,
        )  # fmt: skip

    async def _seen(self, meeting: Row, rules: Rules) -> Seen:
        spare(self._searches, meeting["meeting_id"])
        return await self._openings.free(meeting["user_id"], rules, moving=meeting)

    def _tell(self) -> None:
        for topic in ("meetings", "events", "leads"):
            self._bus.publish(topic)


def _page(meeting: Row, home: str, *, moved: bool) -> web.Response:
    language = _language(meeting)
    state = "is_moved" if moved and meeting["state"] == "scheduled" else STANDS[meeting["state"]]
    if meeting["over"] and state in ("is_booked", "is_moved"):
        state = "is_over"
    lost = state in ("is_cancelled", "is_not_booked")
    note = tag("p", words(state, language), class_="note bad" if lost else "note", role="status")
    lasts = tag("dd", minutes_text(meeting["duration_minutes"], language))
    facts = [_when(meeting, language), tag("div", tag("dt", words("how_long", language)), lasts)]
    actions: list[Markup] = []
    if (meeting["meet_link"] or "").startswith("https://") and state in ("is_booked", "is_moved"):
        join = tag("a", words("join", language), class_="button", href=meeting["meet_link"], rel="noreferrer")
        actions.append(tag("div", join, class_="row"))
    if meeting["state"] == "scheduled" and meeting["ahead"]:
        if not _open(meeting):
            actions.append(tag("p", words("too_late", language), class_="note"))
        actions.append(tag("div", *_buttons(meeting, home, language), class_="row"))
    about = tag("dl", *facts, class_="gone" if lost else False)
    return sheet(meeting["title"], note, about, *actions, language=language, company=meeting["company_name"] or "")


def _buttons(meeting: Row, home: str, language: str) -> list[Markup]:
    wanted = [("keep_file", "meeting.ics", "plain"), ("change", "change", "plain"), ("cancel", "cancel", "danger")]
    if not _open(meeting):
        del wanted[1:]
    elif _rules(meeting) is None:
        del wanted[1]
    return [
        tag("a", words(key, language), class_=f"button {look}", href=f"{home}/{where}") for key, where, look in wanted
    ]


def _ask_move(meeting: Row, rules: Rules, wanted: str, at: str, home: str) -> web.Response:
    language = _language(meeting)
    change = joined(
        _when(meeting, language, "until_now", gone=True),
        tag("div", tag("dt", words("from_now", language)), tag("dd", wanted)),
    )
    send = tag("button", words("move_yes", language))
    form = tag("form", tag("input", type="hidden", name="at", value=at), send, method="post", action=f"{home}/change")
    others = tag("a", words("other_times", language), class_="button plain", href=f"{home}/change")
    return sheet(
        words("move_ask", language), tag("dl", change), tag("div", form, others, class_="row"), language=language,
        company=meeting["company_name"] or "",
    )  # fmt: skip


def _away(meeting: Row, home: str) -> web.Response:
    language = _language(meeting)
    back = tag("div", tag("a", words("back", language), class_="button plain", href=home), class_="row")
    note = tag("p", words("away", language), class_="note bad", role="alert")
    company = meeting["company_name"] or ""
    return sheet(meeting["title"], note, back, language=language, company=company, status=503, retry_after=60)


def _when(meeting: Row, language: str, key: str = "when", *, gone: bool = False) -> Markup:
    time = label(meeting["meeting_time"], ZoneInfo(meeting["timezone"]), language)
    return tag("div", tag("dt", words(key, language)), tag("dd", time), class_="gone" if gone else False)


def _language(meeting: Row) -> str:
    return str(meeting["customer_language"] or meeting["language"])


def _open(meeting: Row) -> bool:
    """Whether its customer can still do something about it."""
    return bool(meeting["state"] == "scheduled" and meeting["ahead"] and changeable(meeting))


def _rules(meeting: Row) -> Rules | None:
    """The rules by which it can be moved; None when it can't."""
    if not _open(meeting) or meeting["offering_agent"] is None:
        return None
    try:
        rules = stored_rules(meeting)
    except Unavailable:
        return None
    return rules_for(rules, meeting) if rules else None
