"""The scripted receptionist and appointments: what it asks of the gateway's tools, and what the customer reads."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.claims import claimed
from gateway.booking.words import label, short_label
from sandbox import receptionist
from sandbox.receptionist import LABEL, Said
from sandbox.scripts import SCRIPTS, Script

MADRID = ZoneInfo("Europe/Madrid")
FREE = [datetime(2030, 1, day, hour, 30, tzinfo=UTC) for day, hour in ((7, 9), (8, 9), (9, 14))]
TOLD = "The customer is told the time by a message of its own, before yours. Add one friendly sentence, no time."
GONE = {"error": "Somebody has that time. Nothing was changed. Look for other times and offer those."}
BROKEN = {"error": "The calendar can't be written to. Nothing was changed. Say so, and hand over."}
AWAY = {"error": "The calendar can't be asked at the moment. Offer no time: note what the customer prefers."}
UNSURE = "The calendar does not answer. Say that you are confirming it and that the customer will hear here"
HANDED = {"done": "It is theirs now."}


@dataclass
class House:
    """A gateway that is only its notes and its tools. `answers` are what a tool says instead, once each."""

    language: str = "en"
    copied: bool = False  # whether the model's own words come back to it as it wrote them
    items: list[dict[str, Any]] = field(default_factory=list)
    meetings: dict[str, datetime] = field(default_factory=dict)
    offers: dict[str, datetime] = field(default_factory=dict)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    count: itertools.count[int] = field(default_factory=itertools.count)

    def says(self, text: str, *, facts: str = "Now: Monday 2030-01-06 10:00 (Europe/Madrid).") -> Said:
        """What the receptionist answers to a customer."""
        self.asked.clear()
        self.items += [
            {"role": "user", "content": text},
            {"role": "developer", "content": self._note()},
            {"role": "developer", "content": facts},
        ]
        for _ in range(8):
            asked = receptionist.read(self.items)
            wanted = receptionist.wish(asked, self._tools())
            if wanted is None:
                break
            call = f"call_{next(self.count)}"
            self.items.append(
                {
                    "type": "function_call",
                    "call_id": call,
                    "name": wanted.tool,
                    "arguments": json.dumps(wanted.arguments),
                }
            )
            output = self._use(wanted.tool, wanted.arguments)
            self.items.append({"type": "function_call_output", "call_id": call, "output": output})
        said = receptionist.say(asked)
        self.items = [item for item in self.items if item.get("role") in ("user", "assistant")]
        self.items.append({"role": "assistant", "content": self._kept(said)})
        return said

    def tools(self) -> list[str]:
        """The tools that were used for the last answer."""
        return [name for name, _ in self.asked]

    def choices(self) -> list[str]:
        return [short_label(start, MADRID, self.language) for start in FREE]

    def _kept(self, said: Said) -> str:
        if self.copied:
            return json.dumps({"messages": [{"text": said.text, "choices": said.choices}]}, ensure_ascii=False)
        listed = " ".join(f"{n}. {title}" for n, title in enumerate(said.choices, 1))
        return f"{said.text} [{listed}]" if listed else said.text

    def _tools(self) -> Sequence[str]:
        return ["find_times", "book", *(["reschedule", "cancel_meeting"] if self.meetings else []), "handoff",
                "search_knowledge", "send_link"]  # fmt: skip

    def _note(self) -> str:
        lines = [f"{one}: Cleaning; first, {label(at, MADRID, 'en')} (scheduled)" for one, at in self.meetings.items()]
        text = f"This customer's meetings: {'; '.join(lines)}." if lines else "This customer has no meeting ahead."
        offered = [f"{token} = {short_label(at, MADRID, self.language)}" for token, at in self.offers.items()]
        return f"{text} Offered here, and still to be taken by token: {'; '.join(offered)}." if offered else text

    def _use(self, tool: str, arguments: Mapping[str, str]) -> str:
        self.asked.append((tool, dict(arguments)))
        if self.answers.get(tool):
            answer = self.answers[tool].pop(0)
            return answer if isinstance(answer, str) else json.dumps(answer)
        if tool == "find_times":
            minted = {f"tok{next(self.count)}": start for start in FREE}
            self.offers = {**minted, **self.offers}
            offers = [
                {"token": token, "choice": short_label(at, MADRID, self.language)} for token, at in minted.items()
            ]
            return json.dumps({"offers": offers, "note": "Offer these as choices, word for word."})
        if tool == "book":
            self.meetings[f"mtg_{next(self.count):032x}"] = self.offers[arguments["token"]]
            return json.dumps({"done": "booked", "note": TOLD})
        if tool == "reschedule":
            self.meetings[arguments["meeting"]] = self.offers[arguments["token"]]
            return json.dumps({"done": "rescheduled", "note": TOLD})
        if tool == "cancel_meeting":
            del self.meetings[arguments["meeting"]]
            return json.dumps({"done": "cancelled", "note": TOLD})
        return json.dumps(HANDED) if tool == "handoff" else "Nothing was found."


TALKS = {
    "en": ("Hi, I would like an appointment", "Can I move my appointment to another day?", "Please cancel it"),
    "de": ("Hallo, ich möchte einen Termin", "Kann ich den Termin verschieben?", "Ich muss leider absagen"),
    "es": ("Hola, quiero una cita", "¿Puedo cambiar la cita a otro día?", "Quiero cancelar, por favor"),
    "fr": ("Bonjour, je voudrais un rendez-vous", "Je voudrais déplacer mon rendez-vous", "Je dois annuler"),
    "pt": ("Olá, quero marcar uma consulta", "Posso remarcar para outro dia?", "Preciso cancelar"),
    "sv": ("Hej, jag vill boka en tid", "Kan jag flytta min tid till en annan dag?", "Jag vill avboka"),
}


@pytest.mark.parametrize("copied", [False, True], ids=["local", "conversation"])
@pytest.mark.parametrize("number", [False, True], ids=["tapped", "numbered"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.code)
def test_book_change_my_mind_cancel(script: Script, *, number: bool, copied: bool) -> None:
    house = House(script.code, copied)
    facts = f"Now: Monday.\nThe customer's language so far: {script.code}."
    books, moves, cancels = TALKS[script.code]

    def takes(place: int) -> Said:
        return house.says(str(place + 1) if number else house.choices()[place], facts=facts)

    said = house.says(books)
    assert (said.text, list(said.choices)) == (f"{LABEL} {script.lines['offers']}", house.choices())
    assert house.asked == [("find_times", {"wish": books})]
    said = takes(0)
    assert house.tools() == ["book"]
    assert (said.text, list(house.meetings.values())) == (f"{LABEL} {script.lines['see_you']}", FREE[:1])
    said = house.says(moves, facts=facts)
    assert house.tools() == ["find_times"]
    assert said.text.endswith(script.lines["moving"])
    said = takes(1)
    assert house.tools() == ["reschedule"]
    assert (said.language, list(house.meetings.values())) == (script.code, FREE[1:2])
    said = house.says(cancels, facts=facts)
    assert house.tools() == ["cancel_meeting"]
    assert (said.text, house.meetings) == (f"{LABEL} {script.lines['called_off']}", {})
    assert (said.language, said.claims, said.action) == (script.code, (), "none")


@pytest.fixture
def house() -> House:
    """A customer who was offered three times."""
    house = House()
    house.says("I need an appointment")
    return house


@pytest.fixture
def booked(house: House) -> House:
    """A customer who has taken the first of them."""
    house.says("1")
    return house


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("2", 1),
        ("2.", 1),
        ("option 2", 1),
        ("Number 3 please", 2),
        ("the second one please", 1),
        ("I'll take the first", 0),
        ("tue, jan 8, 10:30", 1),
        ("Tue Jan 8 10:30", 1),
        ("OK, Tue, Jan 8, 10:30 it is", 1),
        ("Tuesday 10:30", 1),
        ("at 15:30", 2),
        ("8 January 10.30 please", 1),
        ("2 #token", 1),
        ("mar, 8 ene, 10:30", 1),
    ],
)
def test_an_offer_is_taken_as_people_name_it(house: House, text: str, place: int) -> None:
    said = house.says(text)
    assert house.tools() == ["book"]
    assert list(house.meetings.values()) == [FREE[place]]
    assert said.text.endswith("#token") == text.endswith("#token")


@pytest.mark.parametrize("text", ["10:30", "10:30 please", "10.30"])
def test_a_time_on_two_days_is_asked_back(house: House, text: str) -> None:
    said = house.says(text)
    assert (house.tools(), said.text) == ([], f"{LABEL} Which of these do you mean?")
    assert list(said.choices) == house.choices()[:2]
    house.says("2")
    assert list(house.meetings.values()) == [FREE[1]]


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("4", ["search_knowledge"]),
        ("Rather on Friday", ["find_times"]),
        ("tomorrow 10:30", ["find_times"]),
        ("next week?", ["find_times"]),
        ("another time", ["find_times"]),
        ("none of these", ["find_times"]),
        ("10:30 for 12", ["search_knowledge"]),
        ("My train arrives at about 10:30, is there parking?", ["search_knowledge"]),
        ("What does it cost?", ["send_link"]),
        ("When are you open on Tuesday?", []),
        ("I want to talk to a person", ["handoff"]),
        ("Thanks!", []),
        ("cancel", []),
    ],
)
def test_what_is_no_choice_books_nothing(house: House, text: str, tools: list[str]) -> None:
    house.says(text)
    assert (house.tools(), house.meetings) == (tools, {})


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ("Tue, Jan 8, 10:30", ["reschedule"]),
        ("I changed my mind", ["find_times"]),
        ("I can't make it", ["find_times"]),
        ("Actually, could we do it on Friday instead?", ["find_times"]),
        ("I need another appointment, for my son", ["find_times"]),
        ("I changed my mind, please cancel", ["cancel_meeting"]),
        ("Thanks, see you tomorrow at 10:30!", []),
        ("Is there parking?", ["search_knowledge"]),
    ],
)
def test_what_a_customer_with_a_meeting_means(booked: House, text: str, tools: list[str]) -> None:
    booked.says(text)
    assert booked.tools() == tools


@pytest.mark.parametrize(
    "text",
    [
        "Can I come on Monday at 5?",
        "Are you available next week?",
        "Kann ich morgen vorbeikommen?",
        "¿Puedo ir mañana?",
        "Puis-je venir demain ?",
        "Posso ir amanhã?",
        "Kan jag komma i morgon?",
    ],
)
def test_who_wants_to_come_is_offered_times(text: str) -> None:
    house = House()
    assert house.says(text).choices
    assert house.asked == [("find_times", {"wish": text})]


def test_a_second_meeting_is_not_a_move(booked: House) -> None:
    booked.says("I need another appointment, for my son")
    booked.says("3")
    assert (booked.tools(), sorted(booked.meetings.values())) == (["book"], [FREE[0], FREE[2]])


def test_of_two_meetings_one_has_to_be_named(booked: House) -> None:
    booked.says("I need another appointment, for my son")
    booked.says("3")
    said = booked.says("Please cancel my appointment")
    assert (booked.tools(), said.choices) == ([], ("January 7, 10:30", "January 9, 15:30"))
    booked.says("2")
    assert (booked.tools(), list(booked.meetings.values())) == (["cancel_meeting"], FREE[:1])


def test_of_two_meetings_the_named_one_is_moved(booked: House) -> None:
    booked.says("I need another appointment, for my son")
    booked.says("3")
    said = booked.says("Can we move it to Tuesday?")
    assert (booked.tools(), said.text) == ([], f"{LABEL} Which appointment do you mean?")
    booked.says("January 9, 15:30")
    assert booked.asked == [("find_times", {"wish": "Can we move it to Tuesday?"})]
    booked.says("Tue, Jan 8, 10:30")
    assert (booked.tools(), sorted(booked.meetings.values())) == (["reschedule"], FREE[:2])


def test_a_question_comes_before_the_times() -> None:
    house = House()
    options = ("Sun, Nov 22, 05:00", "Sun, Nov 22, 17:00")
    question = {"ask_first": "Which time of day is meant?", "options": options}
    frage = question | {"ask_first": "Welche Tageszeit ist gemeint?"}
    house.answers["find_times"] = [question, frage]
    said = house.says("An appointment tomorrow at 5")
    assert (said.text, said.choices) == (f"{LABEL} Which time of day is meant?", options)
    said = house.says("Hallo, ich meine morgen um 5")
    assert (said.text, said.choices) == (f"{LABEL} Welche Tageszeit ist gemeint?", options)
    said = house.says("2")
    assert house.asked == [("find_times", {"wish": "Sun, Nov 22, 17:00"})]
    assert list(said.choices) == house.choices()


def test_nothing_free_and_the_next_times(house: House) -> None:
    house.answers["find_times"] = [{"offers": [], "why": "Nothing is free then. Ask for other days."}]
    assert "nothing free then" in house.says("on Sunday?").text
    choices = [{"token": "t", "choice": "Fri, Jan 11, 10:30"}]
    house.answers["find_times"] = [{"offers": choices, "why": "Nothing is free then; these are the next free times."}]
    said = house.says("on Saturday?")
    assert (said.text, said.choices) == (f"{LABEL} {SCRIPTS[0].lines['other_times']}", ("Fri, Jan 11, 10:30",))


def test_a_time_that_is_gone_is_said_and_others_are_offered(house: House) -> None:
    house.answers["book"] = [GONE]
    said = house.says("1")
    assert house.tools() == ["book", "find_times"]
    assert said.text == f"{LABEL} {SCRIPTS[0].lines['gone']} {SCRIPTS[0].lines['offers']}"
    house.says("2")
    assert (house.tools(), list(house.meetings.values())) == (["book"], FREE[1:2])


def test_what_nobody_knows_yet_is_not_called_done(house: House) -> None:
    house.answers["book"] = [UNSURE]
    said = house.says("1")
    assert (house.tools(), said.text, said.action) == (["book"], f"{LABEL} {SCRIPTS[0].lines['unsure']}", "none")


@pytest.mark.parametrize(
    ("tool", "answer", "text"), [("find_times", AWAY, "another day"), ("book", BROKEN, "the first one")]
)
def test_without_a_calendar_a_person_goes_on(house: House, tool: str, answer: Any, text: str) -> None:
    house.answers[tool] = [answer]
    said = house.says(text)
    assert house.tools() == [tool, "handoff"]
    assert (said.text, said.claims, said.action) == (f"{LABEL} {SCRIPTS[0].lines['away']}", ("transferred",), "none")
    house.answers |= {"find_times": [AWAY], "handoff": [{"error": "away"}]}
    assert house.says("another day").action == "handoff"


def test_a_meeting_that_somebody_else_took_away(booked: House) -> None:
    booked.answers["cancel_meeting"] = [{"error": "This customer has no such meeting."}]
    assert booked.says("cancel it").text == f"{LABEL} {SCRIPTS[0].lines['no_meeting']}"


def test_who_books_is_told(house: House) -> None:
    house.says("My name is Anna Berg, anna@berg.example. Is there parking?")
    house.says("1")
    ((_, arguments),) = house.asked
    assert (arguments["name"], arguments["email"]) == ("Anna Berg", "anna@berg.example")


def test_an_answer_that_claims_too_much_is_written_again(house: House) -> None:
    house.items += [
        {"role": "user", "content": "2"},
        {"role": "developer", "content": house._note()},
        {"type": "function_call", "call_id": "c", "name": "book", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": json.dumps({"done": "booked"})},
        {"role": "assistant", "content": "Done, you are booked for tomorrow."},
        {"role": "developer", "content": "Nobody booked that. Write it again."},
    ]
    asked = receptionist.read(house.items)
    assert receptionist.wish(asked, ["book", "find_times"]) is None
    assert receptionist.say(asked).text == f"{LABEL} {SCRIPTS[0].lines['see_you']}"


def test_without_tools_for_it_the_receptionist_is_as_before() -> None:
    asked = receptionist.read([{"role": "user", "content": "I want to cancel my appointment"}])
    assert receptionist.wish(asked, ["handoff"]) is None
    assert receptionist.say(asked).topic == "booking"
    note = {"role": "developer", "content": "This customer has no meeting ahead."}
    asked = receptionist.read([{"role": "user", "content": "I want an appointment"}, note])
    assert receptionist.wish(asked, ["handoff"]) is None
    assert receptionist.say(asked).choices == ("Morning", "Afternoon")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.code)
def test_each_language_knows_the_same(script: Script) -> None:
    assert script.meeting.keys() == SCRIPTS[0].meeting.keys()
    for line in script.lines.values():
        assert claimed(line) == frozenset()
