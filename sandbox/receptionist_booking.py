"""The scripted receptionist's way with appointments, for a gateway that offers tools for them.

What is free, what was offered and what is booked is the gateway's to know: its tools say it, and its note of each turn.
The receptionist only tells which of it the customer means. It has no memory: it reads the conversation anew each time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.receptionist_choices import among, bare, listed, names_time, said_in, says
from sandbox.scripts import ENGLISH, SCRIPTS, Script

LONGEST_WISH: Final = 300
LONGEST_NOTE: Final = 500
_NOTE: Final = re.compile(r"This customer(?:'s meetings: (.*?\))\.(?= |$)| has no meeting ahead\.)")
_MEETING: Final = re.compile(r"(mtg_\w+): .*?, (\w+ \d{1,2}), \d{4}, (\d\d:\d\d) \([^)]*\) \((\w+)\)(?:; |$)")
_OFFERED: Final = re.compile(r"still to be taken by token: (.*)\.$", re.MULTILINE)
_LANGUAGE: Final = re.compile(r"The customer's language so far: (\w\w)")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PROPER: Final = r"\s+([A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+){0,2})"
_NAMED: Final = re.compile("|".join(f"(?i:{script.meeting['named']}){_PROPER}" for script in SCRIPTS))
_TRIES: Final = ("book", "reschedule", "cancel_meeting")


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of an appointment, what may be tapped, and whether a person has to go on."""

    text: str
    choices: tuple[str, ...] = ()
    person: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """Where the talk stood before this turn: what was wanted (book, move, cancel), in which words, the meeting that was
    named, and what could be tapped."""

    wants: str = ""
    words: str = ""
    meant: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A turn that can be about appointments. `meetings` are names by id, `offers` tokens by choice; `said` is what the
    customer means where he gave a number."""

    plain: str
    said: str
    script: Script
    meetings: Mapping[str, str]
    offers: Mapping[str, str]
    before: Course
    wants: str
    who: Mapping[str, str]

    def step(self, outputs: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
        """The next tool and its arguments; None when it is time to speak."""
        tried = next((tool for tool in _TRIES if tool in outputs), "")
        if tried and "find_times" not in outputs and "other times" in _error(outputs[tried]):
            return "find_times", {"wish": ""}
        if tried or "find_times" in outputs:
            return None if "handoff" in outputs or not self._stuck(outputs) else self._pass_on()
        if self.wants == "cancel":
            return ("cancel_meeting", {"meeting": self.meant}) if self.meant else None
        picked = self.picked
        if len(picked) == 1 and not self.moving:
            return "book", {"token": self.offers[picked[0]], **self.who}
        if len(picked) == 1 and self.meant:
            return "reschedule", {"meeting": self.meant, "token": self.offers[picked[0]]}
        if picked or not self.wish or (self.moving and not self.meant):
            return None
        return "find_times", {"wish": self.wish}

    def line(self, outputs: Mapping[str, str]) -> Line | None:
        """What there is to say of appointments; None for nothing."""
        lines = self.script.lines
        tried = next((tool for tool in _TRIES if tool in outputs), "")
        if "find_times" in outputs:
            return self._found(_parsed(outputs["find_times"]), lines["gone"] if tried else "")
        if tried:
            return self._ended(tried, outputs[tried])
        if self.wants == "cancel" and not self.meetings:
            return Line(lines["no_meeting"])
        if not self.meant and (self.wants == "cancel" or (self.moving and (self.picked or self.wish))):
            return Line(lines["which"], tuple(self.meetings.values()))
        return Line(lines["which_time"], tuple(self.picked)) if len(self.picked) > 1 else None

    def _stuck(self, outputs: Mapping[str, str]) -> bool:
        line = self.line(outputs)
        return line is not None and line.person

    def _pass_on(self) -> tuple[str, dict[str, str]]:
        return "handoff", {"reason": "cannot_help", "note": self.plain[:LONGEST_NOTE]}

    def _found(self, found: Mapping[str, Any], before: str) -> Line:
        lines = self.script.lines
        if not found.keys() & {"offers", "ask_first"}:
            return Line(_joined(before, lines["away"]), person=True)
        if found.get("ask_first"):
            return Line(_joined(before, str(found["ask_first"])), tuple(map(str, found.get("options") or ())))
        choices = tuple(dict.fromkeys(str(one["choice"]) for one in found["offers"]))
        if not choices:
            return Line(_joined(before, lines["full"]))
        asks = "other_times" if found.get("why") else "moving" if self.moving else "offers"
        return Line(_joined(before, lines[asks]), choices)

    def _ended(self, tool: str, output: str) -> Line:
        lines, error = self.script.lines, _error(output)
        if "no such meeting" in error:
            return Line(lines["no_meeting"])
        if error:
            return Line(lines["away"], person=True)
        if "done" not in _parsed(output):
            return Line(lines["unsure"])
        return Line(lines["called_off" if tool == "cancel_meeting" else "see_you"])

    @property
    def moving(self) -> bool:
        """Whether a meeting that there is gets the time: who has one and takes another offer has changed his mind."""
        return bool(self.meetings) and self.wants != "book"

    @property
    def meant(self) -> str:
        """The meeting that is meant; "" when that is not clear."""
        named = [one for one, name in self.meetings.items() if name in (self.said, self.before.meant)]
        return (named or [*self.meetings, ""])[0] if named or len(self.meetings) == 1 else ""

    @property
    def picked(self) -> Sequence[str]:
        """The choices, of all that was offered, that the customer's words can mean."""
        if self.said in self.meetings.values():
            return ()
        if exact := [one for one in self.offers if bare(one) in (bare(self.said), bare(self.plain))]:
            return exact
        if whole := [one for one in self.offers if bare(one) in bare(self.plain)]:
            return whole[:1]
        if not self._on_foot:
            return ()
        near = [one for one in self.offers if one in self.before.shown] or list(self.offers)
        return [one for one in near if names_time(self.said, one)]

    @property
    def wish(self) -> str:
        """The words that times are looked for with; "" when none are wanted."""
        if self.said in self.meetings.values():
            return self.before.words if self.wants == "move" else ""
        if self.said in self.before.shown:
            return self.said[:LONGEST_WISH]
        asks = wants(self.plain) in ("book", "move") or (self._on_foot and says("when", self.plain))
        return self.plain[:LONGEST_WISH] if asks else ""

    @property
    def _on_foot(self) -> bool:
        return bool(self.before.wants or self.before.shown)


def read(items: Iterable[Mapping[str, Any]], plain: str, script: Script) -> Talk | None:
    """The talk as the items of a request tell it; None where the gateway does not speak of meetings."""
    items = list(items)
    notes = [said_in(item) for item in items if item.get("role") == "developer"]
    note = next((found for text in reversed(notes) if (found := _NOTE.search(text))), None)
    if note is None:
        return None
    standing = (one for one in _MEETING.finditer(note[1] or "") if one[4] == "scheduled")
    meetings = {one[1]: f"{one[2]}, {one[3]}" for one in standing}
    before = _course(items, frozenset(meetings.values()))
    said = among(plain, before.shown)
    carried = "" if before.wants == "cancel" and said not in meetings.values() else before.wants
    noted = next((found[1] for text in reversed(notes) if (found := _LANGUAGE.search(text))), "")
    return Talk(
        plain, said, _script(plain, script, noted), meetings, _offers(note.string), before, wants(plain) or carried,
        _who(items),
    )  # fmt: skip


def wants(text: str) -> str:
    """What a text asks for by itself: book, move, cancel, or "" for none of them."""
    if says("cancel", text):
        return "cancel"
    if says("move", text):
        return "move"
    booking = any(re.search(script.topics["booking"], text.lower()) for script in SCRIPTS)
    return "book" if booking or says("come", text) else ""


def _course(items: Sequence[Mapping[str, Any]], meetings: frozenset[str]) -> Course:
    """Where the talk stood after the last answer. What was done ends a wish; what was offered can still be taken."""
    course, heard = Course(), list[str]()
    for item in items:
        if item.get("role") == "user":
            heard.append(said_in(item))
        elif item.get("role") == "assistant" and item.get("phase") != "commentary":
            if heard:
                course, heard = _heard(course, " ".join(heard), meetings), []
            text = said_in(item)
            course = replace(course, shown=listed(text) or course.shown)
            if any(script.lines[key] in text for script in SCRIPTS for key in ("see_you", "called_off")):
                course = Course()
    return course


def _heard(course: Course, text: str, meetings: frozenset[str]) -> Course:
    said, asks = among(text, course.shown), wants(text)
    if said in meetings:
        return replace(course, meant=said)
    words = text if asks or says("when", text) else course.words
    return replace(course, wants=asks or course.wants, words=words)


def _offers(note: str) -> dict[str, str]:
    """Tokens by choice; the newest of two that read alike."""
    found = _OFFERED.search(note)
    pairs = (one.partition(" = ") for one in found[1].split("; ")) if found else ()
    offers: dict[str, str] = {}
    for token, _, choice in pairs:
        offers.setdefault(choice, token)
    return offers


def _script(plain: str, script: Script, noted: str) -> Script:
    """The language to answer in: told by the words themselves, or as the customer spoke so far."""
    if script.signs & set(re.findall(r"[\w'-]+", plain.lower())):
        return script
    usual = next((one for one in SCRIPTS if one.code == noted), None)
    knows = [one for one in SCRIPTS if any(re.search(one.meeting[key], plain.lower()) for key in ("cancel", "move"))]
    if knows and usual not in knows:
        return knows[0]
    return usual if usual is not None and script is ENGLISH else script


def _who(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The customer's name and address, where he told them; the newest counts."""
    name = email = ""
    for item in items:
        if item.get("role") == "user":
            text = said_in(item)
            if found := _NAMED.search(text):
                name = next(filter(None, found.groups()))
            if found := _EMAIL.search(text):
                email = found[0]
    return {"name": name, "email": email}


def _joined(*pieces: str) -> str:
    return " ".join(filter(None, pieces))


def _parsed(output: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(output)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _error(output: str) -> str:
    return str(_parsed(output).get("error") or "")
