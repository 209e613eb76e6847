"""The lead that the model reads from a conversation: by words of the customer alone, each level with what proves it.

It is modest: what it does not know is empty, and a level that nothing proves is the lowest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Final

from sandbox import lead_noise as noise
from sandbox import lead_terms as terms
from sandbox import lead_words as words
from sandbox.openai_lead_contacts import contacts
from sandbox.openai_lead_text import WORD, Clause, Message, messages, transcript

PROPERTIES: Final = frozenset(
    {"name", "email", "company", "phone", "intent_text", "intent", "urgency", "budget", "fit", "engagement"}
    | {"next_step", "summary", "notes"}
)
LEVELS: Final = ("Low", "Medium", "High")
BUDGETS: Final = ("No", "Maybe", "Yes")
MOST_QUOTES: Final = 4
SOON_DAYS: Final = 14
LATER_DAYS: Final = 60
_MONTHS: Final = (
    "jan ene", "feb fev", "mar", "apr abr avr", "may mai maj", "jun juin", "jul juil", "aug ago aou", "sep set",
    "oct okt out", "nov", "dec dez dic",
)  # fmt: skip
_BUYING: Final = re.compile(
    r"buy|order|purchas|compr|pedi|encomend|encarg|kauf|bestell|achet|command|kop|bestall|\bneed \d|شراء|اشتري|طلب|"
    r"खरीद|ख़रीद|ऑर्डर"
)
_DIGIT: Final = re.compile(r"\d")
_WISHES: Final = {
    "book": "Wants to book",
    "buy": "Wants to buy",
    "price": "Asks about prices",
    "ask": "Asks what is offered",
    "off": "Does not want it (any more)",
    "support": "Needs help with what was bought before",
    "misfit": "Looks for work or offers something",
}
_STEPS: Final = {
    "book": "Offer times to choose from.",
    "buy": "Send an offer, with the way to pay.",
    "price": "Tell the prices, and ask what it is needed for.",
    "ask": "Answer the question, and offer a next step.",
    "support": "Pass it to whoever helps customers.",
    "off": "Do not press; be there if the customer comes back.",
}
_REASONS: Final[Mapping[str, Sequence[str]]] = {
    "intent": ("", "The customer asks about what is offered.", "The customer wants to book or to buy."),
    "urgency": ("The customer is in no hurry.", "It is wanted within weeks.", "A near day or a pressing need."),
    "budget": (
        "It is too much for the customer.",
        "The customer talks of money.",
        "The customer says what can be paid.",
    ),
    "fit": ("", "What is asked for is what the business does.", "It is what the business looks for."),
    "engagement": ("The customer wrote once.", "The customer wrote some messages.", "The customer writes much."),
}


@dataclass(slots=True)
class Rating:
    """One dimension while it is read: the place of its level, and what proves it."""

    place: int = 0
    proof: list[tuple[int, str]] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """Whether more of the same would change nothing."""
        return self.place == 2 and len(self.proof) >= MOST_QUOTES

    def raise_to(self, place: int, no: int, quote: str) -> None:
        """This much at least."""
        if place < self.place or not quote:
            return
        if place > self.place:
            self.place, self.proof = place, []
        self.proof.append((no, quote))

    def drop(self, no: int, quote: str) -> None:
        """The customer took it back: the lowest, proved."""
        self.place, self.proof = 0, [(no, quote)]


@dataclass(slots=True)
class Lead:
    """What is known of the customer while his clauses are read, oldest first."""

    today: date | None
    sought: frozenset[str]
    wish: str = ""
    ratings: dict[str, Rating] = field(default_factory=lambda: {name: Rating() for name in _REASONS})

    def hear(self, clause: Clause) -> None:
        """Take one clause into account."""
        self._intent(clause)
        self._urgency(clause)
        self._budget(clause)

    def _intent(self, clause: Clause) -> None:
        intent, fit, low = self.ratings["intent"], self.ratings["fit"], clause.low
        if self.wish == "misfit":
            return
        if found := words.MISFITS.find(low):
            self.wish = "misfit"
            intent.drop(clause.no, clause.around(found))
            fit.drop(clause.no, clause.around(found))
            return
        if found := words.WITHDRAWALS.find(low):
            self.wish = "off" if self.wish else ""
            intent.drop(clause.no, clause.around(found))
            return
        act = None if intent.settled else words.ACTS.find(low)
        if not act and (found := words.SUPPORT.find(low)) and self.wish not in ("book", "buy"):
            self.wish = "support"
            intent.drop(clause.no, clause.around(found))
        found = act or words.INQUIRIES.find(low)
        if not found or intent.settled or (self.wish == "support" and not act) or clause.denies():
            return
        quote = clause.around(found)
        if act:
            self.wish = "buy" if _BUYING.search(act[0]) else "book"
        elif self.wish not in ("book", "buy"):
            self.wish = "price" if terms.MONEY.find(low) else "ask"
        intent.raise_to(2 if act else 1, clause.no, quote)
        fit.raise_to(2 if not self.sought or self.sought & _stems(low) else 1, clause.no, quote)

    def _urgency(self, clause: Clause) -> None:
        urgency, low = self.ratings["urgency"], clause.low
        if found := terms.NO_HURRY.find(low):
            urgency.drop(clause.no, clause.around(found))
            return
        if urgency.settled:
            return
        if found := terms.DATES.find(low):
            place = self._nearness(found[0])
        elif found := terms.SOON.find(low):
            place = 1 if noise.OPENING.find(low) else 2
        elif found := terms.LATER.find(low):
            place = 1
        if found and place == 1 and terms.HEDGES.find(low):
            return
        if found and not noise.TOLD.find(low) and not clause.denies():
            urgency.raise_to(place, clause.no, clause.around(found))

    def _budget(self, clause: Clause) -> None:
        budget, low = self.ratings["budget"], clause.low
        refused = terms.CANNOT_PAY.find(low)
        pays = None if refused else terms.PAYS.find(low) or (terms.SUMS.find(low) if _DIGIT.search(low) else None)
        if refused and not noise.NEGATION.find(low[max(0, refused.start() - 12) : refused.start()]):
            budget.drop(clause.no, clause.around(refused))
        elif (denied := pays or terms.PAYING.find(low)) and clause.denies():
            budget.drop(clause.no, clause.around(denied))
        elif pays and not noise.LAUGHTER.search(low) and _is_sum(clause, pays):
            budget.raise_to(2, clause.no, clause.around(pays))
        elif (found := terms.MONEY.find(low) or terms.MONEY_SIGN.search(low)) and not (
            budget.proof and not budget.place
        ):
            budget.raise_to(1, clause.no, clause.around(found))

    def _nearness(self, written: str) -> int:
        """The place of a date that was written: near unless it is known to be far."""
        day = _day(written, self.today)
        if day is None or self.today is None:
            return 2
        days = (day - self.today).days
        return 2 if days <= SOON_DAYS else 1 if days <= LATER_DAYS else 0


def answer(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the model makes of the transcript in the items of a request: the whole shape, whatever it was given."""
    about, lines = transcript(items)
    return reading(lines, about)


def reading(lines: Sequence[Any], about: str = "") -> dict[str, Any]:
    """The lead in a transcript; `about` is what the developer said of the day, the business and whom it looks for."""
    said = messages(lines)
    lead = Lead(_today(about), _stems(words.folded(about.partition("Whom the business looks for:")[2])))
    for message in said:
        for clause in message.clauses():
            lead.hear(clause)
    if lead.wish == "misfit":  # what a seller or a job seeker offers is no wish of a customer
        lead.ratings |= {"urgency": Rating(), "budget": Rating()}
    _engage(lead.ratings["engagement"], said)
    known = contacts(said)
    ratings = lead.ratings
    return {
        **known,
        "intent_text": {
            "text": f"{_WISHES[lead.wish]}." if lead.wish else "",
            "evidence": _evidence(ratings["intent"]) if lead.wish else [],
        },
        **{name: _level(name, rating) for name, rating in ratings.items()},
        "next_step": _next_step(lead, known),
        "summary": _summary(lead, said),
        "notes": _notes(said, known),
    }


def _engage(rating: Rating, said: Sequence[Message]) -> None:
    """By the number of messages that say something, and by how much they say."""
    telling = ((message.no, *_content(message)) for message in said)
    told = list(islice((one for one in telling if one[1]), MOST_QUOTES))
    rating.proof = [(no, quote) for no, quote, _ in told]
    words_told = sum(count for _, _, count in told)
    rating.place = 0 if len(told) < 2 or words_told < 4 else 2 if len(told) >= 4 and words_told >= 12 else 1


def _content(message: Message) -> tuple[str, int]:
    """The piece of a message that tells most, and how many words it all has; "" of a greeting or a nod."""
    best, most, count = "", 0, 0
    for piece in message.pieces():
        told = [word for word in WORD.findall(piece.low) if word not in noise.FILLERS]
        count += len(told)
        if len(told) > most:
            best, most = piece.quote, len(told)
    return best[: _short(best)], count


def _short(text: str, most: int = 160) -> int:
    """Where a text may be cut so that it is short and ends with a whole word."""
    return len(text) if len(text) <= most else max(text.rfind(" ", 0, most), 1)


def _is_sum(clause: Clause, found: re.Match[str]) -> bool:
    """Whether it tells that money is there, rather than asks how one may pay."""
    if terms.ONCE.find(clause.low):
        return False
    if re.search(r"\d", found[0]):
        return True
    return not clause.asks and not terms.WAYS_TO_PAY.find(clause.low)


def _today(about: str) -> date | None:
    """The day that the developer named: "Today is Thursday, 05 March 2026." or 2026-03-05."""
    if found := re.search(r"\d{4}-\d\d-\d\d", about):
        return _iso(found[0])
    found = re.search(r"Today is [^\n]*?(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})", about)
    return _iso(f"{found[3]}-{_month(found[2].lower()):02}-{int(found[1]):02}") if found else None


def _month(name: str) -> int:
    """The number of a month by its folded name; 0 for none."""
    return next((place for place, stems in enumerate(_MONTHS, 1) if name.startswith(tuple(stems.split()))), 0)


def _iso(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _day(written: str, today: date | None) -> date | None:
    """The day that a date with a month's name means, this year or the next; None when it cannot be told."""
    if day := _iso(written):
        return day
    number, name = (
        re.search(r"\d+", written),
        re.search(r"[a-z]{3,}", re.sub(r"\d+(?:st|nd|rd|th)|\b(?:of|den?)\b", "", written)),
    )
    if not (number and name and today):
        return None
    month = _month(name[0])
    for year in (today.year, today.year + 1):
        day = _iso(f"{year}-{month:02}-{int(number[0]):02}")
        if day and day >= today:
            return day
    return None


def _stems(low: str) -> frozenset[str]:
    """The beginnings of the longer words of a folded text, by which two texts are compared."""
    return frozenset(word[:6] for word in re.findall(r"[^\W\d_]{5,}", low)) - noise.COMMON_STEMS


def _evidence(rating: Rating) -> list[dict[str, Any]]:
    proof = dict.fromkeys(rating.proof)
    return [{"sequence_no": no, "quote": quote} for no, quote in list(proof)[:MOST_QUOTES]]


def _level(name: str, rating: Rating) -> dict[str, Any]:
    level = (BUDGETS if name == "budget" else LEVELS)[rating.place]
    reason = _REASONS[name][rating.place] if rating.proof else ""
    nothing = "The customer does not want it." if rating.proof else "Nothing that the customer wrote shows it."
    return {"level": level, "reasoning": reason or nothing, "evidence": _evidence(rating)}


def _next_step(lead: Lead, known: Mapping[str, Any]) -> str:
    step = _STEPS.get(lead.wish, "")
    if lead.wish == "book" and lead.ratings["urgency"].place == 2:
        step = "Offer the first free time."
    if lead.wish in ("book", "buy") and not any(known[name]["value"] for name in ("email", "phone")):
        step += " Ask how the customer can be reached."
    return step


def _summary(lead: Lead, said: Sequence[Message]) -> str:
    if not lead.wish:
        return "The customer has not said what is wanted." if said else ""
    pieces = [_WISHES[lead.wish]]
    if lead.wish not in ("off", "misfit"):
        pieces += {1: ["within weeks"], 2: ["soon"]}.get(lead.ratings["urgency"].place, [])
        pieces += {1: ["talks of money"], 2: ["and can pay"]}.get(lead.ratings["budget"].place, [])
    return f"{', '.join(pieces)}."


def _notes(said: Sequence[Message], known: Mapping[str, Any]) -> str:
    notes = (
        "Some text gave orders to the reader, and was left out." if any(message.ordering for message in said) else "",
        "Some of it was said in jest." if any(message.joking for message in said) else "",
        "Contact data of somebody else was given." if any(one["whose"] == "other" for one in known.values()) else "",
    )
    return " ".join(filter(None, notes))
