"""Fixed lines in the customer's language: gettext catalogues in gateway/locale, a line's key as its context.

To change a line or to add a language, edit the .po files; nothing is compiled, and the tests compare every catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).with_name("locale")
LANGUAGES = ("en", "es", "pt", "de", "fr", "sv", "ar", "hi")
NEAR_DAYS = 6


def known(language: str | None) -> str:
    """The catalogue for a BCP 47 code: pt-BR is pt, and what has none is en."""
    primary = (language or "").replace("_", "-").partition("-")[0].lower()
    return primary if primary in LANGUAGES else "en"


def line(key: str, language: str | None, **values: str) -> str:
    """A fixed line. Raises KeyError for a key that no catalogue has, or a value that is missing."""
    return _catalogue(known(language))[key].format(**values)


def when(moment: datetime, zone: ZoneInfo, language: str | None, now: datetime) -> str:
    """A moment as one says it: "today at 17:00", "on Monday at 09:00", with a date when it is further away."""
    from babel.dates import format_date, format_skeleton, format_time

    code = known(language)
    there, here = moment.astimezone(zone), now.astimezone(zone)
    # Hindi says the part of the day by itself; a narrow space would double the price of an SMS.
    clock = format_time(there, "HH:mm" if code == "hi" else "short", locale=code).replace("\u202f", " ")
    days = (there.date() - here.date()).days
    if days == 0:
        return line("today_at", code, clock=clock)
    if days == 1:
        return line("tomorrow_at", code, clock=clock)
    if 1 < days <= NEAR_DAYS:
        return line("day_at", code, day=format_date(there, "EEEE", locale=code), clock=clock)
    skeleton = "dMMMM" if there.year == here.year else "dMMMMy"
    return line("date_at", code, date=format_skeleton(skeleton, there, locale=code), clock=clock)


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    from babel.messages.pofile import read_po

    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(one.context): str(one.string or one.id) for one in catalogue if one.context}
