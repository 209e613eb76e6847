"""A page on which anybody books a time of an agent, without a script and without an account: /book/{agent_id}.

Whoever books is a visitor of a webchat number of the business, because a meeting belongs to a conversation: what he
wrote into the form stands there as his message. A form is signed, bound to its time and its visitor, so that sending
it twice books once.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from channels.base import Alias, Inbound
from gateway.booking.bookings import Bookings
from gateway.booking.form import TRAP, Filled, checked, form_page
from gateway.booking.meeting import Full, OfferGone, Taken, Unavailable, Unsettled, Wish
from gateway.booking.openings import Openings, Seen, limits_of, stored_rules
from gateway.booking.rules import Rules
from gateway.booking.sheets import (
    Markup,
    form_of,
    language_of,
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
from gateway.booking.signed import MeetingLinks
from gateway.booking.slots import Slot
from gateway.booking.words import label
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash, tenant
from gateway.errors import NotFound
from gateway.ids import new
from gateway.intake import Envelope, Intake
from gateway.limits import Limiter
from gateway.vault import PREFIX_DIGITS, Vault
from gateway.webchat.allowance import address_of

SQL = queries(__file__)
PURPOSE = "booking form"
MOST_AHEAD = 3  # meetings for one e-mail address
SEEN_SECONDS = 15.0  # whether a time is still free is asked again before it is booked
SEEN_MOST = 1000
_AGENT = re.compile(r"[A-Za-z0-9_-]{1,50}")
_VISITOR = re.compile(r"vis_[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody books: the agent and its rules for one kind of meeting, the number, the visitor's language."""

    user_id: str
    agent_id: str
    number: str
    company: str
    rules: Rules
    kinds: Mapping[str, int]
    language: str

    @property
    def path(self) -> str:
        """The page itself."""
        return f"/book/{self.agent_id}" + (f"?{urlencode(self.keep)}" if self.keep else "")

    @property
    def keep(self) -> dict[str, str]:
        """What an address of this page carries besides."""
        return {"kind": self.rules.kind()[0]} if self.kinds else {}

    @property
    def title(self) -> str:
        """What is booked."""
        return self.rules.title or words("book_title", self.language)

    def label(self, at: datetime) -> str:
        """A time as the visitor reads it."""
        return label(at, self.rules.tz, self.language)


def page_routes(
    pool: Pool, bus: Bus, vault: Vault, intake: Intake, links: MeetingLinks, bookings: Bookings, openings: Openings
) -> list[web.RouteDef]:
    """The routes of /book/."""
    page = BookingPage(pool, bus, vault, intake, links, bookings, openings)
    return [web.get("/book/{agent_id}", shown(page.look)), web.post("/book/{agent_id}", shown(page.book))]


class BookingPage:
    """The handlers of /book/."""

    def __init__(
        self, pool: Pool, bus: Bus, vault: Vault, intake: Intake, links: MeetingLinks, bookings: Bookings,
        openings: Openings,
    ) -> None:  # fmt: skip
        self._pool = pool
        self._bus = bus
        self._vault = vault
        self._intake = intake
        self._links = links
        self._bookings = bookings
        self._openings = openings
        self._looks = Limiter(rate=2.0, burst=60.0)
        self._tries = Limiter(rate=0.1, burst=20.0)
        self._seen: dict[str, tuple[float, asyncio.Task[Seen]]] = {}

    async def look(self, request: web.Request) -> web.Response:
        """Free times by day; with one chosen, the form."""
        spare(self._looks, address_of(request.remote))
        place = await self._place(request, request.query.get("kind", ""))
        if isinstance(place, web.Response):
            return place
        at = moment_of(request.query.get("at", ""))
        try:
            seen = await self._lately(place)
        except Unavailable:
            return _closed(place.language, place.company)
        if at is None:
            return _times(place, seen, request.query.get("from", ""))
        if seen.at(at) is None:
            return _times(place, seen, "", problem="taken")
        return self._form(place, at, new("vis"), Filled())

    async def book(self, request: web.Request) -> web.Response:
        """Books the time of a form; the same form again is the same meeting."""
        spare(self._tries, address_of(request.remote))
        form = await form_of(request)
        place = await self._place(request, form.get("kind", ""))
        if isinstance(place, web.Response):
            return place
        at, visitor = moment_of(form.get("at", "")), form.get("visitor", "")
        if at is None or form.get(TRAP) or not self._proven(place, at, visitor, form.get("proof", "")):
            return onward(place.path)
        filled = checked(form)
        if filled.wrong:
            return self._form(place, at, visitor, filled)
        if found := await self._mine(place, visitor, at):
            return found
        try:
            return await self._booked(place, at, visitor, filled)
        except (Taken, Full, OfferGone):
            return await self._mine(place, visitor, at) or await self._others(place)
        except Unavailable:
            return self._form(place, at, visitor, filled, problem="away")
        except Unsettled as error:
            self._tell()
            return onward(self._links.path(place.user_id, str(error)))

    async def _booked(self, place: Place, at: datetime, visitor: str, filled: Filled) -> web.Response:
        """Raises BookingError."""
        if await self._ahead(place, filled.email) >= MOST_AHEAD:
            return self._form(place, at, visitor, filled, problem="enough")
        seen = await self._openings.free(place.user_id, place.rules)
        slot = seen.at(at)
        if slot is None:
            raise Taken("Not free any more.")
        conversation_id, number = await self._conversation(place, slot, visitor, filled)
        token = hashlib.sha256(visitor.encode()).hexdigest()[:16]
        key, language = (place.user_id, conversation_id), place.language
        await self._openings.mint(*key, place.agent_id, token, place.rules, seen, slot, language)
        wish = Wish(
            user_id=key[0], conversation_id=key[1], token=token, name=filled.name, email=filled.email,
            title=place.rules.title, language=language, limits=limits_of(place.rules),
        )  # fmt: skip
        self._seen.pop(self._key(place), None)
        try:
            row = await self._bookings.book(wish)
        finally:
            await retry_clash(lambda: self._pool.execute(SQL["noted"], place.user_id, token, number))
        self._tell()
        return onward(self._links.path(place.user_id, row["meeting_id"]))

    async def _conversation(self, place: Place, slot: Slot, visitor: str, filled: Filled) -> tuple[str, int]:
        """The visitor's conversation and the number of his message in it. Nobody answers that: it is no question."""
        known = {name: value for name in ("name", "email", "phone") if (value := getattr(filled, name))}
        event = Inbound(
            platform="webchat", number=place.number, customer=visitor, id=f"{visitor}:book", kind="system",
            text="\n".join((place.label(slot.start), *known.values())), aliases=(Alias("visitor", visitor),),
            customer_name=filled.name, content={"prechat": known},
        )  # fmt: skip
        (fate,) = await self._intake.accept(Envelope(events=(event,)))
        if fate.conversation_id is None or fate.sequence_no is None:
            raise Unavailable(fate.outcome)
        return fate.conversation_id, fate.sequence_no

    async def _place(self, request: web.Request, wanted: str) -> Place | web.Response:
        """Where a request is, or the page that says that nothing can be booked there. Raises NotFound."""
        agent_id = request.match_info["agent_id"]
        row = await self._row("place", agent_id) if _AGENT.fullmatch(agent_id) else None
        if row is None:
            raise NotFound("There is no such agent.")
        language, company = language_of(request, row["language"]), row["company_name"] or ""
        try:
            rules = stored_rules(row)
        except Unavailable:
            rules = None
        if rules is None or row["number_key"] is None:
            return _closed(language, company)
        kinds = rules.kinds if len(rules.kinds) > 1 else {}
        kind, minutes = rules.kind(wanted if wanted in kinds else "")
        if rules.kinds:
            rules = rules.model_copy(update={"kinds": {kind: minutes}})
        return Place(
            user_id=row["user_id"], agent_id=agent_id, number=row["number_key"], company=company, rules=rules,
            kinds=kinds, language=language,
        )  # fmt: skip

    async def _lately(self, place: Place) -> Seen:
        """What was free a moment ago; many who look at once ask the calendar once. Raises Unavailable."""
        key, now = self._key(place), time.monotonic()
        known = self._seen.get(key)
        if known is None or known[0] < now or (known[1].done() and known[1].exception()):
            if len(self._seen) >= SEEN_MOST:
                self._seen.clear()
            known = now + SEEN_SECONDS, asyncio.create_task(self._openings.free(place.user_id, place.rules))
            self._seen[key] = known
        return await asyncio.shield(known[1])

    def _key(self, place: Place) -> str:
        return f"{place.user_id}/{place.agent_id}/{hash(place.rules.model_dump_json())}"

    def _form(self, place: Place, at: datetime, visitor: str, filled: Filled, *, problem: str = "") -> web.Response:
        hidden = {"at": stamp(at), "visitor": visitor, "proof": self._proof(place, at, visitor), **place.keep}
        return form_page(
            title=place.title, company=place.company, time=place.label(at), path=place.path, hidden=hidden,
            lasts=minutes_text(place.rules.kind()[1], place.language), filled=filled, language=place.language,
            problem=problem,
        )  # fmt: skip

    def _proof(self, place: Place, at: datetime, visitor: str) -> str:
        return self._vault.sign(PURPOSE, _signed(place, at, visitor)).hex()[:PREFIX_DIGITS]

    def _proven(self, place: Place, at: datetime, visitor: str, proof: str) -> bool:
        signed = self._vault.signed_prefix(PURPOSE, _signed(place, at, visitor), proof)
        return signed and _VISITOR.fullmatch(visitor) is not None

    async def _mine(self, place: Place, visitor: str, at: datetime) -> web.Response | None:
        async with tenant(self._pool, place.user_id) as db:
            meeting_id = await db.fetchval(SQL["mine"], place.user_id, visitor, at)
        return onward(self._links.path(place.user_id, meeting_id)) if meeting_id else None

    async def _ahead(self, place: Place, email: str) -> int:
        async with tenant(self._pool, place.user_id) as db:
            count: int = await db.fetchval(SQL["ahead"], place.user_id, email)
        return count

    async def _others(self, place: Place) -> web.Response:
        self._seen.pop(self._key(place), None)
        try:
            return _times(place, await self._lately(place), "", problem="taken")
        except Unavailable:
            return _closed(place.language, place.company)

    async def _row(self, name: str, *values: object) -> Row | None:
        return await retry_clash(lambda: self._pool.fetchrow(SQL[name], *values))

    def _tell(self) -> None:
        for topic in ("meetings", "events", "leads"):
            self._bus.publish(topic)


def _signed(place: Place, at: datetime, visitor: str) -> bytes:
    return f"{place.agent_id} {place.rules.kind()[0]} {stamp(at)} {visitor}".encode()


def _times(place: Place, seen: Seen, since: str, *, problem: str = "") -> web.Response:
    language = place.language
    note = tag("p", words(problem, language), class_="note bad", role="alert") if problem else ""
    table = timetable(seen.slots, place.rules.tz, since, language, **place.keep)
    return sheet(
        place.title, _kinds(place), note, table, language=language, company=place.company,
        status=409 if problem else 200,
    )  # fmt: skip


def _kinds(place: Place) -> Markup | str:
    """The kinds of meeting to choose from."""
    if not place.kinds:
        return ""
    links = []
    for name, minutes in place.kinds.items():
        here = name == place.keep["kind"]
        text, href = f"{name} · {minutes_text(minutes, place.language)}", f"?{urlencode({'kind': name})}"
        links.append(
            tag(
                "a",
                text,
                class_="button" if here else "button plain",
                href=href,
                aria_current="page" if here else False,
            )
        )
    return tag("div", *links, class_="row")


def _closed(language: str, company: str) -> web.Response:
    text = tag("p", words("closed", language), class_="note bad", role="status")
    title = words("book_title", language)
    return sheet(title, text, language=language, company=company, status=503, retry_after=300)
