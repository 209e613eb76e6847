"""Pages for customers: markup that can't be broken out of, fixed lines in their language, headers that allow nothing
but the page's own style. They need no script, and load nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.booking.slots import Slot
from gateway.booking.words import place
from gateway.errors import NotFound, StoreAway, TooMany
from gateway.limits import Limiter
from gateway.lines import LANGUAGES, known

FOLDER = Path(__file__).with_name("locale")
STYLE = Path(__file__).with_name("page.css").read_text()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}  # fmt: skip
FORM_BYTES = 20_000
DAYS_SHOWN = 6
VOID = frozenset({"meta", "link", "input"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Markup(str):
    """A text that is markup already; every other one is escaped."""

    __slots__ = ()


def tag(name: str, /, *inside: str, **attributes: str | bool) -> Markup:
    """An element. An attribute that is False is left out; `class_` is class."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{html.escape(str(value), quote=True)}"')
        for key, value in attributes.items()
        if value is not False
    )
    end = "" if name in VOID else f"</{name}>"
    return Markup(f"<{name}{written}>{joined(*inside)}{end}")


def joined(*inside: str) -> Markup:
    """Pieces, one behind the other."""
    return Markup("".join(one if isinstance(one, Markup) else html.escape(one) for one in inside))


def sheet(
    title: str, *inside: str, language: str, company: str = "", status: int = 200, retry_after: int = 0
) -> web.Response:
    """A whole page."""
    code = known(language)
    head = tag(
        "head", tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · {company}" if company else title), tag("link", rel="icon", href="data:,"),
        Markup(f"<style>{STYLE}</style>"),
    )  # fmt: skip
    who = tag("p", company, class_="who", dir="auto") if company else ""
    main = tag("main", who, tag("div", tag("h1", title, dir="auto"), *inside, class_="sheet"))
    whole = tag("html", head, tag("body", main), lang=code, dir="rtl" if code == "ar" else False)
    headers = {**HEADERS, **({"Retry-After": str(retry_after)} if retry_after else {})}
    return web.Response(status=status, text=f"<!doctype html>{whole}", content_type="text/html", headers=headers)


def onward(path: str) -> web.Response:
    """Leads on to another page once something was done, so that a reload does nothing again."""
    return web.Response(status=303, headers={"Location": path, **HEADERS})


def shown(handler: Handler) -> Handler:
    """A handler whose errors are pages too."""

    async def answer(request: web.Request) -> web.StreamResponse:
        language = language_of(request)
        try:
            return await handler(request)
        except NotFound:
            text = tag("p", words("ask_new", language))
            return sheet(words("nowhere", language), text, language=language, status=404)
        except TooMany as error:
            return sheet(
                words("too_fast", language), language=language, status=429, retry_after=max(1, error.retry_after)
            )
        except StoreAway:
            return sheet(words("away", language), language=language, status=503, retry_after=5)

    return answer


def spare(limiter: Limiter, key: str) -> None:
    """Takes one look, or one try. Raises TooMany."""
    if wait := limiter.wait(key):
        raise TooMany("Too often.", retry_after=math.ceil(wait))


async def form_of(request: web.Request) -> Mapping[str, str]:
    """The fields of a form that a page of ours sent; nothing for anything else."""
    known = request.content_type == "application/x-www-form-urlencoded"
    if not known or request.content_length is None or request.content_length > FORM_BYTES:
        return {}
    return {name: str(value).replace("\x00", "").strip() for name, value in (await request.post()).items()}


def words(key: str, language: str, **values: str) -> str:
    """A fixed line of these pages. Raises KeyError for a key that no catalogue has."""
    return _catalogue(known(language))[key].format(**values)


def language_of(request: web.Request, usual: str = "en") -> str:
    """The language that a browser asks for, of those that there are; else the usual one."""
    asked = []
    for piece in request.headers.get("Accept-Language", "")[:500].split(","):
        name, _, weight = piece.partition(";q=")
        try:
            asked.append((-float(weight or 1), name.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    return next((code for _, code in sorted(asked, key=lambda one: one[0]) if code in LANGUAGES), known(usual))


def clock(at: datetime, zone: ZoneInfo, language: str) -> str:
    """The time of day: "10:30"."""
    from babel.dates import format_time

    return format_time(at.astimezone(zone), "HH:mm", locale=known(language)).replace("\u202f", " ")


def day_name(day: date, language: str) -> str:
    """A day that can't be mistaken: "Monday, January 7, 2030"."""
    from babel.dates import format_date

    return format_date(day, "full", locale=known(language))


def minutes_text(minutes: int, language: str) -> str:
    """How long something takes: "30 minutes"."""
    from babel.units import format_unit

    return format_unit(minutes, "duration-minute", locale=known(language))


def stamp(at: datetime) -> str:
    """A moment as it stands in an address: 20300107T0900Z."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%MZ}"


def moment_of(text: str) -> datetime | None:
    """The moment of a stamp; None for what is none."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def timetable(slots: Sequence[Slot], zone: ZoneInfo, since: str, language: str, **keep: str) -> Markup:
    """Free times by day, a few days at once from the day `since` on; each leads to `?at=` itself, with what is kept."""
    days = [(day, list(times)) for day, times in groupby(slots, key=lambda one: one.start.astimezone(zone).date())]
    if not days:
        return tag("p", words("none_free", language))
    begin = next((n for n, (day, _) in enumerate(days) if day.isoformat() >= since), 0)
    sections = []
    for day, times in days[begin : begin + DAYS_SHOWN]:
        links = [
            tag(
                "li",
                tag(
                    "a",
                    clock(one.start, zone, language),
                    class_="button plain",
                    href=f"?{urlencode({'at': stamp(one.start), **keep})}",
                ),
            )
            for one in times
        ]
        sections += [tag("h2", day_name(day, language)), tag("ul", *links, class_="times")]
    turns = []
    if begin:
        turns.append(_turn(days[max(0, begin - DAYS_SHOWN)][0], words("earlier", language), "prev", keep))
    if begin + DAYS_SHOWN < len(days):
        turns.append(_turn(days[begin + DAYS_SHOWN][0], words("later", language), "next", keep))
    where = tag("p", words("zone", language, place=place(zone)), class_="soft")
    return joined(where, *sections, tag("nav", *turns) if turns else "")


def _turn(day: date, text: str, rel: str, keep: Mapping[str, str]) -> Markup:
    return tag("a", text, href=f"?{urlencode({'from': day.isoformat(), **keep})}", rel=rel)


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    from babel.messages.pofile import read_po

    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(one.context): str(one.string or one.id) for one in catalogue if one.context}
